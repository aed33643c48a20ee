"""pycronofy, unmodified, reads and writes events in the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from importlib import import_module
from typing import Any

import pytest

from cronofy_async.sandbox import Account, Sandbox

from ..sandbox.support import NOW, Json, at, text
from .support import pycronofy, raises_status, settings
from .test_pycronofy import run

# It has no types.
batches: Any = import_module("pycronofy.batch")
PartialSuccess: type[Exception] = import_module("pycronofy.exceptions").PyCronofyPartialSuccessError


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com", calendars=2)


@pytest.fixture
async def client(sandbox: Sandbox, ada: Account, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    async with sandbox.serve() as url:
        monkeypatch.setattr(settings, "API_BASE_URL", url)
        yield pycronofy.Client(access_token=ada.access_token)


async def events(client: Any, **options: Any) -> list[Json]:
    """All events, across pages."""
    return await run(lambda: list(client.read_events(**options)))


def event(number: int) -> Json:
    return {
        "event_id": f"e{number}",
        "summary": f"Event {number}",
        "start": at(9 + number),
        "end": at(10 + number),
        "tzid": "Europe/Paris",
        "location": {"description": "Shop", "lat": "48.85", "long": "2.35"},
    }


async def test_events_are_written_read_and_deleted(client: Any, sandbox: Sandbox, ada: Account) -> None:
    for number in range(3):
        await run(client.upsert_event, ada.calendar_id, event(number))
    await run(client.upsert_event, ada.calendar_ids[1], event(7))

    result = await events(
        client, include_geo=True, localized_times=True, from_date=date(2031, 3, 1), to_date=at(0, day=9)
    )
    assert [item["event_id"] for item in result] == ["e0", "e1", "e2", "e7"]
    assert result[0]["start"] == {"time": "2031-03-03T10:00:00+01:00", "tzid": "Europe/Paris"}
    assert result[0]["location"]["lat"] == "48.85"
    assert len(await events(client, calendar_ids=(ada.calendar_ids[1],), only_managed=True)) == 1
    assert await events(client, include_managed=False) == []

    await run(client.delete_event, ada.calendar_id, "e0")
    deleted = await events(client, include_deleted=True, include_moved=True, last_modified=NOW)
    assert [item["deleted"] for item in deleted] == [True, False, False, False]
    await run(client.delete_all_events, calendar_ids=(ada.calendar_ids[1],))
    assert len(await events(client)) == 2
    await run(client.delete_all_events)
    assert await events(client) == []
    assert sandbox.unknown_parameters == []


async def test_free_and_busy_periods(client: Any, sandbox: Sandbox, ada: Account) -> None:
    for hour in (9, 11, 13):
        sandbox.add_busy(ada, at(hour), at(hour + 1))

    result = await run(lambda: list(client.read_free_busy(calendar_ids=(ada.calendar_id,), to_date=date(2031, 3, 9))))

    assert [(item["start"], item["free_busy_status"]) for item in result] == [
        (text(at(hour)), "busy") for hour in (9, 11, 13)
    ]


async def test_calendars_are_created(client: Any, ada: Account) -> None:
    response = await run(client.create_calendar, ada.profile_id, "New")
    assert response["calendar"]["calendar_id"] == ada.calendar_ids[-1]
    with raises_status(422) as responses:
        await run(client.create_calendar, ada.profile_id, "New")
    assert responses[0].json()["errors"]["name"][0]["key"] == "errors.duplicate_calendar_name"


async def test_external_events(client: Any, sandbox: Sandbox, ada: Account) -> None:
    external = sandbox.events.add(ada, participation_status="needs_action")
    sandbox.calendars.change(ada.calendar_id, permission_level="unrestricted")

    await run(client.change_participation_status, ada.calendar_id, external.event_uid, "tentative")
    (result,) = await events(client)
    assert result["participation_status"] == "tentative"
    await run(client.delete_external_event, ada.calendar_id, external.event_uid)
    assert await events(client) == []


async def test_a_batch(client: Any, sandbox: Sandbox, ada: Account) -> None:
    external = sandbox.events.add(ada)
    sandbox.calendars.change(ada.calendar_id, permission_level="unrestricted")
    builder = batches.BatchBuilder().upsert_event(ada.calendar_id, event(0)).upsert_event(ada.calendar_id, event(1))
    builder.delete_event(ada.calendar_id, "e0").delete_external_event(ada.calendar_id, external.event_uid)

    response = await run(client.batch, builder)

    assert [entry.status() for entry in response.entries] == [202] * 4
    assert [item["event_id"] for item in await events(client)] == ["e1"]
    with pytest.raises(PartialSuccess) as caught:
        await run(client.batch, batches.BatchBuilder().upsert_event(ada.calendar_id, event(2) | {"summary": None}))
    (failed,) = getattr(caught.value, "batch_response").errors()  # noqa: B009 - it has no types
    assert (failed.status(), list(failed.response["data"]["errors"])) == (422, ["summary"])


async def test_a_read_only_calendar(client: Any, sandbox: Sandbox, ada: Account) -> None:
    sandbox.calendars.change(ada.calendar_id, readonly=True)
    with raises_status(403):
        await run(client.upsert_event, ada.calendar_id, event(0))
