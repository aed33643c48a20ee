"""Which open link to ask about next.

Requests are the scarce thing. Say that somebody answers link i with the chance h(i) in the next second, and that it is
asked about r(i) times a second. An answer then waits 1/2r(i) on average until it is seen, so that all of them together
wait the sum of h(i)/2r(i). With so many requests a second in all, that is least if r(i) is proportional to the square
root of h(i): a link whose answer is four times as likely is asked about twice as often.

So a link's *pressure* is the time since it was last asked about, times the root of h: how many of its intervals 1/r have
passed, in a unit that is the same for all links. The link with the most goes next. No rate need be known: with more
requests every pressure stays lower, and the shares are the same. With equal chances it is round robin.

The chance depends on the age of a link, or on what is left of its life, in bins: see :mod:`.chances`. What is learned of them:

* what was open when asked about again was open all the time in between, and what was answered was answered in that time;
* what expired or was disabled was not answered: its time counts, and that is all;
* of a link that was added late, nothing is known until it was seen open: who adds it may add only those still open.

In each bin the links that were asked about there stand in a line, last asked last. Those that came from another bin are
in a heap, by when they would have been asked about to have their pressure. So the highest pressure of all is found by
looking at two links of each bin. A list for each second says which links come to another bin then, or expire.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator
from enum import IntEnum
from heapq import heappop, heappush
from typing import Any, Final, TypeAlias

import attrs

from ..models.real_time_scheduling import TERMINAL
from ._answer_rates import BINS, AnswerRates, locate

__all__ = ["Schedule"]

#: Whatever the caller knows a link by; anything that can be hashed.
Name: TypeAlias = Any

#: What was learned is used after so many answers to requests.
_REFIT: Final = 256

#: A link that is added so soon after it was sent was surely added whether or not it was answered in between.
_FRESH: Final = 60.0


class _Place(IntEnum):
    GONE = 0
    OUT = 1
    LINE = 2
    HEAP = 3
    HINTED = 4
    DUE = 5


@attrs.define(eq=False, weakref_slot=False)
class _Link:
    """An open link.

    Attributes:
        name: the caller's for it.
        sent: when it was sent.
        expires: when it expires; infinity if nobody knows, or if it did not.
        open: when it was last known to be open; infinity if it never was.
        asked: when it was last asked about.
        since: when it would have been last asked about, had it had all its pressure from the bin it is in.
        bin: the bin it is in.
        edge: when it leaves that.
        confirmed: when it was last asked about because of a hint.
        hinted: whether there was a hint while it was asked about.
        place: where it is queued.
    """

    name: Name
    sent: float
    expires: float
    open: float
    asked: float
    since: float
    bin: int
    edge: float
    confirmed: float = -math.inf
    hinted: bool = False
    place: _Place = _Place.OUT


class Schedule:
    """Decides which open link to ask about next.

    Times are seconds on any one axis, such as ``time.time()``, and never go back. Links have names of the caller's.
    Ask :meth:`next` for a link, ask Cronofy about it, and tell the outcome with :meth:`seen`, or :meth:`give_back` if
    there was none. In between, the link is out: it is not given again.

    Args:
        min_interval: a link is not asked about again before so many seconds, except at once after a hint, which in turn
            happens only once in that time.
        learned: what :meth:`learned` of another one gave.

    Raises:
        ValueError: ``learned`` is not that.
    """

    def __init__(self, *, min_interval: float = 10.0, learned: object = None) -> None:
        if not 0 < min_interval < math.inf:
            raise ValueError(f"min_interval: must be more than 0 seconds, got {min_interval}")
        self._min_interval = min_interval
        self._links: dict[Name, _Link] = {}
        self._lines: list[OrderedDict[Name, _Link]] = [OrderedDict() for _ in range(BINS)]
        self._heaps: list[list[tuple[float, int, _Link]]] = [[] for _ in range(BINS)]
        #: The least ``since`` in each bin.
        self._first = [math.inf] * BINS
        self._hinted: OrderedDict[Name, _Link] = OrderedDict()
        self._due: OrderedDict[Name, _Link] = OrderedDict()
        self._edges: dict[int, list[_Link]] = {}
        self._second = -(2**63)
        self._pushed = 0
        self._chances = AnswerRates(learned)
        self._roots = self._chances.roots
        self._unfitted = 0

    def __len__(self) -> int:
        """How many links it holds."""
        return len(self._links)

    def __contains__(self, link: object) -> bool:
        return link in self._links

    def add(
        self,
        link: Name,
        now: float,
        *,
        sent_at: float | None = None,
        expires_at: float | None = None,
        asked_at: float | None = None,
    ) -> None:
        """Hold a link, in place of the one with that name if there is one.

        Args:
            link: the caller's name for it.
            now: the time.
            sent_at: when it was sent; now, if that is not known.
            expires_at: when it expires, if that is known.
            asked_at: when it was last seen open, if it was, say by an earlier process.
        """
        self.discard(link)
        self._advance(now)
        sent = now if sent_at is None else min(sent_at, now)
        expires = math.inf if expires_at is None else expires_at
        if asked_at is not None:
            known_open = asked = since = min(asked_at, now)
        elif now - sent <= _FRESH:
            known_open = asked = since = sent
        else:
            known_open, asked, since = math.inf, -math.inf, sent
        place, edge = locate(sent, expires, now)
        held = _Link(link, sent, expires, known_open, asked, since, place, edge)
        self._links[link] = held
        self._await_edge(held)
        if expires <= now:
            self._make_due(held)
        else:
            self._push(held)

    def discard(self, link: Name) -> None:
        """Hold a link no longer, if it is held."""
        held = self._links.pop(link, None)
        if held is not None:
            self._take(held, _Place.GONE)

    def hint(self, link: Name, now: float) -> bool:
        """Put a link at the front: something may have happened to it. Say whether it is held.

        If it was asked about because of a hint a moment ago, it has to wait for ``min_interval``, so that a hint that
        is repeated for ever takes no requests from others.
        """
        held = self._links.get(link)
        if held is None:
            return False
        if held.place is _Place.OUT:
            held.hinted = True
        elif held.place is not _Place.HINTED:
            self._take(held, _Place.OUT)
            self._queue_hinted(held, now)
        return True

    def next(self, now: float) -> Name | None:
        """The link to ask about now, which is out from now on; ``None`` if there is none yet: see :meth:`wait`."""
        self._advance(now)
        held = self._choose(now)
        if held is None:
            return None
        if held.place in {_Place.HINTED, _Place.DUE}:  # due it is after a hint that came too soon, or as it expires
            held.confirmed = now
        self._take(held, _Place.OUT)
        held.asked = now
        return held.name

    def wait(self, now: float) -> float:
        """Seconds until :meth:`next` has a link, if none is added, hinted at or seen before; infinity if never."""
        self._advance(now)
        if self._hinted:
            return 0.0
        asked = [held.asked for held in self._heads()]
        if self._due:
            asked.append(next(iter(self._due.values())).asked)
        return max(0.0, min(asked, default=math.inf) + self._min_interval - now)

    def seen(self, link: Name, now: float, status: str) -> bool:
        """Learn what became of a link, and say whether it is still held.

        It need not be out: what somebody else found out helps as well.

        Args:
            link: the name of the link; it is ignored if that is not held.
            now: the time.
            status: what Cronofy says. A link that is ``completed``, ``expired`` or ``disabled`` is held no longer.
        """
        held = self._links.get(link)
        if held is None:
            return False
        if held.place is not _Place.OUT:
            self._take(held, _Place.OUT)
            held.asked = now
        if status == "completed":
            self._chances.count_answer(held.sent, held.expires, held.open, now)
        else:
            self._chances.count_open(held.sent, held.expires, held.open, _open_until(held, now, status))
        self._unfitted += 1
        if self._unfitted >= _REFIT:
            self._chances.fit()
            self._unfitted = 0
        if status in TERMINAL:
            self.discard(link)
            return False
        held.open = held.asked
        if held.asked >= held.expires:
            # Cronofy thinks otherwise, so that its age is all that is known.
            held.expires = math.inf
            held.bin, held.edge = locate(held.sent, math.inf, now)
            self._await_edge(held)
        self._put_back(held, now)
        return True

    def give_back(self, link: Name, now: float) -> None:
        """Take a link back about which nothing was found out. It is asked about again when it is its turn."""
        held = self._links.get(link)
        if held is not None and held.place is _Place.OUT:
            held.hinted = held.hinted or held.confirmed == held.asked
            self._put_back(held, now)

    def open_at(self, link: Name) -> float | None:
        """When the link was last known to be open: what :meth:`add` takes as ``asked_at``.

        Raises:
            KeyError: it is not held.
        """
        known = self._links[link].open
        return known if known < math.inf else None

    def learned(self) -> dict[str, Any]:
        """What was learned, as plain JSON."""
        return self._chances.learned()

    def chances(self) -> list[tuple[str, float]]:
        """What was learned, to be read: the chance of an answer in a second, for each bin."""
        self._chances.fit()
        return self._chances.named()

    def _choose(self, now: float) -> _Link | None:
        if self._hinted:
            return next(iter(self._hinted.values()))
        latest = now - self._min_interval
        if self._due:
            held = next(iter(self._due.values()))
            if held.asked <= latest:
                return held
        pressures = [root * (now - first) for root, first in zip(self._roots, self._first, strict=True)]
        most = max(pressures)
        if most == -math.inf:
            return None
        held = self._head(pressures.index(most))
        if held.asked <= latest:
            return held
        ready = (held for held in self._heads() if held.asked <= latest)
        return max(ready, key=lambda held: self._roots[held.bin] * (now - held.since), default=None)

    def _head(self, number: int) -> _Link:
        """The link with the most pressure in a bin that is not empty."""
        line, heap = self._lines[number], self._heaps[number]
        if heap and heap[0][0] == self._first[number]:
            return heap[0][2]
        return next(iter(line.values()))

    def _heads(self) -> Iterator[_Link]:
        for line, heap in zip(self._lines, self._heaps, strict=True):
            if line:
                yield next(iter(line.values()))
            if heap:
                yield heap[0][2]

    def _refresh(self, number: int) -> None:
        """Find the least ``since`` in a bin."""
        line, heap = self._lines[number], self._heaps[number]
        while heap:
            since, _, held = heap[0]
            if held.place is _Place.HEAP and held.bin == number and held.since == since:
                break
            heappop(heap)
        first = heap[0][0] if heap else math.inf
        if line:
            first = min(first, next(iter(line.values())).since)
        self._first[number] = first

    def _take(self, held: _Link, place: _Place) -> None:
        """Take a link out of where it is queued."""
        was, held.place = held.place, place
        if was is _Place.LINE:
            del self._lines[held.bin][held.name]
            self._refresh(held.bin)
        elif was is _Place.HEAP:  # its entry is found to be stale when it comes to the top
            self._refresh(held.bin)
        elif was is _Place.HINTED:
            del self._hinted[held.name]
        elif was is _Place.DUE:
            del self._due[held.name]

    def _push(self, held: _Link) -> None:
        held.place = _Place.HEAP
        self._pushed += 1  # for those that are equal, as links do not compare
        heappush(self._heaps[held.bin], (held.since, self._pushed, held))
        self._refresh(held.bin)

    def _make_due(self, held: _Link) -> None:
        held.place = _Place.DUE
        self._due[held.name] = held

    def _queue_hinted(self, held: _Link, now: float) -> None:
        held.hinted = False
        if now - held.confirmed < self._min_interval:
            self._make_due(held)
        else:
            held.place = _Place.HINTED
            self._hinted[held.name] = held

    def _put_back(self, held: _Link, now: float) -> None:
        """Queue a link that was out."""
        held.since = now
        if held.hinted:
            self._queue_hinted(held, now)
        elif held.expires <= now:
            self._make_due(held)
        else:
            held.place = _Place.LINE
            self._lines[held.bin][held.name] = held
            self._first[held.bin] = min(self._first[held.bin], now)

    def _await_edge(self, held: _Link) -> None:
        if held.edge < math.inf:
            self._edges.setdefault(math.floor(held.edge), []).append(held)

    def _advance(self, now: float) -> None:
        """Move the links that came to another bin."""
        second = math.floor(now)
        if second <= self._second:
            return
        if second - self._second <= len(self._edges):
            over: Iterator[int] = iter(range(self._second, second))
        else:
            over = iter(sorted(each for each in self._edges if each < second))
        for each in over:
            for held in self._edges.pop(each, ()):
                # Others were discarded, or did not expire.
                if held.place is not _Place.GONE and held.edge <= now:
                    self._cross(held, now)
        self._second = second

    def _cross(self, held: _Link, now: float) -> None:
        was = held.place
        queued = was in {_Place.LINE, _Place.HEAP}
        if queued:
            self._take(held, _Place.OUT)
        while held.edge <= now:
            at, root = held.edge, self._roots[held.bin]
            held.bin, held.edge = locate(held.sent, held.expires, at)
            held.since = at - (at - held.since) * root / self._roots[held.bin]
        self._await_edge(held)
        if queued and held.expires <= now:
            self._make_due(held)
        elif queued:
            self._push(held)


def _open_until(held: _Link, now: float, status: str) -> float:
    """How long a link was open that was not answered."""
    if status not in TERMINAL:
        return held.asked
    # When it ended is known if its expiry is; without it, half of the time since is the best guess.
    return min(held.expires, now) if held.expires < math.inf else (held.open + now) / 2
