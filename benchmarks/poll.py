"""CPU time of an item of a poll, compared with plain workers around the same status call.

An in-process transport returns canned bytes at once, through the whole default chain except for the rate limit. Both sides
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

AT_ONCE: Final = 64
EACH_GOAL: Final = 1.5
POLL_GOAL: Final = 1.8

_numbers = itertools.count()


def _links(count: int) -> list[str]:
    return [f"sch_{next(_numbers):024x}" for _ in range(count)]


async def _by_workers(cronofy: CronofyClient, links: Sequence[str]) -> None:
    left = iter(links)

    async def work() -> None:
        for link in left:
            await cronofy.real_time_scheduling.status(link)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


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
    ways: list[Callable[[CronofyClient, Sequence[str]], Awaitable[None]]] = [_by_workers, _by_each, _by_poll]
    order = list(enumerate(ways))
    took: list[list[float]] = []
    async with CronofyClient(client_secret="secret", rate_limit=None, transport=Canned()) as cronofy:
        for _ in range(rounds + 1):
            one = [0.0] * len(ways)
            for number, way in order:
                links = _links(items)
                began = time.process_time()
                await way(cronofy, links)
                one[number] = (time.process_time() - began) / items
            took.append(one)
            order.reverse()
    return took[1:]  # the first round imports modules


def run(*, quick: bool) -> Sequence[Row]:
    took = asyncio.run(_rounds(*((500, 3) if quick else (3_000, 20))))
    medians = [statistics.median(one[way] for one in took) * 1e6 for way in range(3)]
    each, poll = (statistics.median(one[way] / one[0] for one in took) for way in (1, 2))
    return [
        Row(label="workers around status()", value=medians[0], unit="µs"),
        Row(label="each", value=medians[1], unit="µs", ratio=each, goal=f"<= {EACH_GOAL}", met=each <= EACH_GOAL),
        Row(label="poll", value=medians[2], unit="µs", ratio=poll, goal=f"<= {POLL_GOAL}", met=poll <= POLL_GOAL),
    ]
