"""The delay until an answer is seen, compared with round robin and with a lower bound.

Links are sent at a steady rate, so that about 20,000 are open, and expire after 14 days. 500 requests a minute are allowed.
The start is stationary: the open links of the previous 14 days exist already. Then 14 days are simulated. The
figures are those of the answers after the first two days; the notes give those of the first two days. Expiries do not count.

The lower bound is computed by a dynamic program that knows the true rates. For one link, and a price for each request, it
finds the ages at which to request the link so that the delay plus the price of the requests is least. No policy within the
limit has less delay than that, minus the price of all requests that the limit allows: the program only has to keep the limit
on average over all time, and links are independent. The program searches for the price that gives the highest bound, with as
many open links as there were in the run. Its ages are on a grid that is much finer than the delays.

The usual runs have a tenth of the links and of the limit (a twentieth with webhooks). The only difference is that two
requests are ten times as far apart, and that there are a tenth of the answers to learn from.
``python -m benchmarks.freshness`` simulates everything, in about half an hour.
``python -m benchmarks.freshness --compare-bins`` compares context tree weighting with plain bins, in a few minutes.
A mean is uncertain by about 2% (with webhooks by about 10%, as few answers wait at all), so it may be below the bound.
"""

from __future__ import annotations

import argparse
import math
import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from typing import Final, Protocol

import attrs

from cronofy_async.polling._answer_rates import AnswerRates
from cronofy_async.polling._schedule import Schedule

from .report import Row, print_table

TITLE = "The delay until an answer is seen: 20,000 open links, 500 requests a minute"

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
LIFETIME: Final = 14 * DAY
OPEN: Final = 20_000
RATE: Final = 500 / 60
WARM: Final = 2 * DAY
HOOKS: Final = 0.95


@attrs.frozen
class Shape:
    """When people answer.

    Attributes:
        name: The name of the shape.
        draw: Draws the age at which a link is answered; infinity for never.
        share: The share of the links that are answered before an age.
    """

    name: str
    draw: Callable[[random.Random], float]
    share: Callable[[float], float]


def _normal(value: float) -> float:
    return (1 + math.erf(value / math.sqrt(2))) / 2


def _log_normal(draw: random.Random) -> float:
    return draw.lognormvariate(math.log(6 * HOUR), 1.5) if draw.random() < 0.8 else math.inf


def _log_normal_share(age: float) -> float:
    return 0.8 * _normal(math.log(age / (6 * HOUR)) / 1.5) if age > 0 else 0.0


def _two_peaks(draw: random.Random) -> float:
    value = draw.random()
    if value < 0.4:
        return draw.lognormvariate(math.log(8 * HOUR), 0.3)
    return draw.uniform(LIFETIME - DAY, LIFETIME) if value < 0.8 else math.inf


def _two_peaks_share(age: float) -> float:
    evening = _normal(math.log(age / (8 * HOUR)) / 0.3) if age > 0 else 0.0
    return 0.4 * evening + 0.4 * min(1.0, max(0.0, (age - LIFETIME + DAY) / DAY))


def _equal(draw: random.Random) -> float:
    return draw.expovariate(1 / (4 * DAY))


def _equal_share(age: float) -> float:
    return -math.expm1(-age / (4 * DAY))


LOG_NORMAL: Final = Shape("log-normal", _log_normal, _log_normal_share)
TWO_PEAKS: Final = Shape("an evening and the last day", _two_peaks, _two_peaks_share)
EQUAL: Final = Shape("equal rates", _equal, _equal_share)


class Policy(Protocol):
    """Decides which link to request next: a ``Schedule``, or round robin."""

    def add(self, link: int, now: float, *, sent_at: float | None = None, expires_at: float | None = None) -> None: ...

    def hint(self, link: int, now: float) -> bool: ...

    def next(self, now: float) -> int | None: ...

    def record(self, link: int, now: float, status: str) -> bool: ...


