"""Generated availability queries, and worlds to ask them about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hypothesis import strategies as st

from cronofy_async.sandbox.kernel.availability import Slot
from cronofy_async.sandbox.kernel.clock import SandboxClock
from cronofy_async.sandbox.kernel.managed import AvailabilityRule, AvailablePeriod, WeeklyPeriod
from cronofy_async.sandbox.kernel.registry import REGISTRY
from cronofy_async.sandbox.kernel.state import State

from .availability_oracle import Found, World
from .support import Json, period

SUBS: Final = ("a", "b", "c")
CALENDARS: Final = ("work", "home")
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

#: A zone, and a time near which its offset changes: on most of them at night, in Chile at midnight, on Lord Howe Island
#: by half an hour; and one whose offset is odd.
CHANGES: Final = [
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
]

durations = st.sampled_from([5, 15, 20, 30, 45, 60, 75, 90]).map(lambda count: {"minutes": count})
maybe = st.booleans()


def few(values: st.SearchStrategy[Any], most: int, least: int = 0) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, min_size=least, max_size=most)


@st.composite
def cases(draw: st.DrawFn) -> tuple[World, Json]:
    """A world and a query about a few hours in which a zone's offset may change."""
    tzid, change = draw(st.sampled_from(CHANGES))
    world = draw(worlds(tzid, change))
    return world, draw(queries(tzid, change))


@st.composite
def sequenced_cases(draw: st.DrawFn) -> tuple[World, Json]:
    """A world and a sequenced query."""
    tzid, change = draw(st.sampled_from(CHANGES))
    world = draw(worlds(tzid, change))
    steps: list[Json] = []
    count = draw(st.integers(1, 3))
    for ordinal in draw(st.permutations(range(1, count + 1))):
        asked = draw(searches(tzid, change))
        step = {"sequence_id": f"step {ordinal}", "ordinal": ordinal} | asked
        step["buffer"] = {name: draw(gaps()) for name in draw(st.sets(st.sampled_from(["before", "after"])))}
        if draw(st.integers(0, 4)) == 0:
            step["query_periods"] = [period(*draw(spans(change)))]
        steps.append(step)
    return world, {"query_periods": [period(*draw(spans(change, longest=500)))], "sequence": steps}


@st.composite
def gaps(draw: st.DrawFn) -> Json:
    low = draw(st.sampled_from([0, 10, 30]))
    found: Json = {"minimum": {"minutes": low}}
    if draw(maybe):
        found["maximum"] = {"minutes": low + draw(st.sampled_from([0, 15, 60]))}
    return found


def spans(change: datetime, longest: int = 300) -> st.SearchStrategy[tuple[datetime, datetime]]:
    """Times near a change of an offset."""
    return st.tuples(st.integers(-300, 240), st.integers(1, longest)).map(
        lambda pair: (change + timedelta(minutes=pair[0]), change + timedelta(minutes=pair[0] + pair[1]))
    )


@st.composite
def worlds(draw: st.DrawFn, tzid: str, change: datetime) -> World:
    events: dict[str, list[Json]] = {}
    for sub in SUBS:
        events[sub] = [
            draw(stored_events(change)) | {"event_uid": f"uid {sub} {index}"}
            for index in range(draw(st.integers(0, 4)))
        ]
        for index, event in enumerate(events[sub]):
            if draw(maybe):
                event["event_id"] = f"{sub} {index}"
    return World(
        now=change + timedelta(minutes=draw(st.sampled_from([-10_000, -100]))),
        calendars=dict.fromkeys(SUBS, CALENDARS),
        events=events,
        rules={sub: draw(rules(tzid)) for sub in SUBS},
        periods={
            sub: [
                {"available_period_id": f"period {index}", "start": start, "end": end}
                for index, (start, end) in enumerate(draw(few(spans(change), 1)))
            ]
            for sub in SUBS
        },
    )


@st.composite
def stored_events(draw: st.DrawFn, change: datetime) -> Json:
    start, end = draw(spans(change, longest=120))
    found: Json = {"start": start, "end": end + timedelta(seconds=draw(st.sampled_from([0, 0, 1])))}
    found["calendar_id"] = draw(st.sampled_from(CALENDARS))
    kind = draw(st.integers(0, 5))
    if kind == 0:
        found["transparency"] = "transparent"
    if kind == 1:
        found["status"] = "tentative"
    if kind > 3:
        found["tags"] = {"private": [{"value": draw(st.sampled_from("xy"))}]}
    return found


@st.composite
def rules(draw: st.DrawFn, tzid: str) -> list[Json]:
    found: list[Json] = []
    for index in range(draw(st.integers(0, 2))):
        rule: Json = {"availability_rule_id": f"rule {index}", "tzid": tzid, "weekly_periods": draw(weekly())}
        if draw(maybe):
            rule["calendar_ids"] = [draw(st.sampled_from(CALENDARS))]
        found.append(rule)
    return found


