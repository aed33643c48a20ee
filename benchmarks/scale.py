"""Whether many links cost more each than few: a poll's time and memory, and a watcher's memory.

A transport in the same process answers at once with canned bytes, through the whole default chain but for the rate limit.
The ids are made while they are read, so that what grows is not the caller's. Time is CPU time, without tracing; rounds of
all sizes take turns, and the ratio is the median of those of each round. Memory is what Python allocated, at its peak in
a poll, and in the end for a watcher, which knows of each link when it was sent, when it expires, and its event's id.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
import tracemalloc
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from cronofy_async import CronofyClient, RawResponse, Request
from cronofy_async.polling import Watched

from .report import Row
from .server import STATUS

TITLE = "Many links: each costs as much as one of few"

#: A link of many may cost so much more than one of few: what a busy machine makes of the same work.
FLAT: Final = 1.15
#: Bytes that a poll of many may hold more than one of few.
MORE: Final = 256 * 1024
WATCHED: Final = 1024

OPEN: Final = STATUS.replace(b'"completed"', b'"open"')


class Canned:
    """Answers at once, or never."""

    def __init__(self, *, answers: bool = True) -> None:
        self.answers = answers

    async def send(self, request: Request) -> RawResponse:
        if not self.answers:
            await asyncio.get_running_loop().create_future()
        await asyncio.sleep(0)  # as nothing that comes from a network is there at once
        return RawResponse(status=200, body=OPEN)

    async def aclose(self) -> None: ...


def _client(*, answers: bool = True) -> CronofyClient:
    return CronofyClient(client_secret="secret", rate_limit=None, transport=Canned(answers=answers))


def _ids(links: int) -> Iterator[str]:
    return (f"sch_{number:024x}" for number in range(links))


async def _poll(links: int) -> None:
    async with _client() as cronofy, cronofy.real_time_scheduling.poll(_ids(links)) as outcomes:
        async for outcome in outcomes:
            outcome.result()


def _seconds(links: int) -> float:
    """CPU seconds a link."""
    gc.collect()
    began = time.process_time()
    asyncio.run(_poll(links))
    return (time.process_time() - began) / links


def _peak(links: int) -> int:
    """The most bytes that a poll held at once."""
    gc.collect()
    tracemalloc.start()
    try:
        asyncio.run(_poll(links))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@asynccontextmanager
async def _watching(links: int) -> AsyncGenerator[None]:
    """Have a watcher of so many links, in its default store, which has added them all and waits for answers."""
    now = datetime.now(UTC)
    watched = (
        Watched(
            name,
            sent_at=now - timedelta(seconds=number % 86400),
            expires_at=now + timedelta(days=14, seconds=-number % 86400),
            event_id=f"intro-{number}",
        )
        for number, name in enumerate(_ids(links))
    )
    async with _client(answers=False) as cronofy, cronofy.real_time_scheduling.watch(watched) as watcher:
        while watcher.stats.watched < links or (await watcher.snapshot())["messages"]:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.1)
        yield


async def _held(links: int) -> int:
    """The bytes that a watcher holds."""
    gc.collect()
    tracemalloc.start()
    try:
        async with _watching(links):
            gc.collect()
            return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def _times(sizes: Sequence[int], rounds: int) -> list[Row]:
    took = [{links: _seconds(links) for links in sizes} for _ in range(rounds)]
    rows: list[Row] = []
    for links in sizes:
        value = statistics.median(one[links] for one in took) * 1e6
        what = f"poll of {links:,} links: CPU a link"
        if links == sizes[0]:
            rows.append(Row(what=what, value=value, unit="µs"))
        else:
            ratio = statistics.median(one[links] / one[sizes[0]] for one in took)
            rows.append(Row(what=what, value=value, unit="µs", ratio=ratio, goal=f"<= {FLAT}", met=ratio <= FLAT))
    return rows


def _memory(sizes: Sequence[int]) -> list[Row]:
    peaks = {links: _peak(links) for links in sizes}
    few = peaks[sizes[0]]
    rows: list[Row] = []
    for links, peak in peaks.items():
        what = f"poll of {links:,} links: memory in all"
        if links == sizes[0]:
            rows.append(Row(what=what, value=peak / 1024, unit="KiB"))
        else:
            goal = f"<= {(few + MORE) / 1024:,.0f}"
            rows.append(
                Row(what=what, value=peak / 1024, unit="KiB", ratio=peak / few, goal=goal, met=peak <= few + MORE)
            )
    return rows


def _watcher(links: int) -> Row:
    held = asyncio.run(_held(links)) / links
    return Row(
        what=f"watcher of {links:,} links: memory a link",
        value=held,
        unit="bytes",
        goal=f"<= {WATCHED:,}",
        met=held <= WATCHED,
    )


def run(*, quick: bool) -> Sequence[Row]:
    sizes = (500, 1_000, 2_000) if quick else (1_000, 10_000, 100_000)
    asyncio.run(_poll(200))  # loads what is loaded when it is used
    return [*_times(sizes, 1 if quick else 3), *_memory(sizes), _watcher(sizes[-1])]