class RoundRobin:
    """Requests one link after the other. Links with a hint go first."""

    def __init__(self) -> None:
        self._line: deque[int] = deque()
        self._hinted: deque[int] = deque()
        self._gone: set[int] = set()

    def add(self, link: int, now: float, *, sent_at: float | None = None, expires_at: float | None = None) -> None:
        self._line.append(link)

    def hint(self, link: int, now: float) -> bool:
        self._hinted.append(link)
        return True

    def next(self, now: float) -> int | None:
        for line in (self._hinted, self._line):
            while line:
                link = line.popleft()
                if link not in self._gone:
                    return link
        return None

    def record(self, link: int, now: float, status: str) -> bool:
        if status == "open":
            self._line.append(link)
        else:
            self._gone.add(link)
        return status == "open"


@attrs.frozen
class Scenario:
    """The links of one run. They are the same for each policy.

    Attributes:
        shape: When people answer.
        scale: The factor for the number of links and for the limit.
        days: The number of days to simulate.
        sent: When each link is sent, in order.
        answered: When each link is answered; infinity for never.
        rate: The requests per second, before they are scaled.
    """

    shape: Shape
    scale: float
    days: float
    sent: list[float]
    answered: list[float]
    rate: float = RATE

    @classmethod
    def of(cls, shape: Shape, scale: float, days: float, seed: int = 1, rate: float = RATE) -> Scenario:
        draw = random.Random(seed)
        a_second = OPEN * scale / _mean_lifetime(shape)
        sent: list[float] = []
        answered: list[float] = []
        for number in range(math.floor((LIFETIME + days * DAY) * a_second)):
            at = number / a_second - LIFETIME
            answer = at + shape.draw(draw)
            answer = answer if answer < at + LIFETIME else math.inf
            if min(answer, at + LIFETIME) > 0:
                sent.append(at)
                answered.append(answer)
        return cls(shape, scale, days, sent, answered, rate)

    def delays(self, policy: Policy, *, hooks: bool = False, ages: bool = True) -> Delays:
        """Request links in the order of a policy, at the limit.

        Args:
            policy: The policy.
            hooks: Whether most answers come with a webhook.
            ages: Whether the policy knows when links were sent and when they expire.
        """
        sent, answered = self.sent, self.answered
        delays = Delays()
        end = self.days * DAY
        step = 1 / (self.rate * self.scale)
        hints = iter(self._hints() if hooks else ())
        hint_at, hinted = next(hints, (math.inf, 0))
        added = 0
        requests = 0
        now = 0.0
        while now < end:
            while added < len(sent) and sent[added] <= now:
                if ages:
                    policy.add(added, now, sent_at=sent[added], expires_at=sent[added] + LIFETIME)
                else:
                    policy.add(added, now)
                added += 1
            while hint_at <= now:
                policy.hint(hinted, now)
                hint_at, hinted = next(hints, (math.inf, 0))
            link = policy.next(now)
            if link is not None:
                if answered[link] <= now:
                    policy.record(link, now, "completed")
                    delays.add(answered[link], now - answered[link])
                else:
                    policy.record(link, now, "open" if now < sent[link] + LIFETIME else "expired")
            requests += 1
            now = requests * step
        return delays

    def mean_open(self) -> float:
        """Return the mean number of open links, after the first two days."""
        start, end = WARM, self.days * DAY
        times = (
            max(0.0, min(answer, sent + LIFETIME, end) - max(sent, start))
            for sent, answer in zip(self.sent, self.answered, strict=True)
        )
        return math.fsum(times) / (end - start)

    def _hints(self) -> Iterator[tuple[float, int]]:
        draw = random.Random(2)
        return iter(
            sorted((at, link) for link, at in enumerate(self.answered) if at < math.inf and draw.random() < HOOKS)
        )


