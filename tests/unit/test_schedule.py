from __future__ import annotations

import json
import math
import random
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cronofy_async.polling._schedule import Schedule

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
START = 1_700_000_000.0


def ask(schedule: Schedule, now: float, status: str = "open") -> int | None:
    """Request the next link, and record its status at once."""
    link = schedule.next(now)
    if link is not None:
        schedule.record(link, now, status)
    return link


def asked(schedule: Schedule, start: float, step: float, number: int) -> list[int | None]:
    return [ask(schedule, start + step * each) for each in range(number)]


def taught(chance: Callable[[float], float]) -> Schedule:
    """Return a schedule that has learned rates by age, and the same by the time left, from many years."""
    learned = Schedule().learned()
    chances = [chance(age) for age in [0.0, *learned["edges"]]]
    learned["time"] = [1e11] * (2 * len(chances))
    learned["answers"] = [1e11 * each for each in (*chances, *reversed(chances))]
    return Schedule(learned=learned)


def test_nothing_to_ask_about() -> None:
    schedule = Schedule()
    assert schedule.next(START) is None
    assert schedule.seconds_until_next(START) == math.inf
    assert len(schedule) == 0


def test_round_robin_while_it_knows_nothing() -> None:
    schedule = Schedule()
    for link in range(5):
        schedule.add(link, START + link)
    assert asked(schedule, START + 100, 60, 12) == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]


def test_round_robin_at_any_ages() -> None:
    schedule = Schedule()
    for link in range(5):
        schedule.add(link, START, sent_at=START - (5 - link) * DAY, expires_at=START + link * DAY + HOUR)
    first = asked(schedule, START, 20, 5)
    assert sorted(each for each in first if each is not None) == [0, 1, 2, 3, 4]
    assert asked(schedule, START + 100, 20, 10) == first * 2


def test_a_link_is_in_flight_until_its_status_is_recorded() -> None:
    schedule = Schedule()
    schedule.add(1, START)
    assert schedule.next(START + 10) == 1
    assert schedule.next(START + 100) is None
    assert schedule.seconds_until_next(START + 100) == math.inf
    assert schedule.record(1, START + 100, "open")
    assert schedule.next(START + 100) == 1


@pytest.mark.parametrize("status", ["completed", "expired", "disabled"])
def test_a_terminal_link_is_removed(status: str) -> None:
    schedule = Schedule()
    schedule.add(1, START)
    assert schedule.next(START + 10) == 1
    assert not schedule.record(1, START + 10, status)
    assert 1 not in schedule
    assert not schedule.record(1, START + 11, status)
    assert schedule.next(START + HOUR) is None


def test_a_link_of_unknown_status_stays() -> None:
    schedule = Schedule()
    schedule.add(1, START)
    assert schedule.record(1, START + 10, "paused")
    assert 1 in schedule


def test_min_interval() -> None:
    schedule = Schedule(min_interval=10)
    schedule.add(1, START)
    schedule.add(2, START + 4)
    assert schedule.next(START + 5) is None
    assert schedule.seconds_until_next(START + 5) == 5
    assert ask(schedule, START + 10) == 1
    assert ask(schedule, START + 10) is None
    assert schedule.seconds_until_next(START + 10) == 4
    assert ask(schedule, START + 14) == 2
    assert schedule.seconds_until_next(START + 30) == 0


@pytest.mark.parametrize("min_interval", [0, -1, math.inf, math.nan])
def test_a_min_interval_that_makes_no_sense(min_interval: float) -> None:
    with pytest.raises(ValueError, match="min_interval: must be more than 0"):
        Schedule(min_interval=min_interval)


def test_another_link_goes_while_the_first_one_waits_for_min_interval() -> None:
    schedule = taught(lambda age: 1e-3 if age < HOUR else 1e-7)
    schedule.add(1, START, sent_at=START - DAY, open_at=START - 100)
    schedule.add(2, START, open_at=START - 9)
    assert ask(schedule, START) == 1
    assert ask(schedule, START) is None
    assert ask(schedule, START + 1) == 2


def test_hints_go_first_in_their_order() -> None:
    schedule = Schedule()
    for link in range(5):
        schedule.add(link, START)
    assert schedule.hint(3, START + 20)
    assert schedule.hint(1, START + 20)
    assert schedule.hint(3, START + 20)
    assert not schedule.hint(9, START + 20)
    assert schedule.seconds_until_next(START + 20) == 0
    assert asked(schedule, START + 20, 1, 6) == [3, 1, 0, 2, 4, None]


