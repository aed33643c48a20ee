"""A call is a request to an endpoint, as a value that can be awaited, inspected, scheduled, or run in bulk."""

from __future__ import annotations

import asyncio
import inspect
import sys
import warnings
from collections.abc import (
    Callable,
    Coroutine,
    Generator,
    Mapping,
)
from typing import Any, Generic, Protocol, TypeVar

import attrs

from ._clock import Clock
from ._codec import encode, parse_json, query_string, to_dict
from ._json import Json, is_object
from ._redaction import hide
from .http import JSON_BODY, Credential, Endpoint, RawResponse, Request, Timeout
from .transports import ResponseStream

__all__ = ["Call", "Response", "Sender", "returns_call"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
I_co = TypeVar("I_co", covariant=True)
F = TypeVar("F", bound=Callable[..., Any])


class Sender(Protocol):
    """The part of a client that its calls and resources use."""

    base_url: str
    app_url: str
    client_id: str | None
    validate: bool
    warn_unstable: bool
    clock: Clock
    background_rate: float | None

    def prepare(self, endpoint: Endpoint[Any], target: str, body: bytes | None, credential: Credential, /) -> Request:
        """Return a request with the client's host, headers, and timeouts."""
        ...

    def send(self, request: Request, /) -> Coroutine[Any, Any, Any]:
        """Send a request and return the decoded response."""
        ...

    def respond(self, request: Request, /) -> Coroutine[Any, Any, Response[Any]]:
        """Send a request and return the decoded data with the status, headers, and body."""
        ...

    def decode(self, request: Request, response: RawResponse, /) -> Any:
        """Return the decoded body of a response, or raise the error that it reports."""
        ...

    def stream(self, request: Request, /) -> Coroutine[Any, Any, ResponseStream]:
        """Send a request without the middleware chain, and return the response before its body has arrived."""
        ...


def _data_repr(data: object) -> str:
    """Hide plain JSON, which may contain tokens and URLs. Models hide these themselves."""
    return hide(data) if type(data) in {str, list, dict} else repr(data)


@attrs.frozen(kw_only=True)
class Response(Generic[T]):
    """A complete response: the decoded data, the status, the headers and the body.

    Attributes:
        data: The result that awaiting the call returns.
        status: The HTTP status.
        headers: The headers, with names in lower case.
        request_id: Cronofy's ID of the request, if the response has one.
        attempts: How often the request was sent.
        elapsed: The seconds from the start of the call to the response, including retries and waits.
        body: The complete body, as bytes.
    """

    data: T = attrs.field(repr=_data_repr)
    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    request_id: str | None
    attempts: int
    elapsed: float
    body: bytes = attrs.field(repr=hide)

    @property
    def json(self) -> Any:
        """The body as JSON values, including members that the model does not declare; ``None`` if it is empty."""
        return parse_json(self.body) if self.body else None


class Call(Coroutine[Any, Any, T_co]):
    """A request that is sent when the call is awaited. Like a coroutine, a call can be used only once.

    Awaiting it, scheduling it as a task, and calling ``response`` or ``with_options`` each use it up. A call that is
    never used causes a ``RuntimeWarning``.
    """

    __slots__ = ("__weakref__", "_coroutine", "_driver", "_request", "_sender", "_used", "_warns_if_unused")

    def __init__(self, request: Request, sender: Sender) -> None:
        self._request = request
        self._sender = sender
        self._used = False
        self._warns_if_unused = True  # until it is used, or its request is read
        self._coroutine: Coroutine[Any, Any, T_co] | None = None
        self._driver: int | None = None

    @property
    def request(self) -> Request:
        """The request as a value, which can be compared, hashed, and pickled.

        Reading it does not use the call up. A call whose request was read does not warn when it is never awaited.
        """
        self._warns_if_unused = False
        return self._request

    def with_options(
        self,
        *,
        timeout: Timeout | float | None = None,
        retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        idempotent: bool | None = None,
        query: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> Call[T_co]:
        """Return a new call with these options. This uses the original call up.

        Args:
            timeout: The timeouts of this call. A number is the total in seconds (``Timeout.total``).
            retries: The maximum number of retries; 0 sends the request once.
            headers: HTTP headers to add.
            idempotent: Whether to retry a request that may have been processed. By default, the endpoint decides.
            query: Parameters to add to the query, for example ones that this package does not know yet.
            json: Members to add to the JSON body. Nested objects are merged.

        Raises:
            ValueError: ``retries`` is negative, or the body is not an object, or a value cannot be written.

        Example::

            call = client.real_time_scheduling.disable(link, display_message="The position was filled.")
            await call.with_options(json={"brand_new": True})
        """
        if retries is not None and retries < 0:
            raise ValueError(f"retries: must not be negative, got {retries}")
        request, old = self._request, self._request.options
        if timeout is not None and not isinstance(timeout, Timeout):
            timeout = attrs.evolve(old.timeout or request.timeout, total=timeout)
        options = attrs.evolve(
            old,
            timeout=timeout or old.timeout,
            retries=old.retries if retries is None else retries,
            headers=(*old.headers, *(headers or {}).items()),
            idempotent=old.idempotent if idempotent is None else idempotent,
        )
        if headers:
            request = request.with_headers(headers)
        if query:
            request = request.evolve(target=request.target + _query_suffix(request.target, query))
        if json:
            request = request.with_headers(JSON_BODY).evolve(body=_merge_json(request, json))
        return self._with(request.evolve(options=options, timeout=options.timeout or request.timeout))

    def background(self, on_sent: Callable[[], object] | None = None) -> Call[T_co]:
        """Return a new call in the background lane, which yields to interactive calls. This uses the original call up.

        Args:
            on_sent: Called whenever a request is sent, after it has waited for the rate limit.
        """
        options = attrs.evolve(self._request.options, lane="background", on_sent=on_sent)
        return self._with(self._request.evolve(options=options))

    def _with(self, request: Request) -> Call[T_co]:
        self._use()
        return Call(request, self._sender)

    def response(self) -> Coroutine[Any, Any, Response[T_co]]:
        """Send the call and return the decoded data with the status, headers, and body. This uses the call up.

        Raises:
            CronofyError: Whatever awaiting the call raises.
        """
        self._use()
        return self._sender.respond(self._request)

    def _use(self) -> None:
        if self._used:
            raise RuntimeError(f"{self!r} was already used. Each call can be sent only once: create a new one.")
        self._used, self._warns_if_unused = True, False

    def _start(self) -> Coroutine[Any, Any, T_co]:
        driver = _current_task_id()
        if self._coroutine is None:
            self._use()
            self._coroutine, self._driver = self._sender.send(self._request), driver
        elif self._driver != driver:
            self._use()  # raises, as a second task must not drive the coroutine of the first
        return self._coroutine

    def __await__(self) -> Generator[Any, Any, T_co]:
        self._use()
        return self._sender.send(self._request).__await__()

    def send(self, value: Any) -> Any:
        return self._start().send(value)

    def throw(self, *exception: Any) -> Any:
        return self._start().throw(*exception)

    def close(self) -> None:
        self._used, self._warns_if_unused = True, False
        if self._coroutine is not None:
            self._coroutine.close()

    def __repr__(self) -> str:
        return f"<Call {self._request.endpoint}>"

    def __del__(self) -> None:
        if getattr(self, "_warns_if_unused", False):
            warnings.warn(f"{self!r} was never awaited", RuntimeWarning, stacklevel=2, source=self)


def _query_suffix(target: str, query: Mapping[str, Any]) -> str:
    return query_string(query).replace("?", "&" if "?" in target else "?", 1)


def _merge_json(request: Request, json: Mapping[str, Any]) -> bytes:
    body: object = parse_json(request.body) if request.body else {}
    if request.method == "GET" or not is_object(body):
        problem = "GET has no body" if request.method == "GET" else f"it is {type(body).__name__}"
        raise ValueError(f"json: members can only be added to a body that is a JSON object, but {problem}")
    return encode(_merge(body, to_dict(json)))


def _merge(old: Json, new: Json) -> dict[str, Any]:
    nested = {name: _merge(old[name], new[name]) for name in new if is_object(old.get(name)) and is_object(new[name])}
    return {**old, **new, **nested}


def _current_task_id() -> int | None:
    try:
        return id(asyncio.current_task())
    except RuntimeError:  # without an event loop, something other than a task drives the coroutine
        return None


if sys.version_info >= (3, 12):  # pragma: no cover - depends on the version

    def returns_call(method: F) -> F:
        """Mark a method that returns a ``Call`` as a coroutine function for ``inspect``, since its result is awaited."""
        return inspect.markcoroutinefunction(method)

else:  # pragma: no cover

    def returns_call(method: F) -> F:
        """Mark a method that returns a ``Call`` as a coroutine function for ``asyncio``, since its result is awaited."""
        method._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined] # noqa: SLF001
        return method
