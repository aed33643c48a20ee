"""The events that a read of events or of free/busy periods returns.

Docs: https://docs.cronofy.com/developers/api/events/read-events/
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs

from .occurrences import Occurrence, is_recurring, occurrences
from .records import Account, Calendar, Event, Json
from .times import midnight, moment, written

__all__ = ["FUTURE", "PAST", "Window", "day_of", "found", "limits", "rendered_times"]

#: The window of external events, which is all that Cronofy knows of a calendar.
PAST: Final = timedelta(days=42)
FUTURE: Final = timedelta(days=201)


@attrs.frozen
class Window:
    """Days in the time zone of a read. ``to`` is exclusive; ``None`` is no limit."""

    since: date | None
    to: date | None
    tzid: str

    @property
    def start(self) -> datetime | None:
        return None if self.since is None else midnight(self.since, self.tzid)

    @property
    def end(self) -> datetime | None:
        return None if self.to is None else midnight(self.to, self.tzid)

    def includes(self, start: datetime, end: datetime, event: Event) -> bool:
        """Return whether a time of an event is in the window: it ends at its start or later, and starts before its end.

        An all-day event takes the same days in every time zone, and its end is exclusive.
        """
        if event.all_day:
            first, last = (one.astimezone(ZoneInfo(event.tzid)).date() for one in (start, end))
            return (self.to is None or first < self.to) and (self.since is None or last > self.since)
        return (self.end is None or start < self.end) and (self.start is None or end >= self.start)


def limits(tzid: str, now: datetime) -> Window:
    """Return the window that Cronofy keeps of external events."""
    today = now.astimezone(ZoneInfo(tzid)).date()
    return Window(today - PAST, today + FUTURE, tzid)


def found(account: Account, query: Json, now: datetime) -> list[tuple[Calendar, Occurrence]]:
    """Return what a read returns, by start.

    As documented, managed events are left out by default; without ``from`` and ``to``, they are returned whatever their
    time. Assumed: ``calendar_ids`` that the account does not have are ignored, and so are deleted calendars.

    Args:
        account: The account.
        query: The query of the request.
        now: The current time.
    """
    listed = [
        (calendar, occurrence)
        for calendar in account.calendars
        if not calendar.deleted and calendar.calendar_id in query.get("calendar_ids", (calendar.calendar_id,))
        for occurrence in _of_calendar(calendar, query, now)
    ]
    return sorted(listed, key=lambda pair: (pair[1].start, pair[1].event_uid))


def _of_calendar(calendar: Calendar, query: Json, now: datetime) -> Iterator[Occurrence]:
    kept = limits(query["tzid"], now)
    asked = Window(day_of(query, "from"), day_of(query, "to"), query["tzid"])
    cut = attrs.evolve(
        kept, since=max(filter(None, (asked.since, kept.since))), to=min(filter(None, (asked.to, kept.to)))
    )
    modified = moment(query["last_modified"]) if "last_modified" in query else None
    only_managed = query.get("only_managed", False)
    deleted = calendar.deleted_events if query.get("include_deleted") else ()
    for event in (*calendar.events, *deleted):
        if modified is not None and event.updated < modified:
            continue
        if event.is_managed and (only_managed or query.get("include_managed")):
            yield from _within(event, asked, kept, moved=query.get("include_moved", False))
        elif not event.is_managed and not only_managed:
            yield from _within(event, cut, kept, moved=query.get("include_moved", False))


def _within(event: Event, window: Window, kept: Window, *, moved: bool) -> Iterator[Occurrence]:
    if window.to is None and kept.to is not None and is_recurring(event):  # a series may have no end of its own
        window = attrs.evolve(window, to=max(kept.to, event.start.date() + timedelta(days=1)))
    more = timedelta(days=2)  # all-day events are in a time zone of their own
    since = window.start and window.start - more
    until = (window.end or event.start) + more
    inside = [one for one in occurrences(event, since, until) if window.includes(one.start, one.end, event)]
    if not inside and moved and any(window.includes(start, end, event) for start, end in event.earlier):
        inside = [Occurrence(event, event.start, event.end)]
    yield from inside


def day_of(query: Json, name: str) -> date | None:
    """Return a day of the query. A time, which official SDKs also send, counts as its day in the time zone of the read."""
    value = query.get(name)
    if value is None:
        return None
    if len(value) == len("2030-02-01"):
        return date.fromisoformat(value)
    local = moment(value).astimezone(ZoneInfo(query["tzid"]))
    begun = name == "to" and local.time() != time()
    return local.date() + timedelta(days=begun)


def rendered_times(occurrence: Occurrence, *, localized: bool) -> dict[str, Any]:
    """Return the ``start`` and ``end`` of an occurrence as responses show them.

    Args:
        occurrence: The occurrence.
        localized: Whether they come with the time zone of the event.
    """
    tzid, all_day = occurrence.event.tzid, occurrence.event.all_day
    texts = {"start": occurrence.start, "end": occurrence.end}
    if not localized:
        return {name: _local(one, tzid)[:10] if all_day else written(one) for name, one in texts.items()}
    return {
        name: {"time": _local(one, tzid)[:10] if all_day else _local(one, tzid), "tzid": tzid}
        for name, one in texts.items()
    }


def _local(moment: datetime, tzid: str) -> str:
    return moment.astimezone(ZoneInfo(tzid)).replace(microsecond=0).isoformat().replace("+00:00", "Z")
