"""An event loop is closed while calls are in flight, and the client is used again in the next loop."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from cronofy_async import CronofyClient, MemoryTokenStore, RateLimit, Tokens
from cronofy_async._clock import LoopClock
from cronofy_async.http import RawResponse, Request
from cronofy_async.middleware.rate_limit import RateLimiter, WindowLimiter

from .support import json_response, link
from .virtual_clock import VirtualClock, settle

TOKENS = Tokens(access_token="a0", refresh_token="r0", sub="acc_1")


class Hanging:
    """A transport that does not respond while ``hangs`` is set."""

    def __init__(self) -> None:
        self.hangs = True
        self.hangs_on_refresh = False

    async def send(self, request: Request) -> RawResponse:
        is_refresh = request.endpoint.name == "oauth.refresh"
        if self.hangs or (is_refresh and self.hangs_on_refresh):
            await asyncio.get_running_loop().create_future()
        if is_refresh:
            return json_response({"access_token": "a1", "refresh_token": "r1"})
        return json_response(link(), 401 if request.headers["Authorization"] == "Bearer a0" else 200)

    async def aclose(self) -> None: ...


def abandon(clock: VirtualClock, begin: Callable[[], Any], count: int) -> list[asyncio.Task[Any]]:
    """Start coroutines in a separate loop, and close it while they run."""

    async def main() -> list[asyncio.Task[Any]]:
        tasks = [asyncio.ensure_future(begin()) for _ in range(count)]
        await settle()
        return tasks

    loop = asyncio.new_event_loop()
    tasks = loop.run_until_complete(main())
    loop.close()
    return tasks


def in_the_next_loop(clock: VirtualClock, function: Callable[[], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        async with clock.auto():
            return await function()

    return asyncio.run(main())


@pytest.fixture(autouse=True)
def unraisable(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Fail on exceptions that Python could not raise."""
    errors: list[Any] = []

    def report(problem: Any) -> None:
        errors.append(problem.exc_value)

    monkeypatch.setattr("sys.unraisablehook", report)
    yield errors
    gc.collect()
    assert errors == []


@pytest.mark.parametrize("kept", [False, True], ids=["collected", "still referenced"])
@pytest.mark.parametrize("calls", [1, 50, 80])
def test_abandoned_calls_count_for_one_more_window(clock: VirtualClock, calls: int, kept: bool) -> None:
    transport = Hanging()
    cronofy = CronofyClient(client_secret="s", transport=transport, clock=clock, timeout=2)
    tasks = abandon(clock, lambda: cronofy.real_time_scheduling.status("sch_1"), calls)
    if not kept:
        del tasks
        gc.collect()
    transport.hangs = False
    limiter: Any = cronofy.rate_limiter
    start = clock.monotonic()

    assert in_the_next_loop(clock, lambda: cronofy.real_time_scheduling.status("sch_1")).status == "open"

    assert clock.monotonic() - start == (0 if calls == 1 else 1)
    assert limiter.used()[1] == min(calls, 50) + 1
    gc.collect()  # tasks that are finalized only now are not counted twice
    assert limiter.used()[1] == min(calls, 50) + 1


@pytest.mark.parametrize("kept", [False, True], ids=["collected", "still referenced"])
def test_waiters_of_a_closed_loop_get_no_permits(clock: VirtualClock, kept: bool) -> None:
    limiter = WindowLimiter(RateLimit(per_second=2), clock)
    tasks = abandon(clock, limiter.acquire, 10)
    if not kept:
        del tasks
        gc.collect()

    async def send_again() -> None:
        for _ in range(4):
            (await limiter.acquire()).ended()

    start = clock.monotonic()
    in_the_next_loop(clock, send_again)

    assert clock.monotonic() - start == 2  # two permits of the old loop and two of our own come before the last two


def test_a_probe_of_a_closed_loop_is_ignored(clock: VirtualClock) -> None:
    limiter = WindowLimiter(RateLimit(), clock)

    async def get_429() -> None:
        (await limiter.acquire()).refused(None)

    asyncio.run(get_429())
    clock.advance(1)
    tasks = abandon(clock, limiter.acquire, 3)  # the first is the probe, the others wait for it

    async def send_again() -> None:
        (await limiter.acquire()).ended()
        (await limiter.acquire()).ended()

    in_the_next_loop(clock, send_again)
    assert limiter.used() == (3, 4)
    del tasks


def test_tasks_finalized_between_two_loops(clock: VirtualClock) -> None:
    limiter = WindowLimiter(RateLimit(per_second=2), clock)
    tasks = abandon(clock, limiter.acquire, 5)
    first = tasks[0].result()
    first.ended()  # there are waiters, but no loop that could resume them
    assert limiter.used() == (2, 2)
    in_the_next_loop(clock, limiter.acquire)
    assert limiter.used() == (1, 3)


def test_an_unclosed_loop_keeps_its_permits(clock: VirtualClock) -> None:
    limiter = WindowLimiter(RateLimit(per_second=2), clock)
    abandoned = asyncio.new_event_loop()
    first = abandoned.run_until_complete(limiter.acquire())

    async def other() -> None:
        (await limiter.acquire()).ended()
        assert limiter.used()[0] == 2

    asyncio.run(other())
    first.ended()
    abandoned.close()
    assert limiter.used() == (2, 2)
    clock.advance(1)
    assert limiter.used() == (0, 2)


@pytest.mark.parametrize("grace", [0, 5])
def test_closing_does_not_wait_for_calls_of_a_closed_loop(clock: VirtualClock, grace: float) -> None:
    cronofy = CronofyClient(client_secret="s", transport=Hanging(), clock=clock)
    tasks = abandon(clock, lambda: cronofy.real_time_scheduling.status("sch_1"), 3)
    start = clock.monotonic()

    in_the_next_loop(clock, lambda: cronofy.aclose(grace))

    assert clock.monotonic() == start
    del tasks


def test_a_refresh_in_a_closed_loop_releases_its_lock(clock: VirtualClock) -> None:
    transport = Hanging()
    cronofy = CronofyClient(
        client_id="i", client_secret="s", transport=transport, clock=clock, tokens=MemoryTokenStore({"acc_1": TOKENS})
    )
    account = cronofy.account(sub="acc_1")
    transport.hangs = False
    transport.hangs_on_refresh = True
    tasks = abandon(clock, lambda: account.request("GET", "/v1/userinfo"), 3)
    transport.hangs_on_refresh = False

    assert in_the_next_loop(clock, lambda: account.request("GET", "/v1/userinfo")) == link()
    del tasks


def test_the_loop_clock_can_be_read_outside_a_loop() -> None:
    clock = LoopClock()
    before = clock.monotonic()

    async def in_a_loop() -> bool:
        return before <= clock.monotonic() <= asyncio.get_running_loop().time()

    assert asyncio.run(in_a_loop())


def test_a_limiter_is_shared_by_several_loops(clock: VirtualClock) -> None:
    limiter: RateLimiter = WindowLimiter(RateLimit(per_second=1), clock)

    async def once() -> None:
        (await limiter.acquire()).ended()

    start = clock.monotonic()
    for _ in range(3):
        in_the_next_loop(clock, once)
    assert clock.monotonic() - start == 2
