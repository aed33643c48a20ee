"""Transports send one request as bytes and return one response as bytes.

To use another HTTP client, write a class with two methods; docs/clients.md has an example.
"""

from __future__ import annotations

from typing import Protocol

from ..http import RawResponse, Request

__all__ = ["Transport"]


class Transport(Protocol):
    """Sends requests, independently of the API.

    A transport returns a response whatever its status is. Without a response it raises a ``TransportError``, whose
    ``sent`` is ``"no"`` only if nothing was sent.
    """

    async def send(self, request: Request) -> RawResponse:
        """Send ``request`` once, without following redirects.

        Connect within ``request.timeout.connect`` seconds. The client cancels an attempt that takes longer than
        ``request.timeout.attempt``.
        """
        ...

    async def aclose(self) -> None:
        """Close the transport's connections. May be called twice."""
        ...
