"""Nothing that is odd about one link, one response, one row or one message ends the watch of the other links."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from cronofy_async import DecodeError
from cronofy_async._clock import LoopClock
from cronofy_async._codec import from_dict
from cronofy_async.models import LinkEvent, Notification, SchedulingLink
from cronofy_async.polling import Change, MemoryWatchStore, Watched, Watcher, _watch_rows
from cronofy_async.polling._answer_rates import AnswerRates
from cronofy_async.polling._watch_rows import add_message
from cronofy_async.polling._watch_state import WatchState
from cronofy_async.polling.stores.sqlite import SQLiteWatchStore
from cronofy_async.polling.watched import as_watched

from .support import answer, link, other_tasks
from .test_watch import Cronofy, run, watching
from .virtual_clock import VirtualClock

HALF = "\ud83d"
DEEP = "[" * 480 + "]" * 480
NEVER = datetime.max.replace(tzinfo=UTC)


@pytest.fixture
def server(clock: VirtualClock) -> Cronofy:
    return Cronofy(clock)


def warnings_about(caplog: pytest.LogCaptureFixture, name: str) -> list[str]:
    """The warnings that say which link they are about."""
    return [record.getMessage() for record in caplog.records if getattr(record, "link", None) == name]


async def watch_twice(clock: VirtualClock, server: Cronofy, *links: Any) -> list[list[Change]]:
    """Watch links, and then others with the same store."""
    server.let("good", 30.0, "completed")
    server.let("later", 0.0, "completed")
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
async def test_a_far_time(clock: VirtualClock, server: Cronofy, field: Any, time: datetime) -> None:
    server.let("odd", 20.0, "completed")

    times: Any = {field: time}

    first, second = await watch_twice(clock, server, Watched("odd", **times))

    assert [change.key for change in first] == ["odd/1/completed", "good/1/completed"]
    assert [change.key for change in second] == ["later/1/completed"]


@pytest.mark.parametrize("hours", [-12, 0, 14])
def test_an_expiry_in_the_year_9999_is_no_expiry(hours: int) -> None:
    time = datetime.max.replace(tzinfo=timezone(timedelta(hours=hours)))

    assert Watched("a", expires_at=time).expires_at is None


def test_an_expiry_in_another_year_is_kept() -> None:
    time = datetime(9998, 12, 31, 23, 59, tzinfo=UTC)

    assert Watched("a", expires_at=time).expires_at == time


# What cannot be watched.

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
    given: Any = {field: "2030-01-01T00:00:00Z"}

    with pytest.raises(TypeError, match=f"{field}: expected a datetime, got str"):
        Watched("a", **given)


@pytest.mark.parametrize("name", ["", ".", "..", f"sch_{HALF}"], ids=["empty", "dot", "dots", "half a pair"])
def test_a_text_that_cannot_be_an_id(name: str) -> None:
    with pytest.raises(ValueError, match=r"id: '.*' cannot be the ID of a link"):
        Watched(name)


async def test_an_odd_id_is_refused_and_is_not_stored(clock: VirtualClock, server: Cronofy) -> None:
    server.let("good", 0.0, "completed")
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


async def test_names_with_half_a_surrogate_pair(clock: VirtualClock, server: Cronofy) -> None:
    server.let("odd", 20.0, "completed")
    seen = SchedulingLink(
        real_time_scheduling_id="seen", url="https://app.test/rts/t", status="open", event=LinkEvent(event_id=HALF)
    )
    server.let("seen", 20.0, "completed")

    first, second = await watch_twice(clock, server, Watched("odd", event_id=HALF, ref=HALF), seen)

    assert {change.id for change in first} == {"odd", "seen", "good"}
    assert [change.watched.ref for change in first if change.id == "odd"] == [HALF]
    assert len(second) == 1


# Responses.


def body(name: str, **members: Any) -> dict[str, Any]:
    return {"real_time_scheduling": link("completed", name)["real_time_scheduling"] | members}


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


async def changes_of(path: Path, links: list[str], members: dict[str, Any]) -> list[Change]:
    """Watch links with a store in a file until two changes were reported; the response about one link is odd."""

    async def status(name: str, on_sent: Callable[[], object]) -> SchedulingLink:
        on_sent()
        await asyncio.sleep(0)
        return from_dict(SchedulingLink, body(name, **members if name == "odd" else {})["real_time_scheduling"])

    async with Watcher(
        links, status, clock=LoopClock(), store=SQLiteWatchStore(path), min_interval=0.01, auto_confirm=False
    ) as watcher:
        return [await anext(watcher) for _ in range(2)]


async def test_a_deeply_nested_response_is_persisted_in_its_essentials(clock: VirtualClock, server: Cronofy) -> None:
    server.let("good", 30.0, "completed")
    for name, member in (("extra", {"new": json.loads(DEEP)}), ("start", {"event": {"start": deep_start()}})):
        server.poisoned[name] = answer(body(name, **member))
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


async def test_a_link_that_is_gone_for_good(clock: VirtualClock, server: Cronofy) -> None:
    server.poisoned["odd"] = answer(status=410)

    first, _ = await watch_twice(clock, server, "odd")

    assert {change.id: change.status for change in first} == {"odd": "gone", "good": "completed"}
    assert len(server.times("odd")) == 1


async def test_a_link_that_is_gone_for_good_but_was_discarded(clock: VirtualClock, server: Cronofy) -> None:
    server.seconds = 20.0
    server.poisoned["odd"] = answer(status=410)

    async with clock.auto(), watching(server).real_time_scheduling.watch(["odd"], forever=True) as watcher:
        while not server.under_way:
            await clock.sleep(1)
        await watcher.discard("odd")
        await clock.sleep(60)
        assert watcher.stats.changes == {}


async def test_a_response_about_another_link(
    clock: VirtualClock, server: Cronofy, caplog: pytest.LogCaptureFixture
) -> None:
    server.poisoned["odd"] = answer(link("completed", "good"))
    server.let("good", 30.0, "completed")
    server.let("odd", 0.0, "completed")

    async with clock.auto(), watching(server).real_time_scheduling.watch(["odd", "good"]) as watcher:
        assert (await anext(watcher)).id == "good"
        assert isinstance(watcher.stats.failing["odd"], DecodeError)
        server.poisoned.clear()
        assert [change.id async for change in watcher] == ["odd"]

    assert warnings_about(caplog, "odd") == ["link odd: the response is about the link 'good'; it will be retried"]


async def test_an_exception_of_any_kind_about_one_link(
    clock: VirtualClock, server: Cronofy, caplog: pytest.LogCaptureFixture
) -> None:
    server.poisoned["odd"] = RuntimeError("of a middleware")
    server.let("good", 30.0, "completed")
    server.let("odd", 0.0, "completed")

    async with clock.auto(), watching(server).real_time_scheduling.watch(["odd", "good"]) as watcher:
        assert (await anext(watcher)).id == "good"
        assert isinstance(watcher.stats.failing["odd"], RuntimeError)
        server.poisoned.clear()
        assert [change.id async for change in watcher] == ["odd"]

    assert warnings_about(caplog, "odd") == ["link odd: RuntimeError: of a middleware; it will be retried"]
    assert [record.exc_info is not None for record in caplog.records if hasattr(record, "link")] == [True]


# Callbacks.


@pytest.mark.parametrize(
    "event",
    [{"event_id": json.loads(DEEP)}, {"event_id": 7}, {"event_id": HALF}, "odd"],
    ids=["deep", "number", "half a pair", "text"],
)
async def test_an_odd_callback(clock: VirtualClock, server: Cronofy, event: Any) -> None:
    server.let("good", 30.0, "completed")

    async with clock.auto(), watching(server).real_time_scheduling.watch(["good"]) as watcher:
        await watcher.notify(Notification(type="new", ref=HALF, fingerprint=HALF, data={"event": event}))
        assert [change.id async for change in watcher] == ["good"]


# Rows.

ROW = '{"sent":1893456000.0,"status":"open","hints":0,"missing":false,"changes":0,"open":1893456000.0}'
CHANGE = {"key": "odd/1/paused", "status": "paused", "previous": "open", "link": None, "seen": 1893456000.0}


def changed(row: str = ROW, **members: Any) -> str:
    return json.dumps(json.loads(row) | members)


ODD_ROWS = {
    "no JSON": "{",
    "nothing": "",
    "no object": "[]",
    "too deep": "[" * 100_000,
    "empty": "{}",
    "no status": '{"sent": 1}',
    "sent": changed(sent="yesterday"),
    "not a number": changed(sent=float("nan")),
    "a number that is too long": ROW.replace("1893456000.0", "1" + "0" * 400),
    "expires": changed(expires=[]),
    "open": changed(open="x"),
    "ref": changed(ref={}),
    "event_id": changed(event_id=["x"]),
    "status": changed(status=None),
    "hints": changed(hints="many"),
    "unconfirmed": changed(unconfirmed=7),
    "an unconfirmed change": changed(unconfirmed=[{}]),
    "its key": changed(unconfirmed=[CHANGE | {"key": []}]),
    "its time": changed(unconfirmed=[CHANGE | {"seen": None}]),
    "its link": changed(unconfirmed=[CHANGE | {"link": {"status": 7}}]),
}


@pytest.mark.parametrize("row", ODD_ROWS.values(), ids=ODD_ROWS.keys())
async def test_a_row_that_cannot_be_read(
    clock: VirtualClock, server: Cronofy, caplog: pytest.LogCaptureFixture, row: str
) -> None:
    for name in ("odd", "good"):
        server.let(name, 20.0, "completed")
    store = MemoryWatchStore({"rows": {"link/odd": row, "link/good": ROW}, "messages": []})

    async with clock.auto():
        changes = await run(watching(server).real_time_scheduling.watch(store=store))

    assert {change.id for change in changes} == {"odd", "good"}
    (warning,) = warnings_about(caplog, "odd")
    assert "it is watched as if it had just been added" in warning
    assert [key for key in await store.load() if key != "learned"] == []


@pytest.mark.parametrize("name", ["", "..", HALF], ids=["empty", "dots", "half a pair"])
async def test_a_row_with_an_invalid_id(
    clock: VirtualClock, server: Cronofy, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    server.let("good", 20.0, "completed")
    store = MemoryWatchStore({"rows": {f"link/{name}": ROW, "link/good": ROW, "new/": "?"}, "messages": []})

    async with clock.auto():
        changes = await run(watching(server).real_time_scheduling.watch(store=store))

    assert [change.id for change in changes] == ["good"]
    assert [warning.endswith("and it is ignored") for warning in warnings_about(caplog, name)] == [True]


@pytest.mark.parametrize(
    ("field", "value"), [("sent", -1e300), ("sent", 1e300), ("expires", 1e300), ("expires", 253402300800.0)]
)
async def test_a_row_with_a_far_time(clock: VirtualClock, server: Cronofy, field: str, value: float) -> None:
    for name in ("odd", "good"):
        server.let(name, 20.0, "completed")
    members: Any = {field: value}
    store = MemoryWatchStore({"rows": {"link/odd": changed(**members), "link/good": ROW}, "messages": []})

    async with clock.auto():
        changes = await run(watching(server).real_time_scheduling.watch(store=store))

    assert {change.id for change in changes} == {"odd", "good"}


def test_a_row_that_could_not_be_made_is_still_unsaved(monkeypatch: pytest.MonkeyPatch) -> None:
    state = WatchState(None, min_interval=10.0)
    state.apply([add_message(Watched("a"), 1.0)], 1.0)

    with monkeypatch.context() as broken:
        broken.setattr(_watch_rows, "to_json", out_of_memory)
        with pytest.raises(MemoryError):
            state.take_unsaved()

    assert list(state.take_unsaved()) == ["link/a"]


def out_of_memory(_: object) -> str:
    raise MemoryError


# Messages.

ODD_MESSAGES = {
    "no JSON": "{",
    "too deep": "[" * 100_000,
    "no object": "7",
    "no kind": "{}",
    "another kind": '{"what": "is this"}',
    "no time": '{"add": "odd"}',
    "no id": '{"add": 7, "now": 1}',
    "an empty id": '{"add": "", "now": 1}',
    "half a pair": '{"add": "\\ud83d", "now": 1}',
    "sent": '{"add": "odd", "now": 1, "sent": "x"}',
    "not a number": '{"add": "odd", "now": NaN}',
    "ref": '{"add": "odd", "now": 1, "ref": {}}',
    "event_id": '{"add": "odd", "now": 1, "event_id": ["x"]}',
    "discard": '{"discard": ["x"]}',
    "confirm": '{"confirm": ["x"], "key": 1}',
}


@pytest.mark.parametrize("message", ODD_MESSAGES.values(), ids=ODD_MESSAGES.keys())
async def test_a_message_that_cannot_be_read(
    clock: VirtualClock, server: Cronofy, caplog: pytest.LogCaptureFixture, message: str
) -> None:
    server.let("good", 20.0, "completed")
    store = MemoryWatchStore({"rows": {}, "messages": [message]})

    async with clock.auto():
        changes = await run(watching(server).real_time_scheduling.watch(["good"], store=store))

    assert [change.id for change in changes] == ["good"]
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warning.startswith("a message in the store of the watcher cannot be read and is ignored: ")
    assert list(await store.messages()) == []


@pytest.mark.parametrize("hint", ['{"hint": 7, "ref": ["x"], "event_id": {}}', '{"hint": "f", "ref": {}}'])
async def test_a_hint_with_odd_names_finds_nothing(clock: VirtualClock, server: Cronofy, hint: str) -> None:
    server.let("good", 20.0, "completed")
    store = MemoryWatchStore({"rows": {}, "messages": [hint]})

    async with clock.auto():
        changes = await run(watching(server).real_time_scheduling.watch(["good"], store=store))

    assert [change.id for change in changes] == ["good"]


async def test_damaged_texts_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "links.db"
    store = SQLiteWatchStore(path)
    await store.load()
    await store.aclose()
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        for key, row in (("'link/odd'", "CAST(x'ff7b' AS TEXT)"), ("CAST(x'ff' AS TEXT)", "'{}'"), ("x'ff'", "x'ff'")):
            file.execute(f"INSERT INTO watched VALUES ({key}, {row})")
        file.execute("INSERT INTO message (text) VALUES (CAST(x'ff' AS TEXT)), (x'ff'), ('{}')")

    changes = await changes_of(path, ["good"], {})

    assert {change.id for change in changes} == {"odd", "good"}


# What was learned.

RATES = AnswerRates().learned()
ODD_RATES = {
    "no JSON": "{",
    "too deep": "[" * 100_000,
    "null": "null",
    "a list": "[1]",
    "other bins": '{"edges": "others"}',
    "too much": json.dumps(RATES | {"answers": [1e308] * len(RATES["answers"]), "time": [1e308] * len(RATES["time"])}),
    "a number that is too long": json.dumps(RATES | {"time": [10**400] * len(RATES["time"])}),
}


@pytest.mark.parametrize("learned", ODD_RATES.values(), ids=ODD_RATES.keys())
async def test_answer_rates_that_cannot_be_read(
    clock: VirtualClock, server: Cronofy, caplog: pytest.LogCaptureFixture, learned: str
) -> None:
    server.let("good", 20.0, "completed")
    store = MemoryWatchStore({"rows": {"learned": learned, "link/good": ROW}, "messages": []})

    async with clock.auto():
        changes = await run(watching(server).real_time_scheduling.watch(store=store))

    assert [change.id for change in changes] == ["good"]
    assert [record.getMessage()[:74] for record in caplog.records if record.levelno == logging.WARNING] == (
        [] if learned == "null" else ["the answer rates in the store of the watcher cannot be read, and are learn"]
    )
    assert json.loads((await store.load())["learned"])["edges"]
