"""The time limits on a call, including its retries and backoff, and on each attempt."""

from __future__ import annotations

from typing import Protocol

from .._clock import Deadline, DeadlineTimer
from ..errors import ClientClosedError, DeadlineExceeded
from ..http import RawResponse, Request
from . import Handler

__all__ = ["CallTracker", "DeadlineLayer"]


class CallTracker(Protocol):
    """Keeps the deadlines of calls in flight, so that closing the client can end them."""

    def begin(self, deadline: Deadline) -> None: ...

    def end(self, deadline: Deadline) -> None: ...


class DeadlineLayer:
    """Ends a call that takes longer than ``Timeout.total``, or that is in flight when the client is closed.

    The time starts when the first request is sent (``send_attempt``) and is paused while a request waits for a permit.

    Args:
        timer: The timer of the chain's deadlines.
        tracker: Tracks the calls in flight. Without it, closing the client does not end them.
    """

    def __init__(self, timer: DeadlineTimer, tracker: CallTracker | None) -> None:
        self._timer = timer
        self._tracker = tracker

    async def __call__(self, request: Request, call_next: Handler, /) -> RawResponse:
        deadline = Deadline(self._timer, request.timeout.total)
        if self._tracker is not None:
            self._tracker.begin(deadline)
        try:
            with deadline:
                return await call_next(request.evolve(deadline=deadline))
        except TimeoutError:
            if not deadline.cancelled_body:
                raise
        finally:
            if self._tracker is not None:
                self._tracker.end(deadline)
        if deadline.expired_early:
            raise ClientClosedError("the client was closed while the call was in flight")
        raise DeadlineExceeded(f"{request.endpoint}: not done within {request.timeout.total} s")
