"""The default transport, which uses aiohttp."""

from __future__ import annotations

import asyncio
import errno
import ssl
from collections.abc import Awaitable, Iterator, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
from aiohttp.client_proto import ResponseHandler
from multidict import CIMultiDict
from yarl import URL

from .._redaction import detach
from ..errors import (
    ClientClosedError,
    ConfigurationError,
    ConnectError,
    CronofyError,
    RequestTimeout,
    ResponseLost,
    ResponseTooLarge,
)
from ..http import RawResponse, Request, Timeout
from . import ResponseStream

__all__ = ["CONNECTIONS", "AiohttpTransport"]

CONNECTIONS: Final = 128
MAX_RESPONSE: Final = 32 * 1024 * 1024
#: The maximum number of dead connections that one request may encounter.
_MAX_DISCARDED: Final = 16
#: Skipped for a POST without a body, for which aiohttp would set ``application/octet-stream``.
_CONTENT_TYPE: Final = ("Content-Type",)


class AiohttpTransport:
    """Sends requests with aiohttp.

    Args:
        session: Your own session. It is not closed, and its connector, proxy, TLS and trace settings apply. On a
            keep-alive connection that turns out to be dead, aiohttp retries GET and DELETE once, which the rate limit
            does not count; and it uses a response that arrived without a request as the response to the next one.
            Both are switched off unless the session is your own.
        proxy: The URL of an HTTP proxy.
        ssl: A TLS context, for a private CA or a client certificate.
        connections: The maximum number of open connections. If a client creates the transport itself, it is at least the
            ``per_second`` of the rate limit.
        trust_env: Whether to read proxies from ``HTTP_PROXY``, ``HTTPS_PROXY`` and ``.netrc``.
        max_response: The largest response to accept, in bytes after decompression.

    A client does not close a transport that was passed to it: use ``async with``, or call ``aclose``.

    The session is created in the running event loop when the first request is sent. After that loop is closed, the
    transport can be used in another one.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession | None = None,
        *,
        proxy: str | None = None,
        ssl: ssl.SSLContext | None = None,
        connections: int = CONNECTIONS,
        trust_env: bool = False,
        max_response: int = MAX_RESPONSE,
    ) -> None:
        if session is not None and (proxy or ssl or trust_env):
            raise ConfigurationError("session: has its own proxy, ssl and trust_env. Set them there.")
        self._borrowed = session
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._proxy = proxy
        self._ssl = ssl
        self._connections = connections
        self._trust_env = trust_env
        self._max_response = max_response
        # Headers that nearly all requests have in common, converted once.
        self._base = ("", URL(), "")
        self._headers: tuple[Mapping[str, str], CIMultiDict[str]] = ({}, CIMultiDict())
        self._timeouts: tuple[Timeout | None, aiohttp.ClientTimeout] = (None, aiohttp.ClientTimeout())
        self._closed = False

    async def send(self, request: Request) -> RawResponse:
        session = self._session
        if session is None or self._loop is not asyncio.get_running_loop():
            session = await self._session_in_this_loop()
        response: aiohttp.ClientResponse | None = None
        try:
            response = await self._request(session, request)
            if response.content.is_eof() and session is not self._borrowed:
                body = response.content.read_nowait()  # it arrived with the headers, as in most responses
            else:
                body = await self._read_body(request, response)
            if len(body) <= self._max_response:
                return RawResponse(status=response.status, headers=_Headers(response.headers), body=body)
            failure: Exception = _too_large(request, self._max_response)
        except CronofyError:
            raise
        except Exception as error:
            failure = _failure(request, error)
        response = None  # its repr shows the URL
        raise failure  # outside the handler, so that no exception of aiohttp is its context

    async def stream(self, request: Request) -> ResponseStream:
        """Send a request and return the response, of any size, before its body has arrived."""
        session = await self._session_in_this_loop()
        try:
            return _Stream(request, await self._request(session, request))
        except Exception as error:
            failure = _failure(request, error)
        raise failure

    @property
    def is_open(self) -> bool:
        """Whether it has its own session, which has to be closed."""
        return self._session is not None

    async def aclose(self) -> None:
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _session_in_this_loop(self) -> aiohttp.ClientSession:
        if self._closed:
            raise ClientClosedError("the transport is closed")
        if self._borrowed is not None:
            if self._borrowed.closed:
                raise ClientClosedError("the session that was passed to the transport is closed")
            return self._borrowed
        loop = asyncio.get_running_loop()
        if self._session is not None and self._loop is loop:
            return self._session
        if self._loop is not None and not self._loop.is_closed():
            raise ConfigurationError("this client is in use in another event loop. Create a client for each loop.")
        old, session = self._session, self._open()
        self._session, self._loop = session, loop
        if old is not None:
            await old.close()
        return session

    def _open(self) -> aiohttp.ClientSession:
        connector = _Connector(limit=self._connections, ssl=self._ssl if self._ssl is not None else True)
        protocol: Any = partial(_Protocol, loop=asyncio.get_running_loop())
        connector._factory = protocol  # pyright: ignore[reportPrivateUsage] # noqa: SLF001
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            proxy=self._proxy,
            trust_env=self._trust_env,
        )
        # aiohttp retries idempotent requests on a connection that died while idle. There is no public switch; a test
        # counts the requests at a real server.
        session._retry_connection = False  # pyright: ignore[reportPrivateUsage] # noqa: SLF001
        return session

    def _url(self, request: Request) -> URL:
        target = request.target
        if "?" in target:
            return URL(request.url, encoded=True)
        text, base, path = self._base
        if text != request.base_url:
            base = URL(request.base_url, encoded=True)
            path = base.raw_path.rstrip("/")
            self._base = request.base_url, base, path
        return base.with_path(path + target, encoded=True)

    def _convert_headers(self, headers: Mapping[str, str]) -> CIMultiDict[str]:
        original, converted = self._headers
        if original is not headers:
            converted = CIMultiDict(headers)
            self._headers = headers, converted
        return converted

    def _timeout(self, timeout: Timeout) -> aiohttp.ClientTimeout:
        original, converted = self._timeouts
        if original is not timeout:
            converted = aiohttp.ClientTimeout(total=None, sock_connect=timeout.connect)
            self._timeouts = timeout, converted
        return converted

    def _request(self, session: aiohttp.ClientSession, request: Request) -> Awaitable[aiohttp.ClientResponse]:
        return session.request(
            request.method,
            self._url(request),
            data=request.body,
            headers=self._convert_headers(request.headers),
            skip_auto_headers=_CONTENT_TYPE if request.method == "POST" and request.body is None else None,
            allow_redirects=False,
            timeout=self._timeout(request.timeout),
        )

    async def _read_body(self, request: Request, response: aiohttp.ClientResponse) -> bytes:
        if _length(response) <= self._max_response:
            return await response.read()  # which runs the traces of a borrowed session
        chunks: list[bytes] = []
        size = 0
        try:
            if (response.content_length or 0) > self._max_response:
                raise _too_large(request, self._max_response)
            async for chunk in response.content.iter_any():
                size += len(chunk)
                if size > self._max_response:
                    raise _too_large(request, self._max_response)
                chunks.append(chunk)
        finally:
            response.release()  # closes the connection unless the response was read completely
        return b"".join(chunks)


class _Headers(Mapping[str, str]):
    """The headers of a response, with names in lower case. They are converted at the first access, which is rare."""

    __slots__ = ("_converted", "_received")

    def __init__(self, received: Mapping[str, str]) -> None:
        self._received = received
        self._converted: dict[str, str] | None = None

    def __getitem__(self, name: str) -> str:
        return self._all[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __repr__(self) -> str:
        return repr(self._all)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (self._all,)

    @property
    def _all(self) -> dict[str, str]:
        if self._converted is None:
            self._converted = {name.lower(): value for name, value in self._received.items()}
        return self._converted


class _Stream:
    """A response whose body is read part by part. aiohttp stops receiving while more than 128 KiB are unread."""

    def __init__(self, request: Request, response: aiohttp.ClientResponse) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = _Headers(response.headers)
        self._request = request
        self._response = response

    async def read(self) -> bytes:
        try:
            return await self._response.content.readany()
        except RuntimeError:  # what aiohttp raises once its session is closed
            failure: Exception = ResponseLost(f"{self._request.endpoint}: the connection was closed")
        except Exception as error:
            failure = _failure(self._request, error)
        raise failure

    async def aclose(self) -> None:
        self._response.close()  # keeps a connection whose response was read to its end


class _Protocol(ResponseHandler):
    """A connection that is not reused once something has arrived on it that no request asked for.

    aiohttp would return that as the response to the next request, and so on: every response would be off by one. aiohttp
    asks only idle connections whether they are connected, so this check costs less than one in the connector.
    """

    def is_connected(self) -> bool:
        return super().is_connected() and not self.should_close


class _Connector(aiohttp.TCPConnector):
    """Rejects a new connection on which the server sends a response before there is a request."""

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        protocol = await super()._create_connection(req, traces, timeout)
        if protocol.should_close:
            protocol.close()
            early = OSError(errno.EPROTO, "the server responded before there was a request")
            raise aiohttp.ClientConnectorError(req.connection_key, early)
        return protocol


def _length(response: aiohttp.ClientResponse) -> float:
    """Return the size of the body in bytes, or infinity if it is not known in advance."""
    length = response.content_length
    return float("inf") if length is None or "Content-Encoding" in response.headers else length


def _too_large(request: Request, limit: int) -> ResponseTooLarge:
    return ResponseTooLarge(f"{request.endpoint}: the response is larger than {limit} bytes")


def _failure(request: Request, error: Exception) -> Exception:
    """Return the error to raise instead of aiohttp's, whose messages and frames may show the URL and headers."""
    # The order matters: ClientConnectorError is a ClientOSError, and ConnectionTimeoutError a TimeoutError.
    failure: CronofyError
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        failure = RequestTimeout(f"{request.endpoint}: no connection within {request.timeout.connect} s", sent="no")
    elif isinstance(error, TimeoutError):
        failure = RequestTimeout(f"{request.endpoint}: the connection timed out")
    elif isinstance(error, aiohttp.ClientConnectorError):
        failure = ConnectError(f"{request.endpoint}: no connection: {_reason(error)}")
    elif isinstance(error, aiohttp.ClientHttpProxyError):
        reason = f"the proxy returned status {error.status}"
        failure = ConnectError(f"{request.endpoint}: no connection: {reason}")
    elif isinstance(error, aiohttp.InvalidURL):
        failure = ConfigurationError(f"{request.endpoint}: not a URL that can be requested")
    elif isinstance(error, aiohttp.ClientError | OSError):
        failure = ResponseLost(f"{request.endpoint}: the connection broke: {_reason(error)}")
    else:
        return detach(error)  # not about the connection, for example a header that aiohttp does not send
    failure.__cause__ = error
    return detach(failure)


def _reason(error: Exception) -> str:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return getattr(cause, "strerror", None) or type(cause).__name__
