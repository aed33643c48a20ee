from __future__ import annotations

import asyncio
import errno
import gzip
import traceback
from typing import Any

import aiohttp
import pytest

from cronofy_async import ConfigurationError, CronofyClient
from cronofy_async.errors import ConnectError, RequestTimeout, ResponseLost, ResponseTooLarge, TransportError
from cronofy_async.http import Timeout

from .http_servers import (
    SERVED,
    ConnectionHandler,
    failure,
    open_transport,
    raw_server,
    read_head,
    refused_port,
    request_to,
    respond_ok,
    respond_with,
    response_of,
    trustme_context,
    web_server,
)


async def test_a_refused_connection() -> None:
    async with open_transport() as transport:
        error = await failure(transport, request_to(f"http://127.0.0.1:{await refused_port()}"))
    assert isinstance(error, ConnectError)
    assert error.sent == "no"
    assert "GET /v1/things/{id}: no connection: Connect" in str(error)


async def test_a_host_name_that_does_not_exist() -> None:
    async with open_transport() as transport:
        error = await failure(transport, request_to("http://no-such-host.invalid"))
    assert isinstance(error, ConnectError)
    assert error.sent == "no"


LOST: dict[str, ConnectionHandler] = {
    "closed before the answer": respond_with(),
    "half a head": respond_with(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "truncated": respond_with(response_of(SERVED, length=100)),
    "truncated chunks": respond_with(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100\r\nabc"),
    "bad chunks": respond_with(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\nabc"),
    "not HTTP": respond_with(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    "not gzip": respond_with(response_of(b"plain", "Content-Encoding: gzip")),
}


@pytest.mark.parametrize("how", LOST)
async def test_a_lost_response(how: str) -> None:
    async with raw_server(LOST[how]) as url, open_transport() as transport:
        outgoing = request_to(
            url, target="/v1/things?token=link-token-0001", headers={"Authorization": "Bearer secret-0001"}
        )
        error = await failure(transport, outgoing)
    assert isinstance(error, ResponseLost)
    assert error.sent == "maybe"
    assert str(error).startswith("GET /v1/things/{id}: the connection broke: ")
    printed = "".join(traceback.format_exception(error))
    assert "0001" not in printed


async def test_a_reset() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.transport.abort()

    async with raw_server(talk) as url, open_transport() as transport:
        assert isinstance(await failure(transport, request_to(url)), ResponseLost)


@pytest.mark.parametrize(
    "talk",
    [respond_with(close=False), respond_with(response_of(SERVED, length=100), close=False)],
    ids=["no head", "half a body"],
)
async def test_an_attempt_timeout(talk: ConnectionHandler) -> None:
    async with raw_server(talk) as url, CronofyClient(client_secret="s", base_url=url, retry=None) as cronofy:
        for seconds in (0.02, 0.03, 0.02):
            with pytest.raises(RequestTimeout, match=f"no response within {seconds} s") as caught:
                await cronofy.with_options(timeout=Timeout(attempt=seconds)).request("GET", "/v1/x")
            assert isinstance(caught.value, TimeoutError)
            assert caught.value.sent == "maybe"


async def test_a_connection_that_the_system_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def gives_up(*_: object, **__: object) -> None:
        raise TimeoutError(errno.ETIMEDOUT, "Connection timed out")

    async with open_transport() as transport:
        monkeypatch.setattr(aiohttp.ClientSession, "request", gives_up)
        error = await failure(transport, request_to("http://127.0.0.1:9"))
    assert isinstance(error, RequestTimeout)
    assert "the connection timed out" in str(error)


async def test_a_connection_timeout() -> None:
    """The server accepts the connection, but never starts TLS."""
    tls = trustme_context()[1]

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with raw_server(silent) as url, open_transport(ssl=tls) as transport:
        outgoing = request_to(url.replace("http:", "https:"), timeout=Timeout(connect=0.05, attempt=30))
        error = await failure(transport, outgoing)
    assert isinstance(error, RequestTimeout)
    assert error.sent == "no"
    assert "no connection within 0.05 s" in str(error)


BOMB = gzip.compress(bytes(50_000_000))
LARGE: dict[str, bytes] = {
    "content length": response_of(bytes(2000)),
    "announced": response_of(b"", length=2000),
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" + bytes(1024) + b"\r\n" + b"400\r\n",
    "gzip bomb": response_of(BOMB, "Content-Encoding: gzip"),
    "chunked gzip bomb": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
    + f"{len(BOMB):x}\r\n".encode()
    + BOMB
    + b"\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("how", LARGE)
async def test_a_response_that_is_too_large(how: str) -> None:
    limit = 1000 if "bomb" not in how else 100_000
    async with raw_server(respond_with(LARGE[how])) as url, open_transport(max_response=limit) as transport:
        error = await failure(transport, request_to(url))
    assert isinstance(error, ResponseTooLarge)
    assert error.sent == "maybe"
    assert f"larger than {limit} bytes" in str(error)


async def test_a_response_of_the_maximum_size() -> None:
    async with (
        raw_server(respond_with(response_of(bytes(1000)))) as url,
        open_transport(max_response=1000) as transport,
    ):
        assert len((await transport.send(request_to(url))).body) == 1000


@pytest.mark.parametrize("borrowed", [False, True])
async def test_a_response_in_parts(borrowed: bool) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        for part in (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"2\r\nab\r\n", b"2\r\ncd\r\n0\r\n\r\n"):
            writer.write(part)
            await asyncio.sleep(0.01)

    async with (
        raw_server(talk) as url,
        aiohttp.ClientSession() as session,
        open_transport(session=session if borrowed else None) as transport,
    ):
        assert (await transport.send(request_to(url))).body == b"abcd"


async def test_the_traces_of_a_borrowed_session_receive_the_body() -> None:
    async def on_chunk(_: aiohttp.ClientSession, context: object, chunk: Any) -> None:
        seen.append(chunk.chunk)

    seen: list[bytes] = []
    traces = aiohttp.TraceConfig()
    traces.on_response_chunk_received.append(on_chunk)
    async with (
        web_server(respond_ok) as url,
        aiohttp.ClientSession(trace_configs=[traces]) as session,
        open_transport(session=session) as transport,
    ):
        await transport.send(request_to(url))
    assert seen == [SERVED]


async def test_a_canceled_request_raises_canceled_error() -> None:
    async with raw_server(respond_with(close=False)) as url, open_transport() as transport:
        task = asyncio.create_task(transport.send(request_to(url)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://exa mple:1"])
async def test_an_invalid_url(url: str) -> None:
    async with open_transport() as transport:
        with pytest.raises((ConfigurationError, ValueError, TransportError)):
            await transport.send(request_to(url, target="/?token=hidden"))
