from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async.polling._answer_rates import BINS, AnswerRates, locate

HOUR, DAY = 3600.0, 86400.0
START = 1_700_000_000.0
LIFETIME = 14 * DAY


def counted(rates: AnswerRates, of: str) -> list[float]:
    return [round(value, 6) for value in rates.learned()[of] if value]


def around(*values: float) -> Any:
    return pytest.approx(list(values), abs=0.01)


def rates_learned_from(answers: Callable[[float], float], days: Callable[[float], float]) -> AnswerRates:
    """Return rates with given counts in each bin of a lifetime of 14 days, and none in the other bins."""
    learned = AnswerRates().learned()
    for at, number in starts():
        learned["answers"][number] = answers(at)
        learned["time"][number] = days(at) * DAY
    return AnswerRates(learned)


def starts() -> list[tuple[float, int]]:
    """Return the starts of the bins of a lifetime of 14 days."""
    actual = [(0.0, 0)]
    while actual[-1][0] < LIFETIME:
        edge = locate(0.0, LIFETIME, actual[-1][0])[1]
        if edge < LIFETIME:
            actual.append((edge, locate(0.0, LIFETIME, edge)[0]))
        else:
            break
    return actual


# Bins.


def test_the_bins_of_a_lifetime() -> None:
    numbers = [number for _, number in starts()]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 0
    assert numbers[-1] == BINS - 1
    assert [at for at, _ in starts()][:3] == [0, 84, 100]
    assert LIFETIME / 2 in [at for at, _ in starts()]
    assert [LIFETIME - at for at, _ in starts()][-2:] == [100, 84]


