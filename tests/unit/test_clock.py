from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest

from cronofy_async._clock import Clock, Deadline, DeadlineTimer, LoopClock, time_limit

from .virtual_clock import VirtualClock, settle


async def test_the_loop_clock_is_the_time_of_the_loop() -> None:
    clock: Clock = LoopClock()
    loop = asyncio.get_running_loop()
    before, read, after = loop.time(), clock.monotonic(), loop.time()
    assert before <= read <= after
    assert clock.now().tzinfo is UTC
    before_now = datetime.now(UTC)
    assert before_now <= clock.now()


async def test_the_loop_clock_calls_back_and_sleeps() -> None:
    clock = LoopClock()
    called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    clock.call_at(clock.monotonic(), lambda: called.set_result(None))
    never = clock.call_at(clock.monotonic(), lambda: pytest.fail("cancelled"))
    never.cancel()
    await called
    await clock.sleep(0)


async def test_a_time_limit_ends_its_body(clock: VirtualClock) -> None:
    with pytest.raises(TimeoutError):
        async with clock.auto(), time_limit(clock, 5):
            await asyncio.Event().wait()
    assert clock.monotonic() == 1005


async def test_a_time_limit_removes_its_timer(clock: VirtualClock) -> None:
    async with time_limit(clock, 5):
        assert clock.pending == 1
    assert clock.pending == 0
    async with time_limit(clock, None):
        assert clock.pending == 0


async def test_a_time_limit_does_not_change_errors_and_cancellation(clock: VirtualClock) -> None:
    with pytest.raises(KeyError):
        async with time_limit(clock, 5):
            raise KeyError

    async def body() -> None:
        async with time_limit(clock, 5):
            await asyncio.Event().wait()

    task = asyncio.create_task(body())
    await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert clock.pending == 0


async def test_a_paused_deadline_does_not_count(clock: VirtualClock) -> None:
    async def body() -> None:
        with deadline:
            steps.append(deadline.remaining)
            deadline.pause()  # not running: no effect
            await clock.sleep(100)
            deadline.begin_attempt()
            deadline.begin_attempt()  # already running: no effect
            await clock.sleep(4)
            steps.append(deadline.remaining)
            deadline.pause()
            await clock.sleep(100)
            steps.append(deadline.remaining)
            deadline.begin_attempt()
            await clock.sleep(100)

    deadline = Deadline(DeadlineTimer(clock), 10)
    steps: list[float] = []
    async with clock.auto():
        with pytest.raises(TimeoutError):
            await body()
    assert steps == [10, 6, 6]
    assert clock.monotonic() == 1000 + 100 + 4 + 100 + 6
    assert (deadline.cancelled_body, deadline.expired_early) == (True, False)
    assert clock.pending == 0


async def test_an_expired_deadline_ends_the_body_immediately(clock: VirtualClock) -> None:
    async def body() -> None:
        with Deadline(DeadlineTimer(clock), 0) as deadline:
            deadline.begin_attempt()
            await clock.sleep(1)

    async with clock.auto():
        with pytest.raises(TimeoutError):
            await body()
    assert clock.monotonic() == 1000


async def test_without_a_limit_only_expire_now_ends_the_body(clock: VirtualClock) -> None:
    deadline = Deadline(DeadlineTimer(clock), None)

    async def body() -> None:
        with deadline:
            deadline.begin_attempt()
            await clock.sleep(10**6)
            deadline.expire_now()
            deadline.expire_now()
            deadline.begin_attempt()  # over: no effect
            await clock.sleep(1)

    async with clock.auto():
        with pytest.raises(TimeoutError):
            await body()
    assert clock.monotonic() == 1000 + 10**6
    assert deadline.cancelled_body
    assert clock.pending == 0


async def test_cleanup_after_the_deadline_is_not_interrupted(clock: VirtualClock) -> None:
    deadline = Deadline(DeadlineTimer(clock), 1)

    async def body() -> None:
        with deadline:
            deadline.begin_attempt()
            try:
                await clock.sleep(2)
            finally:
                deadline.expire_now()

    async with clock.auto():
        with pytest.raises(TimeoutError):
            await body()
    assert not deadline.expired_early


