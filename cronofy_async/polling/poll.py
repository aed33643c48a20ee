"""One pass over any number of links: what became of each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Sized
from datetime import timedelta
from types import TracebackType
from typing import Any, Final, Generic, NoReturn, Self, TypeAlias, TypeVar

import attrs

from .._clock import Clock
from ..bulk import Done, Failed, fan_out, read_any
from ..errors import ClientClosedError, ConfigurationError, Forbidden, PaymentRequired, Unauthorized
from ..models.real_time_scheduling import SchedulingLink
from ._outage import OutageGate

__all__ = ["Poll", "Polled", "Position"]

I = TypeVar("I")  # noqa: E741 - an item
I_co = TypeVar("I_co", covariant=True)

Items: TypeAlias = Iterable[I] | AsyncIterable[I]

#: Errors that every other item would meet as well.
FATAL: Final = (Unauthorized, PaymentRequired, Forbidden, ClientClosedError, ConfigurationError)

#: So many items must fail one after the other for it to be an outage.
_SUSPECTS: Final = 5


@attrs.frozen
class Polled(Generic[I_co]):
    """An item, and the state of its link."""

    item: I_co
    link: SchedulingLink

    def result(self) -> SchedulingLink:
        """The link."""
        return self.link


@attrs.frozen
class Position:
    """How far a pass has come: the first ``done`` items were handed out, and those numbered ``beyond`` as well.

    ``str(position)`` can be stored, and :meth:`read` back.
    """

    done: int = 0
    beyond: frozenset[int] = frozenset()

    def __str__(self) -> str:
        return ",".join(map(str, [self.done, *sorted(self.beyond)]))

    @classmethod
    def read(cls, text: str) -> Position:
        """Read what ``str`` wrote.

        Raises:
            ValueError: it is not that.
        """
        parts = text.split(",")
        if not all(part.isascii() and part.isdecimal() for part in parts):
            raise ValueError(f"position: expected numbers such as '12,14,15', got {text!a}")
        done, *beyond = map(int, parts)
        return cls(done, frozenset(beyond))

    def holds(self, number: int) -> bool:
        """Whether the item with that number, counted from 0, was handed out."""
        return number < self.done or number in self.beyond

    def plus(self, number: int) -> Position:
        """The position after one more was handed out."""
        done, beyond = self.done, {*self.beyond, number}
        while done in beyond:
            beyond.discard(done)
            done += 1
        return Position(done, frozenset(beyond))


class Poll(Generic[I]):
    """The outcomes of one pass; made by ``cronofy.real_time_scheduling.poll(…)``. Use it with ``async with``.

    Attributes:
        estimate: how long the pass takes at least, by the rate limit; ``None`` if nobody knows how many items there
            are, or there is no limit.
        position: how far it has come; give it to another pass over the same items to go on from there.
    """

    def __init__(
        self,
        items: Items[I],
        ask: Callable[[I], Awaitable[SchedulingLink]],
        *,
        clock: Clock,
        rate: float | None,
        concurrency: int = 64,
        ordered: bool = False,
        position: Position | str | None = None,
    ) -> None:
        if concurrency < 1:
            raise ValueError(f"concurrency: must be at least 1, got {concurrency}")
        self.position = _position(position)
        self._items = items
        self._ask = ask
        self._gate = OutageGate(clock, suspects=min(_SUSPECTS, concurrency))
        self._concurrency = concurrency
        self._ordered = ordered
        self._room = asyncio.Semaphore(2 * concurrency)
        self._outcomes: AsyncGenerator[Polled[I] | Failed[I], None] | None = None
        self.estimate = _estimate(items, self.position, rate)

    @property
    def is_held(self) -> bool:
        """Whether Cronofy does not answer at present, so that the pass waits for it."""
        return self._gate.is_closed

    async def __aenter__(self) -> Self:
        if self._outcomes is not None:
            raise RuntimeError("a pass is made once: poll again for another")
        self._outcomes = self._run()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._outcomes is not None:
            await self._outcomes.aclose()

    def __aiter__(self) -> AsyncIterator[Polled[I] | Failed[I]]:
        if self._outcomes is None:
            raise RuntimeError("enter it first: `async with ….poll(…) as outcomes`, then `async for` over the outcomes")
        return self._outcomes

    def __enter__(self) -> NoReturn:
        raise TypeError("polling is asynchronous: use `async with`")

    def __exit__(self, *_: object) -> None:  # pragma: no cover - only there for `with` to find __enter__
        pass

    async def _run(self) -> AsyncGenerator[Polled[I] | Failed[I], None]:
        outcomes = fan_out(self._numbered(), self._start, concurrency=self._concurrency)
        waiting: dict[int, Polled[I] | Failed[I]] = {}
        following = self.position.done
        try:
            async for found in outcomes:
                number, item = found.item
                outcome = _outcome(item, found)
                if not self._ordered:
                    yield self._hand_out(number, outcome)
                    continue
                waiting[number] = outcome
                while self.position.holds(following) or following in waiting:
                    if following in waiting:
                        yield self._hand_out(following, waiting.pop(following))
                    following += 1
        finally:
            await outcomes.aclose()

    def _hand_out(self, number: int, outcome: Polled[I] | Failed[I]) -> Polled[I] | Failed[I]:
        self.position = self.position.plus(number)
        self._room.release()
        return outcome

    async def _numbered(self) -> AsyncGenerator[tuple[int, I], None]:
        """The items that are left, with their numbers, as far as there is room for their outcomes."""
        number = 0
        source = read_any(self._items)
        try:
            async for item in source:
                if not self.position.holds(number):
                    await self._room.acquire()
                    yield number, item
                number += 1
        finally:
            await source.aclose()

    def _start(self, entry: tuple[int, I]) -> tuple[tuple[int, I], Awaitable[SchedulingLink]]:
        number, item = entry
        return entry, self._gate.ask(number, lambda: self._ask(item))


def _outcome(item: I, found: Done[Any, SchedulingLink] | Failed[Any]) -> Polled[I] | Failed[I]:
    if isinstance(found, Done):
        return Polled(item, found.value)
    if isinstance(found.error, FATAL):
        raise found.error
    return Failed(item, found.error)


def _position(given: object) -> Position:
    if given is None:
        return Position()
    if isinstance(given, str):
        return Position.read(given)
    if not isinstance(given, Position):
        raise TypeError(f"position: expected a Position or its text, got {type(given).__name__}")
    return given


def _estimate(items: object, position: Position, rate: float | None) -> timedelta | None:
    if rate is None or not isinstance(items, Sized):
        return None
    left = len(items) - position.done - len(position.beyond)
    return timedelta(seconds=max(0, left) / rate)
