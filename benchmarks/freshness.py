"""How long an answer waits until it is seen, against round robin and against what is possible at all.

Links are sent steadily, so that about 20,000 are open, and expire after a fortnight; 500 may be asked about a minute. The
start is stationary: what was sent in the fortnight before and is still open. Then two weeks are simulated. Figures are of
the answers that came after the first two days; those of the first two days are told in the notes. Expiries do not count.

What is possible is found by a dynamic program that knows the true chances. For one link, with a price for each request, it
finds the ages to ask at that cost least in delay and requests together. No way of asking that keeps to the limit has less
delay than the program's, less the price of all requests that the limit allows: it need only keep the limit on average over
the whole time, and links do not depend on each other. The price that makes this bound highest is searched for. It is for
as many open links as there were in the run. Its ages are on a grid, much finer than the delays.

The runs have a tenth of the links and of the limit (with webhooks a twentieth), which is the same but for ten times the
wait between two requests, and a tenth of the answers to learn from. ``python -m benchmarks.freshness`` simulates all of
it, in about half an hour. A mean is uncertain by some 2 % (with webhooks by some
10 %, as few answers wait at all), so that it may come out below what is possible.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from typing import Final, Protocol

import attrs

from cronofy_async.polling._schedule import Schedule

from .report import Row, print_table

TITLE = "How long an answer waits until it is seen: 20,000 open links, 500 requests a minute"

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
LIFE: Final = 14 * DAY
OPEN: Final = 20_000
RATE: Final = 500 / 60
WARM: Final = 2 * DAY
HOOKS: Final = 0.95


@attrs.frozen
class Shape:
    """When people answer.

    Attributes:
        name: of the shape.
        draw: the age at which one link is answered; infinity for never.
        share: of the links that are answered before that age.
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
    which = draw.random()
    if which < 0.4:
        return draw.lognormvariate(math.log(8 * HOUR), 0.3)
    return draw.uniform(LIFE - DAY, LIFE) if which < 0.8 else math.inf


def _two_peaks_share(age: float) -> float:
    evening = _normal(math.log(age / (8 * HOUR)) / 0.3) if age > 0 else 0.0
    return 0.4 * evening + 0.4 * min(1.0, max(0.0, (age - LIFE + DAY) / DAY))


def _equal(draw: random.Random) -> float:
    return draw.expovariate(1 / (4 * DAY))


def _equal_share(age: float) -> float:
    return -math.expm1(-age / (4 * DAY))


LOG_NORMAL: Final = Shape("log-normal", _log_normal, _log_normal_share)
TWO_PEAKS: Final = Shape("an evening and the last day", _two_peaks, _two_peaks_share)
EQUAL: Final = Shape("equal rates", _equal, _equal_share)


class Policy(Protocol):
    """What decides which link to ask about: a :class:`Schedule`, or round robin."""

    def add(self, link: int, now: float, *, sent_at: float | None = None, expires_at: float | None = None) -> None: ...

    def hint(self, link: int, now: float) -> bool: ...

    def next(self, now: float) -> int | None: ...

    def record(self, link: int, now: float, status: str) -> bool: ...


