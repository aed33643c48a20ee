"""Repeating what failed, where that is safe."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeAlias

import attrs

from .._clock import Clock
from ..errors import ResponseTooLarge, TransportError
from ..http import RawResponse, Request
from . import Handler

__all__ = ["RetryBudget", "RetryLayer", "RetryPolicy"]

logger = logging.getLogger("cronofy_async")

Outcome: TypeAlias = RawResponse | TransportError

_FAILED: Final = frozenset({500, 502, 503, 504})


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """When to repeat a request, and how long to wait before.

    What the server refused unprocessed (429, or 503 with ``Retry-After``) and what was never sent is repeated for
    every endpoint. What may have been processed (500, 502, 503, 504, a lost answer, a time-out) is repeated only where
    that is safe: for endpoints that say so, or for calls with ``idempotent=True``.

    Args:
        attempts: how often a request is sent at most.
        base: the longest first wait in seconds; it doubles with each attempt. The wait is drawn evenly from 0 to it.
        cap: the longest wait that is drawn.
        longest_retry_after: the longest ``Retry-After`` that is obeyed; with a longer one the error is raised at once.
        budget: how many repeats the client makes for each call, on average, so that an outage is not multiplied.
            429s don't count.
        reserve: how many repeats it makes beyond that.
    """

    attempts: int = attrs.field(default=4, validator=attrs.validators.ge(1))
    base: float = attrs.field(default=0.5, validator=attrs.validators.ge(0))
    cap: float = attrs.field(default=30.0, validator=attrs.validators.ge(0))
    longest_retry_after: float = attrs.field(default=120.0, validator=attrs.validators.ge(0))
    budget: float = attrs.field(default=0.2, validator=attrs.validators.ge(0))
    reserve: float = attrs.field(default=20.0, validator=attrs.validators.ge(0))

    def delay(
        self, attempt: int, outcome: Outcome, *, idempotent: bool, now: datetime, draw: Callable[[], float]
    ) -> float | None:
        """Decide: the seconds to wait before the next attempt, or ``None`` for "let it be".

        Args:
            attempt: the number of the attempt that just ended, from 1.
            outcome: its response or error.
            idempotent: whether the request may be sent again if it was processed.
            now: the time of day, for a ``Retry-After`` that is a date.
            draw: gives a number from 0 to 1.
        """
        if attempt >= self.attempts or not _may_repeat(outcome, idempotent=idempotent):
            return None
        told = outcome.retry_after(now) if isinstance(outcome, RawResponse) else None
        if told is not None:
            return told if told <= self.longest_retry_after else None
        return draw() * min(self.cap, self.base * 2.0 ** min(attempt - 1, 1000))


def _may_repeat(outcome: Outcome, *, idempotent: bool) -> bool:
    if isinstance(outcome, ResponseTooLarge):
        return False
    if isinstance(outcome, TransportError):
        return idempotent or outcome.sent == "no"
    if outcome.status == 429 or (outcome.status == 503 and "retry-after" in outcome.headers):
        return True
    return idempotent and outcome.status in _FAILED


class RetryBudget:
    """Counts calls and repeats, so that there are at most ``reserve`` + ``ratio`` × calls repeats."""

    def __init__(self, ratio: float, reserve: float) -> None:
        self._ratio = ratio
        self._reserve = reserve
        self._left = reserve

    def earn(self) -> None:
        self._left = min(self._left + self._ratio, self._reserve + self._ratio)

    def spend(self) -> bool:
        if self._left < 1:
            return False
        self._left -= 1
        return True


class RetryLayer:
    """Applies a :class:`RetryPolicy`."""

    def __init__(self, policy: RetryPolicy, clock: Clock, draw: Callable[[], float] = random.random) -> None:
        self._policy = policy
        self._budget = RetryBudget(policy.budget, policy.reserve)
        self._clock = clock
        self._draw = draw

    async def __call__(self, request: Request, call_next: Handler, /) -> RawResponse:
        retries = request.options.retries
        policy = self._policy if retries is None else attrs.evolve(self._policy, attempts=retries + 1)
        self._budget.earn()
        sent = 0
        while True:
            outcome: Outcome
            try:
                outcome = await call_next(request)
                sent += outcome.attempts
                if outcome.status < 400:
                    return _settle(outcome, sent)
            except TransportError as error:
                outcome = error
                sent += 1
            delay = self._delay(policy, request, outcome)
            if delay is None or not (_refused(outcome) or self._budget.spend()):
                return _settle(outcome, sent)
            logger.info(
                "%s: %s; attempt %d in %.2f s",
                request.endpoint,
                _name(outcome),
                request.attempt + 1,
                delay,
                extra={"endpoint": request.endpoint.name, "attempt": request.attempt, "delay": delay},
            )
            await self._clock.sleep(delay)
            request = request.evolve(attempt=request.attempt + 1)

    def _delay(self, policy: RetryPolicy, request: Request, outcome: Outcome) -> float | None:
        now = self._clock.now()
        delay = policy.delay(request.attempt, outcome, idempotent=request.idempotent, now=now, draw=self._draw)
        if delay is not None and request.deadline is not None and delay >= request.deadline.remaining:
            return None  # the error in hand says more than the DeadlineExceeded that the wait would end in
        return delay


def _refused(outcome: Outcome) -> bool:
    return isinstance(outcome, RawResponse) and outcome.status == 429


def _settle(outcome: Outcome, attempts: int) -> RawResponse:
    if isinstance(outcome, TransportError):
        raise outcome
    return outcome if attempts == outcome.attempts else attrs.evolve(outcome, attempts=attempts)


def _name(outcome: Outcome) -> str:
    return type(outcome).__name__ if isinstance(outcome, TransportError) else f"status {outcome.status}"
