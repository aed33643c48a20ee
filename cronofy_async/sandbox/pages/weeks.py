"""The week on a booking page: its days, each with its times in the visitor's time zone."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from ..kernel.times import format_time, midnight
from .languages import Language, offset_text
from .offers import Offer

__all__ = ["Day", "Part", "Style", "Time", "Week", "week_of"]

#: The parts of a day, with the hour at which each one ends.
_PARTS: Final = {"morning": 12, "afternoon": 18, "evening": 24}


@attrs.frozen
class Style:
    """The language, time zone, and hour format in which a page shows times."""

    language: Language
    tzid: str
    hour_format: str | None

    def local(self, moment: datetime) -> datetime:
        """Return a time in the zone."""
        return moment.astimezone(ZoneInfo(self.tzid))

    def time(self, moment: datetime) -> str:
        """Write the time of day."""
        return self.language.time(self.local(moment), self.hour_format)

    def span(self, start: datetime, end: datetime) -> str:
        """Write the times of day of a start and an end."""
        return f"{self.time(start)} – {self.time(end)}"

    def zone(self, moment: datetime) -> str:
        """Return the name of the zone, with the offset that it has at a time."""
        return self.language.zone(self.local(moment), self.tzid)

    def date(self, moment: datetime) -> str:
        """Write the day."""
        return self.language.full_date(self.local(moment).date())


@attrs.frozen
class Time:
    """A time to choose.

    Attributes:
        value: Its start, as forms send it.
        text: Its start, as people read it.
        until: Its end.
        offset: The offset from UTC, if another time of the day looks the same because the clocks are set back.
    """

    value: str
    text: str
    until: str
    offset: str | None


@attrs.frozen
class Part:
    """A part of a day, and its times."""

    name: str
    times: Sequence[Time]


@attrs.frozen
class Day:
    """A day of a week. ``offsets`` has its offsets from UTC if the clocks change in that week."""

    day: date
    parts: Sequence[Part]
    offsets: str | None

    @property
    def count(self) -> int:
        """The number of its times."""
        return sum(len(part.times) for part in self.parts)


@attrs.frozen
class Week:
    """A week that has times. ``earlier`` and ``later`` are the first days of the nearest others."""

    start: date
    days: Sequence[Day]
    earlier: date | None
    later: date | None


def week_of(offers: Sequence[Offer], style: Style, day: date | None) -> Week | None:
    """Return the week with a day. If it has no times, return the next one that has some, or the last one.

    Only the times of this week are read, because a link can offer thousands.

    Args:
        offers: The times to choose from, first to last.
        style: How they are shown.
        day: The day; by default, the day of the first time.
    """
    if not offers:
        return None

    def week(index: int) -> date:
        return style.language.week_of(style.local(offers[index].start).date())

    def place(day: date) -> int:
        return bisect_left(offers, midnight(day, style.tzid), key=lambda offer: offer.start)

    first, last = week(0), week(-1)
    if day is None or day <= first:
        start = first
    elif day >= last:
        start = last
    else:
        start = week(place(style.language.week_of(day)))
    begin, end = place(start), place(start + timedelta(days=7))
    return Week(
        start=start,
        days=_days(start, offers[begin:end], style),
        earlier=week(begin - 1) if begin else None,
        later=week(end) if end < len(offers) else None,
    )


def _days(first: date, offers: Iterable[Offer], style: Style) -> list[Day]:
    by_day: dict[date, list[tuple[datetime, Offer]]] = defaultdict(list)
    for offer in offers:
        local = style.local(offer.start)
        by_day[local.date()].append((local, offer))
    change = len({local.utcoffset() for times in by_day.values() for local, _ in times}) > 1
    weekend = style.language.weekend
    has_weekend = any(day.weekday() in weekend for day in by_day)
    days = (first + timedelta(days=offset) for offset in range(7))
    visible = [day for day in days if has_weekend or day.weekday() not in weekend]
    return [_day(day, by_day[day], style, change=change) for day in visible]


def _day(day: date, offers: Sequence[tuple[datetime, Offer]], style: Style, *, change: bool) -> Day:
    parts: list[Part] = []
    since = 0
    for name, until in _PARTS.items():
        times = [_time(local, offer, style) for local, offer in offers if since <= local.hour < until]
        if times:
            parts.append(Part(name, times))
        since = until
    offsets = dict.fromkeys(offset_text(local) for local, _ in offers) if change else ()
    return Day(day, parts, ", ".join(offsets) or None)


def _time(local: datetime, offer: Offer, style: Style) -> Time:
    is_ambiguous = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return Time(
        value=format_time(offer.start),
        text=style.language.time(local, style.hour_format),
        until=style.time(offer.end),
        offset=offset_text(local) if is_ambiguous else None,
    )
