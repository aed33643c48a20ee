"""Rules over several members, other data or the clock, which a schema cannot state: one function each.

A rule gives a problem for each member that breaks it. ``@rule`` says where it comes from, and whether that is
documented. What is assumed can be switched off: ``Sandbox(assume={"known_accounts": False})``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from .availability import length, moment
from .contract import Errors
from .state import State

__all__ = ["ASSUMPTIONS", "RULES", "Rule", "check"]

Json: TypeAlias = Mapping[str, Any]
Problems: TypeAlias = Iterator[tuple[str, str, str]]
Check: TypeAlias = Callable[[Json, State, datetime], Problems]
Fidelity: TypeAlias = Literal["documented", "assumed"]

LINKS: Final = "https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/"
AVAILABILITY: Final = "https://docs.cronofy.com/developers/api/scheduling/availability/"
DATA_TYPES: Final = "https://docs.cronofy.com/developers/api/data-types/"

BUILT_IN: Final = ("default", "explicit", "integrated")


@attrs.frozen
class Rule:
    """A rule for the body of an operation."""

    operation: str
    check: Check
    docs: str
    fidelity: Fidelity

    @property
    def name(self) -> str:
        return self.check.__name__

    @property
    def says(self) -> str:
        return self.check.__doc__ or ""


RULES: Final[list[Rule]] = []

#: What the docs are silent about, by name; rules that are assumed come on top.
ASSUMPTIONS: Final[dict[str, str]] = {
    "refresh_ends_old_tokens": "A refresh gives a new refresh token, and the old tokens end. (May be new, say the docs.)",
    "wrong_kind_is_forbidden": "A known credential of the wrong kind is answered with 403. Otherwise with 401.",
    "conversations_are_bare": "A conversation is answered as it is, as in the docs. Otherwise, as an official SDK expects, "
    "in ``scheduling_conversation``.",
    "conversations_are_private": "A conversation is only for the accounts of its participants and the one that made it; "
    "others get 404. Otherwise any account may read it and act in it.",
    "selection_method_is_in_slots": "Each participant has ``slots.selection_method``. Otherwise those after the first have "
    "``slot_choice.method``, as in an example in the docs.",
    "registration_pages_are_events": "A further page of registrations is the whole bookable event. Otherwise it is "
    "``registrations`` and ``pages`` only.",
}


def rule(operation: str, docs: str, fidelity: Fidelity = "documented") -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        one = Rule(operation, check, docs, fidelity)
        RULES.append(one)
        if fidelity == "assumed":
            ASSUMPTIONS[one.name] = one.says
        return check

    return register


def check(operation: str, body: Json, state: State, now: datetime) -> Errors:
    """What rules say about a body whose shape is right."""
    errors: Errors = {}
    for one in RULES:
        if one.operation == operation and (one.fidelity == "documented" or one.name in state.assumed):
            for field, key, description in one.check(body, state, now):
                errors.setdefault(field, []).append({"key": key, "description": description})
    return errors


CREATE: Final = "real_time_scheduling.create"


@rule(CREATE, LINKS)
def event_has_a_zone(link: Json, state: State, now: datetime) -> Problems:
    """An event has a time zone; official SDKs give it in an older place, beside the event."""
    if link["event"].get("tzid") is None and link.get("tzid") is None:
        yield "event.tzid", "errors.required", "event.tzid must be specified"


@rule(CREATE, DATA_TYPES)
def known_time_zones(link: Json, state: State, now: datetime) -> Problems:
    """Time zones are IANA names."""
    for field, tzid in (("event.tzid", link["event"].get("tzid")), ("tzid", link.get("tzid"))):
        if tzid is not None and not _is_zone(tzid):
            yield field, "errors.invalid", f"{field} must be a known IANA time zone"


def _is_zone(tzid: str) -> bool:
    try:
        ZoneInfo(tzid)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@rule(CREATE, LINKS)
def targets_of_single_only(link: Json, state: State, now: datetime) -> Problems:
    """``attendee`` and ``event`` of a target calendar are only allowed when ``event_creation`` is ``single``."""
    if link.get("event_creation") == "single":
        return
    for index, target in enumerate(link.get("target_calendars") or ()):
        for name in ("attendee", "event"):
            if name in target:
                yield _single_only(f"target_calendars[{index}].{name}")


@rule(CREATE, LINKS, "assumed")
def attendees_of_single_only(link: Json, state: State, now: datetime) -> Problems:
    """``event.attendees``, only supported when ``event_creation`` is ``single``, are refused otherwise."""
    if link.get("event_creation") != "single" and "attendees" in link["event"]:
        yield _single_only("event.attendees")


def _single_only(field: str) -> tuple[str, str, str]:
    return field, "errors.not_allowed", f"{field} is only allowed when event_creation is single"


@rule(CREATE, LINKS, "assumed")
def no_start_or_end(link: Json, state: State, now: datetime) -> Problems:
    """``start`` and ``end``, which should be omitted, are refused: the times of a link's event come with the slot."""
    for name in ("start", "end"):
        if name in link["event"]:
            yield f"event.{name}", "errors.not_allowed", f"event.{name} should be omitted"


