"""Leader election: the replica that holds the lease sends the requests, and persists and reports the changes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, TypeAlias, TypeVar

from .._clock import Clock
from ..errors import DecodeError, Gone, NotFound, StoreError
from ..models.real_time_scheduling import SchedulingLink
from ._outage import OutageGate
from ._store_access import StoreAccess
from ._watch_state import WatchState
from .poll import FATAL
from .stores import LeaseLost, Message
from .watched import Change, WatchStats

__all__ = ["BATCH_SIZE", "LEASE_SECONDS", "RENEWAL_INTERVAL", "Leader", "Mailbox", "StatusCall", "in_batches"]

logger = logging.getLogger("cronofy_async")

T = TypeVar("T")

#: Requests the status of a link, and calls the function when the request is sent.
StatusCall: TypeAlias = Callable[[str, Callable[[], object]], Awaitable[SchedulingLink]]

#: Seconds after which the lease of a replica that died expires, and seconds between renewals.
LEASE_SECONDS: Final = 15.0
RENEWAL_INTERVAL: Final = 5.0
#: The number of rows or messages that are persisted together, and processed before other tasks can run.
BATCH_SIZE: Final = 250
#: Seconds between reads of the messages, and between saves of rows that are not urgent.
_READ_INTERVAL: Final = 1.0
_SAVE_INTERVAL: Final = 10.0
#: The shortest wait in seconds. A shorter one could be rounded to 0.
_MIN_WAIT: Final = 0.001


def in_batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield the items in batches. Let other tasks run after each."""
    return (items[first : first + BATCH_SIZE] for first in range(0, len(items), BATCH_SIZE))


class Mailbox:
    """The messages of a store. It tracks whether this replica has posted any that were not read yet.

    Attributes:
        arrived: Set whenever this replica has posted messages.
    """

    def __init__(self, store: StoreAccess) -> None:
        self.arrived = asyncio.Event()
        self._store = store
        self._begun = self._posted = 0
        self._read = -1

    async def post(self, messages: Sequence[str]) -> None:
        self._begun += 1
        try:
            await self._store.run(lambda store: store.post(messages))
        finally:
            self._posted += 1
            self.arrived.set()

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncGenerator[Sequence[Message]]:
        """Yield the messages in the store. They count as read if the block ends without an error."""
        self.arrived.clear()
        posted = self._posted
        yield await self._store.retry(lambda store: store.messages())
        self._read = posted

    @property
    def is_read(self) -> bool:
        """Whether all messages that this replica posted were read."""
        return self._read == self._begun