async def test_expiring_a_finished_body_does_not_cancel_it(clock: VirtualClock) -> None:
    with Deadline(DeadlineTimer(clock), 1) as deadline:
        deadline.expire_now()
    await asyncio.sleep(0)
    assert not deadline.cancelled_body


async def test_a_cancellation_by_the_caller_is_not_mistaken_for_the_deadline(clock: VirtualClock) -> None:
    deadline = Deadline(DeadlineTimer(clock), 1)

    async def body() -> None:
        with deadline:
            deadline.begin_attempt()
            await asyncio.Event().wait()

    task = asyncio.create_task(body())
    await settle()
    clock.advance(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert clock.pending == 0


async def test_a_deadline_requires_a_task(clock: VirtualClock) -> None:
    caught: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def outside() -> None:
        try:
            with Deadline(DeadlineTimer(clock), 1):
                pass
        except RuntimeError as error:
            caught.set_result(str(error))

    asyncio.get_running_loop().call_soon(outside)
    assert await caught == "a deadline works only in a task"


async def test_many_deadlines_share_one_timer(clock: VirtualClock) -> None:
    ended: list[tuple[float, float]] = []
    timer = DeadlineTimer(clock)

    async def body(begins: float, seconds: float) -> None:
        await clock.sleep(begins)
        with contextlib.suppress(TimeoutError), Deadline(timer, seconds) as deadline:
            deadline.begin_attempt()
            try:
                await asyncio.Event().wait()
            finally:
                ended.append((begins, clock.monotonic() - 1000))

    tasks = [asyncio.create_task(body(*arguments)) for arguments in ((0, 10), (1, 3), (2, 2), (3, 20), (5, 4), (6, 1))]
    await clock.elapse(3.5)
    assert clock.pending == 3  # two have not started
    await clock.elapse(100)
    await asyncio.gather(*tasks)
    assert ended == [(1, 4), (2, 4), (6, 7), (5, 9), (0, 10), (3, 23)]
    assert clock.pending == 0


def test_a_timer_works_after_its_loop_was_closed(clock: VirtualClock) -> None:
    """A timer that was set in a loop that was closed does not prevent the timer of the next loop."""
    timer = DeadlineTimer(clock)

    async def body(deadline: Deadline) -> None:
        with deadline:
            deadline.begin_attempt()
            await asyncio.Event().wait()

    async def leave() -> None:
        left.append(body(Deadline(timer, 1)))
        left[0].send(None)

    left: list[Coroutine[Any, Any, None]] = []
    asyncio.run(leave())
    clock.jump(5)

    async def main() -> None:
        async with clock.auto():
            with pytest.raises(TimeoutError):
                await body(Deadline(timer, 3))

    asyncio.run(main())
    assert clock.monotonic() == 1000 + 5 + 3
    left[0].close()


class TestVirtualClock:
    """Tests of the clock that other tests use."""

    async def test_advance_calls_timers_in_order(self, clock: VirtualClock) -> None:
        order: list[tuple[str, float]] = []
        clock.call_at(1002, lambda: order.append(("b", clock.monotonic())))
        clock.call_at(1001, lambda: order.append(("a", clock.monotonic())))
        clock.call_at(1002, lambda: order.append(("c", clock.monotonic())))
        clock.call_at(1009, lambda: order.append(("later", clock.monotonic())))
        before = clock.now()
        clock.advance(5)
        assert order == [("a", 1001), ("b", 1002), ("c", 1002)]
        assert (clock.now() - before).total_seconds() == 5
        assert clock.pending == 1

    async def test_elapse_runs_tasks_between_timers(self, clock: VirtualClock) -> None:
        moments: list[float] = []

        async def tick() -> None:
            while True:
                await clock.sleep(1)
                moments.append(clock.monotonic())

        task = asyncio.create_task(tick())
        await clock.elapse(3.5)
        assert moments == [1001, 1002, 1003]
        assert clock.monotonic() == 1003.5
        task.cancel()

    async def test_auto_detects_a_deadlock(self, clock: VirtualClock) -> None:
        with pytest.raises(asyncio.CancelledError, match="deadlock"):
            async with clock.auto():
                await asyncio.Event().wait()
        task = asyncio.current_task()
        assert task is not None
        task.uncancel()
