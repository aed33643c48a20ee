"""CPU time of an item of a poll, compared with plain workers around the same status call.

An in-process transport returns canned bytes immediately, through the whole default chain except for the rate limit. Both sides
have 64 calls in flight. Short rounds of both alternate, in changing order, and the ratio is the median over all pairs.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from cronofy_async import CronofyClient

from .report import Row
from .scale import Canned

TITLE = "CPU time of an item of a poll, in memory"

CONCURRENCY: Final = 64
EACH_GOAL: Final = 1.5
POLL_GOAL: Final = 1.8

_numbers = itertools.count()


def _links(count: int) -> list[str]:
    return [f"sch_{next(_numbers):024x}" for _ in range(count)]


async def _by_workers(cronofy: CronofyClient, links: Sequence[str]) -> None:
    remaining = iter(links)

    async def work() -> None:
        for link in remaining:
            await cronofy.real_time_scheduling.status(link)

    await asyncio.gather(*(work() for _ in range(CONCURRENCY)))


async def _by_each(cronofy: CronofyClient, links: Sequence[str]) -> None:
    async with cronofy.each((link, cronofy.real_time_scheduling.status(link)) for link in links) as outcomes:
        async for outcome in outcomes:
            outcome.result()


async def _by_poll(cronofy: CronofyClient, links: Sequence[str]) -> None:
    async with cronofy.real_time_scheduling.poll(links) as outcomes:
        async for outcome in outcomes:
            outcome.result()


async def _rounds(items: int, rounds: int) -> list[list[float]]:
    """Return the CPU seconds per item of each way, in each round."""
    variants: list[Callable[[CronofyClient, Sequence[str]], Awaitable[None]]] = [_by_workers, _by_each, _by_poll]
    order = list(enumerate(variants))
    rounds_seconds: list[list[float]] = []
    async with CronofyClient(client_secret="secret", rate_limit=None, transport=Canned()) as cronofy:
        for _ in range(rounds + 1):
            seconds = [0.0] * len(variants)
            for number, variant in order:
                links = _links(items)
                started = time.process_time()
                await variant(cronofy, links)
                seconds[number] = (time.process_time() - started) / items
            rounds_seconds.append(seconds)
            order.reverse()
    return rounds_seconds[1:]  # the first round imports modules


def run(*, quick: bool) -> Sequence[Row]:
    rounds_seconds = asyncio.run(_rounds(*((500, 3) if quick else (3_000, 20))))
    medians = [statistics.median(seconds[variant] for seconds in rounds_seconds) * 1e6 for variant in range(3)]
    each, poll = (statistics.median(seconds[variant] / seconds[0] for seconds in rounds_seconds) for variant in (1, 2))
    return [
        Row(label="workers around status()", value=medians[0], unit="µs"),
        Row(label="each", value=medians[1], unit="µs", ratio=each, goal=f"<= {EACH_GOAL}", met=each <= EACH_GOAL),
        Row(label="poll", value=medians[2], unit="µs", ratio=poll, goal=f"<= {POLL_GOAL}", met=poll <= POLL_GOAL),
    ]
