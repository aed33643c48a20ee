from __future__ import annotations

import json
import math
import random
from typing import Any

import pytest

from cronofy_async.polling._schedule import Schedule

from .schedule_turns import DAY, HOUR, MINUTE, START, request_many, request_next, schedule_with_rates


def test_shares_are_proportional_to_the_roots_of_the_rates() -> None:
    schedule = schedule_with_rates(lambda age: 1.6e-7 if age < DAY else 1e-8)
    for link in range(200):
        schedule.add(link, START, sent_at=START - (2 * DAY if link % 2 else 0), open_at=START)
    order = request_many(schedule, START + 10, 1, 20_000)
    young = sum(link is not None and link % 2 == 0 for link in order)
    assert young / (len(order) - young) == pytest.approx(4, rel=0.02)


def test_a_link_moves_up_when_its_probability_rises() -> None:
    """It waits neither for links with low rates, nor for its previously scheduled time."""
    schedule = schedule_with_rates(lambda age: 1e-11 if age < HOUR else 1e-6)
    for link in range(50):
        schedule.add(link, START + 60 * link)
    now = START + 3000
    while now < START + 4100:
        request_next(schedule, now)
        now += 10
    # The boundary between the bins is at 3818 s: links 0 to 4 have passed it, and 5 to 11 pass it now.
    order = request_many(schedule, now, 10, 40)
    assert sum(link is not None and link <= 11 for link in order) >= 35
    assert 8 in order


@pytest.mark.parametrize("interval", [HOUR, 12 * HOUR])
def test_learning_is_unbiased(interval: float) -> None:
    """Two rates are recovered from links that are requested often or rarely, a third of which expire early."""
    draw = random.Random(5)
    schedule = Schedule()
    young, old, change = 1 / (10 * HOUR), 1 / (50 * HOUR), 19200.0  # the boundary
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
    rates = list(schedule.rates())
    learned = schedule.learned()
    edges = [0.0, *learned["edges"]]
    for first, last, true in ((0.0, change, young), (change, 4 * DAY, old)):
        inside = [index for index, edge in enumerate(edges) if first <= edge < last]
        weights = [learned["time"][index] for index in inside]
        mean = sum(rates[index][1] * weight for index, weight in zip(inside, weights, strict=True)) / sum(weights)
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
        answers, time = (sum(after[index]) - sum(before[index]) for index in ("answers", "time"))
        return pytest.approx(answers, abs=1e-3), pytest.approx(time / MINUTE, abs=1e-3)

    assert counted(1, 20, "open") == (0, 20)
    assert counted(1, 25, "open") == (0, 5)
    assert counted(1, 35, "disabled") == (0, 5)  # the answer came at some time in between
    assert counted(2, 50, "expired") == (0, 40)  # the time of the answer is known
    assert counted(3, 60, "completed") == (1, 30)
    # The time before the link was known to be open is not counted.
    assert counted(4, 60, "completed") == (0, 0)
    assert counted(5, 61, "expired") == (0, 0)
    assert counted(6, 62, "open") == (0, 0)
    assert counted(6, 72, "open") == (0, 10)


def test_a_round_trip_of_the_learned_counts() -> None:
    one = schedule_with_rates(lambda age: 1e-10 / (1 + age))
    two = Schedule(learned=json.loads(json.dumps(one.learned())))
    assert two.learned() == one.learned()
    assert two.rates() == one.rates()
    assert Schedule(learned=Schedule().learned()).learned() == Schedule().learned()
    with pytest.raises(ValueError, match=r"learned: expected .* of a version with the same bins"):
        Schedule(learned={})


def status(age: float, expires: float) -> str:
    return "open" if age < expires else "expired"
