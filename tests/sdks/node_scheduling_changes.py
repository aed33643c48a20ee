"""The changes that exercise the scheduling methods of the official SDK for Node."""

from __future__ import annotations

import re
from typing import Any

from ..sandbox.support import Json, at, group, period, text
from .change import APP, Change, Setup, value_at, values_of
from .node_changes import EVENTS, details, do, event, in_calendar, members, pages
from .pycronofy_changes import OAUTH, RULE

HOURS = [period(at(9), at(12))]
MINE = {"available_period_id": "p1", **period(at(9), at(10))}
PAT, LEE = {"email": "pat@example.com"}, {"email": "lee@example.com"}
YOGA = {"bookable_event_id": "yoga", **period(at(9), at(10)), "status": "confirmed", "registration": {"capacity": 3}}
REGISTRATION = {"bookable_event_id": "yoga", "registration_id": "kim", "status": "accepted"}
PERIODS = do("listAvailablePeriods", tzid="Etc/UTC")
BOOKABLE = do("readBookableEvents", bookable_event_id="yoga")
INVITE = do("getSmartInvite", smart_invite_id="order-7", recipient_email=PAT["email"])


def query(setup: Setup) -> Json:
    return {"participants": [group(setup.ada)], "required_duration": {"minutes": 60}}


def sequence(setup: Setup) -> Json:
    step = {"sequence_id": "a", "ordinal": 1, **query(setup), "event": {"event_id": "loop-a", "summary": "First"}}
    return {"sequence": [step], "query_periods": HOURS}


def book(setup: Setup, result: Any) -> None:
    setup.sandbox.book(result["url"])


def book_sequence(setup: Setup, result: Any) -> None:
    url = result["real_time_sequencing"]["url"]
    setup.sandbox.run(lambda sandbox: sandbox.real_time_sequencing.book(url))


def link(setup: Setup) -> Json:
    return {"availability": {**query(setup), "query_periods": HOURS}, "target_calendars": [target(setup)]}


def target(setup: Setup) -> Json:
    return {"sub": setup.ada.sub, "calendar_id": setup.ada.calendar_id}


def invite(*people: Json, **members: Any) -> Json:
    recipients = {"recipient": people[0]} if len(people) == 1 else {"recipients": list(people)}
    return {"smart_invite_id": "order-7", **recipients, "event": details(), **members}


def sequence_numbers(result: Any) -> list[str]:
    return re.findall(r"^SEQUENCE:(\d+)", result["attachments"]["icalendar"], re.MULTILINE)


def create_bookable_event(setup: Setup) -> None:
    setup.client.createBookableEvent(**YOGA)


def register(setup: Setup) -> None:
    create_bookable_event(setup)
    setup.client.upsertRegistrationBookableEvent(**REGISTRATION)


def write_periods(setup: Setup) -> None:
    for number in range(3):
        times = period(at(9 + number), at(10 + number))
        setup.client.upsertAvailablePeriod(available_period_id=f"p{number}", **times)