class Leader:
    """Runs one leadership term of the replica that holds the lease.

    Args:
        state: The state of the watched links, loaded from the store.
        store: The store to persist it in.
        holder: The name under which this replica holds the lease. It is different for each term.
        mailbox: The messages of all replicas.
        status: Requests the status of a link.
        gate: Pauses requests during an outage.
        clock: The clock for all waits.
        now: Returns the time in seconds since 1970, which never decreases.
        concurrency: The maximum number of requests in flight.
        forever: Whether the term continues when no links are left.
        report: Called with each change once it is persisted.

    Attributes:
        lost_lease: Whether another replica holds the lease. If so, this one must not report anything.
    """

    def __init__(
        self,
        state: WatchState,
        store: StoreAccess,
        holder: str,
        mailbox: Mailbox,
        status: StatusCall,
        *,
        gate: OutageGate,
        clock: Clock,
        now: Callable[[], float],
        concurrency: int,
        forever: bool,
        report: Callable[[Change], object],
    ) -> None:
        self.lost_lease = False
        self._state = state
        self._store = store
        self._holder = holder
        self._mailbox = mailbox
        self._status = status
        self._gate = gate
        self._clock = clock
        self._now = now
        self._slots = asyncio.Semaphore(concurrency)
        self._forever = forever
        self._report = report
        self._responses = 0
        self._saving = asyncio.Lock()
        self._ready = asyncio.Event()
        self._finished = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def stats(self) -> WatchStats:
        return WatchStats(
            is_leading=True,
            is_paused=self._gate.is_closed,
            watched=self._state.watched,
            unconfirmed=self._state.unconfirmed_count,
            responses=self._responses,
            changes=dict(self._state.changes),
            failing=dict(self._state.failing),
        )

    async def rows(self) -> Mapping[str, str]:
        """Return the state as rows of the store."""
        rows = self._state.learned()
        for links in in_batches(self._state.links):
            rows |= self._state.rows(links)
            await asyncio.sleep(0)  # let other tasks run
        return rows

    def is_unconfirmed(self, change: Change) -> bool:
        """Return whether a change is known and unconfirmed, and may be reported by this replica."""
        return not self.lost_lease and self._state.is_unconfirmed(change)

    def apply(self, messages: Sequence[str]) -> None:
        """Apply messages in memory, before they are read from the store."""
        self._state.apply(messages, self._now())

    async def run(self) -> None:
        """Watch until no links are left.

        Raises:
            LeaseLost: Another replica holds the lease.
            StoreError: The store can no longer be used.
            Unauthorized, PaymentRequired, Forbidden: The error would be the same for all links.
        """
        try:
            async with asyncio.TaskGroup() as group:
                self._tasks.add(group.create_task(self._renew_lease()))
                await self._read_messages()  # some may confirm changes
                for changes in in_batches(self._state.unconfirmed):
                    for change in changes:
                        self._report(change)
                    await asyncio.sleep(0)  # let other tasks run
                jobs = (self._read_messages_periodically(), self._save_periodically(), self._send_requests(group))
                self._tasks.update(group.create_task(job) for job in jobs)
                await self._finished.wait()
                for task in self._tasks:
                    task.cancel()
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            await self._save_final_state()
        if self.lost_lease:
            raise LeaseLost("another replica now holds the lease, and may have more links to watch")

    async def confirm(self, change: Change) -> None:
        """Confirm a change, and persist that.

        Raises:
            LeaseLost: Another replica holds the lease.
            StoreError: The store cannot be written.
        """
        self._state.confirm(change)
        await self._save_once()
        self._finish_if_idle()

    async def _save(self, *, learned: bool = False, read: int | None = None) -> None:
        """Persist the rows that changed, with retries while the store cannot be written.

        Raises:
            LeaseLost: Another replica holds the lease.
            StoreError: The store can no longer be used.
        """
        await self._store.retry(lambda _: self._save_once(learned=learned, read=read))

    async def _save_once(self, *, learned: bool = False, read: int | None = None) -> None:
        async with self._saving:
            while len(rows := self._state.take_unsaved(BATCH_SIZE)) == BATCH_SIZE:
                await self._write(rows)
            if learned or rows or read is not None:  # otherwise, another task saved them while this one waited
                await self._write(rows, self._state.learned() if learned else {}, read)

    async def _write(
        self, rows: Mapping[str, str | None], learned: Mapping[str, str] = {}, read: int | None = None
    ) -> None:
        try:
            await self._store.run(lambda store: store.save(self._holder, {**rows, **learned}, read=read))
        except BaseException as error:
            self._state.mark_unsaved(rows)
            self.lost_lease = self.lost_lease or isinstance(error, LeaseLost)
            raise

    async def _save_final_state(self) -> None:
        """Persist when links were last requested. Changes need no saving: they are persisted before they are reported."""
        try:
            await self._save_once(learned=True)
        except LeaseLost:
            pass
        except StoreError as error:
            logger.warning("%s; the times of the last requests are lost", error)

    # The jobs of a term. Each runs until the term ends.

    async def _renew_lease(self) -> None:
        while True:
            await self._clock.sleep(RENEWAL_INTERVAL)
            if not await self._store.retry(lambda store: store.renew_lease(self._holder, LEASE_SECONDS)):
                raise LeaseLost("another replica now holds the lease, as this one did not renew it in time")

    async def _read_messages_periodically(self) -> None:
        while True:
            await self._wait(self._mailbox.arrived, _READ_INTERVAL)
            await self._read_messages()

    async def _read_messages(self) -> None:
        async with self._mailbox.reading() as messages:
            for batch in in_batches(messages):
                self._state.apply((text for _, text in batch), self._now())
                await asyncio.sleep(0)  # let other tasks run
                await self._save(read=batch[-1][0])
                self._ready.set()
        self._finish_if_idle()

    async def _save_periodically(self) -> None:
        while True:
            await self._clock.sleep(_SAVE_INTERVAL)
            await self._save(learned=True)

    async def _send_requests(self, group: asyncio.TaskGroup) -> None:
        while True:
            await self._slots.acquire()
            link, hints = await self._next_link()
            # Choose the next link only after the last request was sent, so that a hint waits for at most one request.
            sent = asyncio.Event()
            task = group.create_task(self._request_status(link, hints, sent.set))
            self._tasks.add(task)
            task.add_done_callback(partial(self._free_slot, sent))
            await sent.wait()

    async def _next_link(self) -> tuple[str, int]:
        while True:
            self._ready.clear()
            link_and_hints = self._state.next_link(self._now())
            if link_and_hints is not None:
                return link_and_hints
            await self._wait(self._ready, max(self._state.seconds_until_next(self._now()), _MIN_WAIT))

    async def _request_status(self, link: str, hints: int, on_sent: Callable[[], object]) -> None:
        change: Change | None = None
        try:
            response = await self._gate.send(link, lambda: self._status(link, on_sent))
            if response.id != link:
                raise DecodeError(f"the response is about the link {response.id!a}", path="$.real_time_scheduling_id")
            change = self._state.record_response(link, hints, response, self._now())
        except FATAL:
            raise
        except NotFound:
            change = self._state.record_not_found(link, hints, self._now())
        except Gone:
            change = self._state.record_gone(link, self._now())
        except Exception as error:  # any other error affects only this link
            self._state.record_failure(link, error, self._now())
        self._responses += 1
        self._ready.set()
        if change is not None:
            await self._save()
            self._report(change)

    def _free_slot(self, sent: asyncio.Event, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._slots.release()
        sent.set()

    def _finish_if_idle(self) -> None:
        if not (self._forever or self._state or self._state.has_unsaved) and self._mailbox.is_read:
            self._finished.set()

    async def _wait(self, event: asyncio.Event, seconds: float) -> None:
        """Wait for an event, at most for a number of seconds."""
        timer = None
        if seconds < math.inf:
            timer = self._clock.call_at(self._clock.monotonic() + seconds, event.set, waiting=True)
        try:
            await event.wait()
        finally:
            if timer is not None:
                timer.cancel()
