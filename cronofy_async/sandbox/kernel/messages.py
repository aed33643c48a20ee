"""Requests to the sandbox and its responses, over HTTP or in process."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

import attrs

from .problems import Errors

__all__ = [
    "Recorded",
    "SandboxRequest",
    "SandboxResponse",
    "accepted",
    "invalid",
    "not_emulated",
    "not_found",
    "oauth_error",
    "ok",
    "plain",
    "problem",
]

_JSON: Final = {"Content-Type": "application/json; charset=utf-8"}
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _encode(value: Any) -> bytes:
    return _ENCODER.encode(value).encode()


_dumps: Callable[[Any], bytes]
try:
    from orjson import dumps as _dumps
except ImportError:  # orjson comes with the extra "speed"
    _dumps = _encode


def _to_json(value: Any) -> bytes:
    """Return JSON values as JSON text."""
    try:
        return _dumps(value)
    except TypeError:  # orjson rejects integers of more than 64 bits
        return _encode(value)


# Each request makes one of each of the classes below, which takes half as long as if they were frozen.


@attrs.define(kw_only=True)
class SandboxRequest:
    """A request as it arrived.

    Attributes:
        query: The query string, percent-encoded.
        headers: Look them up in lower case.
        base_url: The URL that the client used for the sandbox. URLs in responses begin with it.
        served: Whether it came over HTTP; otherwise it came in process.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    base_url: str
    served: bool = False


@attrs.define(kw_only=True)
class SandboxResponse:
    """A response.

    Attributes:
        reset: Whether to break the connection instead of sending it.
        truncate: Whether to break the connection after half of the body.
        value: The JSON values that the body was made from, if it was.
        stream: Parts of the body that follow later, for as long as the client listens.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    body: bytes = attrs.field(default=b"", repr=False)
    reset: bool = False
    truncate: bool = False
    value: Any = attrs.field(default=None, repr=False, eq=False)
    stream: AsyncIterator[bytes] | None = attrs.field(default=None, repr=False, eq=False)

    @classmethod
    def of(cls, status: int, value: Any = None, headers: Mapping[str, str] | None = None) -> SandboxResponse:
        """Return a response with a JSON body, or an empty body if ``value`` is ``None``."""
        if value is None:
            return cls(status=status, headers=headers or {})
        headers = {**_JSON, **headers} if headers else _JSON
        return cls(status=status, headers=headers, body=_to_json(value), value=value)

    @property
    def json(self) -> Any:
        """The body as JSON values; ``None`` if it is empty."""
        return json.loads(self.body) if self.body else None


def ok(value: Any, headers: Mapping[str, str] | None = None) -> SandboxResponse:
    """Return 200 with a JSON body."""
    return SandboxResponse.of(200, value, headers)


def accepted(value: Any = None) -> SandboxResponse:
    """Return 202: the request is valid and takes effect later."""
    return SandboxResponse.of(202, value)


def not_found(missing: str | None = None) -> SandboxResponse:
    """Return 404.

    Args:
        missing: The resource that was not found, if it is not in the path: ``target_calendars[0].sub: …``. The
            documentation shows no body; the clients of the sandbox show this one.
    """
    return SandboxResponse.of(404) if missing is None else problem(404, "not_found", missing)


def plain(status: int, text: str) -> SandboxResponse:
    """Return a response with a body of plain text."""
    return SandboxResponse(status=status, headers={"Content-Type": "text/plain; charset=utf-8"}, body=text.encode())


def invalid(errors: Errors) -> SandboxResponse:
    """Return Cronofy's 422."""
    return SandboxResponse.of(422, {"errors": errors})


def oauth_error(error: str, description: str | None = None) -> SandboxResponse:
    """Return an error of the token endpoint (RFC 6749, section 5.2)."""
    return SandboxResponse.of(400, {"error": error} | ({"error_description": description} if description else {}))


def not_emulated(request: str) -> SandboxResponse:
    """Return 501: the sandbox never invents a response that it does not emulate."""
    return problem(501, "not_emulated", f"the sandbox does not emulate {request}")


def problem(status: int, error: str, text: str, **members: object) -> SandboxResponse:
    """Return an error of the sandbox itself, in JSON.

    Args:
        status: The status of the response.
        error: A code for programs.
        text: A message for people.
        members: Further members.
    """
    return SandboxResponse.of(status, {"error": error, "error_description": text, **members})


@attrs.define(kw_only=True)
class Recorded:
    """A request that reached the sandbox.

    Attributes:
        operation: The operation; ``None`` if the sandbox has none for the request.
        json: The body as JSON values.
        unknown: Hints for its members and parameters that the contract does not know.
        status: The status of the response; ``None`` if the connection was broken.
    """

    operation: str | None
    method: str
    path: str
    query: str = attrs.field(repr=False)
    json: Any = attrs.field(repr=False)
    unknown: tuple[str, ...] = ()
    status: int | None
