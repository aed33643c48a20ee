"""Tests for every store of a watcher. A test module of a store derives a class from one of these."""

from __future__ import annotations

import asyncio

import pytest

from cronofy_async.polling.stores import LeaseLost, WatchStore

__all__ = ["SharedStoreContract", "WatchStoreContract"]

#: Longer than any test.
LONG = 600.0


class WatchStoreContract:
    """The subclass has a fixture ``store``: an empty store, which is closed afterwards."""

    async def test_an_empty_store(self, store: WatchStore) -> None:
        assert dict(await store.load()) == {}
        assert list(await store.messages()) == []

    async def test_rows_are_stored_and_removed(self, store: WatchStore) -> None:
        assert await store.acquire_lease("a", LONG)
        await store.save("a", {"one": "1", "two": "2", "three": "3"})
        await store.save("a", {"two": None, "three": "drei", "four": "4", "never there": None})
        assert dict(await store.load()) == {"one": "1", "three": "drei", "four": "4"}
        await store.save("a", {})
        assert len(await store.load()) == 3

    async def test_any_text_is_stored(self, store: WatchStore) -> None:
        texts = ["", " ", "'; DROP TABLE watched; --", "é 日本 🗓", "\x00 \n", "x" * 1_000_000]
        assert await store.acquire_lease("a", LONG)
        await store.save("a", {text[:20]: text for text in texts})
        await store.post(texts)
        assert dict(await store.load()) == {text[:20]: text for text in texts}
        assert [text for _, text in await store.messages()] == texts

    async def test_loaded_rows_are_copies(self, store: WatchStore) -> None:
        assert await store.acquire_lease("a", LONG)
        await store.save("a", {"one": "1"})
        rows, messages = await store.load(), await store.messages()
        await store.save("a", {"one": "2", "two": "2"})
        await store.post(["m"])
        assert (dict(rows), list(messages)) == ({"one": "1"}, [])

    async def test_messages_are_posted_and_read(self, store: WatchStore) -> None:
        await store.post(["a", "b"])
        await store.post([])
        await store.post(["c"])
        messages = await store.messages()
        assert [text for _, text in messages] == ["a", "b", "c"]
        assert await store.messages() == messages
        numbers = [number for number, _ in messages]
        assert numbers == sorted(set(numbers))

    async def test_read_messages_are_removed(self, store: WatchStore) -> None:
        assert await store.acquire_lease("a", LONG)
        await store.post(["a", "b"])
        (_, (last, _)) = await store.messages()
        await store.post(["c"])
        await store.save("a", {"one": "1"}, read=last)
        ((number, text),) = await store.messages()
        assert (text, number > last) == ("c", True)
        await store.save("a", {}, read=number)
        await store.post(["d"])
        ((later, text),) = await store.messages()
        assert (text, later > number) == ("d", True)  # a number is never reused

    async def test_only_one_replica_has_the_lease(self, store: WatchStore) -> None:
        assert await store.acquire_lease("a", LONG)
        assert await store.acquire_lease("a", LONG)
        assert not await store.acquire_lease("b", LONG)
        await store.release_lease("b")
        assert not await store.acquire_lease("b", LONG)
        await store.release_lease("a")
        await store.release_lease("a")
        assert await store.acquire_lease("b", LONG)
        assert not await store.acquire_lease("a", LONG)

    async def test_a_lease_is_renewed_only_while_it_is_held(self, store: WatchStore) -> None:
        assert not await store.renew_lease("a", LONG)
        assert await store.acquire_lease("a", LONG)
        assert await store.renew_lease("a", LONG)
        assert not await store.renew_lease("b", LONG)
        await store.release_lease("a")
        assert await store.acquire_lease("b", LONG)
        assert not await store.renew_lease("a", LONG)
        await store.release_lease("b")
        assert not await store.renew_lease("a", LONG)  # another replica may have had it in between
        assert await store.acquire_lease("c", LONG)

    async def test_only_the_leader_writes(self, store: WatchStore) -> None:
        assert await store.acquire_lease("a", LONG)
        await store.save("a", {"one": "1"})
        await store.post(["m"])
        ((number, _),) = await store.messages()
        for holder in ("b", "a"):
            await store.release_lease(holder)
            if holder == "a":
                with pytest.raises(LeaseLost):
                    await store.save("a", {"one": "2"})
                assert await store.acquire_lease("c", LONG)
            with pytest.raises(LeaseLost):
                await store.save("b", {"one": None, "two": "2"}, read=number)
            assert dict(await store.load()) == {"one": "1"}
            assert len(await store.messages()) == 1
        await store.save("c", {"one": None}, read=number)
        assert dict(await store.load()) == {}

    async def test_concurrent_writes(self, store: WatchStore) -> None:
        assert await store.acquire_lease("a", LONG)
        async with asyncio.TaskGroup() as group:
            for batch in range(20):
                group.create_task(store.post([f"{batch}/{index}" for index in range(5)]))
                group.create_task(store.save("a", {f"row {batch}": "1", f"rows {batch}": "2"}))
                group.create_task(store.messages())
                group.create_task(store.renew_lease("a", LONG))
        texts = [text for _, text in await store.messages()]
        assert len(texts) == 100
        for start in range(0, 100, 5):  # messages that are posted together stay together
            name = texts[start].partition("/")[0]
            assert texts[start : start + 5] == [f"{name}/{index}" for index in range(5)]
        assert len(await store.load()) == 40

    async def test_canceled_at_any_step(self, store: WatchStore) -> None:
        """Either everything is written or nothing, and the store can still be used."""
        assert await store.acquire_lease("a", LONG)
        for attempt in range(60):
            await store.save("a", {"x": "0", "y": "0"})
            await store.save("a", {}, read=max([number for number, _ in await store.messages()], default=0))
            tasks = [
                asyncio.create_task(store.save("a", {"x": "1", "y": "1", "z": None})),
                asyncio.create_task(store.post(["m", "n"])),
                asyncio.create_task(store.acquire_lease("b", LONG)),
                asyncio.create_task(store.load()),
                asyncio.create_task(store.messages()),
            ]
            await asyncio.sleep(attempt * 5e-5)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            rows, texts = await store.load(), [text for _, text in await store.messages()]
            assert dict(rows) in ({"x": "0", "y": "0"}, {"x": "1", "y": "1"})
            assert texts in ([], ["m", "n"])
            if not tasks[0].cancelled():
                assert rows["x"] == "1"
            if not tasks[1].cancelled():
                assert texts

    async def test_a_store_can_be_used_after_it_was_closed(self, store: WatchStore) -> None:
        await store.aclose()
        assert await store.acquire_lease("a", LONG)
        await store.save("a", {"one": "1"})
        await store.post(["m"])
        await store.aclose()
        await store.aclose()
        assert dict(await store.load()) == {"one": "1"}
        assert [text for _, text in await store.messages()] == ["m"]
        assert await store.renew_lease("a", LONG)


