"""Servers on loopback for the tests of the aiohttp transport."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trustme
from aiohttp import web
from yarl import URL

from cronofy_async.errors import TransportError
from cronofy_async.http import Endpoint, Request
from cronofy_async.transports import Transport
from cronofy_async.transports.aiohttp import AiohttpTransport

from .support import READ, request

SERVED = b'{"fine": true}'
ERASE = Endpoint(
    name="things.erase", method="DELETE", path="/v1/things", response_model=object, auth={"api_key"}, idempotent=True
)


ConnectionHandler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


# ---------------------------------------------------------------------------------------------------------------------
# Servers


@asynccontextmanager
async def raw_server(handler: ConnectionHandler, tls: ssl.SSLContext | None = None) -> AsyncGenerator[str]:
    """Run a server whose connections are handled by ``handler``, and yield its URL."""
    tasks: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


async def read_head(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


def respond_with(*parts: bytes, close: bool = True) -> ConnectionHandler:
    """Return a handler that responds to each request with these bytes, and keeps the connection open unless ``close``."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        for part in parts:
            writer.write(part)
            await writer.drain()
        if not close:
            await asyncio.Event().wait()

    return handler


def response_of(body: bytes, *headers: str, length: int | None = None) -> bytes:
    head = ["HTTP/1.1 200 OK", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def web_server(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncGenerator[str]:
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def respond_ok(_: web.Request) -> web.StreamResponse:
    return web.Response(body=SERVED)


@asynccontextmanager
async def open_transport(**options: Any) -> AsyncGenerator[AiohttpTransport]:
    transport = AiohttpTransport(**options)
    try:
        yield transport
    finally:
        await transport.aclose()


def request_to(url: str, **changes: Any) -> Request:
    return request(changes.pop("endpoint", READ), base_url=url, **changes)


# ---------------------------------------------------------------------------------------------------------------------
# Failures


async def refused_port() -> int:
    async with raw_server(respond_with()) as url:
        port = URL(url).port
    assert port is not None
    return port


async def failure(transport: Transport, request: Request) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await transport.send(request)
    return caught.value


# ---------------------------------------------------------------------------------------------------------------------
# TLS and proxies


def trustme_context() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the contexts of a server for 127.0.0.1 and of a client that trusts its CA."""
    authority: Any = trustme.CA()  # its types name pyOpenSSL, which need not be there
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return server, client
