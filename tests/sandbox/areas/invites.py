"""Helpers for tests of Smart Invites: requests, and iCalendar texts as parsed by the library."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from icalendar import Calendar

from cronofy_async.sandbox import Sandbox

from ..callbacks import APP
from ..support import Json, Reply, at, call, text

PATH = "/v1/smart_invites"
HOOK = f"{APP}/invites"
PAT, LEE, KIM = "pat@example.com", "lee@example.com", "kim@example.com"


def invite(**changes: Any) -> Json:
    return {
        "method": "request",
        "smart_invite_id": "order-77",
        "recipient": {"email": PAT},
        "callback_url": HOOK,
        "event": event(),
        "organizer": {"name": "Our shop"},
        **changes,
    }


def team_invite(*emails: str, **changes: Any) -> Json:
    body = invite(smart_invite_id="team-1", recipients=[{"email": email} for email in emails], **changes)
    del body["recipient"]
    return body


def event(**changes: Any) -> Json:
    return {"summary": "Fitting", "start": text(at(9)), "end": text(at(10)), "tzid": "Europe/Paris", **changes}


async def send(sandbox: Sandbox, body: Json) -> Json:
    reply = await call(sandbox, "POST", PATH, body)
    assert reply.status == 200, reply
    rendered: Json = reply.json
    return rendered


async def status(sandbox: Sandbox, ident: str = "order-77", email: str | None = PAT) -> Reply:
    query = {"smart_invite_id": ident} | ({"recipient_email": email} if email else {})
    return await call(sandbox, "GET", f"{PATH}?{urlencode(query)}")


def parse_invitation(text: str) -> tuple[Any, Any]:
    """Return a parsed iCalendar text and its only event."""
    assert "\n" not in text.replace("\r\n", "")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    calendar = Calendar.from_ical(text)
    assert calendar.errors == []
    (event,) = calendar.events
    assert event.errors == []
    return calendar, event


def replies_of(event: Any) -> dict[str, str]:
    """Return the reply of each attendee."""
    attendees = event.attendees
    assert all(item.params["RSVP"] == "TRUE" for item in attendees)
    return {attendee.email: attendee.params["PARTSTAT"] for attendee in attendees}
