"""A server of link statuses on the virtual clock, and helpers that watch its links."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cronofy_async import (
    CronofyClient,
)
from cronofy_async._clock import LoopClock
from cronofy_async._codec import from_dict
from cronofy_async.http import RawResponse, Request
from cronofy_async.models import (
    Notification,
    SchedulingLink,
)
from cronofy_async.polling import Change, Watcher
from cronofy_async.polling.stores.sqlite import SQLiteWatchStore

from .support import client, json_response, link
from .virtual_clock import VirtualClock

#: Half of a surrogate pair, which UTF-8 cannot encode.
HALF = "\ud83d"
#: JSON that is too deeply nested for some parsers.
DEEP = "[" * 480 + "]" * 480


class LinkServer:
    """A server for status requests. Tests set the times at which the statuses change."""

    def __init__(self, clock: VirtualClock, seconds: float = 0.1) -> None:
        self.clock = clock
        self.seconds = seconds
        self.timelines: dict[str, list[tuple[float, str]]] = {}
        self.requested: list[tuple[float, str]] = []
        self.lanes: set[str] = set()
        self.down: Exception | RawResponse | None = None
        self.faults: dict[str, Exception | RawResponse] = {}
        self.in_flight = 0

    def set_status(self, name: str, after: float, status: str) -> None:
        self.timelines.setdefault(name, []).append((self.clock.monotonic() + after, status))

    def status(self, name: str) -> str:
        status = "open"
        for at, then in self.timelines.get(name, ()):
            if at <= self.clock.monotonic():
                status = then
        return status

    async def __call__(self, request: Request) -> RawResponse:
        name = request.target.rpartition("/")[2]
        self.requested.append((self.clock.monotonic(), name))
        self.lanes.add(request.options.lane)
        self.in_flight += 1
        try:
            await self.clock.sleep(self.seconds)
        finally:
            self.in_flight -= 1
        for fault in (self.down, self.faults.get(name)):
            if isinstance(fault, Exception):
                raise fault
            if fault is not None:
                return fault
        status = self.status(name)
        return json_response(status=404) if status == "gone" else json_response(link(status, name))

    def times(self, name: str) -> list[float]:
        return [at for at, requested in self.requested if requested == name]


def watching(server: LinkServer, **options: Any) -> CronofyClient:
    return client(server, server.clock, **({"rate_limit": None} | options))


async def run(watcher: Watcher) -> list[Change]:
    async with watcher:
        return [change async for change in watcher]


def callback(ref: str | None = None, event_id: str | None = None) -> Notification:
    data = {"event": {"event_id": event_id}} if event_id else {}
    return Notification(type="new", ref=ref, fingerprint="f", data=data)


def warnings_about(caplog: pytest.LogCaptureFixture, name: str) -> list[str]:
    """Return the messages of the warnings whose record names a link."""
    return [record.getMessage() for record in caplog.records if getattr(record, "link", None) == name]


def completed(name: str, **members: Any) -> dict[str, Any]:
    """Return the body of a response about a completed link that has further members."""
    return {"real_time_scheduling": link("completed", name)["real_time_scheduling"] | members}


async def changes_of(path: Path, links: list[str], members: dict[str, Any]) -> list[Change]:
    """Watch links with a store in a file until two changes were reported; the response about one link is invalid."""

    async def status(name: str, on_sent: Callable[[], object]) -> SchedulingLink:
        on_sent()
        await asyncio.sleep(0)
        return from_dict(SchedulingLink, completed(name, **members if name == "odd" else {})["real_time_scheduling"])

    async with Watcher(
        links, status, clock=LoopClock(), store=SQLiteWatchStore(path), min_interval=0.01, auto_confirm=False
    ) as watcher:
        return [await anext(watcher) for _ in range(2)]
