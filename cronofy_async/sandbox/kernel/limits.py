"""Cronofy's limits, as the sandbox counts them: in sliding windows, on its own clock.

Docs: https://docs.cronofy.com/developers/faqs/rate-limits/
"""

from __future__ import annotations

from collections import deque
from typing import Final

from .clock import SandboxClock

__all__ = ["RateLimits"]

LIMITS: Final = ((50, 1.0), (500, 60.0))


class RateLimits:
    """Counts the requests of the application. A rejected request does not count."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._admitted: deque[float] = deque(maxlen=max(limit for limit, _ in LIMITS))

    def admit(self) -> bool:
        """Return whether one more request is within the limits; if so, count it."""
        now = self._clock.monotonic()
        for limit, seconds in LIMITS:
            if len(self._admitted) >= limit and now - self._admitted[-limit] < seconds:
                return False
        self._admitted.append(now)
        return True
