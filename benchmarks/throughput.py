"""Whether ``poll`` and ``watch`` reach a high rate at a high latency, and what the rate limiter costs then.

A server in another process responds after 200 ms. The limit is 2,000 requests a second and 62,500 a minute, of which the
background lane may use 50,000 (833 a second). The ratio compares with that rate, which is the limiter's ``background_rate``.

The other rows are about the limiter alone, without requests: its share of a core at that rate with uvloop, whose timers
have whole milliseconds, compared with asyncio; and the CPU time to cancel a waiter among many, compared with few.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import attrs

from cronofy_async import CronofyClient, RateLimit, RawResponse, Request, WindowLimiter
from cronofy_async._clock import LoopClock
from cronofy_async.middleware import Handler
from cronofy_async.polling import Watched

from .report import Row
from .server import STATUS, canned_server

TITLE = "50,000 background requests a minute, and responses after 200 ms"

LIMIT: Final = RateLimit(per_second=2_000, per_minute=62_500)
LATENCY: Final = 0.2
GOAL: Final = 0.95
UVLOOP_GOAL: Final = 2.0
CANCEL_GOAL: Final = 3.0
FEW: Final = 1_000
MANY: Final = 32_000
ID: Final = b"sch_64b1859e8090ea21640c915f"


class Arrivals:
    """A middleware that records when requests are sent, and puts the ID of the link into its response."""

    def __init__(self) -> None:
        self.times: list[float] = []

    async def __call__(self, request: Request, call_next: Handler, /) -> RawResponse:
        response = await call_next(request)
        self.times.append(time.monotonic())
        return attrs.evolve(response, body=STATUS.replace(ID, request.target.rpartition("/")[2].encode()))

    @property
    def rate(self) -> float:
        """The responses per second."""
        return (len(self.times) - 1) / (self.times[-1] - self.times[0])


def _client(url: str, arrivals: Arrivals) -> CronofyClient:
    return CronofyClient(client_secret="secret", base_url=url, rate_limit=LIMIT, per_attempt=[arrivals])


def _links(seconds: float) -> list[str]:
    return [f"sch_{number:024x}" for number in range(int(seconds * _allowed()))]


def _allowed() -> float:
    return WindowLimiter(LIMIT, LoopClock()).background_rate


async def _poll(url: str, seconds: float, concurrency: int | None) -> float:
    """Return the responses per second of a poll."""
    arrivals = Arrivals()
    async with (
        _client(url, arrivals) as cronofy,
        cronofy.real_time_scheduling.poll(_links(seconds), concurrency=concurrency) as outcomes,
    ):
        async for outcome in outcomes:
            outcome.result()
    return arrivals.rate


async def _watch(url: str, seconds: float) -> float:
    """Return the responses per second of a watcher, whose links are all completed."""
    arrivals = Arrivals()
    sent = datetime.now(UTC) - timedelta(hours=1)
    links = [Watched(link, sent_at=sent) for link in _links(seconds)]
    async with _client(url, arrivals) as cronofy, cronofy.real_time_scheduling.watch(links) as watcher:
        async for _ in watcher:
            pass
    return arrivals.rate


def _rates(seconds: float, rounds: int) -> list[Row]:
    allowed = _allowed()
    polled: list[float] = []
    watched: list[float] = []
    with canned_server(LATENCY) as url:
        for _ in range(rounds):
            polled.append(asyncio.run(_poll(url, seconds, None)))
            watched.append(asyncio.run(_watch(url, seconds)))
        fixed = asyncio.run(_poll(url, seconds / 2, 64))
    rows = [Row(label="allowed by the limit", value=allowed, unit="requests/s")]
    for name, rates in (("poll", polled), ("watch", watched)):
        rate = statistics.median(rates)
        met = rate / allowed >= GOAL
        rows.append(Row(label=name, value=rate, unit="requests/s", ratio=rate / allowed, goal=f">= {GOAL}", met=met))
    return [*rows, Row(label="poll(concurrency=64)", value=fixed, unit="requests/s", ratio=fixed / allowed)]


async def _limiter_alone(seconds: float) -> float:
    """Return the share of a core that the limiter takes at its full rate."""
    limiter = WindowLimiter(LIMIT, LoopClock())
    end = time.monotonic() + seconds

    async def work() -> None:
        while time.monotonic() < end:
            (await limiter.acquire("background")).ended()

    started = time.process_time()
    await asyncio.gather(*(work() for _ in range(100)))
    return (time.process_time() - started) / seconds


def _timers(seconds: float, rounds: int) -> list[Row]:
    if find_spec("uvloop") is None:
        return []
    uvloop = import_module("uvloop")

    def on_uvloop(main: Coroutine[Any, Any, float]) -> float:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(main)

    pairs = [(asyncio.run(_limiter_alone(seconds)), on_uvloop(_limiter_alone(seconds))) for _ in range(rounds)]
    on_asyncio, on_uv = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    ratio = statistics.median(pair[1] / pair[0] for pair in pairs)
    return [
        Row(label="limiter alone, asyncio", value=on_asyncio * 100, unit="% of a core"),
        Row(
            label="limiter alone, uvloop",
            value=on_uv * 100,
            unit="% of a core",
            ratio=ratio,
            goal=f"<= {UVLOOP_GOAL}",
            met=ratio <= UVLOOP_GOAL,
        ),
    ]


async def _cancelled(waiters: int) -> float:
    """Return the CPU seconds to cancel a waiter, the last one first."""
    limiter = WindowLimiter(RateLimit(per_second=1), LoopClock())
    permit = await limiter.acquire()
    tasks = [asyncio.create_task(limiter.acquire()) for _ in range(waiters)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    started = time.process_time()
    for task in reversed(tasks):
        task.cancel()
    await asyncio.wait(tasks)
    elapsed = time.process_time() - started
    permit.ended()
    return elapsed / waiters


def _cancellations(rounds: int) -> list[Row]:
    pairs = [(asyncio.run(_cancelled(FEW)), asyncio.run(_cancelled(MANY))) for _ in range(rounds)]
    few, many = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    ratio = statistics.median(pair[1] / pair[0] for pair in pairs)
    return [
        Row(label=f"canceling one of {FEW:,} waiters", value=few * 1e6, unit="µs"),
        Row(
            label=f"canceling one of {MANY:,} waiters",
            value=many * 1e6,
            unit="µs",
            ratio=ratio,
            goal=f"<= {CANCEL_GOAL}",
            met=ratio <= CANCEL_GOAL,
        ),
    ]


def run(*, quick: bool) -> Sequence[Row]:
    seconds, rounds = (1.0, 1) if quick else (8.0, 3)
    return [*_rates(seconds, rounds), *_timers(0.5 if quick else 3.0, rounds), *_cancellations(rounds)]
