"""The sandbox over HTTP, compared with a bare ``aiohttp.web`` handler that returns the same bytes; and its contract.

Both servers run in one other process, which reports its CPU time. Twenty requests are in flight, each for the status of one
of 1,000 links. Rounds of both alternate, in changing order, and the ratio is the median over all pairs of rounds.

A process loads the contract before its first request. The peer of that is ``json.loads`` of the document.

The fixture ``cronofy_sandbox`` starts and stops a sandbox in a thread for each test. Its peer is an ``aiohttp.web`` server in
a thread.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import multiprocessing
import statistics
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any

import aiohttp
from aiohttp import web

from cronofy_async.models import AvailabilityQuery, Member, ParticipantGroup
from cronofy_async.sandbox import Sandbox
from cronofy_async.sandbox.kernel.contract.contract import Contract, contract
from cronofy_async.testing import running_sandbox

from .report import Row

TITLE = "CPU time of the sandbox"

GOAL = 1.30
CONCURRENCY = 20
LINKS = 1_000
PATH = "/v1/real_time_scheduling/"


# The process that serves both.


async def _create_links(sandbox: Sandbox) -> list[str]:
    ada, now = sandbox.add_account("ada@example.com"), sandbox.clock.now()
    days = [now + timedelta(days=day) for day in range(5)]
    async with sandbox.client() as cronofy:
        links = [
            await cronofy.real_time_scheduling.create(
                oauth={"redirect_uri": "https://app.example.com"},
                event={"event_id": f"intro-{number}", "summary": "Intro", "tzid": "Europe/London"},
                availability=AvailabilityQuery(
                    participants=[ParticipantGroup([Member(ada.sub)])],
                    required_duration=timedelta(minutes=30),
                    query_periods=[(day, day + timedelta(hours=8)) for day in days],
                ),
            )
            for number in range(LINKS)
        ]
    return [link.id for link in links]


async def _serve(pipe: Connection) -> None:
    async with Sandbox() as sandbox, sandbox.serve() as url:
        links = await _create_links(sandbox)
        headers = {"Authorization": f"Bearer {sandbox.client_secret}"}
        async with aiohttp.request("GET", f"{url}{PATH}{links[0]}", headers=headers) as response:
            status = await response.read()

        async def bare(request: web.Request) -> web.Response:
            return web.Response(body=status, headers={"Content-Type": "application/json; charset=utf-8"})

        app = web.Application()
        app.router.add_get(f"{PATH}{{real_time_scheduling_id}}", bare)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        pipe.send((f"http://127.0.0.1:{runner.addresses[0][1]}", url, links, headers))
        asyncio.get_running_loop().add_reader(pipe.fileno(), lambda: pipe.send((pipe.recv(), time.process_time())[1]))
        await asyncio.Event().wait()


def _main(pipe: Connection) -> None:
    asyncio.run(_serve(pipe))


@contextmanager
def _servers() -> Generator[Any]:
    parent, child = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_main, args=(child,), daemon=True)
    process.start()
    child.close()  # so that reading fails if the process ends
    try:
        yield parent
    finally:
        process.terminate()
        process.join()


# The process that sends requests.


async def _rounds(pipe: Connection, requests: int, rounds: int) -> tuple[list[float], list[float]]:
    bare_url, sandbox_url, links, headers = pipe.recv()
    targets = itertools.cycle(links)

    def cpu_time() -> float:
        pipe.send(None)
        seconds: float = pipe.recv()
        return seconds

    async with aiohttp.ClientSession(headers=headers) as session:

        async def seconds(url: str) -> float:
            async def worker() -> None:
                for _ in range(requests // CONCURRENCY):
                    async with session.get(f"{url}{PATH}{next(targets)}") as response:
                        await response.read()

            started = cpu_time()
            await asyncio.gather(*(worker() for _ in range(CONCURRENCY)))
            return (cpu_time() - started) / (requests // CONCURRENCY * CONCURRENCY)

        bare: list[float] = []
        sandbox: list[float] = []
        sides = [(bare, bare_url), (sandbox, sandbox_url)]
        for _, url in sides:
            await seconds(url)
        for _ in range(rounds):
            for times, url in sides:
                times.append(await seconds(url))
            sides.reverse()
    return bare, sandbox


def _contract(rounds: int) -> list[Row]:
    document = contract().document
    text = json.dumps(document)
    parsed: list[float] = []
    loaded: list[float] = []
    for _ in range(rounds):
        started = time.process_time()
        json.loads(text)
        parsed.append(time.process_time() - started)
        started = time.process_time()
        Contract(json.loads(text))
        loaded.append(time.process_time() - started)
    count = len(Contract(document).operations)
    return [
        Row(label="json.loads of the contract", value=statistics.median(parsed) * 1e3, unit="ms"),
        Row(
            label=f"loading the contract, {count} operations",
            value=statistics.median(loaded) * 1e3,
            unit="ms",
            ratio=statistics.median(sandbox / peer for sandbox, peer in zip(loaded, parsed, strict=True)),
        ),
    ]


@contextmanager
def _bare_server() -> Generator[None]:
    started = threading.Event()
    stops: list[Callable[[], object]] = []

    async def live() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        runner = web.ServerRunner(web.Server(lambda _: asyncio.sleep(0, web.Response())))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        stops.append(lambda: loop.call_soon_threadsafe(stop.set))
        started.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(live()), daemon=True)
    thread.start()
    started.wait()
    try:
        yield
    finally:
        stops[0]()
        thread.join()


def _fixture(rounds: int) -> list[Row]:
    def seconds(open_server: Callable[[], AbstractContextManager[object]]) -> float:
        started = time.perf_counter()
        with open_server():
            pass
        return time.perf_counter() - started

    pairs = [(seconds(_bare_server), seconds(running_sandbox)) for _ in range(10 * rounds)]
    return [
        Row(
            label="an aiohttp.web server in a thread, started and stopped",
            value=statistics.median(bare for bare, _ in pairs) * 1e3,
            unit="ms",
        ),
        Row(
            label="the sandbox of a test, started and stopped",
            value=statistics.median(sandbox for _, sandbox in pairs) * 1e3,
            unit="ms",
            ratio=statistics.median(sandbox / bare for bare, sandbox in pairs),
        ),
    ]


def run(*, quick: bool) -> Sequence[Row]:
    requests, rounds = (400, 3) if quick else (1_000, 30)
    with _servers() as pipe:
        bare, sandbox = asyncio.run(_rounds(pipe, requests, rounds))
    ratio = statistics.median(ours / theirs for ours, theirs in zip(sandbox, bare, strict=True))
    return [
        Row(label="a bare aiohttp.web handler with the same bytes", value=statistics.median(bare) * 1e6, unit="µs"),
        Row(
            label="a status of the sandbox",
            value=statistics.median(sandbox) * 1e6,
            unit="µs",
            ratio=ratio,
            goal=f"<= {GOAL:.2f}",
            met=ratio <= GOAL,
        ),
        *_contract(rounds),
        *_fixture(rounds),
    ]