CHANGES = [
    Change(
        name="create a link, which somebody books",
        write=do(
            "realTimeScheduling",
            link,
            oauth=OAUTH,
            event={"event_id": "intro-1", "summary": "Intro", "tzid": "Etc/UTC"},
        ),
        after_write=book,
        read=EVENTS,
        extract=members("events", of_each="event_id"),
        before=[],
        after=["intro-1"],
    ),
    Change(
        name="create a link for a sequence, which somebody books",
        write=do(
            "realTimeSequencing",
            lambda setup: {"availability": sequence(setup), "target_calendars": [target(setup)]},
            oauth=OAUTH,
            event={"event_id": "loop", "summary": "Loop", "tzid": "Etc/UTC"},
        ),
        after_write=book_sequence,
        read=EVENTS,
        extract=members("events", of_each="summary"),
        before=[],
        after=["First"],
    ),
    Change(
        name="take a slot",
        write=do("createEvent", in_calendar(**event())),
        read=do("availability", lambda setup: {**query(setup), "query_periods": HOURS}),
        extract=members("available_periods", of_each="start"),
        before=[text(at(9))],
        after=[text(at(10))],
    ),
    Change(
        name="take a slot of a sequence",
        write=do("createEvent", in_calendar(**event())),
        read=do("sequencedAvailability", sequence),
        extract=lambda result: [item["sequence"][0]["start"] for item in result["sequences"]],
        before=[text(at(hour)) for hour in (9, 10, 11)],
        after=[text(at(hour)) for hour in (10, 11)],
    ),
    Change(
        name="write a period",
        write=do("upsertAvailablePeriod", **MINE),
        read=PERIODS,
        extract=members("available_periods", of_each="available_period_id"),
        before=[],
        after=["p1"],
    ),
    Change(
        name="delete a period",
        prepare=write_periods,
        write=do("deleteAvailablePeriods", available_period_id="p0"),
        read=pages("listAvailablePeriods"),
        other_methods=("listAvailablePeriods",),
        extract=values_of("available_period_id"),
        before=["p0", "p1", "p2"],
        after=["p1", "p2"],
    ),
    Change(
        name="delete all periods",
        prepare=write_periods,
        write=do("deleteAvailablePeriods", delete_all=True),
        read=PERIODS,
        extract=members("available_periods", of_each="available_period_id"),
        before=["p0", "p1"],
        after=[],
    ),
    Change(
        name="write a rule",
        write=do("upsertAvailabilityRule", **RULE),
        read=do("readAvailabilityRule", availability_rule_id="work"),
        extract=value_at("availability_rule", "weekly_periods"),
        before=404,
        after=RULE["weekly_periods"],
    ),
    Change(
        name="delete a rule",
        prepare=lambda setup: setup.client.upsertAvailabilityRule(**RULE),
        write=do("deleteAvailabilityRule", availability_rule_id="work"),
        read=do("listAvailabilityRules"),
        extract=members("availability_rules", of_each="availability_rule_id"),
        before=["work"],
        after=[],
    ),
    Change(
        name="send an invite",
        write=do("createSmartInvite", **invite(PAT, callback_url=f"{APP}/invites")),
        read=INVITE,
        extract=value_at("recipient", "status"),
        before=404,
        after="pending",
    ),
    Change(
        name="send an invite to several people",
        write=do("createSmartInvite", **invite(PAT, LEE)),
        read=do("getSmartInvite", smart_invite_id="order-7"),
        extract=members("recipients", of_each="email"),
        before=404,
        after=[PAT["email"], LEE["email"]],
    ),
    Change(
        name="remove a person from an invite",
        prepare=lambda setup: setup.client.createSmartInvite(**invite(PAT, LEE)),
        write=do("createSmartInvite", method="remove", smart_invite_id="order-7", recipient=PAT),
        read=do("getSmartInvite", smart_invite_id="order-7"),
        extract=members("recipients", of_each="email"),
        before=[PAT["email"], LEE["email"]],
        after=[LEE["email"]],
    ),
    Change(
        name="cancel an invite",
        prepare=lambda setup: setup.client.createSmartInvite(**invite(PAT)),
        write=do("cancelSmartInvite", smart_invite_id="order-7", recipient=PAT),
        read=do("createSmartInvite", **invite(PAT)),
        extract=sequence_numbers,
        before=["1"],
        after=["3"],  # the cancellation was 2
    ),
    Change(
        name="create a bookable event",
        write=do("createBookableEvent", **YOGA),
        read=BOOKABLE,
        extract=value_at("registration", "capacity"),
        before=404,
        after=3,
    ),
    Change(
        name="register for an event",
        prepare=create_bookable_event,
        write=do("upsertRegistrationBookableEvent", **REGISTRATION),
        read=BOOKABLE,
        extract=value_at("registration", "registered_count"),
        before=0,
        after=1,
    ),
    Change(
        name="leave an event",
        prepare=register,
        write=do("deleteRegistrationBookableEvent", bookable_event_id="yoga", registration_id="kim"),
        read=BOOKABLE,
        extract=value_at("registration", "registered_count"),
        before=1,
        after=0,
    ),
]
