"""Time as the SDK sees it: a clock that can be waited on, so that tests and the sandbox can bring their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol, Self

__all__ = ["Clock", "Deadline", "LoopClock", "Timer", "time_limit"]


class Timer(Protocol):
    def cancel(self) -> None: ...


class Clock(Protocol):
    """What limits, back-off, deadlines and token expiry are measured with."""

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        ...

    def call_at(self, when: float, callback: Callable[[], object], *, waiting: bool = False) -> Timer:
        """Call back once :meth:`monotonic` reaches ``when``.

        ``waiting`` if somebody waits for that moment, rather than guards against it: a clock of a test that stands
        still may move there.
        """
        ...

    async def sleep(self, seconds: float) -> None: ...


class LoopClock:
    """The clock of the running event loop, which a change of the system's time does not touch."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def call_at(self, when: float, callback: Callable[[], object], *, waiting: bool = False) -> Timer:
        return asyncio.get_running_loop().call_at(when, callback)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@asynccontextmanager
async def time_limit(clock: Clock, seconds: float | None) -> AsyncGenerator[None]:
    """Cancel the body once ``seconds`` have passed on ``clock``, and raise ``TimeoutError`` for it."""
    async with asyncio.timeout(None) as scope:
        timer = seconds is not None and clock.call_at(clock.monotonic() + seconds, lambda: scope.reschedule(0.0))
        try:
            yield
        finally:
            if timer:
                timer.cancel()


class Deadline:
    """A time limit on a body, which runs only between :meth:`run` and :meth:`hold`. ``None`` is no limit.

    Enter it with ``async with``; when it ends the body, it raises ``TimeoutError``.
    """

    __slots__ = ("_clock", "_left", "_scope", "_started", "_timer", "is_over", "was_cut_short")

    def __init__(self, clock: Clock, seconds: float | None) -> None:
        self._clock = clock
        self._left = float("inf") if seconds is None else seconds
        self._scope = asyncio.timeout(None)
        self._started = 0.0
        self._timer: Timer | None = None
        self.is_over = False
        self.was_cut_short = False

    @property
    def left(self) -> float:
        """The seconds that the body still has."""
        return self._left - (self._clock.monotonic() - self._started if self._timer is not None else 0.0)

    @property
    def ended_the_body(self) -> bool:
        """Whether it is why the body ended."""
        return self._scope.expired()

    def run(self) -> None:
        if self._timer is None and not self.is_over and self._left != float("inf"):
            self._started = self._clock.monotonic()
            self._timer = self._clock.call_at(self._started + self._left, self._end)

    def hold(self) -> None:
        if self._timer is not None:
            self._left = self.left
            self._timer.cancel()
            self._timer = None

    def cut_short(self) -> None:
        """End the body now."""
        self.was_cut_short = not self.is_over
        self._end()

    def _end(self) -> None:
        if not self.is_over:
            self.is_over = True
            self._scope.reschedule(0.0)

    async def __aenter__(self) -> Self:
        await self._scope.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hold()
        await self._scope.__aexit__(kind, error, trace)
