"""Read and write times and durations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

__all__ = ["length", "moment", "span", "utc", "written"]


def written(moment: datetime) -> str:
    """Write a Time in UTC, as Cronofy does."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """Read a Time."""
    return datetime.fromisoformat(text).astimezone(UTC)


def length(duration: Mapping[str, Any] | None) -> timedelta:
    """Read a Duration; ``None`` is zero."""
    if not duration:
        return timedelta()
    return timedelta(hours=duration.get("hours", 0), minutes=duration.get("minutes", 0))


def utc(name: str, moment: datetime) -> datetime:
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
    start, end = utc("start", start), utc("end", end)
    if end <= start:
        raise ValueError("end: must be after the start")
    return start, end