@attrs.frozen
class Delays:
    """The delays of the answers of the first two days, and of those after."""

    early: list[float] = attrs.field(factory=list)
    late: list[float] = attrs.field(factory=list)

    def add(self, at: float, delay: float) -> None:
        (self.early if at < WARM else self.late).append(delay)

    @property
    def mean(self) -> float:
        return math.fsum(self.late) / len(self.late)

    @property
    def p95(self) -> float:
        return sorted(self.late)[math.ceil(len(self.late) * 0.95) - 1]

    def __str__(self) -> str:
        early = math.fsum(self.early) / len(self.early)
        return f"95th percentile {self.p95:,.0f} s; mean of the first two days {early:,.0f} s."


def _grid(coarse: float) -> list[float]:
    """Return the ages of the grid, closer together where the rates change fast."""
    ages = [0.0]
    while ages[-1] < LIFETIME:
        age = ages[-1]
        fast = age < 1.5 * DAY or age > LIFETIME - DAY - HOUR
        ages.append(min(LIFETIME, age + coarse * (30 if fast else 600)))
    return ages


def _integrals(values: Sequence[float], ages: Sequence[float]) -> list[float]:
    sums = [0.0]
    for (old, new), (before, after) in zip(pairwise(values), pairwise(ages), strict=True):
        sums.append(sums[-1] + (old + new) / 2 * (after - before))
    return sums


def _mean_lifetime(shape: Shape) -> float:
    ages = _grid(1)
    return _integrals([1 - shape.share(age) for age in ages], ages)[-1]


def least_delay(scenario: Scenario, *, hooks: bool, quick: bool) -> float:
    """Return a lower bound of the mean delay of all answers, for any policy."""
    shape = scenario.shape
    ages = _grid((4 if quick else 1) * RATE / scenario.rate)
    last = len(ages) - 1
    shares = [shape.share(age) for age in ages]
    waiting = _integrals(shares, ages)  # the time since the answer, if it was never requested
    unseen, hinted = (1 - HOOKS, HOOKS) if hooks else (1.0, 0.0)
    # The number of requests that may be spent on each link.
    budget = scenario.rate * scenario.scale / scenario.mean_open() * _mean_lifetime(shape) - hinted * shares[-1]

    def solve(price: float) -> tuple[float, float]:
        """Return the least delay plus price of the requests for one link, and the number of its requests."""
        least, requests = [0.0] * len(ages), [0.0] * len(ages)
        farthest = choice = last
        for index in range(last - 1, -1, -1):
            share, before = shares[index], waiting[index] - shares[index] * ages[index]
            best = math.inf
            # An earlier request is not followed by a later one (the delay satisfies the quadrangle inequality), so
            # the best choice from the next age is the farthest.
            for next_index in range(index + 1, farthest + 1):
                delay = waiting[next_index] - before - share * ages[next_index]
                cost = unseen * delay - price * hinted * shares[next_index] + least[next_index]
                if cost < best:
                    best, choice = cost, next_index
            request = 1 - share + hinted * share
            least[index] = best + price * request
            requests[index] = request - hinted * shares[choice] + requests[choice]
            farthest = choice
        return least[0], requests[0]

    # Each price gives a bound. The best one is where the budget is just spent.
    low, high, bound = math.log(0.001), math.log(1000.0), 0.0
    while high - low > (0.2 if quick else 0.05):
        middle = (low + high) / 2
        cost, requests = solve(math.exp(middle))
        bound = max(bound, cost - math.exp(middle) * budget)
        if requests > budget:
            low = middle
        else:
            high = middle
    return bound / shares[-1]


@attrs.frozen
class Size:
    """The share of the links and of the limit to simulate, without webhooks and with, and the number of days."""

    part: float
    part_with_hooks: float
    days: float = 14.0
    quick: bool = False


QUICK: Final = Size(0.02, 0.02, 5.0, quick=True)
USUAL: Final = Size(0.1, 0.05)
FULL: Final = Size(1.0, 1.0)

#: The shapes, and whether the watcher knows when links were sent.
CASES: Final = ((LOG_NORMAL, True), (LOG_NORMAL, False), (TWO_PEAKS, True), (EQUAL, True))


