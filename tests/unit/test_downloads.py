"""Downloads: the redirect to a storage is followed without a credential, and the file is streamed in bounded memory."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest

from cronofy_async import (
    ClientClosedError,
    CronofyClient,
    CronofyError,
    DecodeError,
    Download,
    DownloadFailed,
    NotFound,
    RawResponse,
    Request,
    RequestTimeout,
    ResponseLost,
    Timeout,
    TransportError,
)
from cronofy_async.middleware import Handler
from cronofy_async.models import MeetingAgentResource
from cronofy_async.transports.memory import MemoryTransport

from ..e2e.test_canary import rendered
from .http_servers import Talk, head_of, raw_server, response_of, says

MIB = 2**20
SECRET = "canary0client0secret"
SIGNED = "/bucket/recording.mp4?X-Signature=canary0signature&name=a%2Fb+c"
FILE = bytes(range(256)) * 16


@attrs.define
class Site:
    """The API and a storage on another port, with the heads of the requests that they received."""

    cronofy: CronofyClient
    api: str
    storage: str
    asked: list[str]
    stored: list[str]

    def download(self) -> Download:
        return self.cronofy.meeting_agents.download_resource(f"{self.api}/v1/resources/r-1")


@asynccontextmanager
async def site(storage: Talk, redirect: Callable[[str], bytes] | None = None, **options: Any) -> AsyncGenerator[Site]:
    """Run an API that redirects to a storage."""
    asked: list[str] = []
    stored: list[str] = []

    async def at_storage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stored.append((await head_of(reader)).decode())
        await storage(reader, writer)

    async def at_api(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await head_of(reader)).decode())
        writer.write((redirect or to)(f"{files}{SIGNED}"))
        await writer.drain()

    async with (
        raw_server(at_storage) as files,
        raw_server(at_api) as api,
        CronofyClient(client_secret=SECRET, base_url=api, retry=None, **options) as cronofy,
    ):
        yield Site(cronofy, api, files, asked, stored)


def to(location: str, *, status: str = "302 Found") -> bytes:
    body = b'{"resource": {"download_url": "canary0signature"}}'
    head = f"HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def sends(*parts: bytes, close: bool = True) -> Talk:
    """Return a storage that sends these bytes."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
        if not close:
            await asyncio.Event().wait()

    return talk


def silent() -> Talk:
    return sends(close=False)


def header_names(head: str) -> set[str]:
    return {line.partition(":")[0].lower() for line in head.split("\r\n")[1:] if line}


def without_secrets(error: BaseException) -> None:
    assert "canary0" not in "\n".join(rendered(error))


# Following the redirect.


async def test_the_file_arrives_and_the_storage_gets_no_credential() -> None:
    async def spying(request: Request, call_next: Handler) -> RawResponse:
        return await call_next(request.with_headers({"X-Mine": "1"}))

    reply = response_of(FILE, "Content-Type: video/mp4", "Set-Cookie: a=b")
    async with site(sends(reply), per_attempt=[spying]) as at, at.download() as download:
        parts = [part async for part in download]
        assert (download.content_type, download.size) == ("video/mp4", len(FILE))

    assert b"".join(parts) == FILE
    (asked,), (stored,) = at.asked, at.stored
    assert asked.startswith("GET /v1/resources/r-1 HTTP/1.1\r\n")
    assert f"authorization: bearer {SECRET}" in asked.lower()
    assert stored.startswith(f"GET {SIGNED} HTTP/1.1\r\n")
    assert SECRET not in stored
    assert header_names(stored) == {"host", "user-agent", "accept", "accept-encoding"}
    assert at.storage.removeprefix("http://") in stored
    assert at.api != at.storage


@pytest.mark.parametrize("status", ["301 A", "302 A", "303 A", "307 A", "308 A"])
async def test_every_kind_of_redirect_is_followed(status: str) -> None:
    def redirect(location: str) -> bytes:
        return to(location, status=status)

    async with site(sends(response_of(FILE)), redirect) as at, at.download() as download:
        assert b"".join([part async for part in download]) == FILE


async def test_a_relative_redirect_stays_on_the_host_and_has_no_credential() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            heads.append((await head_of(reader)).decode())
            writer.write(to("/elsewhere") if len(heads) == 1 else response_of(FILE))

    heads: list[str] = []
    async with (
        raw_server(talk) as url,
        CronofyClient(client_secret=SECRET, base_url=url) as cronofy,
        cronofy.meeting_agents.download_resource(f"{url}/v1/r") as download,
    ):
        assert b"".join([part async for part in download]) == FILE

    assert heads[1].startswith("GET /elsewhere ")
    assert SECRET not in heads[1]


