"""Search for times at which enough members are free, using sets of minutes.

Each member is one set: the minutes in which they can be booked. Shifting it finds the minutes from which it lasts long
enough, counting in binary finds the minutes that enough sets have, and the result is the starts of all possible slots.
The times of a member according to calendars and rules are an argument; see ``Schedules.times``.

Docs: https://docs.cronofy.com/developers/api/scheduling/availability/
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final, TypeAlias

import attrs

from ..times import parse_duration, parse_time
from .minutes import (
    DAY,
    Range,
    at_least,
    between,
    ceil_minute,
    every,
    floor_minute,
    from_minute,
    lasting,
    positions,
    to_text,
)
from .schedules import MemberTimes

__all__ = [
    "ALIGNED_TO_MIDNIGHT",
    "INDEPENDENT_SLOTS",
    "Group",
    "Slot",
    "Times",
    "Window",
    "count",
    "expiry",
    "minimum",
    "periods_of",
    "search",
]

Interval: TypeAlias = tuple[datetime, datetime]
Json: TypeAlias = Mapping[str, Any]
#: Returns the times of a member in a range of minutes. The second range is that of events, which buffers extend.
Times: TypeAlias = Callable[[Json, Range, Range], MemberTimes]

# The names of assumptions, whose texts are in ``areas/availability.py``.
ALIGNED_TO_MIDNIGHT: Final = "slots_align_to_midnight"
INDEPENDENT_SLOTS: Final = "query_slots_may_overlap"

#: The longest slot of ``query_slots``, so that no request makes a set of minutes large.
LONGEST_SLOT: Final = timedelta(days=366)

_NOTHING: Final = timedelta()
_MINUTE: Final = timedelta(minutes=1)


@attrs.frozen
class Slot:
    """A time at which enough members are free.

    Attributes:
        participants: The members selected for it: as many of each group as required, in the order of the query.
        free: All members that are free, in the order of the query.
    """

    start: datetime
    end: datetime
    participants: tuple[str, ...]
    free: tuple[str, ...] = ()


def expiry(query: Json) -> datetime:
    """Return the end of the last period, including the periods of the steps of a sequence."""
    limited = [part for part in (query, *query.get("sequence", ())) if _query_periods(part)]
    return max(end for part in limited or [query] for _, end in _intervals(part))


def search(
    query: Json, times: Times, now: datetime, notice: timedelta = _NOTHING, assumed: Collection[str] = ()
) -> list[Slot]:
    """Return the slots or periods of a query, first to last.

    Args:
        query: An availability query. Its ``response_format`` decides what is returned; the default is ``slots``.
        times: Returns the times of a member in a range of minutes.
        now: The current time. Nothing starts before it.
        notice: The minimum time from ``now`` to a start.
        assumed: The names of the assumptions that hold.
    """
    slots = (
        slot
        for window, periods in _windows(query, times, now, notice, assumed)
        for slot in _search_window(window, query, periods)
    )
    limit = query.get("max_results")
    return list(islice(slots, None if limit is None else int(limit)))


def count(query: Json, times: Times, now: datetime, notice: timedelta = _NOTHING, assumed: Collection[str] = ()) -> int:
    """Return the number of slots that ``search`` would return without ``max_results``. Periods are not counted."""
    return sum(
        sum(1 for _ in _starts(window, window.groups(query), query, periods))
        for window, periods in _windows(query, times, now, notice, assumed)
    )


def _windows(
    query: Json, times: Times, now: datetime, notice: timedelta, assumed: Collection[str]
) -> Iterator[tuple[Window, list[Range]]]:
    earliest = ceil_minute(now) + notice // _MINUTE
    for periods in _group_nearby(periods_of(query)):
        yield Window(periods, earliest, times, assumed), periods


@attrs.frozen
class _Row:
    """A member and the minutes in which they can be booked."""

    sub: str
    free: int


@attrs.frozen
class Group:
    """A group of a query. ``needed`` of its members must be free."""

    needed: int
    rows: Sequence[_Row]


class Window:
    """A range of minutes that is searched as a whole. In sets of minutes, its first minute is 0.

    Args:
        periods: The periods that are searched.
        earliest: The first minute that may be part of a result.
        times: Returns the times of a member in a range of minutes.
        assumed: The names of the assumptions that hold.
    """

    def __init__(self, periods: Iterable[Range], earliest: int, times: Times, assumed: Collection[str]) -> None:
        periods = list(periods)
        self.start = min(start for start, _ in periods)
        self.end = max(end for _, end in periods)
        self.assumed = assumed
        self._times = times
        self.searched = self.minutes(periods) & ~self.minutes([(self.start, earliest)])

    def minutes(self, ranges: Iterable[Range]) -> int:
        """Return the set of all minutes of some ranges."""
        start, end = self.start, self.end
        result = 0
        for since, until in ranges:
            result |= between(max(since, start) - start, min(until, end) - start)
        return result

    def groups(self, query: Json) -> list[Group]:
        """Return the groups of a query, with the minutes in which their members can be booked."""
        groups: list[Group] = []
        for group in query["participants"]:
            rows = [_Row(member["sub"], self._free(member, query.get("buffer"))) for member in group["members"]]
            required = group.get("required", "all")
            groups.append(Group(len(rows) if required == "all" else int(required), rows))
        return groups

    def _free(self, member: Json, buffer: Json | None) -> int:
        buffers: Json = member.get("buffer") or buffer or {}
        before, after = minimum(buffers.get("before")), minimum(buffers.get("after"))
        times = self._times(member, (self.start, self.end), (self.start - before, self.end + after))
        busy = [(start - after, end + before) for start, end in times.busy]
        free = between(0, self.end - self.start) & ~self.minutes(busy) & ~self.minutes(times.blocked)
        for hours in times.hours:
            free &= self.minutes(hours)
        return free

    def grid(self, query: Json, periods: Iterable[Range]) -> int:
        """Return the minutes at which slots of some periods may start, if there is room for them."""
        step = (
            parse_duration(query.get("start_interval")) or parse_duration(query["required_duration"])
        ) // _MINUTE or 1
        if ALIGNED_TO_MIDNIGHT in self.assumed:
            return every(step, -self.start % step, self.end - self.start)
        result = 0
        for start, end in periods:
            result |= every(step, start - self.start, end - self.start)
        return result

    def starts(self, groups: Iterable[Group], size: int, searched: int) -> int:
        """Return the minutes from which enough members of each group are free for ``size`` minutes."""
        starts = lasting(searched, size)
        for group in groups:
            starts &= at_least([lasting(row.free, size) for row in group.rows], group.needed)
        return starts

    def slot_at(self, groups: Sequence[Group], size: int) -> Callable[[int], Slot]:
        """Return the function that makes the slot at a minute, from which enough members are free."""
        width = (self.end - self.start) // 8 + 1
        # Bits of bytes are found faster than those of integers.
        starts = [
            [(row.sub, lasting(row.free, size).to_bytes(width, "little")) for row in group.rows] for group in groups
        ]

        def slot(start: int) -> Slot:
            byte, bit = start >> 3, 1 << (start & 7)
            free = [[sub for sub, minutes in members if minutes[byte] & bit] for members in starts]
            return self.slot(start, start + size, groups, free)

        return slot

    def slot(self, start: int, end: int, groups: Iterable[Group], free: Sequence[Sequence[str]]) -> Slot:
        """Return a slot, given the free members of each group."""
        selected = [sub for group, subs in zip(groups, free, strict=True) for sub in subs[: group.needed]]
        all_free = [sub for subs in free for sub in subs]
        return Slot(
            from_minute(self.start + start),
            from_minute(self.start + end),
            tuple(dict.fromkeys(selected)),
            tuple(dict.fromkeys(all_free)),
        )


def minimum(buffer: Json | None) -> int:
    """Return the minutes of a buffer in its short form, or its minimum."""
    return parse_duration(buffer.get("minimum", buffer) if buffer else None) // _MINUTE


def _search_window(window: Window, query: Json, periods: Sequence[Range]) -> Iterator[Slot]:
    groups, size = window.groups(query), _size(query)
    if query.get("response_format") == "periods" and _query_periods(query):
        return _longest(window, groups, size)
    return map(window.slot_at(groups, size), _starts(window, groups, query, periods))


def _starts(window: Window, groups: Sequence[Group], query: Json, periods: Sequence[Range]) -> Iterator[int]:
    """Yield the minutes at which slots start."""
    size = _size(query)
    starts = window.starts(groups, size, window.searched)
    if _query_periods(query):
        overlap = query.get("response_format") == "overlapping_slots"
        return _keep_distance(starts & window.grid(query, periods), 0 if overlap else size)
    starts &= sum(1 << minute for minute in {start - window.start for start, _ in periods})
    return _keep_distance(starts, 0 if INDEPENDENT_SLOTS in window.assumed else size)


def _size(query: Json) -> int:
    return parse_duration(query["required_duration"]) // _MINUTE


def _keep_distance(starts: int, distance: int) -> Iterator[int]:
    """Yield the minutes of a set, at least ``distance`` apart."""
    last = -distance
    for start in positions(starts):
        if start - last >= distance:
            yield start
            last = start


def _longest(window: Window, groups: Sequence[Group], size: int) -> Iterator[Slot]:
    """Yield the longest periods in which the same members are free, and enough of each group.

    A period is at least ``size`` minutes long. With ``required`` below the number of members, periods can overlap.
    """
    first = window.searched & ~(window.searched << 1)
    for group in groups:
        for row in group.rows:
            first |= row.free & ~(row.free << 1)
    free = [[(row.sub, to_text(row.free)) for row in group.rows] for group in groups]
    searched, last = to_text(window.searched), 0
    for start in positions(window.starts(groups, size, window.searched) & first):
        until = [[(sub, minutes.find("0", start)) for sub, minutes in rows] for rows in free]
        needed = [sorted(end for _, end in ends)[-group.needed] for ends, group in zip(until, groups, strict=True)]
        end = min([searched.find("0", start), *needed])
        if end > last:
            last = end
            yield window.slot(
                start, end, groups, [[sub for sub, last_minute in ends if last_minute >= end] for ends in until]
            )


# Periods.


def _query_periods(query: Json) -> Sequence[Json]:
    """Return the periods of a query, under either of their names."""
    return query.get("query_periods") or query.get("available_periods") or ()


def _intervals(query: Json) -> list[Interval]:
    """Return the periods of a query, or those that its slots fill."""
    if periods := _query_periods(query):
        return [(parse_time(period["start"]), parse_time(period["end"])) for period in periods]
    size = parse_duration(query["required_duration"])
    starts = [parse_time(slot["start"]) for slot in query["query_slots"]]
    return [(start, start + min(size, datetime.max.replace(tzinfo=UTC) - start)) for start in starts]


def periods_of(query: Json) -> list[Range]:
    """Return the periods of a query in whole minutes, or those that its slots fill."""
    exact = not _query_periods(query)
    if exact and parse_duration(query["required_duration"]) > LONGEST_SLOT:
        return []
    return [
        (floor_minute(start) if exact else ceil_minute(start), floor_minute(end)) for start, end in _intervals(query)
    ]


def _group_nearby(periods: Iterable[Range]) -> Iterator[list[Range]]:
    """Yield groups of periods that are searched together because they are less than a day apart.

    So periods that are far apart do not make a set of minutes large.
    """
    group: list[Range] = []
    latest = 0
    for start, end in sorted(period for period in periods if period[0] < period[1]):
        if group and start - latest > DAY:
            yield group
            group = []
        latest = max(latest, end) if group else end
        group.append((start, end))
    if group:
        yield group
