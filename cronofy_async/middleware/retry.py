"""Retry failed requests where that is safe."""

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
    """When to retry a request, and how long to wait first.

    A request that was not processed (429, 503 with ``Retry-After``, or never sent) is retried for every endpoint. A
    request that may have been processed (500, 502, 503, 504, a lost response, a timeout) is retried only if it is
    idempotent: because the endpoint is, or because the call has ``idempotent=True``.

    Args:
        attempts: The maximum number of requests that one call sends, including the first.
        base: The longest wait before the first retry, in seconds. It doubles with each retry. The actual wait is drawn
            evenly between 0 and the longest wait (full jitter).
        cap: The upper limit of the longest wait, in seconds.
        max_retry_after: The longest ``Retry-After`` to wait for, in seconds. If the server asks for more, the
            error is raised immediately.
        budget: The maximum average number of retries per call, so that retries do not multiply the load in an outage.
            Retries after a 429 do not count.
        reserve: The number of retries beyond the budget.
    """

    attempts: int = attrs.field(default=4, validator=attrs.validators.ge(1))
    base: float = attrs.field(default=0.5, validator=attrs.validators.ge(0))
    cap: float = attrs.field(default=30.0, validator=attrs.validators.ge(0))
    max_retry_after: float = attrs.field(default=120.0, validator=attrs.validators.ge(0))
    budget: float = attrs.field(default=0.2, validator=attrs.validators.ge(0))
    reserve: float = attrs.field(default=20.0, validator=attrs.validators.ge(0))

    def delay(
        self, attempt: int, outcome: Outcome, *, idempotent: bool, now: datetime, draw: Callable[[], float]
    ) -> float | None:
        """Return the seconds to wait before a retry, or ``None`` if there is none.

        Args:
            attempt: The number of the attempt that just ended, starting at 1.
            outcome: Its response or error.
            idempotent: Whether the request may be sent again even if it was processed.
            now: The current date and time, for a ``Retry-After`` that is a date.
            draw: A function that returns a random number between 0 and 1.
        """
        if attempt >= self.attempts or not _may_retry(outcome, idempotent=idempotent):
            return None
        retry_after = outcome.retry_after(now) if isinstance(outcome, RawResponse) else None
        if retry_after is not None:
            return retry_after if retry_after <= self.max_retry_after else None
        return draw() * min(self.cap, self.base * 2.0 ** min(attempt - 1, 1000))


def _may_retry(outcome: Outcome, *, idempotent: bool) -> bool:
    if isinstance(outcome, ResponseTooLarge):
        return False
    if isinstance(outcome, TransportError):
        return idempotent or outcome.sent == "no"
    if outcome.status == 429 or (outcome.status == 503 and "retry-after" in outcome.headers):
        return True
    return idempotent and outcome.status in _FAILED


class RetryBudget:
    """Limits retries to ``reserve`` plus ``ratio`` for each call."""

    def __init__(self, ratio: float, reserve: float) -> None:
        self._ratio = ratio
        self._reserve = reserve
        self._left = reserve

    def earn(self) -> None:
        """Count a call."""
        self._left = min(self._left + self._ratio, self._reserve + self._ratio)

    def spend(self) -> bool:
        """Count a retry if the budget allows one. Return whether it does."""
        if self._left < 1:
            return False
        self._left -= 1
        return True


class RetryLayer:
    """Retries requests as a ``RetryPolicy`` decides."""

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
                    return _result(outcome, sent)
            except TransportError as error:
                outcome = error
                sent += 1
            delay = self._delay(policy, request, outcome)
            if delay is None:
                return _result(outcome, sent)
            if request.deadline is not None and delay >= request.deadline.remaining:
                # Waiting would only replace the error with a less informative DeadlineExceeded.
                wait = f"waiting {delay:.3g} s would exceed the timeout of the call ({request.timeout.total} s)"
                return _result(outcome, sent, not_retried=f"{wait}. Allow more with Timeout(total=…).")
            if not (_is_rate_limited(outcome) or self._budget.spend()):
                return _result(outcome, sent, not_retried="too many other calls were retried (RetryPolicy.budget).")
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
        return policy.delay(request.attempt, outcome, idempotent=request.idempotent, now=now, draw=self._draw)


def _is_rate_limited(outcome: Outcome) -> bool:
    return isinstance(outcome, RawResponse) and outcome.status == 429


def _result(outcome: Outcome, attempts: int, not_retried: str | None = None) -> RawResponse:
    if isinstance(outcome, TransportError):
        raise outcome
    if attempts == outcome.attempts and not_retried is None:
        return outcome
    return attrs.evolve(outcome, attempts=attempts, not_retried=not_retried)


def _name(outcome: Outcome) -> str:
    return type(outcome).__name__ if isinstance(outcome, TransportError) else f"status {outcome.status}"
