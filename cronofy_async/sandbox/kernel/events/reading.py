"""The events that a request for events or free/busy periods returns.

Docs: https://docs.cronofy.com/developers/api/events/read-events/
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs

from ..records import Account, Calendar, Event, Json
from ..times import format_time, midnight, parse_time
from .occurrences import Occurrence, is_recurring, occurrences

__all__ = ["FUTURE", "PAST", "ReadWindow", "day_of", "find_events", "render_times", "synchronized_window"]

#: The window in which Cronofy synchronizes external events.
PAST: Final = timedelta(days=42)
FUTURE: Final = timedelta(days=201)


@attrs.frozen
class ReadWindow:
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
        """Return whether a time of an event overlaps the window: it ends at the window's start or later, and starts before its end.

        An all-day event covers the same days in every time zone, and its end is exclusive.
        """
        if event.all_day:
            first, last = (moment.astimezone(ZoneInfo(event.tzid)).date() for moment in (start, end))
            return (self.to is None or first < self.to) and (self.since is None or last > self.since)
        return (self.end is None or start < self.end) and (self.start is None or end >= self.start)


def synchronized_window(tzid: str, now: datetime) -> ReadWindow:
    """Return the window in which Cronofy keeps external events."""
    today = now.astimezone(ZoneInfo(tzid)).date()
    return ReadWindow(today - PAST, today + FUTURE, tzid)


def find_events(account: Account, query: Json, now: datetime) -> list[tuple[Calendar, Occurrence]]:
    """Return the events of a read, by start.

    As documented, managed events are left out by default; without ``from`` and ``to``, they are returned regardless of their
    time. Assumed: ``calendar_ids`` that the account does not have are ignored, and so are deleted calendars.

    Args:
        account: The account.
        query: The query of the request.
        now: The current time.
    """
    pairs = [
        (calendar, occurrence)
        for calendar in account.calendars
        if not calendar.deleted and calendar.calendar_id in query.get("calendar_ids", (calendar.calendar_id,))
        for occurrence in _of_calendar(calendar, query, now)
    ]
    return sorted(pairs, key=lambda pair: (pair[1].start, pair[1].event_uid))


def _of_calendar(calendar: Calendar, query: Json, now: datetime) -> Iterator[Occurrence]:
    read = _Read(query, now)
    for event in calendar.events:
        yield from read.occurrences(event)
    if not query.get("include_deleted"):
        return
    seen = {event.event_uid for event in calendar.events}
    for event in reversed(calendar.deleted_events):  # the newest one counts
        live = calendar.event(event_uid=event.event_uid)
        if live is not None:  # a series that was changed: only the occurrences that no longer exist are deleted
            seen |= {occurrence.event_uid for occurrence in read.within(live)}
        for occurrence in read.occurrences(event):
            if occurrence.event_uid not in seen:
                seen.add(occurrence.event_uid)
                yield occurrence


class _Read:
    """The parameters of a read."""

    def __init__(self, query: Json, now: datetime) -> None:
        self._query = query
        self._synchronized = synchronized = synchronized_window(query["tzid"], now)
        self._requested = requested = ReadWindow(day_of(query, "from"), day_of(query, "to"), query["tzid"])
        since, to = (
            max(filter(None, (requested.since, synchronized.since))),
            min(filter(None, (requested.to, synchronized.to))),
        )
        self._limited = attrs.evolve(synchronized, since=since, to=to)
        self._modified = parse_time(query["last_modified"]) if "last_modified" in query else None

    def occurrences(self, event: Event) -> list[Occurrence]:
        """Return the occurrences of an event that a read returns."""
        query = self._query
        if self._modified is not None and event.updated < self._modified:
            return []
        if event.is_managed:
            included = query.get("only_managed") or query.get("include_managed")
        else:
            included = not query.get("only_managed")
        return self.within(event) if included else []

    def within(self, event: Event) -> list[Occurrence]:
        """Return the occurrences in the requested window, which for external events is limited to that of Cronofy."""
        window = self._requested if event.is_managed else self._limited
        last = self._synchronized.to
        if window.to is None and last is not None and is_recurring(event):  # a series may have no end
            first = event.start.astimezone(ZoneInfo(event.tzid if event.all_day else window.tzid)).date()
            window = attrs.evolve(window, to=max(last, first + timedelta(days=1)))
        margin = timedelta(days=2)  # all-day events have their own time zone
        since = window.start and window.start - margin
        until = (window.end or event.start) + margin
        inside = [
            occurrence
            for occurrence in occurrences(event, since, until)
            if window.includes(occurrence.start, occurrence.end, event)
        ]
        if not inside and self._query.get("include_moved") and _was_in(window, event):
            return [Occurrence(event, event.start, event.end)]
        return inside


def _was_in(window: ReadWindow, event: Event) -> bool:
    return any(window.includes(start, end, event) for start, end in event.earlier)


def day_of(query: Json, name: str) -> date | None:
    """Return a day of the query. A time, which official SDKs also send, counts as its day in the time zone of the read."""
    value = query.get(name)
    if value is None:
        return None
    if len(value) == len("2030-02-01"):
        return date.fromisoformat(value)
    local = parse_time(value).astimezone(ZoneInfo(query["tzid"]))
    has_begun = name == "to" and local.time() != time()
    return local.date() + timedelta(days=has_begun)


def render_times(occurrence: Occurrence, *, localized: bool) -> dict[str, Any]:
    """Return the ``start`` and ``end`` of an occurrence as responses show them.

    Args:
        occurrence: The occurrence.
        localized: Whether they come with the time zone of the event.
    """
    tzid, all_day = occurrence.event.tzid, occurrence.event.all_day
    texts = {"start": occurrence.start, "end": occurrence.end}
    if not localized:
        return {name: _local(moment, tzid)[:10] if all_day else format_time(moment) for name, moment in texts.items()}
    return {
        name: {"time": _local(moment, tzid)[:10] if all_day else _local(moment, tzid), "tzid": tzid}
        for name, moment in texts.items()
    }


def _local(moment: datetime, tzid: str) -> str:
    return moment.astimezone(ZoneInfo(tzid)).replace(microsecond=0).isoformat().replace("+00:00", "Z")
