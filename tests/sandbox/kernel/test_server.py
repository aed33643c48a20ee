"""The sandbox over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
import pytest

from cronofy_async.sandbox import Account, Sandbox, SandboxError
from cronofy_async.sandbox.kernel.messages import SandboxResponse
from cronofy_async.sandbox.kernel.registry import REGISTRY

from ..support import LINKS, NOW, create, link_body

KEY = {"Authorization": "Bearer sbx_secret"}


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


@pytest.fixture
async def url(sandbox: Sandbox) -> AsyncIterator[str]:
    async with sandbox.serve() as url:
        yield url


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers=KEY) as session:
        yield session


@asynccontextmanager
async def connection(url: str) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def send(writer: asyncio.StreamWriter, target: str, method: str = "GET", body: bytes = b"") -> None:
    head = f"{method} {target} HTTP/1.1\r\nHost: sandbox\r\nAuthorization: {KEY['Authorization']}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()


async def read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Read one response, or raise if it is incomplete."""
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.splitlines() if line.lower().startswith(b"content-length")]
    try:
        body = await reader.readexactly(int(lengths[0]))
    except asyncio.IncompleteReadError as error:
        body = error.partial + b"..."
    return int(head.split()[1]), body


async def test_the_server_listens_on_loopback(url: str) -> None:
    assert urlsplit(url).hostname == "127.0.0.1"
    assert urlsplit(url).port


async def test_urls_follow_the_host_of_the_request(url: str, http: aiohttp.ClientSession, ada: Account) -> None:
    port = urlsplit(url).port
    for host in ("127.0.0.1", "localhost", "sandbox.internal"):
        headers = {"Host": f"{host}:{port}"}
        async with http.post(f"{url}{LINKS}", json=link_body(ada), headers=headers) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
            link = (await answer.json())["real_time_scheduling"]
        assert link["url"].startswith(f"http://{host}:{port}/")
        async with http.get(f"{url}{LINKS}/{link['real_time_scheduling_id']}", headers=headers) as answer:
            assert (await answer.json())["real_time_scheduling"]["url"] == link["url"]


async def test_a_get_may_carry_an_empty_object(
    url: str, http: aiohttp.ClientSession, sandbox: Sandbox, ada: Account
) -> None:
    """An official SDK does so."""
    ident = await create(sandbox, ada)
    async with http.get(f"{url}{LINKS}/{ident}", json={}) as answer:
        assert answer.status == 200


async def test_form_bodies(url: str, http: aiohttp.ClientSession, ada: Account) -> None:
    body = {
        "client_id": "sbx_client",
        "client_secret": "sbx_secret",
        "grant_type": "refresh_token",
        "refresh_token": ada.refresh_token,
    }
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    async with http.post(f"{url}/oauth/token", data=urlencode(body), headers=form) as answer:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert (await answer.json())["access_token"] == ada.access_token


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1"),
        ("GET", "/v1/no_such_thing"),
        ("DELETE", LINKS),
        ("OPTIONS", LINKS),
        ("GET", "/v1//calendars"),
    ],
)
async def test_an_unknown_endpoint_is_a_501_with_a_hint(
    url: str, http: aiohttp.ClientSession, method: str, path: str
) -> None:
    async with http.request(method, url + path) as answer:
        assert answer.status == 501
        body = await answer.json()
    assert body["error"] == "not_emulated"
    message = body["error_description"]
    assert message.startswith(f"the sandbox does not emulate {method} {path}")
    assert "Check the method and path" in message
    assert ("GET and POST" in message) == (path == LINKS)
    assert ("it emulates /v1/calendars." in message) == (path == "/v1//calendars")


