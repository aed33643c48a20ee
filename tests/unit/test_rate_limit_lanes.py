from __future__ import annotations

import asyncio
import random
import statistics

from cronofy_async.http import Lane

from .rate_limit_traffic import Traffic, latency, limiter, start_acquire, take
from .virtual_clock import VirtualClock, settle


async def test_the_background_is_evenly_spaced_and_stays_within_its_share(clock: VirtualClock) -> None:
    traffic = Traffic(clock, limiter(clock, share=0.8), latency(0.2), random.Random(1))
    await traffic.run(600, senders=0, background=40)
    issued = traffic.issued["background"]
    gap = 60 / 400
    for number in (2, 5, 50, 400):  # n permits take n intervals, less a little for late timers
        shortest = min(later - sooner for sooner, later in zip(issued, issued[number:], strict=False))
        assert shortest >= number * gap - max(gap / 2, 0.05) - 1e-9
    assert traffic.server.sliding(60.0) <= 400
    assert len(issued) >= 0.99 * 400 / 60.2 * 600


async def test_an_interactive_call_does_not_wait_for_background_calls(clock: VirtualClock) -> None:
    limits = limiter(clock)
    traffic = Traffic(clock, limits, latency(0.2), random.Random(5))

    async def people() -> None:
        while True:
            await clock.sleep(1.0)
            await traffic.send_one("foreground")

    task = asyncio.create_task(people())
    await traffic.run(600, senders=0, background=200)
    task.cancel()
    assert len(traffic.waits["foreground"]) > 400
    assert max(traffic.waits["foreground"]) < 0.1
    assert statistics.median(traffic.waits["background"]) > 10  # there were waiting requests


async def test_foreground_requests_have_priority(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=1)
    (out,) = await take(limits, 1)
    order: list[str] = []

    async def wait(name: str, lane: Lane) -> None:
        permit = await limits.acquire(lane)
        order.append(name)
        permit.ended()

    tasks = [asyncio.create_task(wait("b1", "background")), asyncio.create_task(wait("b2", "background"))]
    await settle()
    tasks += [asyncio.create_task(wait("f1", "foreground")), asyncio.create_task(wait("f2", "foreground"))]
    await settle()
    out.ended()
    async with clock.auto():
        await asyncio.gather(*tasks)
    assert order == ["f1", "f2", "b1", "b2"]


async def test_no_new_background_request_overtakes_a_late_timer(clock: VirtualClock) -> None:
    """Permits are available, but the timer that gives them to waiters has not fired yet."""
    limits = limiter(clock, per_second=1)
    (out,) = await take(limits, 1)
    out.ended()
    person = start_acquire(limits)
    await settle()
    clock.jump(1.5)
    poll = start_acquire(limits, "background")
    await settle()
    assert person.done()
    assert not poll.done()
    poll.cancel()


async def test_a_late_background_timer_keeps_the_order(clock: VirtualClock) -> None:
    limits = limiter(clock)
    (await limits.acquire("background")).ended()
    first = start_acquire(limits, "background")
    await settle()
    assert not first.done()
    clock.jump(0.2)  # long enough for one more permit, but not for two
    second = start_acquire(limits, "background")
    await settle()
    assert (first.done(), second.done()) == (True, False)
    second.cancel()


async def test_permits_are_given_in_order_within_a_lane(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=3, per_minute=1000)
    order: dict[Lane, list[int]] = {"foreground": [], "background": []}
    rng = random.Random(2)

    async def wait(lane: Lane, number: int) -> None:
        permit = await limits.acquire(lane)
        order[lane].append(number)
        await clock.sleep(rng.random())
        permit.ended()

    lanes: list[Lane] = ["foreground", "background"]
    async with clock.auto():
        tasks = [asyncio.create_task(wait(lane, number)) for number in range(100) for lane in lanes]
        await asyncio.gather(*tasks)
    assert order == {"foreground": list(range(100)), "background": list(range(100))}


async def test_idle_time_does_not_allow_a_background_burst(clock: VirtualClock) -> None:
    limits = limiter(clock)
    clock.advance(3600)
    (await limits.acquire("background")).ended()
    second, third = start_acquire(limits, "background"), start_acquire(limits, "background")
    await clock.elapse(0.149)
    assert not (second.done() and third.done())
    second.cancel()
    third.cancel()
