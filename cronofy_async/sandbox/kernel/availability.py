"""Search for slots: a pure function of busy times. It implements only the documented part of Cronofy's algorithm.

Assumed, as the docs do not specify it: start times are multiples of the interval since midnight UTC (strictly, since
1970), only the first of overlapping slots is offered, and an empty ``available_periods`` of a member counts as absent.

Docs: https://docs.cronofy.com/developers/api/scheduling/availability/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import attrs

from .times import length, moment

__all__ = ["Slot", "expiry", "slots"]

Interval: TypeAlias = tuple[datetime, datetime]
Json: TypeAlias = Mapping[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING = timedelta()


@attrs.frozen
class Slot:
    """A time at which enough members are free, and the accounts selected for it, in the order of the query."""

    start: datetime
    end: datetime
    participants: tuple[str, ...]


def expiry(query: Json) -> datetime:
    """Return the end of the last period."""
    return max(end for _, end in _periods(query))


def slots(
    query: Json, busy: Callable[[Json], Iterable[Interval]], now: datetime, notice: timedelta = _NOTHING
) -> list[Slot]:
    """Return the slots of a query, first to last.

    Args:
        query: An availability query.
        busy: Returns the busy times of a member.
        now: The current time. No slot starts before it.
        notice: The minimum time from ``now`` to the start of a slot.
    """
    size = length(query["required_duration"])
    overlapping = query.get("response_format") == "overlapping_slots"
    groups = [_group(group, query, busy) for group in query["participants"]]
    found: list[Slot] = []
    for start in sorted(set(_starts(query, size))):
        taken = bool(found) and not overlapping and start < found[-1].end
        if taken or start - now < notice:
            continue
        selected = _selected(groups, start, start + size)
        if selected is not None:
            found.append(Slot(start, start + size, selected))
    most = query.get("max_results")
    return found if most is None else found[: int(most)]


# Compare times by their differences: sums may exceed the year 9999.


def _periods(query: Json) -> list[Interval]:
    """Return the periods of a query, under either of their names, or built from its slots."""
    listed = query.get("query_periods") or query.get("available_periods")
    if listed:
        return [(moment(one["start"]), moment(one["end"])) for one in listed]
    size = length(query["required_duration"])
    starts = [moment(one["start"]) for one in query["query_slots"]]
    return [(start, start + min(size, datetime.max.replace(tzinfo=UTC) - start)) for start in starts]


def _starts(query: Json, size: timedelta) -> Iterator[datetime]:
    exact = not (query.get("query_periods") or query.get("available_periods"))
    step = length(query.get("start_interval")) or size or timedelta(minutes=1)
    for begin, end in _periods(query):
        offset = _NOTHING if exact else (_EPOCH - begin) % step  # to the first point of the grid
        while end - begin >= offset + size:
            yield begin + offset
            if exact:
                break
            offset += step


@attrs.frozen
class _Member:
    sub: str
    hours: Sequence[Interval]
    busy: Sequence[Interval]
    before: timedelta
    after: timedelta

    def is_free(self, start: datetime, end: datetime) -> bool:
        if self.hours and not any(since <= start and end <= until for since, until in self.hours):
            return False
        return all(start - until >= self.before or since - end >= self.after for since, until in self.busy)


@attrs.frozen
class _Group:
    needed: int
    members: Sequence[_Member]


def _group(group: Json, query: Json, busy: Callable[[Json], Iterable[Interval]]) -> _Group:
    required = group.get("required", "all")
    members: list[_Member] = []
    for member in group["members"]:
        buffer: Json = member.get("buffer") or query.get("buffer") or {}
        members.append(
            _Member(
                sub=member["sub"],
                hours=[(moment(one["start"]), moment(one["end"])) for one in member.get("available_periods", ())],
                busy=list(busy(member)),
                before=_buffer(buffer.get("before")),
                after=_buffer(buffer.get("after")),
            )
        )
    return _Group(len(members) if required == "all" else int(required), members)


def _selected(groups: Iterable[_Group], start: datetime, end: datetime) -> tuple[str, ...] | None:
    selected: list[str] = []
    for group in groups:
        free = [member.sub for member in group.members if member.is_free(start, end)]
        if len(free) < group.needed:
            return None
        selected += free[: group.needed]
    return tuple(dict.fromkeys(selected))


def _buffer(value: Json | None) -> timedelta:
    return length(value.get("minimum", value) if value else None)
