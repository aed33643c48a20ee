"""Stay within Cronofy's rate limits: by default, 50 requests per second and 500 per minute for an application.

A permit counts from when it is issued until one window after its response. So no window holds more requests than
allowed, at any latency, whether the server counts in sliding or fixed windows.

Docs: https://docs.cronofy.com/developers/faqs/rate-limits/
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final, Literal, Protocol, TypeAlias

import attrs

from .._clock import Clock, Timer
from ..errors import RateLimitTooLong
from ..http import Lane

__all__ = ["Permit", "RateLimit", "RateLimiter", "WindowLimiter"]


@attrs.frozen(kw_only=True)
class RateLimit:
    """The rate limits of an application.

    Args:
        per_second: Requests in any second.
        per_minute: Requests in any minute.
        share: The share of a minute's requests that polling and watching may use, above 0 and up to 1. The rest is
            reserved for interactive calls.
        max_wait: The longest wait for a permit in the foreground, in seconds. A longer one raises ``RateLimitTooLong``.
            ``None`` is no limit.
        count_batch_items: Whether each item of a batch counts as a request. The docs do not say whether Cronofy counts
            the items or the batch.
    """

    per_second: int = attrs.field(default=50, validator=attrs.validators.ge(1))
    per_minute: int = attrs.field(default=500, validator=attrs.validators.ge(1))
    share: float = attrs.field(default=0.8, validator=[attrs.validators.gt(0), attrs.validators.le(1)])
    max_wait: float | None = None
    count_batch_items: bool = False


class Permit(Protocol):
    """The right to send one request. Call exactly one of its methods, once."""

    def ended(self) -> None:
        """Record that the request ended: with a response, or without one."""
        ...

    def refused(self, retry_after: float | None) -> None:
        """Record that the response was a 429, and its ``Retry-After`` in seconds."""
        ...

    def give_back(self) -> None:
        """Refund the permit: the request was never sent."""
        ...


class RateLimiter(Protocol):
    """Issues permits. Several clients of one application may share a limiter."""

    async def acquire(self, lane: Lane = "foreground", cost: int = 1) -> Permit:
        """Wait until one request may be sent.

        Args:
            lane: The lane of the request.
            cost: How many requests it counts as. It is 1, or the number of items of a batch if the limiter's attribute
                ``count_batch_items`` is true.

        Raises:
            RateLimitTooLong: The wait would exceed the limiter's maximum.
        """
        ...


class _Window:
    """At most ``limit`` permits that are in use, or that ended less than ``seconds`` ago."""

    __slots__ = ("ended", "in_use", "limit", "seconds")

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self.in_use = 0
        self.ended: deque[float] = deque()

    def used(self, now: float) -> int:
        ended = self.ended
        while ended and ended[0] + self.seconds <= now:
            ended.popleft()
        return self.in_use + len(ended)

    def wait(self, now: float, ceiling: float = 1.0, cost: int = 1) -> float:
        """Return the seconds until there is room: 0 if there is, infinity if a request has to end first.

        A request that costs more than the whole window has room in an empty one.
        """
        limit = self.limit if ceiling == 1.0 else max(1, int(self.limit * ceiling))
        if self.in_use + len(self.ended) + cost <= limit:
            return 0.0  # even if expired permits counted
        surplus = self.used(now) - max(0, limit - cost)
        if surplus <= 0:
            return 0.0
        return self.ended[surplus - 1] + self.seconds - now if surplus <= len(self.ended) else float("inf")


class _Waiter:
    __slots__ = ("cost", "future", "lane")

    def __init__(self, lane: Lane, cost: int) -> None:
        self.lane: Lane = lane
        self.cost = cost
        self.future: asyncio.Future[WindowPermit] = asyncio.get_running_loop().create_future()


_End: TypeAlias = Literal["ended", "refused", "given back"]


class WindowPermit:
    """A permit of a ``WindowLimiter``, counted ``cost`` times in ``windows`` since ``issued_at``, for a call in ``loop``."""

    __slots__ = ("_settle", "cost", "issued_at", "loop", "windows")

    def __init__(
        self,
        settle: Callable[[WindowPermit, _End, float | None], None],
        windows: list[_Window],
        issued_at: float,
        loop: asyncio.AbstractEventLoop,
        cost: int,
    ) -> None:
        self._settle = settle
        self.cost = cost
        self.windows = windows
        self.issued_at = issued_at
        self.loop = loop

    def ended(self) -> None:
        self._settle(self, "ended", None)

    def refused(self, retry_after: float | None) -> None:
        self._settle(self, "refused", retry_after)

    def give_back(self) -> None:
        self._settle(self, "given back", None)


_LANES: Final[tuple[Lane, ...]] = ("foreground", "background")


class WindowLimiter:
    """A limiter for one process, with exact windows, two lanes, and a pause after a 429.

    Args:
        limit: The limits.
        clock: The clock that windows are measured with.

    *Lanes.* Each lane is first come, first served, and the foreground has priority. Background requests are spaced evenly
    and use at most ``share`` of a minute, so interactive calls never wait behind a burst.

    *429.* A 429 pauses all requests: for ``Retry-After`` (at most two minutes), or for 1 s, doubling to 60 s with each
    further 429. Then a single probe is sent before traffic resumes. A 429 that the limiter's own count does not explain
    (another process uses the application) halves the ceiling, which recovers within five minutes.
    """

    _INITIAL_PAUSE = 1.0
    _MAX_PAUSE = 60.0
    _MAX_RETRY_AFTER = 120.0
    _RECOVERY = 300.0
    _MIN_CEILING = 1 / 16
    _EXPLAINED = 0.9

    def __init__(self, limit: RateLimit, clock: Clock) -> None:
        self._limit = limit
        self._clock = clock
        self._windows = [_Window(limit.per_second, 1.0), _Window(limit.per_minute, 60.0)]
        self._background = _Window(max(1, int(limit.per_minute * limit.share)), 60.0)
        self._gap = 1 / self.background_rate
        self._next_background = float("-inf")
        #: The waiters of each lane, oldest first. Ordered dictionaries, so that any waiter can leave in constant time.
        self._queues: dict[Lane, OrderedDict[_Waiter, None]] = {lane: OrderedDict() for lane in _LANES}
        self._timer: Timer | None = None
        self._paused_until = float("-inf")
        self._pause = 0.0
        self._probe_due = False
        self._probe: WindowPermit | None = None
        self._paused_at = float("-inf")
        self._ceiling = 1.0
        self._permits_in_use: set[WindowPermit] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def background_rate(self) -> float:
        """Requests per second that the background lane may send."""
        return min(self._limit.per_minute * self._limit.share / 60, self._limit.per_second)

    @property
    def count_batch_items(self) -> bool:
        """Whether the cost of a batch is the number of its items."""
        return self._limit.count_batch_items

    @property
    def max_in_flight(self) -> int:
        """The maximum number of requests in flight: each counts in the one-second window until it has ended."""
        return self._limit.per_second

    def used(self) -> tuple[int, int]:
        """Return how many permits count in the last second and in the last minute."""
        now = self._clock.monotonic()
        second, minute = (window.used(now) for window in self._windows)
        return second, minute

    def ceiling(self) -> float:
        """Return the usable share of the limits: 1.0 unless unexplained 429s have lowered it."""
        if self._ceiling == 1.0:
            return 1.0
        recovered = (self._clock.monotonic() - self._paused_at) / self._RECOVERY
        return min(1.0, self._ceiling + recovered)

    async def acquire(self, lane: Lane = "foreground", cost: int = 1) -> WindowPermit:
        if self._loop is not (loop := asyncio.get_running_loop()):
            self._change_loop(loop)
        queue = self._queues[lane]
        now = self._clock.monotonic()
        wait = self._wait(lane, now, cost)
        if wait <= 0 and not queue and not self._queues["foreground"]:
            return self._issue(lane, now, loop, cost)
        limit = self._limit.max_wait if lane == "foreground" else None
        if limit is not None and limit < wait < float("inf"):
            raise _too_long(wait, limit)
        waiter = _Waiter(lane, cost)
        queue[waiter] = None
        self._release()
        timer = None if limit is None else self._give_up_after(limit, waiter)
        try:
            return await waiter.future
        except BaseException:
            if waiter.future.done() and not waiter.future.cancelled() and waiter.future.exception() is None:
                waiter.future.result().give_back()
            raise
        finally:
            if timer is not None:
                timer.cancel()
            if not waiter.future.done() or waiter.future.cancelled():
                self._forget(waiter)

    def _change_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the permits and drop the waiters of event loops that were closed with calls in flight."""
        if self._loop is not None and self._loop.is_closed():
            self._timer = None
        self._loop = loop
        for lane, queue in self._queues.items():
            self._queues[lane] = OrderedDict.fromkeys(
                waiter for waiter in queue if not waiter.future.get_loop().is_closed()
            )
        for permit in [permit for permit in self._permits_in_use if permit.loop.is_closed()]:
            permit.ended()

    def _give_up_after(self, limit: float, waiter: _Waiter) -> Timer:
        def give_up() -> None:
            if not waiter.future.done():
                waiter.future.set_exception(_too_long(limit, limit))
                self._forget(waiter)

        return self._clock.call_at(self._clock.monotonic() + limit, give_up)

    def _forget(self, waiter: _Waiter) -> None:
        if waiter in self._queues[waiter.lane]:
            del self._queues[waiter.lane][waiter]
            self._release()

    def _wait(self, lane: Lane, now: float, cost: int) -> float:
        """Return the seconds until a lane's next permit, as far as is known now."""
        if self._probe is not None:
            return float("inf")
        ceiling = 1.0 if self._ceiling == 1.0 else self.ceiling()
        wait = self._paused_until - now
        for window in self._windows:
            window_wait = window.wait(now, ceiling, cost)
            if window_wait > wait:  # noqa: PLR1730 - max() would cost more than everything else here
                wait = window_wait
        if lane == "background":
            wait = max(wait, self._next_background - now, self._background.wait(now, ceiling, cost))
        return wait

    def _issue(self, lane: Lane, now: float, loop: asyncio.AbstractEventLoop, cost: int) -> WindowPermit:
        windows = self._windows
        if lane == "background":
            windows = [*windows, self._background]
            # Making up for a late timer keeps the rate; making up for more would be a burst.
            self._next_background = max(self._next_background, now - max(self._gap / 2, 0.05)) + self._gap * cost
        for window in windows:
            window.in_use += cost
        permit = WindowPermit(self._settle, windows, now, loop, cost)
        self._permits_in_use.add(permit)
        if self._probe_due:
            self._probe_due, self._probe = False, permit
        return permit

    def _release(self) -> None:
        """Issue permits to waiters, and schedule the next release."""
        if self._loop is None or not self._loop.is_running():
            return  # a coroutine of an abandoned loop is being finalized
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._clock.monotonic()
        next_wait = float("inf")
        for lane in _LANES:
            queue = self._queues[lane]
            while queue:
                waiter = next(iter(queue))
                wait = self._wait(lane, now, waiter.cost)
                if wait > 0:
                    next_wait = min(next_wait, wait)
                    break
                del queue[waiter]
                if not waiter.future.done():
                    waiter.future.set_result(self._issue(lane, now, waiter.future.get_loop(), waiter.cost))
        if next_wait != float("inf"):
            # uvloop rounds to whole milliseconds, so a shorter timer would fire too early, again and again.
            self._timer = self._clock.call_at(now + max(next_wait, 0.001), self._release, waiting=True)

    def _settle(self, permit: WindowPermit, end: _End, retry_after: float | None) -> None:
        if permit not in self._permits_in_use:
            return  # its loop was closed
        self._permits_in_use.remove(permit)
        now = self._clock.monotonic()
        explained = end == "refused" and self._is_explained(now)
        for window in permit.windows:
            window.in_use -= permit.cost
            if end != "given back":
                window.ended.extend((now,) * permit.cost)
        if end == "refused":
            self._handle_429(permit, now, retry_after, explained=explained)
        elif self._probe is permit:
            self._probe = None
            if end == "ended":
                self._pause = 0.0
            else:
                self._probe_due = True
        if self._timer is not None or self._queues["foreground"] or self._queues["background"]:
            self._release()

    def _is_explained(self, now: float) -> bool:
        """Return whether the limiter's own count explains a 429."""
        return any(window.used(now) >= window.limit * self._EXPLAINED for window in self._windows)

    def _handle_429(self, permit: WindowPermit, now: float, retry_after: float | None, *, explained: bool) -> None:
        if permit.issued_at > self._paused_at:  # otherwise, it was in flight when the pause began
            ceiling = self.ceiling()
            self._paused_at = now
            self._ceiling = ceiling if explained else max(ceiling / 2, self._MIN_CEILING)
            self._pause = min(self._pause * 2 or self._INITIAL_PAUSE, self._MAX_PAUSE)
        pause = self._pause if retry_after is None else min(retry_after, self._MAX_RETRY_AFTER)
        self._paused_until = max(self._paused_until, now + pause)
        self._probe, self._probe_due = None, True


def _too_long(wait: float, limit: float) -> RateLimitTooLong:
    return RateLimitTooLong(
        f"the rate limit allows the request in {wait:.1f} s at the earliest; max_wait is {limit:g} s", wait=wait
    )
