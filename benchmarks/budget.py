"""A poll against a server that enforces 50 requests a second and 500 a minute: requests refused, and budget used.

The sandbox counts requests as Cronofy may: in sliding windows, when they arrive. It runs in process, on a clock that jumps
to the next timer, so minutes take seconds and two runs are the same. Latencies are log-normal, and half of the latency is
before the arrival on average, so requests arrive at other intervals than they were sent at.

The last rows are measured in real time: a ``cronofy-async poll`` process against a ``cronofy-async sandbox --limits``
process. The seconds include the start of the process.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Final

import attrs

from cronofy_async import CronofyClient, RateLimit, RawResponse, Request, WindowLimiter, models
from cronofy_async.http import Lane
from cronofy_async.middleware.rate_limit import Permit
from cronofy_async.sandbox import Sandbox

from .report import Row

TITLE = "A poll against enforced limits of 50/s and 500/min"

A_MINUTE: Final = 500
GOAL: Final = 0.99
WHY_LESS: Final = (
    "A permit counts until one minute after its response, so that no request is refused, whatever kind of window Cronofy "
    "uses. With this latency, the maximum is 60/(60 + mean latency) = {possible:.1%}, which is less than {goal:.0%}."
)
PEOPLE: Final = 30
LINKS: Final = 20


@attrs.define
class Distant:
    """Adds a latency to a sandbox: ``latency`` seconds for the round trip on average."""

    sandbox: Sandbox
    latency: float
    draw: random.Random = attrs.field(factory=lambda: random.Random(1))

    async def send(self, request: Request) -> RawResponse:
        latency = self.latency * self.draw.lognormvariate(-0.125, 0.5)
        outbound = latency * self.draw.random()
        await self.sandbox.clock.sleep(outbound)
        response = await self.sandbox.transport().send(request)
        await self.sandbox.clock.sleep(latency - outbound)
        return response

    async def aclose(self) -> None: ...


@attrs.define
class Timed:
    """A limiter that records how long foreground calls wait for a permit."""

    sandbox: Sandbox
    limiter: WindowLimiter
    waits: list[float] = attrs.field(factory=list)

    async def acquire(self, lane: Lane = "foreground") -> Permit:
        started = self.sandbox.clock.monotonic()
        permit = await self.limiter.acquire(lane)
        if lane == "foreground":
            self.waits.append(self.sandbox.clock.monotonic() - started)
        return permit


@attrs.frozen
class Result:
    """The result of a poll.

    Attributes:
        rate_limited: The number of requests that got a 429.
        used: The share of the 500 requests a minute that was used.
        waits: The seconds that foreground calls waited for a permit.
    """

    rate_limited: int
    used: float
    waits: Sequence[float]


def _used(requests: int, seconds: float) -> float:
    return (requests - 1) / seconds * 60 / A_MINUTE  # the first is sent immediately


async def _create_links(sandbox: Sandbox) -> list[str]:
    """Create some links, long enough ago to be outside the windows."""
    ada = sandbox.add_account("ada@example.com")
    begin = sandbox.clock.now() + timedelta(days=1)
    async with sandbox.client() as cronofy:
        links = [
            await cronofy.real_time_scheduling.create(
                oauth={"redirect_uri": "https://app.example.com"},
                event={"event_id": f"intro-{number}", "summary": "Intro", "tzid": "Europe/London"},
                availability=models.AvailabilityQuery(
                    participants=[models.ParticipantGroup([models.Member(ada.sub)])],
                    required_duration=timedelta(minutes=30),
                    query_periods=[(begin, begin + timedelta(days=2))],
                ),
            )
            for number in range(LINKS)
        ]
    sandbox.clock.advance(minutes=2)
    sandbox.requests.clear()
    return [link.id for link in links]


async def _call_in_foreground(cronofy: CronofyClient, sandbox: Sandbox, link: str) -> None:
    """Send foreground calls at random times."""
    draw = random.Random(2)
    async with asyncio.TaskGroup() as group:
        while True:
            await sandbox.clock.sleep(draw.expovariate(PEOPLE / 60))
            group.create_task(_request_status(cronofy, link))


async def _request_status(cronofy: CronofyClient, link: str) -> None:
    await cronofy.real_time_scheduling.status(link)


async def _poll(latency: float, minutes: int, *, share: float, people: bool) -> Result:
    async with Sandbox(now=datetime(2026, 4, 28, 9, tzinfo=UTC), limits=True) as sandbox:
        links = await _create_links(sandbox)
        limiter = Timed(sandbox, WindowLimiter(RateLimit(share=share), sandbox.clock))
        started = sandbox.clock.monotonic()
        async with sandbox.client(transport=Distant(sandbox, latency), rate_limit=limiter) as cronofy:
            people_task = asyncio.create_task(_call_in_foreground(cronofy, sandbox, links[0])) if people else None
            polled = islice(cycle(links), int(minutes * A_MINUTE * share))
            async with cronofy.real_time_scheduling.poll(polled) as outcomes:
                async for outcome in outcomes:
                    outcome.result()
            elapsed = sandbox.clock.monotonic() - started
            if people_task is not None:
                people_task.cancel()
                await asyncio.wait([people_task])
        statuses = [request.status for request in sandbox.requests]
        rate_limited = statuses.count(429)
        return Result(rate_limited, _used(len(statuses) - rate_limited, elapsed), limiter.waits)


def _rate_limited_row(number: int) -> Row:
    return Row(label="    refused with 429", value=number, unit="requests", goal="0", met=number == 0)


def _alone(latency: float, minutes: int) -> list[Row]:
    result = asyncio.run(_poll(latency, minutes, share=1.0, people=False))
    label = f"share 1.0, {minutes} minutes, latency {latency * 1000:.0f} ms: budget used"
    possible = 60 / (60 + latency)
    if possible >= GOAL:
        used = Row(label=label, value=result.used * 100, unit="%", goal=f">= {GOAL:.0%}", met=result.used >= GOAL)
    else:
        used = Row(label=label, value=result.used * 100, unit="%", note=WHY_LESS.format(possible=possible, goal=GOAL))
    return [used, _rate_limited_row(result.rate_limited)]


def _with_people(latency: float, minutes: int) -> list[Row]:
    result = asyncio.run(_poll(latency, minutes, share=0.8, people=True))
    waits = sorted(result.waits)
    rows = [
        Row(
            label=f"share 0.8, {PEOPLE} foreground calls per minute, latency {latency * 1000:.0f} ms: budget used",
            value=result.used * 100,
            unit="%",
        ),
        _rate_limited_row(result.rate_limited),
    ]
    for name, part in (("median", 0.5), ("99th percentile", 0.99)):
        wait = waits[math.ceil(len(waits) * part) - 1]
        rows.append(
            Row(label=f"    wait of foreground calls, {name}", value=wait, unit="s", goal="< 0.5", met=wait < 0.5)
        )
    return rows


@contextmanager
def _sandbox() -> Generator[str]:
    command = [sys.executable, "-m", "cronofy_async", "sandbox", "--limits", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()


def _process(links: int) -> list[Row]:
    """Poll links with the command, in a separate process."""
    with tempfile.TemporaryDirectory() as folder, _sandbox() as url:
        out = str(Path(folder) / "states.jsonl")
        process = subprocess.run(
            [sys.executable, "-m", "cronofy_async", "poll", "-", "--share", "1", "--json", "--out", out],
            input="id\n"
            + "".join(f"sch_{link}\n" for link in range(links)),  # none of the links exists, but every request counts
            env={**os.environ, "CRONOFY_CLIENT_SECRET": "sbx_secret", "CRONOFY_API_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
    result = json.loads(process.stdout)
    used = _used(result["requests"], result["seconds"]) * 100
    return [
        Row(label=f"`cronofy-async poll` of {links} links in a process: budget used", value=used, unit="%"),
        _rate_limited_row(result["rate_limited"]),
    ]


def run(*, quick: bool) -> Sequence[Row]:
    minutes = 2 if quick else 10
    rows: list[Row] = []
    for latency in (0.02, 0.2, 0.8):
        rows += _alone(latency, minutes)
    for latency in (0.02, 0.2):
        rows += _with_people(latency, minutes)
    return rows + _process(20 if quick else 570)
