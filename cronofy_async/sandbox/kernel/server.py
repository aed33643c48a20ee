"""Access to the sandbox, over HTTP and in process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from aiohttp import web

from ..._clock import time_limit
from ...errors import RequestTimeout, ResponseLost
from ...http import RawResponse, Request
from .callbacks.targets import is_loopback
from .clock import SandboxClock
from .messages import SandboxRequest, SandboxResponse, problem

__all__ = ["InProcessTransport", "serve"]

_log: Final = logging.getLogger("cronofy_async.sandbox")
#: For aiohttp's messages about malformed requests, which belong in a configured log and not on stderr.
_http_log: Final = logging.getLogger("cronofy_async.sandbox.http")
_http_log.addHandler(logging.NullHandler())

#: The maximum number of bytes of a body.
_MAX_BYTES: Final = 32 * 1024 * 1024

Handle: TypeAlias = Callable[[SandboxRequest], Awaitable[SandboxResponse]]


class InProcessTransport:
    """Sends requests to a sandbox in the same process, without a socket."""

    def __init__(self, handle: Handle, clock: SandboxClock) -> None:
        self._handle = handle
        self._clock = clock

    async def send(self, request: Request) -> RawResponse:
        path, _, query = request.target.partition("?")
        incoming = SandboxRequest(
            method=request.method,
            path=path,
            query=query,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.body or b"",
            base_url=request.base_url,
        )
        try:
            async with time_limit(self._clock, request.timeout.attempt):
                response = await self._handle(incoming)
        except TimeoutError as error:
            raise RequestTimeout(f"{request.endpoint}: no response within {request.timeout.attempt} s") from error
        if response.reset or response.truncate:
            raise ResponseLost(f"{request.endpoint}: the connection broke")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return RawResponse(status=response.status, headers=headers, body=response.body)

    async def aclose(self) -> None:
        """Do nothing: closing a client does not close the sandbox."""


@asynccontextmanager
async def serve(handle: Handle, host: str, port: int) -> AsyncGenerator[str]:
    """Serve over HTTP for the duration of the context, and yield the URL."""
    streams: set[asyncio.Task[Any]] = set()

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if "Expect" in request.headers:
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        try:
            body = await request.read() if request.body_exists else b""
        except web.RequestPayloadError:  # the Content-Encoding header is wrong
            return await _write(request, problem(400, "bad_request", "body: cannot be decoded"))
        except web.HTTPRequestEntityTooLarge:
            text = f"body: must have at most {_MAX_BYTES:,} bytes"
            return await _write(request, problem(413, "too_large", text))
        path, _, query = request.raw_path.partition("?")
        incoming = SandboxRequest(
            method=request.method,
            path=path,
            query=query,
            headers=request.headers,
            body=body,
            base_url=_base_url(request),
            served=True,
        )
        try:
            response = await handle(incoming)
        except Exception:
            _log.exception("%s %s failed in the sandbox", request.method, request.path)
            return web.Response(status=500)
        if response.stream is None:
            return await _write(request, response)
        task = asyncio.current_task()
        assert task is not None
        streams.add(task)
        try:
            return await _write_stream(request, response, response.stream)
        finally:
            streams.discard(task)

    # An application and its router would take longer than the sandbox itself.
    server = web.Server(answer, request_factory=_request, access_log=None, logger=_http_log)
    runner = web.ServerRunner(server, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield _url(*runner.addresses[0][:2])
    finally:
        for task in streams:
            task.cancel()
        await runner.cleanup()


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=_MAX_BYTES)


def _base_url(request: web.BaseRequest) -> str:
    """Return the URL of the sandbox that the client used, or its address if the ``Host`` header is that of another server."""
    transport = request.transport  # None if the client has disconnected, so that it gets no response
    address, port = transport.get_extra_info("sockname")[:2] if transport else ("127.0.0.1", 0)
    return _checked_url(request.headers.get("Host", ""), address, port)


@lru_cache(maxsize=64)
def _checked_url(host: str, address: str, port: int) -> str:
    """Return the URL for a ``Host`` header that names this machine or this port, but not Cronofy, or the URL of an address.

    So a sandbox in a container can be reached by the name of the container. An official SDK always sends
    ``api.cronofy.com``, even if the URL of the API is another one.
    """
    named = f"http://{host}"
    try:
        name, is_port = urlsplit(named).hostname, urlsplit(named).port == port
        is_own = is_loopback(named) or (name and is_port and not f".{name}".endswith(".cronofy.com"))
    except ValueError:
        is_own = False
    return named if is_own else _url(address, port)


def _url(address: str, port: int) -> str:
    return f"http://{f'[{address}]' if ':' in address else address}:{port}"


async def _write(request: web.BaseRequest, content: SandboxResponse) -> web.StreamResponse:
    if content.reset:
        return _drop(request)
    if content.truncate:
        response = web.StreamResponse(status=content.status, headers=content.headers)
        response.content_length = max(1, len(content.body))
        await response.prepare(request)
        await response.write(content.body[: len(content.body) // 2])
        await asyncio.sleep(0)  # let the half be sent before the connection breaks
        return _drop(request)
    return web.Response(status=content.status, headers=content.headers, body=content.body)


async def _write_stream(
    request: web.BaseRequest, content: SandboxResponse, stream: AsyncIterator[bytes]
) -> web.StreamResponse:
    response = web.StreamResponse(status=content.status, headers=content.headers)
    await response.prepare(request)
    try:
        if request.method == "HEAD":  # its body would be taken for the next response
            return response
        await response.write(content.body)
        async for part in stream:
            await response.write(part)
    except ConnectionError:  # the client has disconnected
        pass
    except asyncio.CancelledError:  # the server is stopping, which is not an error
        with suppress(ConnectionError):
            await response.write_eof()
        raise
    finally:
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()
    return response


def _drop(request: web.BaseRequest) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
