"""CPU of a status call: the whole default chain against aiohttp as people write it by hand, and pycronofy."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import aiohttp

from cronofy_async import CronofyClient, RateLimit

from .report import Row
from .server import canned_server

TITLE = "CPU of a status call, 20 at a time, against one canned server in another process"

AT_ONCE = 20
LINK = "sch_64b1859e8090ea21640c915f"
#: The default chain, with limits that a benchmark does not reach.
LIMIT = RateLimit(per_second=1_000_000, per_minute=10_000_000)


async def _all(count: int, one: Callable[[], Awaitable[object]]) -> float:
    """CPU seconds a call."""

    async def worker() -> None:
        for _ in range(count // AT_ONCE):
            await one()

    started = time.process_time()
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return (time.process_time() - started) / (count // AT_ONCE * AT_ONCE)


async def _rounds(url: str, calls: int, rounds: int) -> tuple[list[float], list[float]]:
    target = f"{url}/v1/real_time_scheduling/{LINK}"
    headers = {"Authorization": "Bearer secret"}
    by_hand: list[float] = []
    ours: list[float] = []
    async with (
        aiohttp.ClientSession() as session,
        CronofyClient(client_secret="secret", base_url=url, rate_limit=LIMIT) as cronofy,
    ):

        async def hand() -> object:
            async with session.get(target, headers=headers) as response:
                return await response.json()

        async def sdk() -> object:
            return await cronofy.real_time_scheduling.status(LINK)

        await _all(calls // 4, hand)
        await _all(calls // 4, sdk)
        for _ in range(rounds):
            by_hand.append(await _all(calls, hand))
            ours.append(await _all(calls, sdk))
    return by_hand, ours


def _pycronofy(url: str, calls: int) -> float:
    import pycronofy  # type: ignore[import-untyped] # noqa: PLC0415 - a peer, loaded when it is its turn

    pycronofy.settings.API_BASE_URL = url
    client = pycronofy.Client(client_id="id", client_secret="secret")

    def one(_: int) -> object:
        return client.get_real_time_scheduling_status(real_time_scheduling_id=LINK)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, range(AT_ONCE)))
        started = time.process_time()
        list(pool.map(one, range(calls)))
        return (time.process_time() - started) / calls


def run(*, quick: bool) -> list[Row]:
    calls, rounds = (400, 3) if quick else (2_000, 15)
    with canned_server() as url:
        by_hand, ours = asyncio.run(_rounds(url, calls, rounds))
        theirs = _pycronofy(url, max(100, calls // 10))
    ratio = statistics.median(mine / hand for mine, hand in zip(ours, by_hand, strict=True))
    hand = statistics.median(by_hand)
    return [
        Row(what="aiohttp by hand", value=hand * 1e6, unit="µs"),
        Row(
            what="cronofy_async, default chain, typed",
            value=statistics.median(ours) * 1e6,
            unit="µs",
            ratio=ratio,
            goal="<= 1.10",
            met=ratio <= 1.10,
        ),
        Row(what="pycronofy, 20 threads", value=theirs * 1e6, unit="µs", ratio=theirs / hand),
    ]
