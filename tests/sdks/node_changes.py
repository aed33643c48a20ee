"""What each method of the official SDK for Node changes or reads: a call that changes something, and what shows it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..sandbox.support import Json, at, group, period, text
from .change import APP, Change, Setup, Step, each, of
from .pycronofy_changes import OAUTH, RULE, add_external_event

HOURS = [period(at(9), at(12))]
MINE = {"available_period_id": "p1", **period(at(9), at(10))}
PAT, LEE = {"email": "pat@example.com"}, {"email": "lee@example.com"}
YOGA = {"bookable_event_id": "yoga", **period(at(9), at(10)), "status": "confirmed", "registration": {"capacity": 3}}


def do(method: str, options: Callable[[Setup], Mapping[str, Any]] | None = None, /, **fixed: Any) -> Step:
    """Return a call with fixed options, and with those that depend on the setup."""
    return Step(method, options=lambda it: fixed | dict(options(it) if options else {}))


def members(*names: str, of_each: str) -> Callable[[Any], list[Any]]:
    return lambda found: each(of_each)(of(*names)(found))


def details(number: int = 0) -> Json:
    return {"summary": f"Event {number}", "tzid": "Etc/UTC", **period(at(9 + number), at(10 + number))}


def event(number: int = 0) -> Json:
    return {"event_id": f"e{number}", **details(number)}


def in_calendar(**members: Any) -> Callable[[Setup], Json]:
    return lambda it: {"calendar_id": it.ada.calendar_id, **members}


def external(**members: Any) -> Callable[[Setup], Json]:
    return lambda it: {"calendar_id": it.ada.calendar_id, "event_uid": it.made, **members}


def write_events(it: Setup) -> None:
    for number, calendar in enumerate((it.ada.calendar_id, it.ada.calendar_id, it.ada.calendar_ids[1])):
        it.client.createEvent(calendar_id=calendar, **event(number))


def query(it: Setup) -> Json:
    return {"participants": [group(it.ada)], "required_duration": {"minutes": 60}}


def sequence(it: Setup) -> Json:
    step = {"sequence_id": "a", "ordinal": 1, **query(it), "event": {"event_id": "loop-a", "summary": "First"}}
    return {"sequence": [step], "query_periods": HOURS}


def book(it: Setup, answer: Any) -> None:
    it.sandbox.book(answer["url"])


def book_sequence(it: Setup, answer: Any) -> None:
    url = answer["real_time_sequencing"]["url"]
    it.sandbox.run(lambda sandbox: sandbox.real_time_sequencing.book(url))


def link(it: Setup) -> Json:
    return {"availability": {**query(it), "query_periods": HOURS}, "target_calendars": [target(it)]}


def target(it: Setup) -> Json:
    return {"sub": it.ada.sub, "calendar_id": it.ada.calendar_id}


def authorize(it: Setup) -> None:
    page = f"{it.sandbox.url}/oauth/authorize?response_type=code&client_id={it.sandbox.client_id}"
    page += f"&redirect_uri={APP}/done&scope=read_write"
    back = it.sandbox.run(lambda sandbox: sandbox.oauth.authorize(page, "kim@example.org"))
    it.made = back.rpartition("code=")[2].partition("&")[0]


def invite(*people: Json, **members: Any) -> Json:
    recipients = {"recipient": people[0]} if len(people) == 1 else {"recipients": list(people)}
    return {"smart_invite_id": "order-7", **recipients, "event": details(), **members}


def sequence_numbers(found: Any) -> list[str]:
    return re.findall(r"^SEQUENCE:(\d+)", found["attachments"]["icalendar"], re.MULTILINE)


def create_channel(it: Setup) -> None:
    made = it.client.createNotificationChannel(callback_url=f"{APP}/changes")
    it.made = made["channel"]["channel_id"]


def create_bookable_event(it: Setup) -> None:
    it.client.createBookableEvent(**YOGA)


def register(it: Setup) -> None:
    create_bookable_event(it)
    it.client.upsertRegistrationBookableEvent(**REGISTRATION)


def write_periods(it: Setup) -> None:
    for number in range(3):
        times = period(at(9 + number), at(10 + number))
        it.client.upsertAvailablePeriod(available_period_id=f"p{number}", **times)


def pages(method: str) -> Callable[[Setup], Any]:
    """Return the items of all pages, each of which is read by its URL."""

    def read(it: Setup) -> Any:
        name = {"freeBusy": "free_busy", "readEvents": "events", "listAvailablePeriods": "available_periods"}[method]
        call = getattr(it.client, method)
        found = call(tzid="Etc/UTC", **({} if name == "available_periods" else {"include_managed": True}))
        items = found[name]
        while following := found["pages"].get("next_page"):
            found = call(next_page=following)
            items += found[name]
        return items

    return read


def batch(it: Setup) -> Json:
    url = f"/v1/calendars/{it.ada.calendar_id}/events"
    return {
        "batch": [
            {"method": "POST", "relative_url": url, "data": event(3)},
            {"method": "DELETE", "relative_url": url, "data": {"event_id": "e0"}},
        ]
    }


REGISTRATION = {"bookable_event_id": "yoga", "registration_id": "kim", "status": "accepted"}
EVENTS = do("readEvents", tzid="Etc/UTC", include_managed=True)
CALENDARS = do("listCalendars")
CHANNELS = do("listNotificationChannels")
RULES = do("listAvailabilityRules")
PERIODS = do("listAvailablePeriods", tzid="Etc/UTC")
BOOKABLE = do("readBookableEvents", bookable_event_id="yoga")
INVITE = do("getSmartInvite", smart_invite_id="order-7", recipient_email=PAT["email"])

CHANGES = [
    Change(
        name="write an event",
        write=do("createEvent", in_calendar(**event())),
        read=EVENTS,
        sees=members("events", of_each="summary"),
        before=[],
        after=["Event 0"],
    ),
    Change(
        name="edit an external event",
        prepare=add_external_event,
        write=do("updateExternalEvent", external(**details())),
        read=EVENTS,
        sees=members("events", of_each="summary"),
        before=["Old"],
        after=["Event 0"],
    ),
    Change(
        name="delete an event",
        prepare=write_events,
        write=do("deleteEvent", in_calendar(event_id="e0")),
        read=pages("readEvents"),
        also=("readEvents",),
        sees=each("event_id"),
        before=["e0", "e1", "e2"],
        after=["e1", "e2"],
    ),
    Change(
        name="delete an external event",
        prepare=add_external_event,
        write=do("deleteExternalEvent", external()),
        read=EVENTS,
        sees=members("events", of_each="summary"),
        before=["Old"],
        after=[],
    ),
    Change(
        name="delete all events",
        prepare=write_events,
        write=do("bulkDeleteEvents", delete_all=True),
        read=pages("freeBusy"),
        also=("freeBusy",),
        sees=each("start"),
        before=[text(at(hour)) for hour in (9, 10, 11)],
        after=[],
    ),
    Change(
        name="delete all events of a calendar",
        prepare=write_events,
        write=do("bulkDeleteEvents", lambda it: {"calendar_ids": [it.ada.calendar_id]}),
        read=EVENTS,
        sees=members("events", of_each="event_id"),
        before=["e0", "e1"],
        after=["e2"],
    ),
    Change(
        name="be busy in a calendar",
        write=do("createEvent", in_calendar(**event())),
        read=do("freeBusy", lambda it: {"tzid": "Etc/UTC", "calendar_ids": [it.ada.calendar_id]}, include_managed=True),
        sees=members("free_busy", of_each="free_busy_status"),
        before=[],
        after=["busy"],
    ),
    Change(
        name="send a batch",
        prepare=write_events,
        write=do("batch", batch),
        read=pages("readEvents"),
        sees=each("event_id"),
        before=["e0", "e1", "e2"],
        after=["e1", "e2", "e3"],
    ),
    Change(
        name="create a calendar",
        write=do("createCalendar", lambda it: {"profile_id": it.ada.profile_id, "name": "New"}),
        read=CALENDARS,
        sees=lambda found: "New" in each("calendar_name")(found["calendars"]),
        before=False,
        after=True,
    ),
    Change(
        name="connect a person",
        prepare=authorize,
        write=do("requestAccessToken", lambda it: {"code": it.made, "redirect_uri": f"{APP}/done"}),
        read=do("accountInformation"),
        sees=of("account", "email"),
        before="ada@example.com",
        after="kim@example.org",
    ),
    Change(
        name="refresh",
        prepare=lambda it: it.sandbox.clock.advance(hours=2),
        write=do("refreshAccessToken"),
        read=CALENDARS,
        sees=lambda found: len(found["calendars"]),
        before=401,
        after=2,
    ),
    Change(
        name="end an authorization",
        write=do("revokeAuthorization"),
        read=do("listCalendars", lambda it: {"access_token": it.ada.access_token}),  # which the client forgot
        sees=lambda found: len(found["calendars"]),
        before=2,
        after=401,
    ),
    Change(
        name="disconnect a profile",
        write=do("revokeProfileAuthorization", lambda it: {"profile_id": it.ada.profile_id}),
        read=do("profileInformation"),
        sees=members("profiles", of_each="profile_name"),
        before=["ada@example.com"],
        after=[],
    ),
    Change(
        name="create an application calendar",
        write=do("applicationCalendar", application_calendar_id="room-7"),
        read=do("userInfo"),
        sees=of("application_calendar_id"),
        before=None,
        after="room-7",
    ),
    Change(
        name="create a link, which somebody books",
        write=do(
            "realTimeScheduling",
            link,
            oauth=OAUTH,
            event={"event_id": "intro-1", "summary": "Intro", "tzid": "Etc/UTC"},
        ),
        then=book,
        read=EVENTS,
        sees=members("events", of_each="event_id"),
        before=[],
        after=["intro-1"],
    ),
    Change(
        name="create a link for a sequence, which somebody books",
        write=do(
            "realTimeSequencing",
            lambda it: {"availability": sequence(it), "target_calendars": [target(it)]},
            oauth=OAUTH,
            event={"event_id": "loop", "summary": "Loop", "tzid": "Etc/UTC"},
        ),
        then=book_sequence,
        read=EVENTS,
        sees=members("events", of_each="summary"),
        before=[],
        after=["First"],
    ),
    Change(
        name="take a slot",
        write=do("createEvent", in_calendar(**event())),
        read=do("availability", lambda it: {**query(it), "query_periods": HOURS}),
        sees=members("available_periods", of_each="start"),
        before=[text(at(9))],
        after=[text(at(10))],
    ),
    Change(
        name="take a slot of a sequence",
        write=do("createEvent", in_calendar(**event())),
        read=do("sequencedAvailability", sequence),
        sees=lambda found: [one["sequence"][0]["start"] for one in found["sequences"]],
        before=[text(at(hour)) for hour in (9, 10, 11)],
        after=[text(at(hour)) for hour in (10, 11)],
    ),
    Change(
        name="write a period",
        write=do("upsertAvailablePeriod", **MINE),
        read=PERIODS,
        sees=members("available_periods", of_each="available_period_id"),
        before=[],
        after=["p1"],
    ),
    Change(
        name="delete a period",
        prepare=write_periods,
        write=do("deleteAvailablePeriods", available_period_id="p0"),
        read=pages("listAvailablePeriods"),
        also=("listAvailablePeriods",),
        sees=each("available_period_id"),
        before=["p0", "p1", "p2"],
        after=["p1", "p2"],
    ),
    Change(
        name="delete all periods",
        prepare=write_periods,
        write=do("deleteAvailablePeriods", delete_all=True),
        read=PERIODS,
        sees=members("available_periods", of_each="available_period_id"),
        before=["p0", "p1"],
        after=[],
    ),
    Change(
        name="write a rule",
        write=do("upsertAvailabilityRule", **RULE),
        read=do("readAvailabilityRule", availability_rule_id="work"),
        sees=of("availability_rule", "weekly_periods"),
        before=404,
        after=RULE["weekly_periods"],
    ),
    Change(
        name="delete a rule",
        prepare=lambda it: it.client.upsertAvailabilityRule(**RULE),
        write=do("deleteAvailabilityRule", availability_rule_id="work"),
        read=RULES,
        sees=members("availability_rules", of_each="availability_rule_id"),
        before=["work"],
        after=[],
    ),
    Change(
        name="create a channel",
        write=do(
            "createNotificationChannel",
            lambda it: {"filters": {"calendar_ids": [it.ada.calendar_id]}},
            callback_url=f"{APP}/changes",
        ),
        read=CHANNELS,
        sees=members("channels", of_each="callback_url"),
        before=[],
        after=[f"{APP}/changes"],
    ),
    Change(
        name="close a channel",
        prepare=create_channel,
        write=do("deleteNotificationChannel", lambda it: {"channel_id": it.made}),
        read=CHANNELS,
        sees=members("channels", of_each="callback_url"),
        before=[f"{APP}/changes"],
        after=[],
    ),
    Change(
        name="send an invite",
        write=do("createSmartInvite", **invite(PAT, callback_url=f"{APP}/invites")),
        read=INVITE,
        sees=of("recipient", "status"),
        before=404,
        after="pending",
    ),
    Change(
        name="send an invite to several people",
        write=do("createSmartInvite", **invite(PAT, LEE)),
        read=do("getSmartInvite", smart_invite_id="order-7"),
        sees=members("recipients", of_each="email"),
        before=404,
        after=[PAT["email"], LEE["email"]],
    ),
    Change(
        name="remove a person from an invite",
        prepare=lambda it: it.client.createSmartInvite(**invite(PAT, LEE)),
        write=do("createSmartInvite", method="remove", smart_invite_id="order-7", recipient=PAT),
        read=do("getSmartInvite", smart_invite_id="order-7"),
        sees=members("recipients", of_each="email"),
        before=[PAT["email"], LEE["email"]],
        after=[LEE["email"]],
    ),
    Change(
        name="cancel an invite",
        prepare=lambda it: it.client.createSmartInvite(**invite(PAT)),
        write=do("cancelSmartInvite", smart_invite_id="order-7", recipient=PAT),
        read=do("createSmartInvite", **invite(PAT)),
        sees=sequence_numbers,
        before=["1"],
        after=["3"],  # the cancellation was 2
    ),
    Change(
        name="create a bookable event",
        write=do("createBookableEvent", **YOGA),
        read=BOOKABLE,
        sees=of("registration", "capacity"),
        before=404,
        after=3,
    ),
    Change(
        name="register for an event",
        prepare=create_bookable_event,
        write=do("upsertRegistrationBookableEvent", **REGISTRATION),
        read=BOOKABLE,
        sees=of("registration", "registered_count"),
        before=0,
        after=1,
    ),
    Change(
        name="leave an event",
        prepare=register,
        write=do("deleteRegistrationBookableEvent", bookable_event_id="yoga", registration_id="kim"),
        read=BOOKABLE,
        sees=of("registration", "registered_count"),
        before=1,
        after=0,
    ),
]
