"""Failures of a watcher's store: typed, retried while they may pass, and nothing is lost."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, closing
from pathlib import Path
from typing import Any

import pytest

from cronofy_async import StoreError
from cronofy_async._clock import LoopClock
from cronofy_async.models import SchedulingLink
from cronofy_async.polling import MemoryWatchStore, Watcher, _leader
from cronofy_async.polling.stores.sqlite import SQLiteWatchStore

from .support import other_tasks
from .virtual_clock import VirtualClock
from .watch_server import LinkServer, run, watching


class Full(MemoryWatchStore):
    """A store on a disk that is full when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.failing: set[str] = set()
        self.attempts = 0

    def _meet(self, name: str) -> None:
        if name in self.failing:
            self.attempts += 1
            raise StoreError(f"{name}: the disk is full", temporary=True)

    def free(self) -> None:
        """Let the lease expire."""
        self._holder = None

    async def acquire_lease(self, holder: str, seconds: float) -> bool:
        self._meet("acquire_lease")
        return await super().acquire_lease(holder, seconds)

    async def renew_lease(self, holder: str, seconds: float) -> bool:
        self._meet("renew_lease")
        return await super().renew_lease(holder, seconds)

    async def release_lease(self, holder: str) -> None:
        self._meet("release_lease")
        await super().release_lease(holder)

    async def load(self) -> Any:
        self._meet("load")
        return await super().load()

    async def save(self, *arguments: Any, **options: Any) -> None:
        self._meet("save")
        await super().save(*arguments, **options)

    async def messages(self) -> Any:
        self._meet("messages")
        return await super().messages()

    async def post(self, messages: Any) -> None:
        self._meet("post")
        await super().post(messages)


METHODS = ["renew_lease", "save", "messages"]


