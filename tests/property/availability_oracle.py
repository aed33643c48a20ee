"""Availability by brute force: every minute is checked according to the documentation.

It shares no code with the sandbox and uses no sets of minutes, so the same mistake cannot be in both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import attrs

Json: TypeAlias = Mapping[str, Any]
Result: TypeAlias = tuple[datetime, datetime, tuple[str, ...], tuple[str, ...]]

MINUTE = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Dataset:
    """The stored data: the ``events``, ``rules``, and ``periods`` of each account, as JSON with datetimes."""

    now: datetime
    calendars: Mapping[str, Sequence[str]]
    events: Mapping[str, Sequence[Json]]
    rules: Mapping[str, Sequence[Json]]
    periods: Mapping[str, Sequence[Json]]


class Oracle:
    """Computes the response to one query."""

    def __init__(self, dataset: Dataset, query: Json) -> None:
        self.dataset = dataset
        self.query = query
        self.excluded = {value for event in query.get("excluded_events", ()) for value in event.values()}
        # Each minute of a member is checked once and cached.
        self.busy_times = cache(self._busy_times)
        self.is_busy = cache(self._is_busy)
        self.may_work = cache(self._may_work)
        self.touched = cache(self._touched)
        self.full = cache(self._full)

    # The minutes of one member. Members are identified by their position in the query.

    def events(self, member: Json) -> Iterator[Json]:
        for event in self.dataset.events.get(member["sub"], ()):
            if not {event.get("event_id"), event["event_uid"]} & self.excluded:
                yield event

    def members(self, group: int) -> Sequence[Json]:
        result: Sequence[Json] = self.query["participants"][group]["members"]
        return result

    def member(self, group: int, index: int) -> Json:
        return self.members(group)[index]

    def rules(self, member: Json) -> list[Json]:
        expected = member.get("availability_rule_ids") or None
        return [
            item
            for item in self.dataset.rules.get(member["sub"], ())
            if expected is None or item["availability_rule_id"] in expected
        ]

    def counts(self, member: Json, event: Json) -> bool:
        """Whether an event makes a member busy."""
        calendar_ids = member.get("calendar_ids")
        if calendar_ids is None and member.get("managed_availability"):
            rules = self.rules(member)
            if rules and all("calendar_ids" in rule for rule in rules):
                calendar_ids = [calendar_id for rule in rules for calendar_id in rule["calendar_ids"]]
        if calendar_ids is not None and event["calendar_id"] not in calendar_ids:
            return False
        if event.get("transparency") == "transparent":
            return False
        if member.get("only_managed_events") and event.get("event_id") is None:
            return False
        return not (member.get("ignore_tentative") and event.get("status") == "tentative")

    def _busy_times(self, group: int, index: int) -> list[tuple[datetime, datetime]]:
        member = self.member(group, index)
        return [(event["start"], event["end"]) for event in self.events(member) if self.counts(member, event)]

    def _is_busy(self, group: int, index: int, minute: datetime) -> bool:
        following = minute + MINUTE
        return any(start < following and minute < end for start, end in self.busy_times(group, index))

    def _may_work(self, group: int, index: int, minute: datetime) -> bool:
        member = self.member(group, index)
        own = member.get("available_periods")
        if own and not any(contains(item, minute) for item in own):
            return False
        if member.get("managed_availability"):
            stored = self.dataset.periods.get(member["sub"], ())
            if not any(rule_allows(rule, minute) for rule in self.rules(member)) and not any(
                item["start"] <= minute and minute + MINUTE <= item["end"] for item in stored
            ):
                return False
        return not any(
            number_of(item, minute) in self.full(group, index, place)
            for place, item in enumerate(member.get("availability_constraints", ()))
        )

    def _touched(self, group: int, index: int, place: int) -> list[set[date]]:
        """Return for each event of the application the days or weeks that it overlaps, minute by minute."""
        member = self.member(group, index)
        constraint = member["availability_constraints"][place]
        return [
            {number_of(constraint, minute) for minute in minutes(event["start"], event["end"])}
            for event in self.events(member)
            if event.get("event_id") is not None and has_tags(event, constraint.get("tags"))
        ]

    def _full(self, group: int, index: int, place: int) -> set[date]:
        limit = self.member(group, index)["availability_constraints"][place]["limit"]
        touched = self.touched(group, index, place)
        return {
            day for days in touched for day in days if sum(day in days_of_event for days_of_event in touched) >= limit
        }

    # A time of one member, and of all.

    def is_free(self, group: int, index: int, start: datetime, end: datetime) -> bool:
        before, after = (self.buffer(group, index, side) for side in ("before", "after"))
        return all(self.may_work(group, index, minute) for minute in minutes(start, end)) and not any(
            self.is_busy(group, index, minute) for minute in minutes(start - before, end + after)
        )

    def buffer(self, group: int, index: int, side: str) -> timedelta:
        own: Json | None = self.member(group, index).get("buffer") or self.query.get("buffer")
        return shortest(own.get(side) if own else None)

    def free(self, start: datetime, end: datetime) -> list[list[str]] | None:
        """Return the free members of each group, or ``None`` if one has too few."""
        result: list[list[str]] = []
        for number, group in enumerate(self.query["participants"]):
            members = group["members"]
            free = [item["sub"] for index, item in enumerate(members) if self.is_free(number, index, start, end)]
            if len(free) < self.needed(number):
                return None
            result.append(free)
        return result

    def needed(self, group: int) -> int:
        required = self.query["participants"][group].get("required", "all")
        return len(self.query["participants"][group]["members"]) if required == "all" else int(required)

    def result(self, start: datetime, end: datetime, free: list[list[str]]) -> Result:
        selected = [sub for number, subs in enumerate(free) for sub in subs[: self.needed(number)]]
        everybody = [sub for subs in free for sub in subs]
        return start, end, tuple(dict.fromkeys(selected)), tuple(dict.fromkeys(everybody))

    # Answers.

    @property
    def size(self) -> timedelta:
        return length(self.query["required_duration"])

    def is_searched(self, minute: datetime) -> bool:
        return minute >= self.dataset.now and any(contains(period, minute) for period in self.query["query_periods"])

    def searched(self) -> list[datetime]:
        starts = [moment(period["start"]) for period in self.query["query_periods"]]
        ends = [moment(period["end"]) for period in self.query["query_periods"]]
        return [minute for minute in minutes(min(starts), max(ends)) if self.is_searched(minute)]

    def slots(self) -> list[Result]:
        """Return the answer to a query for slots."""
        size = self.size
        step = length(self.query.get("start_interval")) or size
        result: list[Result] = []
        for start in self.searched():
            overlaps = bool(result) and start < result[-1][1] and self.query["response_format"] == "slots"
            if overlaps or (start - EPOCH) % step or not all(map(self.is_searched, minutes(start, start + size))):
                continue
            free = self.free(start, start + size)
            if free is not None:
                result.append(self.result(start, start + size, free))
        return result[: self.query.get("max_results")]

    def exact(self) -> list[Result]:
        """Return the answer to a query with ``query_slots``."""
        result: list[Result] = []
        for start in sorted({moment(slot["start"]) for slot in self.query["query_slots"]}):
            free = self.free(start, start + self.size)
            if start >= self.dataset.now and free is not None:
                result.append(self.result(start, start + self.size, free))
        return result[: self.query.get("max_results")]

    def periods(self) -> list[Result]:
        """Return the answer to a query for periods: the longest from each start, but none that lies within another."""
        good = [item for start in self.searched() if (item := self.longest(start)) is not None]
        result = [
            item
            for item in good
            if not any(other is not item and other[0] <= item[0] and item[1] <= other[1] for other in good)
        ]
        return result[: self.query.get("max_results")]

    def longest(self, start: datetime) -> Result | None:
        """Return the longest period from a start: as long as enough of those who were free at first remain free."""
        end = start + self.size
        if not all(map(self.is_searched, minutes(start, end))):
            return None
        numbers = range(len(self.query["participants"]))
        candidates = [
            [index for index in range(len(self.members(number))) if self.is_free(number, index, start, end)]
            for number in numbers
        ]
        while all(len(candidates[number]) >= self.needed(number) for number in numbers):
            remaining = [
                [item for item in candidates[number] if self.stays_free(number, item, end)] for number in numbers
            ]
            goes_on = all(len(remaining[number]) >= self.needed(number) for number in numbers)
            if not goes_on or not self.is_searched(end):
                subs = [[self.member(number, item)["sub"] for item in candidates[number]] for number in numbers]
                return self.result(start, end, subs)
            candidates = remaining
            end += MINUTE
        return None

    def stays_free(self, group: int, index: int, end: datetime) -> bool:
        """Return whether a member who is free until ``end`` is so for a minute more."""
        after = end + self.buffer(group, index, "after")
        return self.may_work(group, index, end) and not self.is_busy(group, index, after)

    def answer(self) -> list[Result]:
        if "query_slots" in self.query:
            return self.exact()
        return self.periods() if self.query.get("response_format") == "periods" else self.slots()


def sequences(dataset: Dataset, query: Json) -> list[list[tuple[str, datetime, datetime, tuple[str, ...]]]]:
    """Return the sequences of a sequenced query: for each first start, the earliest that the others allow."""
    steps = sorted(query["sequence"], key=lambda step: step["ordinal"])
    slots = [
        Oracle(
            dataset, {**step, "query_periods": query["query_periods"], "response_format": "overlapping_slots"}
        ).slots()
        for step in steps
    ]
    own = [[item for item in result if inside(step, item)] for step, result in zip(steps, slots, strict=True)]

    def following(index: int, before: Result) -> list[Result] | None:
        if index == len(steps):
            return []
        after, gap = steps[index - 1].get("buffer", {}).get("after"), steps[index].get("buffer", {}).get("before")
        for item in own[index]:
            space = item[0] - before[1]
            fits = all(
                shortest(bound) <= space and ("maximum" not in (bound or {}) or space <= length(bound["maximum"]))
                for bound in (after, gap)
            )
            if space >= timedelta() and fits:
                remaining = following(index + 1, item)
                if remaining is not None:
                    return [item, *remaining]
        return None

    result: list[list[tuple[str, datetime, datetime, tuple[str, ...]]]] = []
    for first in own[0]:
        remaining = following(1, first)
        if remaining is not None:
            row = zip(steps, [first, *remaining], strict=True)
            result.append([(step["sequence_id"], start, end, free) for step, (start, end, _, free) in row])
    return result


def inside(step: Json, result: Result) -> bool:
    listing = step.get("query_periods")
    return not listing or all(
        any(contains(item, minute) for item in listing) for minute in minutes(result[0], result[1])
    )


def minutes(start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield each minute that a period overlaps."""
    minute = start.replace(second=0, microsecond=0)
    while minute < end:
        yield minute
        minute += MINUTE


