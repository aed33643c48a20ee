"""What each method of pycronofy changes or reads: a call that changes something, and the call that shows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..sandbox.support import Json, at, text
from .change import APP, Change, Setup, Step, value_at, values_of
from .support import BatchBuilder

# It has no types.
requests: Any = import_module("requests")

OAUTH = {"redirect_uri": f"{APP}/done", "scope": "create_event", "state": "s"}
RULE = {
    "availability_rule_id": "work",
    "tzid": "Europe/London",
    "weekly_periods": [{"day": "monday", "start_time": "09:00", "end_time": "12:00"}],
}


def details(number: int) -> Json:
    return {"summary": f"Event {number}", "start": at(9 + number), "end": at(10 + number), "tzid": "Etc/UTC"}


def event(number: int = 0) -> Json:
    return {"event_id": f"e{number}", **details(number)}


def write_events(setup: Setup) -> None:
    for number, calendar in enumerate((setup.ada.calendar_id, setup.ada.calendar_id, setup.ada.calendar_ids[1])):
        setup.client.upsert_event(calendar, event(number))


def add_external_event(setup: Setup) -> None:
    result = setup.sandbox.run(
        lambda sandbox: sandbox.events.add(setup.ada, summary="Old", participation_status="needs_action")
    )
    setup.sandbox.run(lambda sandbox: sandbox.calendars.change(setup.ada.calendar_id, permission_level="unrestricted"))
    setup.created = result.event_uid


def authorize_in_browser(setup: Setup) -> None:
    """Authorize the application on the page of an authorization URL, as a new person's browser does."""
    page = setup.client.user_auth_link(f"{APP}/done", scope="read_write", state="s")
    headers = {"Accept": "text/html"}
    hint = {"login_hint": "kim@example.org"}
    response = requests.get(page, hint, headers=headers, allow_redirects=False, timeout=10)
    location: str = response.headers["Location"]
    setup.created = parse_qs(urlsplit(location).query)["code"][0]


def participants(setup: Setup) -> Json:
    return {"members": [setup.ada.sub], "required": "all"}


def query(setup: Setup) -> Json:
    periods = [{"start": at(9), "end": at(12)}]
    return {"participants": participants(setup), "required_duration": 60, "available_periods": periods}


def sequence(setup: Setup) -> Json:
    step = {"sequence_id": "a", "ordinal": 1, "participants": participants(setup), "required_duration": 60}
    step |= {"event": {"event_id": "loop-a", "summary": "First"}}
    return {"sequence": [step], "available_periods": [{"start": at(9), "end": at(12)}]}


def link(setup: Setup) -> tuple[Any, ...]:
    return query(setup), OAUTH, {"event_id": "intro-1", "summary": "Intro", "tzid": "Etc/UTC"}


def create_link(setup: Setup) -> None:
    keep_link(setup, setup.client.real_time_scheduling(*link(setup)))


def keep_link(setup: Setup, response: Any) -> None:
    setup.created = response["real_time_scheduling"]["real_time_scheduling_id"]


def keep_token(setup: Setup, response: Any) -> None:
    setup.created = response["real_time_scheduling"]["url"].rpartition("/")[2]


def book_sequence(setup: Setup, response: Any) -> None:
    url = response["real_time_sequencing"]["url"]
    setup.sandbox.run(lambda sandbox: sandbox.real_time_sequencing.book(url))


def sequencing(setup: Setup) -> tuple[Any, ...]:
    target = {"sub": setup.ada.sub, "calendar_id": setup.ada.calendar_id}
    return sequence(setup), OAUTH, {"event_id": "loop", "summary": "Loop", "tzid": "Etc/UTC"}, [target]


def invite(recipient: Any) -> Callable[[Setup], tuple[Any, ...]]:
    def arguments(_: Setup) -> tuple[Any, ...]:
        return "order-7", recipient, details(0), f"{APP}/invites", {"name": "Our shop"}

    return arguments


def create_channel(setup: Setup) -> None:
    setup.created = setup.client.create_notification_channel(f"{APP}/changes")["channel_id"]


def batch(setup: Setup) -> tuple[Any, ...]:
    builder = BatchBuilder().upsert_event(setup.ada.calendar_id, event(3)).delete_event(setup.ada.calendar_id, "e0")
    return (builder.delete_external_event(setup.ada.calendar_id, setup.created),)


def prepare_batch(setup: Setup) -> None:
    setup.client.upsert_event(setup.ada.calendar_id, event())
    add_external_event(setup)


