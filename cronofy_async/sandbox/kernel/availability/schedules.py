"""When a member of an availability query can be booked, according to calendars, rules, and limits.

Docs: https://docs.cronofy.com/developers/api/scheduling/availability/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

import attrs

from ..events.details import free_busy_status
from ..records import Event, Json
from ..times import parse_time
from .managed import AvailabilityRule, AvailablePeriod
from .minutes import DAY, Range, ceil_minute, floor_minute, from_minute, stretches

__all__ = [
    "ANY_TAG_COUNTS",
    "EMPTY_HOURS",
    "EMPTY_RULE_IDS",
    "PERIODS_EXTEND_RULES",
    "UNMANAGED_IS_UNAVAILABLE",
    "WEEKS_BEGIN_ON_MONDAY",
    "MemberTimes",
    "Schedules",
]

# The names of assumptions, whose texts are in ``areas/availability.py``.
EMPTY_HOURS: Final = "empty_available_periods_are_absent"
EMPTY_RULE_IDS: Final = "empty_availability_rule_ids_are_absent"
UNMANAGED_IS_UNAVAILABLE: Final = "without_rules_and_periods_is_unavailable"
PERIODS_EXTEND_RULES: Final = "available_periods_extend_rules"
ANY_TAG_COUNTS: Final = "events_with_any_tag_count"
WEEKS_BEGIN_ON_MONDAY: Final = "weeks_begin_on_monday"

WEEK: Final = 7 * DAY

#: Returns the events of an account that overlap a window, each with the ID of its calendar.
Events: TypeAlias = Callable[[str, datetime, datetime], Iterable[tuple[str, Event]]]


@attrs.frozen(kw_only=True)
class MemberTimes:
    """The minutes in a range at which a member is busy, blocked, or working.

    Attributes:
        busy: Events, from which buffers keep a distance.
        blocked: Other times when the member cannot be booked, from which buffers keep none.
        hours: Times to which bookings are restricted; all restrictions apply.
    """

    busy: Sequence[Range] = ()
    blocked: Sequence[Range] = ()
    hours: Sequence[Sequence[Range]] = ()


@attrs.frozen(kw_only=True)
class Schedules:
    """The events, rules and available periods of all accounts, for one query.

    Attributes:
        excluded: The IDs of events that do not count.
        assumed: The assumptions that hold.
    """

    events: Events
    rules: Iterable[AvailabilityRule]
    periods: Iterable[AvailablePeriod]
    excluded: Collection[Any]
    assumed: Collection[str]

    def times(self, member: Json, within: Range, of_events: Range) -> MemberTimes:
        """Return the times of a member in a range of minutes, with the events of a larger range."""
        hours: list[list[Range]] = []
        periods = member.get("available_periods")
        if periods or (periods is not None and EMPTY_HOURS not in self.assumed):
            hours.append([_range(period) for period in periods])
        calendar_ids = member.get("calendar_ids")
        if member.get("managed_availability"):
            rules = self._rules(member)
            hours += self._managed(member["sub"], rules, within)
            if calendar_ids is None and all(rule.calendar_ids is not None for rule in rules):
                calendar_ids = [calendar_id for rule in rules for calendar_id in rule.calendar_ids or ()] or None
        return MemberTimes(
            busy=list(self._busy(member, calendar_ids, of_events)),
            blocked=[
                period
                for constraint in member.get("availability_constraints", ())
                for period in self._full(member["sub"], constraint, within)
            ],
            hours=hours,
        )

    # Calendars.

    def _events(self, sub: str, within: Range) -> Iterator[tuple[str, Event]]:
        for calendar_id, event in self.events(sub, from_minute(within[0]), from_minute(within[1])):
            if event.event_id not in self.excluded and event.event_uid not in self.excluded:
                yield calendar_id, event

    def _busy(self, member: Json, calendar_ids: Collection[str] | None, within: Range) -> Iterator[Range]:
        busy = {"busy"} if member.get("ignore_tentative") else {"busy", "tentative"}
        for calendar_id, event in self._events(member["sub"], within):
            if (
                (calendar_ids is None or calendar_id in calendar_ids)
                and free_busy_status(event) in busy
                and not (member.get("only_managed_events") and event.event_id is None)
            ):
                yield _minutes(event)

    # Managed availability.

    def _rules(self, member: Json) -> list[AvailabilityRule]:
        """Return the rules that apply to a member. IDs of rules that do not exist have no effect."""
        rule_ids = member.get("availability_rule_ids")
        if rule_ids == [] and EMPTY_RULE_IDS in self.assumed:
            rule_ids = None
        rules = (rule for rule in self.rules if rule.sub == member["sub"])
        return [rule for rule in rules if rule_ids is None or rule.availability_rule_id in rule_ids]

    def _managed(self, sub: str, rules: Sequence[AvailabilityRule], within: Range) -> list[list[Range]]:
        weekly = [period for rule in rules for period in rule.ranges(*within, self.assumed)]
        periods = [period.minutes for period in self.periods if period.sub == sub]
        if not rules and not periods:
            return [[]] if UNMANAGED_IS_UNAVAILABLE in self.assumed else []
        if PERIODS_EXTEND_RULES in self.assumed:
            return [weekly + periods]
        return [restriction for restriction, exists in ((weekly, rules), (periods, periods)) if exists]

    # Limits on the number of events.

    def _full(self, sub: str, constraint: Json, within: Range) -> Iterator[Range]:
        """Yield the days or weeks in which a member has as many events as the constraint allows."""
        size = WEEK if constraint["period"] == "week" else DAY
        # 1970 began on a Thursday.
        shift = (3 if WEEKS_BEGIN_ON_MONDAY in self.assumed else 4) * DAY if size == WEEK else 0
        start, end = within[0] - WEEK - DAY, within[1] + WEEK + DAY
        parts = stretches(ZoneInfo(constraint.get("tzid", "Etc/UTC")), start, end)
        counts: Counter[int] = Counter()
        for _, event in self._events(sub, (start, end)):
            if event.event_id is not None and self._has_tags(event, constraint.get("tags")):
                since, until = _minutes(event)
                counts.update(
                    {
                        number
                        for low, high, offset in parts
                        if since < high and low < until
                        for number in range(
                            (max(since, low) + offset + shift) // size,
                            (min(until, high) - 1 + offset + shift) // size + 1,
                        )
                    }
                )
        for number, count in counts.items():
            if count >= constraint["limit"]:
                for low, high, offset in parts:
                    first = number * size - shift - offset
                    yield max(first, low), min(first + size, high)

    def _has_tags(self, event: Event, tags: Json | None) -> bool:
        if not tags:
            return True
        required, event_tags = _tags(tags), _tags(event.details.get("tags") or {})
        return bool(required & event_tags) if ANY_TAG_COUNTS in self.assumed else required <= event_tags


def _tags(tags: Json) -> set[tuple[str, str]]:
    """Return tags as pairs of their context and value."""
    return {(context, tag["value"]) for context, values in tags.items() for tag in values}


def _range(period: Json) -> Range:
    return ceil_minute(parse_time(period["start"])), floor_minute(parse_time(period["end"]))


def _minutes(event: Event) -> Range:
    """Return the minutes that an event overlaps; an event without a length overlaps one minute."""
    start = floor_minute(event.start)
    return start, max(ceil_minute(event.end), start + 1)
