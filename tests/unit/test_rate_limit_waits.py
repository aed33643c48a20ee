from __future__ import annotations

import asyncio
import random

import pytest

from cronofy_async import RateLimitTooLong

from .rate_limit_traffic import START, limiter, start_acquire, take
from .virtual_clock import VirtualClock, settle


async def test_a_wait_known_to_exceed_the_maximum_fails_immediately(clock: VirtualClock) -> None:
    limits = limiter(clock, per_minute=1, max_wait=10)
    (await limits.acquire()).ended()
    clock.advance(49)
    with pytest.raises(RateLimitTooLong, match=r"in 11\.0 s at the earliest; max_wait is 10 s") as caught:
        await limits.acquire()
    assert caught.value.wait == 11
    clock.advance(1.5)
    async with clock.auto():
        (await limits.acquire()).ended()
    assert clock.monotonic() == START + 60
    assert clock.pending == 0


async def test_a_wait_that_exceeds_the_maximum_fails(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=1, max_wait=10)
    (out,) = await take(limits, 1)  # its response may come at any time
    async with clock.auto():
        with pytest.raises(RateLimitTooLong) as caught:
            await limits.acquire()
    assert caught.value.wait == 10
    assert clock.monotonic() == START + 10
    out.ended()
    async with clock.auto():
        await limits.acquire()
    assert clock.pending == 0


async def test_a_finished_wait_leaves_no_timer(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=1, max_wait=10)
    (out,) = await take(limits, 1)
    waiting = start_acquire(limits)
    await settle()
    out.give_back()
    await settle()
    assert waiting.done()
    await clock.elapse(20)
    assert clock.pending == 0


async def test_cancellation_when_the_wait_times_out(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=1, max_wait=10)
    (out,) = await take(limits, 1)
    waiting = start_acquire(limits)
    await settle()
    clock.advance(10)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    out.give_back()
    assert limits.used() == (0, 0)


async def test_canceled_waiters_leak_no_permits(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=5)
    rng = random.Random(4)
    done = 0

    async def wait() -> None:
        nonlocal done
        (await limits.acquire()).ended()
        done += 1

    tasks = [asyncio.create_task(wait()) for _ in range(100)]
    await settle()
    for task in rng.sample(tasks, 45):
        task.cancel()
    async with clock.auto():
        await asyncio.wait(tasks)
    assert done == sum(not task.cancelled() for task in tasks) >= 55
    assert clock.monotonic() - START == (done - 1) // 5
    clock.advance(60)
    assert limits.used() == (0, 0)
    assert clock.pending == 0


async def test_a_timeout_after_the_permit_was_given_is_ignored(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=1, max_wait=10)
    (out,) = await take(limits, 1)
    waiting = start_acquire(limits)
    await settle()
    out.give_back()
    clock.advance(10)  # before the waiter resumes
    (await waiting).give_back()
    assert limits.used() == (0, 0)


async def test_cancellation_before_the_permit_is_given(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=1)
    (out,) = await take(limits, 1)
    first, second = start_acquire(limits), start_acquire(limits)
    await settle()
    first.cancel()
    out.give_back()
    await settle()
    assert first.cancelled()
    assert second.done()
    assert limits.used() == (1, 1)


async def test_cancellation_when_the_permit_is_given(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=1)
    (out,) = await take(limits, 1)
    first, second = start_acquire(limits), start_acquire(limits)
    await settle()
    out.give_back()  # gives the permit to the first waiter, which has not run since
    first.cancel()
    await settle()
    assert first.cancelled()
    assert second.done()
    assert limits.used() == (1, 1)


async def test_a_coroutine_closed_when_the_permit_is_given(clock: VirtualClock) -> None:
    """A coroutine that is closed, as at the end of a loop, gets ``GeneratorExit`` instead of a cancellation."""
    limits = limiter(clock, per_second=1)
    (out,) = await take(limits, 1)
    waiting = limits.acquire()
    waiting.send(None)
    out.give_back()
    assert limits.used() == (1, 1)
    waiting.close()
    assert limits.used() == (0, 0)


async def test_a_coroutine_closed_while_waiting(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=1)
    (out,) = await take(limits, 1)
    waiting = limits.acquire()
    waiting.send(None)
    waiting.close()
    out.give_back()
    assert limits.used() == (0, 0)
