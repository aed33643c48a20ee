"""Run commands that read files of links: as processes against a sandbox, or in this process without one."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cronofy_async import CronofyClient, RateLimit, models
from cronofy_async.cli import links_run
from cronofy_async.http import RawResponse, Request
from cronofy_async.sandbox import Sandbox
from cronofy_async.transports.memory import MemoryTransport

__all__ = [
    "RESPONSE",
    "end",
    "escaping_response",
    "name_of",
    "names",
    "new_links",
    "read_results",
    "requested_ids",
    "respond",
    "respond_with",
    "rows_of",
    "run",
    "served",
    "start",
    "surrogate_response",
    "wait_for_results",
]


async def start(url: str, command: str, *arguments: str, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cronofy_async", command, *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "CRONOFY_API_URL": url, **environment},
    )


async def end(process: asyncio.subprocess.Process) -> tuple[int | None, str, str]:
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode(), err.decode()


async def run(url: str, command: str, *arguments: str, **environment: str) -> tuple[int | None, str, str]:
    return await end(await start(url, command, *arguments, **environment))


async def new_links(sandbox: Sandbox, number: int) -> list[models.CreatedLink]:
    ada = sandbox.add_account("ada@example.com")
    begin = datetime.now(UTC) + timedelta(hours=2)
    async with sandbox.client(rate_limit=None) as cronofy:
        return [
            await cronofy.real_time_scheduling.create(
                oauth={"redirect_uri": "https://app.example.com"},
                event={"event_id": f"intro-{index}", "summary": "Intro", "tzid": "Europe/London"},
                availability=models.AvailabilityQuery(
                    participants=[models.ParticipantGroup([models.Member(ada.sub)])],
                    required_duration=timedelta(minutes=30),
                    query_periods=[(begin, begin + timedelta(days=2))],
                ),
            )
            for index in range(number)
        ]


@asynccontextmanager
async def served(number: int, path: Path) -> AsyncGenerator[tuple[Sandbox, str, list[models.CreatedLink]]]:
    """Serve a sandbox with rate limits, and write the IDs of its links to a file. No link has been requested yet."""
    async with Sandbox(limits=True) as sandbox, sandbox.serve() as url:
        links = await new_links(sandbox, number)
        sandbox.clock.advance(60)
        sandbox.requests.clear()
        path.write_text("id\n" + "".join(f"{link.id}\n" for link in links))  # noqa: ASYNC240 - a few lines
        yield sandbox, url, links


def requested_ids(sandbox: Sandbox) -> list[str]:
    return [request.path.rpartition("/")[2] for request in sandbox.requests]


def read_results(out: Path) -> list[dict[str, Any]]:
    """Return the complete lines."""
    text = out.read_text() if out.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


async def wait_for_results(out: Path, number: int, process: asyncio.subprocess.Process) -> None:
    while len(read_results(out)) < number:
        assert process.returncode is None
        await asyncio.sleep(0.01)


# In this process.

FROM_ENV = CronofyClient.from_env
RESPONSE = b'{"real_time_scheduling": {"real_time_scheduling_id": "%s", "url": "u", "status": "%s", "event": %s}}'


def name_of(request: Request) -> str:
    return request.target.replace("?token=", "/").rpartition("/")[2]


def names(requests: list[Request]) -> list[str]:
    """Return the requested links, each with the type of its identifier."""
    return sorted(f"{'token' if '?' in request.target else 'id'} {name_of(request)}" for request in requests)


def respond(request: Request) -> RawResponse:
    """Return the status that the name of a link stands for."""
    name = name_of(request)
    ident = b"sch_1" if "?token=" in request.target else name.encode()
    if name.startswith("none"):
        return RawResponse(status=404, body=b"")
    if name.startswith("done"):
        event = b'{"event_id": "e1", "start": "2031-03-03T09:00:00Z", "end": "2031-03-03T09:30:00Z"}'
        return RawResponse(status=200, body=RESPONSE % (ident, b"completed", event))
    return RawResponse(status=200, body=RESPONSE % (ident, b"open", b"null"))


def respond_with(respond: Callable[[Request], RawResponse], monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    requests: list[Request] = []

    def record(request: Request) -> RawResponse:
        requests.append(request)
        return respond(request)

    def make_offline(**options: Any) -> CronofyClient:
        return FROM_ENV(**options, transport=MemoryTransport(record))

    monkeypatch.setattr(CronofyClient, "from_env", make_offline)

    def unlimited(share: float) -> RateLimit:  # the rate is tested elsewhere
        return RateLimit(per_second=10**6, per_minute=10**7, share=share)

    monkeypatch.setattr(links_run, "RateLimit", unlimited)
    return requests


def rows_of(path: Path) -> list[dict[str, str]]:
    return sorted(csv.DictReader(io.StringIO(path.read_text())), key=lambda row: int(row["line"]))


def surrogate_response(request: Request) -> RawResponse:
    """Return a link; if its name begins with ``odd``, its event ID and summary end with an unpaired surrogate."""
    name, odd = name_of(request), b'"cut off \\ud83d"'
    event_id = odd if name.startswith("odd") else b'"fine"'
    event = b'{"event_id": %s, "summary": %s, "start": "2031-03-03T09:00:00Z", "end": "2031-03-03T10:00:00Z"}' % (
        event_id,
        event_id,
    )
    return RawResponse(status=200, body=RESPONSE % (name.encode(), b"completed", event))


def escaping_response(request: Request) -> RawResponse:
    """Return a link whose event ID tries to set the title of the terminal."""
    escape = b"\\u001b]0;PWNED\\u0007"
    event = b'{"event_id": "%s", "start": "2031-03-03T09:00:00Z", "end": "2031-03-03T10:00:00Z"}' % escape
    return RawResponse(status=200, body=RESPONSE % (name_of(request).encode(), b"completed", event))
