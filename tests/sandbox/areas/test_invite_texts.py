"""The iCalendar texts of Smart Invites, parsed by the library."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cronofy_async.sandbox import Sandbox
from cronofy_async.sandbox.kernel.events.ical import invitation

from ..support import NOW, Json, at, call
from .invites import PAT, event, invite, parse_invitation, replies_of, send


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW, strict=True) as sandbox:
        yield sandbox


async def test_the_invitation_can_be_mailed(sandbox: Sandbox) -> None:
    body = invite(
        event=event(
            description="Bring shoes; and, of course,\nsocks. " * 5,
            location={"description": "Shop", "lat": "48.85", "long": "2.35"},
            url="https://shop.example.com/77",
            transparency="transparent",
            reminders=[{"minutes": 30}],
        )
    )

    calendar, vevent = parse_invitation((await send(sandbox, body))["attachments"]["icalendar"])

    assert (calendar.method, calendar.version, vevent.sequence, str(vevent["STATUS"])) == (
        "REQUEST",
        "2.0",
        0,
        "CONFIRMED",
    )
    assert (vevent.start, vevent.end, vevent.stamp) == (at(9), at(10), NOW)
    assert [str(zone.tz_name) for zone in calendar.timezones] == ["Europe/Paris"]
    assert (vevent.summary, vevent.description) == ("Fitting", "Bring shoes; and, of course,\nsocks. " * 5)
    assert (vevent.location, vevent.url, str(vevent["TRANSP"])) == (
        "Shop",
        "https://shop.example.com/77",
        "TRANSPARENT",
    )
    assert (vevent["GEO"].latitude, vevent["GEO"].longitude) == (48.85, 2.35)
    assert [alarm.TRIGGER for alarm in vevent.walk("VALARM")] == [timedelta(minutes=-30)]
    assert replies_of(vevent) == {PAT: "NEEDS-ACTION"}
    organizer = vevent["ORGANIZER"]
    assert (organizer.params["CN"], organizer.email.rpartition("@")[2]) == ("Our shop", "sandbox.invalid")


async def test_the_same_requests_give_the_same_text() -> None:
    texts = [(await send(Sandbox(now=NOW), invite()))["attachments"]["icalendar"] for _ in range(2)]

    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("start", "tzid", "expected"),
    [
        ("2031-03-30T00:30:00Z", "Europe/Berlin", datetime(2031, 3, 30, 0, 30, tzinfo=UTC)),  # the clocks go forward
        ("2031-10-26T00:30:00Z", "Europe/Berlin", datetime(2031, 10, 26, 0, 30, tzinfo=UTC)),  # and back
        ("2031-07-01T12:00:00Z", "America/New_York", datetime(2031, 7, 1, 12, tzinfo=UTC)),
        ({"time": "2031-07-01T09:00:00+05:30", "tzid": "Asia/Kolkata"}, None, datetime(2031, 7, 1, 3, 30, tzinfo=UTC)),
    ],
)
async def test_times_are_in_the_time_zone_of_the_event(
    sandbox: Sandbox, start: str | Json, tzid: str | None, expected: datetime
) -> None:
    zone = {} if tzid is None else {"tzid": tzid}
    end: Any = "2031-11-01T00:00:00Z" if tzid else {"time": "2031-11-01T00:00:00Z", "tzid": "Asia/Kolkata"}
    body = invite(event={"summary": "Fitting", "start": start, "end": end, **zone})

    calendar, event = parse_invitation((await send(sandbox, body))["attachments"]["icalendar"])

    (described,) = calendar.timezones  # by its own rules, not by its name
    rendered = event.start
    assert isinstance(rendered, datetime)
    assert rendered.replace(tzinfo=described.to_tz(lookup_tzid=False)).astimezone(UTC) == expected
    assert str(described.tz_name) == (tzid or "Asia/Kolkata")


@pytest.mark.parametrize(
    ("start", "tzid", "expected"),
    [
        ("2031-10-26T01:30:00Z", "Europe/Berlin", datetime(2031, 10, 26, 1, 30, tzinfo=UTC)),  # half past two again
        ("2031-07-01T09:00:00Z", "Etc/UTC", datetime(2031, 7, 1, 9, tzinfo=UTC)),
        ("2031-07-01", "Europe/Berlin", date(2031, 7, 1)),
    ],
)
async def test_times_without_a_time_zone(sandbox: Sandbox, start: str, tzid: str, expected: datetime | date) -> None:
    end = "2031-11-01T00:00:00Z" if isinstance(expected, datetime) else "2031-11-01"
    body = invite(event={"summary": "Fitting", "start": start, "end": end, "tzid": tzid})

    _, event = parse_invitation((await send(sandbox, body))["attachments"]["icalendar"])

    assert event.start == expected
    assert "TZID" not in event["DTSTART"].params


@pytest.mark.parametrize(
    ("start", "end"),
    [("0001-01-01T00:00:00Z", "0001-01-01T01:00:00Z"), ("9999-12-31T22:00:00Z", "9999-12-31T23:00:00Z")],
)
@pytest.mark.parametrize("tzid", ["America/Chicago", "Asia/Tokyo"])
async def test_invites_in_the_first_and_last_year_have_correct_texts(
    sandbox: Sandbox, start: str, end: str, tzid: str
) -> None:
    rendered = await send(sandbox, invite(event=event(start=start, end=end, tzid=tzid)))

    _, vevent = parse_invitation(rendered["attachments"]["icalendar"])
    assert vevent["DTEND"].dt - vevent["DTSTART"].dt == timedelta(hours=1)


@pytest.mark.parametrize(
    ("member", "value", "field"),
    [
        ("location", {"lat": "north", "long": "2.35"}, "event.location.lat"),
        ("reminders", [{"minutes": 2**31}], "event.reminders[0].minutes"),
    ],
)
async def test_values_that_an_invitation_cannot_represent_are_rejected(
    sandbox: Sandbox, member: str, value: Any, field: str
) -> None:
    reply = await call(sandbox, "POST", "/v1/smart_invites", invite(event=event(**{member: value})))

    assert list(reply.errors) == [field]


def test_an_event_that_is_published_has_no_organizer_and_no_attendees() -> None:
    text = invitation(
        {"summary": "Fitting", "start": "2031-03-03T09:00:00Z", "end": "2031-03-03T10:00:00Z"},
        method="PUBLISH",
        uid="order-77",
        sequence=0,
        stamp=NOW,
        organizer=None,
        attendees=(),
    )

    calendar, event = parse_invitation(text)

    assert (calendar.method, event.start, event.end) == ("PUBLISH", at(9), at(10))
    assert not {"ORGANIZER", "ATTENDEE"} & event.keys()
