"""A short run of the soak test, and the problems that it reports."""

from __future__ import annotations

import io

import attrs
import pytest
from rich.console import Console

from .soak import CONCURRENCY, GROWTH, Figures, problems, served, soak

FLAT = [Figures(polls=number, memory=2**26, objects=1, tasks=66, files=30, permits=10) for number in range(10)]
CLOSED = Figures(polls=10, memory=2**26, objects=1, tasks=1, files=20, permits=0)


async def test_a_short_run() -> None:
    shown = io.StringIO()
    with served() as url:
        figures = await soak(url, 1_000, Console(file=shown))

    assert [entry.polls for entry in figures] == [*range(100, 1_001, 100), 1_000]
    assert problems(figures, growth=2**30) == []  # the memory of a short run is not meaningful
    assert "after closing" in shown.getvalue()


@pytest.mark.parametrize(
    ("number", "changes", "complaint"),
    [
        (9, {"memory": 2**26 + GROWTH + 1}, "memory grew"),
        (9, {"tasks": 67}, "more tasks"),
        (0, {"files": 21 + CONCURRENCY}, "more files than connections"),
        (0, {"permits": CONCURRENCY + 1}, "more permits than requests"),
        (10, {"permits": 1}, "left after closing"),
        (10, {"tasks": 2}, "left after closing"),
    ],
)
def test_growing_figures_are_reported(number: int, changes: dict[str, int], complaint: str) -> None:
    figures = [*FLAT, CLOSED]
    assert problems(figures) == []

    figures[number] = attrs.evolve(figures[number], **changes)

    assert [problem.partition(":")[0] for problem in problems(figures)] == [complaint]
