"""What the schedule of polling learns from many answers."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async.polling._answer_rates import BINS, AnswerRates
from cronofy_async.polling._schedule import Schedule

from ..unit.schedule_turns import DAY, HOUR, START, request_many, schedule_with_rates

COUNTS = st.lists(st.floats(0, 1e9), min_size=BINS, max_size=BINS)


@given(COUNTS, COUNTS)
def test_any_counts_yield_rates(answers: list[float], time: list[float]) -> None:
    rates = AnswerRates(AnswerRates().learned() | {"answers": answers, "time": time})
    assert all(0 < value < math.inf for value in rates.rates)


def test_old_counts_decay() -> None:
    rates = AnswerRates()

    def teach(chance: float) -> float:
        draw = random.Random(1)
        for _ in range(80_000):
            if draw.random() < chance:
                rates.count_answer(START, math.inf, START, START + 60)
            else:
                rates.count_open(START, math.inf, START, START + 60)
            if draw.random() < 0.01:
                rates.fit()
        return rates.rates[0]

    for chance in (0.2, 0.6, 0.2):
        assert teach(chance) == pytest.approx(-math.log(1 - chance) / 60, rel=0.2)
    assert sum(rates.learned()["answers"]) < 8500


def test_shares_are_proportional_to_the_roots_of_the_rates() -> None:
    schedule = schedule_with_rates(lambda age: 1.6e-7 if age < DAY else 1e-8)
    for link in range(200):
        schedule.add(link, START, sent_at=START - (2 * DAY if link % 2 else 0), open_at=START)
    order = request_many(schedule, START + 10, 1, 20_000)
    young = sum(link is not None and link % 2 == 0 for link in order)
    assert young / (len(order) - young) == pytest.approx(4, rel=0.02)


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


def status(age: float, expires: float) -> str:
    return "open" if age < expires else "expired"