def contains(period: Json, minute: datetime) -> bool:
    return moment(period["start"]) <= minute and minute + MINUTE <= moment(period["end"])


def rule_allows(rule: Json, minute: datetime) -> bool:
    """Return whether a clock in the zone of a rule shows a time of it."""
    local = minute.astimezone(ZoneInfo(rule["tzid"]))
    today, yesterday = (f"{local - timedelta(days=days):%A}".lower() for days in (0, 1))
    clock = f"{local:%H:%M}"
    for period in rule["weekly_periods"]:
        over_midnight = period["end_time"] <= period["start_time"]
        if period["day"] == today and period["start_time"] <= clock and (over_midnight or clock < period["end_time"]):
            return True
        if period["day"] == yesterday and over_midnight and clock < period["end_time"]:
            return True
    return False


def number_of(constraint: Json, minute: datetime) -> date:
    """Return the day, or the Monday of the week, in which a minute is."""
    day = minute.astimezone(ZoneInfo(constraint.get("tzid", "Etc/UTC"))).date()
    return day - timedelta(days=day.weekday()) if constraint["period"] == "week" else day


def has_tags(event: Json, tags: Json | None) -> bool:
    if not tags:
        return True
    own = {(context, tag["value"]) for context, listing in event.get("tags", {}).items() for tag in listing}
    return bool(own & {(context, tag["value"]) for context, listing in tags.items() for tag in listing})


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def length(duration: Json | None) -> timedelta:
    return timedelta(**duration) if duration else timedelta()


def shortest(buffer: Json | None) -> timedelta:
    return length((buffer or {}).get("minimum", buffer))
