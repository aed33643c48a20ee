from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import attrs
import pytest

from cronofy_async import CronofyClient, DeadlineExceeded, RateLimit, RateLimited, RetryPolicy, Timeout
from cronofy_async._clock import Deadline, DeadlineTimer
from cronofy_async.errors import RequestTimeout
from cronofy_async.http import RawResponse, Request
from cronofy_async.middleware import compose
from cronofy_async.middleware.attempt import send_attempt
from cronofy_async.middleware.deadline import DeadlineLayer
from cronofy_async.middleware.retry import RetryLayer

from .support import client, json_response, link, request
from .virtual_clock import VirtualClock, settle


def slow(clock: VirtualClock, seconds: float, status: int = 200) -> Callable[[Request], Awaitable[RawResponse]]:
    async def handler(_: Request) -> RawResponse:
        await clock.sleep(seconds)
        return json_response(link(), status)

    return handler


def at(clock: VirtualClock) -> float:
    return clock.monotonic() - 1000


async def test_a_call_that_exceeds_its_total_timeout_ends(clock: VirtualClock) -> None:
    cronofy = client(slow(clock, 29), clock, timeout=Timeout(total=20))
    async with clock.auto():
        with pytest.raises(DeadlineExceeded, match="not done within 20 s") as caught:
            await cronofy.real_time_scheduling.status("sch_1")
    assert isinstance(caught.value, TimeoutError)
    assert at(clock) == 20
    assert clock.pending == 0
    clock.advance(10)
    assert clock.pending == 0


async def test_finished_calls_share_one_timer(clock: VirtualClock) -> None:
    cronofy = client(slow(clock, 1), clock, timeout=Timeout(total=20))
    async with clock.auto():
        for _ in range(3):
            assert (await cronofy.real_time_scheduling.status("sch_1")).status == "open"
    assert clock.pending == 1
    clock.advance(20)
    assert clock.pending == 0


async def test_waiting_for_permits_is_not_counted(clock: VirtualClock) -> None:
    """The second call waits a minute for its permit, and then still has its full timeout."""
    cronofy = client(slow(clock, 3), clock, timeout=Timeout(total=5), rate_limit=RateLimit(per_minute=1))
    async with clock.auto():
        await cronofy.real_time_scheduling.status("sch_1")
        await cronofy.real_time_scheduling.status("sch_2")
    assert at(clock) == 3 + 60 + 3


async def test_waiting_for_a_permit_for_a_retry_is_not_counted(clock: VirtualClock) -> None:
    cronofy = client(
        slow(clock, 3, status=500),
        clock,
        timeout=Timeout(total=5),
        rate_limit=RateLimit(per_minute=1),
        retry=RetryPolicy(base=0),
    )
    async with clock.auto():
        with pytest.raises(DeadlineExceeded):
            await cronofy.real_time_scheduling.status("sch_1")
    assert at(clock) == 3 + 60 + 2


async def test_waiting_for_a_token_is_not_counted_before_or_after_a_401(clock: VirtualClock) -> None:
    """The refresh and the retry wait a minute each for a permit, which does not count against the deadline."""

    async def handler(sent: Request) -> RawResponse:
        await clock.sleep(1)
        if sent.endpoint.name == "oauth.refresh":
            return json_response({"access_token": "new"})
        return json_response({}, 200 if sent.headers["Authorization"] == "Bearer new" else 401)

    cronofy = client(handler, clock, timeout=Timeout(total=5), rate_limit=RateLimit(per_minute=1))
    account = cronofy.account(access_token="old", refresh_token="r")
    async with clock.auto():
        assert await account.request("GET", "/v1/userinfo") == {}
    assert at(clock) == 1 + 60 + 1 + 60 + 1


def unchanged(_: Request, text: str) -> str:
    return text


class UnderWay:
    """No client is closed in these tests."""

    def __init__(self) -> None:
        self.count = 0

    def begin(self, deadline: Deadline) -> None:
        self.count += 1

    def end(self, deadline: Deadline) -> None:
        self.count -= 1


async def test_backoff_counts_toward_the_deadline(clock: VirtualClock) -> None:
    """Attempts take 1 s, and 4 s lie between them: the third starts at 10 s."""
    send = slow(clock, 1, status=500)
    retry = RetryLayer(RetryPolicy(base=4, cap=4), clock, draw=lambda: 1.0)
    chain = compose(
        [DeadlineLayer(DeadlineTimer(clock), UnderWay()), retry], send_attempt(send, DeadlineTimer(clock), unchanged)
    )
    async with clock.auto():
        with pytest.raises(DeadlineExceeded):
            await chain(request(timeout=Timeout(total=10.5)))
    assert at(clock) == 10.5


