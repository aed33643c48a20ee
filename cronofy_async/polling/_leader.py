"""What the replica does that watches: it asks about links, stores what became of them, and then reports it."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from functools import partial
from typing import Final, TypeAlias

from .._clock import Clock
from ..errors import DecodeError, Gone, NotFound
from ..models.real_time_scheduling import SchedulingLink
from ._outage import OutageGate
from ._watch_state import WatchState
from .poll import FATAL
from .stores import LeaseLost, Message, WatchStore
from .watched import Change

__all__ = ["BATCH", "LEASE", "RENEWAL", "Leader", "Mailbox", "Status"]

#: Asks for the status of a link, and calls back when the request leaves.
Status: TypeAlias = Callable[[str, Callable[[], object]], Awaitable[SchedulingLink]]

#: How many seconds a replica that died keeps the others waiting, and how often one that lives says so.
LEASE: Final = 15.0
RENEWAL: Final = 5.0
#: So many links or messages are dealt with before anything else is.
BATCH: Final = 1000
#: How often it looks for what other replicas tell, and writes down what need not be written at once.
_READING: Final = 1.0
_SAVING: Final = 10.0
#: The shortest wait: less could be lost in rounding.
_MOMENT: Final = 0.001


class Mailbox:
    """The messages of a store, and whether this replica posted some that were not read yet.

    Attributes:
        arrived: set whenever this replica has posted.
    """

    def __init__(self, store: WatchStore) -> None:
        self.arrived = asyncio.Event()
        self._store = store
        self._begun = self._posted = 0
        self._read = -1

    async def post(self, messages: Sequence[str]) -> None:
        self._begun += 1
        try:
            await self._store.post(messages)
        finally:
            self._posted += 1
            self.arrived.set()

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncGenerator[Sequence[Message]]:
        """The messages that are there; they count as read when they were dealt with."""
        self.arrived.clear()
        posted = self._posted
        yield await self._store.messages()
        self._read = posted

    @property
    def is_read(self) -> bool:
        """Whether everything was read that this replica posted."""
        return self._read == self._begun


class Leader:
    """One term of the replica that has the lease.

    Args:
        ledger: what is known of the links.
        store: where that is kept.
        holder: the name of this replica there.
        mailbox: what replicas tell.
        status: asks Cronofy.
        gate: tells an outage from a link that is at fault.
        clock: what everything is timed with.
        now: the time on the axis of the ledger.
        concurrency: how many requests may be under way.
        forever: whether to go on when nothing is left.
        report: takes each change, once it is stored.

    Attributes:
        asked: how many answers there were.
        is_deposed: whether another replica was found to watch by now, so that this one must not report anything.
    """

    def __init__(
        self,
        ledger: WatchState,
        store: WatchStore,
        holder: str,
        mailbox: Mailbox,
        status: Status,
        *,
        gate: OutageGate,
        clock: Clock,
        now: Callable[[], float],
        concurrency: int,
        forever: bool,
        report: Callable[[Change], object],
    ) -> None:
        self.ledger = ledger
        self.asked = 0
        self.is_deposed = False
        self._store = store
        self._holder = holder
        self._mailbox = mailbox
        self._status = status
        self._gate = gate
        self._clock = clock
        self._now = now
        self._room = asyncio.Semaphore(concurrency)
        self._forever = forever
        self._report = report
        self._saving = asyncio.Lock()
        self._ready = asyncio.Event()
        self._over = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Watch until nothing is left.

        Raises:
            LeaseLost: another replica watches by now.
            Unauthorized, PaymentRequired, Forbidden: every link would meet that.
        """
        try:
            async with asyncio.TaskGroup() as group:
                self._tasks.add(group.create_task(self._keep_the_lease()))
                await self._read_messages()  # some may say what is confirmed
                for change in self.ledger.unconfirmed:
                    self._report(change)
                duties = (self._read_on(), self._save_often(), self._ask_on(group))
                self._tasks.update(group.create_task(duty) for duty in duties)
                await self._over.wait()
                for task in self._tasks:
                    task.cancel()
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            with contextlib.suppress(LeaseLost):
                await self.save(learned=True)
        if self.is_deposed:
            raise LeaseLost("another replica watches by now: it may know of more links")

    async def confirm(self, change: Change) -> None:
        """Take that a change was dealt with, and store that."""
        self.ledger.confirm(change)
        await self.save()
        self._look_whether_it_is_over()

    async def save(self, *, learned: bool = False, read: int | None = None) -> None:
        """Write down what changed.

        Raises:
            LeaseLost: another replica watches by now.
        """
        async with self._saving:
            rows = self.ledger.unsaved()
            if not (rows or learned or read is not None):
                return  # somebody else wrote it, who had the lock before
            try:
                await self._store.save(self._holder, rows | (self.ledger.learned() if learned else {}), read=read)
            except BaseException as error:
                self.ledger.not_saved(rows)
                self.is_deposed = self.is_deposed or isinstance(error, LeaseLost)
                raise

    # Its duties, each for as long as the term.

    async def _keep_the_lease(self) -> None:
        while True:
            await self._clock.sleep(RENEWAL)
            if not await self._store.renew(self._holder, LEASE):
                raise LeaseLost("another replica watches by now: this one was silent for too long")

    async def _read_on(self) -> None:
        while True:
            await self._wait(self._mailbox.arrived, _READING)
            await self._read_messages()

    async def _read_messages(self) -> None:
        async with self._mailbox.reading() as messages:
            for first in range(0, len(messages), BATCH):
                batch = messages[first : first + BATCH]
                self.ledger.apply((text for _, text in batch), self._now())
                await self.save(read=batch[-1][0])
                self._ready.set()
                await asyncio.sleep(0)  # the process may have other things to do
        self._look_whether_it_is_over()

    async def _save_often(self) -> None:
        while True:
            await self._clock.sleep(_SAVING)
            await self.save(learned=True)

    async def _ask_on(self, group: asyncio.TaskGroup) -> None:
        while True:
            await self._room.acquire()
            link, hints = await self._next()
            # Which link is next is decided when the last request has left, so that a hint waits for one at most.
            left = asyncio.Event()
            task = group.create_task(self._ask(link, hints, left.set))
            self._tasks.add(task)
            task.add_done_callback(partial(self._make_room, left))
            await left.wait()

    async def _next(self) -> tuple[str, int]:
        while True:
            self._ready.clear()
            found = self.ledger.next(self._now())
            if found is not None:
                return found
            await self._wait(self._ready, max(self.ledger.wait(self._now()), _MOMENT))

    async def _ask(self, link: str, hints: int, left: Callable[[], object]) -> None:
        change: Change | None = None
        try:
            answer = await self._gate.ask(link, lambda: self._status(link, left))
            if answer.id != link:
                raise DecodeError(f"the response is about the link {answer.id!a}", path="$.real_time_scheduling_id")
            change = self.ledger.answered(link, hints, answer, self._now())
        except FATAL:
            raise
        except NotFound:
            change = self.ledger.not_found(link, hints, self._now())
        except Gone:
            change = self.ledger.gone(link, self._now())
        except Exception as error:  # whatever it is, it is about this link alone
            self.ledger.failed(link, error, self._now())
        self.asked += 1
        self._ready.set()
        if change is not None:
            await self.save()
            self._report(change)

    def _make_room(self, left: asyncio.Event, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._room.release()
        left.set()

    def _look_whether_it_is_over(self) -> None:
        if not (self._forever or self.ledger) and self._mailbox.is_read:
            self._over.set()

    async def _wait(self, event: asyncio.Event, seconds: float) -> None:
        """Wait for an event, or so many seconds."""
        timer = None
        if seconds < math.inf:
            timer = self._clock.call_at(self._clock.monotonic() + seconds, event.set, waiting=True)
        try:
            await event.wait()
        finally:
            if timer is not None:
                timer.cancel()
