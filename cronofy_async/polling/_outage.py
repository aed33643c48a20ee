"""Distinguish an outage of the API from an error of one item, and pause requests during an outage."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, TypeVar

from .._clock import Clock
from ..errors import CronofyError, DeadlineExceeded, RateLimited, ServerError, TransportError

__all__ = ["OutageGate"]

T = TypeVar("T")

#: Errors that may mean an outage: there was no response, or the response is not about the item.
_UNREACHED: Final = (TransportError, DeadlineExceeded, RateLimited, ServerError)

_INITIAL_PAUSE: Final = 1.0
_MAX_PAUSE: Final = 60.0


class OutageGate:
    """Sends requests while the service responds, and pauses them while it does not.

    A request that fails is retried. If it fails ``attempts`` times while requests for other items succeed in between,
    the item is at fault, and its error is raised. If no request succeeds (``threshold`` items fail in a row, or a single
    one gets no response at all), it is an outage: all requests are paused, and probes are sent one at a time, after a
    pause that doubles up to 60 seconds, until one succeeds.

    Args:
        clock: The clock to wait with.
        threshold: The number of items that must fail, with no success in between, for an outage.
        attempts: The number of failures after which the error of an item is raised.
        retried_later: Whether the caller retries the item later, after its error was raised. Until then, the item counts
            as failing.
    """

    def __init__(self, clock: Clock, *, threshold: int, attempts: int = 3, retried_later: bool = False) -> None:
        self._clock = clock
        self._threshold = threshold
        self._attempts = attempts
        self._retried_later = retried_later
        self._successes = 0
        self._failing: set[Hashable] = set()
        self._pause = 0.0
        self._probing = asyncio.Lock()

    @property
    def is_closed(self) -> bool:
        """Whether requests are paused."""
        return self._pause > 0

    async def send(self, item: Hashable, send: Callable[[], Awaitable[T]]) -> T:
        """Send the request for an item until it succeeds, or fails because of the item.

        Args:
            item: Identifies the item.
            send: Sends the request once.

        Raises:
            CronofyError: The error of the item.
        """
        failures, successes_before = 0, self._successes
        while True:
            try:
                result = await (self._probe(send) if self.is_closed else send())
            except _UNREACHED as error:
                # In an outage, the item is not at fault unless other requests succeeded since its last failure.
                if not self._is_outage(item, error) or self._successes > successes_before:
                    failures += 1
                successes_before = self._successes
                if failures >= self._attempts:
                    if not self._retried_later:
                        self._failing.discard(item)
                    raise
            except CronofyError:
                self._record_success()
                raise
            else:
                self._record_success()
                return result

    async def _probe(self, send: Callable[[], Awaitable[T]]) -> T:
        async with self._probing:  # first come, first served
            if self._pause:
                await self._clock.sleep(self._pause)
                self._pause = min(self._pause * 2, _MAX_PAUSE)
            return await send()

    def _is_outage(self, item: Hashable, error: CronofyError) -> bool:
        self._failing.add(item)
        if len(self._failing) >= self._threshold or not isinstance(error, ServerError):
            self._pause = self._pause or _INITIAL_PAUSE
        return self.is_closed

    def _record_success(self) -> None:
        self._successes += 1
        self._failing.clear()
        self._pause = 0.0
