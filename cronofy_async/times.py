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
    "AnyEventTime",
    "AnyPeriod",
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
    """Return an aware datetime as Cronofy expects it: in UTC, in whole seconds, with ``Z``.

    Raises:
        ValueError: The datetime is naive, or cannot be converted to UTC.
    """
    if moment.utcoffset() is None:
        raise ValueError(
            f"{moment.isoformat()} has no time zone; pass an aware datetime, for example datetime(..., tzinfo=UTC)"
        )
    try:
        return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    except OverflowError:
        raise ValueError(f"{moment.isoformat()} cannot be written in UTC") from None


def read_time(text: str) -> datetime:
    """Return the datetime of a Cronofy Time.

    Raises:
        ValueError: The text is not a time, or has no UTC offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no UTC offset")
    return moment


@attrs.frozen
class Duration:
    """A length of time in whole minutes, as Cronofy writes it: ``{"minutes": 60}``, or with ``hours``.

    A ``timedelta`` is allowed wherever a request takes a duration.

    Raises:
        ValueError: A part is negative, no part is given, or ``minutes`` is 60 or more although ``hours`` is given.

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
        """Return the duration of a timedelta.

        Raises:
            ValueError: It is not in whole minutes, which is all that Cronofy supports.
        """
        minutes, remainder = divmod(length, timedelta(minutes=1))
        if remainder:
            raise ValueError(f"{length} is not a whole number of minutes")
        return cls(minutes=minutes)


AnyDuration: TypeAlias = Duration | timedelta | Json
AnyTimeZone: TypeAlias = str | ZoneInfo
#: The start or end of an event in a request: a time, a date (all-day), or an object ``{"time": ..., "tzid": ...}``.
AnyEventTime: TypeAlias = datetime | date | str | Json


def as_duration(value: AnyDuration | Unset) -> Duration | Json | Unset:
    """Return a timedelta as a Duration, and everything else unchanged."""
    return value if isinstance(value, Unset) else as_required_duration(value)


def as_required_duration(value: AnyDuration) -> Duration | Json:
    """Return a timedelta as a Duration, and everything else unchanged; for required parameters."""
    return Duration.of(value) if isinstance(value, timedelta) else value


def as_tzid(value: AnyTimeZone | Unset) -> str | Unset:
    """Return a ZoneInfo as its name, and everything else unchanged."""
    return value.key if isinstance(value, ZoneInfo) else value


@attrs.frozen
class Period:
    """A period of time. Both times must be aware. Requests also take ``(start, end)`` pairs."""

    start: datetime
    end: datetime


AnyPeriod: TypeAlias = Period | tuple[datetime, datetime] | Json


def as_periods(value: Iterable[AnyPeriod] | Unset) -> tuple[Period | Json, ...] | Unset:
    """Return ``(start, end)`` pairs as periods, and periods, mappings and UNSET unchanged."""
    if isinstance(value, Unset):
        return value
    return tuple(Period(*item) if isinstance(item, tuple) else item for item in value)


@attrs.frozen(repr=False)
class EventTime:
    """The start or end of an event, in any of the forms that Cronofy uses.

    Args:
        raw: The value that the server sent: a Time (``"2030-02-01T09:30:00Z"``), a Date (``"2030-02-01"``, for an
            all-day event) or an object ``{"time": ..., "tzid": ...}``.

    Docs: https://docs.cronofy.com/developers/api/data-types/
    """

    raw: str | Mapping[str, Any] = attrs.field(hash=False)

    @property
    def _text(self) -> str:
        return self.raw if isinstance(self.raw, str) else str(self.raw["time"])

    @property
    def tzid(self) -> str | None:
        """The time zone that was sent with the time; ``None`` if there was none."""
        if isinstance(self.raw, str):
            return None
        tzid = self.raw.get("tzid")
        return tzid if isinstance(tzid, str) else None

    @property
    def is_all_day(self) -> bool:
        """Whether it is a date without a time."""
        return "T" not in self._text and " " not in self._text

    @property
    def utc(self) -> datetime | None:
        """The time in UTC; ``None`` for an all-day event, or if ``datetime`` cannot represent the year."""
        if self.is_all_day:
            return None
        try:
            return read_time(self._text).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    @property
    def date(self) -> date | None:
        """The date in the time zone that the server used; ``None`` if ``datetime`` cannot represent the year."""
        try:
            return date.fromisoformat(self._text[:10])
        except ValueError:
            return None

    def in_zone(self, tz: AnyTimeZone) -> datetime | None:
        """Return the time in another time zone; ``None`` where ``utc`` is ``None``."""
        moment = self.utc
        try:
            return moment and moment.astimezone(ZoneInfo(tz) if isinstance(tz, str) else tz)
        except OverflowError:
            return None

    def __repr__(self) -> str:
        return f"EventTime({self._text!r}{f', tzid={self.tzid!r}' if self.tzid else ''})"
