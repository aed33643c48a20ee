"""Clocks and deadlines. Tests and the sandbox provide their own clocks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Protocol, Self

__all__ = ["Clock", "Deadline", "DeadlineTimer", "LoopClock", "Timer", "time_limit"]


_NEVER: Final = float("inf")


class Timer(Protocol):
    """A scheduled callback."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """The clock behind rate limits, backoff, deadlines and token expiry."""

    def now(self) -> datetime:
        """Return the current date and time, with the time zone UTC."""
        ...

    def monotonic(self) -> float:
        """Return a number of seconds that never decreases."""
        ...

    def call_at(self, when: float, callback: Callable[[], object], *, waiting: bool = False) -> Timer:
        """Schedule a callback for the moment when ``monotonic`` reaches ``when``.

        Args:
            when: The moment, in the seconds of ``monotonic``.
            callback: A function without arguments.
            waiting: Whether work waits for this moment, as opposed to a time limit that guards against it. A frozen
                clock in a test may jump to such a moment.
        """
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for a number of seconds."""
        ...


class LoopClock:
    """The clock of asyncio, which ignores changes of the system time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        try:
            return asyncio.get_running_loop().time()
        except RuntimeError:  # coroutines of an abandoned loop are being finalized
            return time.monotonic()  # the clock of asyncio's and uvloop's event loops

    def call_at(self, when: float, callback: Callable[[], object], *, waiting: bool = False) -> Timer:
        return asyncio.get_running_loop().call_at(when, callback)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@asynccontextmanager
async def time_limit(clock: Clock, seconds: float | None) -> AsyncGenerator[None]:
    """Cancel the body after ``seconds`` on ``clock``, and raise ``TimeoutError``. ``None`` is no limit."""
    async with asyncio.timeout(None) as scope:
        timer = seconds is not None and clock.call_at(clock.monotonic() + seconds, lambda: scope.reschedule(0.0))
        try:
            yield
        finally:
            if timer:
                timer.cancel()


class DeadlineTimer:
    """One shared timer for all running deadlines. A timer per call costs more than the rest of the chain."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._running: dict[Deadline, None] = {}  # ordered, so that simultaneous deadlines expire in order
        self._timer: Timer | None = None
        self._fires_at = _NEVER
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(self, deadline: Deadline) -> None:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # deadlines of an earlier loop can no longer be reached
            self._loop = loop
            self._running.clear()
            self._schedule(_NEVER)
        self._running[deadline] = None
        if deadline.ends_at < self._fires_at:
            self._schedule(deadline.ends_at)

    def discard(self, deadline: Deadline) -> None:
        # The timer stays set: a timer that occasionally fires without effect is cheaper than a new one for each call.
        self._running.pop(deadline, None)

    def _schedule(self, moment: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if moment == _NEVER else self.clock.call_at(moment, self._fire)
        self._fires_at = moment

    def _fire(self) -> None:
        expired = [deadline for deadline in self._running if deadline.ends_at <= self._fires_at]
        for deadline in expired:
            self._running.pop(deadline, None)
            deadline.expire()
        self._schedule(min((deadline.ends_at for deadline in self._running), default=_NEVER))


class Deadline:
    """A time limit on the body of a ``with`` block, and one on each attempt in it.

    The limit on the body is counted from ``begin_attempt`` until ``pause``. On expiry the task is canceled and the block
    raises ``TimeoutError``, as with ``asyncio.timeout``; but a ``Deadline`` works on any clock, can be paused, and costs
    less.

    Args:
        timer: The timer that is shared with other deadlines.
        seconds: The limit; ``None`` is no limit.

    Attributes:
        ends_at: When the task is canceled, unless the deadline is paused or the attempt ends earlier.
        is_running: Whether its time is counted now.
        is_over: Whether it has expired, or its block was left.
        expired_early: Whether ``expire_now`` made it expire.
        cancelled_body: Whether it has canceled the body.
    """

    __slots__ = (
        "_attempt_expired",
        "_cancel_handle",
        "_cancelling",
        "_remaining",
        "_task",
        "_timer",
        "_total_ends_at",
        "cancelled_body",
        "ends_at",
        "expired_early",
        "is_over",
        "is_running",
    )

    _task: asyncio.Task[Any]
    _cancelling: int

    def __init__(self, timer: DeadlineTimer, seconds: float | None) -> None:
        self._timer = timer
        self._remaining = _NEVER if seconds is None else seconds
        self._total_ends_at = _NEVER
        self._cancel_handle: asyncio.Handle | None = None
        self._attempt_expired = False
        self.ends_at = _NEVER
        self.is_running = False
        self.is_over = False
        self.expired_early = False
        self.cancelled_body = False

    @property
    def remaining(self) -> float:
        """The seconds that are left."""
        return self._total_ends_at - self._timer.clock.monotonic() if self.is_running else self._remaining

    @property
    def is_abandoned(self) -> bool:
        """Whether the event loop was closed without finishing the block."""
        return self._task.get_loop().is_closed()

    def begin_attempt(self, seconds: float | None = None) -> None:
        """Start or continue counting, with a limit on the attempt that begins.

        Args:
            seconds: The limit until ``end_attempt``; ``None`` is no limit.
        """
        if self.is_over:
            return
        now = self._timer.clock.monotonic()
        if not self.is_running:
            self.is_running = True
            self._total_ends_at = now + self._remaining
        self.ends_at = self._total_ends_at
        if seconds is not None and now + seconds < self.ends_at:
            self.ends_at = now + seconds
        if self.ends_at != _NEVER:
            self._timer.add(self)

    def end_attempt(self) -> bool:
        """End the limit on an attempt. Return whether it ended the attempt by canceling the task."""
        self.ends_at = self._total_ends_at
        if not self._attempt_expired:
            return False
        self._attempt_expired = False
        if self.is_over:
            return False
        self._timer.add(self)
        if self._cancel_handle is not None:  # pragma: no branch - it is set on expiry
            self._cancel_handle.cancel()
        timed_out = self.cancelled_body and self._task.uncancel() <= self._cancelling
        self._cancel_handle, self.cancelled_body = None, False
        return timed_out

    def pause(self) -> None:
        """Stop counting."""
        if self.is_running:
            self._remaining = self.remaining
            self.is_running = False
            self._timer.discard(self)

    def expire_now(self) -> None:
        """Expire early."""
        self.expired_early = not self.is_over
        self.ends_at = self._total_ends_at
        self.expire()

    def expire(self) -> None:
        """Cancel the body, because of the limit that ends first."""
        if self.is_over:
            return
        is_cancelling = self._attempt_expired
        self._attempt_expired = self.ends_at < self._total_ends_at or is_cancelling
        self.is_over = self.ends_at == self._total_ends_at
        if not is_cancelling:
            # If the task is running now, it may leave the body before the cancellation.
            self._cancel_handle = self._task.get_loop().call_soon(self._cancel)

    def _cancel(self) -> None:
        self.cancelled_body = True
        self._task.cancel()

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a deadline works only in a task")
        self._task = task
        self._cancelling = task.cancelling()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.is_running:
            self.is_running = False
            self._timer.discard(self)
        self.is_over = True
        if self._cancel_handle is not None:
            self._cancel_handle.cancel()
            if self.cancelled_body and self._task.uncancel() <= self._cancelling and exc_type is asyncio.CancelledError:
                raise TimeoutError from exc
