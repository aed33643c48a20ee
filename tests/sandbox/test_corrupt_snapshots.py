"""A snapshot that was edited or damaged is rejected when it is read, with an error that names the table, record, and field."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cronofy_async.sandbox import Sandbox, SandboxError
from cronofy_async.sandbox.control.database import persist
from cronofy_async.sandbox.control.seed import apply_seed

from .support import NOW, Json, at, create

KEPT: Json = {"id": "x_1", "sub": None, "members": {}, "at": "2031-03-03T09:00:00+00:00"}
LINKS = "state.tables['real_time_scheduling.Link']"


@pytest.fixture
async def snapshot() -> Json:
    """The state after a booking, with an event, a record of a link, and a callback that could not be sent."""
    async with Sandbox(now=NOW, write_delay=60) as sandbox:
        ada = sandbox.add_account("ada@example.com")
        sandbox.add_busy(ada, at(9), at(10))
        callback = {"completed_url": "https://app.example.com/hook"}
        await sandbox.book(await create(sandbox, ada, callback_urls=callback))
        await sandbox.client().account(access_token=ada.access_token).events.delete(ada.calendar_id, event_id="x")
        document: Json = json.loads(json.dumps(sandbox.snapshot()))
    return document


def link(document: Json) -> Any:
    (record,) = document["state"]["tables"]["real_time_scheduling.Link"].values()
    return record


def account(document: Json) -> Any:
    return document["state"]["accounts"][0]


def event(document: Json) -> Any:
    return account(document)["calendars"][0]["events"][0]


def tables(document: Json) -> Any:
    return document["state"]["tables"]


Edit = Callable[[Json], object]
EDITS: dict[str, tuple[Edit, str]] = {
    "a wrong type": (
        lambda document: link(document).update(token={}),
        f"{LINKS}['sch_…'].token: must be a string, got dict",
    ),
    "a misspelled field": (
        lambda document: link(document).update(stat="open"),
        f"{LINKS}['sch_…']: unknown field 'stat'",
    ),
    "a missing field": (lambda document: link(document).pop("params"), f"{LINKS}['sch_…'].params: is missing"),
    "several fields": (
        lambda document: link(document).update(id=1, token=2),
        f"{LINKS}['sch_…'].id: must be a string, got int (and 1 more)",
    ),
    "an unknown word": (
        lambda document: link(document).update(state="opn"),
        f"{LINKS}['sch_…'].state: must be one of 'open', 'completed', 'disabled'",
    ),
    "a nested time": (
        lambda document: link(document)["slot"].update(start="2031-03-03T09:00:00"),
        f"{LINKS}['sch_…'].slot.start: must have a time zone, got 2031-03-03T09:00:00",
    ),
    "no object": (lambda document: link(document).update(params=[]), f"{LINKS}['sch_…'].params: must be an object"),
    "a member of the request": (
        lambda document: link(document)["params"].pop("event"),
        f"{LINKS}['sch_…'].params.event: must be specified",
    ),
    "a part of the request": (
        lambda document: link(document)["params"]["availability"].update(
            query_periods=[{"start": "noon", "end": "2031-03-03T12:00:00Z"}]
        ),
        f"{LINKS}['sch_…'].params.availability.query_periods[0].start: must be a time such as 2030-02-01T09:30:00Z (and 1 more)",
    ),
    "an operation": (
        lambda document: tables(document).update({"shallow.KeptRecord": {"x_1": KEPT | {"operation": "events.upset"}}}),
        "state.tables['shallow.KeptRecord']['x_1'].members: of an unknown operation 'events.upset'",
    ),
    "a kept request": (
        lambda document: tables(document).update(
            {"shallow.KeptRecord": {"x_1": KEPT | {"operation": "add_to_calendar.create"}}}
        ),
        "state.tables['shallow.KeptRecord']['x_1'].members.oauth: must be specified (and 1 more)",
    ),
    "no record": (
        lambda document: tables(document)["real_time_scheduling.Link"].update(sch_7=5),
        f"{LINKS}['sch_7']: must be an object, got int",
    ),
    "no table": (
        lambda document: tables(document).update({"channels.Channel": []}),
        "state.tables['channels.Channel']: must be an object",
    ),
    "an unknown table": (
        lambda document: tables(document).update({"channels.Chanel": {}}),
        "state.tables: unknown table 'channels.Chanel'. Did you mean 'channels.Channel'?",
    ),
    "an unknown table without a similar one": (
        lambda document: tables(document).update({"x": {}}),
        "state.tables: unknown table 'x'.",
    ),
    "a flag in words": (
        lambda document: account(document)["calendars"][0].update(readonly="no"),
        "state.accounts[0].calendars[0].readonly: must be a boolean, got str",
    ),
    "a flag as a number": (
        lambda document: account(document)["calendars"][0].update(primary=1),
        "state.accounts[0].calendars[0].primary: must be a boolean, got int",
    ),
    "a time as a number": (
        lambda document: event(document).update(start=7),
        "state.accounts[0].calendars[0].events[0].start: must be a time, got int",
    ),
    "no time": (
        lambda document: event(document).update(end="noon"),
        "state.accounts[0].calendars[0].events[0].end: Invalid isoformat string: 'noon'",
    ),
    "no list": (
        lambda document: account(document)["calendars"][0].update(events={}),
        "state.accounts[0].calendars[0].events: must be a list, got dict",
    ),
    "a number as a flag": (
        lambda document: document["state"].update(generated=True),
        "state.generated: must be a whole number, got bool",
    ),
    "no clock": (lambda document: document.pop("clock"), "clock: is missing"),
    "a clock as text": (lambda document: document.update(clock="now"), "clock: must be an object"),
    "an unknown part": (lambda document: document.update(faults=[]), "document: unknown field 'faults'"),
    "an unknown effect": (
        lambda document: document["effects"][0].update(name="x"),
        "effects[0].name: unknown effect 'x'",
    ),
    "arguments of an effect": (
        lambda document: document["effects"][0].update(arguments={}),
        "effects[0].arguments: missing a required argument: 'sub'",
    ),
    "a callback": (
        lambda document: document["deliveries"][0].update(at=None),
        "deliveries[0].at: must be a time, got NoneType",
    ),
    "a held callback": (
        lambda document: document["deliveries"][0].update(held_duplicates="1"),
        "deliveries[0].held_duplicates: must be a whole number, got str",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_snapshot_is_rejected(snapshot: Json, name: str) -> None:
    edit, expected = EDITS[name]
    sandbox = Sandbox(now=NOW)
    sandbox.add_account("kim@example.com")
    before = sandbox.snapshot()
    ident = link(snapshot)["id"]
    edit(snapshot)

    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the whole message is compared
        sandbox.restore(snapshot)

    assert str(raised.value) == expected.replace("sch_…", ident)
    assert sandbox.snapshot() == before


def test_an_unedited_snapshot_is_accepted(snapshot: Json) -> None:
    sandbox = Sandbox(now=NOW)

    sandbox.restore(snapshot)

    assert json.loads(json.dumps(sandbox.snapshot())) == snapshot


async def test_a_corrupt_file_is_left_unchanged(snapshot: Json, tmp_path: Path) -> None:
    path = tmp_path / "sandbox.json"
    link(snapshot)["token"] = None
    path.write_text(json.dumps(snapshot))
    field = rf"\['{link(snapshot)['id']}'\]\.token: must be a string, got NoneType"

    with pytest.raises(SandboxError, match=f"is not the state of a sandbox: .*{field}. It is left unchanged."):
        await persist(path, Sandbox(now=NOW)).__aenter__()
    with pytest.raises(SandboxError, match=field):
        await apply_seed(Sandbox(now=NOW), path)

    assert json.loads(path.read_text()) == snapshot