def test_a_hint_does_not_wait_for_min_interval_but_the_next_one_does() -> None:
    schedule = Schedule()
    schedule.add(1, START)
    schedule.hint(1, START + 1)
    assert ask(schedule, START + 1) == 1
    schedule.hint(1, START + 2)
    schedule.hint(1, START + 2)
    assert ask(schedule, START + 2) is None
    assert schedule.seconds_until_next(START + 2) == 9
    assert ask(schedule, START + 11) == 1


def test_a_hint_while_the_request_is_in_flight() -> None:
    schedule = Schedule()
    schedule.add(1, START)
    schedule.add(2, START)
    assert schedule.next(START + 10) == 1
    schedule.hint(1, START + 10.1)
    schedule.record(1, START + 10.2, "open")
    assert ask(schedule, START + 10.3) == 1
    assert ask(schedule, START + 10.4) == 2


def test_a_failed_link_waits_for_its_turn() -> None:
    schedule = Schedule()
    schedule.add(1, START)
    schedule.add(2, START)
    assert schedule.next(START + 10) == 1
    schedule.reschedule(1, START + 11)
    schedule.reschedule(1, START + 11)
    schedule.reschedule(9, START + 11)
    assert schedule.last_open_at(1) == START
    assert asked(schedule, START + 30, 1, 3) == [2, 1, None]


def test_a_hint_is_kept_when_the_request_failed() -> None:
    schedule = Schedule()
    for link in (1, 2, 3):
        schedule.add(link, START)
    schedule.hint(2, START + 20)
    assert schedule.next(START + 20) == 2
    schedule.reschedule(2, START + 21)
    assert asked(schedule, START + 30, 1, 2) == [2, 1]


def test_an_expired_link_is_requested_once_at_that_time() -> None:
    schedule = Schedule()
    for link in range(100):
        schedule.add(link, START, expires_at=START + 1000 + link % 2 * 1000 if link < 4 else None)
    order = asked(schedule, START + 90, 10, 140)
    assert {order[92], order[93]} == {0, 2}  # at 1010 and 1020 s
    # They are still open, which is odd: they go on by their age.
    assert order.count(0) == order.count(2) == 2
    order = asked(schedule, START + 1990, 1, 20)
    assert {1, 3} <= set(order[11:15])
    assert order.count(1) == 1


def test_a_link_that_expires_while_its_request_is_in_flight() -> None:
    schedule = Schedule()
    schedule.add(1, START, expires_at=START + 100)
    assert schedule.next(START + 99) == 1
    schedule.record(1, START + 102, "open")
    schedule.add(2, START + 102)
    schedule.hint(2, START + 102)
    assert ask(schedule, START + 109) == 2
    assert ask(schedule, START + 109.5) == 1  # asked about at 99 s
    assert ask(schedule, START + 110) is None


def test_a_link_that_had_expired_when_it_was_added() -> None:
    schedule = Schedule()
    schedule.add(1, START)
    schedule.add(2, START, sent_at=START - DAY, expires_at=START - HOUR)
    assert schedule.seconds_until_next(START) == 0
    assert ask(schedule, START, "expired") == 2
    assert ask(schedule, START) is None


def test_half_a_millisecond_before_it_expires() -> None:
    schedule = Schedule()
    schedule.add(1, 0.0, sent_at=-DAY, expires_at=0.0005, open_at=0.0)
    assert ask(schedule, 10.0, "expired") == 1


def test_an_expired_link_that_is_hinted_at_goes_once() -> None:
    schedule = Schedule()
    schedule.add(1, START, expires_at=START + 100)
    schedule.hint(1, START + 99)
    assert ask(schedule, START + 102, "expired") == 1
    assert len(schedule) == 0


@pytest.mark.parametrize("queue", ["heap", "line", "hinted", "due", "out"])
def test_discard_while_queued(queue: str) -> None:
    schedule = Schedule()
    schedule.add(1, START, expires_at=START + HOUR)
    schedule.add(2, START)
    now = START + 20
    if queue == "line":
        ask(schedule, now)
    elif queue == "hinted":
        schedule.hint(1, now)
    elif queue == "due":
        now = START + 2 * HOUR
        assert schedule.seconds_until_next(now) == 0
    elif queue == "out":
        assert schedule.next(now) == 1
    schedule.discard(1)
    schedule.discard(1)
    assert len(schedule) == 1
    assert not schedule.record(1, now, "open")
    assert asked(schedule, now + 20, 20, 3) == [2, 2, 2]


