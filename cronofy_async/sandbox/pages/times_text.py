"""Times as text for pages in English."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ..kernel.times import EventSpan

__all__ = ["format_day", "format_day_and_hours"]


def format_day(moment: datetime) -> str:
    """Return the day of a time, such as ``Mon 4 Mar 2030``."""
    return f"{moment:%a} {moment.day} {moment:%b %Y}"


def format_day_and_hours(span: EventSpan) -> tuple[str, str]:
    """Return the day and the hours of an event, in its time zone."""
    zone = ZoneInfo(span.tzid)
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    if span.all_day:
        last = end - timedelta(days=1)  # the end is exclusive
        return format_day(start), "all day" if last.date() <= start.date() else f"all day, to {format_day(last)}"
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{format_day(end)}, {end:%H:%M}"
    return format_day(start), f"{start:%H:%M} to {until}"
