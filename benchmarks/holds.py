"""The longest time that a watcher of many links holds the event loop.

A task that runs once in each iteration of the loop measures the CPU time of the loop's thread between two of its runs, so
that other processes and threads do not count. That is the sum of all that runs in an iteration, and so at least its longest
step. The garbage collector is off. The peer is the time to parse the rows of all links in one go, as a watcher that did not
work in small steps would do at a restart.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import attrs

from cronofy_async import CronofyClient
from cronofy_async.polling import MemoryWatchStore, Watched, Watcher, WatchStore
from cronofy_async.polling.stores.sqlite import SQLiteWatchStore

from .report import Row
from .scale import Canned

TITLE = "The longest time that a watcher of 100,000 links holds the event loop"

#: Milliseconds.
GOAL: Final = 20.0
MANY: Final = 100_000


@attrs.define
class Holds:
    """The longest iteration of the event loop in each phase, in seconds of CPU time."""

    longest: dict[str, float] = attrs.field(factory=dict)
    phase: str = ""

    async def measure(self) -> None:
        ended = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            self.longest[self.phase] = max(self.longest.get(self.phase, 0.0), now - ended)
            ended = now

    @contextmanager
    def during(self, phase: str) -> Generator[None]:
        self.phase = phase
        yield
        self.phase = ""


@asynccontextmanager
async def _measured(holds: Holds) -> AsyncGenerator[None]:
    task = asyncio.create_task(holds.measure())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _links(count: int, prefix: str) -> Iterator[Watched]:
    now = datetime.now(UTC)
    return (
        Watched(
            f"{prefix}_{number:024x}",
            sent_at=now - timedelta(seconds=number % 86400),
            expires_at=now + timedelta(days=14, seconds=-number % 86400),
            event_id=f"{prefix}-{number}",
        )
        for number in range(count)
    )


async def _wait_until(reached: Callable[[], bool]) -> None:
    while not reached():  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.02)


async def _snapshot(watcher: Watcher) -> dict[str, Any]:
    while (snapshot := await watcher.snapshot())["messages"]:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.02)
    return snapshot


async def _run(store: Callable[[], WatchStore], links: int) -> tuple[Holds, float]:
    """Return the longest holds, and the seconds to parse all rows. The store is opened twice."""
    holds, later_links = Holds(), list(_links(links // 2, "later"))
    async with CronofyClient(client_secret="s", rate_limit=None, transport=Canned(responds=False)) as cronofy:
        watch = cronofy.real_time_scheduling.watch
        async with _measured(holds):
            with holds.during("entering with half of the links, and adding them"):
                watcher = watch(_links(links // 2, "first"), store=store(), forever=True)
                await watcher.__aenter__()
                await _wait_until(lambda: watcher.stats.watched == links // 2)
            with holds.during("add() with the other half, and adding them"):
                await watcher.add(*later_links)
                await _wait_until(lambda: watcher.stats.watched == links)
            with holds.during("snapshot()"):
                rows = (await _snapshot(watcher))["rows"]
            with holds.during("leaving"):
                await watcher.__aexit__(None, None, None)
            with holds.during("a restart"):
                restarted = watch(store=store(), forever=True)
                await restarted.__aenter__()
                await _wait_until(lambda: restarted.stats.watched == links)
                await asyncio.sleep(0.1)
            with holds.during("discard() of half of the links"):
                await restarted.discard(*later_links)
                await _wait_until(lambda: restarted.stats.watched == links // 2)
            await restarted.__aexit__(None, None, None)
    started = time.thread_time()
    parsed = [json.loads(row) for row in rows.values()]
    seconds = time.thread_time() - started
    assert len(parsed) > links
    holds.longest.pop("", None)
    return holds, seconds


def run(*, quick: bool) -> Sequence[Row]:
    links = 2_000 if quick else MANY
    memory = MemoryWatchStore()
    gc.collect()
    gc.disable()
    try:
        with tempfile.TemporaryDirectory() as folder:
            holds, peer = asyncio.run(_run(lambda: SQLiteWatchStore(Path(folder, "links.db")), links))
        in_memory, _ = asyncio.run(_run(lambda: memory, links))
    finally:
        gc.enable()
    rows = [Row(label=f"parsing the rows of {links:,} links in one go", value=peer * 1000, unit="ms")]
    for name, result in (("SQLite", holds), ("memory", in_memory)):
        for phase, seconds in result.longest.items():
            rows.append(
                Row(
                    label=f"{name}: {phase}",
                    value=seconds * 1000,
                    unit="ms",
                    ratio=seconds / peer,
                    goal=f"<= {GOAL:.0f} ms",
                    met=seconds * 1000 <= GOAL,
                )
            )
    return rows
