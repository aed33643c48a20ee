from __future__ import annotations

import asyncio
import errno
import gc
import gzip
import inspect
import ssl
import threading
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import aiohttp
import aioresponses.core
import attrs
import pytest
import trustme
from aiohttp import web
from aioresponses import aioresponses as aioresponses_context
from yarl import URL

from cronofy_async import ClientClosedError, ConfigurationError, CronofyClient
from cronofy_async.errors import ConnectError, RequestTimeout, ResponseLost, ResponseTooLarge, TransportError
from cronofy_async.http import Endpoint, RawResponse, Request, Timeout
from cronofy_async.resources.base import build
from cronofy_async.transports import Transport
from cronofy_async.transports.aiohttp import AiohttpTransport

from .support import READ, WRITE, link, request

SERVED = b'{"fine": true}'
ERASE = Endpoint(
    name="things.erase", method="DELETE", path="/v1/things", answer=object, auth={"api_key"}, idempotent=True
)

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


# ---------------------------------------------------------------------------------------------------------------------
# Servers


@asynccontextmanager
async def raw_server(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncGenerator[str]:
    """A server that is no more than ``talk``; gives its URL."""
    talks: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            await talk(reader, writer)
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
        for task in talks:
            task.cancel()
        if talks:
            await asyncio.wait(talks)


async def head_of(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


def says(*parts: bytes, close: bool = True) -> Talk:
    """Answer each request with these bytes; stay silent afterwards unless ``close``."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        for part in parts:
            writer.write(part)
            await writer.drain()
        if not close:
            await asyncio.Event().wait()

    return talk


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


async def fine(_: web.Request) -> web.StreamResponse:
    return web.Response(body=SERVED)


@asynccontextmanager
async def opened(**options: Any) -> AsyncGenerator[AiohttpTransport]:
    transport = AiohttpTransport(**options)
    try:
        yield transport
    finally:
        await transport.aclose()


def ask(url: str, **changes: Any) -> Request:
    return request(changes.pop("endpoint", READ), base_url=url, **changes)


# ---------------------------------------------------------------------------------------------------------------------
# What goes out, and what comes back


async def test_a_request_and_its_answer() -> None:
    async def echo(asked: web.Request) -> web.StreamResponse:
        seen.append((asked.method, asked.path_qs, await asked.read(), asked.headers.copy()))
        return web.json_response({"fine": True}, status=418, headers={"X-Request-Id": "req-1"})

    seen: list[tuple[str, str, bytes, Any]] = []
    async with web_server(echo) as url, opened() as transport:
        response = await transport.send(
            ask(url, endpoint=WRITE, body=b'{"a":1}', headers={"Authorization": "Bearer x", "X-A": "1"})
        )
    assert (response.status, response.body, response.attempts) == (418, SERVED, 1)
    assert response.headers["x-request-id"] == "req-1"
    assert response.request_id == "req-1"
    ((method, path, body, headers),) = seen
    assert (method, path, body) == ("POST", "/v1/things/1", b'{"a":1}')
    assert (headers["Authorization"], headers["X-A"]) == ("Bearer x", "1")


@pytest.mark.parametrize("ident", ["a/b", "..%2F..", "a?b#c", "100%", "a+b c", "é", "%2F", "a;b=c", "~-_.", "汉字"])
async def test_ids_arrive_byte_for_byte(ident: str) -> None:
    lines: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append((await head_of(reader)).split(b"\r\n")[0])
        writer.write(response_of(SERVED))

    target = build(READ, {"id": ident, "token": ident, "ids": [ident]})[0]
    async with raw_server(talk) as url, opened() as transport:
        await transport.send(ask(url, target=target))
    assert lines == [f"GET {target} HTTP/1.1".encode()]


async def test_a_post_without_a_body_has_no_content_type() -> None:
    heads: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await head_of(reader))
        writer.write(response_of(SERVED))

    async with raw_server(talk) as url, opened() as transport:
        await transport.send(ask(url, endpoint=WRITE))
    (head,) = heads
    assert head.startswith(b"POST ")
    assert b"\r\ncontent-length: 0\r\n" in head.lower()
    assert b"content-type" not in head.lower()


async def test_a_delete_with_a_body() -> None:
    async def echo(asked: web.Request) -> web.StreamResponse:
        return web.Response(body=asked.method.encode() + await asked.read())

    async with web_server(echo) as url, opened() as transport:
        assert (await transport.send(ask(url, endpoint=ERASE, body=b'{"a":1}'))).body == b'DELETE{"a":1}'
        assert (await transport.send(ask(url, endpoint=ERASE))).body == b"DELETE"


async def test_redirects_are_not_followed() -> None:
    async def redirect(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async with web_server(redirect) as url, opened() as transport:
        response = await transport.send(ask(url))
    assert (response.status, response.headers["location"]) == (302, "/elsewhere")


async def test_gzip() -> None:
    packed = response_of(gzip.compress(SERVED * 1000), "Content-Encoding: gzip")
    async with raw_server(says(packed)) as url, opened() as transport:
        assert (await transport.send(ask(url))).body == SERVED * 1000


async def test_an_empty_answer() -> None:
    async with raw_server(says(b"HTTP/1.1 204 No Content\r\n\r\n")) as url, opened() as transport:
        response = await transport.send(ask(url))
    assert (response.status, response.body) == (204, b"")


async def test_no_cookies_are_kept() -> None:
    cookies: list[dict[str, str]] = []

    async def cookie(asked: web.Request) -> web.StreamResponse:
        cookies.append(dict(asked.cookies))
        answer = web.Response()
        answer.set_cookie("session", "1")
        return answer

    async with web_server(cookie) as url, opened() as transport:
        for _ in range(3):
            await transport.send(ask(url.replace("127.0.0.1", "localhost")))
    assert cookies == [{}, {}, {}]


async def test_many_calls_at_once() -> None:
    async def late(asked: web.Request) -> web.StreamResponse:
        return web.Response(body=asked.path_qs.encode())

    async with web_server(late) as url, opened(connections=20) as transport:
        targets = [f"/v1/things/{number}" for number in range(500)]
        responses = await asyncio.gather(*(transport.send(ask(url, target=target)) for target in targets))
    assert [response.body.decode() for response in responses] == targets


# ---------------------------------------------------------------------------------------------------------------------
# What goes wrong


async def refused_port() -> int:
    async with raw_server(says()) as url:
        port = URL(url).port
    assert port is not None
    return port


async def failure(transport: Transport, asked: Request) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await transport.send(asked)
    return caught.value


async def test_a_refused_connection() -> None:
    async with opened() as transport:
        error = await failure(transport, ask(f"http://127.0.0.1:{await refused_port()}"))
    assert isinstance(error, ConnectError)
    assert error.sent == "no"
    assert "GET /v1/things/{id}: no connection: Connect" in str(error)


async def test_a_name_that_does_not_exist() -> None:
    async with opened() as transport:
        error = await failure(transport, ask("http://no-such-host.invalid"))
    assert isinstance(error, ConnectError)
    assert error.sent == "no"


LOST: dict[str, Talk] = {
    "closed before the answer": says(),
    "half a head": says(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "truncated": says(response_of(SERVED, length=100)),
    "truncated chunks": says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100\r\nabc"),
    "bad chunks": says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\nabc"),
    "not HTTP": says(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    "not gzip": says(response_of(b"plain", "Content-Encoding: gzip")),
}


@pytest.mark.parametrize("how", LOST)
async def test_a_lost_answer(how: str) -> None:
    async with raw_server(LOST[how]) as url, opened() as transport:
        asked = ask(url, target="/v1/things?token=link-token-0001", headers={"Authorization": "Bearer secret-0001"})
        error = await failure(transport, asked)
    assert isinstance(error, ResponseLost)
    assert error.sent == "maybe"
    assert str(error).startswith("GET /v1/things/{id}: the connection broke: ")
    printed = "".join(traceback.format_exception(error))
    assert "0001" not in printed


async def test_a_reset() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        writer.transport.abort()

    async with raw_server(talk) as url, opened() as transport:
        assert isinstance(await failure(transport, ask(url)), ResponseLost)


@pytest.mark.parametrize(
    "talk", [says(close=False), says(response_of(SERVED, length=100), close=False)], ids=["no head", "half a body"]
)
async def test_an_attempt_that_takes_too_long(talk: Talk) -> None:
    async with raw_server(talk) as url, CronofyClient(client_secret="s", base_url=url, retry=None) as cronofy:
        for seconds in (0.02, 0.03, 0.02):
            with pytest.raises(RequestTimeout, match=f"no response within {seconds} s") as caught:
                await cronofy.with_options(timeout=Timeout(attempt=seconds)).request("GET", "/v1/x")
            assert isinstance(caught.value, TimeoutError)
            assert caught.value.sent == "maybe"


async def test_a_connection_that_the_system_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def gives_up(*_: object, **__: object) -> None:
        raise TimeoutError(errno.ETIMEDOUT, "Connection timed out")

    async with opened() as transport:
        monkeypatch.setattr(aiohttp.ClientSession, "request", gives_up)
        error = await failure(transport, ask("http://127.0.0.1:9"))
    assert isinstance(error, RequestTimeout)
    assert "the connection timed out" in str(error)


async def test_a_connection_that_takes_too_long() -> None:
    """The server accepts, and never begins with TLS."""
    tls = trustme_context()[1]

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with raw_server(silent) as url, opened(ssl=tls) as transport:
        asked = ask(url.replace("http:", "https:"), timeout=Timeout(connect=0.05, attempt=30))
        error = await failure(transport, asked)
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
async def test_an_answer_that_is_too_large(how: str) -> None:
    limit = 1000 if "bomb" not in how else 100_000
    async with raw_server(says(LARGE[how])) as url, opened(max_response=limit) as transport:
        error = await failure(transport, ask(url))
    assert isinstance(error, ResponseTooLarge)
    assert error.sent == "maybe"
    assert f"larger than {limit} bytes" in str(error)


async def test_an_answer_of_just_the_largest_size() -> None:
    async with raw_server(says(response_of(bytes(1000)))) as url, opened(max_response=1000) as transport:
        assert len((await transport.send(ask(url))).body) == 1000


@pytest.mark.parametrize("borrowed", [False, True])
async def test_an_answer_in_parts(borrowed: bool) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        for part in (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"2\r\nab\r\n", b"2\r\ncd\r\n0\r\n\r\n"):
            writer.write(part)
            await asyncio.sleep(0.01)

    async with (
        raw_server(talk) as url,
        aiohttp.ClientSession() as session,
        opened(session=session if borrowed else None) as transport,
    ):
        assert (await transport.send(ask(url))).body == b"abcd"


async def test_the_traces_of_a_borrowed_session_see_the_body() -> None:
    async def on_chunk(_: aiohttp.ClientSession, context: object, chunk: Any) -> None:
        seen.append(chunk.chunk)

    seen: list[bytes] = []
    traces = aiohttp.TraceConfig()
    traces.on_response_chunk_received.append(on_chunk)
    async with (
        web_server(fine) as url,
        aiohttp.ClientSession(trace_configs=[traces]) as session,
        opened(session=session) as transport,
    ):
        await transport.send(ask(url))
    assert seen == [SERVED]


async def test_a_cancelled_request_is_cancelled() -> None:
    async with raw_server(says(close=False)) as url, opened() as transport:
        task = asyncio.create_task(transport.send(ask(url)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://exa mple:1"])
async def test_a_url_that_is_none(url: str) -> None:
    async with opened() as transport:
        with pytest.raises((ConfigurationError, ValueError, TransportError)):
            await transport.send(ask(url, target="/?token=hidden"))


# ---------------------------------------------------------------------------------------------------------------------
# aiohttp's own retry


class DropsTheSecond:
    """Keeps the connection alive after the first request, and drops it at the second."""

    def __init__(self) -> None:
        self.requests = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await head_of(reader)
            self.requests += 1
            if self.requests == 2:
                return
            writer.write(response_of(SERVED, "Connection: keep-alive"))


@pytest.mark.parametrize("endpoint", [READ, ERASE, WRITE], ids=str)
async def test_aiohttp_retries_nothing(endpoint: Endpoint[Any]) -> None:
    talk = DropsTheSecond()
    async with raw_server(talk) as url, opened() as transport:
        await transport.send(ask(url, endpoint=endpoint))
        assert isinstance(await failure(transport, ask(url, endpoint=endpoint)), ResponseLost)
        assert talk.requests == 2
        await transport.send(ask(url, endpoint=endpoint))
    assert talk.requests == 3


async def test_aiohttp_would_retry_on_a_default_session() -> None:
    """What the documentation warns of; if this fails, the warning and the switch can go."""
    talk = DropsTheSecond()
    async with raw_server(talk) as url, aiohttp.ClientSession() as session, opened(session=session) as transport:
        await transport.send(ask(url))
        await transport.send(ask(url))
    assert talk.requests == 3


# ---------------------------------------------------------------------------------------------------------------------
# Sessions and loops


async def test_a_borrowed_session_is_used_and_not_closed() -> None:
    async def echo(asked: web.Request) -> web.StreamResponse:
        return web.Response(body=asked.headers.get("X-Mine", "").encode())

    async with web_server(echo) as url, aiohttp.ClientSession(headers={"X-Mine": "1"}) as session:
        async with opened(session=session) as transport:
            assert (await transport.send(ask(url))).body == b"1"
        assert not session.closed
        with pytest.raises(ClientClosedError):
            await transport.send(ask(url))


async def test_a_borrowed_session_that_was_closed() -> None:
    session = aiohttp.ClientSession()
    await session.close()
    with pytest.raises(ClientClosedError, match="session"):
        await AiohttpTransport(session).send(ask("http://127.0.0.1:1"))


@pytest.mark.parametrize(
    "mine", [{"proxy": "http://127.0.0.1:1"}, {"ssl": ssl.create_default_context()}, {"trust_env": True}]
)
async def test_settings_that_belong_to_a_borrowed_session(mine: dict[str, Any]) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(ConfigurationError, match="Set them there"):
            AiohttpTransport(session, **mine)


async def test_nothing_is_opened_before_the_first_request_or_after_the_last() -> None:
    transport = AiohttpTransport()
    await transport.aclose()
    await transport.aclose()
    with pytest.raises(ClientClosedError):
        await transport.send(ask("http://127.0.0.1:1"))


async def test_closing_twice() -> None:
    transport = AiohttpTransport()
    async with web_server(fine) as url:
        await transport.send(ask(url))
        await transport.aclose()
        await transport.aclose()
        with pytest.raises(ClientClosedError):
            await transport.send(ask(url))


@attrs.define
class ThreadServer:
    """A server in a thread of its own, that outlives the loops of a test."""

    url: str = ""
    ready: threading.Event = attrs.field(factory=threading.Event)
    loop: asyncio.AbstractEventLoop = attrs.field(factory=asyncio.new_event_loop)
    over: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def serve(self) -> None:
        async with web_server(real_time_scheduling) as self.url:
            self.ready.set()
            await self.over.wait()


async def real_time_scheduling(_: web.Request) -> web.StreamResponse:
    return web.json_response(link())


@pytest.fixture
def thread_server() -> Any:
    server = ThreadServer()
    thread = threading.Thread(target=lambda: server.loop.run_until_complete(server.serve()))
    thread.start()
    server.ready.wait()
    yield server.url
    server.loop.call_soon_threadsafe(server.over.set)
    thread.join()
    server.loop.close()


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_one_client_in_one_loop_after_another(thread_server: str) -> None:
    transport: Any = AiohttpTransport()
    cronofy = CronofyClient(client_secret="s", base_url=thread_server, transport=transport)

    async def status() -> str:
        return (await cronofy.real_time_scheduling.status("sch_1")).status

    async def both() -> list[str]:
        return list(await asyncio.gather(status(), status()))

    assert asyncio.run(status()) == "open"
    first = transport._session
    assert asyncio.run(both()) == ["open", "open"]
    assert first.closed
    asyncio.run(close_after(cronofy, status))
    gc.collect()


async def close_after(cronofy: CronofyClient, status: Callable[[], Awaitable[str]]) -> None:
    assert await status() == "open"
    await cronofy.aclose()


def test_one_client_in_two_loops_at_once(thread_server: str) -> None:
    transport = AiohttpTransport()
    loop = asyncio.new_event_loop()
    assert loop.run_until_complete(transport.send(ask(thread_server))).status == 200
    with pytest.raises(ConfigurationError, match="another event loop"):
        asyncio.run(send(transport, thread_server))
    loop.run_until_complete(transport.aclose())
    loop.close()


async def send(transport: Transport, url: str) -> RawResponse:
    return await transport.send(ask(url))


# ---------------------------------------------------------------------------------------------------------------------
# TLS and proxies


def trustme_context() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The contexts of a server for 127.0.0.1 and of a client that trusts its CA."""
    authority: Any = trustme.CA()  # its types name pyOpenSSL, which need not be there
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return server, client


async def test_a_private_ca() -> None:
    server, client = trustme_context()
    async with raw_server(says(response_of(SERVED)), tls=server) as url:
        async with opened(ssl=client) as transport:
            assert (await transport.send(ask(url))).body == SERVED
        async with opened() as transport:
            error = await failure(transport, ask(url))
    assert isinstance(error, ConnectError)
    assert error.sent == "no"


async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Passes plain requests on by their absolute URL, and refuses tunnels."""
    head = await head_of(reader)
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
    async def echo(asked: web.Request) -> web.StreamResponse:
        return web.Response(body=asked.headers.get("Via", "").encode())

    async with web_server(echo) as url, raw_server(proxy) as through, opened(proxy=through) as transport:
        assert (await transport.send(ask(url))).body == b"test"


async def test_a_proxy_that_refuses() -> None:
    async with raw_server(proxy) as through, opened(proxy=through) as transport:
        error = await failure(transport, ask("https://api.invalid", target="/v1/x?token=link-token-0001"))
    assert isinstance(error, ConnectError)
    assert error.sent == "no"
    assert "the proxy returned status 407" in str(error)
    assert "0001" not in "".join(traceback.format_exception(error))


async def test_a_proxy_that_is_not_there() -> None:
    async with opened(proxy=f"http://127.0.0.1:{await refused_port()}") as transport:
        assert isinstance(await failure(transport, ask("http://api.invalid")), ConnectError)


async def test_a_proxy_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async def echo(asked: web.Request) -> web.StreamResponse:
        return web.Response(body=asked.headers.get("Via", "direct").encode())

    async with web_server(echo) as url, raw_server(proxy) as through:
        for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("http_proxy", through)
        for trust_env, expected in ((True, b"test"), (False, b"direct")):
            async with opened(trust_env=trust_env) as transport:
                assert (await transport.send(ask(url))).body == expected


# ---------------------------------------------------------------------------------------------------------------------
# aioresponses, as users test with it


@pytest.fixture
def mocked(monkeypatch: pytest.MonkeyPatch) -> Any:
    """aioresponses, with what it lacks for aiohttp 3.14 and later."""
    if "stream_writer" in inspect.signature(aiohttp.ClientResponse.__init__).parameters:

        class Compatible(aiohttp.ClientResponse):
            def __init__(self, *args: Any, **options: Any) -> None:
                options.setdefault("stream_writer", SimpleNamespace(output_size=0))
                super().__init__(*args, **options)

        monkeypatch.setattr(aioresponses.core, "ClientResponse", Compatible)
    with aioresponses_context() as mock:
        yield mock


async def test_under_aioresponses(mocked: Any) -> None:
    mocked.get("https://api.cronofy.com/v1/real_time_scheduling/sch_1", status=503, headers={"Retry-After": "0"})
    mocked.get("https://api.cronofy.com/v1/real_time_scheduling/sch_1", payload=link())
    mocked.get("https://api.cronofy.com/v1/real_time_scheduling/sch_2", exception=aiohttp.ServerDisconnectedError())
    async with CronofyClient(client_secret="s") as cronofy:
        response = await cronofy.real_time_scheduling.status("sch_1").response()
        assert (response.data.status, response.attempts) == ("open", 2)
        with pytest.raises(ResponseLost):
            await cronofy.real_time_scheduling.status("sch_2").with_options(retries=0)
