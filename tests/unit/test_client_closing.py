from __future__ import annotations

import asyncio
import gc
import warnings

import pytest

from cronofy_async import (
    ClientClosedError,
    CronofyClient,
    MemoryTokenStore,
    Tokens,
)
from cronofy_async.http import RawResponse, Request
from cronofy_async.middleware import Handler

from .client_transport import Transport, client_with, get_status
from .support import client, json_response, link, other_tasks
from .virtual_clock import VirtualClock, settle


async def test_leaving_the_context_closes_the_client(clock: VirtualClock) -> None:
    transport = Transport(clock)
    async with client_with(transport) as cronofy, clock.auto():
        assert await get_status(cronofy) == "open"
    assert transport.closed == 1
    call = cronofy.real_time_scheduling.status("sch_1")
    with pytest.raises(ClientClosedError, match="the client is closed"):
        await call


async def test_closing_twice(clock: VirtualClock) -> None:
    transport = Transport(clock)
    cronofy = client_with(transport)
    await cronofy.aclose()
    await cronofy.aclose()
    assert transport.closed == 1


async def test_only_an_owned_transport_is_closed(clock: VirtualClock) -> None:
    borrowed, owned = Transport(clock), Transport(clock)

    await CronofyClient(transport=borrowed, clock=clock).aclose()
    await client_with(owned).aclose()

    assert (borrowed.closed, owned.closed) == (0, 1)


async def test_running_calls_end_when_the_client_is_closed(clock: VirtualClock) -> None:
    transport = Transport(clock, seconds=5)
    cronofy = client_with(transport)
    calls = [asyncio.create_task(get_status(cronofy)), asyncio.create_task(get_status(cronofy.with_options()))]
    await settle()
    await cronofy.aclose()
    assert transport.closed == 1
    for task in calls:
        with pytest.raises(ClientClosedError, match="while the call was in flight"):
            await task
    assert clock.pending == 2  # the timer of each, which has no effect


async def test_running_calls_may_finish_within_the_grace_period(clock: VirtualClock) -> None:
    transport = Transport(clock, seconds=5)
    cronofy = client_with(transport)
    async with clock.auto():
        calls = [asyncio.create_task(get_status(cronofy)) for _ in range(3)]
        await clock.sleep(1)
        await cronofy.aclose(grace=10)
        assert clock.monotonic() == 1005  # closing takes as long as the calls
        assert await asyncio.gather(*calls) == ["open"] * 3
    assert transport.closed == 1


async def test_no_new_call_starts_during_closing(clock: VirtualClock) -> None:
    transport = Transport(clock, seconds=5)
    cronofy = client_with(transport)
    under_way = asyncio.create_task(get_status(cronofy))
    await settle()
    closing = asyncio.create_task(cronofy.aclose(grace=10))
    await settle()
    with pytest.raises(ClientClosedError):
        await get_status(cronofy)
    await clock.elapse(5)
    await closing
    assert await under_way == "open"


async def test_calls_that_exceed_the_grace_period(clock: VirtualClock) -> None:
    transport = Transport(clock, seconds=20)
    cronofy = client_with(transport)
    async with clock.auto():
        call = asyncio.create_task(get_status(cronofy))
        await clock.sleep(1)
        await cronofy.aclose(grace=10)
        assert clock.monotonic() == 1011
        with pytest.raises(ClientClosedError):
            await call
    assert transport.closed == 1


async def test_a_canceled_close_still_closes(clock: VirtualClock) -> None:
    transport = Transport(clock, seconds=20)
    cronofy = client_with(transport)
    call = asyncio.create_task(get_status(cronofy))
    await settle()
    closing = asyncio.create_task(cronofy.aclose(grace=10))
    await settle()
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    with pytest.raises(ClientClosedError):
        await call
    assert transport.closed == 1


async def test_a_running_call_may_refresh_its_token_during_closing(clock: VirtualClock) -> None:
    async def handler(request: Request) -> RawResponse:
        await clock.sleep(1)
        if request.endpoint.name == "oauth.refresh":
            return json_response({"access_token": "new"})
        return json_response({}, 200 if request.headers["Authorization"] == "Bearer new" else 401)

    cronofy = client(handler, clock)
    account = cronofy.account(access_token="old", refresh_token="r")
    async with clock.auto():
        call = asyncio.create_task(account.request("GET", "/x"))
        await clock.sleep(0.5)
        await cronofy.aclose(grace=10)
        assert await call == {}


async def test_closing_waits_for_tokens_being_stored(clock: VirtualClock) -> None:
    class Slow(MemoryTokenStore):
        async def swap(self, sub: str, old: Tokens | None, new: Tokens | None) -> bool:
            await clock.sleep(5)
            return await super().swap(sub, old, new)

    def handler(request: Request) -> RawResponse:
        return json_response({"access_token": "new"}, 200 if request.endpoint.name == "oauth.refresh" else 401)

    store = Slow()
    cronofy = client(handler, clock, tokens=store)
    account = cronofy.account(access_token="old", refresh_token="r", sub="acc_1")
    async with clock.auto():
        call = asyncio.create_task(account.request("GET", "/x"))
        await clock.sleep(1)
        await cronofy.aclose()
        with pytest.raises(ClientClosedError):
            await call
    stored = await store.load("acc_1")
    assert stored is not None
    assert stored.access_token == "new"
    assert not other_tasks()


async def test_an_unrelated_timeout_error_is_raised_unchanged(clock: VirtualClock) -> None:
    def handler(_: Request) -> RawResponse:
        return json_response(link())

    async def failing(request: Request, call_next: Handler, /) -> RawResponse:
        raise TimeoutError("of a cache")

    with pytest.raises(TimeoutError, match="of a cache"):
        await get_status(client(handler, clock, per_call=[failing]))


def test_no_session_is_opened_before_the_first_call() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CronofyClient()
        gc.collect()
