from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cronofy_async import (
    Unauthorized,
)
from cronofy_async.models import (
    CreatedLink,
    SchedulingLink,
)
from cronofy_async.polling import MemoryWatchStore, Watched

from .support import json_response, link, other_tasks
from .virtual_clock import VirtualClock
from .watch_server import LinkServer, callback, run, watching


async def test_a_watcher_without_links(clock: VirtualClock, server: LinkServer) -> None:
    async with clock.auto():
        assert await run(watching(server).real_time_scheduling.watch([])) == []


async def test_links_in_any_form(clock: VirtualClock, server: LinkServer) -> None:
    created = CreatedLink(real_time_scheduling_id="a", url="https://app.test/rts/t")
    seen = SchedulingLink(real_time_scheduling_id="b", url="https://app.test/rts/t", status="open")
    sent = Watched("c", sent_at=clock.now() - timedelta(hours=1), expires_at=clock.now() + timedelta(hours=1))

    async def links() -> AsyncIterator[Any]:
        for entry in (created, seen, sent, "d"):
            await asyncio.sleep(0)
            yield entry

    for name in "abcd":
        server.set_status(name, 50.0, "completed")
    async with clock.auto():
        changes = await run(watching(server).real_time_scheduling.watch(links()))
    assert sorted(change.id for change in changes) == list("abcd")
    assert next(change for change in changes if change.id == "c").watched == sent


# Adding and discarding.


async def test_links_are_added_and_discarded(clock: VirtualClock, server: LinkServer) -> None:
    for name in ("a", "b", "c"):
        server.set_status(name, 300.0, "completed")
    changes: list[str] = []
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a", "b"]) as watcher:
        await clock.sleep(60)
        await watcher.add("c", "a")
        await watcher.discard("b", "unknown")
        await watcher.discard()
        await clock.sleep(60)
        requested = len(server.times("b"))
        assert watcher.stats.watched == 2
        changes += [change.id async for change in watcher]
    assert sorted(changes) == ["a", "c"]
    assert len(server.times("b")) == requested


async def test_links_added_late_to_an_endless_watcher(clock: VirtualClock, server: LinkServer) -> None:
    server.set_status("a", 0.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(forever=True) as watcher:
        await clock.sleep(3600)
        await watcher.add("a")
        assert (await anext(watcher)).id == "a"
        await clock.sleep(3600)
        server.set_status("b", 0.0, "completed")
        await watcher.add("b")
        assert (await anext(watcher)).id == "b"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await anext(watcher)
    assert not other_tasks()


async def test_adding_a_link_again_adds_new_attributes(clock: VirtualClock, server: LinkServer) -> None:
    server.set_status("a", 500.0, "completed")
    store = MemoryWatchStore()
    async with (
        clock.auto(),
        watching(server).real_time_scheduling.watch(
            [Watched("a", event_id="e", sent_at=clock.now())], store=store
        ) as watcher,
    ):
        await clock.sleep(60)
        expires = clock.now() + timedelta(days=1)
        await watcher.add(Watched("a", ref="r", expires_at=expires))
        await watcher.add("a")
        await watcher.notify(callback(ref="r"))
        change = await anext(watcher)
    assert (change.watched.event_id, change.watched.ref, change.watched.expires_at) == ("e", "r", expires)
    assert change.watched.sent_at == clock.now() - timedelta(seconds=clock.monotonic() - 1000.0)


async def test_a_change_of_a_discarded_link_is_not_yielded(clock: VirtualClock, server: LinkServer) -> None:
    server.set_status("a", 0.0, "completed")
    server.set_status("b", 0.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a", "b"]) as watcher:
        await clock.sleep(60)
        assert watcher.stats.unconfirmed == 2
        assert watcher.stats.changes == {"completed": 2}
        await watcher.add("a")  # its status is known already
        await watcher.discard("b")
        await clock.sleep(5)
        assert [change.id async for change in watcher] == ["a"]


async def test_a_link_discarded_while_its_request_is_in_flight(clock: VirtualClock, server: LinkServer) -> None:
    server.seconds = 20.0
    server.set_status("a", 0.0, "completed")
    server.set_status("b", 0.0, "gone")
    server.faults["c"] = json_response(status=422)
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a", "b", "c"], forever=True) as watcher:
        while server.in_flight < 3:
            await clock.sleep(1)
        await watcher.discard("a", "b", "c")
        await clock.sleep(60)
        assert watcher.stats.changes == {}
        assert watcher.stats.failing == {}
        assert watcher.stats.responses == 3


# Attributes of a link.


NAIVE = datetime(2030, 1, 1)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Watched("https://app.example.com/s3cret"), "^id: expected the ID of a link, got a URL$"),
        (lambda: Watched(""), "id: '' cannot be the ID of a link"),
        (lambda: Watched("a", sent_at=NAIVE), "sent_at: 2030-01-01T00:00:00 has no time zone"),
        (lambda: Watched("a", expires_at=NAIVE), "expires_at: 2030-01-01T00:00:00 has no time zone"),
    ],
)
def test_invalid_values_of_a_watched_link(make: Callable[[], Watched], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


async def test_adding_after_a_failure_raises_its_reason(clock: VirtualClock, server: LinkServer) -> None:
    server.down = json_response(status=401)
    async with clock.auto():
        with pytest.raises(Unauthorized):  # noqa: PT012
            async with watching(server).real_time_scheduling.watch(["a"], forever=True) as watcher:
                await clock.sleep(60)
                with pytest.raises(RuntimeError, match="the watcher ended with Unauthorized") as caught:
                    await watcher.add("b")
                assert isinstance(caught.value.__cause__, Unauthorized)


# Attributes of a change.


async def test_the_start_of_a_completed_link(clock: VirtualClock, server: LinkServer) -> None:
    state = link("completed", "chosen")["real_time_scheduling"]
    start = {"time": "2030-01-07T10:00:00+01:00", "tzid": "Europe/Paris"}
    server.faults["chosen"] = json_response({"real_time_scheduling": state | {"event": {"start": start}}})
    server.faults["bare"] = json_response(
        {"real_time_scheduling": state | {"real_time_scheduling_id": "bare", "event": None}}
    )
    server.set_status("expired", 0.0, "expired")
    server.set_status("gone", 0.0, "gone")

    async with clock.auto():
        changes = await run(watching(server).real_time_scheduling.watch(["chosen", "bare", "expired", "gone"]))

    assert {change.id: change.start for change in changes} == {
        "chosen": datetime(2030, 1, 7, 9, tzinfo=UTC),
        "bare": None,
        "expired": None,
        "gone": None,
    }


async def test_a_created_link_includes_its_attributes(clock: VirtualClock, server: LinkServer) -> None:
    expires = clock.now() + timedelta(days=1)
    created = CreatedLink(
        real_time_scheduling_id="a", url="https://app.test/rts/t", event_id="e", expires_at=expires, ref="r"
    )
    server.set_status("a", 20.0, "completed")

    async with clock.auto():
        (change,) = await run(watching(server).real_time_scheduling.watch([created]))

    assert change.watched == Watched("a", sent_at=change.watched.sent_at, event_id="e", expires_at=expires, ref="r")


async def test_properties_and_repr_of_a_watcher(clock: VirtualClock, server: LinkServer) -> None:
    watcher = watching(server).real_time_scheduling.watch(["a", "b"], forever=True)
    before = repr(watcher)

    async with clock.auto(), watcher:
        await clock.sleep(5)
        leading = repr(watcher)

    assert before == "<Watcher of 0 links, standing by>"
    assert leading == "<Watcher of 2 links, leading>"
