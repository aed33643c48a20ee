from __future__ import annotations

import asyncio
import pickle
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

import pytest

from cronofy_async import (
    AuthorizationRevoked,
    ConfigurationError,
    MemoryTokenStore,
    Tokens,
)
from cronofy_async.tokens import TokenManager

from .token_refreshes import NEW, OLD, LoggingStore, Refreshes, manager_with
from .virtual_clock import VirtualClock, settle

# ---------------------------------------------------------------------------------------------------------------------
# Tokens


def test_tokens_are_hidden_in_reprs_and_pickled_completely() -> None:
    assert "a1" not in repr(OLD)
    assert "r1" not in repr(OLD)
    assert pickle.loads(pickle.dumps(OLD)) == OLD


@pytest.mark.parametrize(
    ("response", "changes"),
    [
        ({"access_token": "a2"}, {}),
        ({"access_token": "a2", "refresh_token": "r2"}, {"refresh_token": "r2"}),
        ({"access_token": "a2", "refresh_token": None}, {}),
        ({"access_token": "a2", "refresh_token": ""}, {}),
        ({"access_token": "a2", "refresh_token": 5}, {}),
        ({"access_token": "a2", "sub": "acc_2", "scope": "x y"}, {"sub": "acc_2", "scope": "x y"}),
        ({"access_token": "a2", "sub": ["acc_2"], "scope": 7}, {}),
    ],
)
def test_omitted_members_of_a_response_are_kept(
    response: dict[str, Any], changes: dict[str, Any], clock: VirtualClock
) -> None:
    refreshed = OLD.refreshed(response, clock.now())
    expected = {"refresh_token": "r1", "sub": "acc_1", "scope": None} | changes
    assert refreshed.access_token == "a2"
    assert {name: getattr(refreshed, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("lifetime", "seconds"),
    [(10800, 10800), (0, 0), (None, None), ("10800", None), (10**30, None), (10**12, None), (-5, -5)],
)
def test_the_expiry_of_tokens(lifetime: object, seconds: int | None, clock: VirtualClock) -> None:
    """The tokens are kept for any value of ``expires_in``."""
    refreshed = OLD.refreshed({"access_token": "a2", "expires_in": lifetime}, clock.now())
    assert refreshed.expires_at == (None if seconds is None else clock.now() + timedelta(seconds=seconds))


@pytest.mark.parametrize(("seconds", "soon"), [(-1, True), (0, True), (60, True), (61, False)])
def test_expires_soon_includes_a_margin(seconds: int, soon: bool, clock: VirtualClock) -> None:
    tokens = Tokens(access_token="a", expires_at=clock.now() + timedelta(seconds=seconds))
    assert tokens.expires_soon(clock.now()) == soon


def test_tokens_of_unknown_expiry_do_not_expire(clock: VirtualClock) -> None:
    assert not OLD.expires_soon(clock.now())


# ---------------------------------------------------------------------------------------------------------------------
# The store


async def test_the_memory_store_swaps_only_its_current_tokens() -> None:
    store = MemoryTokenStore()
    assert await store.load("acc_1") is None
    assert await store.swap("acc_1", None, OLD)
    assert not await store.swap("acc_1", None, NEW)
    assert await store.load("acc_1") == OLD
    assert await store.swap("acc_1", OLD, NEW)
    assert await store.load("acc_1") == NEW
    assert await MemoryTokenStore({"acc_1": OLD}).load("acc_1") == OLD


async def test_the_lock_of_the_memory_store_is_for_one_account() -> None:
    store = MemoryTokenStore()
    async with store.lock("a"), store.lock("b"):
        waiting = asyncio.create_task(enter(store.lock("a")))
        await settle()
        assert not waiting.done()
    await waiting


async def enter(lock: AbstractAsyncContextManager[object]) -> None:
    async with lock:
        pass


def test_the_memory_store_works_in_consecutive_loops() -> None:
    store = MemoryTokenStore()

    async def wait_for_lock() -> None:
        await asyncio.gather(*(enter(store.lock("a")) for _ in range(3)))

    async def hold_lock() -> None:
        async with store.lock("a"):
            other = asyncio.create_task(enter(store.lock("a")))
            await settle()
        await other

    asyncio.run(hold_lock())
    asyncio.run(hold_lock())
    asyncio.run(wait_for_lock())


# ---------------------------------------------------------------------------------------------------------------------
# Accounts


def test_accounts_are_identified_by_sub_or_token(clock: VirtualClock) -> None:
    manager = TokenManager(MemoryTokenStore(), clock)
    assert manager.add(OLD) == "acc_1"
    assert manager.add(OLD, "acc_2") == "acc_2"
    assert manager.add(None, "acc_3") == "acc_3"
    anonymous = manager.add(Tokens(access_token="a", refresh_token="r"))
    assert anonymous == manager.add(Tokens(access_token="other", refresh_token="r"))
    assert anonymous != manager.add(Tokens(access_token="a", refresh_token="other"))
    assert len(anonymous) == len(manager.add(Tokens(access_token="a" * 50)))  # a hash
    assert manager.add(Tokens(access_token="a")).startswith("tokens-")
    with pytest.raises(ConfigurationError, match="its tokens, or its sub"):
        manager.add(None)


async def test_given_tokens_are_used(clock: VirtualClock) -> None:
    store = LoggingStore()
    manager, key = manager_with(clock, store)
    assert await manager.current(key, Refreshes()) == OLD
    assert store.log == []


async def test_stored_tokens_are_used(clock: VirtualClock) -> None:
    store = LoggingStore({"acc_1": OLD})
    manager, key = manager_with(clock, store, tokens=None)
    cronofy = Refreshes()
    assert await manager.current(key, cronofy) == OLD
    assert await manager.current(key, cronofy) == OLD
    assert store.log == ["load"]
    assert cronofy.requested == []


async def test_an_account_that_the_store_does_not_know(clock: VirtualClock) -> None:
    manager, key = manager_with(clock, tokens=None)
    with pytest.raises(AuthorizationRevoked, match="no tokens for acc_1"):
        await manager.current(key, Refreshes())
    manager.add(OLD, "acc_1")
    assert await manager.current(key, Refreshes()) == OLD


async def test_tokens_are_refreshed_before_they_expire(clock: VirtualClock) -> None:
    expiring = Tokens(
        access_token="a1", refresh_token="r1", sub="acc_1", expires_at=clock.now() + timedelta(seconds=100)
    )
    manager, key = manager_with(clock, tokens=expiring)
    cronofy = Refreshes({"access_token": "a2", "expires_in": 3600})
    assert (await manager.current(key, cronofy)).access_token == "a1"
    clock.advance(40)
    assert (await manager.current(key, cronofy)).access_token == "a2"
    assert cronofy.requested == ["r1"]


async def test_without_a_refresh_token_tokens_are_used_until_they_expire(clock: VirtualClock) -> None:
    manager, key = manager_with(clock, tokens=Tokens(access_token="a1", sub="acc_1", expires_at=clock.now()))
    assert (await manager.current(key, Refreshes())).access_token == "a1"
