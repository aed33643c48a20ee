"""Requests that count more than once: batches, if the limit counts their items."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from cronofy_async import CronofyAccount, CronofyClient, RateLimit, RawResponse, Request, WindowLimiter
from cronofy_async.http import Lane
from cronofy_async.transports.memory import MemoryTransport

from .rate_limit_traffic import limiter, take
from .virtual_clock import VirtualClock, settle

DELETION = {"method": "DELETE", "relative_url": "/v1/calendars/c/events", "data": {"event_id": "e"}}


async def seconds_until(clock: VirtualClock, limits: WindowLimiter, cost: int, lane: Lane = "foreground") -> float:
    """Return how long the next permit takes, which is kept for no time."""
    start = clock.monotonic()
    async with clock.auto():
        (await limits.acquire(lane, cost)).ended()
    return clock.monotonic() - start


async def test_a_permit_counts_as_often_as_it_costs(clock: VirtualClock) -> None:
    limits = limiter(clock)
    held_permit = await limits.acquire("foreground", 30)
    given_back = await limits.acquire(cost=20)
    assert limits.used() == (50, 50)
    given_back.give_back()
    assert limits.used() == (30, 30)
    clock.advance(5)
    held_permit.ended()
    clock.advance(1)
    assert limits.used() == (0, 30)
    clock.advance(59)
    assert limits.used() == (0, 0)


async def test_a_costly_request_waits_for_enough_room(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=50)
    for _ in range(10):
        await seconds_until(clock, limits, 1)
        clock.advance(0.1)
    assert await seconds_until(clock, limits, 41) == 0
    assert await seconds_until(clock, limits, 50) == 1  # of which the last one leaves a second later


async def test_a_request_that_costs_more_than_a_window_needs_an_empty_window(clock: VirtualClock) -> None:
    limits = limiter(clock, per_second=12)
    (single_permit,) = await take(limits, 1)
    single_permit.ended()
    assert await seconds_until(clock, limits, 50) == 1
    assert limits.used() == (50, 51)
    assert await seconds_until(clock, limits, 1) == 1


async def test_costs_wait_their_turn(clock: VirtualClock) -> None:
    """A large request is not overtaken by small ones for which there would be room."""
    limits = limiter(clock, per_second=10)
    (first,) = await take(limits, 1)
    order: list[int] = []

    async def acquire(cost: int) -> None:
        permit = await limits.acquire("foreground", cost)
        order.append(cost)
        permit.ended()

    tasks = [asyncio.create_task(acquire(cost)) for cost in (10, 1, 2)]
    await settle()
    first.ended()
    async with clock.auto():
        await asyncio.gather(*tasks)
    assert order == [10, 1, 2]


async def test_the_background_waits_longer_after_a_batch(clock: VirtualClock) -> None:
    limits = limiter(clock, per_minute=600, share=1.0)  # one in a tenth of a second
    assert await seconds_until(clock, limits, 20, "background") == 0
    assert await seconds_until(clock, limits, 1, "background") == pytest.approx(2, abs=0.06)


def account(clock: VirtualClock, rate_limit: RateLimit) -> tuple[CronofyAccount, WindowLimiter]:
    def respond(request: Request) -> RawResponse:
        items = json.loads(request.body or b"{}").get("batch", [])
        return RawResponse(status=207, body=json.dumps({"batch": [{"status": 202}] * len(items)}).encode())

    limits = WindowLimiter(rate_limit, clock)
    client = CronofyClient(client_secret="s", transport=MemoryTransport(respond), rate_limit=limits)
    return client.account(access_token="token"), limits


@pytest.mark.parametrize(("settings", "used"), [({}, [1, 2, 4]), ({"count_batch_items": True}, [1, 4, 64])])
async def test_the_items_of_a_batch_count_if_the_limit_says_so(
    clock: VirtualClock, settings: dict[str, Any], used: list[int]
) -> None:
    ada, limits = account(clock, RateLimit(per_second=500, **settings))
    counted: list[int] = []

    await ada.events.delete("c", event_id="e")
    counted.append(limits.used()[0])
    await ada.batch.execute([DELETION] * 3)
    counted.append(limits.used()[0])
    async with ada.batch() as batch:
        for number in range(60):
            batch.add(ada.events.delete("c", event_id=f"e{number}"))
    counted.append(limits.used()[0])

    assert counted == used


async def test_a_batch_of_nothing_counts_once(clock: VirtualClock) -> None:
    ada, limits = account(clock, RateLimit(count_batch_items=True))
    await ada.batch.execute([])
    assert limits.used() == (1, 1)