@rule(CREATE, LINKS, "assumed")
def built_in_conferencing_only(link: Json, state: State, now: datetime) -> Problems:
    """Conferencing profiles of people, which only ``target_calendars`` supports, are refused in the event."""
    profile = link["event"].get("conferencing", {}).get("profile_id")
    if profile is not None and profile not in BUILT_IN:
        field = "event.conferencing.profile_id"
        yield field, "errors.invalid", f"{field} must be one of {', '.join(BUILT_IN)}"


@rule(CREATE, AVAILABILITY)
def something_to_search(link: Json, state: State, now: datetime) -> Problems:
    """A query has periods or slots."""
    query = link["availability"]
    if not any(query.get(name) for name in ("query_periods", "available_periods", "query_slots")):
        yield "availability.query_periods", "errors.required", "availability.query_periods must be specified"


@rule(CREATE, LINKS)
def start_interval_in_steps(link: Json, state: State, now: datetime) -> Problems:
    """5, 10, 15, 20, 30 or 60 minutes, or a multiple of one."""
    interval = link["availability"].get("start_interval")
    if interval is not None and (not length(interval) or length(interval) % timedelta(minutes=5)):
        field = "availability.start_interval"
        yield field, "errors.invalid", f"{field} must be an increment of one of 5, 10, 15, 20, 30 or 60 minutes"


# What follows is stated for the same members of a scheduling conversation; that it holds for links is assumed.


@rule(CREATE, AVAILABILITY, "assumed")
def required_duration_above_zero(link: Json, state: State, now: datetime) -> Problems:
    """A slot lasts more than no time."""
    if not length(link["availability"]["required_duration"]):
        field = "availability.required_duration"
        yield field, "errors.invalid", f"{field} must be greater than zero"


@rule(CREATE, AVAILABILITY, "assumed")
def periods_up_to_50(link: Json, state: State, now: datetime) -> Problems:
    """There are at most 50 periods."""
    for name in ("query_periods", "available_periods"):
        if len(link["availability"].get(name, ())) > 50:
            yield f"availability.{name}", "errors.invalid", f"availability.{name} must be 50 at most"


@rule(CREATE, AVAILABILITY, "assumed")
def periods_last_a_minute(link: Json, state: State, now: datetime) -> Problems:
    """A period lasts a minute or more."""
    for field, start, end in _periods(link):
        if end - start < timedelta(minutes=1):
            yield f"{field}.end", "errors.invalid", f"{field}.end must be at least 1 minute after the start"


@rule(CREATE, AVAILABILITY, "assumed")
def periods_end_in_the_future(link: Json, state: State, now: datetime) -> Problems:
    """A period is not over yet. (That it has not begun, as for conversations, is not asked for.)"""
    for field, _, end in _periods(link):
        if end <= now:
            yield f"{field}.end", "errors.invalid", f"{field}.end must be in the future"


@rule(CREATE, AVAILABILITY, "assumed")
def periods_within_35_days(link: Json, state: State, now: datetime) -> Problems:
    """A period ends within 35 days of the earliest start."""
    periods = list(_periods(link))
    earliest = min((start for _, start, _ in periods), default=now)
    for field, _, end in periods:
        if end - earliest > timedelta(days=35):
            yield f"{field}.end", "errors.invalid", f"{field}.end must be within 35 days of the earliest start"


def _periods(link: Json) -> Iterator[tuple[str, datetime, datetime]]:
    for name in ("query_periods", "available_periods"):
        for index, one in enumerate(link["availability"].get(name, ())):
            yield f"availability.{name}[{index}]", moment(one["start"]), moment(one["end"])


@rule(CREATE, AVAILABILITY, "assumed")
def known_accounts(link: Json, state: State, now: datetime) -> Problems:
    """Members have authorized the application, or are resources. What Cronofy answers otherwise is not documented."""
    for group_index, group in enumerate(link["availability"]["participants"]):
        for index, member in enumerate(group["members"]):
            if member["sub"] not in state.accounts and not member["sub"].startswith("res_"):
                field = f"availability.participants[{group_index}].members[{index}].sub"
                yield field, "errors.unknown", f"{field} is not an account of this application"
