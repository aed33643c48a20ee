from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from cronofy_async import (
    ClientClosedError,
    ConnectError,
    Forbidden,
    PaymentRequired,
    RateLimit,
    ServerError,
    StoreError,
    Unauthorized,
)
from cronofy_async.polling import MemoryWatchStore

from .support import json_response, other_tasks
from .virtual_clock import VirtualClock
from .watch_server import LinkServer, run, watching

# Failures.


@pytest.mark.parametrize("fault", [ConnectError("down"), json_response(status=500)], ids=["unreachable", "500"])
async def test_a_watcher_waits_for_the_end_of_an_outage(clock: VirtualClock, server: LinkServer, fault: Any) -> None:
    links = [f"l{number}" for number in range(50)]
    for name in links:
        server.set_status(name, 200.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(links) as watcher:
        await clock.sleep(50)
        server.down = fault
        await clock.sleep(100)
        assert watcher.stats.is_paused
        server.requested.clear()
        await clock.sleep(3600)
        assert len(server.requested) < 600  # one after the other, each repeated with growing waits
        server.down = None
        assert len({change.id async for change in watcher}) == 50
        assert not watcher.stats.is_paused


async def test_a_failed_request_is_retried_later(
    clock: VirtualClock, server: LinkServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    server.faults["bad"] = json_response(status=422)
    server.faults["odd"] = json_response({"real_time_scheduling": {}})
    server.faults["ill"] = json_response(status=500)
    for number in range(20):
        server.set_status(f"l{number}", 1000.0, "completed")
    for name in ("bad", "odd", "ill"):
        server.set_status(name, 0.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(server.timelines) as watcher:
        await clock.sleep(600)
        assert set(watcher.stats.failing) == {"bad", "odd", "ill"}
        assert isinstance(watcher.stats.failing["ill"], ServerError)
        assert sorted(record.getMessage()[:8] for record in caplog.records) == ["link bad", "link ill", "link odd"]
        assert len(server.times("bad")) > 10
        server.faults.clear()
        changes = [change.id async for change in watcher]
        assert set(changes) >= {"bad", "odd", "ill"}
        assert len(changes) == 23


@pytest.mark.parametrize(("status", "error"), [(401, Unauthorized), (402, PaymentRequired), (403, Forbidden)])
async def test_an_error_that_affects_all_links_ends_a_watcher(
    clock: VirtualClock, server: LinkServer, status: int, error: type[Exception]
) -> None:
    store = MemoryWatchStore()
    async with clock.auto():
        with pytest.raises(error):  # noqa: PT012
            async with watching(server).real_time_scheduling.watch(["a", "b"], store=store) as watcher:
                await clock.sleep(100)
                server.down = json_response(status=status)
                async for _ in watcher:
                    pass
        assert not other_tasks()
        server.down = None
        server.set_status("a", 0.0, "completed")
        server.set_status("b", 0.0, "expired")
        assert len(await run(watching(server).real_time_scheduling.watch(store=store))) == 2


async def test_the_error_is_raised_on_leaving_without_iteration(clock: VirtualClock, server: LinkServer) -> None:
    server.down = json_response(status=401)
    async with clock.auto():
        with pytest.raises(Unauthorized):
            async with watching(server).real_time_scheduling.watch(["a"]):
                await clock.sleep(100)
        with pytest.raises(KeyError):  # noqa: PT012
            async with watching(server).real_time_scheduling.watch(["a"]):
                await clock.sleep(100)
                raise KeyError


async def test_unreadable_links(clock: VirtualClock, server: LinkServer) -> None:
    def links() -> Iterator[str]:
        yield "a"
        raise LookupError("the database is away")

    with pytest.raises(LookupError, match="away"):
        async with watching(server).real_time_scheduling.watch(links()):
            pytest.fail("entered")
    with pytest.raises(TypeError, match="expected an iterable of items, got one string"):
        async with watching(server).real_time_scheduling.watch("sch_1"):
            pytest.fail("entered")
    with pytest.raises(ValueError, match="id: '' cannot be the ID of a link"):
        async with watching(server).real_time_scheduling.watch(["a", ""]):
            pytest.fail("entered")
    assert not other_tasks()


# Stores that fail.


class Failing(MemoryWatchStore):
    """A store whose methods fail when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.failing: set[str] = set()

    def _meet(self, name: str) -> None:
        if name in self.failing:
            raise OSError(f"{name}: no space left")

    async def renew_lease(self, holder: str, seconds: float) -> bool:
        self._meet("renew_lease")
        return await super().renew_lease(holder, seconds)

    async def save(self, *arguments: Any, **options: Any) -> None:
        self._meet("save")
        await super().save(*arguments, **options)

    async def messages(self) -> Any:
        self._meet("messages")
        return await super().messages()

    async def post(self, messages: Any) -> None:
        self._meet("post")
        await super().post(messages)


@pytest.mark.parametrize("method", ["renew_lease", "save", "messages"])
async def test_a_failing_store_ends_a_watcher(clock: VirtualClock, server: LinkServer, method: str) -> None:
    store = Failing()
    server.set_status("a", 100.0, "completed")
    async with clock.auto():
        with pytest.raises(StoreError, match=f"OSError: {method}: no space left"):  # noqa: PT012
            async with watching(server).real_time_scheduling.watch(["a"], store=store) as watcher:
                await clock.sleep(50)
                store.failing.add(method)
                async for _ in watcher:
                    pytest.fail("a change was yielded that is not persisted")
        assert not other_tasks()
        store.failing.clear()
        assert len(await run(watching(server).real_time_scheduling.watch(store=store))) == 1


async def test_links_that_could_not_be_added(clock: VirtualClock, server: LinkServer) -> None:
    store = Failing()
    server.set_status("a", 100.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a"], store=store) as watcher:
        store.failing.add("post")
        with pytest.raises(StoreError, match="no space"):
            await watcher.add("b")
        store.failing.clear()
        assert [change.id async for change in watcher] == ["a"]


# Cancellation.


@pytest.mark.parametrize("steps", range(0, 60, 3))
async def test_a_watcher_can_be_canceled_at_any_step(clock: VirtualClock, server: LinkServer, steps: int) -> None:
    """No task, connection or permit is left behind, and nothing is lost."""
    for number in range(30):
        server.set_status(f"l{number}", float(number), "completed")
    store = MemoryWatchStore()
    cronofy = watching(server, rate_limit=RateLimit(per_minute=600, share=1.0))
    yielded: list[str] = []

    async def work() -> None:
        async with cronofy.real_time_scheduling.watch(server.timelines, store=store) as watcher:
            async for change in watcher:
                yielded.append(change.key)

    async with clock.auto():
        task = asyncio.create_task(work())
        for _ in range(steps * 10):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not other_tasks()
        assert server.in_flight == 0
        async with watching(server).real_time_scheduling.watch(server.timelines, store=store) as watcher:
            yielded += [change.key async for change in watcher]
    assert len(set(yielded)) == 30
    assert len(yielded) <= 31


async def test_closing_the_client_ends_a_watcher(clock: VirtualClock, server: LinkServer) -> None:
    cronofy = watching(server)
    watcher = cronofy.real_time_scheduling.watch(["a"], forever=True)
    async with clock.auto():
        with pytest.raises(ClientClosedError):  # noqa: PT012
            async with watcher:
                await clock.sleep(60)
                await cronofy.aclose()
                async for _ in watcher:
                    pass
        assert watcher.stats.responses > 1
        assert watcher.stats.watched == 1
        assert not watcher.stats.is_leading
        with pytest.raises(ClientClosedError):  # noqa: PT012
            async with cronofy.real_time_scheduling.poll(["a"]) as outcomes:
                async for _ in outcomes:
                    pass
    assert not other_tasks()
