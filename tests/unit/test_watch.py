from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta
from typing import Any

import pytest

from cronofy_async import (
    RateLimit,
)
from cronofy_async.polling import Change, MemoryWatchStore, Watcher

from .support import other_tasks
from .virtual_clock import VirtualClock
from .watch_server import LinkServer, run, watching


async def test_every_link_is_watched_until_it_is_terminal(clock: VirtualClock, server: LinkServer) -> None:
    ends = {"a": "completed", "b": "expired", "c": "disabled", "d": "gone"}
    for number, (name, status) in enumerate(ends.items()):
        server.set_status(name, 100.0 * number, status)
    cronofy = watching(server)
    async with clock.auto():
        changes = await run(cronofy.real_time_scheduling.watch(ends))
    assert {change.id: change.status for change in changes} == ends
    assert [change.id for change in changes] == list(ends)
    assert all(change.previous == "open" and change.is_terminal for change in changes)
    assert [change.link and change.link.status for change in changes] == ["completed", "expired", "disabled", None]
    assert server.lanes == {"background"}
    assert not other_tasks()
    assert server.in_flight == 0


async def test_every_change_is_yielded_to_a_slow_reader(clock: VirtualClock, server: LinkServer) -> None:
    for after, status in ((20, "paused"), (200, "open"), (400, "paused"), (600, "completed")):
        server.set_status("a", float(after), status)
    changes: list[Change] = []
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a"]) as watcher:
        async for change in watcher:
            await clock.sleep(1000.0)
            changes.append(change)
    assert [(change.previous, change.status, change.is_terminal) for change in changes] == [
        ("open", "paused", False),
        ("paused", "open", False),
        ("open", "paused", False),
        ("paused", "completed", True),
    ]
    assert len({change.key for change in changes}) == 4


async def test_a_link_is_reported_as_missing_after_two_404s(clock: VirtualClock, server: LinkServer) -> None:
    server.set_status("a", 15.0, "gone")
    server.set_status("a", 25.0, "open")
    server.set_status("a", 500.0, "completed")
    async with clock.auto():
        (change,) = await run(watching(server).real_time_scheduling.watch(["a"]))
    assert change.status == "completed"


async def test_min_interval_is_kept(clock: VirtualClock, server: LinkServer) -> None:
    server.set_status("a", 3600.0, "completed")
    async with clock.auto():
        await run(watching(server).real_time_scheduling.watch(["a"], min_interval=timedelta(seconds=60)))
    times = server.times("a")
    assert min(after - before for before, after in itertools.pairwise(times)) >= 59.999
    assert 55 <= len(times) <= 61


async def test_a_watcher_uses_the_polling_share_of_the_limit(clock: VirtualClock, server: LinkServer) -> None:
    limit = RateLimit(per_minute=60, share=0.5)
    cronofy = watching(server, rate_limit=limit)
    links = [f"l{number}" for number in range(500)]
    async with clock.auto(), cronofy.real_time_scheduling.watch(links) as watcher:
        await clock.sleep(600)
        assert watcher.stats.watched == 500
        assert watcher.stats.is_leading
        assert 290 <= watcher.stats.responses <= 301


async def test_several_watchers_share_the_budget(clock: VirtualClock, server: LinkServer) -> None:
    cronofy = watching(server, rate_limit=RateLimit(per_minute=60, share=1.0))
    many = [f"m{number}" for number in range(1000)]
    few = [f"f{number}" for number in range(100)]
    async with clock.auto():
        one, other = cronofy.real_time_scheduling.watch(many), cronofy.real_time_scheduling.watch(few)
        async with one, other:
            await clock.sleep(1200)
            counts = one.stats.responses, other.stats.responses
    assert 1150 <= sum(counts) <= 1201
    assert abs(counts[0] - counts[1]) <= 2


async def test_a_watcher_must_be_entered_and_is_used_once(clock: VirtualClock, server: LinkServer) -> None:
    links: Any = watching(server).real_time_scheduling
    with pytest.raises(ValueError, match="concurrency: must be at least 1, got 0"):
        links.watch(concurrency=0)
    with pytest.raises(ValueError, match="min_interval: must be more than 0 seconds, got -1"):
        links.watch(min_interval=timedelta(seconds=-1))
    for odd in ("links.db", MemoryWatchStore, 7):
        with pytest.raises(TypeError, match="store: expected a WatchStore, such as SQLiteWatchStore"):
            links.watch(store=odd)
    watcher = links.watch(["a"])
    with pytest.raises(TypeError, match="use `async with`"), watcher:
        pass
    with pytest.raises(RuntimeError, match="the watcher was not entered"):
        await anext(watcher)
    with pytest.raises(RuntimeError, match="the watcher was not entered"):
        await watcher.add("b")
    assert watcher.stats.watched == 0
    await watcher.__aexit__(None, None, None)
    server.set_status("a", 0.0, "completed")
    async with clock.auto(), watcher:
        with pytest.raises(TypeError, match="expected a link, its ID or a Watched, got list"):
            await watcher.add(["b"])
        with pytest.raises(TypeError, match=r"expected the result of webhooks\.parse, got bytes"):
            await watcher.notify(b"{}")
        with pytest.raises(RuntimeError, match="used only once"):
            await watcher.__aenter__()
        assert [change.id async for change in watcher] == ["a"]
        assert [change.id async for change in watcher] == []
        with pytest.raises(RuntimeError, match="Pass forever=True"):
            await watcher.add("b")
    with pytest.raises(StopAsyncIteration):
        await anext(watcher)


async def test_a_reader_in_another_task_ends_with_the_watcher(clock: VirtualClock, server: LinkServer) -> None:
    async with watching(server).real_time_scheduling.watch(["a"]) as watcher:
        reader = asyncio.create_task(run_on(watcher))
        await asyncio.sleep(0)
    assert await reader == []


async def run_on(watcher: Watcher) -> list[Change]:
    return [change async for change in watcher]
