"""Time that passes only when a test advances it, or when the event loop is idle."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

__all__ = ["VirtualClock"]

_STUCK: Final = 1000


class VirtualTimer:
    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        self.callback = None


class VirtualClock:
    """A clock for tests: ``advance`` moves it, and inside ``auto`` it jumps to the next timer when the loop is idle."""

    def __init__(self, now: datetime = datetime(2030, 1, 1, tzinfo=UTC), monotonic: float = 1000.0) -> None:
        self._epoch = now - timedelta(seconds=monotonic)
        self._time = monotonic
        self._timers: list[tuple[float, int, VirtualTimer]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        return self._epoch + timedelta(seconds=self._time)

    def monotonic(self) -> float:
        return self._time

    def call_at(self, when: float, callback: Callable[[], object], *, waiting: bool = False) -> VirtualTimer:
        timer = VirtualTimer(callback)
        heapq.heappush(self._timers, (when, next(self._order), timer))
        return timer

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def wake() -> None:
            if not woken.done():
                woken.set_result(None)

        timer = self.call_at(self._time + seconds, wake)
        try:
            await woken
        finally:
            timer.cancel()

    @property
    def pending(self) -> int:
        """The number of timers that were neither canceled nor reached."""
        return sum(timer.callback is not None for _, _, timer in self._timers)

    def advance(self, seconds: float) -> None:
        """Advance the time and call the timers that are reached. Tasks continue once the loop runs."""
        until = self._time + seconds
        while self._timers and self._timers[0][0] <= until:
            self._call_next()
        self._time = until

    def advance_to_next(self) -> None:
        """Advance the time to the next timer."""
        if self._timers:
            self._call_next()

    def jump(self, seconds: float) -> None:
        """Advance the time without calling the timers that are reached, as if the loop were busy."""
        self._time += seconds

    async def elapse(self, seconds: float) -> None:
        """Advance the time, and let tasks run at each timer."""
        until = self._time + seconds
        await settle()
        while self._timers and self._timers[0][0] <= until:
            self._call_next()
            await settle()
        self._time = until

    @asynccontextmanager
    async def auto(self) -> AsyncGenerator[None]:
        """Jump to the next timer whenever the loop is idle. A deadlock fails the test."""
        loop = asyncio.get_running_loop()
        main = asyncio.current_task()
        assert main is not None
        idle = 0
        over = False

        def tick() -> None:
            nonlocal idle
            if over:
                return
            if ready(loop):
                idle = 0
            elif self._timers:
                self._call_next()
            else:
                idle += 1
            if idle < _STUCK:
                loop.call_soon(tick)
            else:
                main.cancel("nothing is left to wait for: a deadlock")

        loop.call_soon(tick)
        try:
            yield
        finally:
            over = True

    def _call_next(self) -> None:
        when, _, timer = heapq.heappop(self._timers)
        callback, timer.callback = timer.callback, None
        if callback is not None:
            self._time = max(self._time, when)
            callback()


def ready(loop: asyncio.AbstractEventLoop) -> int:
    """The number of callbacks that the loop is about to call."""
    return len(cast("Any", loop)._ready)


async def settle() -> None:
    """Let every task run until it waits for a timer or for the test."""
    loop = asyncio.get_running_loop()
    for _ in range(3):  # the current task is also resumed by the loop
        await asyncio.sleep(0)
        while ready(loop):  # noqa: ASYNC110
            await asyncio.sleep(0)
