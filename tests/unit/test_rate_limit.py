from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrate_limiter import InMemoryBucket, Rate, RateItem

from cronofy_async import RateLimit, RateLimitTooLong, WindowLimiter
from cronofy_async.middleware.rate_limit import Permit

from .rate_limit_traffic import LATENCIES, Traffic, latency, limiter, start_acquire, take
from .virtual_clock import VirtualClock, settle


@pytest.mark.parametrize("failure_rate", [0.0, 0.1], ids=["calm", "failure_rate"])
@pytest.mark.parametrize("name", LATENCIES)
async def test_no_window_of_the_server_is_exceeded(clock: VirtualClock, name: str, failure_rate: float) -> None:
    traffic = Traffic(clock, limiter(clock), LATENCIES[name], random.Random(7), failure_rate=failure_rate)
    await traffic.run(200, senders=120, background=5)
    traffic.server.check(50, 500)
    assert len(traffic.server.arrivals) > 1000
    assert traffic.server.sliding(60.0) > 490  # the windows are also filled


@pytest.mark.parametrize(("per_second", "per_minute"), [(1, 1), (1, 60), (3, 7), (50, 50), (10, 10_000)])
async def test_custom_limits(clock: VirtualClock, per_second: int, per_minute: int) -> None:
    limits = limiter(clock, per_second=per_second, per_minute=per_minute)
    traffic = Traffic(clock, limits, latency(0.3), random.Random(3), failure_rate=0.1)
    await traffic.run(150, senders=30)
    traffic.server.check(per_second, per_minute)
    assert traffic.server.arrivals


async def test_used_counts_permits_in_each_window(clock: VirtualClock) -> None:
    limits = limiter(clock)
    permits = await take(limits, 3)
    assert limits.used() == (3, 3)
    clock.advance(100)
    assert limits.used() == (3, 3)  # still in flight
    permits[0].ended()
    permits[1].give_back()
    assert limits.used() == (2, 2)
    clock.advance(1)
    assert limits.used() == (1, 2)
    clock.advance(59)
    assert limits.used() == (1, 1)


@pytest.mark.parametrize("wrong", [{"per_second": 0}, {"per_minute": 0}, {"share": 0}, {"share": 1.1}])
def test_invalid_limits(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        RateLimit(**wrong)


@given(gaps=st.lists(st.integers(0, 1500), max_size=200), per_second=st.integers(1, 5), more=st.integers(1, 15))
def test_without_latency_the_limiter_decides_as_pyrate_limiter(gaps: list[int], per_second: int, more: int) -> None:
    per_minute = per_second + more
    clock = VirtualClock(monotonic=0)
    limits = limiter(clock, per_second=per_second, per_minute=per_minute, max_wait=0)
    # A second has 1,024 ticks, so that every time is exact in binary.
    bucket = InMemoryBucket([Rate(per_second, 1024 - 1), Rate(per_minute, 60 * 1024 - 1)])

    async def compare() -> None:
        ticks = 0
        for gap in gaps:
            ticks += gap
            clock.jump(ticks / 1024 - clock.monotonic())
            expected = bucket.put(RateItem("request", ticks))
            try:
                (await limits.acquire()).ended()
            except RateLimitTooLong:
                assert not expected
            else:
                assert expected

    asyncio.run(compare())


ACTIONS = st.one_of(
    st.tuples(st.just("acquire"), st.sampled_from(["foreground", "background"])),
    st.tuples(st.sampled_from(["ended", "give_back", "cancel"]), st.integers(0, 50)),
    st.tuples(st.just("refused"), st.sampled_from([None, 0.0, 0.5, 7.0, 1e9])),
    st.tuples(st.just("advance"), st.floats(0, 90)),
    st.tuples(st.just("settle"), st.none()),
)


@settings(max_examples=300)
@given(
    actions=st.lists(ACTIONS, max_size=60),
    per_second=st.integers(1, 4),
    per_minute=st.integers(1, 12),
    share=st.sampled_from([0.1, 0.8, 1.0]),
    max_wait=st.sampled_from([None, 5.0]),
)
def test_every_waiter_gets_a_permit(
    actions: list[tuple[str, Any]], per_second: int, per_minute: int, share: float, max_wait: float | None
) -> None:
    asyncio.run(
        assert_drains(actions, RateLimit(per_second=per_second, per_minute=per_minute, share=share, max_wait=max_wait))
    )


async def assert_drains(actions: list[tuple[str, Any]], limit: RateLimit) -> None:
    clock = VirtualClock()
    limits = WindowLimiter(limit, clock)
    tasks: list[asyncio.Task[Permit]] = []
    settled: set[int] = set()

    def issued_tasks() -> list[asyncio.Task[Permit]]:
        return [
            task
            for task in tasks
            if id(task) not in settled and task.done() and not task.cancelled() and task.exception() is None
        ]

    for action, detail in actions:
        if action == "acquire":
            tasks.append(start_acquire(limits, detail))
            await asyncio.sleep(0)
        elif action == "advance":
            await clock.elapse(detail)
        elif action == "settle":
            await settle()
        elif action == "cancel":
            if tasks:
                tasks[int(detail) % len(tasks)].cancel()
        elif held := issued_tasks():
            task = held[detail % len(held) if isinstance(detail, int) else 0]
            settled.add(id(task))
            permit = task.result()
            if action == "refused":
                permit.refused(detail)
            else:
                getattr(permit, action)()
        second, minute = limits.used()
        assert 0 <= second <= limit.per_second
        assert 0 <= minute <= limit.per_minute

    async with clock.auto():  # fails on a deadlock

        async def end(task: asyncio.Task[Permit]) -> None:
            await asyncio.wait([task])
            if task in issued_tasks():
                settled.add(id(task))
                task.result().ended()

        await asyncio.gather(*(end(task) for task in tasks))
        await clock.sleep(60)
    assert limits.used() == (0, 0)
    assert clock.pending == 0
