"""Transports send one request as bytes and return one response as bytes.

To use another HTTP client, write a class with two methods; docs/clients.md has an example.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from ..http import RawResponse, Request

__all__ = ["ResponseStream", "StreamingTransport", "Transport", "open_stream"]


class Transport(Protocol):
    """Sends requests, independently of the API.

    A transport returns a response with any status. If there is no response, it raises a ``TransportError``, whose
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


class ResponseStream(Protocol):
    """A response whose body is read part by part. ``headers`` have names in lower case."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    async def read(self) -> bytes:
        """Return the next part of the body, as soon as there is one; empty at the end.

        Raises:
            TransportError: The connection broke before the body was complete.
        """
        ...

    async def aclose(self) -> None:
        """Close the connection, unless the body was read to the end."""
        ...


@runtime_checkable
class StreamingTransport(Protocol):
    """A transport that can also return a response before its body has arrived, for downloads of any size."""

    async def stream(self, request: Request) -> ResponseStream:
        """Send ``request`` once, like ``send``, and return the response as soon as its headers have arrived."""
        ...


class _CompleteResponse:
    """A stream of a response that is completely in memory."""

    def __init__(self, response: RawResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self._body = response.body

    async def read(self) -> bytes:
        body, self._body = self._body, b""
        return body

    async def aclose(self) -> None:
        self._body = b""


async def open_stream(transport: Transport, request: Request) -> ResponseStream:
    """Send a request and return the response as a stream, even if the transport can only return it as a whole."""
    if isinstance(transport, StreamingTransport):
        return await transport.stream(request)
    return _CompleteResponse(await transport.send(request))
