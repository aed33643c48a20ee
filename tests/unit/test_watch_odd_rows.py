"""A problem with one row or message of a store does not stop the watch of the other links."""

from __future__ import annotations

import json
import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cronofy_async.polling import MemoryWatchStore, Watched, _watch_rows
from cronofy_async.polling._answer_rates import AnswerRates
from cronofy_async.polling._watch_rows import add_message
from cronofy_async.polling._watch_state import WatchState
from cronofy_async.polling.stores.sqlite import SQLiteWatchStore

from .virtual_clock import VirtualClock
from .watch_server import HALF, LinkServer, changes_of, run, warnings_about, watching

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
async def test_an_unreadable_row(
    clock: VirtualClock, server: LinkServer, caplog: pytest.LogCaptureFixture, row: str
) -> None:
    for name in ("odd", "good"):
        server.set_status(name, 20.0, "completed")
    store = MemoryWatchStore({"rows": {"link/odd": row, "link/good": ROW}, "messages": []})

    async with clock.auto():
        changes = await run(watching(server).real_time_scheduling.watch(store=store))

    assert {change.id for change in changes} == {"odd", "good"}
    (warning,) = warnings_about(caplog, "odd")
    assert "it is watched as if it had just been added" in warning
    assert [key for key in await store.load() if key != "learned"] == []


@pytest.mark.parametrize("name", ["", "..", HALF], ids=["empty", "dots", "half a pair"])
async def test_a_row_with_an_invalid_id(
    clock: VirtualClock, server: LinkServer, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    server.set_status("good", 20.0, "completed")
    store = MemoryWatchStore({"rows": {f"link/{name}": ROW, "link/good": ROW, "new/": "?"}, "messages": []})

    async with clock.auto():
        changes = await run(watching(server).real_time_scheduling.watch(store=store))

    assert [change.id for change in changes] == ["good"]
    assert [warning.endswith("and it is ignored") for warning in warnings_about(caplog, name)] == [True]


@pytest.mark.parametrize(
    ("field", "value"), [("sent", -1e300), ("sent", 1e300), ("expires", 1e300), ("expires", 253402300800.0)]
)
async def test_a_row_with_a_time_out_of_range(
    clock: VirtualClock, server: LinkServer, field: str, value: float
) -> None:
    for name in ("odd", "good"):
        server.set_status(name, 20.0, "completed")
    members: Any = {field: value}
    store = MemoryWatchStore({"rows": {"link/odd": changed(**members), "link/good": ROW}, "messages": []})

    async with clock.auto():
        changes = await run(watching(server).real_time_scheduling.watch(store=store))

    assert {change.id for change in changes} == {"odd", "good"}


def test_a_row_that_failed_to_serialize_stays_unsaved(monkeypatch: pytest.MonkeyPatch) -> None:
    state = WatchState(None, min_interval=10.0)
    state.apply([add_message(Watched("a"), 1.0)], 1.0)

    with monkeypatch.context() as broken:
        broken.setattr(_watch_rows, "to_json", out_of_memory)
        with pytest.raises(MemoryError):
            state.take_unsaved(10)

    assert list(state.take_unsaved(10)) == ["link/a"]


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
async def test_an_unreadable_message(
    clock: VirtualClock, server: LinkServer, caplog: pytest.LogCaptureFixture, message: str
) -> None:
    server.set_status("good", 20.0, "completed")
    store = MemoryWatchStore({"rows": {}, "messages": [message]})

    async with clock.auto():
        changes = await run(watching(server).real_time_scheduling.watch(["good"], store=store))

    assert [change.id for change in changes] == ["good"]
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warning.startswith("a message in the store of the watcher cannot be read and is ignored: ")
    assert list(await store.messages()) == []


@pytest.mark.parametrize("hint", ['{"hint": 7, "ref": ["x"], "event_id": {}}', '{"hint": "f", "ref": {}}'])
async def test_a_hint_with_invalid_names_matches_no_link(clock: VirtualClock, server: LinkServer, hint: str) -> None:
    server.set_status("good", 20.0, "completed")
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


# Learned counts.


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
async def test_unreadable_answer_rates(
    clock: VirtualClock, server: LinkServer, caplog: pytest.LogCaptureFixture, learned: str
) -> None:
    server.set_status("good", 20.0, "completed")
    store = MemoryWatchStore({"rows": {"learned": learned, "link/good": ROW}, "messages": []})

    async with clock.auto():
        changes = await run(watching(server).real_time_scheduling.watch(store=store))

    assert [change.id for change in changes] == ["good"]
    assert [record.getMessage()[:74] for record in caplog.records if record.levelno == logging.WARNING] == (
        [] if learned == "null" else ["the answer rates in the store of the watcher cannot be read, and are learn"]
    )
    assert json.loads((await store.load())["learned"])["edges"]