@st.composite
def weekly(draw: st.DrawFn) -> list[Json]:
    """Hours of each day, at night as well, where offsets change."""
    start, end = draw(st.integers(0, 47)), draw(st.integers(0, 48))
    hours = {"start_time": f"{start // 2:02}:{start % 2 * 30:02}", "end_time": f"{end // 2:02}:{end % 2 * 30:02}"}
    return [{"day": day} | hours for day in DAYS if draw(st.integers(0, 4))]


@st.composite
def searches(draw: st.DrawFn, tzid: str, change: datetime) -> Json:
    """Who must be free, and for how long."""
    found: Json = {
        "participants": draw(few(groups(tzid, change), 2, 1)),
        "required_duration": draw(durations),
    }
    if draw(maybe):
        found["start_interval"] = {"minutes": draw(st.sampled_from([5, 10, 15, 20, 30, 60]))}
    return found


@st.composite
def groups(draw: st.DrawFn, tzid: str, change: datetime) -> Json:
    subs = draw(st.lists(st.sampled_from(SUBS), min_size=1, max_size=3, unique=True))
    return {
        "members": [draw(members(sub, tzid, change)) for sub in subs],
        "required": draw(st.just("all") | st.integers(1, 3)),
    }


@st.composite
def members(draw: st.DrawFn, sub: str, tzid: str, change: datetime) -> Json:
    found: Json = {"sub": sub}
    chosen = draw(st.sets(st.sampled_from(["hours", "managed", "limit", "calendars", "events", "buffer"]), max_size=3))
    if "hours" in chosen:
        found["available_periods"] = [period(*one) for one in draw(few(spans(change), 2))]
    if "managed" in chosen:
        found["managed_availability"] = True
        if draw(maybe):
            found["availability_rule_ids"] = draw(few(st.sampled_from(["rule 0", "rule 1", "rule 2"]), 2))
    if "limit" in chosen:
        limit: Json = {"limit": draw(st.integers(1, 2)), "period": draw(st.sampled_from(["day", "week"]))}
        if draw(maybe):
            limit["tzid"] = tzid
        if draw(maybe):
            limit["tags"] = {"private": [{"value": "x"}]}
        found["availability_constraints"] = [limit]
    if "calendars" in chosen:
        found["calendar_ids"] = draw(few(st.sampled_from(CALENDARS), 1))
    if "events" in chosen:
        found[draw(st.sampled_from(["only_managed_events", "ignore_tentative"]))] = True
    if "buffer" in chosen:
        found["buffer"] = {draw(st.sampled_from(["before", "after"])): draw(durations)}
    return found


@st.composite
def queries(draw: st.DrawFn, tzid: str, change: datetime) -> Json:
    found = draw(searches(tzid, change))
    if draw(st.integers(0, 4)) == 0:
        found["query_slots"] = [{"start": period(*one)["start"]} for one in draw(few(spans(change), 4, 1))]
    else:
        found["query_periods"] = [period(*one) for one in draw(few(spans(change), 3, 1))]
    found["response_format"] = draw(st.sampled_from(["periods", "slots", "overlapping_slots"]))
    if draw(maybe):
        found["buffer"] = {name: draw(durations) for name in draw(st.sets(st.sampled_from(["before", "after"])))}
    if draw(st.integers(0, 3)) == 0:
        found["max_results"] = draw(st.integers(1, 5))
    if draw(st.integers(0, 3)) == 0:
        found["excluded_events"] = [draw(st.sampled_from([{"event_id": "a 0"}, {"event_uid": "uid b 0"}]))]
    return found


def state_of(world: World, assumed: Mapping[str, bool] | None = None) -> State:
    """Return the state of a sandbox in which a world is stored."""
    chosen = assumed or {}
    names = {name for name in REGISTRY.assumptions if chosen.get(name, True)}
    state = State(0, SandboxClock(world.now), assumed=names)
    for sub, calendars in world.calendars.items():
        account = state.add_account(f"{sub}@example.com", sub, calendars=len(calendars))
        state.accounts[sub] = account
        account.sub = sub
        for calendar, calendar_id in zip(account.calendars, calendars, strict=True):
            calendar.calendar_id = calendar_id
        for event in world.events.get(sub, ()):
            details = {key: value for key, value in event.items() if key not in {"start", "end", "event_uid"}}
            stored = state.write_event(sub, details.pop("calendar_id"), details, event["start"], event["end"])
            object.__setattr__(stored, "event_uid", event["event_uid"])
        for index, rule in enumerate(world.rules.get(sub, ())):
            state.table(AvailabilityRule)[f"{sub}/{index}"] = AvailabilityRule(
                sub=sub,
                availability_rule_id=rule["availability_rule_id"],
                tzid=rule["tzid"],
                calendar_ids=rule.get("calendar_ids"),
                weekly_periods=[WeeklyPeriod(**one) for one in rule["weekly_periods"]],
            )
        for index, one in enumerate(world.periods.get(sub, ())):
            state.table(AvailablePeriod)[f"{sub}/{index}"] = AvailablePeriod(
                sub=sub, start_tzid="Etc/UTC", end_tzid="Etc/UTC", **one
            )
    return state


def as_found(slot: Slot) -> Found:
    return slot.start, slot.end, slot.participants, slot.free
