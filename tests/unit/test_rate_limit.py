from __future__ import annotations

import asyncio
import bisect
import itertools
import random
import statistics
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrate_limiter import InMemoryBucket, Rate, RateItem

from cronofy_async import CronofyClient, RateLimit, RateLimited, RateLimitTooLong, RetryPolicy, Timeout, WindowLimiter
from cronofy_async.errors import ConnectError, ResponseLost
from cronofy_async.http import Lane, Options, RawResponse, Request
from cronofy_async.middleware import Handler
from cronofy_async.middleware.rate_limit import Permit, RateLimitLayer

from .support import answer, client, link, other_tasks, request
from .virtual_clock import VirtualClock, settle

START = 1000.0


def limiter(clock: VirtualClock, **settings: Any) -> WindowLimiter:
    return WindowLimiter(RateLimit(**settings), clock)


async def take(limiter: WindowLimiter, number: int, lane: Lane = "foreground") -> list[Permit]:
    return [await limiter.acquire(lane) for _ in range(number)]


def ask(limiter: WindowLimiter, lane: Lane = "foreground") -> asyncio.Task[Permit]:
    async def acquire() -> Permit:
        return await limiter.acquire(lane)

    return asyncio.create_task(acquire())


# ---------------------------------------------------------------------------------------------------------------------
# A server that counts


