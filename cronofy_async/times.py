"""Times, durations, and periods in the forms that the API uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import attrs

from ._json import Json
from ._unset import Unset

__all__ = [
    "AnyDuration",
    "AnyTimeZone",
    "Duration",
    "EventTime",
    "Period",
    "as_duration",
    "as_periods",
    "as_required_duration",
    "as_tzid",
    "wire_time",
]


def wire_time(moment: datetime) -> str:
    """Write an aware datetime the way Cronofy asks for it: UTC, whole seconds, ``Z``.

    Raises:
        ValueError: the datetime is naive, so that nobody can tell which moment it means, or too far away for UTC.
    """
    if moment.utcoffset() is None:
        raise ValueError(
            f"{moment.isoformat()} has no time zone; give an aware datetime, for example datetime(..., tzinfo=UTC)"
        )
    try:
        return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    except OverflowError:
        raise ValueError(f"{moment.isoformat()} cannot be written in UTC") from None


def read_time(text: str) -> datetime:
    """Read a Cronofy Time (``Z`` or an offset). Raises ``ValueError`` for anything else, naive times included."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no UTC offset")
    return moment


@attrs.frozen
class Duration:
    """A length of time in whole minutes, as Cronofy writes it: ``{"minutes": 60}``, or with ``hours``.

    Wherever a request takes a duration, a :class:`~datetime.timedelta` does too.

    Raises:
        ValueError: a part is negative, neither part is given, or ``minutes`` is 60 or more beside ``hours``.

    Docs: https://docs.cronofy.com/developers/api/data-types/
    """

    minutes: int | None = attrs.field(default=None, kw_only=True)
    hours: int | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.minutes is None and self.hours is None:
            raise ValueError("a Duration needs minutes, hours or both")
        if (self.minutes or 0) < 0 or (self.hours or 0) < 0:
            raise ValueError("a Duration cannot be negative")
        if self.hours is not None and (self.minutes or 0) >= 60:
            raise ValueError("minutes must be below 60 where a Duration has hours")

    @property
    def length(self) -> timedelta:
        """The same as a timedelta."""
        return timedelta(hours=self.hours or 0, minutes=self.minutes or 0)

    @classmethod
    def of(cls, length: timedelta) -> Duration:
        """Take a timedelta of whole minutes; anything finer is a ``ValueError``, as Cronofy cannot hold it."""
        minutes, rest = divmod(length, timedelta(minutes=1))
        if rest:
            raise ValueError(f"{length} is not a whole number of minutes")
        return cls(minutes=minutes)


AnyDuration: TypeAlias = Duration | timedelta | Json
AnyTimeZone: TypeAlias = str | ZoneInfo


def as_duration(value: AnyDuration | Unset) -> Duration | Json | Unset:
    """Turn a timedelta into a Duration; leave everything else alone."""
    return value if isinstance(value, Unset) else as_required_duration(value)


def as_required_duration(value: AnyDuration) -> Duration | Json:
    """The same for a parameter that cannot be left out."""
    return Duration.of(value) if isinstance(value, timedelta) else value


def as_tzid(value: AnyTimeZone | Unset) -> str | Unset:
    """Turn a ZoneInfo into its name; leave everything else alone."""
    return value.key if isinstance(value, ZoneInfo) else value


@attrs.frozen
class Period:
    """A stretch of time, ``start`` to ``end``; both must be aware. In requests a ``(start, end)`` pair does as well."""

    start: datetime
    end: datetime


AnyPeriod: TypeAlias = Period | tuple[datetime, datetime] | Json


def as_periods(value: Iterable[AnyPeriod] | Unset) -> tuple[Period | Json, ...] | Unset:
    """Turn ``(start, end)`` pairs into periods; leave periods, mappings and UNSET alone."""
    if isinstance(value, Unset):
        return value
    return tuple(Period(*item) if isinstance(item, tuple) else item for item in value)


@attrs.frozen(repr=False)
class EventTime:
    """When an event starts or ends, in any of the forms Cronofy uses.

    ``raw`` is what the server sent: a Time (``"2030-02-01T09:30:00Z"``), a Date (``"2030-02-01"``, an all-day event)
    or an object ``{"time": ..., "tzid": ...}``.

    Docs: https://docs.cronofy.com/developers/api/data-types/
    """

    raw: str | Mapping[str, Any] = attrs.field(hash=False)

    @property
    def _text(self) -> str:
        return self.raw if isinstance(self.raw, str) else str(self.raw["time"])

    @property
    def tzid(self) -> str | None:
        """The time zone that came with the time, if any."""
        if isinstance(self.raw, str):
            return None
        tzid = self.raw.get("tzid")
        return tzid if isinstance(tzid, str) else None

    @property
    def is_all_day(self) -> bool:
        """Whether it is a day, without a time."""
        return "T" not in self._text and " " not in self._text

    @property
    def utc(self) -> datetime | None:
        """The moment in UTC; ``None`` for an all-day event and for a year that ``datetime`` cannot hold."""
        if self.is_all_day:
            return None
        try:
            return read_time(self._text).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    @property
    def date(self) -> date | None:
        """The calendar day, as the server wrote it; ``None`` for a year that ``datetime`` cannot hold."""
        try:
            return date.fromisoformat(self._text[:10])
        except ValueError:
            return None

    def in_zone(self, tz: AnyTimeZone) -> datetime | None:
        """The moment in another time zone, or ``None`` where there is none (see :attr:`utc`)."""
        moment = self.utc
        try:
            return moment and moment.astimezone(ZoneInfo(tz) if isinstance(tz, str) else tz)
        except OverflowError:
            return None

    def __repr__(self) -> str:
        return f"EventTime({self._text!r}{f', tzid={self.tzid!r}' if self.tzid else ''})"