EVENTS = Step("read_events")
CALENDARS = Step("list_calendars")
PAT, LEE = {"email": "pat@example.com"}, {"email": "lee@example.com"}
INVITE = Step("get_smart_invite", lambda _: ("order-7", PAT["email"]))
LINK = Step("get_real_time_scheduling_status", options=lambda setup: {"real_time_scheduling_id": setup.created})
LINK_BY_TOKEN = Step("get_real_time_scheduling_status", options=lambda setup: {"token": setup.created})
LINK_STATUS = value_at("real_time_scheduling", "status")
RULES = Step("list_availability_rules")
CHANNELS = Step("list_notification_channels")


def availability(setup: Setup) -> tuple[Any, ...]:
    return participants(setup), 60, [{"start": at(9), "end": at(12)}]


def sequenced_availability(setup: Setup) -> tuple[Any, ...]:
    return sequence(setup)["sequence"], [{"start": at(9), "end": at(12)}]


def upsert(setup: Setup) -> tuple[Any, ...]:
    return setup.ada.calendar_id, event()


def event_path(setup: Setup) -> tuple[Any, ...]:
    return setup.ada.calendar_id, setup.created


CHANGES = [
    Change(
        name="write an event",
        write=Step("upsert_event", upsert),
        read=EVENTS,
        extract=values_of("summary"),
        before=[],
        after=["Event 0"],
    ),
    Change(
        name="edit an external event",
        prepare=add_external_event,
        write=Step("upsert_event", lambda setup: (setup.ada.calendar_id, {"event_uid": setup.created, **details(0)})),
        read=EVENTS,
        extract=values_of("summary"),
        before=["Old"],
        after=["Event 0"],
    ),
    Change(
        name="delete an event",
        prepare=write_events,
        write=Step("delete_event", lambda setup: (setup.ada.calendar_id, "e1")),
        read=EVENTS,
        extract=values_of("event_id"),
        before=["e0", "e1", "e2"],
        after=["e0", "e2"],
    ),
    Change(
        name="delete an external event",
        prepare=add_external_event,
        write=Step("delete_external_event", event_path),
        read=EVENTS,
        extract=values_of("summary"),
        before=["Old"],
        after=[],
    ),
    Change(
        name="delete all events",
        prepare=write_events,
        write=Step("delete_all_events"),
        read=EVENTS,
        extract=values_of("event_id"),
        before=["e0", "e1", "e2"],
        after=[],
    ),
    Change(
        name="delete all events of a calendar",
        prepare=write_events,
        write=Step("delete_all_events", lambda setup: ((setup.ada.calendar_id,),)),
        read=EVENTS,
        extract=values_of("event_id"),
        before=["e0", "e1", "e2"],
        after=["e2"],
    ),
    Change(
        name="answer an invitation",
        prepare=add_external_event,
        write=Step("change_participation_status", lambda setup: (*event_path(setup), "accepted")),
        read=EVENTS,
        extract=values_of("participation_status"),
        before=["needs_action"],
        after=["accepted"],
    ),
    Change(
        name="be busy",
        prepare=write_events,
        write=Step("upsert_event", lambda setup: (setup.ada.calendar_id, event(3))),
        read=Step("read_free_busy"),
        extract=values_of("start"),
        before=[text(at(hour)) for hour in (9, 10, 11)],
        after=[text(at(hour)) for hour in (9, 10, 11, 12)],
    ),
    Change(
        name="create a calendar",
        write=Step("create_calendar", lambda setup: (setup.ada.profile_id, "New")),
        read=CALENDARS,
        extract=lambda result: "New" in values_of("calendar_name")(result),
        before=False,
        after=True,
    ),
    Change(
        name="connect a person",
        prepare=authorize_in_browser,
        other_methods=("user_auth_link",),
        write=Step("get_authorization_from_code", lambda setup: (setup.created, f"{APP}/done")),
        read=Step("account"),
        extract=value_at("email"),
        before="ada@example.com",
        after="kim@example.org",
    ),
    Change(
        name="refresh",
        prepare=lambda setup: setup.sandbox.clock.advance(hours=2),
        write=Step("refresh_authorization"),
        read=CALENDARS,
        extract=len,
        before=401,
        after=2,
    ),
    Change(
        name="end an authorization",
        write=Step("revoke_authorization"),
        after_write=lambda setup, _: setup.client.auth.update(
            access_token=setup.ada.access_token
        ),  # which pycronofy forgot
        read=CALENDARS,
        extract=len,
        before=2,
        after=401,
    ),
    Change(
        name="disconnect a profile",
        write=Step("revoke_profile", lambda setup: (setup.ada.profile_id,)),
        read=Step("list_profiles"),
        extract=values_of("profile_name"),
        before=["ada@example.com"],
        after=[],
    ),
    Change(
        name="create an application calendar",
        write=Step("application_calendar", lambda _: ("room-7",)),
        read=Step("userinfo"),
        extract=value_at("application_calendar_id"),
        before=None,
        after="room-7",
    ),
    Change(
        name="create a link",
        write=Step("real_time_scheduling", link),
        after_write=keep_link,
        read=LINK,
        extract=LINK_STATUS,
        before=404,
        after="open",
    ),
    Change(
        name="create a link and find it by its token",
        write=Step("real_time_scheduling", link),
        after_write=keep_token,
        read=LINK_BY_TOKEN,
        extract=LINK_STATUS,
        before=404,
        after="open",
    ),
    Change(
        name="disable a link",
        prepare=create_link,
        write=Step("disable_real_time_scheduling_link", lambda setup: (setup.created, "Sorry")),
        read=LINK,
        extract=LINK_STATUS,
        before="open",
        after="disabled",
    ),
    Change(
        name="create a link for a sequence, which somebody books",
        write=Step("real_time_sequencing", sequencing),
        after_write=book_sequence,
        read=EVENTS,
        extract=values_of("summary"),
        before=[],
        after=["First"],
    ),
    Change(
        name="send an invite",
        write=Step("upsert_smart_invite", invite(PAT)),
        read=INVITE,
        extract=value_at("recipient", "status"),
        before=404,
        after="pending",
    ),
    Change(
        name="send an invite to several people",
        write=Step("upsert_smart_invite", invite([PAT, LEE])),
        read=Step("get_smart_invite", lambda _: ("order-7", None)),
        extract=lambda result: values_of("email")(result["recipients"]),
        before=404,
        after=[PAT["email"], LEE["email"]],
    ),
    Change(
        name="cancel an invite",
        prepare=lambda setup: setup.client.upsert_smart_invite(*invite(PAT)(setup)),
        write=Step("cancel_smart_invite", lambda _: ("order-7", PAT)),
        read=Step("upsert_smart_invite", invite(PAT)),
        extract=lambda result: re.findall(r"^SEQUENCE:(\d+)", result["attachments"]["icalendar"], re.MULTILINE),
        before=["1"],
        after=["3"],  # the cancellation was 2
    ),
    Change(
        name="take a slot",
        write=Step("upsert_event", upsert),
        read=Step("availability", availability),
        extract=values_of("start"),
        before=[text(at(9))],
        after=[text(at(10))],
    ),
    Change(
        name="take a slot of a sequence",
        write=Step("upsert_event", upsert),
        read=Step("sequenced_availability", sequenced_availability),
        extract=lambda result: [item["sequence"][0]["start"] for item in result],
        before=[text(at(hour)) for hour in (9, 10, 11)],
        after=[text(at(hour)) for hour in (10, 11)],
    ),
    Change(
        name="write a rule",
        write=Step("upsert_availability_rule", lambda _: (dict(RULE),)),
        read=Step("get_availability_rule", lambda _: ("work",)),
        extract=value_at("weekly_periods"),
        before=404,
        after=RULE["weekly_periods"],
    ),
    Change(
        name="delete a rule",
        prepare=lambda setup: setup.client.upsert_availability_rule(dict(RULE)),
        write=Step("delete_availability_rule", lambda _: ("work",)),
        read=RULES,
        extract=values_of("availability_rule_id"),
        before=["work"],
        after=[],
    ),
    Change(
        name="create a channel",
        write=Step("create_notification_channel", lambda setup: (f"{APP}/changes", (setup.ada.calendar_id,), True)),
        read=CHANNELS,
        extract=values_of("callback_url"),
        before=[],
        after=[f"{APP}/changes"],
    ),
    Change(
        name="close a channel",
        prepare=create_channel,
        write=Step("close_notification_channel", lambda setup: (setup.created,)),
        read=CHANNELS,
        extract=values_of("callback_url"),
        before=[f"{APP}/changes"],
        after=[],
    ),
    Change(
        name="send a batch",
        prepare=prepare_batch,
        write=Step("batch", batch),
        read=EVENTS,
        extract=values_of("summary"),
        before=["Event 0", "Old"],
        after=["Event 3"],
    ),
]