class Server:
    """Keeps when requests arrived, and tells the most that any window held."""

    def __init__(self) -> None:
        self.arrivals: list[float] = []

    def sliding(self, seconds: float) -> int:
        times = sorted(self.arrivals)
        return max(bisect.bisect_left(times, start + seconds - 1e-9) - index for index, start in enumerate(times))

    def fixed(self, seconds: float, phase: float) -> int:
        windows: dict[int, int] = {}
        for moment in self.arrivals:
            number = int((moment - phase) // seconds)
            windows[number] = windows.get(number, 0) + 1
        return max(windows.values())

    def check(self, per_second: int, per_minute: int) -> None:
        for limit, seconds in ((per_second, 1.0), (per_minute, 60.0)):
            assert self.sliding(seconds) <= limit
            for phase in (0.0, 0.137, 0.5, 0.861, 17.3):
                assert self.fixed(seconds, phase) <= limit
        self._check_with_pyrate_limiter(per_second, per_minute)

    def _check_with_pyrate_limiter(self, per_second: int, per_minute: int) -> None:
        # In microseconds; its windows hold both of their ends.
        for rate in (Rate(per_second, 1_000_000 - 2), Rate(per_minute, 60_000_000 - 2)):
            bucket = InMemoryBucket([rate])
            assert all(bucket.put(RateItem("request", round(moment * 1e6))) for moment in sorted(self.arrivals))


def latency(mean: float) -> Callable[[random.Random], float]:
    return lambda draw: draw.uniform(0.5 * mean, 1.5 * mean)


def heavy_tail(draw: random.Random) -> float:
    return min(0.05 * draw.paretovariate(1.1), 30.0)


def hard_times(draw: random.Random) -> float:
    return 30.0 if draw.random() < 0.02 else draw.uniform(0.02, 0.8)


@attrs.define
class Traffic:
    """Many tasks that send all they may, for a while."""

    clock: VirtualClock
    limiter: WindowLimiter
    latency: Callable[[random.Random], float]
    draw: random.Random
    server: Server = attrs.field(factory=Server)
    waits: dict[Lane, list[float]] = attrs.field(factory=lambda: {"foreground": [], "background": []})
    given: dict[Lane, list[float]] = attrs.field(factory=lambda: {"foreground": [], "background": []})
    held: list[float] = attrs.field(factory=list[float])
    trouble: float = 0.0

    async def one(self, lane: Lane = "foreground") -> None:
        asked = self.clock.monotonic()
        permit = await self.limiter.acquire(lane)
        given = self.clock.monotonic()
        self.waits[lane].append(given - asked)
        if self.draw.random() < self.trouble / 2:
            await self.clock.sleep(self.draw.uniform(0, 0.5))
            permit.give_back()  # no connection
            return
        self.given[lane].append(given)
        duration = self.latency(self.draw)
        on_its_way = duration * self.draw.random()
        try:
            await self.clock.sleep(on_its_way)
            self.server.arrivals.append(self.clock.monotonic())
            await self.clock.sleep(duration - on_its_way)
        finally:
            permit.ended()
            self.held.append(self.clock.monotonic() - given)

    async def sender(self, lane: Lane = "foreground") -> None:
        while True:
            task = asyncio.create_task(self.one(lane))
            if self.draw.random() < self.trouble:  # cancelled while waiting, or while out
                timer = self.clock.call_at(self.clock.monotonic() + self.draw.uniform(0, 3), task.cancel)
                await asyncio.wait([task])
                timer.cancel()
            else:
                await task

    async def run(self, seconds: float, senders: int, background: int = 0) -> None:
        async with self.clock.auto():
            tasks = [asyncio.create_task(self.sender()) for _ in range(senders)]
            tasks += [asyncio.create_task(self.sender("background")) for _ in range(background)]
            await self.clock.sleep(seconds)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


LATENCIES = {
    "20 ms": latency(0.02),
    "200 ms": latency(0.2),
    "800 ms": latency(0.8),
    "heavy tail": heavy_tail,
    "some never answered": hard_times,
}


@pytest.mark.parametrize("trouble", [0.0, 0.1], ids=["calm", "trouble"])
@pytest.mark.parametrize("name", LATENCIES)
async def test_no_window_of_the_server_is_exceeded(clock: VirtualClock, name: str, trouble: float) -> None:
    traffic = Traffic(clock, limiter(clock), LATENCIES[name], random.Random(7), trouble=trouble)
    await traffic.run(200, senders=120, background=5)
    traffic.server.check(50, 500)
    assert len(traffic.server.arrivals) > 1000
    assert traffic.server.sliding(60.0) > 490  # the windows are filled, too


@pytest.mark.parametrize(("per_second", "per_minute"), [(1, 1), (1, 60), (3, 7), (50, 50), (10, 10_000)])
async def test_other_limits(clock: VirtualClock, per_second: int, per_minute: int) -> None:
    limits = limiter(clock, per_second=per_second, per_minute=per_minute)
    traffic = Traffic(clock, limits, latency(0.3), random.Random(3), trouble=0.1)
    await traffic.run(150, senders=30)
    traffic.server.check(per_second, per_minute)
    assert traffic.server.arrivals


@pytest.mark.parametrize("name", LATENCIES)
async def test_the_rate(clock: VirtualClock, name: str) -> None:
    """n requests in (a window + the mean latency), as Little's law has it."""
    traffic = Traffic(clock, limiter(clock), LATENCIES[name], random.Random(11))
    await traffic.run(1600, senders=400)
    given = sorted(traffic.given["foreground"])
    rounds = (len(given) - 1) // 500
    rate = 500 * rounds / (given[500 * rounds] - given[0])
    assert rate >= 0.995 * 500 / (60 + statistics.mean(traffic.held))


# ---------------------------------------------------------------------------------------------------------------------
# Lanes


async def test_the_background_is_evenly_spaced_and_keeps_to_its_share(clock: VirtualClock) -> None:
    traffic = Traffic(clock, limiter(clock, share=0.8), latency(0.2), random.Random(1))
    await traffic.run(600, senders=0, background=40)
    given = traffic.given["background"]
    gap = 60 / 400
    for number in (2, 5, 50, 400):  # n permits take n intervals, less a little for late timers
        shortest = min(later - sooner for sooner, later in zip(given, given[number:], strict=False))
        assert shortest >= number * gap - max(gap / 2, 0.05) - 1e-9
    assert traffic.server.sliding(60.0) <= 400
    assert len(given) >= 0.99 * 400 / 60.2 * 600


async def test_a_person_does_not_wait_behind_a_backlog(clock: VirtualClock) -> None:
    limits = limiter(clock)
    traffic = Traffic(clock, limits, latency(0.2), random.Random(5))

    async def people() -> None:
        while True:
            await clock.sleep(1.0)
            await traffic.one("foreground")

    task = asyncio.create_task(people())
    await traffic.run(600, senders=0, background=200)
    task.cancel()
    assert len(traffic.waits["foreground"]) > 400
    assert max(traffic.waits["foreground"]) < 0.1
    assert statistics.median(traffic.waits["background"]) > 10  # there was a backlog


async def test_the_foreground_goes_first(clock: VirtualClock) -> None:
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


async def test_the_background_does_not_slip_in_before_a_late_timer(clock: VirtualClock) -> None:
    """There is room, but the timer that gives it to those who wait has not been called yet."""
    limits = limiter(clock, per_second=1)
    (out,) = await take(limits, 1)
    out.ended()
    person = ask(limits)
    await settle()
    clock.jump(1.5)
    poll = ask(limits, "background")
    await settle()
    assert person.done()
    assert not poll.done()
    poll.cancel()


async def test_nothing_overtakes_a_late_timer_of_the_background(clock: VirtualClock) -> None:
    limits = limiter(clock)
    (await limits.acquire("background")).ended()
    first = ask(limits, "background")
    await settle()
    assert not first.done()
    clock.jump(0.2)  # long enough for one more, but not for two
    second = ask(limits, "background")
    await settle()
    assert (first.done(), second.done()) == (True, False)
    second.cancel()


async def test_first_come_first_served_within_a_lane(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=3, per_minute=1000)
    order: dict[Lane, list[int]] = {"foreground": [], "background": []}
    draw = random.Random(2)

    async def wait(lane: Lane, number: int) -> None:
        permit = await limits.acquire(lane)
        order[lane].append(number)
        await clock.sleep(draw.random())
        permit.ended()

    lanes: list[Lane] = ["foreground", "background"]
    async with clock.auto():
        tasks = [asyncio.create_task(wait(lane, number)) for number in range(100) for lane in lanes]
        await asyncio.gather(*tasks)
    assert order == {"foreground": list(range(100)), "background": list(range(100))}


async def test_idle_time_is_not_saved_up_for_a_burst_of_the_background(clock: VirtualClock) -> None:
    limits = limiter(clock)
    clock.advance(3600)
    (await limits.acquire("background")).ended()
    second, third = ask(limits, "background"), ask(limits, "background")
    await clock.elapse(0.149)
    assert not (second.done() and third.done())
    second.cancel()
    third.cancel()


async def test_used_tells_what_counts(clock: VirtualClock) -> None:
    limits = limiter(clock)
    permits = await take(limits, 3)
    assert limits.used() == (3, 3)
    clock.advance(100)
    assert limits.used() == (3, 3)  # still out
    permits[0].ended()
    permits[1].give_back()
    assert limits.used() == (2, 2)
    clock.advance(1)
    assert limits.used() == (1, 2)
    clock.advance(59)
    assert limits.used() == (1, 1)


@pytest.mark.parametrize("wrong", [{"per_second": 0}, {"per_minute": 0}, {"share": 0}, {"share": 1.1}])
def test_limits_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        RateLimit(**wrong)


@given(gaps=st.lists(st.integers(0, 1500), max_size=200), per_second=st.integers(1, 5), more=st.integers(1, 15))
def test_without_latency_it_decides_as_pyrate_limiter_does(gaps: list[int], per_second: int, more: int) -> None:
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


# ---------------------------------------------------------------------------------------------------------------------
# Bounded and cancelled waits


async def test_a_wait_that_is_known_to_be_too_long_is_refused_at_once(clock: VirtualClock) -> None:
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


async def test_a_wait_that_turns_out_to_be_too_long_ends(clock: VirtualClock) -> None:
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


async def test_a_wait_in_time_has_no_bound_left(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=1, max_wait=10)
    (out,) = await take(limits, 1)
    waiting = ask(limits)
    await settle()
    out.give_back()
    await settle()
    assert waiting.done()
    await clock.elapse(20)
    assert clock.pending == 0


async def test_cancelled_with_its_time_up(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=1, max_wait=10)
    (out,) = await take(limits, 1)
    waiting = ask(limits)
    await settle()
    clock.advance(10)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    out.give_back()
    assert limits.used() == (0, 0)


async def test_cancelling_those_who_wait_leaks_nothing(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=5)
    draw = random.Random(4)
    done = 0

    async def wait() -> None:
        nonlocal done
        (await limits.acquire()).ended()
        done += 1

    tasks = [asyncio.create_task(wait()) for _ in range(100)]
    await settle()
    for task in draw.sample(tasks, 45):
        task.cancel()
    async with clock.auto():
        await asyncio.wait(tasks)
    assert done == sum(not task.cancelled() for task in tasks) >= 55
    assert clock.monotonic() - START == (done - 1) // 5
    clock.advance(60)
    assert limits.used() == (0, 0)
    assert clock.pending == 0


async def test_the_time_is_up_just_after_the_permit_was_given(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=1, max_wait=10)
    (out,) = await take(limits, 1)
    waiting = ask(limits)
    await settle()
    out.give_back()
    clock.advance(10)  # before the waiting one resumes
    (await waiting).give_back()
    assert limits.used() == (0, 0)


async def test_cancelled_just_before_the_permit_would_be_given(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=1)
    (out,) = await take(limits, 1)
    first, second = ask(limits), ask(limits)
    await settle()
    first.cancel()
    out.give_back()
    await settle()
    assert first.cancelled()
    assert second.done()
    assert limits.used() == (1, 1)


async def test_cancelled_just_as_the_permit_is_given(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=1)
    (out,) = await take(limits, 1)
    first, second = ask(limits), ask(limits)
    await settle()
    out.give_back()  # gives it to the first, which has not run since
    first.cancel()
    await settle()
    assert first.cancelled()
    assert second.done()
    assert limits.used() == (1, 1)


async def test_closed_just_as_the_permit_is_given(clock: VirtualClock) -> None:
    """A coroutine that is closed, as at the end of a loop, is not cancelled but closed."""
    limits = limiter(clock, per_second=1)
    (out,) = await take(limits, 1)
    waiting = limits.acquire()
    waiting.send(None)
    out.give_back()
    assert limits.used() == (1, 1)
    waiting.close()
    assert limits.used() == (0, 0)


async def test_closed_while_it_waits(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=1)
    (out,) = await take(limits, 1)
    waiting = limits.acquire()
    waiting.send(None)
    waiting.close()
    out.give_back()
    assert limits.used() == (0, 0)


# ---------------------------------------------------------------------------------------------------------------------
# 429


async def test_a_shorter_retry_after_does_not_shorten_a_pause(clock: VirtualClock) -> None:
    limits = limiter(clock)
    first, second = await take(limits, 2)
    first.refused(20)
    clock.advance(1)
    second.refused(2)
    assert await probe_at(clock, limits) == 19


async def probe_at(clock: VirtualClock, limits: WindowLimiter) -> float:
    """Wait for the next permit; give it back so that nothing is changed; tell how long it took."""
    began = clock.monotonic()
    async with clock.auto():
        (await limits.acquire()).give_back()
    return clock.monotonic() - began


@pytest.mark.parametrize(
    ("retry_after", "pause"), [(None, 1), (0.0, 0), (7.0, 7), (120.0, 120), (1e9, 120), (float("inf"), 120)]
)
async def test_a_429_pauses_everybody(clock: VirtualClock, retry_after: float | None, pause: float) -> None:
    limits = limiter(clock)
    (permit,) = await take(limits, 1)
    clock.advance(0.2)
    permit.refused(retry_after)
    for lane in ("foreground", "background"):
        waiting = ask(limits, lane)
        await clock.elapse(0)
        assert waiting.done() == (pause == 0)
        waiting.cancel()
        await settle()
        if pause == 0:
            waiting.result().give_back()
    assert await probe_at(clock, limits) == pytest.approx(pause)


async def test_the_pause_doubles_while_429s_go_on(clock: VirtualClock) -> None:
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


async def test_after_an_answer_the_pause_is_short_again(clock: VirtualClock) -> None:
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


async def test_one_request_goes_first_after_a_pause(clock: VirtualClock) -> None:
    limits = limiter(clock)
    (permit,) = await take(limits, 1)
    clock.advance(0.1)
    permit.refused(None)
    waiting = [ask(limits) for _ in range(10)]
    await clock.elapse(1)
    assert [task.done() for task in waiting] == [True] + [False] * 9
    await clock.elapse(25)
    assert sum(task.done() for task in waiting) == 1
    waiting[0].result().ended()
    await settle()
    assert all(task.done() for task in waiting)


async def test_a_probe_that_does_not_connect_lets_the_next_go(clock: VirtualClock) -> None:
    limits = limiter(clock)
    (permit,) = await take(limits, 1)
    clock.advance(0.1)
    permit.refused(None)
    waiting = [ask(limits) for _ in range(3)]
    await clock.elapse(1)
    waiting[0].result().give_back()
    await settle()
    assert [task.done() for task in waiting] == [True, True, False]
    waiting[1].result().ended()
    await settle()
    assert waiting[2].done()


async def test_a_probe_that_is_cancelled_while_it_waits_is_another(clock: VirtualClock) -> None:
    limits = limiter(clock)
    (permit,) = await take(limits, 1)
    clock.advance(0.1)
    permit.refused(None)
    waiting = [ask(limits) for _ in range(3)]
    await clock.elapse(0.5)
    waiting[0].cancel()
    await clock.elapse(0.5)
    assert [task.done() for task in waiting[1:]] == [True, False]
    waiting[1].result().ended()
    await settle()
    assert waiting[2].done()


async def test_a_probe_that_gets_a_429_again(clock: VirtualClock) -> None:
    limits = limiter(clock)
    (permit,) = await take(limits, 1)
    clock.advance(0.1)
    permit.refused(None)
    waiting = [ask(limits) for _ in range(3)]
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


async def test_a_late_429_of_the_burst_calls_for_another_probe(clock: VirtualClock) -> None:
    limits = limiter(clock)
    first, late = await take(limits, 2)
    clock.advance(0.1)
    first.refused(None)
    waiting = [ask(limits) for _ in range(3)]
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


async def test_the_ceiling_is_kept_to(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=50)
    (permit,) = await take(limits, 1)
    clock.advance(1)
    permit.refused(0)
    (await limits.acquire()).ended()
    clock.advance(2)
    waiting = [ask(limits) for _ in range(60)]
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


async def test_an_explained_429_lowers_nothing(clock: VirtualClock) -> None:
    limits = limiter(clock)
    permits = await take(limits, 45)  # nine tenths of the second
    clock.advance(0.1)
    permits[0].refused(None)
    assert limits.ceiling() == 1
    assert await probe_at(clock, limits) == 1


async def test_two_processes_come_to_share_a_limit(clock: VirtualClock) -> None:
    """Each knows nothing of the other, and the server counts both."""
    server = Server()
    refusals = 0
    served: list[int] = [0, 0]

    async def process(number: int) -> None:
        limits = limiter(clock)
        draw = random.Random(number)

        async def one() -> None:
            nonlocal refusals
            while True:
                permit = await limits.acquire()
                await clock.sleep(draw.uniform(0.05, 0.2))
                now = clock.monotonic()
                if sum(moment > now - 60 for moment in server.arrivals) >= 500:
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


# ---------------------------------------------------------------------------------------------------------------------
# Whatever happens, everything drains

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
def test_everything_drains(
    actions: list[tuple[str, Any]], per_second: int, per_minute: int, share: float, max_wait: float | None
) -> None:
    asyncio.run(
        drains(actions, RateLimit(per_second=per_second, per_minute=per_minute, share=share, max_wait=max_wait))
    )


async def drains(actions: list[tuple[str, Any]], limit: RateLimit) -> None:
    clock = VirtualClock()
    limits = WindowLimiter(limit, clock)
    tasks: list[asyncio.Task[Permit]] = []
    settled: set[int] = set()

    def out() -> list[asyncio.Task[Permit]]:
        return [
            task
            for task in tasks
            if id(task) not in settled and task.done() and not task.cancelled() and task.exception() is None
        ]

    for action, detail in actions:
        if action == "acquire":
            tasks.append(ask(limits, detail))
            await asyncio.sleep(0)
        elif action == "advance":
            await clock.elapse(detail)
        elif action == "settle":
            await settle()
        elif action == "cancel":
            if tasks:
                tasks[int(detail) % len(tasks)].cancel()
        elif held := out():
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

    async with clock.auto():  # fails if anything waits for nothing

        async def end(task: asyncio.Task[Permit]) -> None:
            await asyncio.wait([task])
            if task in out():
                settled.add(id(task))
                task.result().ended()

        await asyncio.gather(*(end(task) for task in tasks))
        await clock.sleep(60)
    assert limits.used() == (0, 0)
    assert clock.pending == 0


# ---------------------------------------------------------------------------------------------------------------------
# The layer: nothing reaches the transport without a permit of its own


class Counting:
    """A limiter that counts what its permits came to."""

    def __init__(self) -> None:
        self.given = 0
        self.ends: list[str] = []
        self.lanes: list[Lane] = []

    async def acquire(self, lane: Lane = "foreground") -> Permit:
        self.given += 1
        self.lanes.append(lane)
        return CountedPermit(self.ends)


class CountedPermit:
    def __init__(self, ends: list[str]) -> None:
        self._ends = ends

    def ended(self) -> None:
        self._ends.append("ended")

    def refused(self, retry_after: float | None) -> None:
        self._ends.append(f"refused {retry_after}")

    def give_back(self) -> None:
        self._ends.append("given back")


@pytest.mark.parametrize(
    ("outcome", "end"),
    [
        (answer(), "ended"),
        (answer(status=500), "ended"),
        (answer(status=429), "refused None"),
        (answer(status=429, retry_after="7"), "refused 7.0"),
        (answer(status=429, retry_after="Tue, 01 Jan 2030 00:00:09 GMT"), "refused 9.0"),
        (ConnectError("x"), "given back"),
        (ResponseLost("x"), "ended"),
        (asyncio.CancelledError(), "ended"),
        (KeyError("a bug"), "ended"),
    ],
    ids=repr,
)
async def test_each_permit_comes_to_one_end(
    clock: VirtualClock, outcome: RawResponse | BaseException, end: str
) -> None:
    async def send(_: Request) -> RawResponse:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    counting = Counting()
    sending = RateLimitLayer(counting, clock)(request(options=Options(lane="background")), send)
    if isinstance(outcome, BaseException):
        with pytest.raises(type(outcome)):
            await sending
    else:
        assert await sending is outcome
    assert counting.ends == [end]
    assert counting.lanes == ["background"]


async def twice(request: Request, call_next: Handler, /) -> RawResponse:
    await call_next(request)
    return await call_next(request)


async def test_permits_and_requests_are_as_many(clock: VirtualClock) -> None:
    """Refreshes, the second request after a 401, retries, and a middleware that sends twice, in both places."""
    sent = 0

    def handler(request: Request) -> RawResponse:
        nonlocal sent
        sent += 1
        assert counting.given == sent
        if request.endpoint.name == "oauth.refresh":
            return answer({"access_token": f"t{sent}", "expires_in": 3600})
        if sent % 5 == 0:
            return answer({}, 401)
        return answer({}, 500 if sent % 7 == 0 else 200)

    counting = Counting()
    cronofy = client(
        handler,
        clock,
        rate_limit=counting,
        per_call=[twice],
        per_attempt=[twice],
        retry=RetryPolicy(base=0, attempts=20, reserve=1000),
    )
    account = cronofy.account(access_token="t0", refresh_token="r")
    async with clock.auto():
        for _ in range(20):
            await account.request("GET", "/v1/userinfo")
    assert sent == counting.given == len(counting.ends) > 80


async def test_an_expired_token_and_many_calls_do_not_deadlock(clock: VirtualClock) -> None:
    requests: list[str] = []

    async def handler(request: Request) -> RawResponse:
        requests.append(request.endpoint.name)
        await clock.sleep(0.1)
        if request.endpoint.name == "oauth.refresh":
            return answer({"access_token": "new"})
        return answer({}, 200 if request.headers["Authorization"] == "Bearer new" else 401)

    cronofy = client(handler, clock, rate_limit=RateLimit(per_second=1, per_minute=1000))
    account = cronofy.account(access_token="old", refresh_token="r")
    async with clock.auto():
        results = await asyncio.gather(*(account.request("GET", "/v1/userinfo") for _ in range(60)))
    assert results == [{}] * 60
    assert requests.count("oauth.refresh") == 1
    assert not other_tasks()


async def test_one_limiter_for_two_clients(clock: VirtualClock) -> None:
    def handler(_: Request) -> RawResponse:
        return answer(link())

    first = client(handler, clock, rate_limit=RateLimit(per_second=1))
    second = client(handler, clock, rate_limit=first.rate_limiter)
    async with clock.auto():
        await first.real_time_scheduling.status("a")
        await second.real_time_scheduling.status("b")
    assert clock.monotonic() == START + 1


async def test_a_client_in_a_shower_of_429s_gets_through(clock: VirtualClock) -> None:
    counter = itertools.count()

    async def handler(_: Request) -> RawResponse:
        await clock.sleep(0.05)
        return answer({}, 429) if next(counter) < 30 else answer(link())

    cronofy = client(handler, clock, retry=RetryPolicy(attempts=9), timeout=Timeout(total=None))

    async def call(cronofy: CronofyClient) -> object:
        try:
            return (await cronofy.real_time_scheduling.status("a")).status
        except RateLimited:
            return "refused"

    async with clock.auto():
        results = await asyncio.gather(*(call(cronofy) for _ in range(30)))
    assert results == ["open"] * 30
