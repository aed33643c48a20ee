"""Offered slots: the documented example, a table, and properties that hold for every query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cronofy_async.sandbox.kernel.availability.minutes import Range, ceil_minute, floor_minute
from cronofy_async.sandbox.kernel.availability.schedules import MemberTimes
from cronofy_async.sandbox.kernel.availability.search import Slot, expiry, search
from cronofy_async.sandbox.kernel.registry import REGISTRY
from cronofy_async.sandbox.kernel.times import parse_duration, parse_time

from ..support import Json, at, period, text

Busy = dict[str, list[tuple[datetime, datetime]]]

MIDNIGHT = at(0)
OVERLAPPING = "overlapping_slots"


def query(*members: Any, required: Any = "all", **changes: Any) -> Json:
    """An hour between 9 and 12."""
    return {
        "participants": [
            {
                "members": [{"sub": member} if isinstance(member, str) else member for member in members],
                "required": required,
            }
        ],
        "required_duration": {"minutes": 60},
        "query_periods": [period(at(9), at(12))],
    } | changes


def find(
    wanted_query: Json, busy: Busy | None = None, now: datetime = MIDNIGHT, *, off: str | None = None, **options: Any
) -> list[Slot]:
    def times(member: Mapping[str, Any], within: Range, of_events: Range) -> MemberTimes:
        ranges = [(floor_minute(start), ceil_minute(end)) for start, end in (busy or {}).get(member["sub"], ())]
        return MemberTimes(busy=ranges)

    return search(wanted_query, times, now, assumed=REGISTRY.assumptions.keys() - {off}, **options)


def starts(search: Json, busy: Busy | None = None, now: datetime = MIDNIGHT, **options: Any) -> list[str]:
    return [slot.start.strftime("%H:%M") for slot in find(search, busy, now, **options)]


MEETING: Busy = {"a": [(at(9, 30), at(10, 30))]}


def test_the_documented_example() -> None:
    half_hourly = {"start_interval": {"minutes": 30}, "response_format": OVERLAPPING}
    assert starts(query("a"), MEETING) == ["11:00"]
    assert starts(query("a", **half_hourly), MEETING) == ["10:30", "11:00"]
    assert starts(query("a", start_interval={"minutes": 30}), MEETING) == ["10:30"]
    assert starts(query("a")) == ["09:00", "10:00", "11:00"]


HALF_HOURLY = {"start_interval": {"minutes": 30}, "response_format": OVERLAPPING}
TABLE: list[tuple[str, Json, Busy, list[str]]] = [
    ("begins on the hour", query("a", query_periods=[period(at(9, 15), at(12))]), {}, ["10:00", "11:00"]),
    ("quarters", query("a", query_periods=[period(at(9, 10), at(11))], start_interval={"minutes": 15}), {}, ["09:15"]),
    ("no interval given", query("a", start_interval=None), {}, ["09:00", "10:00", "11:00"]),
    (
        "the older name",
        query("a", query_periods=[], available_periods=[period(at(13), at(15))]),
        {},
        ["13:00", "14:00"],
    ),
    ("two periods", query("a", query_periods=[period(at(15), at(16)), period(at(9), at(10))]), {}, ["09:00", "15:00"]),
    (
        "periods that overlap",
        query("a", query_periods=[period(at(9), at(11)), period(at(10), at(12))]),
        {},
        ["09:00", "10:00", "11:00"],
    ),
    ("too short a period", query("a", query_periods=[period(at(9), at(9, 59))]), {}, []),
    ("back to back", query("a"), {"a": [(at(8), at(9)), (at(10), at(11))]}, ["09:00", "11:00"]),
    ("one minute too many", query("a"), {"a": [(at(8), at(9, 1))]}, ["10:00", "11:00"]),
    (
        "periods that touch",
        query("a", query_periods=[period(at(9), at(9, 30)), period(at(9, 30), at(10))]),
        {},
        ["09:00"],
    ),
    (
        "whole minutes",
        query("a", query_periods=[{"start": "2031-03-03T08:59:30Z", "end": "2031-03-03T10:59:59Z"}]),
        {"a": [(at(10, 59) + timedelta(seconds=59), at(11))]},
        ["09:00"],
    ),
    (
        "days apart",
        query("a", query_periods=[period(at(9), at(10)), period(at(9, day=20), at(10, day=20))]),
        {"a": [(at(12), at(12, day=4))]},
        ["09:00", "09:00"],
    ),
    (
        "exact starts",
        query(
            "a", query_periods=[], query_slots=[{"start": "2031-03-03T09:20:00Z"}, {"start": "2031-03-03T13:00:00Z"}]
        ),
        {"a": [(at(13), at(14))]},
        ["09:20"],
    ),
    (
        "exact starts that overlap",
        query("a", query_periods=[], query_slots=[{"start": text(at(9, minute))} for minute in (30, 0, 30)]),
        {},
        ["09:00", "09:30"],
    ),
    ("as many as asked for", query("a", max_results=2), {}, ["09:00", "10:00"]),
    ("the best are left out last", query("a", max_results=1), MEETING, ["11:00"]),
    ("both are needed", query("a", "b"), {"a": [(at(9), at(10))], "b": [(at(11), at(12))]}, ["10:00"]),
    (
        "one is enough",
        query("a", "b", required=1),
        {"a": [(at(9), at(11))], "b": [(at(10), at(12))]},
        ["09:00", "11:00"],
    ),
    ("all is the default", query("a", participants=[{"members": [{"sub": "a"}, {"sub": "b"}]}]), MEETING, ["11:00"]),
    ("more than there are", query("a", required=2), {}, []),
    (
        "two groups",
        query("a", participants=[{"members": [{"sub": "a"}]}, {"members": [{"sub": "b"}]}]),
        MEETING,
        ["11:00"],
    ),
    ("buffer before", query("a", buffer={"before": {"minutes": 30}}, **HALF_HOURLY), MEETING, ["11:00"]),
    (
        "buffer after",
        query("a", buffer={"after": {"minutes": 30}}, **HALF_HOURLY),
        {"a": [(at(11), at(12))]},
        ["09:00", "09:30"],
    ),
    (
        "buffer, long form",
        query("a", buffer={"before": {"minimum": {"minutes": 30}, "maximum": {"minutes": 90}}}, **HALF_HOURLY),
        MEETING,
        ["11:00"],
    ),
    ("no buffer", query("a", buffer={}), MEETING, ["11:00"]),
    (
        "a member's own buffer",
        query({"sub": "a", "buffer": {"before": {"hours": 1}}}, buffer={"before": {"minutes": 5}}),
        MEETING,
        [],
    ),
    (
        "hours and minutes",
        query("a", required_duration={"hours": 1, "minutes": 30}, start_interval={"minutes": 30}),
        {},
        ["09:00", "10:30"],
    ),
]


@pytest.mark.parametrize(("search", "busy", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_table_of_queries(search: Json, busy: Busy, expected: list[str]) -> None:
    assert starts(search, busy) == expected


def test_assumptions_can_be_switched_off() -> None:
    late = query("a", query_periods=[period(at(9, 15), at(12))])
    assert starts(late) == ["10:00", "11:00"]
    assert starts(late, off="slots_align_to_midnight") == ["09:15", "10:15"]

    exact = query("a", query_periods=[], query_slots=[{"start": text(at(9, minute))} for minute in (0, 30)])
    assert starts(exact) == ["09:00", "09:30"]
    assert starts(exact, off="query_slots_may_overlap") == ["09:00"]


def periods(search: Json, busy: Busy | None = None, **options: Any) -> list[tuple[str, str, tuple[str, ...]]]:
    result = find(search | {"response_format": "periods"}, busy, **options)
    return [(f"{item.start:%H:%M}", f"{item.end:%H:%M}", item.free) for item in result]


def test_periods_are_as_long_as_possible() -> None:
    assert periods(query("a")) == [("09:00", "12:00", ("a",))]
    assert periods(query("a"), MEETING) == [("10:30", "12:00", ("a",))]  # half an hour at 9:00 is too short
    assert periods(query("a", max_results=1, required_duration={"minutes": 30}), MEETING) == [
        ("09:00", "09:30", ("a",))
    ]
    assert periods(query("a"), now=at(10, 1)) == [("10:01", "12:00", ("a",))]


def test_the_members_of_a_period_are_free_throughout() -> None:
    busy: Busy = {"a": [(at(11), at(12))], "b": [(at(9), at(10))], "c": [(at(9), at(9, 30)), (at(10, 30), at(12))]}

    assert periods(query("a", "b", "c", required=1), busy) == [("09:00", "11:00", ("a",)), ("10:00", "12:00", ("b",))]


def test_buffers_shorten_available_periods() -> None:
    buffer = {"before": {"minutes": 15}, "after": {"minutes": 30}}
    busy: Busy = {"a": [(at(8), at(9)), (at(11), at(11, 30))]}

    assert periods(query("a", buffer=buffer), busy) == [("09:15", "10:30", ("a",))]


def test_no_slot_starts_in_the_past_or_within_the_notice() -> None:
    assert starts(query("a"), now=at(10)) == ["10:00", "11:00"]
    assert starts(query("a"), now=at(10, 1)) == ["11:00"]
    assert starts(query("a"), now=at(8), notice=timedelta(hours=2)) == ["10:00", "11:00"]
    assert starts(query("a"), now=at(8), notice=timedelta(hours=2, minutes=1)) == ["11:00"]


def test_members_are_selected_in_the_order_of_the_query() -> None:
    busy: Busy = {"b": [(at(9), at(10))], "a": [(at(10), at(11))]}
    assert [slot.participants for slot in find(query("b", "a", "c", required=2), busy)] == [
        ("a", "c"),
        ("b", "c"),
        ("b", "a"),
    ]


def test_a_member_of_two_groups_is_selected_once() -> None:
    search = query("a", participants=[{"members": [{"sub": "a"}]}, {"members": [{"sub": "b"}, {"sub": "a"}]}])
    assert find(search)[0].participants == ("a", "b")


def test_times_at_the_limits_of_datetime() -> None:
    last = {"start": "9999-12-31T20:00:00Z", "end": "9999-12-31T23:59:59Z"}
    first = {"start": "0001-01-01T00:00:00Z", "end": "0001-01-01T02:00:00Z"}
    long = {"hours": 2**31 - 1}
    assert starts(query("a", query_periods=[last])) == ["20:00", "21:00", "22:00"]
    assert starts(query("a", query_periods=[last], required_duration=long)) == []
    assert starts(query("a", query_periods=[], query_slots=[{"start": last["end"]}])) == []
    assert expiry(query("a", query_periods=[], query_slots=[{"start": last["end"]}])).year == 9999
    assert starts(query("a"), notice=parse_duration(long)) == []
    busy: Busy = {"a": [(at(9), at(10))]}
    assert starts(query("a", query_periods=[first], buffer={"before": long}), busy, now=parse_time(first["start"])) == [
        "00:00",
        "01:00",
    ]


def test_a_query_expires_at_the_end_of_its_last_period() -> None:
    assert expiry(query(query_periods=[period(at(15), at(16)), period(at(9), at(12))])) == at(16)
    assert expiry(query(query_periods=[], query_slots=[{"start": "2031-03-03T09:20:00Z"}])) == at(10, 20)


@pytest.mark.parametrize("text", ["2031-03-03T09:00:00Z", "2031-03-03 09:00:00Z", "2031-03-03T09:00:00.000+00:00"])
def test_all_time_formats_are_read(text: str) -> None:
    assert parse_time(text) == at(9)


# Properties.

SUBS = "abc"
minutes = st.integers(0, 24 * 12).map(lambda fives: MIDNIGHT + timedelta(minutes=5 * fives))
intervals = st.tuples(minutes, minutes).map(lambda pair: (min(pair), max(pair) + timedelta(minutes=5)))
busy_times = st.dictionaries(st.sampled_from(SUBS), st.lists(intervals, max_size=5))


@st.composite
def queries(draw: st.DrawFn) -> Json:
    members = draw(st.lists(st.sampled_from(SUBS), min_size=1, max_size=3, unique=True))
    search = query(
        *members,
        required=draw(st.just("all") | st.integers(1, len(members))),
        query_periods=[period(*item) for item in draw(st.lists(intervals, min_size=1, max_size=4))],
        required_duration={"minutes": draw(st.sampled_from([5, 15, 30, 45, 60, 90, 120]))},
        response_format=draw(st.sampled_from(["slots", OVERLAPPING])),
    )
    if draw(st.booleans()):
        search["start_interval"] = {"minutes": draw(st.sampled_from([5, 10, 15, 20, 30, 60]))}
    if draw(st.booleans()):
        search["buffer"] = {name: {"minutes": draw(st.integers(0, 60))} for name in ("before", "after")}
    return search


def overlap(first: tuple[datetime, datetime], second: tuple[datetime, datetime]) -> bool:
    return first[0] < second[1] and second[0] < first[1]


def members_of(search: Json) -> list[str]:
    return [member["sub"] for member in search["participants"][0]["members"]]


def needed(search: Json) -> int:
    required = search["participants"][0]["required"]
    return len(members_of(search)) if required == "all" else int(required)


def in_order(some: Iterable[str], whole: Sequence[str]) -> bool:
    remaining = iter(whole)
    return all(item in remaining for item in some)


@given(queries(), busy_times, minutes, st.integers(0, 600))
def test_every_slot_satisfies_the_query(search: Json, busy: Busy, now: datetime, notice: int) -> None:
    size = parse_duration(search["required_duration"])
    step = parse_duration(search.get("start_interval")) or size
    before, after = (parse_duration(search.get("buffer", {}).get(name)) for name in ("before", "after"))
    periods = [(parse_time(period["start"]), parse_time(period["end"])) for period in search["query_periods"]]
    for slot in find(search, busy, now, notice=timedelta(minutes=notice)):
        assert slot.end - slot.start == size
        assert slot.start >= now + timedelta(minutes=notice)
        minutes = [slot.start + timedelta(minutes=minute) for minute in range(size // timedelta(minutes=1))]
        assert all(any(start <= minute < end for start, end in periods) for minute in minutes)
        assert (slot.start - datetime(1970, 1, 1, tzinfo=slot.start.tzinfo)) % step == timedelta()
        assert len(slot.participants) == needed(search)
        assert in_order(slot.participants, members_of(search))
        for sub in slot.participants:
            for interval in busy.get(sub, ()):
                assert not overlap((slot.start - before, slot.end + after), interval)


@given(queries(), busy_times)
def test_slots_are_sorted_and_overlap_only_if_allowed(search: Json, busy: Busy) -> None:
    result = find(search, busy)
    for item, following in pairwise(result):
        assert item.start < following.start
        assert search["response_format"] == OVERLAPPING or item.end <= following.start


@given(queries(), busy_times, st.sampled_from(SUBS), intervals)
def test_more_busy_time_adds_no_slots(search: Json, busy: Busy, sub: str, more: tuple[datetime, datetime]) -> None:
    search["response_format"] = OVERLAPPING
    before = {slot.start for slot in find(search, busy)}
    after = {slot.start for slot in find(search, busy | {sub: [*busy.get(sub, []), more]})}
    assert after <= before


@given(queries(), busy_times)
def test_slots_are_a_selection_of_overlapping_slots(search: Json, busy: Busy) -> None:
    every = find(search | {"response_format": OVERLAPPING}, busy)
    some = find(search | {"response_format": "slots"}, busy)
    assert set(some) <= set(every)
    assert bool(some) == bool(every)
    # A slot is left out only if it overlaps one that is offered.
    for slot in every:
        assert slot in some or any(overlap((slot.start, slot.end), (item.start, item.end)) for item in some)


@given(queries(), busy_times, st.data())
def test_every_possible_start_is_found(search: Json, busy: Busy, data: st.DataObject) -> None:
    search |= {"response_format": OVERLAPPING, "participants": query("a")["participants"]}
    search.pop("buffer", None)
    size = parse_duration(search["required_duration"])
    step = parse_duration(search.get("start_interval")) or size
    period = data.draw(st.sampled_from(search["query_periods"]))
    begin, end = parse_time(period["start"]), parse_time(period["end"])
    since_1970 = begin - datetime(1970, 1, 1, tzinfo=begin.tzinfo)
    start = begin + (-since_1970) % step
    assume(start + size <= end)
    free = not any(overlap((start, start + size), interval) for interval in busy.get("a", ()))
    assert (start in {slot.start for slot in find(search, busy, MIDNIGHT)}) == free


@given(queries(), busy_times, st.integers(1, 512))
def test_max_results_removes_the_last_results(search: Json, busy: Busy, most: int) -> None:
    assert find(search | {"max_results": most}, busy) == find(search, busy)[:most]
