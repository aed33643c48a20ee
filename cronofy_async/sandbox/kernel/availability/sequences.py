"""Search for sequences: one slot for each step, in order, with the gaps that the buffers of the steps allow.

A backward pass keeps, for each step, the starts that a start of the next step can follow. A forward pass then combines
each start of the first step with the earliest starts of the others, which always exist.

Docs: https://docs.cronofy.com/developers/api/scheduling/sequenced-availability/
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from typing import Final

import attrs

from ..times import parse_duration
from .minutes import ceil_minute, to_text, within_reach
from .search import Json, Slot, Times, Window, minimum, periods_of

__all__ = ["SequencedSlot", "sequences"]

_MINUTE: Final = timedelta(minutes=1)


@attrs.frozen
class SequencedSlot:
    """The slot of one step of a sequence. The ID is as in the query."""

    sequence_id: str | int
    slot: Slot


@attrs.frozen
class _Step:
    """A step, and the minutes at which it may start. Between ``low`` and ``high`` minutes later the next step starts."""

    sequence_id: str | int
    size: int
    slot_at: Callable[[int], Slot]
    starts: int
    low: int
    high: int


def sequences(query: Json, times: Times, now: datetime, assumed: Collection[str]) -> Iterator[list[SequencedSlot]]:
    """Yield a sequence for each possible start of the first step, each with the others as early as possible.

    Args:
        query: A sequenced availability query.
        times: Returns the times of a member in a range of minutes.
        now: The current time. Nothing starts before it.
        assumed: The names of the assumptions that hold.
    """
    periods = [period for period in periods_of(query) if period[0] < period[1]]
    if not periods:
        return
    window = Window(periods, ceil_minute(now), times, assumed)
    steps = _steps(query, window)
    for index in range(len(steps) - 1, 0, -1):
        before = steps[index - 1]
        possible = before.starts & within_reach(steps[index].starts, before.low, before.high)
        steps[index - 1] = attrs.evolve(before, starts=possible)
    texts = [to_text(step.starts) for step in steps]
    start = texts[0].find("1")
    while start >= 0:
        sequence: list[SequencedSlot] = []
        minute = start
        for step, text in zip(steps, texts, strict=True):
            minute = text.find("1", minute)
            sequence.append(SequencedSlot(step.sequence_id, step.slot_at(minute)))
            minute += step.low
        yield sequence
        start = texts[0].find("1", start + 1)


def _steps(query: Json, window: Window) -> list[_Step]:
    """Return the steps in order: by their ordinals or, where those are missing, their places in the query."""
    unordered: list[Json] = query["sequence"]
    placed = sorted(enumerate(unordered, 1), key=lambda item: item[1].get("ordinal") or item[0])
    ordered = [step for _, step in placed]
    steps: list[_Step] = []
    for index, step in enumerate(ordered):
        size = parse_duration(step["required_duration"]) // _MINUTE
        groups = window.groups(step)
        periods = periods_of(step) if step.get("query_periods") or step.get("available_periods") else periods_of(query)
        searched = window.searched & window.minutes(periods)
        buffers = [
            _buffer(step, "after"),
            *(_buffer(following, "before") for following in ordered[index + 1 : index + 2]),
        ]
        maximums = [parse_duration(buffer["maximum"]) // _MINUTE for buffer in buffers if "maximum" in buffer]
        steps.append(
            _Step(
                sequence_id=step["sequence_id"],
                size=size,
                slot_at=window.slot_at(groups, size),
                starts=window.starts(groups, size, searched) & window.grid(step, periods),
                low=size + max(minimum(buffer) for buffer in buffers),
                high=size + min([*maximums, window.end - window.start]),
            )
        )
    return steps


def _buffer(step: Json, side: str) -> Json:
    buffer: Json = step.get("buffer") or {}
    value: Json = buffer.get(side) or {}
    return value
