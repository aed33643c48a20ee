from __future__ import annotations

import json
from typing import Any

import pytest

from cronofy_async.polling._schedule import Schedule

from .schedule_turns import HOUR, MINUTE, START, request_many, request_next, schedule_with_rates


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
