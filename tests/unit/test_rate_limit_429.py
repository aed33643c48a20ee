from __future__ import annotations

import asyncio
import random

import pytest

from cronofy_async import WindowLimiter

from .rate_limit_traffic import Server, limiter, start_acquire, take
from .virtual_clock import VirtualClock, settle


async def test_a_shorter_retry_after_does_not_shorten_a_pause(clock: VirtualClock) -> None:
    limits = limiter(clock)
    first, second = await take(limits, 2)
    first.refused(20)
    clock.advance(1)
    second.refused(2)
    assert await probe_at(clock, limits) == 19


async def probe_at(clock: VirtualClock, limits: WindowLimiter) -> float:
    """Wait for the next permit, return it unused, and return the duration of the wait."""
    began = clock.monotonic()
    async with clock.auto():
        (await limits.acquire()).give_back()
    return clock.monotonic() - began


@pytest.mark.parametrize(
    ("retry_after", "pause"), [(None, 1), (0.0, 0), (7.0, 7), (120.0, 120), (1e9, 120), (float("inf"), 120)]
)
async def test_a_429_pauses_all_requests(clock: VirtualClock, retry_after: float | None, pause: float) -> None:
    limits = limiter(clock)
    (permit,) = await take(limits, 1)
    clock.advance(0.2)
    permit.refused(retry_after)
    for lane in ("foreground", "background"):
        waiting = start_acquire(limits, lane)
        await clock.elapse(0)
        assert waiting.done() == (pause == 0)
        waiting.cancel()
        await settle()
        if pause == 0:
            waiting.result().give_back()
    assert await probe_at(clock, limits) == pytest.approx(pause)


async def test_the_pause_doubles_on_repeated_429s(clock: VirtualClock) -> None:
    limits = limiter(clock)
    pauses: list[float] = []
    for _ in range(9):
        async with clock.auto():
            permit = await limits.acquire()
            await clock.sleep(0.1)
        refused_at = clock.monotonic()
        permit.refused(None)
        async with clock.auto():
            probe = await limits.acquire()
        pauses.append(round(clock.monotonic() - refused_at, 6))
        probe.give_back()
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_a_successful_response_resets_the_pause(clock: VirtualClock) -> None:
    limits = limiter(clock)
    async with clock.auto():
        for _ in range(3):
            permit = await limits.acquire()
            await clock.sleep(0.1)
            permit.refused(None)
        (await limits.acquire()).ended()
        permit = await limits.acquire()
    permit.refused(None)
    assert await probe_at(clock, limits) == 1


async def test_a_single_probe_is_sent_after_a_pause(clock: VirtualClock) -> None:
    limits = limiter(clock)
    (permit,) = await take(limits, 1)
    clock.advance(0.1)
    permit.refused(None)
    waiting = [start_acquire(limits) for _ in range(10)]
    await clock.elapse(1)
    assert [task.done() for task in waiting] == [True] + [False] * 9
    await clock.elapse(25)
    assert sum(task.done() for task in waiting) == 1
    waiting[0].result().ended()
    await settle()
    assert all(task.done() for task in waiting)


async def test_a_probe_that_does_not_connect_is_replaced(clock: VirtualClock) -> None:
    limits = limiter(clock)
    (permit,) = await take(limits, 1)
    clock.advance(0.1)
    permit.refused(None)
    waiting = [start_acquire(limits) for _ in range(3)]
    await clock.elapse(1)
    waiting[0].result().give_back()
    await settle()
    assert [task.done() for task in waiting] == [True, True, False]
    waiting[1].result().ended()
    await settle()
    assert waiting[2].done()


async def test_a_canceled_probe_is_replaced(clock: VirtualClock) -> None:
    limits = limiter(clock)
    (permit,) = await take(limits, 1)
    clock.advance(0.1)
    permit.refused(None)
    waiting = [start_acquire(limits) for _ in range(3)]
    await clock.elapse(0.5)
    waiting[0].cancel()
    await clock.elapse(0.5)
    assert [task.done() for task in waiting[1:]] == [True, False]
    waiting[1].result().ended()
    await settle()
    assert waiting[2].done()


