"""How a request travels: a transport takes one request as bytes and brings one response as bytes.

A transport of your own is a class with two methods; see the README for one in twenty lines.
"""

from __future__ import annotations

from typing import Protocol

from ..http import RawResponse, Request

__all__ = ["Transport"]


class Transport(Protocol):
    """Carries requests; knows nothing of Cronofy.

    A status, whatever it is, is a response. Only when there is none does a transport raise, always a
    :class:`~cronofy_async.errors.TransportError`, whose ``sent`` is ``"no"`` only if nothing left this machine.
    """

    async def send(self, request: Request) -> RawResponse:
        """Send ``request`` once, within ``request.timeout.connect`` and ``.attempt``; follow no redirect."""
        ...

    async def aclose(self) -> None:
        """Release what the transport holds. May be called twice."""
        ...
