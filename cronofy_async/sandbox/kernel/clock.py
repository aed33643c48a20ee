"""The clock of the sandbox."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from .marks import action

__all__ = ["SandboxClock"]

# The number of loop iterations after which a frozen clock assumes that all tasks wait for it.
_SETTLE = 30
# The times that the clock can show, with margins for times that the sandbox computes from them.
_FIRST = datetime(1000, 1, 1, tzinfo=UTC)
_LAST = datetime(9000, 1, 1, tzinfo=UTC)


class _Timer:
    __slots__ = ("callback", "waiting", "when")

    def __init__(self, when: float, callback: Callable[[], object], *, waiting: bool) -> None:
        self.when = when
        self.callback: Callable[[], object] | None = callback
        self.waiting = waiting

    def cancel(self) -> None:
        self.callback = None


class SandboxClock:
    """A clock that tests can freeze and move forward.

    A frozen clock moves in two ways: when ``advance`` is called, and automatically to the next time that a task waits
    for (a backoff, the rate limit, a latency) once the event loop has nothing else to do. So tests never really wait.

    Args:
        now: The time at which to freeze the clock. By default, it starts at the real time and runs.

    Raises:
        ValueError: ``now`` is naive.
    """

    def __init__(self, now: datetime | None = None) -> None:
        if now is not None and now.tzinfo is None:
            raise ValueError("now: must have a time zone, for example datetime(..., tzinfo=UTC)")
        self._start = now.astimezone(UTC) if now is not None else datetime.now(UTC)
        self._runs = now is None
        self._zero = time.monotonic()
        self._moved = 0.0
        self._timers: list[tuple[float, int, _Timer]] = []
        self._order = itertools.count()
        self._handle: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._settling: asyncio.AbstractEventLoop | None = None

    def now(self) -> datetime:
        """Return the date and time in the sandbox, in UTC."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Return the number of seconds that have passed in the sandbox."""
        return self._moved + (time.monotonic() - self._zero if self._runs else 0.0)

    @property
    def is_frozen(self) -> bool:
        """Whether it moves only with ``advance``, and to the times that tasks wait for."""
        return not self._runs

    @action
    def freeze(self, at: datetime | None = None) -> None:
        """Freeze the clock at the current time, or at another one.

        Timers that become due fire in order, as with ``advance``. A clock that is set back fires none; tokens and links
        that expired in between are valid again.

        Args:
            at: The time to freeze it at, with a time zone.

        Raises:
            ValueError: The time is naive, or not in the years 1000 to 8999.
        """
        if at is not None and at.tzinfo is None:
            raise ValueError("at: must have a time zone, for example datetime(..., tzinfo=UTC)")
        if at is not None:
            _check("at", at)
        if self._runs:
            self._moved, self._runs = self.monotonic(), False
            self._unschedule()
        if at is not None:
            ahead = (at.astimezone(UTC) - self.now()).total_seconds()
            self._move_to(self._moved + max(0.0, ahead))
            self._start = at.astimezone(UTC) - timedelta(seconds=self._moved)
        if any(timer.waiting for _, _, timer in self._timers):
            with suppress(RuntimeError):  # no event loop runs, so no task waits
                self._settle()

    @action
    def run(self) -> None:
        """Resume the clock. It continues from its current time, as fast as the real time."""
        if not self._runs:
            self._zero, self._runs = time.monotonic(), True
            self._schedule()

    @action
    def advance(
        self, by: timedelta | float = 0.0, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        """Move the clock forward. Timers that become due fire in order; waiting tasks resume afterwards.

        If an event loop is running, call this in its thread.

        Args:
            by: A timedelta, or a number of seconds.
            days: A number of days to add to ``by``.
            hours: A number of hours to add to ``by``.
            minutes: A number of minutes to add to ``by``.
            seconds: A number of seconds to add to ``by``.

        Raises:
            ValueError: The sum is negative, or would move the clock past its end.
        """
        try:
            extra = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
            total = ((by if isinstance(by, timedelta) else timedelta(seconds=by)) + extra).total_seconds()
            if total < 0:
                raise ValueError(f"by: must not be negative, got {total} s. The clock cannot go back.")
            _check("by", self.now() + timedelta(seconds=total))
        except OverflowError:
            raise ValueError(f"by: must not move the clock past the year {_LAST.year - 1}") from None
        self._move_to(self.monotonic() + total)
        if self._runs:
            self._schedule()

    def call_at(self, when: float, callback: Callable[[], object], *, waiting: bool = False) -> _Timer:
        """Schedule a callback for the moment when ``monotonic`` reaches ``when``.

        ``waiting`` means that a task waits for it, and requires a running event loop. Without a loop, a running clock
        fires the callback at the next use of a loop, and a frozen clock when it is moved.
        """
        with suppress(RuntimeError):
            self._loop = asyncio.get_running_loop()
        timer = _Timer(when, callback, waiting=waiting)
        heapq.heappush(self._timers, (when, next(self._order), timer))
        if self._runs:
            self._schedule()
        elif waiting:
            self._settle()
        return timer

    async def sleep(self, seconds: float) -> None:
        """Wait until a number of seconds have passed in the sandbox."""
        future = asyncio.get_running_loop().create_future()

        def wake() -> None:
            if not future.done():
                future.set_result(None)

        timer = self.call_at(self.monotonic() + seconds, wake, waiting=True)
        try:
            await future
        finally:
            timer.cancel()

    # As JSON.

    def to_json(self) -> dict[str, Any]:
        """Return the time and, for a running clock, the number of seconds that it is ahead of the real time."""
        ahead = (self.now() - datetime.now(UTC)).total_seconds()
        return {"now": self.now().isoformat(), "ahead": ahead if self._runs else None}

    def restore(self, document: Mapping[str, Any]) -> None:
        """Restore the time from the result of ``to_json``.

        If both clocks run, this one will be as far ahead of the real time as the other was.
        """
        now = datetime.fromisoformat(document["now"])
        _check("now", now.astimezone(UTC))
        if self._runs and document["ahead"] is not None:
            now = datetime.now(UTC) + timedelta(seconds=document["ahead"])
        self._start = now - timedelta(seconds=self.monotonic())

    def _move_to(self, end: float) -> None:
        while self._timers and self._timers[0][0] <= end:
            when, _, timer = heapq.heappop(self._timers)
            self._set(when)
            _fire(timer)
        self._set(end)

    def _set(self, when: float) -> None:
        if self._runs:
            self._moved += max(0.0, when - self.monotonic())
        else:
            self._moved = max(self._moved, when)  # exactly, so that timers for this moment are due

    def _unschedule(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _schedule(self) -> None:
        self._unschedule()
        if self._timers and self._loop is not None:
            delay = max(0.0, self._timers[0][0] - self.monotonic())
            self._handle = self._loop.call_later(delay, self._fire_due)

    def _fire_due(self) -> None:
        self._handle = None
        now = self.monotonic()
        while self._timers and self._timers[0][0] <= now:
            _fire(heapq.heappop(self._timers)[2])
        self._schedule()

    def _settle(self) -> None:
        loop = asyncio.get_running_loop()
        if self._settling is not loop:
            self._settling = loop
            loop.call_soon(self._after_turns, _SETTLE)

    def _after_turns(self, turns: int) -> None:
        if turns:
            asyncio.get_running_loop().call_soon(self._after_turns, turns - 1)
            return
        self._settling = None
        self._drop_cancelled()
        if any(timer.waiting for _, _, timer in self._timers):
            # Move to the next timer only, as its callback may add or cancel others.
            self._move_to(self._timers[0][0])
            self._settle()

    def _drop_cancelled(self) -> None:
        self._timers = [entry for entry in self._timers if entry[2].callback is not None]
        heapq.heapify(self._timers)


def _check(name: str, moment: datetime) -> None:
    if not _FIRST <= moment < _LAST:
        raise ValueError(f"{name}: must be in the years {_FIRST.year} to {_LAST.year - 1}, got {moment.year}")


def _fire(timer: _Timer) -> None:
    callback, timer.callback = timer.callback, None
    if callback is not None:
        callback()
