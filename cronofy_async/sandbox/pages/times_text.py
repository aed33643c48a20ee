"""Times as pages in English show them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ..kernel.times import EventSpan

__all__ = ["day", "day_and_hours"]


def day(moment: datetime) -> str:
    """Return the day of a time, such as ``Mon 4 Mar 2030``."""
    return f"{moment:%a} {moment.day} {moment:%b %Y}"


def day_and_hours(span: EventSpan) -> tuple[str, str]:
    """Return the day and the hours of an event, in its time zone."""
    zone = ZoneInfo(span.tzid)
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    if span.all_day:
        last = end - timedelta(days=1)  # the end is exclusive
        return day(start), "all day" if last.date() <= start.date() else f"all day, to {day(last)}"
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{day(end)}, {end:%H:%M}"
    return day(start), f"{start:%H:%M} to {until}"
