"""An API that redirects to a storage host on another port, for the tests of downloads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs

from cronofy_async import CronofyClient, Download

from ..e2e.test_secrets import rendered
from .http_servers import ConnectionHandler, raw_server, read_head

SECRET = "canary0client0secret"
SIGNED = "/bucket/recording.mp4?X-Signature=canary0signature&name=a%2Fb+c"
FILE = bytes(range(256)) * 16


@attrs.define
class Site:
    """The API and a storage host on another port, with the heads of the requests that they received."""

    cronofy: CronofyClient
    api: str
    storage: str
    requested: list[str]
    stored: list[str]

    def download(self) -> Download:
        return self.cronofy.meeting_agents.download_resource(f"{self.api}/v1/resources/r-1")


@asynccontextmanager
async def site(
    storage: ConnectionHandler, redirect: Callable[[str], bytes] | None = None, **options: Any
) -> AsyncGenerator[Site]:
    """Run an API that redirects to a storage host."""
    requested: list[str] = []
    stored: list[str] = []

    async def at_storage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stored.append((await read_head(reader)).decode())
        await storage(reader, writer)

    async def at_api(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requested.append((await read_head(reader)).decode())
        writer.write((redirect or to)(f"{files}{SIGNED}"))
        await writer.drain()

    async with (
        raw_server(at_storage) as files,
        raw_server(at_api) as api,
        CronofyClient(client_secret=SECRET, base_url=api, retry=None, **options) as cronofy,
    ):
        yield Site(cronofy, api, files, requested, stored)


def to(location: str, *, status: str = "302 Found") -> bytes:
    body = b'{"resource": {"download_url": "canary0signature"}}'
    head = f"HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def sends(*parts: bytes, close: bool = True) -> ConnectionHandler:
    """Return a storage host that sends these bytes."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
        if not close:
            await asyncio.Event().wait()

    return talk


def silent() -> ConnectionHandler:
    return sends(close=False)


def without_secrets(error: BaseException) -> None:
    assert "canary0" not in "\n".join(rendered(error))
