from __future__ import annotations

import math
import tracemalloc

import pytest

from cronofy_async.polling._schedule import Schedule

from .schedule_turns import DAY, HOUR, MINUTE, START, request_many, request_next, schedule_with_rates


def test_an_empty_schedule() -> None:
    schedule = Schedule()
    assert schedule.next(START) is None
    assert schedule.seconds_until_next(START) == math.inf
    assert len(schedule) == 0


def test_round_robin_without_learned_rates() -> None:
    schedule = Schedule()
    for link in range(5):
        schedule.add(link, START + link)
    assert request_many(schedule, START + 100, 60, 12) == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]


def test_round_robin_at_any_ages() -> None:
    schedule = Schedule()
    for link in range(5):
        schedule.add(link, START, sent_at=START - (5 - link) * DAY, expires_at=START + link * DAY + HOUR)
    first = request_many(schedule, START, 20, 5)
    assert sorted(turn for turn in first if turn is not None) == [0, 1, 2, 3, 4]
    assert request_many(schedule, START + 100, 20, 10) == first * 2


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


def test_min_interval_is_kept() -> None:
    schedule = Schedule(min_interval=10)
    schedule.add(1, START)
    schedule.add(2, START + 4)
    assert schedule.next(START + 5) is None
    assert schedule.seconds_until_next(START + 5) == 5
    assert request_next(schedule, START + 10) == 1
    assert request_next(schedule, START + 10) is None
    assert schedule.seconds_until_next(START + 10) == 4
    assert request_next(schedule, START + 14) == 2
    assert schedule.seconds_until_next(START + 30) == 0


@pytest.mark.parametrize("min_interval", [0, -1, math.inf, math.nan])
def test_an_invalid_min_interval(min_interval: float) -> None:
    with pytest.raises(ValueError, match="min_interval: must be more than 0"):
        Schedule(min_interval=min_interval)


def test_another_link_is_requested_while_the_first_waits_for_min_interval() -> None:
    schedule = schedule_with_rates(lambda age: 1e-3 if age < HOUR else 1e-7)
    schedule.add(1, START, sent_at=START - DAY, open_at=START - 100)
    schedule.add(2, START, open_at=START - 9)
    assert request_next(schedule, START) == 1
    assert request_next(schedule, START) is None
    assert request_next(schedule, START + 1) == 2


def test_hinted_links_are_requested_first_in_order() -> None:
    schedule = Schedule()
    for link in range(5):
        schedule.add(link, START)
    assert schedule.hint(3, START + 20)
    assert schedule.hint(1, START + 20)
    assert schedule.hint(3, START + 20)
    assert not schedule.hint(9, START + 20)
    assert schedule.seconds_until_next(START + 20) == 0
    assert request_many(schedule, START + 20, 1, 6) == [3, 1, 0, 2, 4, None]


def test_a_hint_does_not_wait_for_min_interval_but_the_next_one_does() -> None:
    schedule = Schedule()
    schedule.add(1, START)
    schedule.hint(1, START + 1)
    assert request_next(schedule, START + 1) == 1
    schedule.hint(1, START + 2)
    schedule.hint(1, START + 2)
    assert request_next(schedule, START + 2) is None
    assert schedule.seconds_until_next(START + 2) == 9
    assert request_next(schedule, START + 11) == 1


def test_a_hint_while_the_request_is_in_flight() -> None:
    schedule = Schedule()
    schedule.add(1, START)
    schedule.add(2, START)
    assert schedule.next(START + 10) == 1
    schedule.hint(1, START + 10.1)
    schedule.record(1, START + 10.2, "open")
    assert request_next(schedule, START + 10.3) == 1
    assert request_next(schedule, START + 10.4) == 2


def test_a_rescheduled_link_waits_for_its_turn() -> None:
    schedule = Schedule()
    schedule.add(1, START)
    schedule.add(2, START)
    assert schedule.next(START + 10) == 1
    schedule.reschedule(1, START + 11)
    schedule.reschedule(1, START + 11)
    schedule.reschedule(9, START + 11)
    assert schedule.last_open_at(1) == START
    assert request_many(schedule, START + 30, 1, 3) == [2, 1, None]


def test_a_hint_is_kept_when_the_request_failed() -> None:
    schedule = Schedule()
    for link in (1, 2, 3):
        schedule.add(link, START)
    schedule.hint(2, START + 20)
    assert schedule.next(START + 20) == 2
    schedule.reschedule(2, START + 21)
    assert request_many(schedule, START + 30, 1, 2) == [2, 1]


