from __future__ import annotations

import json
from typing import Any

import pytest

from cronofy_async import (
    ConnectError,
    RateLimit,
)
from cronofy_async.models import (
    Notification,
    NoTimesSuitable,
)
from cronofy_async.polling import MemoryWatchStore, Watched

from .virtual_clock import VirtualClock
from .watch_server import LinkServer, callback, watching

# Hints.


@pytest.mark.parametrize("by", ["ref", "event_id"])
async def test_a_callback_moves_its_link_to_the_front(clock: VirtualClock, server: LinkServer, by: str) -> None:
    cronofy = watching(server, rate_limit=RateLimit(per_minute=60, share=0.5))
    names: list[Any] = [{by: f"r{number}"} for number in range(1000)]
    links = [Watched(f"l{number}", **name) for number, name in enumerate(names)]
    async with clock.auto(), cronofy.real_time_scheduling.watch(links) as watcher:
        await clock.sleep(300)
        server.set_status("l900", 0.0, "completed")
        notified_at = clock.monotonic()
        await watcher.notify(callback(**{by: "r900"}))
        change = await anext(watcher)
    assert change.id == "l900"
    # One request is already queued, so the link is second; there is one request every two seconds.
    assert clock.monotonic() - notified_at <= 5


async def test_a_callback_that_does_not_identify_one_link(clock: VirtualClock, server: LinkServer) -> None:
    cronofy = watching(server, rate_limit=RateLimit(per_minute=60, share=0.5))
    links = [Watched(f"l{number}", event_id="the same") for number in range(1000)]
    links += [Watched("r1", ref="r"), Watched("r2", ref="r")]
    async with clock.auto(), cronofy.real_time_scheduling.watch(links) as entered:
        await clock.sleep(120)
        server.requested.clear()
        await entered.notify(callback(ref="unknown", event_id="unknown"))
        await entered.notify(callback(event_id="the same"))
        await entered.notify(Notification(type=None, ref=None, fingerprint="f", data={"event": "odd"}))
        await entered.notify(NoTimesSuitable(type="no", ref="r", fingerprint="f", data={}))
        await clock.sleep(60)
        requested = [name for _, name in server.requested]
        assert len(requested) == len(set(requested))
        assert not {"r1", "r2"} & set(requested)
        await entered.notify(callback(ref="r"))
        await clock.sleep(10)
        assert {name for _, name in server.requested} >= {"r1", "r2"}


async def test_repeated_callbacks_for_one_link_delay_no_other_link(clock: VirtualClock, server: LinkServer) -> None:
    cronofy = watching(server, rate_limit=RateLimit(per_minute=60, share=1.0))
    links = [Watched(f"l{number}", ref=f"r{number}") for number in range(300)]
    async with clock.auto(), cronofy.real_time_scheduling.watch(links, min_interval=30.0) as watcher:
        for _ in range(600):
            await watcher.notify(callback(ref="r1"))
            await clock.sleep(1)
    assert len(server.times("l1")) <= 600 / 30 + 2
    assert len({name for _, name in server.requested}) == 300


async def test_a_callback_while_the_request_for_its_link_is_in_flight(clock: VirtualClock, server: LinkServer) -> None:
    server.seconds = 10.0
    watcher = watching(server).real_time_scheduling.watch([Watched("a", ref="r")], min_interval=3600.0)
    async with clock.auto(), watcher as entered:
        await entered.notify(callback(ref="r"))
        await clock.sleep(5)
        assert server.in_flight == 1
        server.set_status("a", 8.0, "completed")  # after the response that is in flight
        await entered.notify(callback(ref="r"))
        change = await anext(entered)
    assert change.status == "completed"


# Ambiguous and superfluous hints.


async def test_a_reused_name_refers_to_the_remaining_link(clock: VirtualClock, server: LinkServer) -> None:
    cronofy = watching(server, rate_limit=RateLimit(per_minute=60, share=0.5))
    links = [Watched("a", event_id="e"), Watched("b", event_id="e"), *map(Watched, map(str, range(500)))]
    async with clock.auto(), cronofy.real_time_scheduling.watch(links) as watcher:
        await watcher.discard("a")
        await clock.sleep(1200)
        server.requested.clear()
        await watcher.notify(callback(event_id="e"))
        await clock.sleep(5)
        assert server.times("b")


async def test_a_hint_about_a_terminal_link_has_no_effect(clock: VirtualClock, server: LinkServer) -> None:
    server.set_status("a", 0.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch([Watched("a", ref="r")]) as watcher:
        await clock.sleep(60)
        requested = len(server.requested)
        await watcher.notify(callback(ref="r"))
        await clock.sleep(60)
        assert len(server.requested) == requested
        assert [change.key async for change in watcher] == ["a/1/completed"]


async def test_a_pending_hint_is_in_the_snapshot(clock: VirtualClock, server: LinkServer) -> None:
    cronofy = watching(server)
    server.down = ConnectError("down")
    links = [Watched("a", ref="r"), *map(Watched, map(str, range(50)))]
    async with clock.auto():
        async with cronofy.real_time_scheduling.watch(links) as watcher:
            await clock.sleep(60)
            await watcher.notify(callback(ref="r"))
            await clock.sleep(60)
            snapshot = await watcher.snapshot()
        assert snapshot["messages"] == []
        assert json.loads(snapshot["rows"]["link/a"])["hints"] == 1
        server.down = None
        server.requested.clear()
        async with cronofy.real_time_scheduling.watch(store=MemoryWatchStore(snapshot), concurrency=1):
            await clock.sleep(20)
        assert server.requested[0][1] == "a"
