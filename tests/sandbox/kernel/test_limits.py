from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cronofy_async import Failed, NotFound
from cronofy_async.sandbox import Sandbox, SandboxClock
from cronofy_async.sandbox.kernel.limits import LIMITS, RateLimits

from ..support import NOW, call


@given(st.lists(st.floats(0, 20, allow_nan=False), max_size=700))
def test_no_window_exceeds_its_limit(gaps: list[float]) -> None:
    clock = SandboxClock(NOW)
    windows = RateLimits(clock)
    admitted: list[float] = []
    for gap in gaps:
        clock.advance(gap)
        expected = all(
            sum(clock.monotonic() - moment < seconds for moment in admitted) < limit for limit, seconds in LIMITS
        )
        assert windows.admit() == expected
        if expected:
            admitted.append(clock.monotonic())


def test_fifty_requests_per_second() -> None:
    clock = SandboxClock(NOW)
    windows = RateLimits(clock)
    assert [windows.admit() for _ in range(52)] == [True] * 50 + [False] * 2
    clock.advance(0.999)
    assert not windows.admit()
    clock.advance(0.001)
    assert windows.admit()


def test_five_hundred_requests_per_minute() -> None:
    clock = SandboxClock(NOW)
    windows = RateLimits(clock)
    for _ in range(10):
        assert all(windows.admit() for _ in range(50))
        clock.advance(1)
    assert not windows.admit()
    clock.advance(50)
    assert [windows.admit() for _ in range(51)] == [True] * 50 + [False]


async def test_exceeding_the_limit_is_429_without_body_or_retry_after() -> None:
    sandbox = Sandbox(now=NOW, limits=True)
    replies = [await call(sandbox, "GET", "/v1/real_time_scheduling/sch_1") for _ in range(60)]
    assert [reply.status for reply in replies] == [404] * 50 + [429] * 10
    assert replies[-1].json is None
    assert replies[-1].headers == {}
    sandbox.clock.advance(timedelta(seconds=1))
    assert (await call(sandbox, "GET", "/v1/real_time_scheduling/sch_1")).status == 404


async def test_limits_are_off_by_default_and_reset() -> None:
    sandbox = Sandbox(now=NOW)
    assert {(await call(sandbox, "GET", "/v1/real_time_scheduling/x")).status for _ in range(600)} == {404}
    sandbox = Sandbox(now=NOW, limits=True)
    for _ in range(60):
        await call(sandbox, "GET", "/v1/real_time_scheduling/x")
    sandbox.reset()
    assert (await call(sandbox, "GET", "/v1/real_time_scheduling/x")).status == 404


async def test_an_in_process_client_keeps_the_limits_on_a_fixed_clock() -> None:
    """650 calls take more than a minute of the sandbox's time, and no real time."""
    async with Sandbox(now=datetime(2030, 1, 7, 8, tzinfo=UTC), limits=True) as sandbox, sandbox.client() as cronofy:
        before = sandbox.clock.monotonic()
        calls = (cronofy.request("GET", "/v1/real_time_scheduling/sch_none") for _ in range(650))
        async with cronofy.each(calls) as outcomes:
            failures = [outcome.error async for outcome in outcomes if isinstance(outcome, Failed)]
        assert [type(error) for error in failures] == [NotFound] * 650
        assert {request.status for request in sandbox.requests} == {404}
        assert 60 <= sandbox.clock.monotonic() - before < 90
