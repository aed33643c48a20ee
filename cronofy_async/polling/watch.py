"""Watching links until nothing more can become of them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import uuid
from collections.abc import AsyncIterable, Iterable, Mapping
from types import TracebackType
from typing import Any, Final, NoReturn, Self

import attrs

from .._clock import Clock
from ..bulk import end_of, read_any
from ..models.notifications import Notification, NoTimesDisplayed, NoTimesSuitable
from ._leader import BATCH, LEASE, RENEWAL, Leader, Mailbox, Status
from ._outage import OutageGate
from ._watch_state import LEARNED, WatchState, message_to_add, message_to_confirm, message_to_discard, message_to_hint
from .stores import LeaseLost, NoWatchStore, WatchStore
from .watched import AnyLink, Change, as_watched

__all__ = ["WatchStats", "Watcher"]

logger = logging.getLogger("cronofy_async")

#: So many must fail one after the other for it to be an outage.
_SUSPECTS: Final = 5


@attrs.frozen(kw_only=True)
class WatchStats:
    """How a watcher is doing.

    Attributes:
        is_leading: whether this replica watches; if it does not, the other figures are of when it last did.
        is_held: whether Cronofy does not answer at present, so that the watcher waits for it.
        watched: how many links are watched.
        unconfirmed: how many changes are known and not confirmed.
        asked: how many answers there were.
        changes: how many changes there were, by status.
        failing: the links about which nothing could be found out last time, and why.
    """

    is_leading: bool = False
    is_held: bool = False
    watched: int = 0
    unconfirmed: int = 0
    asked: int = 0
    changes: Mapping[str, int] = attrs.field(factory=dict[str, int], hash=False)
    failing: Mapping[str, Exception] = attrs.field(factory=dict[str, Exception], hash=False)


class Watcher:
    """The changes of links; made by ``cronofy.real_time_scheduling.watch(…)``. Use it with ``async with``.

    Iterating gives each :class:`~cronofy_async.polling.Change` as it is seen. It is in the store by then; it is
    confirmed when the loop asks for the next one, or by :meth:`confirm`. What is not confirmed when the process ends
    is given again, with the same ``key``, by the next watcher on that store.
    """

    def __init__(
        self,
        links: Iterable[AnyLink] | AsyncIterable[AnyLink],
        status: Status,
        *,
        clock: Clock,
        store: WatchStore | None = None,
        min_interval: float = 10.0,
        concurrency: int = 64,
        forever: bool = False,
        auto_confirm: bool = True,
    ) -> None:
        if concurrency < 1:
            raise ValueError(f"concurrency: must be at least 1, got {concurrency}")
        if not 0 < min_interval < math.inf:
            raise ValueError(f"min_interval: must be more than 0 seconds, got {min_interval}")
        if store is not None and (isinstance(store, type) or not isinstance(store, WatchStore)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"store: expected a WatchStore, such as SQLiteWatchStore(path), got {store!r}")
        self._links = links
        self._status = status
        self._clock = clock
        self._store: WatchStore = NoWatchStore() if store is None else store
        self._mailbox = Mailbox(self._store)
        self._min_interval = min_interval
        self._concurrency = concurrency
        self._forever = forever
        self._auto_confirm = auto_confirm
        self._gate = OutageGate(clock, suspects=min(_SUSPECTS, concurrency), tries=1, come_back=True)
        self._time_zero = 0.0
        self._leader: Leader | None = None
        self._last_stats = WatchStats()
        self._task: asyncio.Task[None] | None = None
        self._changes: asyncio.Queue[Change | None] = asyncio.Queue()
        self._handed_out: dict[str, Change] = {}
        self._is_over = self._is_left = self._has_nothing_left = False

    # What is watched.

    async def add(self, *links: AnyLink) -> None:
        """Watch more links. Those that are watched already go on as they are, with what is new about them.

        Once it has been awaited, they are stored.

        Args:
            links: :class:`~cronofy_async.polling.Watched`, or links, or ids; of the latter it is taken that they were
                sent just now.

        Raises:
            ValueError: an id is empty.
            RuntimeError: the watcher was not entered, or is over.
        """
        now = self._clock.now().timestamp()
        await self._post([message_to_add(as_watched(link), now) for link in links])

    async def discard(self, *links: AnyLink) -> None:
        """Watch links no longer, and do not tell what became of them. Once it has been awaited, that is stored.

        Raises:
            RuntimeError: the watcher was not entered, or is over.
        """
        messages = [message_to_discard(as_watched(link).id) for link in links]
        await self._post(messages)
        self._apply(messages)

    async def notify(self, notification: Notification) -> None:
        """Take a callback as a hint: the link that it is about is asked about next.

        The link is found by the signed reference (``Watched.ref``), or by the ``event_id`` if only one watched link
        has that. A callback that concerns no watched link does nothing, nor does one that says that no time suits, as
        the link stays open, or one that comes when nothing is left to watch. One that is repeated again and again takes
        no requests from other links. Once it has been awaited, it is stored; any replica may take it.

        Args:
            notification: what ``cronofy.webhooks.parse`` gave.

        Raises:
            RuntimeError: the watcher was not entered, or was left or failed while links were watched.
        """
        if not isinstance(notification, Notification):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"expected what webhooks.parse gave, got {type(notification).__name__}")
        if not (self._has_nothing_left or isinstance(notification, NoTimesDisplayed | NoTimesSuitable)):
            await self._post([message_to_hint(notification)])

    async def confirm(self, change: Change) -> None:
        """Say that a change was dealt with, before the loop asks for the next one. It is not given again."""
        await self._confirm(change)
        self._handed_out.pop(change.key, None)

    async def _confirm(self, change: Change) -> None:
        if self._leader is not None:
            with contextlib.suppress(LeaseLost):
                await self._leader.confirm(change)
                return
        messages = [message_to_confirm(change)]
        await self._post(messages, is_over=self._is_left)
        self._apply(messages)

    async def _post(self, messages: list[str], *, is_over: bool | None = None) -> None:
        if self._task is None:
            raise RuntimeError("enter the watcher first: `async with ….watch(…) as watcher`")
        if self._is_over if is_over is None else is_over:
            if self._task.done() and not self._task.cancelled() and (failure := self._task.exception()) is not None:
                raise RuntimeError(f"the watcher ended in {type(failure).__name__}: {failure}") from failure
            raise RuntimeError("the watcher is over; one that shall go on when nothing is left takes forever=True")
        if messages:
            await self._mailbox.post(messages)

    def _apply(self, messages: list[str]) -> None:
        """Do what was posted at once, so that nothing is handed out against it until it is read."""
        if self._leader is not None:
            self._leader.ledger.apply(messages, self._now())

    async def snapshot(self) -> dict[str, Any]:
        """Everything that is known, as plain JSON, for ``MemoryWatchStore(snapshot)``. It may hold the URLs of links."""
        try:
            messages = [text for _, text in await self._store.messages()]
            rows = self._leader.ledger.rows() if self._leader is not None else await self._store.load()
        finally:
            if self._task is None or self._is_left:  # nobody else closes it
                await self._store.aclose()
        return {"rows": dict(rows), "messages": messages}

    @property
    def stats(self) -> WatchStats:
        """How it is doing."""
        if self._leader is None:
            return self._last_stats
        ledger = self._leader.ledger
        return WatchStats(
            is_leading=True,
            is_held=self._gate.is_closed,
            watched=ledger.watched,
            unconfirmed=len(ledger.unconfirmed),
            asked=self._leader.asked,
            changes=dict(ledger.seen),
            failing=dict(ledger.failing),
        )

    # Its life.

    async def __aenter__(self) -> Self:
        if self._task is not None:
            raise RuntimeError("a watcher is used once: watch again for another")
        try:
            await self._add_all()
        except BaseException:
            await self._store.aclose()
            raise
        self._time_zero = self._clock.now().timestamp() - self._clock.monotonic()
        self._task = asyncio.create_task(self._run())
        return self

    async def _add_all(self) -> None:
        now = self._clock.now().timestamp()
        messages: list[str] = []
        source = read_any(self._links)
        try:
            async for link in source:
                messages.append(message_to_add(as_watched(link), now))
                if len(messages) == BATCH:
                    await self._mailbox.post(messages)
                    messages = []
            if messages:
                await self._mailbox.post(messages)
        finally:
            await source.aclose()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            try:
                await end_of(self._task)
            finally:
                self._is_over = self._is_left = True
                await self._store.aclose()  # the task may have had no time to begin, or this was used after its end
            if kind is None and not self._task.cancelled():
                self._task.result()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Change:
        if self._task is None:
            raise RuntimeError("enter it first: `async with ….watch(…) as watcher`, then `async for` over the watcher")
        if self._auto_confirm:
            for change in list(self._handed_out.values()):
                await self.confirm(change)
        while (found := await self._changes.get()) is not None:
            if self._is_due(found):
                self._handed_out[found.key] = found
                return found
        self._changes.put_nowait(None)  # for whoever asks again
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.result()  # raises what ended it
        raise StopAsyncIteration

    def _is_due(self, change: Change) -> bool:
        """Whether a change is to be handed out: it may have been meanwhile, or its link was discarded."""
        leader = self._leader
        if leader is None or leader.is_deposed or change.key in self._handed_out:
            return False
        return leader.ledger.awaits(change)

    def __enter__(self) -> NoReturn:
        raise TypeError("watching is asynchronous: use `async with`")

    def __exit__(self, *_: object) -> None:  # pragma: no cover - only there for `with` to find __enter__
        pass

    async def _run(self) -> None:
        """Wait for the lease and lead, until nothing is left."""
        try:
            while not self._is_over:
                await self._serve_a_term()
            self._has_nothing_left = True
        finally:
            self._is_over = True
            self._changes.put_nowait(None)
            await self._store.aclose()

    async def _serve_a_term(self) -> None:
        # What is still under way when the term ends must not write in the next one: that has another name.
        holder = uuid.uuid4().hex
        try:
            while not await self._store.lead(holder, LEASE):
                await self._clock.sleep(RENEWAL)
            await self._lead(holder)
            self._is_over = self._mailbox.is_read  # something may have been added at the last moment
        except LeaseLost as lost:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError from None
            logger.warning("%s", lost)
        finally:
            await self._store.resign(holder)

    async def _lead(self, holder: str) -> None:
        self._leader = Leader(
            await self._loaded(holder),
            self._store,
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

    async def _loaded(self, holder: str) -> WatchState:
        rows = await self._store.load()
        ledger = WatchState(rows.get(LEARNED), min_interval=self._min_interval)
        keys, renewed_at = [*rows], self._clock.monotonic()
        for first in range(0, len(keys), BATCH):
            ledger.load(((key, rows[key]) for key in keys[first : first + BATCH]), self._now())
            await asyncio.sleep(0)  # the process may have other things to do
            if self._clock.monotonic() - renewed_at >= RENEWAL:
                renewed_at = self._clock.monotonic()
                if not await self._store.renew(holder, LEASE):
                    raise LeaseLost("another replica watches by now: to load all links took too long")
        return ledger

    def _now(self) -> float:
        """The time in seconds since 1970, which never goes back."""
        return self._time_zero + self._clock.monotonic()
