from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import pytest

from cronofy_async import (
    AuthorizationRevoked,
    ClientClosedError,
    ConnectError,
    MemoryTokenStore,
    OAuthError,
    Tokens,
    TokensUnknown,
)
from cronofy_async.errors import DeadlineExceeded, DecodeError, RequestTimeout, ResponseLost

from .support import other_tasks
from .token_refreshes import NEW, OLD, LoggingStore, Refreshes, manager_with, oauth_error
from .virtual_clock import VirtualClock, settle

# ---------------------------------------------------------------------------------------------------------------------
# Refreshing


async def test_new_tokens_are_stored_before_they_are_used(clock: VirtualClock) -> None:
    store = LoggingStore()
    manager, key = manager_with(clock, store)
    refreshed = await manager.replace(key, OLD, Refreshes({"access_token": "a2", "refresh_token": "r2"}))
    assert refreshed == NEW
    assert store.log == ["load", "swap None a2"]
    assert await store.load("acc_1") == NEW
    assert await manager.current(key, Refreshes()) == NEW


@pytest.mark.parametrize(
    ("responses", "requested"),
    [
        ([{"access_token": "a2"}, {"access_token": "a3"}], ["r1", "r1"]),
        ([{"access_token": "a2", "refresh_token": "r2"}, {"access_token": "a3"}], ["r1", "r2"]),
    ],
    ids=["kept", "rotated"],
)
async def test_refresh_tokens_may_rotate(
    responses: list[dict[str, Any]], requested: list[str], clock: VirtualClock
) -> None:
    manager, key = manager_with(clock, MemoryTokenStore({"acc_1": OLD}))
    cronofy = Refreshes(*responses)
    second = await manager.replace(key, OLD, cronofy)
    assert second is not None
    third = await manager.replace(key, second, cronofy)
    assert third is not None
    assert third.access_token == "a3"
    assert cronofy.requested == requested


async def test_one_refresh_serves_all_waiters(clock: VirtualClock) -> None:
    manager, key = manager_with(clock)
    cronofy = Refreshes()
    cronofy.gate = asyncio.Event()
    waiting = [asyncio.create_task(manager.replace(key, OLD, cronofy)) for _ in range(20)]
    await settle()
    cronofy.gate.set()
    results = await asyncio.gather(*waiting)
    assert {tokens and tokens.access_token for tokens in results} == {"a2"}
    # Later callers with the old tokens get the new ones.
    late = await manager.replace(key, OLD, cronofy)
    assert late is not None
    assert late.access_token == "a2"
    assert cronofy.requested == ["r1"]


async def test_a_canceled_caller_does_not_stop_the_refresh(clock: VirtualClock) -> None:
    store = LoggingStore()
    manager, key = manager_with(clock, store)
    cronofy = Refreshes()
    cronofy.gate = asyncio.Event()
    caller = asyncio.create_task(manager.replace(key, OLD, cronofy))
    await settle()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    cronofy.gate.set()
    await settle()
    assert not other_tasks()
    stored = await store.load("acc_1")
    assert stored is not None
    assert stored.access_token == "a2"
    assert (await manager.current(key, cronofy)).access_token == "a2"


