"""Free/busy periods."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from cronofy_async.sandbox import Account, Sandbox

from ..support import NOW, at, call, create, text
from .events import periods, times, upsert


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com", calendars=2)


async def test_periods_are_returned_as_documented(sandbox: Sandbox, ada: Account) -> None:
    sandbox.add_busy(ada, at(9), at(10))
    sandbox.events.add(ada, date(2031, 3, 5), date(2031, 3, 6))

    assert await periods(sandbox, ada) == [
        {
            "calendar_id": ada.calendar_id,
            "start": text(at(9)),
            "end": text(at(10)),
            "free_busy_status": "busy",
        },
        {
            "calendar_id": ada.calendar_id,
            "start": "2031-03-05",
            "end": "2031-03-06",
            "free_busy_status": "free",
        },
    ]
    localized = await periods(sandbox, ada, localized_times=True)
    assert localized[0]["start"] == {"time": text(at(9)), "tzid": "Etc/UTC"}


@pytest.mark.parametrize(
    ("details", "status"),
    [
        ({}, "busy"),
        ({"transparency": "transparent"}, "free"),
        ({"status": "tentative"}, "tentative"),
        ({"status": "cancelled"}, None),
        ({"participation_status": "declined"}, None),
        ({"participation_status": "tentative"}, "busy"),
        ({"extended_transparency": "out_of_office", "transparency": "transparent"}, "busy"),
        ({"extended_transparency": "working_elsewhere"}, "free"),
        ({"extended_transparency": "tentative"}, "tentative"),
    ],
)
async def test_free_busy_status_agrees_with_availability(
    sandbox: Sandbox, ada: Account, details: dict[str, Any], status: str | None
) -> None:
    sandbox.events.add(ada, at(9), at(10), **details)

    result = await periods(sandbox, ada)

    assert [item["free_busy_status"] for item in result] == [status] * len(result)
    assert bool(result) == (status is not None)
    free = at(9) in {slot.start for slot in sandbox.slots(await create(sandbox, ada))}
    assert free == (status in {"free", None})


async def test_free_periods_may_require_a_parameter() -> None:
    for is_listed in (True, False):
        sandbox = Sandbox(now=NOW, assume={"free_periods_are_listed": is_listed})
        ada = sandbox.add_account("ada@example.com")
        sandbox.events.add(ada, at(9), at(10), transparency="transparent")
        assert len(await periods(sandbox, ada)) == is_listed
        assert len(await periods(sandbox, ada, include_free=True)) == 1
        assert len(await periods(sandbox, ada, include_free=False)) == 0


async def test_ids_and_deleted_events_are_returned_on_request(sandbox: Sandbox, ada: Account) -> None:
    await upsert(sandbox, ada)
    external = sandbox.events.add(ada, at(11), at(12))
    sandbox.clock.advance(minutes=5)
    sandbox.events.delete(external)
    uid = ada.events[0].event_uid

    assert await periods(sandbox, ada) == []
    (managed,) = await periods(sandbox, ada, include_managed=True, include_ids=True)
    assert (managed["event_id"], managed["event_uid"], "deleted" in managed) == ("e", uid, False)
    query = {"include_managed": True, "include_deleted": True, "include_ids": True}
    listed_periods = await periods(sandbox, ada, **query)
    assert [(period["event_uid"], period["deleted"]) for period in listed_periods] == [
        (uid, False),
        (external.event_uid, True),
    ]
    since = text(NOW + timedelta(minutes=5))
    (changed,) = await periods(sandbox, ada, last_modified=since, **query)
    assert changed["event_uid"] == external.event_uid


async def test_windows_and_calendars_are_selected_as_in_events(sandbox: Sandbox, ada: Account) -> None:
    first, second = ada.calendar_ids
    sandbox.events.add(ada, at(9, day=5), at(10, day=5), calendar_id=first)
    sandbox.events.add(ada, at(9, day=6), at(10, day=6), calendar_id=second)
    sandbox.events.add(ada, at(9) + timedelta(days=202), at(10) + timedelta(days=202))

    assert len(await periods(sandbox, ada)) == 2
    assert times(await periods(sandbox, ada, from_="2031-03-06")) == [(text(at(9, day=6)), text(at(10, day=6)))]
    assert len(await periods(sandbox, ada, to="2031-03-06", calendar_ids=[first])) == 1
    assert await periods(sandbox, ada, calendar_ids=["cal_0"]) == []
    assert (await call(sandbox, "GET", "/v1/free_busy/pages/0", token=ada.access_token)).status == 404
    assert (await call(sandbox, "GET", "/v1/free_busy?tzid=Etc/UTC")).status == 403


async def test_events_of_a_deleted_calendar_are_ignored(sandbox: Sandbox, ada: Account) -> None:
    sandbox.add_busy(ada, at(9), at(10))
    ident = await create(sandbox, ada)
    assert len(sandbox.slots(ident)) == 2
    sandbox.calendars.change(ada.calendar_id, deleted=True)
    assert len(sandbox.slots(ident)) == 3
