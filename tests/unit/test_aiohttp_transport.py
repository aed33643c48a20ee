from __future__ import annotations

import asyncio
import gzip
import inspect
import pickle
from types import SimpleNamespace
from typing import Any

import aiohttp
import aioresponses.core
import pytest
from aiohttp import web
from aioresponses import aioresponses as aioresponses_context

from cronofy_async import CronofyClient
from cronofy_async.errors import ResponseLost
from cronofy_async.http import Endpoint
from cronofy_async.resources.base import build

from .http_servers import (
    ERASE,
    SERVED,
    failure,
    open_transport,
    raw_server,
    read_head,
    request_to,
    respond_with,
    response_of,
    web_server,
)
from .support import READ, WRITE, link

# ---------------------------------------------------------------------------------------------------------------------
# Requests and responses


async def test_a_request_and_its_response() -> None:
    async def echo(incoming: web.Request) -> web.StreamResponse:
        seen.append((incoming.method, incoming.path_qs, await incoming.read(), incoming.headers.copy()))
        return web.json_response({"fine": True}, status=418, headers={"X-Request-Id": "req-1"})

    seen: list[tuple[str, str, bytes, Any]] = []
    async with web_server(echo) as url, open_transport() as transport:
        response = await transport.send(
            request_to(url, endpoint=WRITE, body=b'{"a":1}', headers={"Authorization": "Bearer x", "X-A": "1"})
        )
    assert (response.status, response.body, response.attempts) == (418, SERVED, 1)
    assert response.headers["x-request-id"] == "req-1"
    assert response.request_id == "req-1"
    ((method, path, body, headers),) = seen
    assert (method, path, body) == ("POST", "/v1/things/1", b'{"a":1}')
    assert (headers["Authorization"], headers["X-A"]) == ("Bearer x", "1")


async def test_headers_are_a_mapping_with_names_in_lower_case() -> None:
    async def respond(_: web.Request) -> web.StreamResponse:
        return web.Response(headers={"X-Request-Id": "req-1", "Retry-After": "3"})

    async with web_server(respond) as url, open_transport() as transport:
        response = await transport.send(request_to(url))

    headers = dict(response.headers)
    assert headers["retry-after"] == "3"
    assert "X-Request-Id" not in response.headers
    assert len(response.headers) == len(headers)
    assert repr(response.headers) == repr(headers)
    assert pickle.loads(pickle.dumps(response)) == response


@pytest.mark.parametrize("ident", ["a/b", "..%2F..", "a?b#c", "100%", "a+b c", "é", "%2F", "a;b=c", "~-_.", "汉字"])
async def test_ids_arrive_byte_for_byte(ident: str) -> None:
    lines: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append((await read_head(reader)).split(b"\r\n")[0])
        writer.write(response_of(SERVED))

    target = build(READ, {"id": ident, "token": ident, "ids": [ident]})[0]
    async with raw_server(talk) as url, open_transport() as transport:
        await transport.send(request_to(url, target=target))
    assert lines == [f"GET {target} HTTP/1.1".encode()]


async def test_a_post_without_a_body_has_no_content_type() -> None:
    heads: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await read_head(reader))
        writer.write(response_of(SERVED))

    async with raw_server(talk) as url, open_transport() as transport:
        await transport.send(request_to(url, endpoint=WRITE))
    (head,) = heads
    assert head.startswith(b"POST ")
    assert b"\r\ncontent-length: 0\r\n" in head.lower()
    assert b"content-type" not in head.lower()


async def test_a_delete_with_a_body() -> None:
    async def echo(incoming: web.Request) -> web.StreamResponse:
        return web.Response(body=incoming.method.encode() + await incoming.read())

    async with web_server(echo) as url, open_transport() as transport:
        assert (await transport.send(request_to(url, endpoint=ERASE, body=b'{"a":1}'))).body == b'DELETE{"a":1}'
        assert (await transport.send(request_to(url, endpoint=ERASE))).body == b"DELETE"


async def test_redirects_are_not_followed() -> None:
    async def redirect(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async with web_server(redirect) as url, open_transport() as transport:
        response = await transport.send(request_to(url))
    assert (response.status, response.headers["location"]) == (302, "/elsewhere")


async def test_a_gzip_response() -> None:
    packed = response_of(gzip.compress(SERVED * 1000), "Content-Encoding: gzip")
    async with raw_server(respond_with(packed)) as url, open_transport() as transport:
        assert (await transport.send(request_to(url))).body == SERVED * 1000


async def test_an_empty_response() -> None:
    async with raw_server(respond_with(b"HTTP/1.1 204 No Content\r\n\r\n")) as url, open_transport() as transport:
        response = await transport.send(request_to(url))
    assert (response.status, response.body) == (204, b"")


async def test_no_cookies_are_kept() -> None:
    cookies: list[dict[str, str]] = []

    async def cookie(incoming: web.Request) -> web.StreamResponse:
        cookies.append(dict(incoming.cookies))
        response = web.Response()
        response.set_cookie("session", "1")
        return response

    async with web_server(cookie) as url, open_transport() as transport:
        for _ in range(3):
            await transport.send(request_to(url.replace("127.0.0.1", "localhost")))
    assert cookies == [{}, {}, {}]


async def test_many_concurrent_calls() -> None:
    async def late(incoming: web.Request) -> web.StreamResponse:
        return web.Response(body=incoming.path_qs.encode())

    async with web_server(late) as url, open_transport(connections=20) as transport:
        targets = [f"/v1/things/{number}" for number in range(500)]
        responses = await asyncio.gather(*(transport.send(request_to(url, target=target)) for target in targets))
    assert [response.body.decode() for response in responses] == targets


# ---------------------------------------------------------------------------------------------------------------------
# aiohttp's own retry


class DropsTheSecond:
    """A server that keeps the connection alive after the first request, and drops it on the second."""

    def __init__(self) -> None:
        self.requests = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_head(reader)
            self.requests += 1
            if self.requests == 2:
                return
            writer.write(response_of(SERVED, "Connection: keep-alive"))


@pytest.mark.parametrize("endpoint", [READ, ERASE, WRITE], ids=str)
async def test_aiohttp_retries_nothing(endpoint: Endpoint[Any]) -> None:
    talk = DropsTheSecond()
    async with raw_server(talk) as url, open_transport() as transport:
        await transport.send(request_to(url, endpoint=endpoint))
        assert isinstance(await failure(transport, request_to(url, endpoint=endpoint)), ResponseLost)
        assert talk.requests == 2
        await transport.send(request_to(url, endpoint=endpoint))
    assert talk.requests == 3


async def test_aiohttp_would_retry_on_a_default_session() -> None:
    """The documentation warns about this; if this test fails, the warning and the setting can be removed."""
    talk = DropsTheSecond()
    async with (
        raw_server(talk) as url,
        aiohttp.ClientSession() as session,
        open_transport(session=session) as transport,
    ):
        await transport.send(request_to(url))
        await transport.send(request_to(url))
    assert talk.requests == 3


# ---------------------------------------------------------------------------------------------------------------------
# aioresponses, as used in applications' tests


@pytest.fixture
def mocked(monkeypatch: pytest.MonkeyPatch) -> Any:
    """aioresponses, with a fix for aiohttp 3.14 and later."""
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
