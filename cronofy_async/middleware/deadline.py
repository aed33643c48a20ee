"""The time a whole call may take, its repeats and back-off included."""

from __future__ import annotations

import asyncio

import attrs

from ..clock import Clock, Deadline
from ..errors import DeadlineExceeded
from ..http import RawResponse, Request
from . import Handler

__all__ = ["DeadlineLayer", "run_deadline"]


class DeadlineLayer:
    """Ends a call that takes longer than ``Timeout.total``.

    The time starts when the first request may go (:func:`run_deadline`) and stands still while a permit of the rate
    limit is waited for.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, request: Request, call_next: Handler, /) -> RawResponse:
        total = request.timeout.total
        if total is None:
            return await call_next(request)
        scope = asyncio.timeout(None)
        try:
            async with scope:
                deadline = Deadline(self._clock, total, scope)
                try:
                    return await call_next(attrs.evolve(request, deadline=deadline))
                finally:
                    deadline.hold()
        except TimeoutError as error:
            if scope.expired():
                raise DeadlineExceeded(f"{request.endpoint}: not done within {total} s") from error
            raise


def run_deadline(send: Handler) -> Handler:
    """Let the deadline of each request run from the moment it is sent."""

    async def handler(request: Request) -> RawResponse:
        if request.deadline is not None:
            request.deadline.run()
        return await send(request)

    return handler
