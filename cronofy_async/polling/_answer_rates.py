"""Answer rates: the probability per second that an open link gets answered, learned from responses.

There is a rate for each bin of ages and, in the second half of a known lifetime, for each bin of remaining times. The bins
are so narrow that each contains few answers, so context tree weighting averages over all ways to merge neighboring bins.
See docs/polling-design.md for the mathematics, the reasons, and measurements against plain bins.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Any, Final

from .._json import is_array, is_object

__all__ = ["BINS", "AnswerRates", "locate"]

#: The edges between the bins in seconds, four to a doubling: 84, 100 … 1 day … 38 days. The last bin is open-ended.
_EDGES: Final = tuple(float(round(86400 * 2 ** (power / 4))) for power in range(-40, 22))
_AGES: Final = len(_EDGES) + 1
#: The number of bins: first by age, then by time left.
BINS: Final = 2 * _AGES
#: The leaves of a tree: a power of two, with room for the bins and the shift of the second tree.
_LEAVES: Final = 128

#: The shape of the gamma prior: the weight of the mean rate, in answers. Much less than one, so that a short time without
#: an answer is enough to estimate a rate at a hundredth of the mean.
_PRIOR: Final = 0.1
#: All counts are halved when there are more answers than this.
_MAX_ANSWERS: Final = 8192.0
#: The largest ratio of a rate and the mean: every link is requested at least a fiftieth as often as the average link.
_RANGE: Final = 2500.0
#: The rate before anything is learned. Any positive number works.
_UNKNOWN: Final = 1e-9

#: No count can be larger: not even the seconds of a billion links over 30 years.
_LIMIT: Final = 1e18
#: A tolerance in seconds at the edges, for rounding.
_TOLERANCE: Final = 1e-3


class AnswerRates:
    """Learns the answer rates.

    Args:
        learned: The result of another instance's ``learned()``.

    Attributes:
        rates: The rate of each bin, in answers per second.
        roots: The square roots of the rates.

    Raises:
        ValueError: ``learned`` cannot be read.
    """

    def __init__(self, learned: object = None) -> None:
        self._answers = [0.0] * BINS
        self._time = [0.0] * BINS
        self.rates = [_UNKNOWN] * BINS
        self.roots = [math.sqrt(_UNKNOWN)] * BINS
        if learned is not None:
            if not is_object(learned) or learned.get("edges") != list(_EDGES):
                raise ValueError("learned: expected the result of learned() of a version with the same bins")
            self._answers = _counts(learned.get("answers"))
            self._time = _counts(learned.get("time"))
            self.fit()

    def learned(self) -> dict[str, Any]:
        """Return the counts as plain JSON."""
        return {"edges": list(_EDGES), "answers": list(self._answers), "time": list(self._time)}

    def describe(self) -> list[tuple[str, float]]:
        """Return the rates, each with a description of its bin."""
        names = [f"age from {start:.0f} s" for start in (0.0, *_EDGES)]
        names += [f"left up to {end:.0f} s" for end in (math.inf, *reversed(_EDGES))]
        return list(zip(names, self.rates, strict=True))

    def count_open(self, sent: float, expires: float, since: float, until: float) -> None:
        """Count the time that a link was open from ``since`` to ``until``."""
        for number, seconds in _spread(sent, expires, since, until):
            self._time[number] += seconds

    def count_answer(self, sent: float, expires: float, since: float, until: float) -> None:
        """Count an answer that was given at an unknown time between ``since`` and ``until``.

        It is distributed over the bins in proportion to their probabilities under the current rates.
        """
        parts: list[tuple[int, float, float, float]] = []
        still_open = 1.0
        for number, seconds in _spread(sent, expires, since, until):
            expected = self.rates[number] * seconds
            in_bin = -math.expm1(-expected)
            # The mean time until the answer if it came in this bin: half of the bin, or less if the rate is high.
            duration = seconds * (0.5 if expected < 1e-4 else 1 / expected - (1 - in_bin) / in_bin)
            parts.append((number, seconds, still_open * in_bin, duration))
            still_open *= 1 - in_bin
        total = later = math.fsum(part[2] for part in parts)
        for number, seconds, probability, duration in parts:
            later -= probability
            self._answers[number] += probability / total
            self._time[number] += (probability * duration + later * seconds) / total

    def fit(self) -> None:
        """Compute the rates from the counts."""
        answers, time = math.fsum(self._answers), math.fsum(self._time)
        if not answers or not time:
            return
        mean = max(answers / time, _UNKNOWN)
        for number, averages in enumerate(zip(self._average(mean, 0), self._average(mean, 1), strict=True)):
            self.rates[number] = min(max(sum(averages) / 2, mean / _RANGE), mean * _RANGE)
            self.roots[number] = math.sqrt(self.rates[number])
        if answers > _MAX_ANSWERS:
            self._answers = [value / 2 for value in self._answers]
            self._time = [value / 2 for value in self._time]

    def _average(self, mean: float, shift: int) -> list[float]:
        """Return the rates as the mean over all prunings of a tree with ``shift`` empty leaves before the bins."""
        first, unused = _LEAVES + shift, [0.0] * (_LEAVES - BINS - shift)
        prior = _PRIOR / mean
        constant = _PRIOR * math.log(prior) - math.lgamma(_PRIOR)
        # The children of node n are 2n and 2n + 1. The leaves come last.
        answers = [0.0] * first + self._answers + unused
        time = [0.0] * first + self._time + unused
        likelihood = [0.0] * (2 * _LEAVES)  # the log-likelihood of the counts
        unsplit = [1.0] * (2 * _LEAVES)  # the probability that a node is not split
        for node in range(2 * _LEAVES - 1, 0, -1):
            if node < _LEAVES:
                answers[node] = answers[2 * node] + answers[2 * node + 1]
                time[node] = time[2 * node] + time[2 * node + 1]
            seen = answers[node] + _PRIOR
            likelihood[node] = constant + math.lgamma(seen) - seen * math.log(time[node] + prior)
            if node < _LEAVES:
                split = likelihood[2 * node] + likelihood[2 * node + 1]
                larger = max(likelihood[node], split)
                total = larger + math.log(math.exp(likelihood[node] - larger) + math.exp(split - larger))
                unsplit[node] = math.exp(likelihood[node] - total)
                likelihood[node] = total - math.log(2)  # the prior probability of a split is 1/2
        rates, unassigned = [0.0] * (2 * _LEAVES), [1.0] * (2 * _LEAVES)
        for node in range(1, 2 * _LEAVES):
            above = node // 2
            rates[node] = rates[above] + unassigned[above] * unsplit[node] * (answers[node] + _PRIOR) / (
                time[node] + prior
            )
            unassigned[node] = unassigned[above] * (1 - unsplit[node])
        return rates[first : first + BINS]


def locate(sent: float, expires: float, at: float) -> tuple[int, float]:
    """Return the bin of a link at a time, and when the link leaves it."""
    age, remaining = at + _TOLERANCE - sent, expires - at - _TOLERANCE
    if age < remaining:
        number = bisect_right(_EDGES, age)
        edge = sent + _EDGES[number] if number < _AGES - 1 else math.inf
        return number, min(edge, (sent + expires) / 2)
    if remaining > 0:
        number = bisect_left(_EDGES, remaining)
        return BINS - 1 - number, expires - (_EDGES[number - 1] if number else 0.0)
    return BINS - 1, expires if at < expires else math.inf


def _spread(sent: float, expires: float, since: float, until: float) -> Iterator[tuple[int, float]]:
    """Yield the bins between two times, with the seconds in each."""
    while since < until:
        number, edge = locate(sent, expires, since)
        edge = min(edge, until)
        yield number, edge - since
        since = edge


def _counts(value: object) -> list[float]:
    counts = value if is_array(value) else []
    if len(counts) != BINS or not all(isinstance(count, int | float) and 0 <= count <= _LIMIT for count in counts):
        raise ValueError("learned: expected the result of learned()")
    return [float(count) for count in counts]
