"""A transport without a network, for tests."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable

from ..http import RawResponse, Request

__all__ = ["MemoryTransport"]


class MemoryTransport:
    """Returns the response of a function to each request.

    Args:
        handler: A plain or async function that takes a request and returns a response, or raises a ``TransportError``.

    Attributes:
        requests: The requests that were sent, oldest first.
    """

    def __init__(self, handler: Callable[[Request], RawResponse | Awaitable[RawResponse]]) -> None:
        self._handler = handler
        self.requests: list[Request] = []

    async def send(self, request: Request) -> RawResponse:
        self.requests.append(request)
        response = self._handler(request)
        return await response if inspect.isawaitable(response) else response

    async def aclose(self) -> None:
        """Do nothing: there are no connections."""
