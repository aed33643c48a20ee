"""Generated availability queries, and the stored data for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from cronofy_async.sandbox.kernel.availability.managed import AvailabilityRule, AvailablePeriod, WeeklyPeriod
from cronofy_async.sandbox.kernel.availability.search import Slot
from cronofy_async.sandbox.kernel.clock import SandboxClock
from cronofy_async.sandbox.kernel.registry import REGISTRY
from cronofy_async.sandbox.kernel.state import State

from ..sandbox.support import Json, period
from .availability_oracle import Dataset, Result

SUBS: Final = ("a", "b", "c")
CALENDARS: Final = ("work", "home")
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

#: A zone, and a time near which its offset changes: in most of them at night, in Chile at midnight, on Lord Howe Island
#: by half an hour; and one with an unusual offset.
CHANGES: Final = (
    ("Europe/Berlin", datetime(2031, 3, 30, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2031, 10, 26, 1, tzinfo=UTC)),
    ("America/New_York", datetime(2031, 3, 9, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2031, 11, 2, 6, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2031, 4, 5, 15, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2031, 10, 4, 15, 30, tzinfo=UTC)),
    ("America/Santiago", datetime(2031, 4, 6, 3, tzinfo=UTC)),
    ("America/Santiago", datetime(2031, 9, 7, 4, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2031, 6, 1, 18, 15, tzinfo=UTC)),
    ("Etc/UTC", datetime(2031, 1, 1, tzinfo=UTC)),
)

EXCLUDED: Final = st.sampled_from([{"event_id": "a 0"}, {"event_uid": "uid b 0"}])
#: Optional parts of a member. Those that are listed twice are twice as likely.
OPTIONS: Final = (
    *("managed", "managed", "managed", "limit", "limit", "buffer", "buffer", "hours", "calendars"),
    *("only_managed_events", "ignore_tentative"),
)
durations: Final = st.sampled_from([5, 15, 20, 30, 45, 60, 75, 90]).map(lambda count: {"minutes": count})


# Strategies are cached, because creating one takes longer than drawing from it.


@cache
def lists_of(values: st.SearchStrategy[Any], most: int, least: int = 0) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, min_size=least, max_size=most)


@cache
def one_of(values: Sequence[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


@cache
def number(least: int, most: int) -> st.SearchStrategy[int]:
    return st.integers(least, most)


@cache
def chance(total: int) -> st.SearchStrategy[bool]:
    return st.integers(1, total).map(lambda drawn: drawn == 1)


@cache
def spans(change: datetime, most: int = 12) -> st.SearchStrategy[tuple[datetime, datetime]]:
    """Times near a change of an offset. Most are at quarters of an hour, or a minute from one, so that boundaries coincide."""

    def span(drawn: tuple[int, int, int, int]) -> tuple[datetime, datetime]:
        start, length, early, late = drawn
        sides = [(early, start), (late, start + length)]
        begin, end = (timedelta(minutes=15 * quarters + {0: -1, 1: 1}.get(beside, 0)) for beside, quarters in sides)
        return change + begin, change + end

    return st.tuples(number(-12, 6), number(1, most), number(0, 5), number(0, 5)).map(span)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Dataset, Json]:
    """Stored data, and a query about a few hours in which the offset of a zone may change."""
    tzid, change = draw(one_of(CHANGES))
    query = draw(searches(tzid, change))
    if draw(chance(8)):
        query["query_slots"] = [{"start": period(*item)["start"]} for item in draw(lists_of(spans(change), 4, 1))]
    else:
        query["query_periods"] = [period(*item) for item in draw(lists_of(spans(change, most=18), 2, 1))]
    query["response_format"] = draw(one_of(("periods", "periods", "slots", "overlapping_slots")))
    if draw(chance(2)):
        query["buffer"] = {name: draw(durations) for name in ("before", "after") if not draw(chance(4))}
    if draw(chance(4)):
        query["max_results"] = draw(number(1, 5))
    if draw(chance(4)):
        query["excluded_events"] = [draw(EXCLUDED)]
    return draw(datasets(query["participants"], tzid, change)), query


@st.composite
def sequenced_cases(draw: st.DrawFn) -> tuple[Dataset, Json]:
    """Stored data and a sequenced query."""
    tzid, change = draw(one_of(CHANGES))
    steps: list[Json] = []
    for ordinal in draw(one_of(((1,), (1, 2), (2, 1), (3, 1, 2)))):
        step = {"sequence_id": f"step {ordinal}", "ordinal": ordinal}
        step |= draw(searches(tzid, change, most=1))
        step["required_duration"] = {"minutes": draw(one_of((5, 15, 30)))}
        step["buffer"] = {name: draw(gaps()) for name in ("before", "after") if draw(chance(3))}
        if draw(chance(6)):
            step["query_periods"] = [period(*draw(spans(change)))]
        steps.append(step)
    query = [group for step in steps for group in step["participants"]]
    start, end = draw(spans(change))
    searched = period(start, end + timedelta(hours=2))
    return draw(datasets(query, tzid, change, most=2)), {"query_periods": [searched], "sequence": steps}


@st.composite
def gaps(draw: st.DrawFn) -> Json:
    low = draw(one_of((0, 10, 30)))
    result: Json = {"minimum": {"minutes": low}}
    if draw(chance(2)):
        result["maximum"] = {"minutes": low + draw(one_of((0, 15, 60)))}
    return result


@st.composite
def searches(draw: st.DrawFn, tzid: str, change: datetime, most: int = 2) -> Json:
    """The participants and the duration of a query."""
    groups = draw(one_of(("a", "ab", "abc", "ab c", "a bc", "ab bc")))
    result: Json = {
        "participants": [
            {
                "members": [draw(members(sub, tzid, change, most)) for sub in subs],
                "required": draw(one_of(("all", 1, 1, 2))),
            }
            for subs in groups.split()
        ],
        "required_duration": draw(durations),
    }
    if draw(chance(2)):
        result["start_interval"] = {"minutes": draw(one_of((5, 10, 15, 20, 30, 60)))}
    return result


@st.composite
def members(draw: st.DrawFn, sub: str, tzid: str, change: datetime, most: int) -> Json:
    result: Json = {"sub": sub}
    chosen = draw(lists_of(one_of(OPTIONS), most))
    if "hours" in chosen:
        result["available_periods"] = [period(*item) for item in draw(lists_of(spans(change), 2))]
    if "managed" in chosen:
        result["managed_availability"] = True
        if draw(chance(2)):
            result["availability_rule_ids"] = draw(lists_of(one_of(("rule 0", "rule 1", "rule 2")), 2))
    if "limit" in chosen:
        limit: Json = {"limit": draw(one_of((1, 1, 2))), "period": draw(one_of(("day", "day", "week")))}
        if not draw(chance(4)):
            limit["tzid"] = tzid
        if draw(chance(4)):
            limit["tags"] = {"private": [{"value": "x"}]}
        result["availability_constraints"] = [limit]
    if "calendars" in chosen:
        result["calendar_ids"] = draw(lists_of(one_of(CALENDARS), 1))
    for name in ("only_managed_events", "ignore_tentative"):
        if name in chosen:
            result[name] = True
    if "buffer" in chosen:
        result["buffer"] = {draw(one_of(("before", "after"))): draw(durations)}
    return result


@st.composite
def datasets(draw: st.DrawFn, groups: list[Json], tzid: str, change: datetime, most: int = 4) -> Dataset:
    """The stored data of the members of some groups."""
    query = [member for group in groups for member in group["members"]]
    subs = {member["sub"] for member in query}
    managed = {member["sub"] for member in query if "managed_availability" in member}
    return Dataset(
        now=change - timedelta(minutes=draw(one_of((10_000, 100)))),
        calendars={sub: CALENDARS for sub in SUBS if sub in subs},
        events={
            sub: [draw(stored_events(sub, index, change)) for index in range(draw(number(0, most)))]
            for sub in SUBS
            if sub in subs
        },
        rules={sub: draw(rules(tzid, change)) for sub in SUBS if sub in managed},
        periods={
            sub: [
                {"available_period_id": f"period {index}", "start": start, "end": end}
                for index, (start, end) in enumerate(draw(lists_of(spans(change), 1)))
            ]
            for sub in SUBS
            if sub in managed
        },
    )


@st.composite
def stored_events(draw: st.DrawFn, sub: str, index: int, change: datetime) -> Json:
    start, end = draw(spans(change, most=4))
    kind = draw(number(0, 127))
    result: Json = {
        "event_uid": f"uid {sub} {index}",
        "calendar_id": CALENDARS[kind & 1],
        "start": start,
        "end": end + timedelta(seconds=kind >> 1 & 1),
    }
    if kind >> 2 & 3:
        result["event_id"] = f"{sub} {index}"
    variants: list[Json] = [{}, {"transparency": "transparent"}, {"status": "tentative"}]
    variants += [{"tags": {"private": [{"value": value}]}} for value in "xxxyy"]
    return result | variants[kind >> 4]


@st.composite
def rules(draw: st.DrawFn, tzid: str, change: datetime) -> list[Json]:
    result: list[Json] = []
    local = change.astimezone(ZoneInfo(tzid))
    for index in range(draw(one_of((1, 2, 1, 0)))):
        # The same hours every day, or on some days, near the hour in which the offset changes.
        start, end = (local.hour * 2 + local.minute // 30 + draw(number(-6, 6)) for _ in range(2))
        hours = {"start_time": _half_hour(start % 48), "end_time": _half_hour(end if end == 48 else end % 48)}
        days = draw(number(0, 127)) if draw(chance(3)) else 127
        weekly = [{"day": day} | hours for place, day in enumerate(DAYS) if days >> place & 1]
        rule: Json = {"availability_rule_id": f"rule {index}", "tzid": tzid, "weekly_periods": weekly}
        if draw(chance(2)):
            rule["calendar_ids"] = [draw(one_of(CALENDARS))]
        result.append(rule)
    return result


def _half_hour(number: int) -> str:
    return f"{number // 2:02}:{number % 2 * 30:02}"


def state_of(dataset: Dataset, assumed: Mapping[str, bool] | None = None) -> State:
    """Return the state of a sandbox with the given data."""
    chosen = assumed or {}
    names = {name for name in REGISTRY.assumptions if chosen.get(name, True)}
    state = State(0, SandboxClock(dataset.now), assumed=names)
    for sub, calendars in dataset.calendars.items():
        account = state.add_account(f"{sub}@example.com", sub, calendars=len(calendars))
        state.accounts[sub] = account
        account.sub = sub
        for calendar, calendar_id in zip(account.calendars, calendars, strict=True):
            calendar.calendar_id = calendar_id
        for event in dataset.events.get(sub, ()):
            details = {key: value for key, value in event.items() if key not in {"start", "end", "event_uid"}}
            stored = state.write_event(sub, details.pop("calendar_id"), details, event["start"], event["end"])
            object.__setattr__(stored, "event_uid", event["event_uid"])
        for index, rule in enumerate(dataset.rules.get(sub, ())):
            state.table(AvailabilityRule)[f"{sub}/{index}"] = AvailabilityRule(
                sub=sub,
                availability_rule_id=rule["availability_rule_id"],
                tzid=rule["tzid"],
                calendar_ids=rule.get("calendar_ids"),
                weekly_periods=[WeeklyPeriod(**period) for period in rule["weekly_periods"]],
            )
        for index, item in enumerate(dataset.periods.get(sub, ())):
            state.table(AvailablePeriod)[f"{sub}/{index}"] = AvailablePeriod(
                sub=sub, start_tzid="Etc/UTC", end_tzid="Etc/UTC", **item
            )
    return state


def to_result(slot: Slot) -> Result:
    return slot.start, slot.end, slot.participants, slot.free