def test_links_added_at_the_same_time_go_in_that_order() -> None:
    schedule = Schedule()
    for link in (3, 1, 1, 2, 1, 1):
        schedule.add(link, START)
    assert asked(schedule, START + 20, 1, 4) == [3, 2, 1, None]


def test_a_link_that_is_added_again_replaces_the_first() -> None:
    schedule = Schedule()
    schedule.add(1, START, sent_at=START - DAY)
    assert schedule.last_open_at(1) is None
    schedule.add(1, START, sent_at=START - DAY, open_at=START - MINUTE)
    assert schedule.last_open_at(1) == START - MINUTE
    assert len(schedule) == 1
    assert asked(schedule, START + 20, 1, 2) == [1, None]


def test_a_status_of_a_link_that_is_not_in_flight() -> None:
    schedule = Schedule()
    schedule.add(1, START)
    assert schedule.record(1, START + 60, "open")
    assert schedule.last_open_at(1) == START + 60
    assert schedule.seconds_until_next(START + 60) == 10
    schedule.record(1, START + 100, "completed")
    assert sum(schedule.learned()["answers"]) == pytest.approx(1)


def test_shares_are_as_the_roots_of_the_chances() -> None:
    schedule = taught(lambda age: 1.6e-7 if age < DAY else 1e-8)
    for link in range(200):
        schedule.add(link, START, sent_at=START - (2 * DAY if link % 2 else 0), open_at=START)
    order = asked(schedule, START + 10, 1, 20_000)
    young = sum(link is not None and link % 2 == 0 for link in order)
    assert young / (len(order) - young) == pytest.approx(4, rel=0.02)


def test_a_link_moves_up_when_its_chance_rises() -> None:
    """It waits neither behind links with low rates, nor for the turn that it would have had."""
    schedule = taught(lambda age: 1e-11 if age < HOUR else 1e-6)
    for link in range(50):
        schedule.add(link, START + 60 * link)
    now = START + 3000
    while now < START + 4100:
        ask(schedule, now)
        now += 10
    # The edge between the bins is at 3818 s: 0 to 4 have passed it, and 5 to 11 do so now.
    order = asked(schedule, now, 10, 40)
    assert sum(link is not None and link <= 11 for link in order) >= 35
    assert 8 in order


def test_a_long_pause() -> None:
    """For example because the machine was suspended."""
    schedule = Schedule()
    for link in range(20):
        schedule.add(link, START, expires_at=START + link * DAY + 1)
    now = START + 10.5 * DAY
    first = asked(schedule, now, 1, 11)
    assert sorted(each for each in first if each is not None) == list(range(11))
    assert len(set(asked(schedule, now + 11, 1, 9))) == 9


def test_time_that_stands_still_or_goes_back() -> None:
    schedule = Schedule()
    schedule.add(1, START, sent_at=START + 5)
    schedule.add(2, START, open_at=START + 100)
    assert ask(schedule, START - 50) is None
    assert ask(schedule, START + 10) in {1, 2}


@pytest.mark.parametrize("interval", [HOUR, 12 * HOUR])
def test_learning_is_unbiased(interval: float) -> None:
    """Two rates are found again from links that are requested often or rarely, a third of which expire early."""
    draw = random.Random(5)
    schedule = Schedule()
    young, old, change = 1 / (10 * HOUR), 1 / (50 * HOUR), 19200.0  # an edge
    for number in range(6000):
        sent = number * 10.0
        answer = draw.expovariate(young)
        if answer > change:
            answer = change + draw.expovariate(old)
        expires = 20 * HOUR if number % 3 == 0 else math.inf
        schedule.add(number, sent)
        now = sent + draw.random() * interval
        while schedule.record(
            number, now, "completed" if min(answer, expires) == answer <= now - sent else status(now - sent, expires)
        ):
            now += interval
    found = list(schedule.rates())
    learned = schedule.learned()
    edges = [0.0, *learned["edges"]]
    for first, last, true in ((0.0, change, young), (change, 4 * DAY, old)):
        inside = [each for each, edge in enumerate(edges) if first <= edge < last]
        weights = [learned["time"][each] for each in inside]
        mean = sum(found[each][1] * weight for each, weight in zip(inside, weights, strict=True)) / sum(weights)
        assert mean == pytest.approx(true, rel=0.07)


