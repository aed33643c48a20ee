from __future__ import annotations

import asyncio
import traceback

import pytest
from aiohttp import web
from yarl import URL

from cronofy_async.errors import ConnectError

from .http_servers import (
    SERVED,
    failure,
    open_transport,
    raw_server,
    read_head,
    refused_port,
    request_to,
    respond_with,
    response_of,
    trustme_context,
    web_server,
)


async def test_a_private_ca() -> None:
    server, client = trustme_context()
    async with raw_server(respond_with(response_of(SERVED)), tls=server) as url:
        async with open_transport(ssl=client) as transport:
            assert (await transport.send(request_to(url))).body == SERVED
        async with open_transport() as transport:
            error = await failure(transport, request_to(url))
    assert isinstance(error, ConnectError)
    assert error.sent == "no"


async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A proxy that forwards plain requests by their absolute URL, and rejects tunnels."""
    head = await read_head(reader)
    method, url, _ = head.split(b"\r\n")[0].split()
    if method == b"CONNECT":
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        return
    target = URL(url.decode(), encoded=True)
    there_reader, there = await asyncio.open_connection(target.host, target.port)
    there.write(
        head.replace(url, target.raw_path_qs.encode(), 1).replace(
            b"\r\n\r\n", b"\r\nVia: test\r\nConnection: close\r\n\r\n"
        )
    )
    writer.write(await there_reader.read())
    there.close()


async def test_a_proxy() -> None:
    async def echo(incoming: web.Request) -> web.StreamResponse:
        return web.Response(body=incoming.headers.get("Via", "").encode())

    async with web_server(echo) as url, raw_server(proxy) as through, open_transport(proxy=through) as transport:
        assert (await transport.send(request_to(url))).body == b"test"


async def test_a_proxy_that_rejects_the_request() -> None:
    async with raw_server(proxy) as through, open_transport(proxy=through) as transport:
        error = await failure(transport, request_to("https://api.invalid", target="/v1/x?token=link-token-0001"))
    assert isinstance(error, ConnectError)
    assert error.sent == "no"
    assert "the proxy returned status 407" in str(error)
    assert "0001" not in "".join(traceback.format_exception(error))


async def test_an_unreachable_proxy() -> None:
    async with open_transport(proxy=f"http://127.0.0.1:{await refused_port()}") as transport:
        assert isinstance(await failure(transport, request_to("http://api.invalid")), ConnectError)


async def test_a_proxy_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async def echo(incoming: web.Request) -> web.StreamResponse:
        return web.Response(body=incoming.headers.get("Via", "direct").encode())

    async with web_server(echo) as url, raw_server(proxy) as through:
        for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("http_proxy", through)
        for trust_env, expected in ((True, b"test"), (False, b"direct")):
            async with open_transport(trust_env=trust_env) as transport:
                assert (await transport.send(request_to(url))).body == expected
