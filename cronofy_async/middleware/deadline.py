"""The time a whole call may take, its repeats and back-off included."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from .._clock import Clock, Deadline, DeadlineTimer
from ..errors import ClientClosedError, DeadlineExceeded
from ..http import RawResponse, Request
from . import Handler

__all__ = ["CallsUnderWay", "DeadlineLayer", "run_deadline"]


class CallsUnderWay(Protocol):
    """Keeps the deadlines of calls that are under way, to cut them short when the client is closed."""

    def begin(self, deadline: Deadline) -> None: ...

    def end(self, deadline: Deadline) -> None: ...


class DeadlineLayer:
    """Ends a call that takes longer than ``Timeout.total``, or that is under way when the client is closed.

    The time starts when the first request may go (:func:`run_deadline`) and stands still while a permit of the rate
    limit is waited for.
    """

    def __init__(self, clock: Clock, under_way: CallsUnderWay) -> None:
        self._alarm = DeadlineTimer(clock)
        self._under_way = under_way

    async def __call__(self, request: Request, call_next: Handler, /) -> RawResponse:
        deadline = Deadline(self._alarm, request.timeout.total)
        self._under_way.begin(deadline)
        try:
            with deadline:
                return await call_next(request.evolve(deadline=deadline))
        except TimeoutError as error:
            if not deadline.ended_the_body:
                raise
            if deadline.was_cut_short:
                raise ClientClosedError("the client was closed while the call was under way") from error
            raise DeadlineExceeded(f"{request.endpoint}: not done within {request.timeout.total} s") from error
        finally:
            self._under_way.end(deadline)


def run_deadline(send: Handler) -> Handler:
    """Let the deadline of each request run from the moment it is sent, and tell whoever wants to know of that."""

    def handler(request: Request) -> Awaitable[RawResponse]:
        if request.deadline is not None:
            request.deadline.run()
        if request.options.on_sent is not None:
            request.options.on_sent()
        return send(request)

    return handler