def _rows(case: tuple[Shape, bool], size: Size) -> list[Row]:
    shape, ages = case
    name = shape.name + ("" if ages else ", ages unknown")
    rows: list[Row] = []
    plain = 0.0
    for hooks in (False, True):
        label = f"{name}, 95% webhooks" if hooks else name
        scenario = Scenario.of(shape, size.part_with_hooks if hooks else size.part, size.days)
        robin = scenario.delays(RoundRobin(), hooks=hooks, ages=ages)
        schedule = scenario.delays(Schedule(), hooks=hooks, ages=ages)
        mean = schedule.mean
        least = least_delay(scenario, hooks=hooks, quick=size.quick)
        plain = plain or robin.mean
        bounded = shape.name != EQUAL.name and not hooks
        rows += [
            Row(label=f"{label}: lower bound", value=least, unit="s"),
            Row(label=f"{label}: round robin", value=robin.mean, unit="s", ratio=robin.mean / least, note=f"{robin}"),
            Row(
                label=f"{label}: watcher",
                value=mean,
                unit="s",
                ratio=mean / least,
                goal="<= 1.10" if bounded else "",
                met=mean / least <= 1.10 if bounded else None,
                note=f"{schedule} {mean / robin.mean:.3f} of round robin.",
            ),
        ]
        if shape.name == EQUAL.name and not hooks:
            rows.append(_against(f"{label}: watcher, compared with round robin", mean, plain, 1.02))
        elif shape.name != EQUAL.name and hooks:  # with equal rates, 0.05 is possible
            rows.append(_against(f"{label}: watcher, compared with round robin without webhooks", mean, plain, 0.03))
    return rows


def _against(label: str, value: float, peer: float, goal: float) -> Row:
    ratio = value / peer
    return Row(label=label, value=value, unit="s", ratio=ratio, goal=f"<= {goal}", met=ratio <= goal)


def run(*, quick: bool) -> Sequence[Row]:
    return [row for case in CASES for row in _rows(case, QUICK if quick else USUAL)]


class PlainBins(AnswerRates):
    """Answer rates of the same bins without context tree weighting: each bin is estimated separately.

    Args:
        prior: The weight of the mean rate in each bin, in answers.
    """

    def __init__(self, prior: float) -> None:
        super().__init__()
        self._prior = prior

    def _averaged(self, mean: float, shift: int) -> list[float]:
        counts = zip(self._answers, self._time, strict=True)
        return [(answers + self._prior) / (time + self._prior / mean) for answers, time in counts]


def _bins(shape: Shape) -> list[Row]:
    """Compare context tree weighting with plain bins, at a twentieth of the size."""
    scenario = Scenario.of(shape, 0.05, 14.0)
    least = least_delay(scenario, hooks=False, quick=False)
    variants: list[tuple[str, AnswerRates]] = [("context tree weighting", AnswerRates())]
    variants += [(f"plain bins, prior {prior:g}", PlainBins(prior)) for prior in (1.0, 0.1, 0.01)]
    rows = [Row(label=f"{shape.name}: lower bound", value=least, unit="s")]
    for name, rates in variants:
        mean = scenario.delays(Schedule(rates=rates)).mean
        rows.append(Row(label=f"{shape.name}: {name}", value=mean, unit="s", ratio=mean / least))
    return rows


def main() -> None:
    """Simulate everything, or compare ways to estimate the rates. Each case runs in a separate process."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.freshness", description=TITLE)
    parser.add_argument("--compare-bins", action="store_true", help="compare context tree weighting with plain bins")
    compare = parser.parse_args().compare_bins
    with ProcessPoolExecutor() as pool:
        if compare:
            cases = list(pool.map(_bins, (LOG_NORMAL, TWO_PEAKS, EQUAL)))
        else:
            cases = list(pool.map(_rows, CASES, [FULL] * len(CASES)))
    print_table(TITLE, [row for rows in cases for row in rows])


if __name__ == "__main__":
    main()