def test_an_expired_link_is_requested_once_at_that_time() -> None:
    schedule = Schedule()
    for link in range(100):
        schedule.add(link, START, expires_at=START + 1000 + link % 2 * 1000 if link < 4 else None)
    order = request_many(schedule, START + 90, 10, 140)
    assert {order[92], order[93]} == {0, 2}  # at 1010 and 1020 s
    # They are still open, which is unusual: they are scheduled by their age again.
    assert order.count(0) == order.count(2) == 2
    order = request_many(schedule, START + 1990, 1, 20)
    assert {1, 3} <= set(order[11:15])
    assert order.count(1) == 1


def test_a_link_that_expires_while_its_request_is_in_flight() -> None:
    schedule = Schedule()
    schedule.add(1, START, expires_at=START + 100)
    assert schedule.next(START + 99) == 1
    schedule.record(1, START + 102, "open")
    schedule.add(2, START + 102)
    schedule.hint(2, START + 102)
    assert request_next(schedule, START + 109) == 2
    assert request_next(schedule, START + 109.5) == 1  # requested at 99 s
    assert request_next(schedule, START + 110) is None


def test_a_link_that_had_expired_when_it_was_added() -> None:
    schedule = Schedule()
    schedule.add(1, START)
    schedule.add(2, START, sent_at=START - DAY, expires_at=START - HOUR)
    assert schedule.seconds_until_next(START) == 0
    assert request_next(schedule, START, "expired") == 2
    assert request_next(schedule, START) is None


def test_a_request_half_a_millisecond_before_the_expiry() -> None:
    schedule = Schedule()
    schedule.add(1, 0.0, sent_at=-DAY, expires_at=0.0005, open_at=0.0)
    assert request_next(schedule, 10.0, "expired") == 1


def test_an_expired_link_with_a_hint_is_requested_once() -> None:
    schedule = Schedule()
    schedule.add(1, START, expires_at=START + 100)
    schedule.hint(1, START + 99)
    assert request_next(schedule, START + 102, "expired") == 1
    assert len(schedule) == 0


@pytest.mark.parametrize("queue", ["heap", "line", "hinted", "due", "out"])
def test_discard_while_queued(queue: str) -> None:
    schedule = Schedule()
    schedule.add(1, START, expires_at=START + HOUR)
    schedule.add(2, START)
    now = START + 20
    if queue == "line":
        request_next(schedule, now)
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
    assert request_many(schedule, now + 20, 20, 3) == [2, 2, 2]


def test_links_added_at_the_same_time_keep_their_order() -> None:
    schedule = Schedule()
    for link in (3, 1, 1, 2, 1, 1):
        schedule.add(link, START)
    assert request_many(schedule, START + 20, 1, 4) == [3, 2, 1, None]


def test_a_link_that_is_added_again_replaces_the_first() -> None:
    schedule = Schedule()
    schedule.add(1, START, sent_at=START - DAY)
    assert schedule.last_open_at(1) is None
    schedule.add(1, START, sent_at=START - DAY, open_at=START - MINUTE)
    assert schedule.last_open_at(1) == START - MINUTE
    assert len(schedule) == 1
    assert request_many(schedule, START + 20, 1, 2) == [1, None]


def test_a_status_for_a_link_that_is_not_in_flight() -> None:
    schedule = Schedule()
    schedule.add(1, START)
    assert schedule.record(1, START + 60, "open")
    assert schedule.last_open_at(1) == START + 60
    assert schedule.seconds_until_next(START + 60) == 10
    schedule.record(1, START + 100, "completed")
    assert sum(schedule.learned()["answers"]) == pytest.approx(1)


def test_a_long_pause() -> None:
    """For example because the machine was suspended."""
    schedule = Schedule()
    for link in range(20):
        schedule.add(link, START, expires_at=START + link * DAY + 1)
    now = START + 10.5 * DAY
    first = request_many(schedule, now, 1, 11)
    assert sorted(turn for turn in first if turn is not None) == list(range(11))
    assert len(set(request_many(schedule, now + 11, 1, 9))) == 9


def test_a_clock_that_stops_or_goes_back() -> None:
    schedule = Schedule()
    schedule.add(1, START, sent_at=START + 5)
    schedule.add(2, START, open_at=START + 100)
    assert request_next(schedule, START - 50) is None
    assert request_next(schedule, START + 10) in {1, 2}


def test_a_link_takes_at_most_a_kibibyte() -> None:
    number = 3_000
    tracemalloc.start()
    try:
        schedule = Schedule()
        for link in range(number):
            age = link * 14 * DAY / number
            schedule.add(link, START, sent_at=START - age, expires_at=START - age + 14 * DAY)
        for turn in range(number):
            request_next(schedule, START + turn / 10)
        assert tracemalloc.get_traced_memory()[0] / number < 1024
    finally:
        tracemalloc.stop()
