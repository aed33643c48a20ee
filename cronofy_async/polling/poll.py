"""Request the status of any number of links, once each."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Sized
from datetime import timedelta
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeAlias, TypeVar

import attrs

from .._clock import Clock
from ..bulk import Done, Failed, aiter_any, fan_out
from ..errors import ClientClosedError, ConfigurationError, Forbidden, PaymentRequired, Unauthorized
from ..models.real_time_scheduling import SchedulingLink
from ._async_only import AsyncOnly
from ._concurrency import Concurrency
from ._outage import OutageGate

__all__ = ["Poll", "Polled", "Position"]

I = TypeVar("I")  # noqa: E741 - an item
I_co = TypeVar("I_co", covariant=True)

Items: TypeAlias = Iterable[I] | AsyncIterable[I]

#: Errors that are the same for all items.
FATAL: Final = (Unauthorized, PaymentRequired, Forbidden, ClientClosedError, ConfigurationError)

#: The number of items that must fail in a row for an outage.
_OUTAGE_THRESHOLD: Final = 5


@attrs.frozen
class Polled(Generic[I_co]):
    """An item whose status request succeeded, with the state of its link."""

    item: I_co
    link: SchedulingLink

    def result(self) -> SchedulingLink:
        """Return the link."""
        return self.link


@attrs.frozen
class Position:
    """The items of a pass whose outcomes were yielded. Pass it to ``poll`` to resume the pass.

    ``str(position)`` is a short text, which ``poll`` accepts as well.

    Attributes:
        done: The number of items from the start whose outcomes were all yielded.
        beyond: The numbers (from 0) of later items whose outcomes were yielded out of order.
    """

    done: int = 0
    beyond: frozenset[int] = frozenset()

    def __str__(self) -> str:
        return ",".join(map(str, [self.done, *sorted(self.beyond)]))

    @classmethod
    def read(cls, text: str) -> Position:
        """Parse the text of a position.

        Raises:
            ValueError: The text is not a position.
        """
        parts = text.split(",")
        if not all(part.isascii() and part.isdecimal() for part in parts):
            raise ValueError(f"position: expected numbers such as '12,14,15', got {text!a}")
        done, *beyond = map(int, parts)
        return cls(done, frozenset(beyond))

    def includes(self, number: int) -> bool:
        """Return whether the outcome of an item was yielded. Items are numbered from 0."""
        return number < self.done or number in self.beyond

    def including(self, number: int) -> Position:
        """Return the position after the outcome of one more item was yielded."""
        done, beyond = self.done, {*self.beyond, number}
        while done in beyond:
            beyond.discard(done)
            done += 1
        return Position(done, frozenset(beyond))


class Poll(AsyncOnly, Generic[I]):
    """The outcomes of one pass over many links; returned by ``cronofy.real_time_scheduling.poll(…)``.

    Use it with ``async with``.

    Attributes:
        estimate: The minimum duration of the pass at the rate limit; ``None`` if the number of items is unknown or
            there is no limit.
        position: The items whose outcomes were yielded. Pass it to another pass over the same items to resume there.
    """

    def __init__(
        self,
        items: Items[I],
        status: Callable[[I, Callable[[], object] | None], Awaitable[SchedulingLink]],
        *,
        clock: Clock,
        rate: float | None,
        concurrency: int | None = None,
        ordered: bool = False,
        position: Position | str | None = None,
    ) -> None:
        self._concurrency = Concurrency(concurrency, rate)
        self.position = _position(position)
        self._items = items
        self._status = status
        self._clock = clock
        self._gate = OutageGate(clock, threshold=min(_OUTAGE_THRESHOLD, self._concurrency.limit))
        self._ordered = ordered
        self._outcomes: AsyncGenerator[Polled[I] | Failed[I], None] | None = None
        self.estimate = _estimate(items, self.position, rate)

    @property
    def is_paused(self) -> bool:
        """Whether requests are paused because Cronofy does not respond."""
        return self._gate.is_closed

    async def __aenter__(self) -> Self:
        if self._outcomes is not None:
            raise RuntimeError("a pass can be used only once. Call poll again to create another.")
        self._outcomes = self._run()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._outcomes is not None:
            await self._outcomes.aclose()

    def __aiter__(self) -> AsyncIterator[Polled[I] | Failed[I]]:
        if self._outcomes is None:
            raise RuntimeError("the pass was not entered. Write `async with ….poll(…) as outcomes`, then `async for`.")
        return self._outcomes

    async def _run(self) -> AsyncGenerator[Polled[I] | Failed[I], None]:
        waiting: dict[int, Polled[I] | Failed[I]] = {}
        outcomes = fan_out(
            self._numbered(),
            self._start,
            concurrency=lambda: self._concurrency.limit,
            is_full=lambda: len(waiting) >= self._concurrency.limit,
        )
        next_number = self.position.done
        try:
            async for outcome in outcomes:
                number, item = outcome.item
                result = _outcome(item, outcome)
                if not self._ordered:
                    yield self._advance(number, result)
                    continue
                waiting[number] = result
                while self.position.includes(next_number) or next_number in waiting:
                    if next_number in waiting:
                        yield self._advance(next_number, waiting.pop(next_number))
                    next_number += 1
        finally:
            await outcomes.aclose()

    def _advance(self, number: int, outcome: Polled[I] | Failed[I]) -> Polled[I] | Failed[I]:
        self.position = self.position.including(number)
        return outcome

    async def _numbered(self) -> AsyncGenerator[tuple[int, I], None]:
        """Yield the remaining items with their numbers."""
        number = 0
        source = aiter_any(self._items)
        try:
            async for item in source:
                if not self.position.includes(number):
                    yield number, item
                number += 1
        finally:
            await source.aclose()

    def _start(self, entry: tuple[int, I]) -> tuple[tuple[int, I], Awaitable[SchedulingLink]]:
        number, item = entry
        if self._concurrency.adapts:
            return entry, self._gate.send(number, lambda: self._timed_status(item))
        return entry, self._gate.send(number, lambda: self._status(item, None))

    async def _timed_status(self, item: I) -> SchedulingLink:
        sent_at = None

        def on_sent() -> None:
            nonlocal sent_at
            sent_at = self._clock.monotonic()

        try:
            return await self._status(item, on_sent)
        finally:
            if sent_at is not None:
                self._concurrency.record(self._clock.monotonic() - sent_at)


def _outcome(item: I, outcome: Done[Any, SchedulingLink] | Failed[Any]) -> Polled[I] | Failed[I]:
    if isinstance(outcome, Done):
        return Polled(item, outcome.value)
    if isinstance(outcome.error, FATAL):
        raise outcome.error
    return Failed(item, outcome.error)


def _position(position: object) -> Position:
    if position is None:
        return Position()
    if isinstance(position, str):
        return Position.read(position)
    if not isinstance(position, Position):
        raise TypeError(f"position: expected a Position or its text, got {type(position).__name__}")
    return position


def _estimate(items: object, position: Position, rate: float | None) -> timedelta | None:
    if rate is None or not isinstance(items, Sized):
        return None
    remaining = len(items) - position.done - len(position.beyond)
    return timedelta(seconds=max(0, remaining) / rate)
