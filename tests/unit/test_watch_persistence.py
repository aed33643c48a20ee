from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cronofy_async.polling import Change, MemoryWatchStore, Watched, Watcher

from .virtual_clock import VirtualClock
from .watch_server import LinkServer, callback, run, watching

# Persistence.


async def read_two(watcher: Watcher) -> list[str]:
    """Read two changes, and leave before the second one is confirmed."""
    keys: list[str] = []
    async with watcher:
        async for change in watcher:
            keys.append(change.key)
            if len(keys) == 2:
                break
    return keys


async def test_an_unconfirmed_change_is_yielded_again_once(clock: VirtualClock, server: LinkServer) -> None:
    for name in "abc":
        server.set_status(name, 20.0, "completed")
    store = MemoryWatchStore()
    links = watching(server).real_time_scheduling
    async with clock.auto():
        first = await read_two(links.watch(["a", "b", "c"], store=store))
        second = [change async for change in _entered(links.watch(store=store))]
    assert [change.key for change in second].count(first[1]) == 1
    assert sorted({*first, *(change.key for change in second)}) == ["a/1/completed", "b/1/completed", "c/1/completed"]
    assert first[0] not in [change.key for change in second]
    assert all(change.link is not None and change.link.is_terminal for change in second)


async def _entered(watcher: Watcher) -> AsyncIterator[Change]:
    async with watcher:
        async for change in watcher:
            yield change


async def test_changes_confirmed_by_the_reader(clock: VirtualClock, server: LinkServer) -> None:
    for name in "abc":
        server.set_status(name, 20.0, "completed")
    store = MemoryWatchStore()
    links = watching(server).real_time_scheduling
    async with clock.auto():
        async with links.watch(["a", "b", "c"], store=store, auto_confirm=False) as watcher:
            changes = [await anext(watcher) for _ in "abc"]
            assert watcher.stats.unconfirmed == 3
            await watcher.confirm(changes[1])
            await watcher.confirm(changes[1])
            assert watcher.stats.unconfirmed == 2
        async with links.watch(store=store, auto_confirm=False) as watcher:
            again = [await anext(watcher) for _ in range(2)]
            assert {change.key for change in again} == {changes[0].key, changes[2].key}
            for change in again:
                await watcher.confirm(change)
            with pytest.raises(StopAsyncIteration):
                await anext(watcher)


async def test_a_watcher_resumes_from_a_snapshot(clock: VirtualClock, server: LinkServer) -> None:
    for number in range(200):
        server.set_status(f"l{number}", 1.0 * number, "completed")
    server.set_status("late", 1e6, "completed")
    server.set_status("odd", 0.0, "paused")
    links = watching(server).real_time_scheduling
    async with clock.auto():
        async with links.watch([*server.timelines, Watched("hinted", ref="r")]) as watcher:
            yielded = [(await anext(watcher)).key for _ in range(100)]
            await watcher.notify(callback(ref="r"))
            snapshot = json.loads(json.dumps(await watcher.snapshot()))
        learned = json.loads(snapshot["rows"]["learned"])
        assert sum(learned["answers"]) > 50
        server.requested.clear()
        server.set_status("hinted", 0.0, "completed")
        async with links.watch(store=MemoryWatchStore(snapshot)) as watcher:
            again = [await anext(watcher) for _ in range(103)]
            assert len({*yielded[:-1], *(change.key for change in again)}) == 202
            assert yielded[-1] == again[0].key
            assert "hinted" in {change.id for change in again[:4]}
            assert watcher.stats.watched == 2


async def test_a_snapshot_of_another_version(
    clock: VirtualClock, server: LinkServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.set_status("a", 0.0, "completed")
    links = watching(server).real_time_scheduling
    async with clock.auto():
        async with links.watch(["a"]) as watcher:
            snapshot = await watcher.snapshot()
        snapshot["rows"]["learned"] = json.dumps({"edges": "others"})
        snapshot["messages"].append('{"what": "is this"}')
        assert len(await run(links.watch(store=MemoryWatchStore(snapshot)))) == 1
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        (
            "the answer rates in the store of the watcher cannot be read, and are learned again: ValueError: "
            "learned: expected the result of learned() of a version with the same bins"
        ),
        (
            "a message in the store of the watcher cannot be read and is ignored: ValueError: "
            "unknown kind of message for this version of cronofy_async"
        ),
    ]


@pytest.mark.parametrize("snapshot", [{}, {"rows": {}, "messages": {}}, {"rows": {"a": 1}, "messages": []}])
def test_an_invalid_snapshot(snapshot: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="snapshot: must"):
        MemoryWatchStore(snapshot)


# Several replicas.


async def test_one_replica_leads_and_the_others_stand_by(clock: VirtualClock, server: LinkServer) -> None:
    store = MemoryWatchStore()
    server.set_status("b", 50.0, "completed")
    links = watching(server).real_time_scheduling
    async with clock.auto(), links.watch(store=store, forever=True) as leader:
        await clock.sleep(10)
        async with links.watch([Watched("a", ref="r")], store=store, forever=True) as other:
            await clock.sleep(10)
            assert (leader.stats.is_leading, other.stats.is_leading) == (True, False)
            await other.add("b")
            assert (await anext(leader)).id == "b"
            server.set_status("a", 0.0, "completed")
            server.requested.clear()
            await other.notify(callback(ref="r"))
            change = await anext(leader)
            assert change.id == "a"
            await leader.__aexit__(None, None, None)
            await clock.sleep(10)
            assert other.stats.is_leading
            assert await anext(other) == change  # it was unconfirmed
            server.set_status("c", 0.0, "completed")
            await other.add("c")
            assert (await anext(other)).id == "c"
            assert other.stats.unconfirmed == 1


class Stealable(MemoryWatchStore):
    """A store whose lease another replica can take."""

    def give_lease_away(self) -> None:
        self._holder = "another"

    def leave(self) -> None:
        self._holder = None


@pytest.mark.parametrize("confirms", [True, False])
async def test_a_replica_that_lost_the_lease_writes_nothing(
    clock: VirtualClock, server: LinkServer, caplog: pytest.LogCaptureFixture, confirms: bool
) -> None:
    store = Stealable()
    for number in range(3):
        server.set_status(f"l{number}", 100.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(server.timelines, store=store) as watcher:
        change = await anext(watcher)
        rows = await store.load()
        store.give_lease_away()
        if confirms:
            await watcher.confirm(change)
        await clock.sleep(20)
        assert not watcher.stats.is_leading
        assert await store.load() == rows
        store.leave()
        seen = [change.key, *[other.key async for other in watcher]]
    assert sorted(seen) == ["l0/1/completed", "l1/1/completed", "l2/1/completed"]
    assert [record.getMessage() for record in caplog.records if "another" in record.getMessage()]


async def test_changes_read_while_the_lease_is_lost_are_not_yielded_twice(
    clock: VirtualClock, server: LinkServer
) -> None:
    store = Stealable()
    for number in range(5):
        server.set_status(f"l{number}", 10.0, "completed")
    async with (
        clock.auto(),
        watching(server).real_time_scheduling.watch(server.timelines, store=store, auto_confirm=False) as watcher,
    ):
        changes = [await anext(watcher) for _ in range(2)]
        store.give_lease_away()
        await clock.sleep(20)
        store.leave()
        changes += [await anext(watcher) for _ in range(3)]
        assert len({change.key for change in changes}) == 5
        for change in changes:
            await watcher.confirm(change)
        with pytest.raises(StopAsyncIteration):
            await anext(watcher)
