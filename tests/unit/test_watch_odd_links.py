"""A problem with one link, response, row, or message does not stop the watch of the other links."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from cronofy_async import DecodeError
from cronofy_async.models import LinkEvent, Notification, SchedulingLink
from cronofy_async.polling import Change, MemoryWatchStore, Watched
from cronofy_async.polling.watched import as_watched

from .support import json_response, link, other_tasks
from .virtual_clock import VirtualClock
from .watch_server import DEEP, HALF, LinkServer, changes_of, completed, run, warnings_about, watching

NEVER = datetime.max.replace(tzinfo=UTC)


async def watch_twice(clock: VirtualClock, server: LinkServer, *links: Any) -> list[list[Change]]:
    """Watch links, and then others with the same store."""
    server.set_status("good", 30.0, "completed")
    server.set_status("later", 0.0, "completed")
    store = MemoryWatchStore()
    async with clock.auto():
        first = await run(watching(server).real_time_scheduling.watch([*links, "good"], store=store))
        second = await run(watching(server).real_time_scheduling.watch(["later"], store=store))
    assert not other_tasks()
    return [first, second]


# Times.


@pytest.mark.parametrize(
    "time",
    [
        NEVER,
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-1))),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=14))),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        datetime.min.replace(tzinfo=UTC),
    ],
    ids=["last", "after the last in UTC", "last in the east", "before the first in UTC", "first"],
)
@pytest.mark.parametrize("field", ["sent_at", "expires_at"])
async def test_a_time_out_of_range(clock: VirtualClock, server: LinkServer, field: Any, time: datetime) -> None:
    server.set_status("odd", 20.0, "completed")

    times: Any = {field: time}

    first, second = await watch_twice(clock, server, Watched("odd", **times))

    assert [change.key for change in first] == ["odd/1/completed", "good/1/completed"]
    assert [change.key for change in second] == ["later/1/completed"]


@pytest.mark.parametrize("hours", [-12, 0, 14])
def test_an_expiry_in_the_year_9999_is_ignored(hours: int) -> None:
    time = datetime.max.replace(tzinfo=timezone(timedelta(hours=hours)))

    assert Watched("a", expires_at=time).expires_at is None


def test_an_expiry_in_another_year_is_kept() -> None:
    time = datetime(9998, 12, 31, 23, 59, tzinfo=UTC)

    assert Watched("a", expires_at=time).expires_at == time


# Invalid links.


ODD: dict[str, Any] = {"list": ["x"], "object": {}, "number": 7}


@pytest.mark.parametrize("field", ["event_id", "ref"])
@pytest.mark.parametrize("value", ODD.values(), ids=ODD.keys())
def test_a_name_of_the_wrong_type(field: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"{field}: expected a string, got {type(value).__name__}"):
        Watched("a", **{field: value})


@pytest.mark.parametrize("value", [None, 7, b"a"], ids=["none", "number", "bytes"])
def test_an_id_of_the_wrong_type(value: Any) -> None:
    with pytest.raises(TypeError, match=f"id: expected a string, got {type(value).__name__}"):
        Watched(value)


@pytest.mark.parametrize("field", ["sent_at", "expires_at"])
def test_a_time_of_the_wrong_type(field: str) -> None:
    details: Any = {field: "2030-01-01T00:00:00Z"}

    with pytest.raises(TypeError, match=f"{field}: expected a datetime, got str"):
        Watched("a", **details)


@pytest.mark.parametrize("name", ["", ".", "..", f"sch_{HALF}"], ids=["empty", "dot", "dots", "half a pair"])
def test_a_text_that_cannot_be_an_id(name: str) -> None:
    with pytest.raises(ValueError, match=r"id: '.*' cannot be the ID of a link"):
        Watched(name)


async def test_an_invalid_id_is_rejected_and_not_stored(clock: VirtualClock, server: LinkServer) -> None:
    server.set_status("good", 0.0, "completed")
    store = MemoryWatchStore()
    links = watching(server).real_time_scheduling

    async with clock.auto():
        with pytest.raises(ValueError, match="id: 'sch_"):
            await run(links.watch([f"sch_{HALF}", "other"], store=store))
        async with links.watch(["good"], store=store) as watcher:
            with pytest.raises(ValueError, match="id: 'sch_"):
                await watcher.add("new", f"sch_{HALF}")
            assert [change.id async for change in watcher] == ["good"]


def test_a_value_that_is_not_a_link() -> None:
    odd: Any = 7

    with pytest.raises(TypeError, match="link: expected a link, its ID or a Watched, got int"):
        as_watched(odd)


async def test_names_with_half_a_surrogate_pair(clock: VirtualClock, server: LinkServer) -> None:
    server.set_status("odd", 20.0, "completed")
    seen = SchedulingLink(
        real_time_scheduling_id="seen", url="https://app.test/rts/t", status="open", event=LinkEvent(event_id=HALF)
    )
    server.set_status("seen", 20.0, "completed")

    first, second = await watch_twice(clock, server, Watched("odd", event_id=HALF, ref=HALF), seen)

    assert {change.id for change in first} == {"odd", "seen", "good"}
    assert [change.watched.ref for change in first if change.id == "odd"] == [HALF]
    assert len(second) == 1


# Responses.


ODD_MEMBERS: dict[str, dict[str, Any]] = {
    "status": {"status": HALF},
    "unknown": {"new": {HALF: HALF}},
    "event": {"event": {"event_id": HALF, "start": HALF}},
    "zone": {"event": {"start": {"time": "2030-01-01T00:00:00Z", "tzid": HALF}}},
}


@pytest.mark.parametrize("members", ODD_MEMBERS.values(), ids=ODD_MEMBERS.keys())
async def test_half_a_surrogate_pair_in_a_response(tmp_path: Path, members: dict[str, Any]) -> None:
    path = tmp_path / "links.db"

    first = await changes_of(path, ["odd", "good"], members)
    again = await changes_of(path, ["later"], {})

    assert {change.id for change in first} == {"odd", "good"}
    assert again[0] in first
    assert again[0].link is not None


async def test_a_deeply_nested_response_is_persisted_in_part(clock: VirtualClock, server: LinkServer) -> None:
    server.set_status("good", 30.0, "completed")
    for name, member in (("extra", {"new": json.loads(DEEP)}), ("start", {"event": {"start": deep_start()}})):
        server.faults[name] = json_response(completed(name, **member))
    store = MemoryWatchStore()
    links = watching(server).real_time_scheduling

    async with clock.auto():
        async with links.watch(["extra", "start", "good"], store=store, auto_confirm=False) as watcher:
            first = [await anext(watcher) for _ in range(3)]
        again = await run(links.watch(store=store))

    assert {change.key for change in first} == {"extra/1/completed", "start/1/completed", "good/1/completed"}
    assert [change.key for change in again] == [change.key for change in first]
    assert all(change.link is not None and change.link.is_terminal for change in again)


def deep_start() -> Any:
    return {"time": "2030-01-01T00:00:00Z", "new": json.loads(DEEP)}


async def test_a_link_that_stays_missing(clock: VirtualClock, server: LinkServer) -> None:
    server.faults["odd"] = json_response(status=410)

    first, _ = await watch_twice(clock, server, "odd")

    assert {change.id: change.status for change in first} == {"odd": "gone", "good": "completed"}
    assert len(server.times("odd")) == 1


async def test_a_discarded_link_that_stays_missing(clock: VirtualClock, server: LinkServer) -> None:
    server.seconds = 20.0
    server.faults["odd"] = json_response(status=410)

    async with clock.auto(), watching(server).real_time_scheduling.watch(["odd"], forever=True) as watcher:
        while not server.in_flight:
            await clock.sleep(1)
        await watcher.discard("odd")
        await clock.sleep(60)
        assert watcher.stats.changes == {}


async def test_a_response_about_another_link(
    clock: VirtualClock, server: LinkServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults["odd"] = json_response(link("completed", "good"))
    server.set_status("good", 30.0, "completed")
    server.set_status("odd", 0.0, "completed")

    async with clock.auto(), watching(server).real_time_scheduling.watch(["odd", "good"]) as watcher:
        assert (await anext(watcher)).id == "good"
        assert isinstance(watcher.stats.failing["odd"], DecodeError)
        server.faults.clear()
        assert [change.id async for change in watcher] == ["odd"]

    assert warnings_about(caplog, "odd") == ["link odd: the response is about the link 'good'; it will be retried"]


async def test_any_exception_about_one_link_is_contained(
    clock: VirtualClock, server: LinkServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults["odd"] = RuntimeError("of a middleware")
    server.set_status("good", 30.0, "completed")
    server.set_status("odd", 0.0, "completed")

    async with clock.auto(), watching(server).real_time_scheduling.watch(["odd", "good"]) as watcher:
        assert (await anext(watcher)).id == "good"
        assert isinstance(watcher.stats.failing["odd"], RuntimeError)
        server.faults.clear()
        assert [change.id async for change in watcher] == ["odd"]

    assert warnings_about(caplog, "odd") == ["link odd: RuntimeError: of a middleware; it will be retried"]
    assert [record.exc_info is not None for record in caplog.records if hasattr(record, "link")] == [True]


# Callbacks.


@pytest.mark.parametrize(
    "event",
    [{"event_id": json.loads(DEEP)}, {"event_id": 7}, {"event_id": HALF}, "odd"],
    ids=["deep", "number", "half a pair", "text"],
)
async def test_an_unusual_callback(clock: VirtualClock, server: LinkServer, event: Any) -> None:
    server.set_status("good", 30.0, "completed")

    async with clock.auto(), watching(server).real_time_scheduling.watch(["good"]) as watcher:
        await watcher.notify(Notification(type="new", ref=HALF, fingerprint=HALF, data={"event": event}))
        assert [change.id async for change in watcher] == ["good"]
