"""Examples of Smart Invites."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, cast
from zoneinfo import ZoneInfo

import attrs
import pytest

from cronofy_async import CronofyClient, to_dict
from cronofy_async.models import (
    EventLocation,
    InvitedEvent,
    InviteEvent,
    InviteRecipient,
    Location,
    Organizer,
    Proposal,
    Recipient,
    Reminder,
    SmartInvite,
)
from cronofy_async.times import EventTime

from .event_parts import EVENT, EVENT_JSON
from .example import END, EXTRA, START, Example, ModelExample, answering

ICALENDAR = "BEGIN:VCALENDAR\nVERSION:2.0..."
CALLBACK = "https://app.example.com/invites"
BOARD = InviteEvent(
    summary="Board meeting", start=START, end=END, tzid=ZoneInfo("Europe/London"), location=Location(description="Room")
)
BOARD_JSON: dict[str, Any] = {
    "summary": "Board meeting",
    "start": "2030-02-01T09:30:00Z",
    "end": "2030-02-01T10:30:00Z",
    "tzid": "Europe/London",
    "location": {"description": "Room"},
}
BOARD_SHOWN: dict[str, Any] = {
    "summary": "Board meeting",
    "start": {"time": "2030-02-01T09:30:00Z", "tzid": "Europe/London"},
    "end": {"time": "2030-02-01T10:30:00Z", "tzid": "Europe/London"},
}
PAT = InviteRecipient(email="pat@example.com", status="pending")
INVITE = SmartInvite(
    smart_invite_id="order-77",
    callback_url=CALLBACK,
    recipient=PAT,
    event=InvitedEvent(
        summary="Board meeting", start=EventTime(BOARD_SHOWN["start"]), end=EventTime(BOARD_SHOWN["end"])
    ),
    attachments={"icalendar": ICALENDAR},
)
INVITE_JSON: dict[str, Any] = {
    "smart_invite_id": "order-77",
    "callback_url": CALLBACK,
    "recipient": {"email": "pat@example.com", "status": "pending"},
    "event": BOARD_SHOWN,
    "attachments": {"icalendar": ICALENDAR},
}
SEVERAL = attrs.evolve(
    INVITE, recipient=None, recipients=(attrs.evolve(PAT, status="accepted"), InviteRecipient(email="lee@example.com"))
)
SEVERAL_JSON = {name: value for name, value in INVITE_JSON.items() if name != "recipient"} | {
    "recipients": [
        {"email": "pat@example.com", "status": "accepted"},
        {"email": "lee@example.com", "status": "pending"},
    ]
}
TO_PAT = {"email": "pat@example.com"}
PROPOSED: dict[str, Any] = {
    "start": {"time": "2030-02-01T13:30:00+01:00", "tzid": "Europe/Paris"},
    "end": {"time": "2030-02-01T14:00:00+01:00", "tzid": "Europe/Paris"},
}


def example(name: str, title: str = "", *, call: Callable[[CronofyClient], Any], **members: Any) -> Example:
    """Return an example of a call that returns the invite."""
    defaults: dict[str, Any] = {"request": "POST /v1/smart_invites", "response": INVITE_JSON, "result": INVITE}
    return Example(endpoint=f"smart_invites.{name}", title=title, call=call, **(defaults | members))


EXAMPLES = [
    example(
        "upsert",
        call=lambda client: client.smart_invites.upsert(
            "order-77",
            recipient=Recipient("pat@example.com"),
            event=BOARD,
            callback_url=CALLBACK,
            organizer=Organizer(name="Our shop"),
        ),
        json={
            "method": "request",
            "smart_invite_id": "order-77",
            "recipient": TO_PAT,
            "event": BOARD_JSON,
            "callback_url": CALLBACK,
            "organizer": {"name": "Our shop"},
        },
    ),
    example(
        "upsert",
        "mappings, and the response that an official SDK expects",
        call=lambda client: client.smart_invites.upsert("order-77", recipient=TO_PAT, event=BOARD_JSON),
        json={"method": "request", "smart_invite_id": "order-77", "recipient": TO_PAT, "event": BOARD_JSON},
        status=202,
        response={"smart_invite_id": "order-77", "method": "request", "event": BOARD_JSON, "attachments": []},
        result=SmartInvite(
            smart_invite_id="order-77",
            method="request",
            event=InvitedEvent(
                summary="Board meeting",
                start=EventTime("2030-02-01T09:30:00Z"),
                end=EventTime("2030-02-01T10:30:00Z"),
                tzid="Europe/London",
                location=EventLocation(description="Room"),
            ),
            attachments=[],
        ),
        in_contract=False,
    ),
    example(
        "upsert_multiple",
        call=lambda client: client.smart_invites.upsert_multiple(
            "order-77",
            recipients=[Recipient("pat@example.com", status="accepted"), {"email": "lee@example.com"}],
            event=BOARD,
        ),
        json={
            "method": "request",
            "smart_invite_id": "order-77",
            "recipients": [{"email": "pat@example.com", "status": "accepted"}, {"email": "lee@example.com"}],
            "event": BOARD_JSON,
        },
        response=SEVERAL_JSON,
        result=attrs.evolve(
            SEVERAL, recipients=(SEVERAL.recipients[0], attrs.evolve(SEVERAL.recipients[1], status="pending"))
        ),
    ),
    example(
        "cancel",
        call=lambda client: client.smart_invites.cancel("order-77", recipient=Recipient("pat@example.com")),
        json={"method": "cancel", "smart_invite_id": "order-77", "recipient": TO_PAT},
    ),
    example(
        "cancel",
        "several recipients",
        call=lambda client: client.smart_invites.cancel("order-77", recipients=[TO_PAT]),
        json={"method": "cancel", "smart_invite_id": "order-77", "recipients": [TO_PAT]},
    ),
    example(
        "remove_recipient",
        call=lambda client: client.smart_invites.remove_recipient("order-77", recipient=TO_PAT),
        json={"method": "remove", "smart_invite_id": "order-77", "recipient": TO_PAT},
        response={
            "smart_invite_id": "order-77",
            "recipient": TO_PAT,
            "event": BOARD_SHOWN,
            "attachments": {"removed": TO_PAT},
        },
        result=SmartInvite(
            smart_invite_id="order-77",
            recipient=InviteRecipient(email="pat@example.com"),
            event=INVITE.event,
            attachments={"removed": TO_PAT},
        ),
    ),
    example(
        "status",
        call=lambda client: client.smart_invites.status("order-77", recipient_email="pat+1@example.com"),
        request="GET /v1/smart_invites?smart_invite_id=order-77&recipient_email=pat%2B1%40example.com",
        response={
            "smart_invite_id": "order-77",
            "recipient": {
                "email": "pat+1@example.com",
                "status": "declined",
                "comment": "Too early",
                "proposal": PROPOSED,
            },
            "replies": [{"email": "kim@example.com", "status": "accepted"}],
            "event": BOARD_SHOWN,
        },
        result=SmartInvite(
            smart_invite_id="order-77",
            recipient=InviteRecipient(
                email="pat+1@example.com",
                status="declined",
                comment="Too early",
                proposal=Proposal(start=EventTime(PROPOSED["start"]), end=EventTime(PROPOSED["end"])),
            ),
            replies=(InviteRecipient(email="kim@example.com", status="accepted"),),
            event=INVITE.event,
        ),
    ),
    example(
        "status",
        "several recipients",
        call=lambda client: client.smart_invites.status("order-77"),
        request="GET /v1/smart_invites?smart_invite_id=order-77",
        response={"smart_invite_id": "order-77", "recipients": SEVERAL_JSON["recipients"], "event": BOARD_SHOWN},
        result=SmartInvite(
            smart_invite_id="order-77",
            recipients=(SEVERAL.recipients[0], InviteRecipient(email="lee@example.com", status="pending")),
            event=INVITE.event,
        ),
    ),
]

MODELS: list[ModelExample] = [
    (Recipient("a@example.com", status="declined"), {"email": "a@example.com", "status": "declined"}),
    (Organizer(name="a", email="b"), {"name": "a", "email": "b"}),
    (
        InviteEvent(
            summary="a",
            start="2030-02-01",
            end=EventTime({"time": "2030-02-02", "tzid": "Etc/UTC"}),
            tzid="Etc/UTC",
            description="b",
            location=Location(lat="1", long="2"),
            url=None,
            reminders=(Reminder(5),),
            transparency="opaque",
            color="#00ff00",
        ),
        {
            "summary": "a",
            "start": "2030-02-01",
            "end": {"time": "2030-02-02", "tzid": "Etc/UTC"},
            "tzid": "Etc/UTC",
            "description": "b",
            "location": {"lat": "1", "long": "2"},
            "url": None,
            "reminders": [{"minutes": 5}],
            "transparency": "opaque",
            "color": "#00ff00",
        },
    ),
    (Proposal(start=EventTime(PROPOSED["start"]), end=EventTime("2030-02-01")), PROPOSED | {"end": "2030-02-01"}),
    (
        InviteRecipient(
            email="a", status="b", comment="c", proposal=Proposal(start=EventTime("d"), end=EventTime("e"))
        ),
        {"email": "a", "status": "b", "comment": "c", "proposal": {"start": "d", "end": "e"}},
    ),
    (
        InvitedEvent(**EVENT, start=EventTime("2030-02-01"), end=EventTime("2030-02-02")),
        {**EVENT_JSON, "start": "2030-02-01", "end": "2030-02-02"},
    ),
    (
        SmartInvite(
            smart_invite_id="a",
            method="cancel",
            callback_url="b",
            recipient=PAT,
            recipients=(PAT,),
            replies=(PAT,),
            event=InvitedEvent(summary="c"),
            attachments={"icalendar": ICALENDAR},
            extra=EXTRA,
        ),
        {
            "smart_invite_id": "a",
            "method": "cancel",
            "callback_url": "b",
            "recipient": {"email": "pat@example.com", "status": "pending"},
            "recipients": [{"email": "pat@example.com", "status": "pending"}],
            "replies": [{"email": "pat@example.com", "status": "pending"}],
            "event": {"summary": "c"},
            "attachments": {"icalendar": ICALENDAR},
            **EXTRA,
        },
    ),
]


def test_an_all_day_event_is_written_with_dates() -> None:
    holiday = InviteEvent(summary="a", start=date(2030, 2, 1), end=date(2030, 2, 2))

    assert to_dict(holiday) == {"summary": "a", "start": "2030-02-01", "end": "2030-02-02"}


def test_the_icalendar_text_to_mail() -> None:
    assert INVITE.id == "order-77"
    assert (INVITE.icalendar, INVITE.removed) == (ICALENDAR, None)
    assert SmartInvite(smart_invite_id="a", attachments={"icalendar": 7, "removed": TO_PAT}).removed == TO_PAT
    nothing: tuple[Any, ...] = (None, [], {"icalendar": 7})
    for attachments in nothing:
        assert SmartInvite(smart_invite_id="a", attachments=attachments).icalendar is None


def test_recipient_of_finds_single_and_multiple_recipients() -> None:
    assert INVITE.recipient_of("pat@example.com") == PAT
    assert SEVERAL.recipient_of("lee@example.com") == SEVERAL.recipients[1]
    assert INVITE.recipient_of("lee@example.com") is None


EVENTS: list[tuple[Any, str]] = [
    (None, "event: must be an object"),
    ({"start": "2030-02-01", "end": "2030-02-02"}, "event.summary: is required"),
    ({"summary": "a", "end": "2030-02-02"}, "event.start: is required"),
    ({"summary": "a", "start": "2030-02-01", "end": None}, "event.end: is required"),
    (BOARD_JSON | {"summary": "x" * 1025}, "event.summary: must have at most 1024 characters, has 1025"),
    (BOARD_JSON | {"description": "x" * 4097}, "event.description: must have at most 4096 characters, has 4097"),
    (attrs.evolve(BOARD, start=START.replace(tzinfo=None)), "event.start: 2030-02-01T09:30:00 has no time zone"),
]
BROKEN: list[tuple[str, Callable[[CronofyClient], object]]] = [
    *(
        (message, lambda client, event=event: client.smart_invites.upsert("a", recipient=TO_PAT, event=event))
        for event, message in EVENTS
    ),
    (
        "smart_invite_id: must not be empty",
        lambda client: client.smart_invites.upsert("", recipient=TO_PAT, event=BOARD),
    ),
    ("smart_invite_id: must not be empty", lambda client: client.smart_invites.status("")),
    (
        "recipient.email: is required",
        lambda client: client.smart_invites.upsert("a", recipient=Recipient(""), event=BOARD),
    ),
    ("recipient.email: is required", lambda client: client.smart_invites.remove_recipient("a", recipient={})),
    (
        "recipient: expected a recipient, got 'pat@example.com'. Pass Recipient(…).",
        lambda client: client.smart_invites.upsert("a", recipient=cast("Any", "pat@example.com"), event=BOARD),
    ),
    (
        "recipients[1].email: is required",
        lambda client: client.smart_invites.upsert_multiple("a", recipients=[TO_PAT, {}], event=BOARD),
    ),
    (
        "recipients: must not be empty",
        lambda client: client.smart_invites.upsert_multiple("a", recipients=[], event=BOARD),
    ),
    (
        "recipients: cannot be combined with recipient",
        lambda client: client.smart_invites.cancel("a", recipient=TO_PAT, recipients=[TO_PAT]),
    ),
]


@pytest.mark.parametrize(("message", "call"), BROKEN)
def test_an_invalid_argument_raises_before_a_request_is_sent(
    message: str, call: Callable[[CronofyClient], object]
) -> None:
    client, transport = answering({})

    with pytest.raises(ValueError, match=re.escape(message)):
        call(client)

    assert transport.requests == []


@pytest.mark.parametrize("text", [BOARD_JSON | {"summary": "x" * 1024}, BOARD_JSON | {"description": 7}])
def test_undocumented_values_are_sent(text: Any) -> None:
    answering({})[0].smart_invites.upsert("a", recipient=TO_PAT, event=text).close()
