"""Access to the sandbox over HTTP and in process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

from aiohttp import web

from ..._clock import time_limit
from ...errors import RequestTimeout, ResponseLost
from ...http import RawResponse, Request
from .clock import SandboxClock
from .messages import SandboxRequest, SandboxResponse

__all__ = ["InProcessTransport", "serve"]

_log: Final = logging.getLogger("cronofy_async.sandbox")
#: For aiohttp's messages about malformed requests, which belong in a configured log and not on stderr.
_http_log: Final = logging.getLogger("cronofy_async.sandbox.http")
_http_log.addHandler(logging.NullHandler())

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
                answer = await self._handle(incoming)
        except TimeoutError as error:
            raise RequestTimeout(f"{request.endpoint}: no response within {request.timeout.attempt} s") from error
        if answer.reset or answer.truncate:
            raise ResponseLost(f"{request.endpoint}: the connection broke")
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return RawResponse(status=answer.status, headers=headers, body=answer.body)

    async def aclose(self) -> None:
        """Do nothing: closing a client does not close the sandbox."""


@asynccontextmanager
async def serve(handle: Handle, host: str, port: int) -> AsyncGenerator[str]:
    """Serve over HTTP for the duration of the context, and yield the URL."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            body = await request.read()
        except web.RequestPayloadError:  # the Content-Encoding header is wrong
            return web.json_response(
                {"error": "bad_request", "error_description": "cannot decode the body"}, status=400
            )
        incoming = SandboxRequest(
            method=request.method,
            path=request.raw_path.partition("?")[0],
            query=request.raw_path.partition("?")[2],
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            base_url=f"{request.scheme}://{request.host}",
            served=True,
        )
        try:
            response = await handle(incoming)
        except Exception:
            _log.exception("%s %s failed in the sandbox", request.method, request.path)
            return web.Response(status=500)
        return await _write(request, response)

    app = web.Application(client_max_size=32 * 1024 * 1024)
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app, access_log=None, logger=_http_log, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        address = runner.addresses[0]
        yield f"http://{f'[{address[0]}]' if ':' in address[0] else address[0]}:{address[1]}"
    finally:
        await runner.cleanup()


async def _write(request: web.Request, answer: SandboxResponse) -> web.StreamResponse:
    if answer.reset:
        return _drop(request)
    if answer.truncate:
        response = web.StreamResponse(status=answer.status, headers=answer.headers)
        response.content_length = max(1, len(answer.body))
        await response.prepare(request)
        await response.write(answer.body[: len(answer.body) // 2])
        await asyncio.sleep(0)  # let the half go out before the connection breaks
        return _drop(request)
    return web.Response(status=answer.status, headers=answer.headers, body=answer.body)


def _drop(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
