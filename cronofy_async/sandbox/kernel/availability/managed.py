"""Managed availability: the working hours that an application stores for an account.

Docs: https://docs.cronofy.com/developers/api/scheduling/availability/managed-availability/
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from ..tables import stored
from .minutes import DAY, Range, ceil_minute, floor_minute, stretches

__all__ = ["CROSS_MIDNIGHT", "DAYS", "AvailabilityRule", "AvailablePeriod", "WeeklyPeriod"]

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

#: The assumption about weekly periods that end before they start.
CROSS_MIDNIGHT: Final = "weekly_periods_cross_midnight"

#: 1970 began on a Thursday.
_FIRST_WEEKDAY: Final = 3


@attrs.frozen(kw_only=True)
class WeeklyPeriod:
    """A part of a day of the week. Times are ``HH:MM``."""

    day: str
    start_time: str
    end_time: str

    def minutes(self, assumed: Collection[str]) -> Range:
        """Return its minutes, counted from the midnight at which its day begins."""
        start, end = _minute_of_day(self.start_time), _minute_of_day(self.end_time)
        return start, end + DAY if end <= start and CROSS_MIDNIGHT in assumed else end


@stored
@attrs.frozen(kw_only=True)
class AvailabilityRule:
    """Weekly working hours of an account.

    Attributes:
        calendar_ids: The calendars that count as busy; ``None`` is all.
    """

    sub: str
    availability_rule_id: str
    tzid: str
    calendar_ids: list[str] | None
    weekly_periods: list[WeeklyPeriod]

    def ranges(self, start: int, end: int, assumed: Collection[str]) -> Iterator[Range]:
        """Yield the minutes of a range during which a clock in the rule's zone shows a time of a weekly period."""
        weekly = [(DAYS.index(period.day), *period.minutes(assumed)) for period in self.weekly_periods]
        for low, high, offset in stretches(ZoneInfo(self.tzid), start, end):
            for day in range((low + offset) // DAY - 1, (high + offset) // DAY + 1):
                midnight = day * DAY - offset
                for weekday, since, until in weekly:
                    if (day + _FIRST_WEEKDAY) % 7 == weekday:
                        yield max(midnight + since, low), min(midnight + until, high)


@stored
@attrs.frozen(kw_only=True)
class AvailablePeriod:
    """A single period in which an account can be booked. The zones are those in which its times were written."""

    sub: str
    available_period_id: str
    start: datetime
    end: datetime
    start_tzid: str
    end_tzid: str

    @property
    def minutes(self) -> Range:
        return ceil_minute(self.start), floor_minute(self.end)


def _minute_of_day(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