def test_counts_of_answers_and_open_time() -> None:
    schedule = Schedule()
    for link, late in ((1, 0.0), (2, 0.0), (3, 0.0), (4, HOUR), (5, HOUR), (6, HOUR)):
        expires = START + 40 * MINUTE if link == 2 else None
        schedule.add(link, START, sent_at=START - late, expires_at=expires)

    def counted(link: int, minutes: float, status: str) -> tuple[Any, Any]:
        """Return the additional answers and minutes."""
        before = schedule.learned()
        schedule.record(link, START + minutes * MINUTE, status)
        after = schedule.learned()
        answers, time = (sum(after[each]) - sum(before[each]) for each in ("answers", "time"))
        return pytest.approx(answers, abs=1e-3), pytest.approx(time / MINUTE, abs=1e-3)

    assert counted(1, 20, "open") == (0, 20)
    assert counted(1, 25, "open") == (0, 5)
    assert counted(1, 35, "disabled") == (0, 5)  # at some time in between
    assert counted(2, 50, "expired") == (0, 40)  # that is known
    assert counted(3, 60, "completed") == (1, 30)
    # Nothing is learned from before it was known to be open.
    assert counted(4, 60, "completed") == (0, 0)
    assert counted(5, 61, "expired") == (0, 0)
    assert counted(6, 62, "open") == (0, 0)
    assert counted(6, 72, "open") == (0, 10)


def test_a_round_trip_of_the_learned_counts() -> None:
    one = taught(lambda age: 1e-10 / (1 + age))
    two = Schedule(learned=json.loads(json.dumps(one.learned())))
    assert two.learned() == one.learned()
    assert two.rates() == one.rates()
    assert Schedule(learned=Schedule().learned()).learned() == Schedule().learned()
    with pytest.raises(ValueError, match=r"learned: expected .* of a version with the same bins"):
        Schedule(learned={})


def status(age: float, expires: float) -> str:
    return "open" if age < expires else "expired"


def test_a_kibibyte_a_link() -> None:
    number = 10_000
    tracemalloc.start()
    try:
        schedule = Schedule()
        for link in range(number):
            age = link * 14 * DAY / number
            schedule.add(link, START, sent_at=START - age, expires_at=START - age + 14 * DAY)
        for each in range(number):
            ask(schedule, START + each / 10)
        assert tracemalloc.get_traced_memory()[0] / number < 1024
    finally:
        tracemalloc.stop()


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
    for kind, *rest in steps:
        if kind == "add":
            link, age, left = rest
            schedule.add(link, now, sent_at=now - age, expires_at=now + left if left else None)
        elif kind == "sleep":
            now += rest[0]
        elif kind in {"ask", "out"}:
            link = schedule.next(now)
            if link is not None:
                yield now, link
                if rest:
                    schedule.record(link, now, rest[0])
        elif kind == "back":
            schedule.reschedule(rest[0], now)
        elif kind == "seen":
            schedule.record(rest[0], now, rest[1])
        elif kind == "hint":
            schedule.hint(rest[0], now)
        else:
            schedule.discard(rest[0])
    for link in range(8):  # nothing is out any more
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
def test_every_link_is_requested_when_it_is_said_to_be(steps: list[Any]) -> None:
    schedule = Schedule()
    list(follow(schedule, steps))
    assert len(schedule) == 0


@given(STEPS)
def test_the_same_again(steps: list[Any]) -> None:
    assert list(follow(Schedule(), steps)) == list(follow(Schedule(), steps))


@given(st.lists(STEPS.map(lambda steps: [step for step in steps if step[0] not in {"discard", "add"}]), max_size=2))
def test_no_link_is_requested_more_often_than_min_interval(many: list[list[Any]]) -> None:
    """With one more request for a hint."""
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
    schedule = taught(lambda _: next(each))
    for link, age in enumerate(ages):
        schedule.add(link, START, sent_at=START - age, expires_at=START + 3 * DAY)
    roots = [math.sqrt(chance) for _, chance in schedule.rates()]
    # While one waits, another has no more turns than its pressure makes good for.
    most = math.ceil(len(ages) * (max(roots) / min(roots) + 1)) + len(ages)
    last = dict.fromkeys(range(len(ages)), 0)
    for turn in range(1, 2000):
        turned = ask(schedule, START + turn * 10.0)
        if turned is not None:
            last[turned] = turn
        assert all(turn - then <= most for then in last.values())
