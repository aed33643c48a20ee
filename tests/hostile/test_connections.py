"""Connections that break or receive data between and during requests: nothing is sent twice, and responses are not mixed up."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

import pytest

from cronofy_async import CronofyClient, ResponseLost, RetryPolicy
from cronofy_async.models import Link

from .calls import CREATE, LINK, assert_nothing_left, attack, body_of, outcome_of, valid_response
from .server import CLOSE, RESET, Received, Script, Server, Step, reply

Steps = Callable[[Received], Iterable[Step]]

GOOD: Final = reply(body_of(LINK))
#: Seconds after which the data that a server sent between two requests has arrived.
PAUSE: Final = 0.01


def second(*steps: Step) -> Steps:
    """Respond to the first request of each connection, and run other steps for the second one."""
    return lambda received: steps if received.number else [GOOD]


DYING: Final[dict[str, Steps]] = {
    "closed after the response": lambda _: [GOOD, CLOSE],
    "reset after the response": lambda _: [GOOD, 0.0, RESET],
    "closed a moment later": lambda _: [GOOD, 0.0005, CLOSE],
    "reset a moment later": lambda _: [GOOD, 0.0005, RESET],
    "closed after the second request": second(CLOSE),
    "reset after the second request": second(RESET),
    "closed in the second response": second(GOOD[:50], CLOSE),
    "reset in the second response": second(GOOD[:-5], RESET),
}


def requests_by_target(server: Server) -> Counter[str]:
    """Return how often the server received each write or read, by its unique ID."""
    return Counter(
        json.loads(request.body)["event"]["event_id"] if request.method == "POST" else request.target
        for request in server.received
    )


async def write(cronofy: CronofyClient, number: int) -> Any:
    event = {**CREATE["event"], "event_id": f"e{number}"}
    request: dict[str, Any] = {**CREATE, "event": event}
    return await cronofy.real_time_scheduling.create(**request)


async def read(cronofy: CronofyClient, number: int) -> Any:
    return await cronofy.real_time_scheduling.status(f"sch_{number}")


def is_lost(outcome: object) -> bool:
    """Return whether the response was lost, after a request that may have been processed."""
    assert isinstance(outcome, Link) or (isinstance(outcome, ResponseLost) and outcome.sent == "maybe")
    return isinstance(outcome, ResponseLost)


@pytest.mark.parametrize("how", DYING)
@pytest.mark.parametrize("retry", [RetryPolicy(base=0), None], ids=["retries", "no retries"])
async def test_a_write_on_a_dying_connection_is_never_sent_twice(
    how: str, retry: RetryPolicy | None, caplog: pytest.LogCaptureFixture
) -> None:
    async with attack(Script(DYING[how]), retry=retry) as (cronofy, server, limiter):
        lost = 0
        for number in range(60):
            outcome = await outcome_of(write(cronofy, number))
            lost += is_lost(outcome)
            if number % 3 == 0:
                await asyncio.sleep(0.0005 * (number % 4))
        assert_nothing_left(limiter, caplog)

        assert server.accepted > 1
        assert max(requests_by_target(server).values()) == 1
        assert sum(requests_by_target(server).values()) >= 60 - lost


@pytest.mark.parametrize("how", DYING)
async def test_the_transport_never_repeats_a_read_silently(how: str, caplog: pytest.LogCaptureFixture) -> None:
    async with attack(Script(DYING[how]), retry=None) as (cronofy, server, limiter):
        for number in range(60):
            is_lost(await outcome_of(read(cronofy, number)))
        assert_nothing_left(limiter, caplog)

        assert server.accepted > 1
        assert max(requests_by_target(server).values()) == 1


@pytest.mark.parametrize("how", DYING)
async def test_retries_outlast_dying_connections(how: str) -> None:
    retry = RetryPolicy(attempts=10, base=0, reserve=1000)
    async with attack(Script(DYING[how]), retry=retry) as (cronofy, _, __):
        for number in range(30):
            assert (await read(cronofy, number)).status == "open"


UNASKED: Final[dict[str, bytes]] = {
    "a response": reply(body_of({"smuggled": True})),
    "half a response": GOOD[:-5],
    "half a head": GOOD[:20],
    "an interim response": b"HTTP/1.1 100 Continue\r\n\r\n",
    "a response without a body": reply(status="204 No Content", length=None),
    "junk": b"junk \0\xff\r\n\r\n",
    "a line end": b"\r\n",
    "many responses": GOOD * 100,
}


@pytest.mark.parametrize("connections", [1, 5])
@pytest.mark.parametrize("data", UNASKED)
async def test_an_unrequested_response_is_never_used(
    data: str, connections: int, caplog: pytest.LogCaptureFixture
) -> None:
    def steps(received: Received) -> list[Step]:
        ident = received.target.rpartition("/")[2]
        link = {**LINK["real_time_scheduling"], "real_time_scheduling_id": ident}
        return [0.001, reply(body_of({"real_time_scheduling": link})), 0.001, UNASKED[data]]

    async with attack(Script(steps), retry=None) as (cronofy, _, limiter):
        for start in range(0, 20, connections):
            numbers = range(start, start + connections)
            links = await asyncio.gather(*(read(cronofy, number) for number in numbers))
            assert [link.id for link in links] == [f"sch_{number}" for number in numbers]
            await asyncio.sleep(PAUSE)
        assert_nothing_left(limiter, caplog)


async def test_a_server_that_sends_every_response_twice() -> None:
    """Every response is sent twice, so a client that mixes them up would stay one behind."""

    def twice(received: Received) -> list[Step]:
        (response,) = valid_response(received)
        assert isinstance(response, bytes)
        return [response * 2]

    async with attack(Script(twice)) as (cronofy, server, _):
        for _ in range(10):
            assert (await read(cronofy, 1)).id == "sch_1"
            assert (await cronofy.request("GET", "/v1/real_time_scheduling/sch_1")) == LINK
        assert server.accepted == 20
