from __future__ import annotations

import asyncio
import gc
import ssl
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import attrs
import pytest
from aiohttp import web
from aiohttp.client_proto import ResponseHandler

from cronofy_async import ClientClosedError, ConfigurationError, CronofyClient
from cronofy_async.errors import ConnectError
from cronofy_async.http import RawResponse
from cronofy_async.transports import Transport
from cronofy_async.transports.aiohttp import AiohttpTransport

from .http_servers import (
    failure,
    open_transport,
    raw_server,
    read_head,
    request_to,
    respond_ok,
    response_of,
    web_server,
)
from .support import link


async def test_a_borrowed_session_is_used_and_not_closed() -> None:
    async def echo(incoming: web.Request) -> web.StreamResponse:
        return web.Response(body=incoming.headers.get("X-Mine", "").encode())

    async with web_server(echo) as url, aiohttp.ClientSession(headers={"X-Mine": "1"}) as session:
        async with open_transport(session=session) as transport:
            assert (await transport.send(request_to(url))).body == b"1"
        assert not session.closed
        with pytest.raises(ClientClosedError):
            await transport.send(request_to(url))


async def test_a_borrowed_session_that_was_closed() -> None:
    session = aiohttp.ClientSession()
    await session.close()
    with pytest.raises(ClientClosedError, match="session"):
        await AiohttpTransport(session).send(request_to("http://127.0.0.1:1"))


@pytest.mark.parametrize(
    "mine", [{"proxy": "http://127.0.0.1:1"}, {"ssl": ssl.create_default_context()}, {"trust_env": True}]
)
async def test_settings_rejected_with_a_borrowed_session(mine: dict[str, Any]) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(ConfigurationError, match="Set them there"):
            AiohttpTransport(session, **mine)


async def test_an_unrequested_response_is_not_used_for_the_next_request() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await read_head(reader):
            writer.write(response_of(head[4:15]))
            await is_idle.wait()
            writer.write(response_of(b"unrequested"))
            await writer.drain()
            is_written.set()

    async with raw_server(talk) as url, open_transport() as transport:
        for path in ("/v1/first__", "/v1/second_", "/v1/third__"):
            is_idle, is_written = asyncio.Event(), asyncio.Event()
            assert (await transport.send(request_to(url, target=path))).body == path.encode()
            is_idle.set()
            await is_written.wait()
            for _ in range(10):  # the loop reads what has been written
                await asyncio.sleep(0)


async def test_a_server_that_responds_before_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    monkeypatch.setattr(ResponseHandler, "should_close", True)  # whenever it responds
    async with raw_server(talk) as url, open_transport() as transport:
        error = await failure(transport, request_to(url))
    assert isinstance(error, ConnectError)
    assert error.sent == "no"
    assert "the server responded before there was a request" in str(error)


async def test_no_session_is_opened_before_the_first_request_or_after_closing() -> None:
    transport = AiohttpTransport()
    await transport.aclose()
    await transport.aclose()
    with pytest.raises(ClientClosedError):
        await transport.send(request_to("http://127.0.0.1:1"))


async def test_closing_twice() -> None:
    transport = AiohttpTransport()
    async with web_server(respond_ok) as url:
        await transport.send(request_to(url))
        was_open = [transport.is_open]
        await transport.aclose()
        was_open.append(transport.is_open)
        await transport.aclose()
        assert was_open == [True, False]
        with pytest.raises(ClientClosedError):
            await transport.send(request_to(url))


@attrs.define
class ThreadServer:
    """A server in a separate thread that outlives the loops of a test."""

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
def test_one_client_in_consecutive_loops(thread_server: str) -> None:
    transport = AiohttpTransport()
    cronofy = CronofyClient(client_secret="s", base_url=thread_server, transport=transport)

    async def status() -> str:
        return (await cronofy.real_time_scheduling.status("sch_1")).status

    async def send_both() -> list[str]:
        return list(await asyncio.gather(status(), status()))

    assert asyncio.run(status()) == "open"
    first = transport._session  # pyright: ignore[reportPrivateUsage]
    assert first is not None
    assert asyncio.run(send_both()) == ["open", "open"]
    assert first.closed
    asyncio.run(close_after(status, transport))
    gc.collect()


async def close_after(status: Callable[[], Awaitable[str]], transport: AiohttpTransport) -> None:
    assert await status() == "open"
    await transport.aclose()


def test_one_client_in_two_running_loops(thread_server: str) -> None:
    transport = AiohttpTransport()
    loop = asyncio.new_event_loop()
    assert loop.run_until_complete(transport.send(request_to(thread_server))).status == 200
    with pytest.raises(ConfigurationError, match="another event loop"):
        asyncio.run(send(transport, thread_server))
    loop.run_until_complete(transport.aclose())
    loop.close()


async def send(transport: Transport, url: str) -> RawResponse:
    return await transport.send(request_to(url))
