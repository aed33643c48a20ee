"""Read and write times and durations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from ..._json import is_object

__all__ = [
    "EventSpan",
    "event_span",
    "format_time",
    "is_zone",
    "midnight",
    "parse_duration",
    "parse_time",
    "span",
    "to_utc",
]


@attrs.frozen
class EventSpan:
    """The start and end of an event in UTC, whether they were dates, and the time zone of the event."""

    start: datetime
    end: datetime
    all_day: bool
    tzid: str


def midnight(day: date, tzid: str) -> datetime:
    """Return the beginning of a day in a time zone, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(tzid)).astimezone(UTC)


def is_zone(tzid: str) -> bool:
    """Return whether a time zone is a known IANA name."""
    try:
        ZoneInfo(tzid)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def event_span(start: Any, end: Any, tzid: str | None) -> EventSpan:
    """Read the ``start`` and ``end`` of an event: each a Time, a Date, or an object with ``time`` and ``tzid``.

    Args:
        start: The start.
        end: The end.
        tzid: The zone of the event. Assumed: the one next to the start or end is used only without it.
    """
    zones = [value.get("tzid") for value in (start, end) if is_object(value)]
    zone: str = tzid or next(filter(None, zones), None) or "Etc/UTC"
    begin, until = (str(value["time"]) if is_object(value) else str(value) for value in (start, end))
    if len(begin) == len("2030-02-01"):
        days = date.fromisoformat(begin), date.fromisoformat(until)
        return EventSpan(midnight(days[0], zone), midnight(days[1], zone), all_day=True, tzid=zone)
    return EventSpan(parse_time(begin), parse_time(until), all_day=False, tzid=zone)


def format_time(moment: datetime) -> str:
    """Write a Time in UTC, as Cronofy does."""
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"  # %Y does not pad years before 1000


def parse_time(text: str) -> datetime:
    """Read a Time."""
    return datetime.fromisoformat(text).astimezone(UTC)


def parse_duration(duration: Mapping[str, Any] | None) -> timedelta:
    """Read a Duration; ``None`` is zero."""
    if not duration:
        return timedelta()
    return timedelta(hours=duration.get("hours", 0), minutes=duration.get("minutes", 0))


def to_utc(name: str, moment: datetime) -> datetime:
    """Return a time in UTC.

    Raises:
        ValueError: The time is naive.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{name}: must have a time zone, for example datetime(..., tzinfo=UTC)")
    return moment.astimezone(UTC)


def span(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Return a start and an end in UTC.

    Raises:
        ValueError: One of them is naive, or the end is not after the start.
    """
    start, end = to_utc("start", start), to_utc("end", end)
    if end <= start:
        raise ValueError("end: must be after the start")
    return start, end
