from __future__ import annotations

import asyncio
import itertools

import pytest

from cronofy_async import CronofyClient, RateLimit, RateLimited, RetryPolicy, Timeout
from cronofy_async._clock import DeadlineTimer
from cronofy_async.errors import ConnectError, ResponseLost
from cronofy_async.http import Lane, Options, RawResponse, Request
from cronofy_async.middleware import Handler
from cronofy_async.middleware.attempt import send_attempt
from cronofy_async.middleware.rate_limit import Permit

from .rate_limit_traffic import START
from .support import client, json_response, link, other_tasks, request
from .virtual_clock import VirtualClock


class Counting:
    """A limiter that counts how its permits ended."""

    def __init__(self) -> None:
        self.issued = 0
        self.ends: list[str] = []
        self.lanes: list[Lane] = []

    async def acquire(self, lane: Lane = "foreground", cost: int = 1) -> Permit:
        self.issued += 1
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
        (json_response(), "ended"),
        (json_response(status=500), "ended"),
        (json_response(status=429), "refused None"),
        (json_response(status=429, retry_after="7"), "refused 7.0"),
        (json_response(status=429, retry_after="Tue, 01 Jan 2030 00:00:09 GMT"), "refused 9.0"),
        (ConnectError("x"), "given back"),
        (ResponseLost("x"), "ended"),
        (asyncio.CancelledError(), "ended"),
        (KeyError("a bug"), "ended"),
    ],
)
async def test_each_permit_is_ended_once(clock: VirtualClock, outcome: RawResponse | BaseException, end: str) -> None:
    async def send(_: Request) -> RawResponse:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    counting = Counting()
    attempt = send_attempt(send, DeadlineTimer(clock), lambda _, text: text, counting)
    sending = attempt(request(options=Options(lane="background")))
    if isinstance(outcome, BaseException):
        with pytest.raises(type(outcome)):
            await sending
    else:
        assert await sending is outcome
    assert counting.ends == [end]
    assert counting.lanes == ["background"]


async def send_twice(request: Request, call_next: Handler, /) -> RawResponse:
    await call_next(request)
    return await call_next(request)


async def test_every_request_has_one_permit(clock: VirtualClock) -> None:
    """Refreshes, the second request after a 401, retries, and a middleware that sends twice, in both places."""
    sent = 0

    def handler(request: Request) -> RawResponse:
        nonlocal sent
        sent += 1
        assert counting.issued == sent
        if request.endpoint.name == "oauth.refresh":
            return json_response({"access_token": f"t{sent}", "expires_in": 3600})
        if sent % 5 == 0:
            return json_response({}, 401)
        return json_response({}, 500 if sent % 7 == 0 else 200)

    counting = Counting()
    cronofy = client(
        handler,
        clock,
        rate_limit=counting,
        per_call=[send_twice],
        per_attempt=[send_twice],
        retry=RetryPolicy(base=0, attempts=20, reserve=1000),
    )
    account = cronofy.account(access_token="t0", refresh_token="r")
    async with clock.auto():
        for _ in range(20):
            await account.request("GET", "/v1/userinfo")
    assert sent == counting.issued == len(counting.ends) > 80


async def test_an_expired_token_and_many_calls_do_not_deadlock(clock: VirtualClock) -> None:
    requests: list[str] = []

    async def handler(request: Request) -> RawResponse:
        requests.append(request.endpoint.name)
        await clock.sleep(0.1)
        if request.endpoint.name == "oauth.refresh":
            return json_response({"access_token": "new"})
        return json_response({}, 200 if request.headers["Authorization"] == "Bearer new" else 401)

    cronofy = client(handler, clock, rate_limit=RateLimit(per_second=1, per_minute=1000))
    account = cronofy.account(access_token="old", refresh_token="r")
    async with clock.auto():
        results = await asyncio.gather(*(account.request("GET", "/v1/userinfo") for _ in range(60)))
    assert results == [{}] * 60
    assert requests.count("oauth.refresh") == 1
    assert not other_tasks()


async def test_one_limiter_for_two_clients(clock: VirtualClock) -> None:
    def handler(_: Request) -> RawResponse:
        return json_response(link())

    first = client(handler, clock, rate_limit=RateLimit(per_second=1))
    second = client(handler, clock, rate_limit=first.rate_limiter)
    async with clock.auto():
        await first.real_time_scheduling.status("a")
        await second.real_time_scheduling.status("b")
    assert clock.monotonic() == START + 1


async def test_calls_succeed_after_many_429s(clock: VirtualClock) -> None:
    counter = itertools.count()

    async def handler(_: Request) -> RawResponse:
        await clock.sleep(0.05)
        return json_response({}, 429) if next(counter) < 30 else json_response(link())

    cronofy = client(handler, clock, retry=RetryPolicy(attempts=9), timeout=Timeout(total=None))

    async def call(cronofy: CronofyClient) -> object:
        try:
            return (await cronofy.real_time_scheduling.status("a")).status
        except RateLimited:
            return "refused"

    async with clock.auto():
        results = await asyncio.gather(*(call(cronofy) for _ in range(30)))
    assert results == ["open"] * 30
