"""Time as the SDK sees it: a clock that can be waited on, so that tests and the sandbox can bring their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Protocol, Self

__all__ = ["Clock", "Deadline", "DeadlineTimer", "LoopClock", "Timer", "time_limit"]


_NEVER: Final = float("inf")


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


class DeadlineTimer:
    """Ends the deadlines that are over, with one timer for all of them: one for each would cost more than the rest of a
    call's way through the chain.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._running: dict[Deadline, None] = {}  # in order, so that what is over at once ends in order
        self._timer: Timer | None = None
        self._rings_at = _NEVER
        self._loop: asyncio.AbstractEventLoop | None = None

    def watch(self, deadline: Deadline) -> None:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # what another loop left behind is of no use any more
            self._loop = loop
            self._running.clear()
            self._ring_at(_NEVER)
        self._running[deadline] = None
        if deadline.ends_at < self._rings_at:
            self._ring_at(deadline.ends_at)

    def forget(self, deadline: Deadline) -> None:
        # The timer stays, even for nothing: to set one for each call would cost more than to let one ring now and then.
        self._running.pop(deadline, None)

    def _ring_at(self, moment: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if moment == _NEVER else self.clock.call_at(moment, self._ring)
        self._rings_at = moment

    def _ring(self) -> None:
        for deadline in [one for one in self._running if one.ends_at <= self._rings_at]:
            self._running.pop(deadline, None)
            deadline.end()
        self._ring_at(min((one.ends_at for one in self._running), default=_NEVER))


class Deadline:
    """A time limit on a body, which runs only between :meth:`run` and :meth:`hold`. ``None`` is no limit.

    Enter it with ``with`` in a task; when it ends the body, it raises ``TimeoutError``. It cancels as
    ``asyncio.timeout`` does, but on any clock, and costs less.
    """

    #: When it ends if nobody holds it.
    ends_at = _NEVER
    is_running = False
    is_over = False
    was_cut_short = False
    #: Whether it is why the body ended.
    ended_the_body = False

    _task: asyncio.Task[Any]
    _cancelling: int
    _end_soon: asyncio.Handle | None = None

    def __init__(self, alarm: DeadlineTimer, seconds: float | None) -> None:
        self._alarm = alarm
        self._left = _NEVER if seconds is None else seconds

    @property
    def left(self) -> float:
        """The seconds that the body still has."""
        return self.ends_at - self._alarm.clock.monotonic() if self.is_running else self._left

    def run(self) -> None:
        if not (self.is_running or self.is_over) and self._left != _NEVER:
            self.is_running = True
            self.ends_at = self._alarm.clock.monotonic() + self._left
            self._alarm.watch(self)

    def hold(self) -> None:
        if self.is_running:
            self._left = self.left
            self.is_running = False
            self._alarm.forget(self)

    def cut_short(self) -> None:
        """End the body now."""
        self.was_cut_short = not self.is_over
        self.end()

    def end(self) -> None:
        """The time is up."""
        if not self.is_over:
            self.is_over = True
            # The task may be what runs now, and be done with the body before it would notice.
            self._end_soon = self._task.get_loop().call_soon(self._cancel)

    def _cancel(self) -> None:
        self.ended_the_body = True
        self._task.cancel()

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a deadline needs a task to end")
        self._task = task
        self._cancelling = task.cancelling()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.is_running:
            self.is_running = False
            self._alarm.forget(self)
        self.is_over = True
        if self._end_soon is not None:
            self._end_soon.cancel()
            if self.ended_the_body and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
                raise TimeoutError from error
