"""How likely an open link is to be answered in the next second, learned from what is seen.

The chance depends on the age of a link, in bins from a minute and a half to a month, four to a doubling; in the second
half of a life of known length it depends on what is left of it, in the same bins. So both a first evening and a last day
show. It is learned from the answers and the time open in each bin. What was open between two times is spread over the bins
of that time. An answer that came between two times is spread over them as likely as the chances known so far make each
(the step of an expectation maximisation), with the time open until then.

Bins so narrow see few answers each, and answers / time would be mostly noise. So it is asked which bins next to each other
are the same. They are the leaves of a binary tree, in the order of a life. Below a node there is one chance, or it is cut
in two, of which either may be cut again; how likely each is follows from what was counted, as a chance has a gamma
distribution before anything is known. What a bin gets is the mean over all ways to cut: context tree weighting, for
answers. Equal bins count as one, and a quiet week is told from a busy evening as sharply as the answers allow.

As such a tree cuts more easily in its middle than elsewhere, there are two, the bins of one shifted by a leaf, and the mean
of both is taken. Otherwise a bin at the end of a busy time would pass for quiet as soon as it was empty for a while, and
the few that answer then would wait for hours.

All counts are halved when there are many, so that old habits are forgotten.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Any, Final

from .._json import is_array, is_object

__all__ = ["BINS", "AnswerRates", "locate"]

#: Where a bin of ages ends and the next one starts, in seconds: 84, 100 … 1 day … 38 days. There is one more beyond.
_EDGES: Final = tuple(float(round(86400 * 2 ** (power / 4))) for power in range(-40, 22))
_AGES: Final = len(_EDGES) + 1
#: How many there are, in the order of a life: by what its age is, then by what is left of it.
BINS: Final = 2 * _AGES
#: Of the trees: a power of two, and more than the bins by what one tree is shifted.
_LEAVES: Final = 128

#: What is taken to have been seen where there is one chance, in answers at the rate of all. Much less than one says that a
#: chance may well be a hundredth of the others, so that it takes little time without an answer to believe it.
_PRIOR: Final = 0.1
#: All counts are halved when there are so many answers.
_MANY: Final = 8192.0
#: How far a chance may be from the mean. So no link is asked about less than a fiftieth as often as the mean one.
_RANGE: Final = 2500.0
#: The chance while nothing is known; which number it is does not matter.
_UNKNOWN: Final = 1e-9

#: No count can be more: that many links were never open for that many seconds.
_LIMIT: Final = 1e18
#: To be on the right side of an edge, whatever is rounded.
_BEYOND: Final = 1e-3


class AnswerRates:
    """Learns the chances.

    Args:
        learned: what :meth:`learned` of another one gave.

    Attributes:
        chances: of an answer in a second, for each bin.
        roots: of these.

    Raises:
        ValueError: ``learned`` is not that.
    """

    def __init__(self, learned: object = None) -> None:
        self._answers = [0.0] * BINS
        self._time = [0.0] * BINS
        self.chances = [_UNKNOWN] * BINS
        self.roots = [math.sqrt(_UNKNOWN)] * BINS
        if learned is not None:
            if not is_object(learned) or learned.get("edges") != list(_EDGES):
                raise ValueError("learned: was made by a version with other bins; start without it")
            self._answers = _counts(learned.get("answers"))
            self._time = _counts(learned.get("time"))
            self.fit()

    def learned(self) -> dict[str, Any]:
        """What was learned, as plain JSON."""
        return {"edges": list(_EDGES), "answers": list(self._answers), "time": list(self._time)}

    def named(self) -> list[tuple[str, float]]:
        """What was learned, to be read."""
        names = [f"age from {start:.0f} s" for start in (0.0, *_EDGES)]
        names += [f"left up to {end:.0f} s" for end in (math.inf, *reversed(_EDGES))]
        return list(zip(names, self.chances, strict=True))

    def count_open(self, sent: float, expires: float, since: float, until: float) -> None:
        """Count that a link was open all the time between two times."""
        for number, seconds in _spread(sent, expires, since, until):
            self._time[number] += seconds

    def count_answer(self, sent: float, expires: float, since: float, until: float) -> None:
        """Count that a link was answered at some time between two times."""
        parts: list[tuple[int, float, float, float]] = []
        still_open = 1.0
        for number, seconds in _spread(sent, expires, since, until):
            expected = self.chances[number] * seconds
            here = -math.expm1(-expected)
            # How long it took, if it was here: half of the time, and less if it was to be expected soon.
            took = seconds * (0.5 if expected < 1e-4 else 1 / expected - (1 - here) / here)
            parts.append((number, seconds, still_open * here, took))
            still_open *= 1 - here
        total = later = math.fsum(part[2] for part in parts)
        for number, seconds, likely, took in parts:
            later -= likely
            self._answers[number] += likely / total
            self._time[number] += (likely * took + later * seconds) / total

    def fit(self) -> None:
        """Find the chances from what was counted."""
        answers, time = math.fsum(self._answers), math.fsum(self._time)
        if not answers or not time:
            return
        mean = max(answers / time, _UNKNOWN)
        for number, both in enumerate(zip(self._weighted(mean, 0), self._weighted(mean, 1), strict=True)):
            self.chances[number] = min(max(sum(both) / 2, mean / _RANGE), mean * _RANGE)
            self.roots[number] = math.sqrt(self.chances[number])
        if answers > _MANY:
            self._answers = [each / 2 for each in self._answers]
            self._time = [each / 2 for each in self._time]

    def _weighted(self, mean: float, shift: int) -> list[float]:
        """The chances as the mean over all ways to cut a tree that has so many empty leaves before the bins."""
        first, unused = _LEAVES + shift, [0.0] * (_LEAVES - BINS - shift)
        prior = _PRIOR / mean
        constant = _PRIOR * math.log(prior) - math.lgamma(_PRIOR)
        # Below a node are those of twice its number and one more. The leaves come last.
        answers = [0.0] * first + self._answers + unused
        time = [0.0] * first + self._time + unused
        likely = [0.0] * (2 * _LEAVES)  # to count that: the logarithm
        whole = [1.0] * (2 * _LEAVES)  # how likely it is that a node is not cut
        for node in range(2 * _LEAVES - 1, 0, -1):
            if node < _LEAVES:
                answers[node] = answers[2 * node] + answers[2 * node + 1]
                time[node] = time[2 * node] + time[2 * node + 1]
            seen = answers[node] + _PRIOR
            likely[node] = constant + math.lgamma(seen) - seen * math.log(time[node] + prior)
            if node < _LEAVES:
                cut = likely[2 * node] + likely[2 * node + 1]
                most = max(likely[node], cut)
                either = most + math.log(math.exp(likely[node] - most) + math.exp(cut - most))
                whole[node] = math.exp(likely[node] - either)
                likely[node] = either - math.log(2)  # as likely as not, before anything is known
        found, rest = [0.0] * (2 * _LEAVES), [1.0] * (2 * _LEAVES)
        for node in range(1, 2 * _LEAVES):
            above = node // 2
            found[node] = found[above] + rest[above] * whole[node] * (answers[node] + _PRIOR) / (time[node] + prior)
            rest[node] = rest[above] * (1 - whole[node])
        return found[first : first + BINS]


def locate(sent: float, expires: float, at: float) -> tuple[int, float]:
    """The bin of a link at a time, and when it leaves that."""
    age, left = at + _BEYOND - sent, expires - at - _BEYOND
    if age < left:
        number = bisect_right(_EDGES, age)
        edge = sent + _EDGES[number] if number < _AGES - 1 else math.inf
        return number, min(edge, (sent + expires) / 2)
    if left > 0:
        number = bisect_left(_EDGES, left)
        return BINS - 1 - number, expires - (_EDGES[number - 1] if number else 0.0)
    return BINS - 1, expires if at < expires else math.inf


def _spread(sent: float, expires: float, since: float, until: float) -> Iterator[tuple[int, float]]:
    """The bins between two times, with the seconds in each."""
    while since < until:
        number, edge = locate(sent, expires, since)
        edge = min(edge, until)
        yield number, edge - since
        since = edge


def _counts(value: object) -> list[float]:
    given = value if is_array(value) else []
    if len(given) != BINS or not all(isinstance(each, int | float) and 0 <= each <= _LIMIT for each in given):
        raise ValueError("learned: must be what learned() gave")
    return [float(each) for each in given]