LOCATIONS = [
    "",
    "http://user:canary0password@HOST/",
    "http://canary0user@HOST/",
    "file:///etc/passwd",
    "ftp://HOST/",
    "javascript:alert(1)",
    "data:text/plain,canary0",
    "http://HOST:99999/canary0",
    "http://[::1/canary0",
    "http://HOST\\@HOST/canary0",
    "http://HOST/a b?canary0",
    "http://HOST/caf\xe9?canary0",
]


@pytest.mark.parametrize("location", LOCATIONS)
async def test_an_unsafe_redirect_is_not_followed(location: str) -> None:
    def redirect(storage: str) -> bytes:
        host = storage.removeprefix("http://").partition("/")[0]
        return to(location.replace("HOST", host))

    async with site(sends(response_of(FILE)), redirect) as at:
        with pytest.raises(DecodeError, match="expected a redirect to an https URL") as caught:
            await at.download().__aenter__()

    assert at.stored == []
    without_secrets(caught.value)


@pytest.mark.parametrize(
    ("location", "followed"), [("http://files.example.com/x", False), ("https://b.example/x", True)]
)
async def test_an_encrypted_api_does_not_lead_to_an_unencrypted_storage(location: str, *, followed: bool) -> None:
    def handler(request: Request) -> RawResponse:
        if request.base_url == "https://api.cronofy.com":
            return RawResponse(status=302, headers={"location": location})
        return RawResponse(status=200, body=FILE)

    transport = MemoryTransport(handler)
    cronofy = CronofyClient(client_secret=SECRET, transport=transport)
    download = cronofy.meeting_agents.download_resource("https://api.cronofy.com/v1/r")

    if followed:
        async with download:
            assert [part async for part in download] == [FILE]
        assert transport.requests[1].url == location
        assert "Authorization" not in transport.requests[1].headers
    else:
        with pytest.raises(DecodeError, match="expected a redirect to an https URL"):
            await download.__aenter__()
        assert len(transport.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://files.example.com/x",
        "https://api.cronofy.com.example.com/x",
        "//x",
        "/v1/x",
        "https://app.cronofy.com/x",
    ],
)
async def test_the_secret_is_sent_to_the_host_of_the_client_only(url: str) -> None:
    transport = MemoryTransport(lambda _: RawResponse(status=302))
    cronofy = CronofyClient(client_secret=SECRET, transport=transport)

    with pytest.raises(DecodeError, match=r"resources\[\]\.url: this URL is not on https://api\.cronofy\.com"):
        cronofy.meeting_agents.download_resource(MeetingAgentResource(category="cronofy", url=url))

    assert transport.requests == []


def test_a_resource_without_a_url_is_refused() -> None:
    agents = CronofyClient(client_secret=SECRET).meeting_agents

    with pytest.raises(ValueError, match="resource: has no URL"):
        agents.download_resource(MeetingAgentResource(category="video"))


# Memory and connections.


async def test_a_large_file_does_not_fill_the_memory() -> None:
    size = 100 * MIB
    part = bytes(MIB)

    async def large(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response_of(b"", length=size))
        for _ in range(size // MIB):
            writer.write(part)
            await writer.drain()

    async with site(large) as at, at.download() as download:
        assert download.size == size
        received, longest = 0, 0
        tracemalloc.start()
        try:
            async for chunk in download:
                received += len(chunk)
                longest = max(longest, len(chunk))
                await asyncio.sleep(0)  # a slow reader: the server could be ahead
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert received == size
    assert longest <= MIB
    assert peak < 8 * MIB


async def test_a_compressed_file_is_expanded_in_bounded_memory() -> None:
    packed = gzip.compress(bytes(64 * MIB))

    async with site(sends(response_of(packed, "Content-Encoding: gzip"))) as at, at.download() as download:
        assert download.size is None
        received = 0
        tracemalloc.start()
        try:
            async for chunk in download:
                received += len(chunk)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert received == 64 * MIB
    assert peak < 8 * MIB


async def test_leaving_early_closes_the_connection() -> None:
    left = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response_of(b"", length=10**12) + FILE)
        await writer.drain()
        try:
            assert await reader.read() == b""
        finally:
            left.set()

    async with site(endless) as at:
        async with at.download() as download:
            assert (await anext(download))[:256] == FILE[:256]
            assert not left.is_set()
        await left.wait()

        with pytest.raises(RuntimeError, match="the download is not open"):
            await anext(download)


async def test_an_exception_in_the_block_closes_the_connection() -> None:
    left = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response_of(b"", length=10**12) + FILE)
        await reader.read()
        left.set()

    async with site(endless) as at:
        with pytest.raises(KeyError):
            async with at.download():
                raise KeyError
        await left.wait()


async def test_the_connection_of_a_complete_file_is_used_again() -> None:
    connections = 0

    async def keeping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while True:
            writer.write(response_of(FILE))
            await head_of(reader)

    async with site(keeping) as at:
        for _ in range(2):
            async with at.download() as download:
                assert b"".join([part async for part in download]) == FILE

    assert connections == 1


