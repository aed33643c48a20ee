"""Traffic through a rate limiter on the virtual clock, and a server that checks every window."""

from __future__ import annotations

import asyncio
import bisect
import random
from collections.abc import Callable
from typing import Any

import attrs
from pyrate_limiter import InMemoryBucket, Rate, RateItem

from cronofy_async import RateLimit, WindowLimiter
from cronofy_async.http import Lane
from cronofy_async.middleware.rate_limit import Permit

from .virtual_clock import VirtualClock

START = 1000.0


def limiter(clock: VirtualClock, **settings: Any) -> WindowLimiter:
    return WindowLimiter(RateLimit(**settings), clock)


async def take(limiter: WindowLimiter, number: int, lane: Lane = "foreground") -> list[Permit]:
    return [await limiter.acquire(lane) for _ in range(number)]


def start_acquire(limiter: WindowLimiter, lane: Lane = "foreground") -> asyncio.Task[Permit]:
    async def acquire() -> Permit:
        return await limiter.acquire(lane)

    return asyncio.create_task(acquire())


class Server:
    """Records when requests arrive, and checks the maximum number in any window."""

    def __init__(self) -> None:
        self.arrivals: list[float] = []

    def sliding(self, seconds: float) -> int:
        times = sorted(self.arrivals)
        return max(bisect.bisect_left(times, start + seconds - 1e-9) - index for index, start in enumerate(times))

    def fixed(self, seconds: float, phase: float) -> int:
        windows: dict[int, int] = {}
        for moment in self.arrivals:
            number = int((moment - phase) // seconds)
            windows[number] = windows.get(number, 0) + 1
        return max(windows.values())

    def check(self, per_second: int, per_minute: int) -> None:
        for limit, seconds in ((per_second, 1.0), (per_minute, 60.0)):
            assert self.sliding(seconds) <= limit
            for phase in (0.0, 0.137, 0.5, 0.861, 17.3):
                assert self.fixed(seconds, phase) <= limit
        self._check_with_pyrate_limiter(per_second, per_minute)

    def _check_with_pyrate_limiter(self, per_second: int, per_minute: int) -> None:
        # In microseconds; its windows include both ends.
        for rate in (Rate(per_second, 1_000_000 - 2), Rate(per_minute, 60_000_000 - 2)):
            bucket = InMemoryBucket([rate])
            assert all(bucket.put(RateItem("request", round(moment * 1e6))) for moment in sorted(self.arrivals))


def latency(mean: float) -> Callable[[random.Random], float]:
    return lambda rng: rng.uniform(0.5 * mean, 1.5 * mean)


def heavy_tail(rng: random.Random) -> float:
    return min(0.05 * rng.paretovariate(1.1), 30.0)


def rarely_answered(rng: random.Random) -> float:
    return 30.0 if rng.random() < 0.02 else rng.uniform(0.02, 0.8)


@attrs.define
class Traffic:
    """Many tasks that send requests as fast as the limiter allows."""

    clock: VirtualClock
    limiter: WindowLimiter
    latency: Callable[[random.Random], float]
    rng: random.Random
    server: Server = attrs.field(factory=Server)
    waits: dict[Lane, list[float]] = attrs.field(factory=lambda: {"foreground": [], "background": []})
    issued: dict[Lane, list[float]] = attrs.field(factory=lambda: {"foreground": [], "background": []})
    durations: list[float] = attrs.field(factory=list[float])
    failure_rate: float = 0.0

    async def send_one(self, lane: Lane = "foreground") -> None:
        started = self.clock.monotonic()
        permit = await self.limiter.acquire(lane)
        issued = self.clock.monotonic()
        self.waits[lane].append(issued - started)
        if self.rng.random() < self.failure_rate / 2:
            await self.clock.sleep(self.rng.uniform(0, 0.5))
            permit.give_back()  # no connection
            return
        self.issued[lane].append(issued)
        duration = self.latency(self.rng)
        travel_time = duration * self.rng.random()
        try:
            await self.clock.sleep(travel_time)
            self.server.arrivals.append(self.clock.monotonic())
            await self.clock.sleep(duration - travel_time)
        finally:
            permit.ended()
            self.durations.append(self.clock.monotonic() - issued)

    async def sender(self, lane: Lane = "foreground") -> None:
        while True:
            task = asyncio.create_task(self.send_one(lane))
            if self.rng.random() < self.failure_rate:  # canceled while waiting, or while in flight
                timer = self.clock.call_at(self.clock.monotonic() + self.rng.uniform(0, 3), task.cancel)
                await asyncio.wait([task])
                timer.cancel()
            else:
                await task

    async def run(self, seconds: float, senders: int, background: int = 0) -> None:
        async with self.clock.auto():
            tasks = [asyncio.create_task(self.sender()) for _ in range(senders)]
            tasks += [asyncio.create_task(self.sender("background")) for _ in range(background)]
            await self.clock.sleep(seconds)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


LATENCIES = {
    "20 ms": latency(0.02),
    "200 ms": latency(0.2),
    "800 ms": latency(0.8),
    "heavy tail": heavy_tail,
    "some never answered": rarely_answered,
}