def test_the_bins_of_a_lifetime_without_an_end() -> None:
    assert locate(START, math.inf, START) == (0, START + 84)
    assert locate(START, math.inf, START + 2 * DAY) == (45, START + round(DAY * 2**1.25))
    assert locate(START, math.inf, START + 1000 * DAY) == (BINS // 2 - 1, math.inf)


def test_the_bins_of_a_long_lifetime() -> None:
    expires = START + 1000 * DAY
    assert locate(START, expires, START + 400 * DAY) == (BINS // 2 - 1, START + 500 * DAY)
    number, edge = locate(START, expires, START + 600 * DAY)
    assert (number, expires - edge) == (BINS // 2, round(DAY * 2**5.25))


def test_locating_a_time_after_the_expiry() -> None:
    assert locate(START, START + DAY, START + DAY) == (BINS - 1, math.inf)
    assert locate(START, START + DAY, START + DAY - 0.0005) == (BINS - 1, START + DAY)


@given(st.floats(1.0, 100 * DAY) | st.just(math.inf), st.floats(0.0, 100 * DAY))
def test_every_time_has_a_bin(life: float, age: float) -> None:
    number, edge = locate(START, START + life, START + age)
    assert 0 <= number < BINS
    assert edge > START + age
    if edge < math.inf:
        assert locate(START, START + life, edge)[0] > number or edge == START + life


# Counting.


def test_open_time_is_distributed_over_bins() -> None:
    rates = AnswerRates()
    rates.count_open(START, math.inf, START, START + 110)
    assert counted(rates, "time") == around(84, 16, 10)
    rates.count_open(START, math.inf, START + 90, START + 90)
    rates.count_open(START, math.inf, math.inf, START + 90)
    rates.count_open(START, math.inf, START + 90, START + 95)
    assert counted(rates, "time") == around(84, 21, 10)
    assert counted(rates, "answers") == []


def test_the_second_half_of_a_lifetime_is_counted_from_its_end() -> None:
    rates = AnswerRates()
    rates.count_open(START, START + 200, START, START + 200)
    assert counted(rates, "time") == around(84, 16, 16, 84)
    assert rates.learned()["time"][-1] == pytest.approx(84, abs=0.01)


def test_an_answer_is_distributed_over_bins() -> None:
    rates = AnswerRates()
    rates.count_answer(START, math.inf, START, START + 100)
    assert counted(rates, "answers") == around(0.84, 0.16)
    assert sum(counted(rates, "time")) == pytest.approx(50, abs=0.1)


def test_an_answer_counts_in_the_likeliest_bins() -> None:
    """If almost no answers come before the last day, the answer counts for the last day."""
    rates = rates_learned_from(lambda at: 100.0 if at >= LIFETIME - DAY - 1 else 0.0, lambda _: 100.0)
    rates.fit()
    before = rates.learned()
    rates.count_answer(START, START + LIFETIME, START + LIFETIME - 25 * HOUR, START + LIFETIME - 23 * HOUR)
    after = rates.learned()
    last_day = locate(START, START + LIFETIME, START + LIFETIME - 23.5 * HOUR)[0]
    assert after["answers"][last_day] - before["answers"][last_day] > 0.95
    assert sum(after["answers"]) - sum(before["answers"]) == pytest.approx(1)
    # The link was open for the hour before, and for half of the other one.
    assert sum(after["time"]) - sum(before["time"]) == pytest.approx(1.5 * HOUR, rel=0.05)


def test_an_expected_answer_is_attributed_to_the_beginning() -> None:
    rates = AnswerRates()
    for _ in range(1000):
        rates.count_answer(START, math.inf, START, START + 60)
        rates.fit()
    actual = dict(rates.describe())["age from 0 s"]
    for _ in range(100):
        rates.count_answer(START, math.inf, START, START + 60)
        rates.fit()
    # Only that it takes less than a minute is known: each round estimates a higher rate.
    assert dict(rates.describe())["age from 0 s"] > actual > 1 / 30


# The rates.


def test_without_answers_all_rates_are_equal() -> None:
    rates = AnswerRates()
    rates.count_open(START, math.inf, START, START + DAY)
    rates.fit()
    assert len(set(rates.rates)) == 1
    rates = AnswerRates(AnswerRates().learned() | {"answers": [1.0] * BINS})
    assert len(set(rates.rates)) == 1


def test_square_roots_of_rates() -> None:
    rates = rates_learned_from(lambda at: 1 + at, lambda _: 1.0)
    roots = rates.roots
    rates.count_answer(START, math.inf, START, START + DAY)
    rates.fit()
    assert rates.roots is roots
    assert roots == [math.sqrt(value) for value in rates.rates]


def test_bins_that_do_not_differ_count_as_one() -> None:
    draw = random.Random(3)
    rates = rates_learned_from(lambda _: float(sum(draw.random() < 0.01 for _ in range(500))), lambda _: 1.0)
    inside = [rates.rates[number] * DAY for _, number in starts()]
    alone = [rates.learned()["answers"][number] for _, number in starts()]
    assert min(alone) <= 2
    assert max(alone) > 8
    assert 4 < min(inside) < max(inside) < 6


def test_one_deviating_bin_is_detected() -> None:
    odd = 50
    rates = rates_learned_from(lambda _: 1.0, lambda _: 10.0)
    learned = rates.learned()
    learned["answers"][odd] = 20.0
    actual = [value * DAY for value in AnswerRates(learned).rates]
    assert actual[odd] == pytest.approx(2, rel=0.1)
    assert actual[odd - 2] == pytest.approx(0.1, rel=0.2)
    assert actual[odd + 2] == pytest.approx(0.1, rel=0.2)


def test_quiet_weeks_and_a_busy_day_are_distinguished() -> None:
    rates = rates_learned_from(lambda at: 20.0 if at >= LIFETIME - DAY - 1 else 0.0, lambda _: 20.0)
    quiet, busy = (rates.rates[locate(0.0, LIFETIME, at)[0]] for at in (LIFETIME - 3 * DAY, LIFETIME - DAY))
    assert busy * DAY == pytest.approx(1, rel=0.01)
    assert quiet < busy / 1000


@pytest.mark.parametrize("number", range(20, 28))
def test_the_end_of_a_busy_period_keeps_its_rate(number: int) -> None:
    """This holds at any position: a single tree would split at some of them."""
    learned = AnswerRates().learned()
    for value in range(BINS):
        learned["time"][value] = 50 * DAY
        learned["answers"][value] = 50.0 if value < number - 1 else 3.0 if value == number - 1 else 0.0
    actual = AnswerRates(learned).rates
    assert actual[number] > 5 * actual[number + 20]


def test_every_rate_is_bounded_around_the_mean() -> None:
    rates = rates_learned_from(lambda at: 1e6 if at < 200 else 0.0, lambda at: 1e-3 if at < 200 else 1e6)
    learned = rates.learned()
    mean = sum(learned["answers"]) / sum(learned["time"])
    assert min(rates.rates) == pytest.approx(mean / 2500)
    assert max(rates.rates) == pytest.approx(mean * 2500)


def test_rates_do_not_depend_on_the_unit_of_time() -> None:
    one = rates_learned_from(lambda at: at % 7, lambda at: 1 + at % 5)
    two = rates_learned_from(lambda at: at % 7, lambda at: 1000 + at % 5 * 1000)
    assert [value / 1000 for value in one.rates] == pytest.approx(two.rates)


COUNTS = st.lists(st.floats(0, 1e9), min_size=BINS, max_size=BINS)


@given(COUNTS, COUNTS)
def test_any_counts_yield_rates(answers: list[float], time: list[float]) -> None:
    rates = AnswerRates(AnswerRates().learned() | {"answers": answers, "time": time})
    assert all(0 < value < math.inf for value in rates.rates)


# Decay.


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


# Learned counts.


def test_names_of_bins() -> None:
    named = AnswerRates().describe()
    assert [name for name, _ in named][:2] == ["age from 0 s", "age from 84 s"]
    assert [name for name, _ in named][BINS // 2 - 1 : BINS // 2 + 1] == ["age from 3287920 s", "left up to inf s"]
    assert named[-1][0] == "left up to 84 s"


def test_a_round_trip_of_the_learned_counts() -> None:
    one = rates_learned_from(lambda at: 1 + at % 7, lambda at: 1 + at % 5)
    two = AnswerRates(json.loads(json.dumps(one.learned())))
    assert two.learned() == one.learned()
    assert two.rates == one.rates


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"edges": None}, "a version with the same bins"),
        ({"edges": [1.0]}, "a version with the same bins"),
        ({"answers": None}, "expected the result of learned"),
        ({"answers": [1.0]}, "expected the result of learned"),
        ({"answers": [-1.0] * BINS}, "expected the result of learned"),
        ({"time": [math.nan] * BINS}, "expected the result of learned"),
        ({"time": [math.inf] * BINS}, "expected the result of learned"),
        ({"time": ["1"] * BINS}, "expected the result of learned"),
        ({"time": "x" * BINS}, "expected the result of learned"),
    ],
)
def test_invalid_learned_counts(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AnswerRates(AnswerRates().learned() | changes)
