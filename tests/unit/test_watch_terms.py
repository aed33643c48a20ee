"""The beginning and the end of a leadership term, and the actions of other replicas in between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from cronofy_async import Unauthorized
from cronofy_async.polling import MemoryWatchStore, Watched
from cronofy_async.polling.stores import LeaseLost

from .support import json_response, other_tasks
from .virtual_clock import VirtualClock
from .watch_server import LinkServer, callback, run, watching

#: Seconds. No link is requested again in any of these tests, unless there is a hint.
RARELY = 1e6


class Store(MemoryWatchStore):
    """A store whose lease can lapse. It can call a function when the last state of a term is saved."""

    def __init__(self) -> None:
        super().__init__()
        self.at_the_end: Callable[[], Awaitable[object]] | None = None

    def expire_lease(self, holder: str | None = None) -> None:
        self._holder = holder

    async def save(self, holder: str, rows: Mapping[str, str | None], *, read: int | None = None) -> None:
        if self.at_the_end is not None and list(rows) == ["learned"]:
            happens, self.at_the_end = self.at_the_end, None
            await happens()
        await super().save(holder, rows, read=read)


async def test_another_replica_led_and_left_in_between(clock: VirtualClock, server: LinkServer) -> None:
    """The former leader does not know its changes, so it must load the state again."""
    store, links = Store(), watching(server).real_time_scheduling
    server.set_status("old", 0.0, "completed")
    async with (
        clock.auto(),
        links.watch([Watched("old", ref="old")], store=store, min_interval=RARELY, forever=True) as watcher,
    ):
        await clock.sleep(3.0)
        store.expire_lease()
        async with links.watch(store=store, min_interval=RARELY, forever=True) as other:
            await clock.sleep(0.1)
            assert other.stats.is_leading
            await other.notify(callback(ref="old"))
            assert (await anext(other)).id == "old"
            await other.add(Watched("new", ref="new"))
            waiting = asyncio.create_task(anext(other))  # which confirms the change
            await clock.sleep(1.5)
            waiting.cancel()
        await clock.sleep(10.0)
        assert watcher.stats.is_leading
        assert watcher.stats.watched == 1
        server.set_status("new", 0.0, "completed")
        await watcher.notify(callback(ref="old"))
        await watcher.notify(callback(ref="new"))
        assert (await anext(watcher)).id == "new"


async def test_an_expired_lease(clock: VirtualClock, server: LinkServer, caplog: pytest.LogCaptureFixture) -> None:
    store = Store()
    server.set_status("a", 100.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a"], store=store) as watcher:
        await clock.sleep(1.0)
        store.expire_lease()
        await clock.sleep(6.0)
        assert [record.getMessage() for record in caplog.records] == [
            "another replica now holds the lease, as this one did not renew it in time"
        ]
        assert [change.id async for change in watcher] == ["a"]


async def test_no_links_left_while_another_replica_leads(clock: VirtualClock, server: LinkServer) -> None:
    store = Store()
    server.set_status("a", 10.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a"], store=store) as watcher:
        change = await anext(watcher)
        store.expire_lease("another")
        await watcher.confirm(change)
        waiting = asyncio.create_task(anext(watcher))
        await clock.sleep(60.0)
        assert not waiting.done()
        store.expire_lease()
        with pytest.raises(StopAsyncIteration):
            await waiting


async def test_no_links_are_left_when_the_lease_is_lost(clock: VirtualClock, server: LinkServer) -> None:
    store = Store()

    async def another_leads() -> None:
        store.expire_lease("another")

    async with clock.auto(), watching(server).real_time_scheduling.watch(["a"], store=store) as watcher:
        await clock.sleep(12.0)
        store.at_the_end = another_leads
        await watcher.discard("a")
        waiting = asyncio.create_task(anext(watcher))
        await clock.sleep(60.0)
        assert not waiting.done()
        store.expire_lease()
        with pytest.raises(StopAsyncIteration):
            await waiting


async def test_a_link_added_at_the_last_moment_is_watched(clock: VirtualClock, server: LinkServer) -> None:
    store = Store()
    server.set_status("a", 0.0, "completed")
    server.set_status("b", 0.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a"], store=store) as watcher:
        assert (await anext(watcher)).id == "a"
        store.at_the_end = lambda: watcher.add("b")
        assert [change.id async for change in watcher] == ["b"]
        with pytest.raises(RuntimeError, match="the watcher has ended"):
            await watcher.add("c")


async def test_no_change_is_yielded_after_the_lease_was_lost(clock: VirtualClock, server: LinkServer) -> None:
    store = Store()
    for name in "abc":
        server.set_status(name, 0.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a", "b", "c"], store=store) as watcher:
        yielded = [await anext(watcher)]
        await clock.sleep(1.0)
        store.expire_lease("another")
        waiting = asyncio.create_task(anext(watcher))
        await clock.sleep(1.0)
        assert not waiting.done()
        await clock.sleep(10.0)
        store.expire_lease()
        yielded += [await waiting, await anext(watcher)]
        assert sorted(change.id for change in yielded) == ["a", "b", "c"]
        with pytest.raises(StopAsyncIteration):
            await anext(watcher)


async def test_a_change_confirmed_while_a_term_ends_is_not_yielded_in_the_next(
    clock: VirtualClock, server: LinkServer
) -> None:
    store = Store()
    server.set_status("a", 0.0, "completed")
    options: dict[str, Any] = {"store": store, "forever": True, "auto_confirm": False}
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a"], **options) as watcher:
        change = await anext(watcher)
        confirming: list[asyncio.Task[None]] = []

        async def confirm() -> None:
            confirming.append(asyncio.create_task(watcher.confirm(change)))
            await clock.sleep(1.0)

        store.expire_lease()
        store.at_the_end = confirm  # when the next renewal has detected it
        waiting = asyncio.create_task(anext(watcher))
        await clock.sleep(60.0)
        assert confirming[0].done()
        assert not waiting.done()
        assert (watcher.stats.is_leading, watcher.stats.unconfirmed) == (True, 0)
        assert [row for row in await store.load() if row != "learned"] == []
        waiting.cancel()


async def test_a_change_is_not_yielded_after_its_link_was_discarded(clock: VirtualClock, server: LinkServer) -> None:
    for name in "abc":
        server.set_status(name, 0.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a", "b", "c"]) as watcher:
        first = await anext(watcher)
        await clock.sleep(60.0)
        others = sorted({"a", "b", "c"} - {first.id})
        await watcher.discard(others[0])
        assert (await anext(watcher)).id == others[1]
        with pytest.raises(StopAsyncIteration):
            await anext(watcher)


async def test_a_standby_discards_a_link(clock: VirtualClock, server: LinkServer) -> None:
    store, links = Store(), watching(server).real_time_scheduling
    server.set_status("a", 20.0, "completed")
    async with (
        clock.auto(),
        links.watch(["a"], store=store, forever=True) as watcher,
        links.watch(store=store, forever=True) as other,
    ):
        await clock.sleep(5.0)
        assert (watcher.stats.is_leading, other.stats.is_leading) == (True, False)
        await other.discard("a")
        await clock.sleep(60.0)
        assert (watcher.stats.watched, watcher.stats.unconfirmed) == (0, 0)


async def test_leaving_does_not_wait_for_requests_of_discarded_links(clock: VirtualClock, server: LinkServer) -> None:
    server.seconds = 25.0
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a"]) as watcher:
        await clock.sleep(12.0)
        assert server.in_flight == 1
        await watcher.discard("a")
        started = clock.monotonic()
        with pytest.raises(StopAsyncIteration):
            await anext(watcher)
        assert clock.monotonic() < started + 2.0
        assert server.in_flight == 0


@pytest.mark.parametrize("seconds", [0.0, 0.5, 7.0])
async def test_a_watcher_can_be_left_after_the_lease_was_lost(
    clock: VirtualClock, server: LinkServer, seconds: float
) -> None:
    store = Store()
    async with clock.auto():
        async with watching(server).real_time_scheduling.watch(["a"], store=store):
            await clock.sleep(6.0)
            store.expire_lease("another")
            await clock.sleep(seconds)
        assert not other_tasks()


class SlowStore(Store):
    """A store that reports a lost lease only when it is canceled."""

    async def renew_lease(self, holder: str, seconds: float) -> bool:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise LeaseLost("too late") from None
        raise AssertionError


async def test_a_watcher_can_be_left_while_the_lease_is_lost(clock: VirtualClock, server: LinkServer) -> None:
    async with clock.auto():
        async with watching(server).real_time_scheduling.watch(["a"], store=SlowStore()):
            await clock.sleep(6.0)
        assert not other_tasks()


async def test_the_error_is_raised_and_a_handled_change_is_not_yielded_again(
    clock: VirtualClock, server: LinkServer
) -> None:
    store, links = Store(), watching(server).real_time_scheduling
    server.set_status("a", 0.0, "completed")
    async with clock.auto():
        with pytest.raises(Unauthorized):  # noqa: PT012
            async with links.watch(["a", "b"], store=store) as watcher:
                async for _ in watcher:
                    server.down = json_response(status=401)
                    await clock.sleep(60.0)
        server.down = None
        server.set_status("b", 0.0, "completed")
        assert [change.id for change in await run(links.watch(store=store))] == ["b"]


async def many(store: MemoryWatchStore, number: int) -> None:
    """Write a number of links to a store."""
    await store.acquire_lease("before", 15.0)
    row = '{"sent":1893456000.0,"status":"open","hints":0,"missing":false,"changes":0,"open":1893456000.0}'
    await store.save("before", {f"link/{index}": row for index in range(number)})
    await store.release_lease("before")


async def test_other_tasks_run_while_many_links_are_loaded(clock: VirtualClock, server: LinkServer) -> None:
    store = Store()
    await many(store, 5000)
    links, served = watching(server).real_time_scheduling, 0
    async with links.watch(map(str, range(4000, 6500)), store=store, forever=True) as watcher:
        while watcher.stats.watched < 6500:
            await asyncio.sleep(0)
            served += 1
    assert 8 <= served < 1000


@pytest.mark.parametrize("lasts", [True, False])
async def test_the_lease_is_kept_while_links_are_loaded(
    clock: VirtualClock, server: LinkServer, monkeypatch: pytest.MonkeyPatch, *, lasts: bool
) -> None:
    """If it is lost, links are loaded again in the next term."""

    class Slow(Store):
        loads = renewals = 0

        async def load(self) -> Mapping[str, str]:
            self.loads += 1
            return await super().load()

        async def renew_lease(self, holder: str, seconds: float) -> bool:
            self.renewals += 1
            clock.advance(2.0)
            return (lasts or self.loads > 1) and await super().renew_lease(holder, seconds)

    monkeypatch.setattr("cronofy_async.polling.watch.RENEWAL_INTERVAL", 0.0)
    store = Slow()
    await many(store, 2500)
    async with watching(server).real_time_scheduling.watch(store=store, min_interval=RARELY, forever=True) as watcher:
        while watcher.stats.watched < 2500:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0)
    assert store.loads == (1 if lasts else 2)
    assert store.renewals >= 3
