"""The limiter on a virtual clock, checked by a server that counts in sliding and in fixed windows."""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque
from collections.abc import Sequence

import attrs

from cronofy_async import RateLimit, WindowLimiter
from cronofy_async._clock import LoopClock
from cronofy_async.http import Lane

from .report import Row
from .virtual_time import run_virtually

TITLE = "The rate limit of 50/s and 500/min on a virtual clock"

PHASES = 8
LOST = 30.0


@attrs.define
class Server:
    """Counts the requests that arrive: the maximum in any sliding window, and in fixed windows of eight phases."""

    arrivals: list[float] = attrs.field(factory=list)

    def worst(self, window: float) -> int:
        times = sorted(self.arrivals)
        inside: deque[float] = deque()
        sliding = 0
        for time in times:
            inside.append(time)
            while inside[0] <= time - window:
                inside.popleft()
            sliding = max(sliding, len(inside))
        fixed = 0
        for phase in range(PHASES):
            counts: dict[int, int] = {}
            for time in times:
                slot = math.floor((time + window * phase / PHASES) / window)
                counts[slot] = counts.get(slot, 0) + 1
            fixed = max(fixed, *counts.values())
        return max(sliding, fixed)

    def rate(self, start: float, end: float) -> float:
        """Return the requests per minute between two times."""
        return sum(start <= time < end for time in self.arrivals) / (end - start) * 60


@attrs.define
class Simulation:
    """A limiter, a server, and the network between them."""

    latency: float
    lost: float = 0.0
    share: float = 1.0
    seed: int = 1
    server: Server = attrs.field(factory=Server)
    waits: list[float] = attrs.field(factory=list)
    latencies: list[float] = attrs.field(factory=list)
    draw: random.Random = attrs.field(init=False)
    limiter: WindowLimiter = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.draw = random.Random(self.seed)
        self.limiter = WindowLimiter(RateLimit(share=self.share), LoopClock())

    async def request(self, lane: Lane) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        permit = await self.limiter.acquire(lane)
        if lane == "foreground":
            self.waits.append(loop.time() - started)
        # Log-normal with the given mean: most are fast, some are slow.
        latency = self.latency * self.draw.lognormvariate(-0.125, 0.5)
        outbound = latency * self.draw.random()
        await asyncio.sleep(outbound)
        self.server.arrivals.append(loop.time())
        if self.draw.random() < self.lost:
            await asyncio.sleep(LOST)
            self.latencies.append(outbound + LOST)
        else:
            await asyncio.sleep(latency - outbound)
            self.latencies.append(latency)
        permit.ended()

    async def poll(self, until: float, lane: Lane = "background", workers: int = 200) -> None:
        async def work() -> None:
            while asyncio.get_running_loop().time() < until:
                await self.request(lane)

        await asyncio.gather(*(work() for _ in range(workers)))

    async def people(self, until: float, a_minute: float) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            while loop.time() < until:
                await asyncio.sleep(self.draw.expovariate(a_minute / 60))
                group.create_task(self.request("foreground"))

    async def cancelled_waits(self, until: float) -> None:
        """Repeatedly wait for a permit and cancel the wait."""
        loop = asyncio.get_running_loop()

        async def acquire() -> None:
            (await self.limiter.acquire("background")).give_back()

        while loop.time() < until:
            task = asyncio.create_task(acquire())
            await asyncio.sleep(self.draw.random() / 10)
            task.cancel()
            await asyncio.wait([task])


def _over(simulation: Simulation) -> list[Row]:
    rows = []
    for limit, window, name in ((50, 1.0, "any second"), (500, 60.0, "any minute")):
        worst = simulation.server.worst(window)
        rows.append(
            Row(label=f"    maximum in {name}", value=worst, unit="requests", goal=f"<= {limit}", met=worst <= limit)
        )
    return rows


def _steady(latency: float, minutes: int, *, lost: float = 0.0, cancelled_waits: bool = False) -> list[Row]:
    simulation = Simulation(latency=latency, lost=lost)
    end = minutes * 60.0

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(simulation.poll(end))
            if cancelled_waits:
                for _ in range(5):
                    group.create_task(simulation.cancelled_waits(end))

    run_virtually(main())
    mean = sum(simulation.latencies) / len(simulation.latencies)
    # The first two minutes fill the window.
    ideal = 500 * 60 / (60 + mean)
    share = simulation.server.rate(120, end) / ideal
    label = f"poll, latency {latency * 1000:.0f} ms"
    label += f", {lost:.0%} of responses lost" if lost else ""
    label += ", many canceled waits" if cancelled_waits else ""
    return [
        Row(
            label=f"{label}: rate, compared with 500 per minute x 60/(60 + mean latency)",
            value=simulation.server.rate(120, end),
            unit="requests/min",
            ratio=share,
            goal=">= 0.995",
            met=share >= 0.995,
        ),
        *_over(simulation),
    ]


def _with_people(latency: float, minutes: int) -> list[Row]:
    simulation = Simulation(latency=latency, share=0.8)
    end = minutes * 60.0

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(simulation.poll(end))
            group.create_task(simulation.people(end, 30))

    run_virtually(main())
    p99 = sorted(simulation.waits)[math.ceil(len(simulation.waits) * 0.99) - 1]
    return [
        Row(
            label=f"30 foreground calls per minute during a poll, latency {latency * 1000:.0f} ms: wait, 99th percentile",
            value=p99,
            unit="s",
            goal="< 0.5",
            met=p99 < 0.5,
        ),
        *_over(simulation),
    ]


def run(*, quick: bool) -> Sequence[Row]:
    minutes = 15 if quick else 60  # the first two fill the window; with too few after them, edge effects show
    rows: list[Row] = []
    for latency in (0.02, 0.2, 0.8):
        rows += _steady(latency, minutes)
    rows += _steady(0.2, minutes, lost=0.02)
    rows += _steady(0.2, minutes, cancelled_waits=True)
    for latency in (0.02, 0.2, 0.8):
        rows += _with_people(latency, minutes)
    return rows
