"""CPU time of a status call through the default chain, compared with hand-written aiohttp and with pycronofy.

Each request is for a different link, as in a real poll: yarl caches parsed URLs, so requesting the same link again and
again would measure the cache. Both sides send 20 requests at a time to a server with canned responses in another process.
Short rounds of both alternate, in changing order, and the ratio is the median over all pairs of rounds, so that a busy
machine affects both alike. CPU time includes system time.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import aiohttp

from cronofy_async import CronofyClient, RateLimit

from .report import Row, json_reader
from .server import canned_server

TITLE = "CPU time of a status call, 20 at a time, each for a different link"

GOAL = 1.10
CONCURRENCY = 20
#: The default chain, with limits that a benchmark does not reach.
LIMIT = RateLimit(per_second=1_000_000, per_minute=10_000_000)

_numbers = itertools.count()


def _another_link() -> str:
    return f"sch_{next(_numbers):024x}"


async def _cpu_seconds(count: int, call: Callable[[], Awaitable[object]]) -> float:
    """Return the CPU seconds per call."""

    async def worker() -> None:
        for _ in range(count // CONCURRENCY):
            await call()

    started = time.process_time()
    await asyncio.gather(*(worker() for _ in range(CONCURRENCY)))
    return (time.process_time() - started) / (count // CONCURRENCY * CONCURRENCY)


async def _rounds(url: str, calls: int, rounds: int) -> tuple[list[float], list[float]]:
    headers = {"Authorization": "Bearer secret"}
    by_hand: list[float] = []
    ours: list[float] = []
    async with (
        aiohttp.ClientSession() as session,
        CronofyClient(client_secret="secret", base_url=url, rate_limit=LIMIT) as cronofy,
    ):

        async def hand() -> object:
            target = f"{url}/v1/real_time_scheduling/{_another_link()}"
            async with session.get(target, headers=headers) as response:
                return await response.json()

        async def sdk() -> object:
            return await cronofy.real_time_scheduling.status(_another_link())

        sides = [(by_hand, hand), (ours, sdk)]
        for _, call in sides:
            await _cpu_seconds(calls, call)
        for _ in range(rounds):
            for times, call in sides:
                times.append(await _cpu_seconds(calls, call))
            sides.reverse()
    return by_hand, ours


def _pycronofy(url: str, calls: int) -> float:
    import pycronofy  # type: ignore[import-untyped] # noqa: PLC0415 - a peer, imported when it is needed

    pycronofy.settings.API_BASE_URL = url
    client = pycronofy.Client(client_id="id", client_secret="secret")

    def call(_: int) -> object:
        return client.get_real_time_scheduling_status(real_time_scheduling_id=_another_link())

    with ThreadPoolExecutor(CONCURRENCY) as pool:
        list(pool.map(call, range(CONCURRENCY)))
        started = time.process_time()
        list(pool.map(call, range(calls)))
        return (time.process_time() - started) / calls


def run(*, quick: bool) -> Sequence[Row]:
    calls, rounds = (400, 3) if quick else (1_000, 40)
    with canned_server() as url:
        by_hand, ours = asyncio.run(_rounds(url, calls, rounds))
        theirs = _pycronofy(url, 100 if quick else 500)
    ratio = statistics.median(
        sdk_seconds / hand_seconds for sdk_seconds, hand_seconds in zip(ours, by_hand, strict=True)
    )
    hand_seconds = statistics.median(by_hand)
    return [
        Row(label="aiohttp, hand-written, to plain JSON", value=hand_seconds * 1e6, unit="µs"),
        Row(
            label="cronofy_async, default chain, to a model",
            value=statistics.median(ours) * 1e6,
            unit="µs",
            ratio=ratio,
            goal=f"<= {GOAL:.2f}",
            met=ratio <= GOAL,
            note=f"JSON is read with {json_reader()}.",
        ),
        Row(label="pycronofy, 20 threads", value=theirs * 1e6, unit="µs", ratio=theirs / hand_seconds),
    ]
