"""Calls are canceled, or their client is closed, at every iteration of the event loop: nothing is left behind or lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

import pytest

from cronofy_async import ClientClosedError, CronofyClient, MemoryTokenStore, Tokens

from .calls import CREATE, assert_nothing_left, attack, body_of, valid_response
from .server import Received, Script, Step, reply

#: Fewer iterations of the event loop than any of the calls takes.
FEWEST: Final = 3
SUB: Final = "acc_1"


class Rotating:
    """A server with valid responses that accepts each refresh token once."""

    def __init__(self) -> None:
        self.number = 0
        self.expired = False
        self.refused = 0

    def tokens(self) -> Tokens:
        return Tokens(sub=SUB, access_token=f"access-{self.number}", refresh_token=f"refresh-{self.number}")

    def __call__(self, received: Received) -> Iterator[Step]:
        """Yield the response in three parts, each in a separate iteration of the event loop."""
        (response,) = self.respond(received)
        assert isinstance(response, bytes)
        for start, end in ((0, 20), (20, -5), (-5, None)):
            yield response[start:end]
            yield 0.0

    def respond(self, received: Received) -> list[Step]:
        if received.target == "/oauth/token":
            if json.loads(received.body)["refresh_token"] != self.tokens().refresh_token:
                self.refused += 1
                return [reply(body_of({"error": "invalid_grant"}), status="400 Bad Request")]
            self.number += 1
            self.expired = False
            tokens = self.tokens()
            return [reply(body_of({"access_token": tokens.access_token, "refresh_token": tokens.refresh_token}))]
        if received.target == "/v1/userinfo":
            good = not self.expired and received.headers["authorization"] == f"Bearer {self.tokens().access_token}"
            return [reply(body_of({"sub": SUB}) if good else b"", status="200 OK" if good else "401 Unauthorized")]
        return valid_response(received)


Run = Callable[[CronofyClient], Awaitable[object]]


async def status(cronofy: CronofyClient) -> object:
    return await cronofy.real_time_scheduling.status("sch_1")


async def create(cronofy: CronofyClient) -> object:
    return await cronofy.real_time_scheduling.create(**CREATE)


async def pages(cronofy: CronofyClient) -> object:
    return [item async for item in cronofy.bookable_events.registrations("yoga")]


async def each(cronofy: CronofyClient) -> object:
    calls = (cronofy.real_time_scheduling.status("sch_1") for _ in range(30))
    async with cronofy.each(calls, concurrency=3) as outcomes:
        return [outcome.result() async for outcome in outcomes]


async def poll(cronofy: CronofyClient) -> object:
    async with cronofy.real_time_scheduling.poll(["sch_1"] * 30, concurrency=3) as outcomes:
        return [outcome.result() async for outcome in outcomes]


async def refresh(cronofy: CronofyClient) -> object:
    return await cronofy.account(sub=SUB).request("GET", "/v1/userinfo")


RUNS: Final[dict[str, Run]] = {run.__name__: run for run in (status, create, pages, each, poll, refresh)}


async def cancel(task: asyncio.Task[object], _: CronofyClient) -> None:
    task.cancel()


async def cancel_twice(task: asyncio.Task[object], _: CronofyClient) -> None:
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()


async def close(task: asyncio.Task[object], cronofy: CronofyClient) -> None:
    await cronofy.aclose()


Stop = Callable[[asyncio.Task[object], CronofyClient], Awaitable[None]]


async def stopped_at(turn: int, run: Run, stop: Stop, cronofy: CronofyClient) -> bool:
    """Run a call, and stop it at an iteration of the event loop; return whether it was still running then."""
    task = asyncio.ensure_future(run(cronofy))
    for _ in range(turn):
        await asyncio.sleep(0)
    was_running = not task.done()
    await stop(task, cronofy)
    async with asyncio.timeout(5):
        await asyncio.wait([task])
        # A refresh that was sent continues, as its response must not be lost.
        while asyncio.all_tasks() - {asyncio.current_task()}:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.0001)
    if task.cancelled():
        assert stop is not close
    elif (error := task.exception()) is not None:
        assert isinstance(error, ClientClosedError)
        assert stop is close
    return was_running


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("stop", [cancel, cancel_twice])
async def test_a_call_canceled_at_every_loop_iteration(stop: Stop, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    """The client is the same throughout, so that its connections are used again."""
    server = Rotating()
    store = MemoryTokenStore({SUB: server.tokens()})
    async with attack(Script(server), tokens=store) as (cronofy, http, limiter):
        server.expired = True
        turn = received = 0
        while await stopped_at(turn, run, stop, cronofy):
            assert_nothing_left(limiter, caplog)
            assert [item.method for item in http.received[received:]].count("POST") <= 1
            await refresh(cronofy)
            await status(cronofy)
            server.expired = True
            received = len(http.received)
            turn += 1
        assert turn > FEWEST
        assert server.refused == 0


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("stop", [cancel, close])
async def test_a_new_client_stopped_at_every_loop_iteration(
    stop: Stop, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """Closing the client ends its calls; the next client uses the stored tokens."""
    server = Rotating()
    store = MemoryTokenStore({SUB: server.tokens()})
    turn, was_running = -1, True
    while was_running:
        turn += 1
        server.expired = True
        async with attack(Script(server), tokens=store) as (cronofy, _, limiter):
            was_running = await stopped_at(turn, run, stop, cronofy)
            assert_nothing_left(limiter, caplog)
        async with attack(Script(server), tokens=store) as (cronofy, _, __):
            await refresh(cronofy)
    assert turn > FEWEST
    assert server.refused == 0
