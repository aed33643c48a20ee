from __future__ import annotations

import asyncio

import pytest

from cronofy_async import (
    AuthorizationRevoked,
    Tokens,
    TokensNotSaved,
)

from .token_refreshes import NEW, OLD, LoggingStore, Refreshes, manager_with, oauth_error
from .virtual_clock import VirtualClock, settle


async def test_a_new_authorization_replaces_the_old_one(clock: VirtualClock) -> None:
    store = LoggingStore()
    manager, key = manager_with(clock, store)
    await manager.replace(key, OLD, Refreshes({"access_token": "a2", "refresh_token": "r2"}))
    with pytest.raises(AuthorizationRevoked):
        await manager.replace(key, NEW, Refreshes(oauth_error("invalid_grant")))
    fresh = Tokens(access_token="fresh", refresh_token="rf", sub="acc_1")
    assert manager.add(fresh) == key
    assert await manager.current(key, Refreshes()) == fresh
    assert await store.load("acc_1") == fresh
    # It is refreshed from then on, although the store had other tokens.
    cronofy = Refreshes({"access_token": "a9"})
    await manager.replace(key, fresh, cronofy)
    assert cronofy.requested == ["rf"]


@pytest.mark.parametrize("given", [OLD, NEW, Tokens(access_token="a1", refresh_token="r1", sub="acc_1", scope="x")])
async def test_old_tokens_do_not_replace_newer_ones(clock: VirtualClock, given: Tokens) -> None:
    """An app that creates account objects from a row that it stored earlier must not revert to old tokens."""
    manager, key = manager_with(clock)
    cronofy = Refreshes()
    second = await manager.replace(key, OLD, cronofy)
    assert second == NEW
    third = await manager.replace(key, NEW, cronofy)
    for _ in range(100):
        manager.add(given)
        assert await manager.current(key, cronofy) == third
    assert len(cronofy.requested) == 2


async def test_old_tokens_in_use_are_recognized_after_many_refreshes(clock: VirtualClock) -> None:
    manager, key = manager_with(clock)
    cronofy = Refreshes()
    tokens = OLD
    for _ in range(100):
        manager.add(OLD)
        assert await manager.current(key, cronofy) == tokens
        refreshed = await manager.replace(key, tokens, cronofy)
        assert refreshed is not None
        tokens = refreshed
    assert len(cronofy.requested) == 100
    assert len(manager.secrets(key)) <= 64


async def test_a_new_authorization_while_new_tokens_wait_to_be_stored(clock: VirtualClock) -> None:
    store = LoggingStore({"acc_1": OLD})
    store.failures = 1
    manager, key = manager_with(clock, store)
    with pytest.raises(TokensNotSaved):
        await manager.replace(key, OLD, Refreshes())
    fresh = Tokens(access_token="fresh", refresh_token="rf", sub="acc_1")
    manager.add(fresh)
    assert await manager.current(key, Refreshes()) == fresh
    assert await store.load("acc_1") == fresh


async def test_a_new_authorization_during_a_refresh(clock: VirtualClock) -> None:
    store = LoggingStore()
    manager, key = manager_with(clock, store)
    cronofy = Refreshes()
    cronofy.gate = asyncio.Event()
    caller = asyncio.create_task(manager.replace(key, OLD, cronofy))
    await settle()
    fresh = Tokens(access_token="fresh", refresh_token="rf", sub="acc_1")
    manager.add(fresh)
    cronofy.gate.set()
    assert await caller == fresh
    assert await manager.current(key, cronofy) == fresh


async def test_the_secrets_of_an_account(clock: VirtualClock) -> None:
    manager, key = manager_with(clock)
    await manager.replace(key, OLD, Refreshes({"access_token": "a2"}))
    assert set(manager.secrets(key)) == {"a1", "r1", "a2"}
    assert manager.secrets(manager.add(None, "unknown")) == []
    assert manager.secrets(manager.add(Tokens(access_token="a", sub="acc_9"))) == ["a"]


async def test_an_authorization_is_stored_after_a_refresh_in_progress(clock: VirtualClock) -> None:
    store = LoggingStore({"acc_1": OLD})
    manager, key = manager_with(clock, store)
    cronofy = Refreshes()
    cronofy.gate = asyncio.Event()
    caller = asyncio.create_task(manager.replace(key, OLD, cronofy))
    await settle()
    fresh = Tokens(access_token="fresh", refresh_token="rf", sub="acc_1")
    storing = asyncio.create_task(manager.store(fresh))
    await settle()
    cronofy.gate.set()

    await storing

    assert await caller == fresh
    assert await store.load("acc_1") == await manager.current(key, cronofy) == fresh


async def test_an_authorization_replaces_tokens_of_another_process(clock: VirtualClock) -> None:
    """Even if the new tokens could not be stored at first."""
    store = LoggingStore({"acc_1": NEW})
    store.failures = 1
    manager, key = manager_with(clock, store)
    fresh = Tokens(access_token="fresh", refresh_token="rf", sub="acc_1")

    await manager.store(fresh)
    assert await store.load("acc_1") == NEW

    assert await manager.current(key, Refreshes()) == fresh
    assert await store.load("acc_1") == fresh


async def test_storing_an_authorization_survives_cancellation(clock: VirtualClock) -> None:
    store = LoggingStore()
    manager, key = manager_with(clock, store, None)
    fresh = Tokens(access_token="fresh", refresh_token="rf", sub="acc_1")
    storing = asyncio.create_task(manager.store(fresh))
    await asyncio.sleep(0)
    storing.cancel()

    with pytest.raises(asyncio.CancelledError):
        await storing

    assert await manager.current(key, Refreshes()) == fresh
    assert await store.load("acc_1") == fresh


@pytest.mark.parametrize("token", ["r1", None])
async def test_a_revocation_waits_for_a_refresh_in_progress(clock: VirtualClock, token: str | None) -> None:
    store = LoggingStore({"acc_1": OLD})
    manager, key = manager_with(clock, store)
    cronofy = Refreshes()
    cronofy.gate = asyncio.Event()
    caller = asyncio.create_task(manager.replace(key, OLD, cronofy))
    await settle()
    forgetting = asyncio.create_task(manager.forget(token, "acc_1"))
    await settle()
    assert not forgetting.done()
    cronofy.gate.set()

    await forgetting

    assert await caller == NEW
    assert await store.load("acc_1") is None
    with pytest.raises(AuthorizationRevoked, match="holds no tokens"):
        await manager.current(key, cronofy)
