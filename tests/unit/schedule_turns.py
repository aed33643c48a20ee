"""Ask a schedule for its next links."""

from __future__ import annotations

from collections.abc import Callable

from cronofy_async.polling._schedule import Schedule

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


START = 1_700_000_000.0


def request_next(schedule: Schedule, now: float, status: str = "open") -> int | None:
    """Request the next link, and record its status immediately."""
    link = schedule.next(now)
    if link is not None:
        schedule.record(link, now, status)
    return link


def request_many(schedule: Schedule, start: float, step: float, number: int) -> list[int | None]:
    return [request_next(schedule, start + step * index) for index in range(number)]


def schedule_with_rates(chance: Callable[[float], float]) -> Schedule:
    """Return a schedule that has learned rates by age, and the same rates by the time left, from data of many years."""
    learned = Schedule().learned()
    chances = [chance(age) for age in [0.0, *learned["edges"]]]
    learned["time"] = [1e11] * (2 * len(chances))
    learned["answers"] = [1e11 * index for index in (*chances, *reversed(chances))]
    return Schedule(learned=learned)