# Failures.


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found", "500 Broken", "503 Slow Down"])
async def test_an_error_of_the_storage(status: str) -> None:
    body = b"<Error><StringToSign>canary0signature</StringToSign></Error>"
    reply = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    async with site(sends(reply)) as at:
        with pytest.raises(DownloadFailed, match="the storage returned no file") as caught:
            await at.download().__aenter__()

    assert (caught.value.status, caught.value.body) == (int(status[:3]), None)
    assert "may have expired" in str(caught.value)
    without_secrets(caught.value)


async def test_a_redirect_of_the_storage_is_not_followed() -> None:
    async with raw_server(says(response_of(FILE))) as third, site(sends(to(f"{third}/x"))) as at:
        with pytest.raises(DownloadFailed) as caught:
            await at.download().__aenter__()

    assert caught.value.status == 302
    assert len(at.stored) == 1


async def test_an_error_of_the_api_is_raised_as_of_any_call() -> None:
    async with site(silent(), lambda _: b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") as at:
        with pytest.raises(NotFound):
            await at.download().__aenter__()

    assert at.stored == []


@pytest.mark.parametrize("status", ["200 OK", "204 No Content", "302 Found"])
async def test_a_response_without_a_redirect_is_refused(status: str) -> None:
    async with site(silent(), lambda _: f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()) as at:
        with pytest.raises(DecodeError, match=f"status {status[:3]}"):
            await at.download().__aenter__()


async def test_a_connection_that_breaks_in_the_middle() -> None:
    async with site(sends(response_of(FILE, length=len(FILE) + 1))) as at, at.download() as download:
        assert await anext(download) == FILE
        with pytest.raises(ResponseLost) as caught:
            await anext(download)

    without_secrets(caught.value)


async def test_a_storage_that_cannot_be_reached() -> None:
    async with raw_server(silent()) as gone:
        pass

    async with site(silent(), lambda _: to(f"{gone}/x?canary0")) as at:
        with pytest.raises(TransportError) as caught:
            await at.download().__aenter__()

    assert caught.value.sent == "no"
    without_secrets(caught.value)


@pytest.mark.parametrize("sent", [b"", response_of(b"", length=1)])
async def test_a_storage_that_is_silent(sent: bytes) -> None:
    async with site(sends(sent, close=False), timeout=Timeout(attempt=0.2, total=None)) as at:
        with pytest.raises(RequestTimeout, match=r"nothing from the storage within 0\.2 s") as caught:
            async with at.download() as download:
                await anext(download)

    without_secrets(caught.value)


async def test_a_download_is_canceled() -> None:
    async def read(download: Download) -> None:
        async with download:
            waiting.set()
            await anext(download)

    waiting = asyncio.Event()
    async with site(sends(response_of(b"", length=1), close=False)) as at:
        task = asyncio.create_task(read(at.download()))
        await waiting.wait()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task

    without_secrets(caught.value)


async def test_closing_the_client_ends_a_download() -> None:
    async with site(sends(response_of(FILE, length=10**9), close=False)) as at, at.download() as download:
        await anext(download)
        await at.cronofy.aclose()
        with pytest.raises(CronofyError):
            await anext(download)
        with pytest.raises(ClientClosedError):
            await at.download().__aenter__()


# A value like a call.


async def test_a_download_is_used_once() -> None:
    async with site(sends(response_of(FILE))) as at:
        download = at.download()
        for misuse in (lambda: download.size, lambda: download.content_type):
            with pytest.raises(RuntimeError, match="not open: use it inside of `async with`"):
                misuse()
        with pytest.raises(TypeError, match="use `async with`"):
            download.__enter__()
        async with download:
            pass
        with pytest.raises(RuntimeError, match="was used already"):
            await download.__aenter__()

    assert "canary0" not in repr(download)
    assert "v1/resources" not in repr(download)


def test_a_download_that_is_never_used_warns() -> None:
    cronofy = CronofyClient(client_secret=SECRET)

    download = [cronofy.meeting_agents.download_resource("https://api.cronofy.com/v1/r")]

    with pytest.warns(RuntimeWarning, match="was never awaited"):
        download.clear()


async def test_a_transport_of_your_own_needs_no_stream(tmp_path: Path) -> None:
    responses = [
        RawResponse(status=302, headers={"location": "https://files.example.com"}),
        RawResponse(status=200, headers={"content-length": "x"}, body=FILE),
    ]
    transport = MemoryTransport(lambda _: responses.pop(0))
    cronofy = CronofyClient(client_secret=SECRET, transport=transport)

    async with cronofy.meeting_agents.download_resource("https://api.cronofy.com/v1/r") as download:
        assert download.size is None
        assert [part async for part in download] == [FILE]

    assert transport.requests[1].url == "https://files.example.com/"