async def test_an_unknown_request_is_recorded(url: str, http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    async with http.get(f"{url}/v1/no_such_thing?a=b", json={"c": 1}) as answer:
        assert answer.status == 501
    (request,) = sandbox.requests
    assert (request.operation, request.method, request.path, request.query, request.json, request.status) == (
        None,
        "GET",
        "/v1/no_such_thing",
        "a=b",
        {"c": 1},
        501,
    )


async def test_ids_are_sent_percent_encoded(url: str, http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    async with http.get(f"{url}{LINKS}/a%2Fb%20c%3F") as answer:
        assert answer.status == 404
    assert sandbox.requests[-1].operation == "real_time_scheduling.status"
    assert sandbox.requests[-1].path == f"{LINKS}/a%2Fb%20c%3F"


async def test_connections_are_reused(url: str) -> None:
    async with connection(url) as (reader, writer):
        for _ in range(3):
            await send(writer, f"{LINKS}/sch_0")
            assert await read(reader) == (404, b"")


async def test_reset_before_breaks_the_connection_before_the_operation(
    url: str, sandbox: Sandbox, ada: Account
) -> None:
    sandbox.faults.add(reset="before")
    async with connection(url) as (reader, writer):
        await send(writer, LINKS, "POST", json.dumps(link_body(ada)).encode())
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await read(reader)
    assert sandbox.links == []
    assert [request.status for request in sandbox.requests] == [None]


async def test_reset_after_breaks_the_connection_after_the_operation(url: str, sandbox: Sandbox, ada: Account) -> None:
    sandbox.faults.add(reset="after")
    async with connection(url) as (reader, writer):
        await send(writer, LINKS, "POST", json.dumps(link_body(ada)).encode())
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await read(reader)
    assert len(sandbox.links) == 1


async def test_a_client_gets_a_connection_error(
    url: str, http: aiohttp.ClientSession, sandbox: Sandbox, ada: Account
) -> None:
    sandbox.faults.add(reset="after", times=1)
    with pytest.raises(aiohttp.ClientConnectionError):
        await http.post(f"{url}{LINKS}", json=link_body(ada))
    async with http.post(f"{url}{LINKS}", json=link_body(ada)) as answer:
        assert answer.status == 200


async def test_a_truncated_response_is_shorter_than_its_content_length(
    url: str, sandbox: Sandbox, ada: Account
) -> None:
    ident = await create(sandbox, ada)
    async with connection(url) as (reader, writer):
        await send(writer, f"{LINKS}/{ident}")
        _, whole = await read(reader)
    sandbox.faults.add(truncate=True)
    async with connection(url) as (reader, writer):
        await send(writer, f"{LINKS}/{ident}")
        status, body = await read(reader)
    assert status == 200
    assert body == whole[: len(whole) // 2] + b"..."


async def test_a_truncated_response_without_a_body(url: str, http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    sandbox.faults.add(status=404, truncate=True)
    with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ClientConnectionError)):
        async with http.get(f"{url}{LINKS}/sch_0") as answer:
            await answer.read()


async def test_latency_takes_no_real_time(url: str, http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    sandbox.faults.add(latency=3600)
    async with http.get(f"{url}{LINKS}/sch_0") as answer:
        assert answer.status == 404
    assert sandbox.clock.monotonic() == 3600


async def test_faults_over_http(url: str, http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    sandbox.faults.add(status=429, retry_after=3, body={"error": "slow down"})
    async with http.get(f"{url}{LINKS}/sch_0") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
        assert await answer.json() == {"error": "slow down"}


async def test_the_server_stops_on_exit(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    async with sandbox.serve() as url:
        pass
    with pytest.raises(aiohttp.ClientConnectorError):
        await http.get(url)


async def test_a_port_in_use_is_an_error(sandbox: Sandbox, url: str) -> None:
    with pytest.raises(OSError, match="in use"):
        async with sandbox.serve(port=urlsplit(url).port or 0):
            pass


async def test_serving_over_ipv6(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    try:
        served = sandbox.serve("::1")
        url = await served.__aenter__()
    except OSError:
        pytest.skip("no IPv6 here")
    try:
        assert url.startswith("http://[::1]:")
        async with http.get(f"{url}{LINKS}/sch_0") as answer:
            assert answer.status == 404
    finally:
        await served.__aexit__(None, None, None)


async def test_a_request_of_a_disconnected_client_is_processed() -> None:
    """The request is processed, although the client no longer receives the response."""
    running = Sandbox()
    running.faults.add(latency=60, reset="after")
    body = json.dumps({"display_message": "Sorry"}).encode()
    async with running.serve() as url:
        async with connection(url) as (_, writer):
            await send(writer, f"{LINKS}/sch_0/disable", "POST", body)
            for _ in range(100):
                await asyncio.sleep(0)
            writer.transport.abort()
        for _ in range(100):
            await asyncio.sleep(0)
        assert list(running.requests) == []
        running.clock.advance(60)
        while not running.requests:  # noqa: ASYNC110 - the loop has to turn
            await asyncio.sleep(0)
        assert running.requests[0].json == {"display_message": "Sorry"}


# The URL and the environment.


async def test_the_environment_of_a_served_sandbox(url: str, sandbox: Sandbox) -> None:
    assert sandbox.url == url
    assert sandbox.env() == {
        "CRONOFY_CLIENT_ID": "sbx_client",
        "CRONOFY_CLIENT_SECRET": "sbx_secret",
        "CRONOFY_API_URL": url,
        "CRONOFY_APP_URL": url,
        "CRONOFY_DATA_CENTER": "us",
    }
    async with sandbox.serve() as newer:
        assert sandbox.url == newer != url
    assert sandbox.url == url


async def test_an_unserved_sandbox_has_no_environment_or_url(sandbox: Sandbox) -> None:
    async with sandbox.serve():
        pass
    for ask in (sandbox.env, lambda: sandbox.url):
        with pytest.raises(SandboxError, match=r"Serve it with `async with sandbox\.serve\(\) as url`"):
            ask()


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_with_a_wrong_content_encoding_is_a_400(
    url: str, sandbox: Sandbox, encoding: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async with connection(url) as (reader, writer):
        head = f"POST {LINKS} HTTP/1.1\r\nHost: h\r\nContent-Encoding: {encoding}\r\nContent-Length: 3\r\n\r\n"
        writer.write(head.encode() + b"abc")
        status, _ = await read(reader)

    assert status == 400
    assert sandbox.links == []
    assert capfd.readouterr().err == ""


async def test_a_plain_body_with_a_list_of_encodings_is_accepted(
    url: str, http: aiohttp.ClientSession, ada: Account
) -> None:
    """An official SDK sends the encodings that it accepts in the wrong header."""
    async with connection(url) as (reader, writer):
        body = json.dumps(link_body(ada)).encode()
        head = (
            f"POST {LINKS} HTTP/1.1\r\nHost: h\r\nAuthorization: {KEY['Authorization']}\r\n"
            f"Content-Encoding: gzip;q=1.0, deflate;q=0.6\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        status, _ = await read(reader)

    assert status == 200


async def test_a_malformed_request_writes_nothing_to_stderr(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    async with connection(url) as (reader, writer):
        writer.write(b"NONSENSE\r\n\r\n")
        status, _ = await read(reader)

    assert status == 400
    assert capfd.readouterr().err == ""


async def test_an_error_of_the_sandbox_itself_is_a_500_and_logged(
    url: str, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Any) -> SandboxResponse:
        raise ZeroDivisionError

    monkeypatch.setitem(REGISTRY.operations, "real_time_scheduling.status", fail)

    async with http.get(f"{url}{LINKS}/sch_1") as answer:
        assert answer.status == 500

    assert f"GET {LINKS}/sch_1 failed in the sandbox" in caplog.text
    assert "ZeroDivisionError" in caplog.text
