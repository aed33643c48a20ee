"""Which slots suit everybody: a pure function over busy times. It is not Cronofy's algorithm, only its documented part.

Docs: https://docs.cronofy.com/developers/api/scheduling/availability/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import attrs

__all__ = ["Slot", "expiry", "length", "moment", "periods", "slots"]

Interval: TypeAlias = tuple[datetime, datetime]
Json: TypeAlias = Mapping[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@attrs.frozen
class Slot:
    """A time that suits, and who was selected for it, in the order of the query."""

    start: datetime
    end: datetime
    participants: tuple[str, ...]


def moment(text: str) -> datetime:
    """Read a Time."""
    return datetime.fromisoformat(text).astimezone(UTC)


def length(duration: Json | None) -> timedelta:
    """Read a Duration; none is zero."""
    duration = duration or {}
    return timedelta(hours=duration.get("hours", 0), minutes=duration.get("minutes", 0))


def periods(query: Json) -> list[Interval]:
    """The periods of a query, under either of their names, or made from its slots."""
    listed = query.get("query_periods") or query.get("available_periods")
    if listed:
        return [(moment(one["start"]), moment(one["end"])) for one in listed]
    size = length(query["required_duration"])
    return [(moment(one["start"]), moment(one["start"]) + size) for one in query.get("query_slots", ())]


def expiry(query: Json) -> datetime:
    """When there is nothing left to choose: the end of the last period."""
    return max(end for _, end in periods(query))


def slots(query: Json, busy: Mapping[str, Sequence[Interval]], earliest: datetime) -> list[Slot]:
    """The slots of a query, first to last.

    Args:
        query: an availability query.
        busy: when each account is busy.
        earliest: before which none may start.
    """
    size = length(query["required_duration"])
    overlapping = query.get("response_format") == "overlapping_slots"
    found: list[Slot] = []
    taken_until = earliest
    for start in sorted(set(_starts(query, size))):
        if start < earliest or (not overlapping and start < taken_until):
            continue
        selected = _selected(query, busy, start, start + size)
        if selected is not None:
            found.append(Slot(start, start + size, selected))
            taken_until = start + size
    return found[: query.get("max_results")]


def _starts(query: Json, size: timedelta) -> Iterator[datetime]:
    if "query_slots" in query and not (query.get("query_periods") or query.get("available_periods")):
        yield from (start for start, _ in periods(query))
        return
    step = length(query.get("start_interval")) or size
    for begin, end in periods(query):
        start = _EPOCH - (_EPOCH - begin) // step * step  # the first point of the grid at or after the beginning
        while start + size <= end:
            yield start
            start += step


def _selected(
    query: Json, busy: Mapping[str, Sequence[Interval]], start: datetime, end: datetime
) -> tuple[str, ...] | None:
    selected: list[str] = []
    for group in query["participants"]:
        free = [
            member["sub"]
            for member in group["members"]
            if _is_free(member, query, busy.get(member["sub"], ()), start, end)
        ]
        required = group.get("required", "all")
        needed = len(group["members"]) if required == "all" else required
        if len(free) < needed:
            return None
        selected += free[:needed]
    return tuple(dict.fromkeys(selected))


def _is_free(member: Json, query: Json, busy: Iterable[Interval], start: datetime, end: datetime) -> bool:
    hours = member.get("available_periods")
    if hours is not None and not any(moment(one["start"]) <= start and end <= moment(one["end"]) for one in hours):
        return False
    buffer = member.get("buffer") or query.get("buffer") or {}
    start, end = start - _buffer(buffer.get("before")), end + _buffer(buffer.get("after"))
    return all(until <= start or end <= since for since, until in busy)


def _buffer(value: Json | None) -> timedelta:
    return length(value.get("minimum", value) if value else None)
