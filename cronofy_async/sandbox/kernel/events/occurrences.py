"""The occurrences of events: one of a single event, and those of a recurring event, by ``python-dateutil``.

A series repeats at the same local time in its time zone, across changes of daylight saving. Assumed, as the docs do not
specify it: its first occurrence is its own start, regardless of its rule; a timed occurrence lasts as long as the first
one, an all-day one as many days; a day in ``exceptions`` has none.

Docs: https://docs.cronofy.com/developers/api-alpha/recurring-events/
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import attrs
from dateutil import rrule

from ..records import Event, Json
from .details import nested_member

__all__ = ["Occurrence", "derive_id", "has_other_occurrences", "is_recurring", "occurrences"]

_FREQUENCIES: Final[dict[str, Literal[0, 1, 2, 3]]] = {
    "daily": rrule.DAILY,
    "weekly": rrule.WEEKLY,
    "monthly": rrule.MONTHLY,
    "yearly": rrule.YEARLY,
}
_DAYS: Final = {
    "monday": rrule.MO,
    "tuesday": rrule.TU,
    "wednesday": rrule.WE,
    "thursday": rrule.TH,
    "friday": rrule.FR,
    "saturday": rrule.SA,
    "sunday": rrule.SU,
}
_DAY: Final = timedelta(days=1)


@attrs.frozen
class Occurrence:
    """A time at which an event takes place.

    Attributes:
        is_first: Whether it is that of the event itself, and not a later one of a series.
    """

    event: Event
    start: datetime
    end: datetime
    is_first: bool = True

    @property
    def event_uid(self) -> str:
        """Cronofy's ID: each occurrence has its own."""
        return self.event.event_uid if self.is_first else derive_id(self.event.event_uid, self.start.isoformat())


def derive_id(*parts: str) -> str:
    """Return an ID of an external event that is the same for the same parts."""
    return f"evt_external_{hashlib.blake2b(' '.join(parts).encode(), digest_size=12).hexdigest()}"


def is_recurring(event: Event) -> bool:
    """Return whether an event is a series."""
    return bool(nested_member(event.details, "recurrence", "rules"))


def has_other_occurrences(old: Event, new: Event) -> bool:
    """Return whether a change of a series may have removed some of its occurrences."""
    return any(
        getattr(old, name) != getattr(new, name) for name in ("start", "end", "tzid", "all_day")
    ) or old.details.get("recurrence") != new.details.get("recurrence")


def occurrences(event: Event, since: datetime | None, until: datetime) -> Iterator[Occurrence]:
    """Yield the occurrences of an event that start before ``until`` and end at ``since`` or later, in order.

    Args:
        event: The event.
        since: ``None`` is the beginning of the event.
        until: A series has no end without it.
    """
    if not is_recurring(event):
        if event.start < until and (since is None or event.end >= since):
            yield Occurrence(event, event.start, event.end)
        return
    zone = ZoneInfo(event.tzid)
    first, last = (moment.astimezone(zone).replace(tzinfo=None) for moment in (event.start, event.end))
    # A day more on both sides: local times may differ from UTC by as much.
    begin = first if since is None else max(first, since.astimezone(zone).replace(tzinfo=None) - (last - first) - _DAY)
    for local in _series(json.dumps(event.details["recurrence"]), first).between(
        begin, until.astimezone(zone).replace(tzinfo=None) + _DAY, inc=True
    ):
        start = local.replace(tzinfo=zone).astimezone(UTC)
        end = (
            (local + (last - first)).replace(tzinfo=zone).astimezone(UTC)
            if event.all_day
            else start + (event.end - event.start)
        )
        if start < until and (since is None or end >= since):
            yield Occurrence(event, start, end, is_first=start == event.start)


@lru_cache(maxsize=1024)
def _series(recurrence: str, first: datetime) -> Any:
    """Return the local times at which a series takes place, without a time zone."""
    described = json.loads(recurrence)
    series = rrule.rruleset(cache=True)
    series.rdate(first)
    for rule in described["rules"]:
        series.rrule(_rule(rule, first))
        for day in (*rule.get("exceptions", ()), *described.get("exceptions", ())):
            series.exdate(datetime.combine(datetime.fromisoformat(day), first.time()))
    return series


def _rule(rule: Json, first: datetime) -> rrule.rrule:
    until = rule.get("until")
    return rrule.rrule(
        _FREQUENCIES[rule["frequency"]],
        dtstart=first,
        interval=rule.get("interval") or 1,
        count=rule.get("count"),
        until=datetime.combine(datetime.fromisoformat(until), time.max) if until else None,
        byweekday=[_weekday(day) for day in rule.get("by_day") or ()] or None,
    )


def _weekday(day: str | Json) -> Any:
    if isinstance(day, str):
        return _DAYS[day]
    nth = day.get("nth_of_period")
    return _DAYS[day["day"]](nth) if nth else _DAYS[day["day"]]