class RoundRobin:
    """Asks about one link after the other; what it is hinted at goes first."""

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
class World:
    """The links of one run: when they are sent, and when answered. Made once, and the same for each policy.

    Attributes:
        shape: when people answer.
        scale: of the links and of the limit.
        days: how long.
        sent: when each link is sent, in order.
        answered: when each link is answered; infinity for never.
        rate: how many may be asked about in a second, before it is scaled.
    """

    shape: Shape
    scale: float
    days: float
    sent: list[float]
    answered: list[float]
    rate: float = RATE

    @classmethod
    def of(cls, shape: Shape, scale: float, days: float, seed: int = 1, rate: float = RATE) -> World:
        draw = random.Random(seed)
        a_second = OPEN * scale / _mean_life(shape)
        sent: list[float] = []
        answered: list[float] = []
        for number in range(math.floor((LIFE + days * DAY) * a_second)):
            at = number / a_second - LIFE
            answer = at + shape.draw(draw)
            answer = answer if answer < at + LIFE else math.inf
            if min(answer, at + LIFE) > 0:
                sent.append(at)
                answered.append(answer)
        return cls(shape, scale, days, sent, answered, rate)

    def delays(self, policy: Policy, *, hooks: bool = False, ages: bool = True) -> Delays:
        """Ask as the policy says, at the limit.

        Args:
            policy: says.
            hooks: whether most answers come with a webhook.
            ages: whether the policy is told when links were sent and expire.
        """
        sent, answered = self.sent, self.answered
        found = Delays()
        end = self.days * DAY
        step = 1 / (self.rate * self.scale)
        hints = iter(self._hints() if hooks else ())
        hint_at, hinted = next(hints, (math.inf, 0))
        added = 0
        asked = 0
        now = 0.0
        while now < end:
            while added < len(sent) and sent[added] <= now:
                if ages:
                    policy.add(added, now, sent_at=sent[added], expires_at=sent[added] + LIFE)
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
                    found.add(answered[link], now - answered[link])
                else:
                    policy.record(link, now, "open" if now < sent[link] + LIFE else "expired")
            asked += 1
            now = asked * step
        return found

    def mean_open(self) -> float:
        """How many links are open on average, after the first days."""
        start, end = WARM, self.days * DAY
        times = (
            max(0.0, min(answer, sent + LIFE, end) - max(sent, start))
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
    """How long answers waited: those of the first two days, and those after."""

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
    """Ages to ask at, closer together where chances change fast."""
    ages = [0.0]
    while ages[-1] < LIFE:
        age = ages[-1]
        fast = age < 1.5 * DAY or age > LIFE - DAY - HOUR
        ages.append(min(LIFE, age + coarse * (30 if fast else 600)))
    return ages


def _integrals(values: Sequence[float], ages: Sequence[float]) -> list[float]:
    sums = [0.0]
    for (old, new), (before, after) in zip(pairwise(values), pairwise(ages), strict=True):
        sums.append(sums[-1] + (old + new) / 2 * (after - before))
    return sums


def _mean_life(shape: Shape) -> float:
    ages = _grid(1)
    return _integrals([1 - shape.share(age) for age in ages], ages)[-1]


def least_delay(world: World, *, hooks: bool, quick: bool) -> float:
    """A bound that no policy gets below: of the mean delay of all answers."""
    shape = world.shape
    ages = _grid((4 if quick else 1) * RATE / world.rate)
    last = len(ages) - 1
    shares = [shape.share(age) for age in ages]
    waiting = _integrals(shares, ages)  # of those answered, the time since, if nobody asked
    unseen, told = (1 - HOOKS, HOOKS) if hooks else (1.0, 0.0)
    # For each link that is sent, so many requests may be spent on finding out.
    budget = world.rate * world.scale / world.mean_open() * _mean_life(shape) - told * shares[-1]

    def solve(price: float) -> tuple[float, float]:
        """The least delay and price of the requests for one link; and how many requests."""
        least, requests = [0.0] * len(ages), [0.0] * len(ages)
        farthest = choice = last
        for here in range(last - 1, -1, -1):
            share, before = shares[here], waiting[here] - shares[here] * ages[here]
            best = math.inf
            # Whoever asks earlier does not ask next later (the delay satisfies the quadrangle inequality), so that
            # what was best from the next age is the farthest.
            for there in range(here + 1, farthest + 1):
                delay = waiting[there] - before - share * ages[there]
                cost = unseen * delay - price * told * shares[there] + least[there]
                if cost < best:
                    best, choice = cost, there
            request = 1 - share + told * share
            least[here] = best + price * request
            requests[here] = request - told * shares[choice] + requests[choice]
            farthest = choice
        return least[0], requests[0]

    # Every price gives a bound. The best is where the requests are those that may be spent.
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
    """How much of it is simulated: of the links and of the limit, without webhooks and with, and for how many days."""

    part: float
    part_with_hooks: float
    days: float = 14.0
    quick: bool = False


QUICK: Final = Size(0.02, 0.02, 5.0, quick=True)
USUAL: Final = Size(0.1, 0.05)
FULL: Final = Size(1.0, 1.0)

#: The shapes of answers, and whether the watcher knows when links were sent.
CASES: Final = ((LOG_NORMAL, True), (LOG_NORMAL, False), (TWO_PEAKS, True), (EQUAL, True))


def _rows(case: tuple[Shape, bool], size: Size) -> list[Row]:
    shape, ages = case
    name = shape.name + ("" if ages else ", ages unknown")
    rows: list[Row] = []
    plain = 0.0
    for hooks in (False, True):
        what = f"{name}, 95% webhooks" if hooks else name
        world = World.of(shape, size.part_with_hooks if hooks else size.part, size.days)
        robin = world.delays(RoundRobin(), hooks=hooks, ages=ages)
        schedule = world.delays(Schedule(), hooks=hooks, ages=ages)
        mean = schedule.mean
        least = least_delay(world, hooks=hooks, quick=size.quick)
        plain = plain or robin.mean
        bounded = shape.name != EQUAL.name and not hooks
        rows += [
            Row(what=f"{what}: possible", value=least, unit="s"),
            Row(what=f"{what}: round robin", value=robin.mean, unit="s", ratio=robin.mean / least, note=f"{robin}"),
            Row(
                what=f"{what}: watcher",
                value=mean,
                unit="s",
                ratio=mean / least,
                goal="<= 1.10" if bounded else "",
                met=mean / least <= 1.10 if bounded else None,
                note=f"{schedule} {mean / robin.mean:.3f} of round robin.",
            ),
        ]
        if shape.name == EQUAL.name and not hooks:
            rows.append(_against(f"{what}: watcher, to round robin", mean, plain, 1.02))
        elif shape.name != EQUAL.name and hooks:  # with equal rates, 0.05 is possible
            rows.append(_against(f"{what}: watcher, to round robin without", mean, plain, 0.03))
    return rows


def _against(what: str, value: float, peer: float, goal: float) -> Row:
    ratio = value / peer
    return Row(what=what, value=value, unit="s", ratio=ratio, goal=f"<= {goal}", met=ratio <= goal)


def run(*, quick: bool) -> Sequence[Row]:
    return [row for case in CASES for row in _rows(case, QUICK if quick else USUAL)]


def main() -> None:
    """Simulate all of it, each case in a process."""
    with ProcessPoolExecutor() as pool:
        cases = list(pool.map(_rows, CASES, [FULL] * len(CASES)))
    print_table(TITLE, [row for rows in cases for row in rows])


if __name__ == "__main__":
    main()
