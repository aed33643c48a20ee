"""A transport without a network, for tests."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable

from .._clock import Clock, LoopClock, time_limit
from ..errors import RequestTimeout, TransportError
from ..http import RawResponse, Request

__all__ = ["MemoryTransport"]


class MemoryTransport:
    """Returns the response of a function for each request.

    Args:
        handler: A plain or async function that takes a request and returns a response, or raises a ``TransportError``.
        clock: The clock of ``Timeout.attempt``.

    Attributes:
        requests: The requests that were sent, oldest first.
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
        """Do nothing: there are no connections."""