async def test_a_probe_that_gets_another_429(clock: VirtualClock) -> None:
    limits = limiter(clock)
    (permit,) = await take(limits, 1)
    clock.advance(0.1)
    permit.refused(None)
    waiting = [start_acquire(limits) for _ in range(3)]
    await clock.elapse(1.2)
    waiting[0].result().refused(None)
    await clock.elapse(1.9)
    assert not waiting[1].done()
    await clock.elapse(0.1)
    assert [task.done() for task in waiting] == [True, True, False]
    waiting[1].result().ended()
    await settle()
    assert waiting[2].done()


async def test_429s_of_one_burst_count_once(clock: VirtualClock) -> None:
    limits = limiter(clock)
    permits = await take(limits, 20)
    clock.advance(0.1)
    for permit in permits:
        permit.refused(None)
        clock.advance(0.01)
    assert limits.ceiling() == pytest.approx(0.5, abs=0.01)
    # The pause is 1 s from the last of them, not 2^20.
    assert await probe_at(clock, limits) == pytest.approx(0.99)


async def test_a_late_429_of_the_burst_requires_another_probe(clock: VirtualClock) -> None:
    limits = limiter(clock)
    first, late = await take(limits, 2)
    clock.advance(0.1)
    first.refused(None)
    waiting = [start_acquire(limits) for _ in range(3)]
    await clock.elapse(1.0)
    assert waiting[0].done()
    late.refused(None)
    waiting[0].result().ended()
    await clock.elapse(0.9)
    assert not waiting[1].done()
    await clock.elapse(0.1)
    assert [task.done() for task in waiting] == [True, True, False]
    for task in waiting[1:]:
        task.cancel()


async def test_an_unexplained_429_halves_the_ceiling_which_recovers(clock: VirtualClock) -> None:
    limits = limiter(clock)
    (permit,) = await take(limits, 1)
    permit.refused(0)
    assert limits.ceiling() == 0.5
    clock.advance(75)
    assert limits.ceiling() == 0.75
    clock.advance(75)
    assert limits.ceiling() == 1
    clock.advance(1000)
    assert limits.ceiling() == 1


async def test_requests_stay_below_the_ceiling(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=50)
    (permit,) = await take(limits, 1)
    clock.advance(1)
    permit.refused(0)
    (await limits.acquire()).ended()
    clock.advance(2)
    waiting = [start_acquire(limits) for _ in range(60)]
    await settle()
    assert sum(task.done() for task in waiting) == 25
    for task in waiting:
        task.cancel()
    await settle()


async def test_the_ceiling_has_a_floor(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=2)
    for _ in range(20):
        async with clock.auto():
            permit = await limits.acquire()
            await clock.sleep(0.001)
        permit.refused(0)
    assert limits.ceiling() == pytest.approx(1 / 16, abs=0.001)
    async with clock.auto():
        await limits.acquire()


async def test_an_explained_429_does_not_lower_the_ceiling(clock: VirtualClock) -> None:
    limits = limiter(clock)
    permits = await take(limits, 45)  # nine tenths of the second
    clock.advance(0.1)
    permits[0].refused(None)
    assert limits.ceiling() == 1
    assert await probe_at(clock, limits) == 1


async def test_two_processes_share_a_limit(clock: VirtualClock) -> None:
    """The processes do not communicate, and the server counts the requests of both."""
    server = Server()
    refusals = 0
    served: list[int] = [0, 0]

    async def process(number: int) -> None:
        limits = limiter(clock)
        rng = random.Random(number)

        async def one() -> None:
            nonlocal refusals
            while True:
                permit = await limits.acquire()
                await clock.sleep(rng.uniform(0.05, 0.2))
                now = clock.monotonic()
                if sum(moment > now - 60 for moment in server.arrivals[-500:]) >= 500:
                    refusals += 1
                    permit.refused(None)
                else:
                    server.arrivals.append(now)
                    served[number] += 1
                    permit.ended()

        async with asyncio.TaskGroup() as group:
            for _ in range(60):
                group.create_task(one())

    async with clock.auto():
        tasks = [asyncio.create_task(process(number)) for number in range(2)]
        await clock.sleep(900)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    assert sum(served) > 0.8 * 500 / 60 * 900
    assert min(served) > 0.1 * sum(served)
    assert refusals < 0.1 * sum(served)
