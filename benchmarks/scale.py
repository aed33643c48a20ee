"""The cost per link with few and with many links: time and memory of a poll, and memory of a watcher.

An in-process transport returns canned bytes immediately, through the whole default chain except for the rate limit. The IDs are
generated while they are read, so they do not add to the memory. Time is CPU time, without tracing; rounds of all sizes take
turns, and the ratio is the median of the ratios of each round. Memory is what Python has allocated: the peak for a poll, and
the final value for a watcher, which knows when each link was sent, when it expires, and the ID of its event.
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

TITLE = "The cost per link does not grow with the number of links"

#: The largest ratio of the cost per link: a busy machine varies that much.
FLAT: Final = 1.15
#: The bytes that the largest poll may allocate in addition to the smallest one, and the bytes per link of a watcher.
MORE: Final = 256 * 1024
WATCHED: Final = 1024

OPEN: Final = STATUS.replace(b'"completed"', b'"open"')


class Canned:
    """Responds immediately, or never."""

    def __init__(self, *, responds: bool = True) -> None:
        self.responds = responds

    async def send(self, request: Request) -> RawResponse:
        if not self.responds:
            await asyncio.get_running_loop().create_future()
        await asyncio.sleep(0)  # a response from a network never arrives immediately
        return RawResponse(status=200, body=OPEN)

    async def aclose(self) -> None: ...


def _client(*, responds: bool = True) -> CronofyClient:
    return CronofyClient(client_secret="secret", rate_limit=None, transport=Canned(responds=responds))


def _ids(links: int) -> Iterator[str]:
    return (f"sch_{number:024x}" for number in range(links))


async def _poll(links: int) -> None:
    async with _client() as cronofy, cronofy.real_time_scheduling.poll(_ids(links)) as outcomes:
        async for outcome in outcomes:
            outcome.result()


def _seconds(links: int) -> float:
    """Return the CPU seconds per link."""
    gc.collect()
    started = time.process_time()
    asyncio.run(_poll(links))
    return (time.process_time() - started) / links


def _peak(links: int) -> int:
    """Return the peak memory of a poll in bytes."""
    gc.collect()
    tracemalloc.start()
    try:
        asyncio.run(_poll(links))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@asynccontextmanager
async def _watching(links: int) -> AsyncGenerator[None]:
    """Run a watcher with the default store that has added all links and waits for responses."""
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
    async with _client(responds=False) as cronofy, cronofy.real_time_scheduling.watch(watched) as watcher:
        while watcher.stats.watched < links or (await watcher.snapshot())["messages"]:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.1)
        yield


async def _held(links: int) -> int:
    """Return the memory of a watcher in bytes."""
    gc.collect()
    tracemalloc.start()
    try:
        async with _watching(links):
            gc.collect()
            return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def _times(sizes: Sequence[int], rounds: int) -> list[Row]:
    rounds_seconds = [{links: _seconds(links) for links in sizes} for _ in range(rounds)]
    rows: list[Row] = []
    for links in sizes:
        value = statistics.median(seconds[links] for seconds in rounds_seconds) * 1e6
        label = f"poll of {links:,} links: CPU per link"
        if links == sizes[0]:
            rows.append(Row(label=label, value=value, unit="µs"))
        else:
            ratio = statistics.median(seconds[links] / seconds[sizes[0]] for seconds in rounds_seconds)
            rows.append(Row(label=label, value=value, unit="µs", ratio=ratio, goal=f"<= {FLAT}", met=ratio <= FLAT))
    return rows


def _memory(sizes: Sequence[int]) -> list[Row]:
    peaks = {links: _peak(links) for links in sizes}
    few = peaks[sizes[0]]
    rows: list[Row] = []
    for links, peak in peaks.items():
        label = f"poll of {links:,} links: peak memory"
        if links == sizes[0]:
            rows.append(Row(label=label, value=peak / 1024, unit="KiB"))
        else:
            goal = f"<= {(few + MORE) / 1024:,.0f}"
            rows.append(
                Row(label=label, value=peak / 1024, unit="KiB", ratio=peak / few, goal=goal, met=peak <= few + MORE)
            )
    return rows


def _watcher(links: int) -> Row:
    held = asyncio.run(_held(links)) / links
    return Row(
        label=f"watcher of {links:,} links: memory per link",
        value=held,
        unit="bytes",
        goal=f"<= {WATCHED:,}",
        met=held <= WATCHED,
    )


def run(*, quick: bool) -> Sequence[Row]:
    sizes = (500, 1_000, 2_000) if quick else (1_000, 10_000, 100_000)
    asyncio.run(_poll(200))  # imports the modules that are loaded on first use
    return [*_times(sizes, 1 if quick else 3), *_memory(sizes), _watcher(sizes[-1])]
