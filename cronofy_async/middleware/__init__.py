"""The chain between a call and the transport.

::

    per call:     tracing → logging → deadline → [the user's own] → retry
    per attempt:  auth → [the user's own] → rate limit → transport

A middleware is any ``async def middleware(request, call_next)``. It gets statuses as values; only a transport failure
raises. It may change the request, answer by itself, or call ``call_next`` again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol, TypeAlias

from ..http import RawResponse, Request

__all__ = ["Handler", "Middleware", "compose"]

Handler: TypeAlias = Callable[[Request], Awaitable[RawResponse]]


class Middleware(Protocol):
    """A layer around the transport."""

    def __call__(self, request: Request, call_next: Handler, /) -> Awaitable[RawResponse]: ...


def compose(layers: Iterable[Middleware], innermost: Handler) -> Handler:
    """Put ``layers``, outermost first, around ``innermost``."""
    handler = innermost
    for layer in reversed(list(layers)):
        handler = _around(layer, handler)
    return handler


def _around(layer: Middleware, call_next: Handler) -> Handler:
    def handler(request: Request) -> Awaitable[RawResponse]:
        return layer(request, call_next)

    return handler
