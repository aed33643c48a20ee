"""The number of requests that may be in flight at the same time."""

from __future__ import annotations

import math
from typing import Final

__all__ = ["Concurrency"]

_MIN_LIMIT: Final = 64
_MAX_LIMIT: Final = 4096
#: Latencies vary, and requests also wait for the event loop.
_HEADROOM: Final = 1.5
#: The weight of the latest latency in the mean.
_WEIGHT: Final = 0.1


class Concurrency:
    """The number of requests that may be in flight: the rate times the latency (Little's law), with headroom.

    Args:
        fixed: The number, if the caller passed one.
        rate: The requests per second that the rate limit allows; ``None`` if there is no limit.

    Attributes:
        limit: The number, according to the latencies so far.
        maximum: The largest number that it can become.
        adapts: Whether it depends on the latencies.

    Raises:
        ValueError: ``fixed`` is less than 1.
    """

    def __init__(self, fixed: int | None, rate: float | None) -> None:
        if fixed is not None and fixed < 1:
            raise ValueError(f"concurrency: must be at least 1, got {fixed}")
        self.limit = _MIN_LIMIT if fixed is None else fixed
        self.adapts = fixed is None and rate is not None
        self.maximum = _MAX_LIMIT if self.adapts else self.limit
        self._rate = rate or 0.0
        self._latency: float | None = None

    def record(self, latency: float) -> None:
        """Record the seconds from sending a request to its response."""
        previous = latency if self._latency is None else self._latency
        self._latency = previous + (latency - previous) * _WEIGHT
        self.limit = min(max(math.ceil(self._rate * self._latency * _HEADROOM), _MIN_LIMIT), _MAX_LIMIT)