@pytest.mark.parametrize("method", METHODS)
async def test_a_temporary_failure_is_retried(
    clock: VirtualClock, server: LinkServer, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    caplog.set_level(logging.WARNING)
    store = Full()
    server.set_status("a", 100.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a"], store=store) as watcher:
        await clock.sleep(50)

        store.failing.add(method)
        await clock.sleep(3600)
        failed = store.attempts
        store.failing.clear()

        assert [change.id async for change in watcher] == ["a"]
    assert 500 < failed < 2500  # about every five seconds, by one to three jobs
    assert {record.getMessage() for record in caplog.records} == {f"{method}: the disk is full; it will be retried"}
    assert len(caplog.records) <= 3


@pytest.mark.parametrize("method", ["acquire_lease", "load"])
async def test_a_watcher_starts_when_its_store_works(clock: VirtualClock, server: LinkServer, method: str) -> None:
    store = Full()
    server.set_status("a", 0.0, "completed")
    store.failing.add(method)
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a"], store=store) as watcher:
        await clock.sleep(600)
        assert not server.requested
        store.failing.clear()
        assert [change.id async for change in watcher] == ["a"]


async def test_a_change_is_reported_once_it_is_persisted(clock: VirtualClock, server: LinkServer) -> None:
    store = Full()
    server.set_status("a", 100.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a"], store=store) as watcher:
        await clock.sleep(50)
        store.failing.add("save")
        change = asyncio.create_task(anext(watcher))
        await clock.sleep(600)
        assert not change.done()
        assert "open" in (await store.load())["link/a"]

        store.failing.clear()
        assert (await change).status == "completed"
        assert "completed" in (await store.load())["link/a"]


async def test_leaving_does_not_wait_for_the_store(
    clock: VirtualClock, server: LinkServer, caplog: pytest.LogCaptureFixture
) -> None:
    store = Full()
    server.set_status("a", 100.0, "completed")
    async with clock.auto():
        async with watching(server).real_time_scheduling.watch(["a"], store=store):
            await clock.sleep(50)
            store.failing |= {"save", "release_lease"}
            await clock.sleep(100)
            left = clock.monotonic()
        assert clock.monotonic() == left
        assert not other_tasks()
        assert "the times of the last requests are lost" in caplog.text

        store.failing.clear()
        store.free()
        assert len(await run(watching(server).real_time_scheduling.watch(store=store))) == 1


async def test_callers_get_the_error_immediately(clock: VirtualClock, server: LinkServer) -> None:
    store = Full()
    server.set_status("a", 0.0, "completed")
    async with (
        clock.auto(),
        watching(server).real_time_scheduling.watch(["a"], store=store, auto_confirm=False, forever=True) as watcher,
    ):
        change = await anext(watcher)
        store.failing |= {"post", "save"}
        with pytest.raises(StoreError, match="post: the disk is full"):
            await watcher.add("b")
        with pytest.raises(StoreError, match="save: the disk is full"):
            await watcher.confirm(change)
        store.failing.clear()
        await clock.sleep(20)
        assert "link/a" not in await store.load()  # it was confirmed nevertheless


async def test_the_loop_waits_until_a_confirmation_is_persisted(clock: VirtualClock, server: LinkServer) -> None:
    store = Full()
    server.set_status("a", 0.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a"], store=store) as watcher:
        assert (await anext(watcher)).id == "a"
        store.failing.add("save")
        end = asyncio.create_task(anext(watcher, None))
        await clock.sleep(600)
        assert not end.done()
        store.failing.clear()
        assert await end is None


async def test_many_rows_are_saved_in_batches(clock: VirtualClock, server: LinkServer) -> None:
    """A row that changed while the store could not be written is written later."""
    sizes: list[int] = []

    class Counting(Full):
        async def save(self, holder: str, rows: Any, **options: Any) -> None:
            await super().save(holder, rows, **options)
            sizes.append(len(rows))

    store, names = Counting(), [f"l{number}" for number in range(1200)]
    for name in names:
        server.set_status(name, 0.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(names, store=store) as watcher:
        assert len({change.id async for change in watcher}) == 1200
    assert max(sizes) <= 251


# SQLite.


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "links.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SQLiteWatchStore]:
    async with aclosing(SQLiteWatchStore(path, timeout=0.05)) as store:
        yield store


async def never(name: str, on_sent: Callable[[], object]) -> SchedulingLink:
    on_sent()
    await asyncio.Event().wait()
    raise AssertionError


def remove(path: Path) -> None:
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


async def test_a_file_that_was_deleted_or_replaced(store: SQLiteWatchStore, path: Path) -> None:
    await store.post(["m"])
    remove(path)
    with pytest.raises(StoreError, match=r"links\.db: the file was deleted while in use\. Put it back") as deleted:
        await store.renew_lease("a", 15.0)

    async with aclosing(SQLiteWatchStore(path)) as new:
        await new.post(["n"])
        with pytest.raises(StoreError, match=r"links\.db: the file was replaced while in use\.") as replaced:
            await store.post(["lost"])
        assert [raised.value.temporary for raised in (deleted, replaced)] == [False, False]
        await store.aclose()
        assert [text for _, text in await store.messages()] == ["n"]  # closed and opened again, it uses the new one
        assert [text for _, text in await new.messages()] == ["n"]


async def test_a_deleted_file_ends_a_watcher(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_leader, "RENEWAL_INTERVAL", 0.05)
    with pytest.raises(StoreError, match="was deleted while in use"):  # noqa: PT012
        async with Watcher(["a"], never, clock=LoopClock(), store=SQLiteWatchStore(path)) as watcher:
            while not watcher.stats.watched:  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0.01)
            remove(path)
            await anext(watcher)
    assert not other_tasks()
    assert not path.exists()  # noqa: ASYNC240 - small


async def test_a_locked_file_is_temporary_and_damage_is_not(store: SQLiteWatchStore, path: Path) -> None:
    await store.post(["m"])
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"links\.db: database is locked") as locked:
            await store.post(["n"])
        file.execute("ROLLBACK")
        file.execute("DROP TABLE message")
    with pytest.raises(StoreError, match=r"links\.db: no such table: message") as damaged:
        await store.post(["n"])
    assert (locked.value.temporary, damaged.value.temporary) == (True, False)
    assert isinstance(damaged.value.__cause__, sqlite3.OperationalError)


@pytest.mark.parametrize(("number", "temporary"), [(errno.EMFILE, True), (errno.EACCES, False)])
async def test_an_unreadable_file(
    store: SQLiteWatchStore, monkeypatch: pytest.MonkeyPatch, number: int, temporary: bool
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refuse)
        with pytest.raises(StoreError, match=f"links.db: {os.strerror(number)}") as raised:
            await store.load()
    assert raised.value.temporary == temporary
    assert not await store.load()


async def test_a_watcher_outlasts_a_locked_file(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def completed(name: str, on_sent: Callable[[], object]) -> SchedulingLink:
        on_sent()
        await locked.wait()
        return SchedulingLink(real_time_scheduling_id=name, url="https://example.com", status="completed")

    locked = asyncio.Event()
    store = SQLiteWatchStore(path, timeout=0.01)
    async with Watcher(["a"], completed, clock=LoopClock(), store=store, min_interval=0.01) as watcher:
        while not watcher.stats.watched:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.01)
        with closing(sqlite3.connect(path, isolation_level=None)) as file:
            file.execute("BEGIN IMMEDIATE")
            locked.set()
            while "database is locked; it will be retried" not in caplog.text:  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.01)
            file.execute("ROLLBACK")
        assert [change.id async for change in watcher] == ["a"]


def test_a_store_in_memory_has_no_file() -> None:
    with pytest.raises(ValueError, match=r"path: must be a file, got ':memory:'\. Use MemoryWatchStore\(\)"):
        SQLiteWatchStore(":memory:")


LEFT_OPEN = """
import asyncio, sys
from cronofy_async import CronofyClient
from cronofy_async.polling.stores.sqlite import SQLiteWatchStore

async def main():
    used = SQLiteWatchStore(sys.argv[1])
    await used.post(["m"])
    cronofy = CronofyClient(client_secret="s", base_url="http://127.0.0.1:9")
    watcher = cronofy.real_time_scheduling.watch(["a"], store=SQLiteWatchStore(sys.argv[1]))
    await watcher.__aenter__()
    await asyncio.sleep(0.1)
    return used, watcher

left = asyncio.new_event_loop().run_until_complete(main())
print("over", flush=True)
sys.exit()
"""


def test_a_store_that_is_left_open_does_not_keep_the_process_running(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEFT_OPEN, str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "over\n")
