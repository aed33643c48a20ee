"""Watch links until they are terminal, and yield their changes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import uuid
from collections.abc import AsyncIterable, Iterable, Sequence
from enum import Enum, auto
from types import TracebackType
from typing import Any, Final, Self

import attrs

from .._clock import Clock
from ..bulk import aiter_any, wait_cancelled
from ..errors import StoreError
from ..models.notifications import Notification, NoTimesDisplayed, NoTimesSuitable
from ._async_only import AsyncOnly
from ._concurrency import Concurrency
from ._leader import BATCH_SIZE, LEASE_SECONDS, RENEWAL_INTERVAL, Leader, Mailbox, StatusCall, in_batches
from ._outage import OutageGate
from ._store_access import StoreAccess
from ._watch_rows import add_message, confirm_message, discard_message, hint_message
from ._watch_state import LEARNED, WatchState
from .stores import LeaseLost, NoWatchStore, WatchStore
from .watched import AnyLink, Change, WatchStats, as_watched

__all__ = ["Watcher"]

logger = logging.getLogger("cronofy_async")

#: The number of links that must fail in a row for an outage.
_OUTAGE_THRESHOLD: Final = 5


class _Phase(Enum):
    NEW = auto()
    RUNNING = auto()
    FINISHED = auto()
    """Every link is terminal, and every change is confirmed."""
    STOPPED = auto()
    """It failed, or was left while links were watched."""


class Watcher(AsyncOnly):
    """Watches links and yields their changes; returned by ``cronofy.real_time_scheduling.watch(…)``.

    Use it with ``async with``, and iterate over it to get each ``Change``. A change is persisted before it is yielded. It
    is confirmed when the loop asks for the next one, or by ``confirm``. A change that is not confirmed when the process
    ends is yielded again, with the same ``key``, by the next watcher on the same store.
    """

    def __init__(
        self,
        links: Iterable[AnyLink] | AsyncIterable[AnyLink],
        status: StatusCall,
        *,
        clock: Clock,
        store: WatchStore | None = None,
        min_interval: float = 10.0,
        rate: float | None = None,
        concurrency: int | None = None,
        forever: bool = False,
        auto_confirm: bool = True,
    ) -> None:
        if not 0 < min_interval < math.inf:
            raise ValueError(f"min_interval: must be more than 0 seconds, got {min_interval}")
        if store is not None and (isinstance(store, type) or not isinstance(store, WatchStore)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"store: expected a WatchStore, such as SQLiteWatchStore(path), got {store!r}")
        self._links = links
        self._status = status
        self._clock = clock
        self._store: WatchStore = NoWatchStore() if store is None else store
        self._access = StoreAccess(self._store, clock)
        self._mailbox = Mailbox(self._access)
        self._min_interval = min_interval
        # The next request is created when the last one is sent, so there are only as many as the rate limit allows.
        self._concurrency = Concurrency(concurrency, rate).maximum
        self._forever = forever
        self._auto_confirm = auto_confirm
        self._gate = OutageGate(
            clock, threshold=min(_OUTAGE_THRESHOLD, self._concurrency), attempts=1, retried_later=True
        )
        self._clock_offset = 0.0
        self._leader: Leader | None = None
        self._last_stats = WatchStats()
        self._task: asyncio.Task[None] | None = None
        self._changes: asyncio.Queue[Change | None] = asyncio.Queue()
        self._yielded: dict[str, Change] = {}
        self._phase = _Phase.NEW
        self._is_closed = False

    # Methods for the loop and for other parts of the application.

    async def add(self, *links: AnyLink) -> None:
        """Watch more links. They are persisted when this returns.

        Links that are already watched are kept, and new details about them are added.

        Args:
            links: ``Watched``, links or IDs. Links and IDs count as sent now.

        Raises:
            TypeError: A value is not a link.
            ValueError: An ID cannot be the ID of a link.
            StoreError: The store cannot be written.
            RuntimeError: The watcher was not entered, or has ended.
        """
        now = self._clock.now().timestamp()
        messages: list[str] = []
        for batch in in_batches(links):
            messages += [add_message(as_watched(link), now) for link in batch]
            await asyncio.sleep(0)  # let other tasks run
        await self._post(messages)

    async def discard(self, *links: AnyLink) -> None:
        """Stop watching links, without reporting their changes. This is persisted when it returns.

        Raises:
            TypeError, ValueError, StoreError: As for ``add``.
            RuntimeError: The watcher was not entered, or has ended.
        """
        messages: list[str] = []
        for batch in in_batches(links):
            messages += [discard_message(as_watched(link).id) for link in batch]
            await asyncio.sleep(0)  # let other tasks run
        await self._post(messages)
        for batch in in_batches(messages):
            self._apply(batch)
            await asyncio.sleep(0)  # let other tasks run

    async def notify(self, notification: Notification) -> None:
        """Use a callback as a hint: the status of its link is requested next. The hint is persisted when this returns.

        The link is found by the signed reference (``Watched.ref``), or by the ``event_id`` if only one watched link has
        it. A callback has no effect if it is about no watched link, if it reports that no time suits (the link stays
        open), or if no links are left to watch. Repeated callbacks do not delay requests for other links. Any replica may
        call this.

        Args:
            notification: The result of ``cronofy.webhooks.parse``.

        Raises:
            TypeError: The value is not a notification.
            StoreError: The store cannot be written.
            RuntimeError: The watcher was not entered, or was left or failed while links were watched.
        """
        if not isinstance(notification, Notification):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"notification: expected the result of webhooks.parse, got {type(notification).__name__}")
        if self._phase is _Phase.FINISHED or isinstance(notification, NoTimesDisplayed | NoTimesSuitable):
            return
        await self._post([hint_message(notification)])

    async def confirm(self, change: Change) -> None:
        """Confirm that a change was handled, so that it is not yielded again. This is persisted when it returns.

        Raises:
            StoreError: The store cannot be written. The watcher tries again automatically.
            RuntimeError: The watcher was not entered, or was left.
        """
        await self._confirm(change)
        self._yielded.pop(change.key, None)

    async def _confirm(self, change: Change) -> None:
        if self._leader is not None:
            with contextlib.suppress(LeaseLost):
                await self._leader.confirm(change)
                return
        messages = [confirm_message(change)]
        await self._post(messages, allow_finished=True)
        self._apply(messages)

    async def _post(self, messages: list[str], *, allow_finished: bool = False) -> None:
        """Persist messages for the replica that leads, which may be this one."""
        if self._task is None:
            raise RuntimeError("the watcher was not entered. Write `async with ….watch(…) as watcher`.")
        if self._is_closed or (self._phase is not _Phase.RUNNING and not allow_finished):
            if self._task.done() and not self._task.cancelled() and (failure := self._task.exception()) is not None:
                raise RuntimeError(f"the watcher ended with {type(failure).__name__}: {failure}") from failure
            raise RuntimeError("the watcher has ended. Pass forever=True to keep it running when no links are left.")
        if messages:
            await self._mailbox.post(messages)

    def _apply(self, messages: Sequence[str]) -> None:
        """If this replica leads, apply messages now, so that changes that they confirm or discard are not yielded."""
        if self._leader is not None:
            self._leader.apply(messages)

    async def snapshot(self) -> dict[str, Any]:
        """Return the complete state as plain JSON, for ``MemoryWatchStore(snapshot)``.

        It may contain the URLs of links. Anyone who has one can book.
        """
        try:
            messages = [text for _, text in await self._access.run(lambda store: store.messages())]
            if self._leader is not None:
                rows = await self._leader.rows()
            else:
                rows = await self._access.run(lambda store: store.load())
        finally:
            if self._task is None or self._is_closed:  # nothing else closes it
                await self._store.aclose()
        return {"rows": dict(rows), "messages": messages}

    @property
    def stats(self) -> WatchStats:
        """Statistics on the watcher and its links."""
        return self._last_stats if self._leader is None else self._leader.stats

    def __repr__(self) -> str:
        stats = self.stats
        paused = ", paused" if stats.is_paused else ""
        return f"<Watcher of {stats.watched} links, {'leading' if stats.is_leading else 'standing by'}{paused}>"

    # Entering, iterating, leaving.

    async def __aenter__(self) -> Self:
        if self._task is not None:
            raise RuntimeError("a watcher can be used only once. Call watch again to create another.")
        try:
            await self._add_all()
        except BaseException:
            await self._store.aclose()
            raise
        self._clock_offset = self._clock.now().timestamp() - self._clock.monotonic()
        self._phase = _Phase.RUNNING
        self._task = asyncio.create_task(self._run())
        return self

    async def _add_all(self) -> None:
        now = self._clock.now().timestamp()
        messages: list[str] = []
        source = aiter_any(self._links)
        try:
            async for link in source:
                messages.append(add_message(as_watched(link), now))
                if len(messages) == BATCH_SIZE:
                    await self._mailbox.post(messages)
                    messages = []
                    await asyncio.sleep(0)  # let other tasks run
            if messages:
                await self._mailbox.post(messages)
        finally:
            await source.aclose()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            try:
                await wait_cancelled(self._task)
            finally:
                self._is_closed = True
                await self._store.aclose()  # the task may not have started, or the store was used after its end
            if exc_type is None and not self._task.cancelled():
                self._task.result()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Change:
        if self._task is None:
            raise RuntimeError(
                "the watcher was not entered. Write `async with ….watch(…) as watcher`, then `async for`."
            )
        if self._auto_confirm:
            for yielded in list(self._yielded.values()):
                await self._access.retry(lambda _: self.confirm(yielded))  # noqa: B023 - called before the next one
        while (change := await self._changes.get()) is not None:
            if self._should_yield(change):
                self._yielded[change.key] = change
                return change
        self._changes.put_nowait(None)  # for other tasks that iterate
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.result()  # raises the error that ended the task
        raise StopAsyncIteration

    def _should_yield(self, change: Change) -> bool:
        """Return whether to yield a change. It may have been yielded meanwhile, or its link discarded."""
        return self._leader is not None and change.key not in self._yielded and self._leader.is_unconfirmed(change)

    # The task.

    async def _run(self) -> None:
        """Acquire the lease and lead, term after term, until no links are left."""
        try:
            while self._phase is _Phase.RUNNING:
                await self._run_term()
        finally:
            if self._phase is _Phase.RUNNING:
                self._phase = _Phase.STOPPED
            self._changes.put_nowait(None)
            await self._store.aclose()

    async def _run_term(self) -> None:
        # Each term has its own name, so that requests in flight when it ends cannot write in the next one.
        holder = uuid.uuid4().hex
        try:
            while not await self._access.retry(lambda store: store.acquire_lease(holder, LEASE_SECONDS)):
                await self._clock.sleep(RENEWAL_INTERVAL)
            await self._lead(holder)
            if self._mailbox.is_read:  # otherwise, a link was added at the last moment
                self._phase = _Phase.FINISHED
        except LeaseLost as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError from None
            logger.warning("%s", error)
        finally:
            with contextlib.suppress(StoreError):  # the lease expires anyway
                await self._access.run(lambda store: store.release_lease(holder))

    async def _lead(self, holder: str) -> None:
        self._leader = Leader(
            await self._load(holder),
            self._access,
            holder,
            self._mailbox,
            self._status,
            gate=self._gate,
            clock=self._clock,
            now=self._now,
            concurrency=self._concurrency,
            forever=self._forever,
            report=self._changes.put_nowait,
        )
        try:
            await self._leader.run()
        finally:
            self._last_stats = attrs.evolve(self.stats, is_leading=False)
            self._leader = None

    async def _load(self, holder: str) -> WatchState:
        rows = await self._access.retry(lambda store: store.load())
        state = WatchState(rows.get(LEARNED), min_interval=self._min_interval)
        keys, renewed_at = [*rows], self._clock.monotonic()
        for batch in in_batches(keys):
            state.load(((key, rows[key]) for key in batch), self._now())
            await asyncio.sleep(0)  # let other tasks run
            if self._clock.monotonic() - renewed_at >= RENEWAL_INTERVAL:
                renewed_at = self._clock.monotonic()
                if not await self._access.retry(lambda store: store.renew_lease(holder, LEASE_SECONDS)):
                    raise LeaseLost("another replica now holds the lease, as loading all links took too long")
        return state

    def _now(self) -> float:
        """Return the time in seconds since 1970, which never decreases."""
        return self._clock_offset + self._clock.monotonic()
