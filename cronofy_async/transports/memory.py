"""A transport without a network: a function answers."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable

from .._clock import Clock, LoopClock, time_limit
from ..errors import RequestTimeout, TransportError
from ..http import RawResponse, Request

__all__ = ["MemoryTransport"]


class MemoryTransport:
    """Answers each request with ``handler(request)``, for tests.

    Args:
        handler: a function, plain or async, from a request to a response; it may raise a ``TransportError``.
        clock: what ``Timeout.attempt`` is measured with.

    ``requests`` are those that were sent, oldest first.
    """

    def __init__(
        self, handler: Callable[[Request], RawResponse | Awaitable[RawResponse]], *, clock: Clock | None = None
    ) -> None:
        self._handler = handler
        self._clock = clock or LoopClock()
        self.requests: list[Request] = []

    async def send(self, request: Request) -> RawResponse:
        self.requests.append(request)
        try:
            async with time_limit(self._clock, request.timeout.attempt):
                response = self._handler(request)
                return await response if inspect.isawaitable(response) else response
        except TransportError:
            raise
        except TimeoutError as error:
            raise RequestTimeout(f"{request.endpoint}: no response within {request.timeout.attempt} s") from error

    async def aclose(self) -> None:
        """Do nothing: there is nothing to release."""
