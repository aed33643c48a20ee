"""A call: one use of an endpoint, as a value that can be awaited, inspected, scheduled or run in bulk."""

from __future__ import annotations

import asyncio
import inspect
import sys
import warnings
from collections.abc import (
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Mapping,
)
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import attrs

from ._codec import parse_json
from ._redaction import hide
from .errors import ApiError, DecodeError
from .http import Options, RawResponse, Request, Timeout

__all__ = ["Call", "Response", "Sender", "returns_call"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
I_co = TypeVar("I_co", covariant=True)
F = TypeVar("F", bound=Callable[..., Any])

Decoder: TypeAlias = Callable[[RawResponse], T]


class Sender(Protocol):
    """What a call is sent with: a client."""

    def send(self, request: Request, /) -> Awaitable[RawResponse]:
        """Bring the answer, whatever its status."""
        ...

    def refusal(self, request: Request, response: RawResponse) -> ApiError:
        """The error that an answer is, without its secrets."""
        ...

    def explain(self, error: DecodeError, request: Request, response: RawResponse) -> DecodeError:
        """Tell an error of the exchange in which it happened, without its secrets."""
        ...

    def monotonic(self) -> float: ...


@attrs.frozen(kw_only=True)
class Response(Generic[T]):
    """An answer with everything around it.

    Attributes:
        data: what awaiting the call gives.
        status: the HTTP status.
        headers: the headers, in lower case.
        request_id: the server's name for the exchange, where it gave one.
        attempts: how often the request was sent.
        elapsed: the seconds from the first try to the answer, waiting included.
        body: the bytes of the answer, in full.
    """

    data: T
    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    request_id: str | None
    attempts: int
    elapsed: float
    body: bytes = attrs.field(repr=hide)

    @property
    def json(self) -> Any:
        """The JSON of the answer, with every attribute that the server sent; ``None`` if there is no body."""
        return parse_json(self.body) if self.body else None


class Call(Coroutine[Any, Any, T_co]):
    """One use of an endpoint, not yet sent. Awaiting it sends it; like a coroutine, it can be used once.

    Awaiting, scheduling as a task, :meth:`response`, :meth:`with_options` and :attr:`request` each use it up. A call
    that was never used warns.
    """

    __slots__ = ("__weakref__", "_coroutine", "_decoder", "_driver", "_request", "_sender", "_used")

    def __init__(self, request: Request, decoder: Decoder[T_co], sender: Sender) -> None:
        self._request = request
        self._decoder = decoder
        self._sender = sender
        self._used = False
        self._coroutine: Coroutine[Any, Any, T_co] | None = None
        self._driver: int | None = None

    @property
    def request(self) -> Request:
        """The request as a value: it can be compared, hashed and pickled. Uses the call up."""
        self._use()
        return self._request

    def with_options(
        self,
        *,
        timeout: Timeout | float | None = None,
        retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        idempotent: bool | None = None,
    ) -> Call[T_co]:
        """The same call with options of its own. Uses this one up.

        Args:
            timeout: for this call; a number is the seconds for the whole of it (``Timeout.total``).
            retries: how often it is repeated at most; 0 sends it once.
            headers: HTTP headers to add.
            idempotent: whether it may be sent again even if it was perhaps processed; by default the endpoint says.

        Raises:
            ValueError: ``retries`` is negative.
        """
        if retries is not None and retries < 0:
            raise ValueError(f"retries: must not be negative, got {retries}")
        old = self.request.options
        if timeout is not None and not isinstance(timeout, Timeout):
            timeout = attrs.evolve(old.timeout or self._request.timeout, total=float(timeout))
        options = attrs.evolve(
            old,
            timeout=timeout or old.timeout,
            retries=old.retries if retries is None else retries,
            headers=(*old.headers, *(headers or {}).items()),
            idempotent=old.idempotent if idempotent is None else idempotent,
        )
        return self._with(options)

    def background(self, on_sent: Callable[[], object] | None = None) -> Call[T_co]:
        """The same call in the background lane: it leaves room for calls that people wait for. Uses this one up.

        Args:
            on_sent: called whenever a request leaves, having waited for the rate limit.
        """
        return self._with(attrs.evolve(self.request.options, lane="background", on_sent=on_sent))

    def _with(self, options: Options) -> Call[T_co]:
        request = self._request.with_headers(dict(options.headers))
        request = attrs.evolve(request, options=options, timeout=options.timeout or request.timeout)
        return Call(request, self._decoder, self._sender)

    async def response(self) -> Response[T_co]:
        """Send the call, and give the whole answer. Uses the call up.

        Raises:
            ApiError, TransportError, DecodeError and the others of :mod:`cronofy_async.errors`, as awaiting it does.
        """
        request = self.request
        started = self._sender.monotonic()
        raw = await self._sender.send(request)
        return Response(
            data=self._decode(request, raw),
            status=raw.status,
            headers=raw.headers,
            request_id=raw.request_id,
            attempts=raw.attempts,
            elapsed=self._sender.monotonic() - started,
            body=raw.body,
        )

    async def _run(self) -> T_co:
        return self._decode(self._request, await self._sender.send(self._request))

    def _decode(self, request: Request, raw: RawResponse) -> T_co:
        if not 200 <= raw.status < 300:
            raise self._sender.refusal(request, raw)
        try:
            return self._decoder(raw)
        except DecodeError as error:
            raise self._sender.explain(error, request, raw) from None

    def _use(self) -> None:
        if self._used:
            raise RuntimeError(f"{self!r} was used already: a call is sent once, make another")
        self._used = True

    def _started(self) -> Coroutine[Any, Any, T_co]:
        driver = _current_task_id()
        if self._coroutine is None:
            self._use()
            self._coroutine, self._driver = self._run(), driver
        elif self._driver != driver:
            self._use()  # a second task: it must not drive the coroutine of the first
        return self._coroutine

    def __await__(self) -> Generator[Any, Any, T_co]:
        self._use()
        return self._run().__await__()

    def send(self, value: Any) -> Any:
        return self._started().send(value)

    def throw(self, *exception: Any) -> Any:
        return self._started().throw(*exception)

    def close(self) -> None:
        self._used = True
        if self._coroutine is not None:
            self._coroutine.close()

    def __repr__(self) -> str:
        return f"<Call {self._request.endpoint}>"

    def __del__(self) -> None:
        if not getattr(self, "_used", True):
            warnings.warn(f"{self!r} was never awaited", RuntimeWarning, stacklevel=2, source=self)


def _current_task_id() -> int | None:
    try:
        return id(asyncio.current_task())
    except RuntimeError:  # no loop runs: somebody drives it by hand
        return None


if sys.version_info >= (3, 12):  # pragma: no cover - one of the two, by version

    def returns_call(method: F) -> F:
        """Mark a method that returns a :class:`Call` as a coroutine function, which is how it behaves."""
        return inspect.markcoroutinefunction(method)

else:  # pragma: no cover

    def returns_call(method: F) -> F:
        """Mark a method that returns a :class:`Call` as a coroutine function, which is how it behaves."""
        method._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined] # noqa: SLF001
        return method
