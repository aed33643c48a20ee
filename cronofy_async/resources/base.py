"""What a resource makes its calls with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from ..call import Call, Sender
from ..codec import decode, encode
from ..http import Credential, Endpoint, RawResponse, Request

__all__ = ["Caller", "Resource", "read_as"]

T = TypeVar("T")


class Caller(Sender, Protocol):
    """A client as a resource sees it."""

    validate: bool

    def prepare(self, endpoint: Endpoint, target: str, body: bytes | None, credential: Credential) -> Request:
        """Make the request, with the client's host, headers and time-outs."""
        ...


def read_as(cls: type[T], unwrap: str | None = None) -> Callable[[RawResponse], T]:
    """A decoder for a model, which may stand in an envelope."""
    return lambda response: decode(cls, response.body, unwrap=unwrap)


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
        body = None if json is None else encode(json)
        request = self._caller.prepare(endpoint, endpoint.target(path, query), body, self._credential)
        return Call(request, decoder, self._caller)
