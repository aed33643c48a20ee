"""The order of requests: which open link to request next.

Answers are seen with the least delay if each link is requested in proportion to the square root of its answer rate, the
probability per second that it gets answered. So the priority of a link is the time since its last request times that root;
the link with the highest priority is next. See docs/polling-design.md for the reasons, data structures and measurements.
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

#: The identity of a link for the caller: any hashable value.
Name: TypeAlias = Any

#: The number of responses after which the rates are fitted again.
_REFIT_AFTER: Final = 256

#: A link that is added within this number of seconds after it was sent is assumed not to have been answered yet.
_FRESH: Final = 60.0


class _Queue(IntEnum):
    REMOVED = 0
    IN_FLIGHT = 1
    FIFO = 2
    HEAP = 3
    HINTED = 4
    DUE = 5


@attrs.define(eq=False, weakref_slot=False)
class _Link:
    """An open link.

    Attributes:
        name: Its identity for the caller.
        sent: When it was sent.
        expires: When it expires; infinity if that is unknown, or if it was still open then.
        last_open: When it was last known to be open; infinity if never.
        requested: When it was last requested.
        since: The start of the time that counts for its priority, adjusted as if it had always been in its current bin.
        bin: Its bin.
        edge: When it leaves the bin.
        hint_requested: When it was last requested because of a hint.
        hinted: Whether a hint arrived while its request was in flight.
        queue: Where it is queued.
    """

    name: Name
    sent: float
    expires: float
    last_open: float
    requested: float
    since: float
    bin: int
    edge: float
    hint_requested: float = -math.inf
    hinted: bool = False
    queue: _Queue = _Queue.IN_FLIGHT


class Schedule:
    """Decides which open link to request next.

    Times are in seconds, as from ``time.time()``, and must never decrease. Call ``next`` for a link, request its status,
    and pass the result to ``record``, or call ``reschedule`` if there is none. In between, the link is in flight, and is
    not returned again.

    Args:
        min_interval: The minimum number of seconds between two requests for a link. A hint is exempt, once per interval.
        learned: The result of another schedule's ``learned()``.
        rates: The answer rates to learn, instead of the default ones.

    Raises:
        ValueError: ``min_interval`` is not positive, or ``learned`` cannot be read.
    """

    def __init__(self, *, min_interval: float = 10.0, learned: object = None, rates: AnswerRates | None = None) -> None:
        if not 0 < min_interval < math.inf:
            raise ValueError(f"min_interval: must be more than 0 seconds, got {min_interval}")
        self._min_interval = min_interval
        self._links: dict[Name, _Link] = {}
        self._fifos: list[OrderedDict[Name, _Link]] = [OrderedDict() for _ in range(BINS)]
        self._heaps: list[list[tuple[float, int, _Link]]] = [[] for _ in range(BINS)]
        #: The lowest ``since`` in each bin.
        self._min_since = [math.inf] * BINS
        self._hinted: OrderedDict[Name, _Link] = OrderedDict()
        self._due: OrderedDict[Name, _Link] = OrderedDict()
        self._edges: dict[int, list[_Link]] = {}
        self._second = -(2**63)
        self._push_count = 0
        self._rates = AnswerRates(learned) if rates is None else rates
        self._roots = self._rates.roots
        self._responses_since_fit = 0

    def __len__(self) -> int:
        """Return the number of open links."""
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
        open_at: float | None = None,
    ) -> None:
        """Add a link. It replaces any link with the same name.

        Args:
            link: The name of the link.
            now: The time.
            sent_at: When it was sent. Defaults to now.
            expires_at: When it expires, if that is known.
            open_at: When it was last seen open, for example by an earlier process, if it was.
        """
        self.discard(link)
        self._advance(now)
        sent = now if sent_at is None else min(sent_at, now)
        expires = math.inf if expires_at is None else expires_at
        if open_at is not None:
            last_open = requested = since = min(open_at, now)
        elif now - sent <= _FRESH:
            last_open = requested = since = sent
        else:
            last_open, requested, since = math.inf, -math.inf, sent
        number, edge = locate(sent, expires, now)
        entry = _Link(link, sent, expires, last_open, requested, since, number, edge)
        self._links[link] = entry
        self._register_edge(entry)
        if expires <= now:
            self._queue_due(entry)
        else:
            self._push(entry)

    def discard(self, link: Name) -> None:
        """Remove a link, if it exists."""
        entry = self._links.pop(link, None)
        if entry is not None:
            self._unqueue(entry, _Queue.REMOVED)

    def hint(self, link: Name, now: float) -> bool:
        """Request a link next, as its status may have changed.

        After a link was requested because of a hint, the next hint takes effect only after ``min_interval``, so that
        repeated hints do not take requests away from other links.

        Returns:
            Whether the link exists.
        """
        entry = self._links.get(link)
        if entry is None:
            return False
        if entry.queue is _Queue.IN_FLIGHT:
            entry.hinted = True
        elif entry.queue is not _Queue.HINTED:
            self._unqueue(entry, _Queue.IN_FLIGHT)
            self._queue_hinted(entry, now)
        return True

    def next(self, now: float) -> Name | None:
        """Return the link to request now, and mark it as in flight; ``None`` if no link is ready.

        ``seconds_until_next`` returns when a link will be ready.
        """
        self._advance(now)
        entry = self._choose(now)
        if entry is None:
            return None
        if entry.queue in {_Queue.HINTED, _Queue.DUE}:  # due because of an early hint, or because it expires
            entry.hint_requested = now
        self._unqueue(entry, _Queue.IN_FLIGHT)
        entry.requested = now
        return entry.name

    def seconds_until_next(self, now: float) -> float:
        """Return the number of seconds until ``next`` returns a link if nothing changes; infinity if never."""
        self._advance(now)
        if self._hinted:
            return 0.0
        requested = [entry.requested for entry in self._heads()]
        if self._due:
            requested.append(next(iter(self._due.values())).requested)
        return max(0.0, min(requested, default=math.inf) + self._min_interval - now)

    def record(self, link: Name, now: float, status: str) -> bool:
        """Record the status of a link, and learn from it.

        Args:
            link: The name of the link. It need not be in flight. An unknown link is ignored.
            now: The time.
            status: The status. A link that is ``completed``, ``expired`` or ``disabled`` is removed.

        Returns:
            Whether the link is still open.
        """
        entry = self._links.get(link)
        if entry is None:
            return False
        if entry.queue is not _Queue.IN_FLIGHT:
            self._unqueue(entry, _Queue.IN_FLIGHT)
            entry.requested = now
        if status == "completed":
            self._rates.count_answer(entry.sent, entry.expires, entry.last_open, now)
        else:
            self._rates.count_open(entry.sent, entry.expires, entry.last_open, _open_until(entry, now, status))
        self._responses_since_fit += 1
        if self._responses_since_fit >= _REFIT_AFTER:
            self._rates.fit()
            self._responses_since_fit = 0
        if status in TERMINAL:
            self.discard(link)
            return False
        entry.last_open = entry.requested
        if entry.requested >= entry.expires:
            # It did not expire when expected, so only its age is known from now on.
            entry.expires = math.inf
            entry.bin, entry.edge = locate(entry.sent, math.inf, now)
            self._register_edge(entry)
        self._requeue(entry, now)
        return True

    def reschedule(self, link: Name, now: float) -> None:
        """Queue a link whose request failed, to be requested again when it is due."""
        entry = self._links.get(link)
        if entry is not None and entry.queue is _Queue.IN_FLIGHT:
            entry.hinted = entry.hinted or entry.hint_requested == entry.requested
            self._requeue(entry, now)

    def last_open_at(self, link: Name) -> float | None:
        """Return when a link was last known to be open, for the ``open_at`` of ``add``.

        Raises:
            KeyError: The link does not exist.
        """
        last_open = self._links[link].last_open
        return last_open if last_open < math.inf else None

    def learned(self) -> dict[str, Any]:
        """Return the counts behind the rates as plain JSON."""
        return self._rates.learned()

    def rates(self) -> list[tuple[str, float]]:
        """Return the answer rate per second of each bin, with a description of the bin."""
        self._rates.fit()
        return self._rates.describe()

    def _choose(self, now: float) -> _Link | None:
        if self._hinted:
            return next(iter(self._hinted.values()))
        latest = now - self._min_interval
        if self._due:
            entry = next(iter(self._due.values()))
            if entry.requested <= latest:
                return entry
        priorities = [root * (now - first) for root, first in zip(self._roots, self._min_since, strict=True)]
        highest = max(priorities)
        if highest == -math.inf:
            return None
        entry = self._head(priorities.index(highest))
        if entry.requested <= latest:
            return entry
        ready = (entry for entry in self._heads() if entry.requested <= latest)
        return max(ready, key=lambda entry: self._roots[entry.bin] * (now - entry.since), default=None)

    def _head(self, number: int) -> _Link:
        """Return the link with the highest priority in a bin that is not empty."""
        fifo, heap = self._fifos[number], self._heaps[number]
        if heap and heap[0][0] == self._min_since[number]:
            return heap[0][2]
        return next(iter(fifo.values()))

    def _heads(self) -> Iterator[_Link]:
        for fifo, heap in zip(self._fifos, self._heaps, strict=True):
            if fifo:
                yield next(iter(fifo.values()))
            if heap:
                yield heap[0][2]

    def _update_min_since(self, number: int) -> None:
        """Update the lowest ``since`` of a bin."""
        fifo, heap = self._fifos[number], self._heaps[number]
        while heap:
            since, _, entry = heap[0]
            if entry.queue is _Queue.HEAP and entry.bin == number and entry.since == since:
                break
            heappop(heap)
        first = heap[0][0] if heap else math.inf
        if fifo:
            first = min(first, next(iter(fifo.values())).since)
        self._min_since[number] = first

    def _unqueue(self, entry: _Link, queue: _Queue) -> None:
        """Remove a link from its queue."""
        before, entry.queue = entry.queue, queue
        if before is _Queue.FIFO:
            del self._fifos[entry.bin][entry.name]
            self._update_min_since(entry.bin)
        elif before is _Queue.HEAP:  # its entry is dropped when it reaches the top
            self._update_min_since(entry.bin)
        elif before is _Queue.HINTED:
            del self._hinted[entry.name]
        elif before is _Queue.DUE:
            del self._due[entry.name]

    def _push(self, entry: _Link) -> None:
        entry.queue = _Queue.HEAP
        self._push_count += 1  # breaks ties, as links do not compare
        heappush(self._heaps[entry.bin], (entry.since, self._push_count, entry))
        self._update_min_since(entry.bin)

    def _queue_due(self, entry: _Link) -> None:
        entry.queue = _Queue.DUE
        self._due[entry.name] = entry

    def _queue_hinted(self, entry: _Link, now: float) -> None:
        entry.hinted = False
        if now - entry.hint_requested < self._min_interval:
            self._queue_due(entry)
        else:
            entry.queue = _Queue.HINTED
            self._hinted[entry.name] = entry

    def _requeue(self, entry: _Link, now: float) -> None:
        """Queue a link that was in flight."""
        entry.since = now
        if entry.hinted:
            self._queue_hinted(entry, now)
        elif entry.expires <= now:
            self._queue_due(entry)
        else:
            entry.queue = _Queue.FIFO
            self._fifos[entry.bin][entry.name] = entry
            self._min_since[entry.bin] = min(self._min_since[entry.bin], now)

    def _register_edge(self, entry: _Link) -> None:
        if entry.edge < math.inf:
            self._edges.setdefault(math.floor(entry.edge), []).append(entry)

    def _advance(self, now: float) -> None:
        """Move the links that have reached the edge of their bin."""
        second = math.floor(now)
        if second <= self._second:
            return
        if second - self._second <= len(self._edges):
            passed: Iterator[int] = iter(range(self._second, second))
        else:
            passed = iter(sorted(edge for edge in self._edges if edge < second))
        for edge in passed:
            for entry in self._edges.pop(edge, ()):
                # Other links were removed, or did not expire when expected.
                if entry.queue is not _Queue.REMOVED and entry.edge <= now:
                    self._change_bin(entry, now)
        self._second = second

    def _change_bin(self, entry: _Link, now: float) -> None:
        before = entry.queue
        queued = before in {_Queue.FIFO, _Queue.HEAP}
        if queued:
            self._unqueue(entry, _Queue.IN_FLIGHT)
        while entry.edge <= now:
            at, root = entry.edge, self._roots[entry.bin]
            entry.bin, entry.edge = locate(entry.sent, entry.expires, at)
            entry.since = at - (at - entry.since) * root / self._roots[entry.bin]
        self._register_edge(entry)
        if queued and entry.expires <= now:
            self._queue_due(entry)
        elif queued:
            self._push(entry)


def _open_until(entry: _Link, now: float, status: str) -> float:
    """Return the last time at which an unanswered link is known to have been open."""
    if status not in TERMINAL:
        return entry.requested
    # If its expiry is unknown, the middle of the interval is the best guess.
    return min(entry.expires, now) if entry.expires < math.inf else (entry.last_open + now) / 2