async def test_an_error_without_a_waiter_is_not_reported(clock: VirtualClock) -> None:
    complaints: list[Mapping[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    manager, key = manager_with(clock)
    cronofy = Refreshes(ConnectError("x"))
    cronofy.gate = asyncio.Event()
    caller = asyncio.create_task(manager.replace(key, OLD, cronofy))
    await settle()
    caller.cancel()
    await settle()
    cronofy.gate.set()
    await settle()
    del caller
    assert complaints == []


async def test_a_sent_refresh_that_is_canceled(clock: VirtualClock) -> None:
    manager, key = manager_with(clock)
    cronofy = Refreshes()
    cronofy.gate = asyncio.Event()
    caller = asyncio.create_task(manager.replace(key, OLD, cronofy))
    await settle()
    (refresh,) = other_tasks() - {caller}
    refresh.cancel()
    with pytest.raises(TokensUnknown):
        await caller
    cronofy.gate.set()
    refreshed = await manager.replace(key, OLD, cronofy)
    assert refreshed is not None


async def test_a_closed_manager_starts_no_refresh(clock: VirtualClock) -> None:
    manager, key = manager_with(clock)
    await manager.aclose()
    assert await manager.current(key, Refreshes()) == OLD
    with pytest.raises(ClientClosedError):
        await manager.replace(key, OLD, Refreshes())


def test_a_refresh_of_a_closed_loop_is_not_waited_for(clock: VirtualClock) -> None:
    manager, key = manager_with(clock)
    stuck = Refreshes()
    leftovers: list[asyncio.Task[Any]] = []

    async def begin() -> None:
        stuck.gate = asyncio.Event()
        leftovers.append(asyncio.create_task(manager.replace(key, OLD, stuck)))
        await settle()
        leftovers.extend(other_tasks() - {leftovers[0]})

    async def replace_again() -> Tokens | None:
        return await manager.replace(key, OLD, Refreshes())

    async def close() -> None:
        await manager.aclose()

    loop = asyncio.new_event_loop()
    loop.run_until_complete(begin())
    loop.close()
    assert asyncio.run(replace_again()) == NEW
    asyncio.run(close())
    for task in leftovers:
        cast("Any", task)._log_destroy_pending = False


# ---------------------------------------------------------------------------------------------------------------------
# Refreshes that fail


async def test_an_authorization_that_was_revoked(clock: VirtualClock) -> None:
    manager, key = manager_with(clock, MemoryTokenStore({"acc_1": OLD}))
    refused = oauth_error("invalid_grant")
    with pytest.raises(AuthorizationRevoked, match="authorize again") as caught:
        await manager.replace(key, OLD, Refreshes(refused))
    assert caught.value.sub == "acc_1"
    assert caught.value.__cause__ is refused


async def test_invalid_grant_after_another_process_refreshed(clock: VirtualClock) -> None:
    store = LoggingStore({"acc_1": OLD})
    manager, key = manager_with(clock, store)

    async def nothing() -> None:
        pass

    async def reauthorize() -> None:
        await MemoryTokenStore.swap(store, "acc_1", OLD, NEW)

    store.before_load = [nothing, reauthorize]
    assert await manager.replace(key, OLD, Refreshes(oauth_error("invalid_grant"))) == NEW
    assert await manager.current(key, Refreshes()) == NEW


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectError("x"), ConnectError),
        (RequestTimeout("x", sent="no"), RequestTimeout),
        (ResponseLost("x"), TokensUnknown),
        (RequestTimeout("x"), TokensUnknown),
        (DeadlineExceeded("x"), TokensUnknown),
        (DecodeError("x"), TokensUnknown),
        (oauth_error("invalid_client"), OAuthError),
        (ClientClosedError("x"), TokensUnknown),
        (ValueError("of a middleware"), TokensUnknown),
    ],
)
async def test_other_errors_are_raised(clock: VirtualClock, error: Exception, expected: type[Exception]) -> None:
    manager, key = manager_with(clock)
    cronofy = Refreshes(error)
    with pytest.raises(expected) as caught:
        await manager.replace(key, OLD, cronofy)
    assert caught.value is error or caught.value.__cause__ is error
    assert cronofy.requested == ["r1"]  # not retried
    refreshed = await manager.replace(key, OLD, cronofy)  # but a new call refreshes
    assert refreshed is not None
    assert cronofy.requested == ["r1", "r1"]


async def test_a_missing_refresh_token(clock: VirtualClock) -> None:
    tokens = Tokens(access_token="a1", sub="acc_1")
    manager, key = manager_with(clock, tokens=tokens)
    assert await manager.replace(key, tokens, Refreshes()) is None
