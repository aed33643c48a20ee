"""What each method of pycronofy changes or reads: a call that changes something, and the call that shows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..sandbox.support import Json, at, text
from .change import APP, Change, Setup, Step, each, of
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


def write_events(it: Setup) -> None:
    for number, calendar in enumerate((it.ada.calendar_id, it.ada.calendar_id, it.ada.calendar_ids[1])):
        it.client.upsert_event(calendar, event(number))


def add_external_event(it: Setup) -> None:
    found = it.sandbox.run(
        lambda sandbox: sandbox.events.add(it.ada, summary="Old", participation_status="needs_action")
    )
    it.sandbox.run(lambda sandbox: sandbox.calendars.change(it.ada.calendar_id, permission_level="unrestricted"))
    it.made = found.event_uid


def visit_the_page(it: Setup) -> None:
    """Authorize the application on the page of an authorization URL, as the browser of somebody new does."""
    page = it.client.user_auth_link(f"{APP}/done", scope="read_write", state="s")
    headers = {"Accept": "text/html"}
    hint = {"login_hint": "kim@example.org"}
    answer = requests.get(page, hint, headers=headers, allow_redirects=False, timeout=10)
    location: str = answer.headers["Location"]
    it.made = parse_qs(urlsplit(location).query)["code"][0]


def participants(it: Setup) -> Json:
    return {"members": [it.ada.sub], "required": "all"}


def query(it: Setup) -> Json:
    periods = [{"start": at(9), "end": at(12)}]
    return {"participants": participants(it), "required_duration": 60, "available_periods": periods}


def sequence(it: Setup) -> Json:
    step = {"sequence_id": "a", "ordinal": 1, "participants": participants(it), "required_duration": 60}
    step |= {"event": {"event_id": "loop-a", "summary": "First"}}
    return {"sequence": [step], "available_periods": [{"start": at(9), "end": at(12)}]}


def link(it: Setup) -> tuple[Any, ...]:
    return query(it), OAUTH, {"event_id": "intro-1", "summary": "Intro", "tzid": "Etc/UTC"}


def create_link(it: Setup) -> None:
    keep_link(it, it.client.real_time_scheduling(*link(it)))


def keep_link(it: Setup, answer: Any) -> None:
    it.made = answer["real_time_scheduling"]["real_time_scheduling_id"]


def keep_token(it: Setup, answer: Any) -> None:
    it.made = answer["real_time_scheduling"]["url"].rpartition("/")[2]


def book_sequence(it: Setup, answer: Any) -> None:
    url = answer["real_time_sequencing"]["url"]
    it.sandbox.run(lambda sandbox: sandbox.real_time_sequencing.book(url))


def sequencing(it: Setup) -> tuple[Any, ...]:
    target = {"sub": it.ada.sub, "calendar_id": it.ada.calendar_id}
    return sequence(it), OAUTH, {"event_id": "loop", "summary": "Loop", "tzid": "Etc/UTC"}, [target]


def invite(recipient: Any) -> Callable[[Setup], tuple[Any, ...]]:
    def arguments(_: Setup) -> tuple[Any, ...]:
        return "order-7", recipient, details(0), f"{APP}/invites", {"name": "Our shop"}

    return arguments


def create_channel(it: Setup) -> None:
    it.made = it.client.create_notification_channel(f"{APP}/changes")["channel_id"]


def batch(it: Setup) -> tuple[Any, ...]:
    builder = BatchBuilder().upsert_event(it.ada.calendar_id, event(3)).delete_event(it.ada.calendar_id, "e0")
    return (builder.delete_external_event(it.ada.calendar_id, it.made),)


def prepare_batch(it: Setup) -> None:
    it.client.upsert_event(it.ada.calendar_id, event())
    add_external_event(it)


EVENTS = Step("read_events")
CALENDARS = Step("list_calendars")
PAT, LEE = {"email": "pat@example.com"}, {"email": "lee@example.com"}
INVITE = Step("get_smart_invite", lambda _: ("order-7", PAT["email"]))
LINK = Step("get_real_time_scheduling_status", options=lambda it: {"real_time_scheduling_id": it.made})
LINK_BY_TOKEN = Step("get_real_time_scheduling_status", options=lambda it: {"token": it.made})
LINK_STATUS = of("real_time_scheduling", "status")
RULES = Step("list_availability_rules")
CHANNELS = Step("list_notification_channels")


def availability(it: Setup) -> tuple[Any, ...]:
    return participants(it), 60, [{"start": at(9), "end": at(12)}]


def sequenced_availability(it: Setup) -> tuple[Any, ...]:
    return sequence(it)["sequence"], [{"start": at(9), "end": at(12)}]


def upsert(it: Setup) -> tuple[Any, ...]:
    return it.ada.calendar_id, event()


def of_event(it: Setup) -> tuple[Any, ...]:
    return it.ada.calendar_id, it.made


CHANGES = [
    Change(
        name="write an event",
        write=Step("upsert_event", upsert),
        read=EVENTS,
        sees=each("summary"),
        before=[],
        after=["Event 0"],
    ),
    Change(
        name="edit an external event",
        prepare=add_external_event,
        write=Step("upsert_event", lambda it: (it.ada.calendar_id, {"event_uid": it.made, **details(0)})),
        read=EVENTS,
        sees=each("summary"),
        before=["Old"],
        after=["Event 0"],
    ),
    Change(
        name="delete an event",
        prepare=write_events,
        write=Step("delete_event", lambda it: (it.ada.calendar_id, "e1")),
        read=EVENTS,
        sees=each("event_id"),
        before=["e0", "e1", "e2"],
        after=["e0", "e2"],
    ),
    Change(
        name="delete an external event",
        prepare=add_external_event,
        write=Step("delete_external_event", of_event),
        read=EVENTS,
        sees=each("summary"),
        before=["Old"],
        after=[],
    ),
    Change(
        name="delete all events",
        prepare=write_events,
        write=Step("delete_all_events"),
        read=EVENTS,
        sees=each("event_id"),
        before=["e0", "e1", "e2"],
        after=[],
    ),
    Change(
        name="delete all events of a calendar",
        prepare=write_events,
        write=Step("delete_all_events", lambda it: ((it.ada.calendar_id,),)),
        read=EVENTS,
        sees=each("event_id"),
        before=["e0", "e1", "e2"],
        after=["e2"],
    ),
    Change(
        name="answer an invitation",
        prepare=add_external_event,
        write=Step("change_participation_status", lambda it: (*of_event(it), "accepted")),
        read=EVENTS,
        sees=each("participation_status"),
        before=["needs_action"],
        after=["accepted"],
    ),
    Change(
        name="be busy",
        prepare=write_events,
        write=Step("upsert_event", lambda it: (it.ada.calendar_id, event(3))),
        read=Step("read_free_busy"),
        sees=each("start"),
        before=[text(at(hour)) for hour in (9, 10, 11)],
        after=[text(at(hour)) for hour in (9, 10, 11, 12)],
    ),
    Change(
        name="create a calendar",
        write=Step("create_calendar", lambda it: (it.ada.profile_id, "New")),
        read=CALENDARS,
        sees=lambda found: "New" in each("calendar_name")(found),
        before=False,
        after=True,
    ),
    Change(
        name="connect a person",
        prepare=visit_the_page,
        also=("user_auth_link",),
        write=Step("get_authorization_from_code", lambda it: (it.made, f"{APP}/done")),
        read=Step("account"),
        sees=of("email"),
        before="ada@example.com",
        after="kim@example.org",
    ),
    Change(
        name="refresh",
        prepare=lambda it: it.sandbox.clock.advance(hours=2),
        write=Step("refresh_authorization"),
        read=CALENDARS,
        sees=len,
        before=401,
        after=2,
    ),
    Change(
        name="end an authorization",
        write=Step("revoke_authorization"),
        then=lambda it, _: it.client.auth.update(access_token=it.ada.access_token),  # which pycronofy forgot
        read=CALENDARS,
        sees=len,
        before=2,
        after=401,
    ),
    Change(
        name="disconnect a profile",
        write=Step("revoke_profile", lambda it: (it.ada.profile_id,)),
        read=Step("list_profiles"),
        sees=each("profile_name"),
        before=["ada@example.com"],
        after=[],
    ),
    Change(
        name="create an application calendar",
        write=Step("application_calendar", lambda _: ("room-7",)),
        read=Step("userinfo"),
        sees=of("application_calendar_id"),
        before=None,
        after="room-7",
    ),
    Change(
        name="create a link",
        write=Step("real_time_scheduling", link),
        then=keep_link,
        read=LINK,
        sees=LINK_STATUS,
        before=404,
        after="open",
    ),
    Change(
        name="create a link and find it by its token",
        write=Step("real_time_scheduling", link),
        then=keep_token,
        read=LINK_BY_TOKEN,
        sees=LINK_STATUS,
        before=404,
        after="open",
    ),
    Change(
        name="disable a link",
        prepare=create_link,
        write=Step("disable_real_time_scheduling_link", lambda it: (it.made, "Sorry")),
        read=LINK,
        sees=LINK_STATUS,
        before="open",
        after="disabled",
    ),
    Change(
        name="create a link for a sequence, which somebody books",
        write=Step("real_time_sequencing", sequencing),
        then=book_sequence,
        read=EVENTS,
        sees=each("summary"),
        before=[],
        after=["First"],
    ),
    Change(
        name="send an invite",
        write=Step("upsert_smart_invite", invite(PAT)),
        read=INVITE,
        sees=of("recipient", "status"),
        before=404,
        after="pending",
    ),
    Change(
        name="send an invite to several people",
        write=Step("upsert_smart_invite", invite([PAT, LEE])),
        read=Step("get_smart_invite", lambda _: ("order-7", None)),
        sees=lambda found: each("email")(found["recipients"]),
        before=404,
        after=[PAT["email"], LEE["email"]],
    ),
    Change(
        name="cancel an invite",
        prepare=lambda it: it.client.upsert_smart_invite(*invite(PAT)(it)),
        write=Step("cancel_smart_invite", lambda _: ("order-7", PAT)),
        read=Step("upsert_smart_invite", invite(PAT)),
        sees=lambda found: re.findall(r"^SEQUENCE:(\d+)", found["attachments"]["icalendar"], re.MULTILINE),
        before=["1"],
        after=["3"],  # the cancellation was 2
    ),
    Change(
        name="take a slot",
        write=Step("upsert_event", upsert),
        read=Step("availability", availability),
        sees=each("start"),
        before=[text(at(9))],
        after=[text(at(10))],
    ),
    Change(
        name="take a slot of a sequence",
        write=Step("upsert_event", upsert),
        read=Step("sequenced_availability", sequenced_availability),
        sees=lambda found: [one["sequence"][0]["start"] for one in found],
        before=[text(at(hour)) for hour in (9, 10, 11)],
        after=[text(at(hour)) for hour in (10, 11)],
    ),
    Change(
        name="write a rule",
        write=Step("upsert_availability_rule", lambda _: (dict(RULE),)),
        read=Step("get_availability_rule", lambda _: ("work",)),
        sees=of("weekly_periods"),
        before=404,
        after=RULE["weekly_periods"],
    ),
    Change(
        name="delete a rule",
        prepare=lambda it: it.client.upsert_availability_rule(dict(RULE)),
        write=Step("delete_availability_rule", lambda _: ("work",)),
        read=RULES,
        sees=each("availability_rule_id"),
        before=["work"],
        after=[],
    ),
    Change(
        name="create a channel",
        write=Step("create_notification_channel", lambda it: (f"{APP}/changes", (it.ada.calendar_id,), True)),
        read=CHANNELS,
        sees=each("callback_url"),
        before=[],
        after=[f"{APP}/changes"],
    ),
    Change(
        name="close a channel",
        prepare=create_channel,
        write=Step("close_notification_channel", lambda it: (it.made,)),
        read=CHANNELS,
        sees=each("callback_url"),
        before=[f"{APP}/changes"],
        after=[],
    ),
    Change(
        name="send a batch",
        prepare=prepare_batch,
        write=Step("batch", batch),
        read=EVENTS,
        sees=each("summary"),
        before=["Event 0", "Old"],
        after=["Event 3"],
    ),
]
