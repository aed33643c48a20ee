"""What a resource makes its calls with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from .._clock import Clock
from .._codec import decode, encode
from ..call import Call, Sender
from ..errors import DecodeError
from ..http import Credential, Endpoint, RawResponse, Request
from ..pages import target_on

__all__ = ["Caller", "Resource", "read_as"]

T = TypeVar("T")


class Caller(Sender, Protocol):
    """A client as a resource sees it."""

    base_url: str
    validate: bool
    clock: Clock
    background_rate: float | None

    def prepare(self, endpoint: Endpoint, target: str, body: bytes | None, credential: Credential) -> Request:
        """Make the request, with the client's host, headers and time-outs."""
        ...


def read_as(cls: type[T], envelope: str | None = None) -> Callable[[RawResponse], T]:
    """A decoder for a model, which may stand in an envelope."""
    return lambda response: decode(cls, response.body, envelope=envelope)


class Resource:
    """An area of the API. ``credential`` is what its calls are made with."""

    __slots__ = ("_caller", "_credential")

    def __init__(self, caller: Caller, credential: Credential) -> None:
        self._caller = caller
        self._credential = credential

    def _call(
        self,
        endpoint: Endpoint,
        decoder: Callable[[RawResponse], T],
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
    ) -> Call[T]:
        return self._to(endpoint, decoder, endpoint.target(path, query), json)

    def _follow(
        self, endpoint: Endpoint, decoder: Callable[[RawResponse], T], url: str, *, found_at: str, json: Any = None
    ) -> Call[T]:
        """A call of a URL that an answer holds.

        Raises:
            DecodeError: it is not on the host that the client is set up for; ``found_at`` says where it was.
        """
        target = target_on(self._caller.base_url, url)
        if target is None:
            message = f"{found_at}: this URL is not on {self._caller.base_url}, and is not followed"
            raise DecodeError(message, path=found_at)
        return self._to(endpoint, decoder, target, json)

    def _to(self, endpoint: Endpoint, decoder: Callable[[RawResponse], T], target: str, json: Any) -> Call[T]:
        body = None if json is None else encode(json)
        return Call(self._caller.prepare(endpoint, target, body, self._credential), decoder, self._caller)
