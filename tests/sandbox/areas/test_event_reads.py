"""Reading events: which are returned, their format, and pages."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cronofy_async.sandbox import Account, Sandbox

from ..support import NOW, at, call, text
from .events import following, read, times, upsert


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com", calendars=2)


def names(events: list[dict[str, Any]]) -> list[str]:
    return [event["summary"] for event in events]


async def test_an_external_event_is_returned_as_documented(sandbox: Sandbox, ada: Account) -> None:
    event = sandbox.events.add(
        ada,
        date(2031, 3, 6),
        date(2031, 3, 8),
        "Company Retreat",
        participation_status="needs_action",
        location={"description": "Beach", "lat": "51.5", "long": "0.1"},
        attendees={"invite": [{"email": "ada@example.com", "display_name": "Ada"}, {"email": "x@example.com"}]},
        organizer={"email": "boss@example.com", "display_name": "Boss"},
        transparency="opaque",
        categories=["Red"],
    )

    (rendered,) = await read(sandbox, ada)

    assert rendered == {
        "calendar_id": ada.calendar_id,
        "event_uid": event.event_uid,
        "summary": "Company Retreat",
        "description": "",
        "start": "2031-03-06",
        "end": "2031-03-08",
        "deleted": False,
        "created": text(NOW),
        "updated": text(NOW),
        "location": {"description": "Beach"},
        "participation_status": "needs_action",
        "attendees": [
            {"email": "ada@example.com", "display_name": "Ada", "status": "needs_action"},
            {"email": "x@example.com", "display_name": None, "status": "needs_action"},
        ],
        "organizer": {"email": "boss@example.com", "display_name": "Boss"},
        "transparency": "opaque",
        "status": "confirmed",
        "categories": ["Red"],
        "recurring": False,
        "event_private": False,
        "options": {"delete": False, "update": False, "change_participation_status": True},
    }
    (with_geo,) = await read(sandbox, ada, include_geo=True)
    assert with_geo["location"] == {"description": "Beach", "lat": "51.5", "long": "0.1"}


async def test_managed_events_are_omitted_by_default(sandbox: Sandbox, ada: Account) -> None:
    await upsert(sandbox, ada, summary="managed", extended_transparency="out_of_office", event_private=True)
    sandbox.events.add(ada, at(11), at(12), "external")

    assert names(await read(sandbox, ada)) == ["external"]
    assert names(await read(sandbox, ada, include_managed=True)) == ["managed", "external"]
    (managed,) = await read(sandbox, ada, only_managed=True)
    assert (managed["event_id"], managed["extended_transparency"], managed["event_private"]) == (
        "e",
        "out_of_office",
        True,
    )
    assert managed["options"] == {"delete": True, "update": True, "change_participation_status": False}
    assert managed["organizer"] == {"email": "ada@example.com", "display_name": "Ada"}


async def test_reads_can_be_limited_to_calendars(sandbox: Sandbox, ada: Account) -> None:
    first, second = ada.calendar_ids
    sandbox.events.add(ada, at(9), at(10), "one", calendar_id=first)
    sandbox.events.add(ada, at(11), at(12), "two", calendar_id=second)

    assert names(await read(sandbox, ada, calendar_ids=[second])) == ["two"]
    assert names(await read(sandbox, ada, calendar_ids=[first, second, "cal_0"])) == ["one", "two"]
    sandbox.calendars.change(second, deleted=True)
    assert names(await read(sandbox, ada)) == ["one"]


async def test_the_window_uses_the_time_zone_of_the_read(sandbox: Sandbox, ada: Account) -> None:
    for hour, name in ((4, "before"), (6, "in New York")):
        sandbox.events.add(ada, at(hour, day=5) - timedelta(hours=1), at(hour, day=5) - timedelta(minutes=30), name)
    sandbox.events.add(ada, at(4, 30, day=6), at(6, day=6), "starts inside")
    sandbox.events.add(ada, at(5, day=6), at(6, day=6), "after")
    window = {"from_": "2031-03-05", "to": "2031-03-06"}

    assert names(await read(sandbox, ada, tzid="America/New_York", **window)) == ["in New York", "starts inside"]
    assert names(await read(sandbox, ada, **window)) == ["before", "in New York"]
    as_times = {"from_": "2031-03-05T06:00:00Z", "to": "2031-03-05T12:00:00Z"}
    assert names(await read(sandbox, ada, **as_times)) == ["before", "in New York"]


async def test_an_event_that_ends_when_the_window_begins_is_included(sandbox: Sandbox, ada: Account) -> None:
    sandbox.events.add(ada, at(23, day=4), at(0, day=5), "ends on it")
    sandbox.events.add(ada, date(2031, 3, 4), date(2031, 3, 5), "the day before", tzid="Pacific/Auckland")
    sandbox.events.add(ada, date(2031, 3, 5), date(2031, 3, 6), "the day", tzid="Pacific/Auckland")
    sandbox.events.add(ada, at(0, day=6), at(1, day=6), "starts at the end")

    assert sorted(names(await read(sandbox, ada, from_="2031-03-05", to="2031-03-06"))) == ["ends on it", "the day"]


async def test_external_events_are_known_for_42_days_back_and_201_ahead(sandbox: Sandbox, ada: Account) -> None:
    for days in (-43, -42, 200, 201):
        start = at(9) + timedelta(days=days)
        sandbox.events.add(ada, start, start + timedelta(hours=1), f"external {days}")
        await upsert(
            sandbox,
            ada,
            event_id=str(days),
            summary=f"managed {days}",
            start=text(start),
            end=text(start + timedelta(hours=1)),
        )
    external = ["external -42", "external 200"]
    window = {"from_": "2030-01-01", "to": "2032-01-01"}

    assert names(await read(sandbox, ada)) == external
    assert names(await read(sandbox, ada, **window)) == external
    managed = [f"managed {days}" for days in (-43, -42, 200, 201)]
    assert names(await read(sandbox, ada, only_managed=True)) == managed, "whatever their time"
    assert names(await read(sandbox, ada, only_managed=True, **window)) == managed
    assert names(await read(sandbox, ada, only_managed=True, from_="2031-03-01")) == managed[2:]


@pytest.mark.parametrize(
    ("tzid", "day", "expected"),
    [
        ("Europe/Paris", date(2031, 3, 29), "2031-03-29T09:00:00+01:00"),
        ("Europe/Paris", date(2031, 3, 30), "2031-03-30T09:00:00+02:00"),
        ("Etc/UTC", date(2031, 3, 30), "2031-03-30T09:00:00Z"),
        ("Asia/Kathmandu", date(2031, 3, 30), "2031-03-30T09:00:00+05:45"),
    ],
)
async def test_times_are_localized(sandbox: Sandbox, ada: Account, tzid: str, day: date, expected: str) -> None:
    local = datetime.combine(day, time(9), ZoneInfo(tzid))
    event = sandbox.events.add(ada, local, local + timedelta(hours=1), tzid=tzid)

    (localized,) = await read(sandbox, ada, localized_times=True)
    assert localized["start"] == {"time": expected, "tzid": tzid}
    (plain,) = await read(sandbox, ada)
    assert times([plain]) == [(text(event.start), text(event.end))]


async def test_all_day_events_have_dates_in_every_zone(sandbox: Sandbox, ada: Account) -> None:
    await upsert(sandbox, ada, start="2031-03-05", end="2031-03-07", tzid="Pacific/Auckland")

    for zone in ("Etc/UTC", "America/New_York"):
        (plain,) = await read(sandbox, ada, tzid=zone, include_managed=True)
        assert times([plain]) == [("2031-03-05", "2031-03-07")]
    (localized,) = await read(sandbox, ada, include_managed=True, localized_times=True)
    assert localized["end"] == {"time": "2031-03-07", "tzid": "Pacific/Auckland"}
    assert localized["transparency"] == "transparent"


async def test_last_modified_selects_changed_events(sandbox: Sandbox, ada: Account) -> None:
    old = sandbox.events.add(ada, at(9), at(10), "old")
    gone = sandbox.events.add(ada, at(10), at(11), "gone")
    sandbox.events.add(ada, at(11), at(12), "untouched")
    sandbox.clock.advance(minutes=5)
    since = text(sandbox.clock.now())
    sandbox.events.change(old, summary="new")
    sandbox.events.delete(gone)

    assert names(await read(sandbox, ada, last_modified=since)) == ["new"]
    changed = await read(sandbox, ada, last_modified=since, include_deleted=True)
    assert [(event["summary"], event["deleted"], event["updated"]) for event in changed] == [
        ("new", False, since),
        ("gone", True, since),
    ]
    assert changed[1]["options"] == {"delete": False, "update": False, "change_participation_status": False}
    assert len(await read(sandbox, ada)) == 2


async def test_moved_events_are_included_in_their_former_window(sandbox: Sandbox, ada: Account) -> None:
    event = sandbox.events.add(ada, at(9, day=5), at(10, day=5))
    sandbox.events.change(event, start=at(9, day=6))
    sandbox.events.change(event, start=at(9, day=20))
    window = {"from_": "2031-03-05", "to": "2031-03-07"}

    assert await read(sandbox, ada, **window) == []
    moved = await read(sandbox, ada, include_moved=True, **window)
    assert times(moved) == [(text(at(9, day=20)), text(at(10, day=20)))]
    assert await read(sandbox, ada, include_moved=True, from_="2031-03-08", to="2031-03-10") == []


async def test_google_calendars_have_google_event_ids(sandbox: Sandbox, ada: Account) -> None:
    office = sandbox.runtime.state.add_profile(ada, "ada@work.example", "office365")
    other = sandbox.calendars.add(ada, "Office", profile_id=office.profile_id)
    sandbox.events.add(ada, at(9), at(10))
    sandbox.events.add(ada, at(11), at(12), calendar_id=other.calendar_id)

    google, microsoft = await read(sandbox, ada, google_event_ids=True)

    assert google["google_event_id"]
    assert "google_event_id" not in microsoft
    assert all("google_event_id" not in event for event in await read(sandbox, ada))


# Pages.


async def test_pages_show_the_events_as_they_were(sandbox: Sandbox, ada: Account) -> None:
    created = [sandbox.events.add(ada, at(9, day=day), at(10, day=day), f"{day}") for day in (4, 5, 6, 7, 8)]
    first = await call(sandbox, "GET", "/v1/events?tzid=Etc/UTC", token=ada.access_token)
    pages = first.json["pages"]
    assert (names(first.json["events"]), pages["current"], pages["total"]) == (["4", "5"], 1, 3)

    sandbox.events.delete(created[0])
    sandbox.events.change(created[2], start=at(9, day=20))
    second = await call(sandbox, "GET", following(first), token=ada.access_token)
    assert names(second.json["events"]) == ["6", "7"], "nothing is missed, and nothing comes twice"
    third = await call(sandbox, "GET", following(second), token=ada.access_token)
    assert (names(third.json["events"]), "next_page" in third.json["pages"]) == (["8"], False)
    assert names(await read(sandbox, ada)) == ["5", "7", "8", "6"]


@pytest.mark.parametrize("listing", ["events", "free_busy"])
async def test_page_urls_expire(listing: str) -> None:
    for expires in (True, False):
        sandbox = Sandbox(now=NOW, page_size=1, assume={"page_urls_expire": expires})
        ada = sandbox.add_account("ada@example.com")
        bob = sandbox.add_account("bob@example.com")
        for day in (4, 5):
            sandbox.events.add(ada, at(9, day=day), at(10, day=day))
        target = f"/v1/{listing}?tzid=Etc/UTC"
        page = following(await call(sandbox, "GET", target, token=ada.access_token))
        assert (await call(sandbox, "GET", page, token=bob.access_token)).status == 404
        sandbox.clock.advance(minutes=10)
        assert (await call(sandbox, "GET", page, token=ada.access_token)).status == 200
        sandbox.clock.advance(seconds=1)
        again = following(await call(sandbox, "GET", target, token=ada.access_token))
        assert (await call(sandbox, "GET", page, token=ada.access_token)).status == (404 if expires else 200)
        assert (await call(sandbox, "GET", again, token=ada.access_token)).status == 200


async def test_unknown_pages_and_missing_credentials(sandbox: Sandbox, ada: Account) -> None:
    assert (await call(sandbox, "GET", "/v1/events/pages/0", token=ada.access_token)).status == 404
    assert (await call(sandbox, "GET", "/v1/events?tzid=Etc/UTC")).status == 403
    assert (await call(sandbox, "GET", "/v1/events?tzid=Etc/UTC", token=None)).status == 401
    sandbox.faults.add("events.read", status=402, times=1)
    target = "/v1/events?tzid=Etc/UTC&include_geo=True"
    assert (await call(sandbox, "GET", target, token=ada.access_token)).status == 402
    assert (await call(sandbox, "GET", target, token=ada.access_token)).status == 200
