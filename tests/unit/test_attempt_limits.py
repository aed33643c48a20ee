from __future__ import annotations

import asyncio
import contextlib

import pytest

from cronofy_async._clock import Deadline, DeadlineTimer

from .virtual_clock import VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


async def attempt(clock: VirtualClock, deadline: Deadline, seconds: float, limit: float | None) -> str:
    """Return how an attempt that takes some seconds ends."""
    deadline.begin_attempt(limit)
    timed_out = False
    try:
        try:
            await clock.sleep(seconds)
        finally:
            timed_out = deadline.end_attempt()
    except asyncio.CancelledError:
        if not timed_out:
            raise
        return "timed out"
    return "done"


async def test_an_attempt_that_exceeds_its_limit_does_not_end_the_call(clock: VirtualClock) -> None:
    deadline = Deadline(DeadlineTimer(clock), 10)

    async with clock.auto():
        with deadline:
            ends = [await attempt(clock, deadline, seconds, 2) for seconds in (1, 3, 1)]

    assert ends == ["done", "timed out", "done"]
    assert clock.monotonic() == 1000 + 1 + 2 + 1
    assert not deadline.cancelled_body
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_the_total_limit_spans_all_attempts(clock: VirtualClock) -> None:
    deadline = Deadline(DeadlineTimer(clock), 5)

    async def attempts() -> None:
        with deadline:
            while True:
                await attempt(clock, deadline, 3, 2)

    async with clock.auto():
        with pytest.raises(TimeoutError):
            await attempts()

    assert clock.monotonic() == 1000 + 5


async def test_an_attempt_limit_works_without_a_total_limit(clock: VirtualClock) -> None:
    deadline = Deadline(DeadlineTimer(clock), None)

    async with clock.auto():
        with deadline:
            assert await attempt(clock, deadline, 3, 2) == "timed out"
            assert await attempt(clock, deadline, 10**6, None) == "done"

    assert clock.pending == 0


async def test_an_attempt_that_ends_at_its_limit_is_not_canceled(clock: VirtualClock) -> None:
    with Deadline(DeadlineTimer(clock), 10) as deadline:
        deadline.begin_attempt(1)
        clock.advance(1)  # the limit is reached, and the task will be canceled in the next iteration of the loop
        assert not deadline.end_attempt()
        await asyncio.sleep(0)

    assert not deadline.cancelled_body


async def test_an_attempt_that_ignores_its_cancellation_counts_as_done(clock: VirtualClock) -> None:
    task = asyncio.current_task()
    assert task is not None

    with Deadline(DeadlineTimer(clock), 10) as deadline:
        deadline.begin_attempt(1)
        clock.advance(1)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        assert deadline.end_attempt()
        assert task.cancelling() == 0
        await asyncio.sleep(0)


@pytest.mark.parametrize("turns", [0, 1])
async def test_closing_during_an_attempt_timeout_ends_the_call(clock: VirtualClock, turns: int) -> None:
    deadline = Deadline(DeadlineTimer(clock), 10)
    ends: list[bool] = []

    async def body() -> None:
        with deadline:
            deadline.begin_attempt(1)
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                ends.append(deadline.end_attempt())

    task = asyncio.create_task(body())
    await asyncio.sleep(0)
    clock.advance(1)
    for _ in range(turns):
        await asyncio.sleep(0)
    deadline.expire_now()

    with pytest.raises(TimeoutError):
        await task
    assert ends == [False]
    assert deadline.expired_early


async def test_a_cancellation_by_the_caller_takes_precedence_over_an_attempt_timeout(clock: VirtualClock) -> None:
    deadline = Deadline(DeadlineTimer(clock), 10)
    task = asyncio.create_task(attempt_in(clock, deadline))
    await asyncio.sleep(0)

    clock.advance(1)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def attempt_in(clock: VirtualClock, deadline: Deadline) -> str:
    with deadline:
        return await attempt(clock, deadline, 5, 1)
