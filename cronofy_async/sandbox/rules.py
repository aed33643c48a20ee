"""Rules over several members, other data or the clock, which a schema cannot state: one function each.

A rule gives a problem for each member that breaks it. ``@rule`` says where it comes from, and whether that is
documented or assumed.
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

__all__ = ["RULES", "Rule", "check"]

Json: TypeAlias = Mapping[str, Any]
Problems: TypeAlias = Iterator[tuple[str, str, str]]
Check: TypeAlias = Callable[[Json, State, datetime], Problems]

LINKS: Final = "https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/"
AVAILABILITY: Final = "https://docs.cronofy.com/developers/api/scheduling/availability/"
DATA_TYPES: Final = "https://docs.cronofy.com/developers/api/data-types/"

BUILT_IN: Final = frozenset({"default", "integrated", "explicit"})
SPAN: Final = timedelta(days=35)


@attrs.frozen
class Rule:
    """A rule for the body of an operation."""

    operation: str
    check: Check
    docs: str
    fidelity: Literal["documented", "assumed"]

    @property
    def name(self) -> str:
        return self.check.__name__


RULES: Final[list[Rule]] = []


def rule(
    operation: str, docs: str, fidelity: Literal["documented", "assumed"] = "documented"
) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        RULES.append(Rule(operation, check, docs, fidelity))
        return check

    return register


def check(operation: str, body: Json, state: State, now: datetime) -> Errors:
    """What rules say about a body whose shape is right."""
    errors: Errors = {}
    for one in RULES:
        if one.operation == operation:
            for field, key, description in one.check(body, state, now):
                errors.setdefault(field, []).append({"key": key, "description": description})
    return errors


CREATE: Final = "real_time_scheduling.create"


@rule(CREATE, LINKS)
def no_start_or_end(link: Json, state: State, now: datetime) -> Problems:
    """The times of a link's event come with the slot."""
    for name in ("start", "end"):
        if name in link["event"]:
            yield f"event.{name}", "errors.not_allowed", f"event.{name} should be omitted"


@rule(CREATE, LINKS)
def members_of_single_only(link: Json, state: State, now: datetime) -> Problems:
    """Attendees and overrides belong to ``event_creation: single``."""
    if link.get("event_creation") == "single":
        return
    fields = ["event.attendees"] if "attendees" in link["event"] else []
    for index, target in enumerate(link.get("target_calendars", ())):
        fields += [f"target_calendars[{index}].{name}" for name in ("attendee", "event") if name in target]
    for field in fields:
        yield field, "errors.not_allowed", f"{field} is only allowed when event_creation is single"


@rule(CREATE, LINKS)
def built_in_conferencing_only(link: Json, state: State, now: datetime) -> Problems:
    """Profiles of people go into ``target_calendars``."""
    profile = link["event"].get("conferencing", {}).get("profile_id")
    if profile is not None and profile not in BUILT_IN:
        field = "event.conferencing.profile_id"
        yield field, "errors.invalid", f"{field} must be one of {', '.join(sorted(BUILT_IN))}"


@rule(CREATE, AVAILABILITY)
def something_to_search(link: Json, state: State, now: datetime) -> Problems:
    """A query has periods or slots."""
    query = link["availability"]
    if not any(query.get(name) for name in ("query_periods", "available_periods", "query_slots")):
        yield "availability.query_periods", "errors.required", "availability.query_periods must be specified"


@rule(CREATE, AVAILABILITY)
def periods_make_sense(link: Json, state: State, now: datetime) -> Problems:
    """Each period lasts a minute or more, ends in the future, and within 35 days of the earliest start."""
    for name in ("query_periods", "available_periods"):
        listed = link["availability"].get(name, ())
        times = [(moment(one["start"]), moment(one["end"])) for one in listed]
        for index, (start, end) in enumerate(times):
            field = f"availability.{name}[{index}].end"
            if end - start < timedelta(minutes=1):
                yield field, "errors.invalid", f"{field} must be at least 1 minute after the start"
            elif end <= now:
                yield field, "errors.invalid", f"{field} must be in the future"
            elif end - min(times)[0] > SPAN:
                yield field, "errors.invalid", f"{field} must be within 35 days of the earliest start"


@rule(CREATE, DATA_TYPES)
def durations_make_sense(link: Json, state: State, now: datetime) -> Problems:
    """Minutes stay below 60 beside hours, and lengths are more than nothing."""
    query = link["availability"]
    for field, duration, positive in (
        ("availability.required_duration", query["required_duration"], True),
        ("availability.start_interval", query.get("start_interval"), True),
        ("minimum_notice", link.get("minimum_notice"), False),
    ):
        if duration is None:
            continue
        if "hours" in duration and duration.get("minutes", 0) >= 60:
            yield f"{field}.minutes", "errors.invalid", f"{field}.minutes must be below 60 when hours is given"
        elif positive and not length(duration):
            yield field, "errors.invalid", f"{field} must be greater than zero"


@rule(CREATE, LINKS)
def start_interval_in_steps(link: Json, state: State, now: datetime) -> Problems:
    """5, 10, 15, 20, 30 or 60 minutes, or a multiple of one."""
    interval = link["availability"].get("start_interval")
    if interval is not None and length(interval) % timedelta(minutes=5):
        field = "availability.start_interval"
        yield field, "errors.invalid", f"{field} must be an increment of one of 5, 10, 15, 20, 30 or 60 minutes"


@rule(CREATE, LINKS)
def known_time_zones(link: Json, state: State, now: datetime) -> Problems:
    """Time zones are IANA names."""
    for field, tzid in (("event.tzid", link["event"]["tzid"]), ("tzid", link.get("tzid"))):
        if tzid is not None and not _is_zone(tzid):
            yield field, "errors.invalid", f"{field} must be a known IANA time zone"


def _is_zone(tzid: str) -> bool:
    try:
        ZoneInfo(tzid)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@rule(CREATE, AVAILABILITY, "assumed")
def known_accounts(link: Json, state: State, now: datetime) -> Problems:
    """Members have authorized the application. What Cronofy answers otherwise is not documented."""
    for group_index, group in enumerate(link["availability"]["participants"]):
        for index, member in enumerate(group["members"]):
            if member["sub"] not in state.accounts and not member["sub"].startswith("res_"):
                field = f"availability.participants[{group_index}].members[{index}].sub"
                yield field, "errors.unknown", f"{field} is not an account of this application"