async def test_a_backoff_longer_than_the_deadline_is_not_started(clock: VirtualClock) -> None:
    def handler(_: Request) -> RawResponse:
        return json_response({}, 429, retry_after="30")

    cronofy = client(handler, clock, timeout=Timeout(total=20))
    async with clock.auto():
        with pytest.raises(RateLimited) as caught:
            await cronofy.real_time_scheduling.status("sch_1")
    assert at(clock) == 0
    assert caught.value.attempts == 1
    assert caught.value.not_retried is not None
    assert f"\n  not retried: {caught.value.not_retried}\n" in str(caught.value)
    assert "waiting 30 s would exceed the timeout of the call (20 s)" in caught.value.not_retried
    # The wait counts: 20 s of 50 are left after the first 30 s, so a second wait is not started.
    patient = client(handler, clock, timeout=Timeout(total=50))
    async with clock.auto():
        with pytest.raises(RateLimited) as caught:
            await patient.real_time_scheduling.status("sch_1")
    assert at(clock) == 30
    assert caught.value.attempts == 2


async def test_without_a_total_timeout_there_is_no_deadline(clock: VirtualClock) -> None:
    cronofy = client(slow(clock, 10_000), clock, timeout=Timeout(total=None, attempt=None))
    async with clock.auto():
        await cronofy.real_time_scheduling.status("sch_1")
    assert at(clock) == 10_000


async def test_without_a_limiter_the_deadline_starts_immediately(clock: VirtualClock) -> None:
    cronofy = client(slow(clock, 29), clock, timeout=Timeout(total=20), rate_limit=None)
    async with clock.auto():
        with pytest.raises(DeadlineExceeded):
            await cronofy.real_time_scheduling.status("sch_1")
    assert at(clock) == 20


async def test_an_attempt_that_exceeds_its_timeout(clock: VirtualClock) -> None:
    send = send_attempt(slow(clock, 31), DeadlineTimer(clock), unchanged)
    async with clock.auto():
        with pytest.raises(RequestTimeout, match=r"GET /v1/things/\{id\}: no response within 30\.0 s") as caught:
            await send(request())
    assert caught.value.sent == "maybe"
    assert at(clock) == 30


async def test_an_attempt_without_a_timeout(clock: VirtualClock) -> None:
    async with clock.auto():
        await send_attempt(slow(clock, 1e6), DeadlineTimer(clock), unchanged)(request(timeout=Timeout(attempt=None)))
    assert at(clock) == 1e6


async def test_a_timeout_error_of_the_transport_is_a_request_timeout(clock: VirtualClock) -> None:
    async def impatient(_: Request) -> RawResponse:
        raise TimeoutError

    with pytest.raises(RequestTimeout):
        await send_attempt(impatient, DeadlineTimer(clock), unchanged)(request())


async def test_a_call_timeout_takes_precedence_over_an_attempt_timeout(clock: VirtualClock) -> None:
    cronofy = client(slow(clock, 29), clock, timeout=Timeout(attempt=5, total=5))
    async with clock.auto():
        with pytest.raises(DeadlineExceeded):
            await cronofy.real_time_scheduling.status("sch_1")
    assert at(clock) == 5


async def test_an_attempt_that_times_out_is_not_the_deadline(clock: VirtualClock) -> None:
    cronofy = client(slow(clock, 29), clock, timeout=Timeout(attempt=5, total=60), retry=None)
    async with clock.auto():
        with pytest.raises(RequestTimeout):
            await cronofy.real_time_scheduling.status("sch_1")
    assert at(clock) == 5


async def test_a_timeout_of_the_caller_works(clock: VirtualClock) -> None:
    """The timeout of the caller uses real time; it expires as soon as it is entered."""
    cronofy = client(slow(clock, 29), clock)

    async def call(cronofy: CronofyClient) -> None:
        async with asyncio.timeout(0):
            await cronofy.real_time_scheduling.status("sch_1")

    with pytest.raises(TimeoutError) as caught:
        await call(cronofy)
    assert not isinstance(caught.value, DeadlineExceeded)
    assert clock.pending == 1  # the timer, which has no effect


async def test_cancellation_is_raised_unchanged(clock: VirtualClock) -> None:
    cronofy = client(slow(clock, 29), clock)
    task = asyncio.create_task(cronofy.real_time_scheduling.status("sch_1"))
    await settle()
    assert clock.pending > 0
    task.cancel("by the caller")
    with pytest.raises(asyncio.CancelledError, match="by the caller"):
        await task
    assert clock.pending == 1  # the timer, which has no effect


async def test_a_timeout_error_of_another_layer_is_raised_unchanged(clock: VirtualClock) -> None:
    async def failing(_: Request) -> RawResponse:
        raise TimeoutError("of a cache")

    with pytest.raises(TimeoutError, match="of a cache") as caught:
        await DeadlineLayer(DeadlineTimer(clock), UnderWay())(request(), failing)
    assert not isinstance(caught.value, DeadlineExceeded)


async def test_a_request_without_a_deadline_is_sent_unchanged(clock: VirtualClock) -> None:
    seen: list[Request] = []

    async def send(request: Request) -> RawResponse:
        seen.append(request)
        return json_response()

    plain = attrs.evolve(request(), deadline=None)
    await send_attempt(send, DeadlineTimer(clock), unchanged)(plain)
    assert seen == [plain]
