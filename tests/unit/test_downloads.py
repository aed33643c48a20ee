"""Downloads: the redirect is followed without a credential, and the file is streamed in bounded memory."""

from __future__ import annotations

import asyncio
from pathlib import Path

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

from .download_sites import FILE, SECRET, SIGNED, sends, silent, site, to, without_secrets
from .http_servers import raw_server, read_head, respond_with, response_of


def header_names(head: str) -> set[str]:
    return {line.partition(":")[0].lower() for line in head.split("\r\n")[1:] if line}


# Following the redirect.


async def test_the_file_is_streamed_and_the_storage_host_gets_no_credential() -> None:
    async def recording(request: Request, call_next: Handler) -> RawResponse:
        return await call_next(request.with_headers({"X-Mine": "1"}))

    reply = response_of(FILE, "Content-Type: video/mp4", "Set-Cookie: a=b")
    async with site(sends(reply), per_attempt=[recording]) as at, at.download() as download:
        parts = [part async for part in download]
        assert (download.content_type, download.size) == ("video/mp4", len(FILE))

    assert b"".join(parts) == FILE
    (first_request,), (stored,) = at.requested, at.stored
    assert first_request.startswith("GET /v1/resources/r-1 HTTP/1.1\r\n")
    assert f"authorization: bearer {SECRET}" in first_request.lower()
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
            heads.append((await read_head(reader)).decode())
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
async def test_a_redirect_from_https_to_unencrypted_http_is_not_followed(location: str, *, followed: bool) -> None:
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


def test_a_resource_without_a_url_is_rejected() -> None:
    agents = CronofyClient(client_secret=SECRET).meeting_agents

    with pytest.raises(ValueError, match="resource: expected a resource with a URL"):
        agents.download_resource(MeetingAgentResource(category="video"))


# Failures.


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found", "500 Broken", "503 Slow Down"])
async def test_an_error_of_the_storage_host_raises_download_failed(status: str) -> None:
    body = b"<Error><StringToSign>canary0signature</StringToSign></Error>"
    reply = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    async with site(sends(reply)) as at:
        with pytest.raises(DownloadFailed, match="the storage host returned no file") as caught:
            await at.download().__aenter__()

    assert (caught.value.status, caught.value.body) == (int(status[:3]), None)
    assert "may have expired" in str(caught.value)
    without_secrets(caught.value)


async def test_a_redirect_from_the_storage_host_is_not_followed() -> None:
    async with raw_server(respond_with(response_of(FILE))) as third, site(sends(to(f"{third}/x"))) as at:
        with pytest.raises(DownloadFailed) as caught:
            await at.download().__aenter__()

    assert caught.value.status == 302
    assert len(at.stored) == 1


async def test_an_error_of_the_api_is_raised() -> None:
    async with site(silent(), lambda _: b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") as at:
        with pytest.raises(NotFound):
            await at.download().__aenter__()

    assert at.stored == []


@pytest.mark.parametrize("status", ["200 OK", "204 No Content", "302 Found"])
async def test_a_response_without_a_redirect_is_rejected(status: str) -> None:
    async with site(silent(), lambda _: f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()) as at:
        with pytest.raises(DecodeError, match=f"status {status[:3]}"):
            await at.download().__aenter__()


async def test_a_broken_connection_raises_a_transport_error() -> None:
    async with site(sends(response_of(FILE, length=len(FILE) + 1))) as at, at.download() as download:
        assert await anext(download) == FILE
        with pytest.raises(ResponseLost) as caught:
            await anext(download)

    without_secrets(caught.value)


async def test_an_unreachable_storage_host_raises_a_transport_error() -> None:
    async with raw_server(silent()) as gone:
        pass

    async with site(silent(), lambda _: to(f"{gone}/x?canary0")) as at:
        with pytest.raises(TransportError) as caught:
            await at.download().__aenter__()

    assert caught.value.sent == "no"
    without_secrets(caught.value)


@pytest.mark.parametrize("sent", [b"", response_of(b"", length=1)])
async def test_a_silent_storage_host_times_out(sent: bytes) -> None:
    async with site(sends(sent, close=False), timeout=Timeout(attempt=0.2, total=None)) as at:
        with pytest.raises(RequestTimeout, match=r"nothing from the storage host within 0\.2 s") as caught:
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
            with pytest.raises(RuntimeError, match="not open: use it within `async with`"):
                misuse()
        with pytest.raises(TypeError, match="use `async with`"):
            download.__enter__()
        async with download:
            pass
        with pytest.raises(RuntimeError, match="was already used"):
            await download.__aenter__()

    assert "canary0" not in repr(download)
    assert "v1/resources" not in repr(download)


def test_a_download_that_is_never_used_warns() -> None:
    cronofy = CronofyClient(client_secret=SECRET)

    download = [cronofy.meeting_agents.download_resource("https://api.cronofy.com/v1/r")]

    with pytest.warns(RuntimeWarning, match="was never awaited"):
        download.clear()


async def test_a_custom_transport_needs_no_stream_method(tmp_path: Path) -> None:
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
