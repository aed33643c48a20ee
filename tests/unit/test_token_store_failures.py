from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from cronofy_async import (
    MemoryTokenStore,
    Tokens,
    TokensNotSaved,
)

from .token_refreshes import NEW, OLD, LoggingStore, Refreshes, manager_with
from .virtual_clock import VirtualClock, settle


async def test_tokens_that_cannot_be_stored_are_kept_and_stored_later(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    store = LoggingStore({"acc_1": OLD})
    store.failures = 2
    manager, key = manager_with(clock, store)
    cronofy = Refreshes({"access_token": "a2", "refresh_token": "r2"})
    with pytest.raises(TokensNotSaved) as caught:
        await manager.replace(key, OLD, cronofy)
    assert caught.value.sub == "acc_1"
    assert str(caught.value.__cause__) == "OSError: the database is away"
    assert [record.getMessage() for record in caplog.records] == ["new tokens could not be stored: OSError"]
    with pytest.raises(TokensNotSaved):
        await manager.current(key, cronofy)
    assert await store.load("acc_1") == OLD
    assert await manager.current(key, cronofy) == NEW
    assert await store.load("acc_1") == NEW
    assert cronofy.requested == ["r1"]


async def test_a_late_caller_with_old_tokens_first_saves_the_new_ones(clock: VirtualClock) -> None:
    store = LoggingStore({"acc_1": OLD})
    store.failures = 1
    manager, key = manager_with(clock, store)
    cronofy = Refreshes({"access_token": "a2", "refresh_token": "r2"})
    with pytest.raises(TokensNotSaved):
        await manager.replace(key, OLD, cronofy)
    assert await manager.replace(key, OLD, cronofy) == NEW
    assert store.log.count("swap a1 a2") == 2
    assert cronofy.requested == ["r1"]


async def test_a_swap_that_worked_and_then_failed(clock: VirtualClock) -> None:
    """The new tokens are in the store, but the process does not know."""
    store = LoggingStore({"acc_1": OLD})
    store.failures = 1
    manager, key = manager_with(clock, store)
    with pytest.raises(TokensNotSaved):
        await manager.replace(key, OLD, Refreshes({"access_token": "a2", "refresh_token": "r2"}))
    assert await MemoryTokenStore.swap(store, "acc_1", OLD, NEW)
    assert await manager.current(key, Refreshes()) == NEW


async def test_an_unreadable_store_prevents_a_refresh(clock: VirtualClock) -> None:
    async def fail() -> None:
        raise OSError("away")

    store = LoggingStore()
    store.before_load = [fail]
    manager, key = manager_with(clock, store)
    cronofy = Refreshes()
    with pytest.raises(OSError, match="away"):
        await manager.replace(key, OLD, cronofy)
    assert cronofy.requested == []
    assert await manager.replace(key, OLD, cronofy) is not None


async def test_another_process_refreshed_first(clock: VirtualClock) -> None:
    manager, key = manager_with(clock, MemoryTokenStore({"acc_1": NEW}))
    cronofy = Refreshes()
    assert await manager.replace(key, OLD, cronofy) == NEW
    assert cronofy.requested == []


async def test_processes_take_turns(clock: VirtualClock) -> None:
    """The second process waits for the lock, and then finds the tokens of the first."""
    store = MemoryTokenStore({"acc_1": OLD})
    cronofy = Refreshes({"access_token": "a2", "refresh_token": "r2"})
    cronofy.gate = asyncio.Event()
    processes = [manager_with(clock, store) for _ in range(3)]
    refreshes = [asyncio.create_task(manager.replace(key, OLD, cronofy)) for manager, key in processes]
    await settle()
    cronofy.gate.set()
    assert await asyncio.gather(*refreshes) == [NEW] * 3
    assert cronofy.requested == ["r1"]


async def test_another_process_stored_first(clock: VirtualClock) -> None:
    """This happens in spite of the lock: the other process has the newest tokens."""
    store = LoggingStore({"acc_1": OLD})
    manager, key = manager_with(clock, store)

    class Racing(Refreshes):
        async def __call__(self, tokens: Tokens, on_sent: Callable[[], object]) -> Mapping[str, Any]:
            await MemoryTokenStore.swap(store, "acc_1", OLD, NEW)
            return await super().__call__(tokens, on_sent)

    assert await manager.replace(key, OLD, Racing({"access_token": "ours"})) == NEW
    assert await manager.current(key, Refreshes()) == NEW


async def test_a_store_that_neither_swaps_nor_stores(clock: VirtualClock) -> None:
    class Forgetful(MemoryTokenStore):
        async def swap(self, sub: str, old: Tokens | None, new: Tokens | None) -> bool:
            return False

    manager, key = manager_with(clock, Forgetful())
    refreshed = await manager.replace(key, OLD, Refreshes({"access_token": "a2"}))
    assert refreshed is not None
    assert refreshed.access_token == "a2"
    assert await manager.current(key, Refreshes()) == refreshed
