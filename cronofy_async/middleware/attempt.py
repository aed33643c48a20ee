"""The last step before the transport: a permit, the time limit of an attempt, and errors without credentials."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from .._clock import Deadline, DeadlineTimer
from .._redaction import detach
from ..errors import RequestTimeout, TransportError
from ..http import RawResponse, Request
from . import Handler
from .rate_limit import RateLimiter

__all__ = ["send_attempt"]


def send_attempt(
    send: Handler, timer: DeadlineTimer, redact: Callable[[Request, str], str], limiter: RateLimiter | None = None
) -> Handler:
    """Wrap the transport: every request needs a permit, and no attempt exceeds its time limit.

    The local variables of the transport hold requests with credentials. So its frames are removed from its errors, and
    from the cancellation of a task that waits for it. A single coroutine does everything, since a second one would add
    about 1 % to a status call (``python -m benchmarks status``).

    Args:
        send: The transport's method.
        timer: The timer of the chain's deadlines.
        redact: A function that removes the secrets of a request from a text.
        limiter: Issues the permits; ``None`` is no limit.
    """
    counts_items: bool = getattr(limiter, "count_batch_items", False)

    async def handler(request: Request) -> RawResponse:
        deadline = request.deadline
        if deadline is None:
            with Deadline(timer, None) as deadline:
                return await handler(request.evolve(deadline=deadline))
        permit = None
        if limiter is not None:
            deadline.pause()
            if counts_items:
                permit = await limiter.acquire(request.options.lane, request.item_count)
            else:
                permit = await limiter.acquire(request.options.lane)
        failure: TransportError | asyncio.CancelledError
        timed_out = False
        try:
            try:
                if request.options.on_sent is not None:
                    request.options.on_sent()
                deadline.begin_attempt(request.timeout.attempt)
                response = await send(request)
            finally:
                timed_out = deadline.end_attempt()
        except TransportError as error:
            failure = detach(error, lambda text: redact(request, text))
        except TimeoutError:
            failure = _timed_out(request)
        except asyncio.CancelledError as error:
            failure = _timed_out(request) if timed_out else detach(error)
        except BaseException:
            if permit is not None:
                permit.ended()
            raise
        else:
            if permit is not None:
                if response.status == 429:
                    permit.refused(response.retry_after(timer.clock.now()))
                else:
                    permit.ended()
            return response
        if permit is not None:
            permit.give_back() if isinstance(failure, TransportError) and failure.sent == "no" else permit.ended()
        raise failure

    return handler


def _timed_out(request: Request) -> RequestTimeout:
    return RequestTimeout(f"{request.endpoint}: no response within {request.timeout.attempt} s")
