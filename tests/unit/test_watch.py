from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cronofy_async import (
    ConnectError,
    CronofyClient,
    Forbidden,
    PaymentRequired,
    RateLimit,
    ServerError,
    Unauthorized,
    webhooks,
)
from cronofy_async.http import RawResponse, Request
from cronofy_async.models import AvailabilityQuery, CallbackUrls, CreatedLink, EventTemplate, Notification
from cronofy_async.polling import Change, MemoryWatchStore, Watched, Watcher
from cronofy_async.polling.stores import LeaseLost

from .support import SECRET, answer, client, link, other_tasks
from .virtual_clock import VirtualClock, settle


class Cronofy:
    """Links of which something becomes at a time of the test's."""

    def __init__(self, clock: VirtualClock, seconds: float = 0.1) -> None:
        self.clock = clock
        self.seconds = seconds
        self.becomes: dict[str, list[tuple[float, str]]] = {}
        self.asked: list[tuple[float, str]] = []
        self.lanes: set[str] = set()
        self.down: Exception | RawResponse | None = None
        self.poisoned: dict[str, Exception | RawResponse] = {}
        self.under_way = 0

    def let(self, name: str, after: float, status: str) -> None:
        self.becomes.setdefault(name, []).append((self.clock.monotonic() + after, status))

    def status(self, name: str) -> str:
        status = "open"
        for at, then in self.becomes.get(name, ()):
            if at <= self.clock.monotonic():
                status = then
        return status

    async def __call__(self, request: Request) -> RawResponse:
        name = request.target.rpartition("/")[2]
        self.asked.append((self.clock.monotonic(), name))
        self.lanes.add(request.options.lane)
        self.under_way += 1
        try:
            await self.clock.sleep(self.seconds)
        finally:
            self.under_way -= 1
        for fault in (self.down, self.poisoned.get(name)):
            if isinstance(fault, Exception):
                raise fault
            if fault is not None:
                return fault
        status = self.status(name)
        return answer(status=404) if status == "gone" else answer(link(status, name))

    def times(self, name: str) -> list[float]:
        return [at for at, asked in self.asked if asked == name]


@pytest.fixture
def server(clock: VirtualClock) -> Cronofy:
    return Cronofy(clock)


def watching(server: Cronofy, **options: Any) -> CronofyClient:
    return client(server, server.clock, **({"rate_limit": None} | options))


async def run(watcher: Watcher) -> list[Change]:
    async with watcher:
        return [change async for change in watcher]


async def test_every_link_until_it_is_terminal(clock: VirtualClock, server: Cronofy) -> None:
    ends = {"a": "completed", "b": "expired", "c": "disabled", "d": "gone"}
    for number, (name, status) in enumerate(ends.items()):
        server.let(name, 100.0 * number, status)
    cronofy = watching(server)
    async with clock.auto():
        changes = await run(cronofy.real_time_scheduling.watch(ends))
    assert {change.id: change.status for change in changes} == ends
    assert [change.id for change in changes] == list(ends)
    assert all(change.previous == "open" and change.is_terminal for change in changes)
    assert [change.link and change.link.status for change in changes] == ["completed", "expired", "disabled", None]
    assert server.lanes == {"background"}
    assert not other_tasks()
    assert server.under_way == 0