class SharedStoreContract(WatchStoreContract):
    """Tests for a store that several processes share. The subclass also has a fixture ``other``: a second store on the same data."""

    async def test_two_stores_read_the_same_rows(self, store: WatchStore, other: WatchStore) -> None:
        assert await store.acquire_lease("a", LONG)
        assert not await other.acquire_lease("b", LONG)
        await other.post(["m"])
        ((number, text),) = await store.messages()
        assert text == "m"
        await store.save("a", {"one": "1"}, read=number)
        assert dict(await other.load()) == {"one": "1"}
        assert list(await other.messages()) == []
        await other.post(["n"])
        assert (await store.messages())[0][0] > number
        with pytest.raises(LeaseLost):
            await other.save("b", {"one": "2"})
        await store.release_lease("a")
        assert await other.acquire_lease("b", LONG)
        with pytest.raises(LeaseLost):
            await store.save("a", {"one": "2"})
        assert not await store.renew_lease("a", LONG)

    async def test_rows_outlive_their_writer(self, store: WatchStore, other: WatchStore) -> None:
        assert await store.acquire_lease("a", LONG)
        await store.save("a", {"one": "1"})
        await store.post(["m"])
        await store.aclose()
        assert dict(await other.load()) == {"one": "1"}
        assert [text for _, text in await other.messages()] == ["m"]
        assert not await other.acquire_lease("b", LONG)

    async def test_two_stores_write_concurrently(self, store: WatchStore, other: WatchStore) -> None:
        assert await store.acquire_lease("a", LONG)
        async with asyncio.TaskGroup() as group:
            for number in range(20):
                group.create_task(other.post([f"{number}/{index}" for index in range(3)]))
                group.create_task(store.save("a", {f"row {number}": "1"}))
                group.create_task(store.post([f"mine {number}"]))
        assert len(await other.load()) == 20
        assert len(await other.messages()) == 80
        assert sum([await replica.acquire_lease(name, LONG) for replica, name in ((store, "b"), (other, "c"))]) == 0
        await store.release_lease("a")
        acquired = await asyncio.gather(
            *(replica.acquire_lease(name, LONG) for replica, name in ((store, "b"), (other, "c")))
        )
        assert sorted(acquired) == [False, True]
