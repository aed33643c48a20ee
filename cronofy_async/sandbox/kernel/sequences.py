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

from .availability import Json, Slot, Times, Window, minimum, periods_of
from .minutes import minute_after, text_of, within_reach
from .times import length

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
    periods = [one for one in periods_of(query) if one[0] < one[1]]
    if not periods:
        return
    window = Window(periods, minute_after(now), times, assumed)
    steps = _steps(query, window)
    for index in range(len(steps) - 1, 0, -1):
        before = steps[index - 1]
        possible = before.starts & within_reach(steps[index].starts, before.low, before.high)
        steps[index - 1] = attrs.evolve(before, starts=possible)
    texts = [text_of(step.starts) for step in steps]
    start = texts[0].find("1")
    while start >= 0:
        found: list[SequencedSlot] = []
        at = start
        for step, text in zip(steps, texts, strict=True):
            at = text.find("1", at)
            found.append(SequencedSlot(step.sequence_id, step.slot_at(at)))
            at += step.low
        yield found
        start = texts[0].find("1", start + 1)


def _steps(query: Json, window: Window) -> list[_Step]:
    """Return the steps in order: by their ordinals or, where those are missing, their places in the query."""
    listed: list[Json] = query["sequence"]
    placed = sorted(enumerate(listed, 1), key=lambda item: item[1].get("ordinal") or item[0])
    wanted = [step for _, step in placed]
    found: list[_Step] = []
    for index, step in enumerate(wanted):
        size = length(step["required_duration"]) // _MINUTE
        groups = window.groups(step)
        periods = periods_of(step) if step.get("query_periods") or step.get("available_periods") else periods_of(query)
        searched = window.searched & window.minutes(periods)
        bounds = [
            _buffer(step, "after"),
            *(_buffer(following, "before") for following in wanted[index + 1 : index + 2]),
        ]
        most = [length(one["maximum"]) // _MINUTE for one in bounds if "maximum" in one]
        found.append(
            _Step(
                sequence_id=step["sequence_id"],
                size=size,
                slot_at=window.slot_at(groups, size),
                starts=window.starts(groups, size, searched) & window.grid(step, periods),
                low=size + max(minimum(one) for one in bounds),
                high=size + min([*most, window.end - window.start]),
            )
        )
    return found


def _buffer(step: Json, side: str) -> Json:
    buffer: Json = step.get("buffer") or {}
    found: Json = buffer.get(side) or {}
    return found
