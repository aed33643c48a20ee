from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cronofy_async.polling._schedule import Schedule

from .schedule_turns import DAY, HOUR, START, request_next, schedule_with_rates

LINKS = st.integers(0, 7)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), LINKS, st.sampled_from([0.0, 30.0, HOUR, 3 * DAY]), st.sampled_from([0.0, HOUR])),
        st.tuples(st.just("ask"), st.sampled_from(["open", "open", "open", "completed", "expired"])),
        st.tuples(st.just("out")),
        st.tuples(st.just("back"), LINKS),
        st.tuples(st.just("seen"), LINKS, st.sampled_from(["open", "completed"])),
        st.tuples(st.just("hint"), LINKS),
        st.tuples(st.just("discard"), LINKS),
        st.tuples(st.just("sleep"), st.sampled_from([0.5, 3.0, 20.0, 1000.0, DAY])),
    ),
    max_size=60,
)


def follow(schedule: Schedule, steps: list[Any]) -> Iterator[tuple[float, int]]:
    """Run the steps, and yield the times at which links came next."""
    now = START
    for kind, *values in steps:
        if kind == "add":
            link, age, remaining = values
            schedule.add(link, now, sent_at=now - age, expires_at=now + remaining if remaining else None)
        elif kind == "sleep":
            now += values[0]
        elif kind in {"ask", "out"}:
            link = schedule.next(now)
            if link is not None:
                yield now, link
                if values:
                    schedule.record(link, now, values[0])
        elif kind == "back":
            schedule.reschedule(values[0], now)
        elif kind == "seen":
            schedule.record(values[0], now, values[1])
        elif kind == "hint":
            schedule.hint(values[0], now)
        else:
            schedule.discard(values[0])
    for link in range(8):  # no request is in flight any more
        schedule.reschedule(link, now)
    while True:
        wait = schedule.seconds_until_next(now)
        if wait == math.inf or now > START + 100 * DAY:
            return
        now += wait
        link = schedule.next(now)
        assert link is not None
        yield now, link
        schedule.record(link, now, "completed")


@given(STEPS)
def test_every_link_is_requested_at_its_announced_time(steps: list[Any]) -> None:
    schedule = Schedule()
    list(follow(schedule, steps))
    assert len(schedule) == 0


@given(STEPS)
def test_schedules_are_deterministic(steps: list[Any]) -> None:
    assert list(follow(Schedule(), steps)) == list(follow(Schedule(), steps))


@given(st.lists(STEPS.map(lambda steps: [step for step in steps if step[0] not in {"discard", "add"}]), max_size=2))
def test_no_link_is_requested_more_often_than_min_interval(many: list[list[Any]]) -> None:
    """A hint allows one more request."""
    schedule = Schedule()
    steps: list[Any] = [("add", link, 0.0, HOUR if link % 2 else 0.0) for link in range(8)]
    steps += [step for some in many for step in some]
    times: dict[int, list[float]] = {}
    hinted = any(step[0] == "hint" for step in steps)
    for now, link in follow(schedule, steps):
        times.setdefault(link, [] if hinted else [START]).append(now)
    for each in times.values():
        apart = 2 if hinted else 1
        assert all(later - earlier >= 9.999 for earlier, later in zip(each, each[apart:], strict=False))


@settings(max_examples=30)
@given(st.lists(st.floats(0, 1e-6), min_size=63, max_size=63), st.lists(st.floats(0, 10 * DAY), min_size=2, max_size=9))
def test_every_link_is_requested_again_in_bounded_time(chances: list[float], ages: list[float]) -> None:
    each = iter(chances)
    schedule = schedule_with_rates(lambda _: next(each))
    for link, age in enumerate(ages):
        schedule.add(link, START, sent_at=START - age, expires_at=START + 3 * DAY)
    roots = [math.sqrt(chance) for _, chance in schedule.rates()]
    # While one link waits, another one is requested only as often as the ratio of their roots allows.
    maximum = math.ceil(len(ages) * (max(roots) / min(roots) + 1)) + len(ages)
    last = dict.fromkeys(range(len(ages)), 0)
    for turn in range(1, 2000):
        turned = request_next(schedule, START + turn * 10.0)
        if turned is not None:
            last[turned] = turn
        assert all(turn - then <= maximum for then in last.values())
