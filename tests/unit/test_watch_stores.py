from __future__ import annotations

import asyncio
import re
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from cronofy_async import CronofyClient, StoreError
from cronofy_async.polling import MemoryWatchStore, Watcher
from cronofy_async.polling.stores import LeaseLost, NoWatchStore
from cronofy_async.polling.stores.sqlite import SQLiteWatchStore
from cronofy_async.sandbox import Sandbox

from .watch_store_contract import LONG, SharedStoreContract, WatchStoreContract


class TestMemoryWatchStore(WatchStoreContract):
    @pytest.fixture
    def store(self) -> MemoryWatchStore:
        return MemoryWatchStore()


async def test_a_custom_store_must_implement_every_method() -> None:
    store = NoWatchStore()
    assert await store.acquire_lease("a", LONG)
    await store.post(["m", "n"])
    ((number, _), _) = await store.messages()
    await store.save("a", {"one": "1"}, read=number)
    assert dict(await store.load()) == {}
    assert [text for _, text in await store.messages()] == ["n"]
    with pytest.raises(LeaseLost):
        await store.save("b", {})


# SQLite.


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "links.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SQLiteWatchStore]:
    async with aclosing(SQLiteWatchStore(path)) as store:
        yield store


@pytest.fixture
async def other(path: Path) -> AsyncIterator[SQLiteWatchStore]:
    async with aclosing(SQLiteWatchStore(str(path))) as other:
        yield other


@pytest.fixture(autouse=True)
def no_threads() -> Iterator[None]:
    """Fail if a thread is left, as it would keep the interpreter running."""
    before = set(threading.enumerate())
    yield
    end = time.monotonic() + 10
    while remaining_threads := set(threading.enumerate()) - before:
        assert time.monotonic() < end, remaining_threads
        time.sleep(0.001)


async def load(path: Path) -> None:
    async with aclosing(SQLiteWatchStore(path)) as store:
        await store.load()


async def execute(store: Any, statement: str) -> Any:
    """Execute a statement on the connection of a store, and return the rows."""

    def rows(file: sqlite3.Connection) -> Any:
        return file.execute(statement).fetchall()

    return await store._transaction(rows)


class TestSQLiteWatchStore(SharedStoreContract):
    pass


async def test_only_the_user_can_read_the_files(store: SQLiteWatchStore, path: Path) -> None:
    await store.post(["m"])
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == dict.fromkeys(["links.db", "links.db-wal", "links.db-shm"], 0o600)


async def test_commits_survive_a_power_failure(store: SQLiteWatchStore) -> None:
    await store.load()
    settings = [await execute(store, f"PRAGMA {name}") for name in ("journal_mode", "synchronous")]
    assert [tuple(value) for (value,) in settings] == [("wal",), (2,)]


async def test_a_file_from_a_later_release(path: Path) -> None:
    store = SQLiteWatchStore(path)
    await store.load()
    await store.aclose()
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA user_version = 2")
    before = path.read_bytes()  # noqa: ASYNC240 - small
    with pytest.raises(ValueError, match=re.escape(f"{path} was written by another version of cronofy_async (layout")):
        await store.load()
    await store.aclose()
    assert path.read_bytes() == before  # noqa: ASYNC240
    assert not path.with_name("links.db-wal").exists()


async def test_a_lease_expires(
    store: SQLiteWatchStore, other: SQLiteWatchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000_000.0
    monkeypatch.setattr(time, "time", lambda: now)
    assert await store.acquire_lease("a", 15.0)
    now += 10.0
    assert await store.renew_lease("a", 15.0)
    now += 14.9
    assert not await other.acquire_lease("b", 15.0)
    now += 0.2
    # It has expired, but no other replica acquired it.
    await store.save("a", {"one": "1"})
    assert await store.renew_lease("a", 15.0)
    assert not await other.acquire_lease("b", 15.0)
    now += 15.1
    assert await other.acquire_lease("b", 15.0)
    assert not await store.acquire_lease("a", 15.0)
    assert not await store.renew_lease("a", 15.0)
    with pytest.raises(LeaseLost, match=r"another process now holds the lease in .*links\.db"):
        await store.save("a", {"one": "2"})
    now += 15.1
    assert not await store.renew_lease("a", 15.0)
    with pytest.raises(LeaseLost):
        await store.save("a", {"one": "2"})
    assert dict(await other.load()) == {"one": "1"}


async def test_a_clock_that_is_set_back(
    store: SQLiteWatchStore, other: SQLiteWatchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000_000.0
    monkeypatch.setattr(time, "time", lambda: now)
    assert await store.acquire_lease("a", 15.0)
    now -= 3600.0
    assert await other.acquire_lease("b", 15.0)  # if a is alive, it notices
    assert not await store.renew_lease("a", 15.0)
    now += 7200.0
    assert await store.acquire_lease("c", 15.0)


async def test_a_new_file_opened_by_many_tasks(path: Path) -> None:
    stores = [SQLiteWatchStore(path) for _ in range(8)]
    leads = await asyncio.gather(*(replica.acquire_lease(f"{index}", LONG) for index, replica in enumerate(stores)))
    assert sum(leads) == 1
    for replica in stores:
        await replica.aclose()


POSTING = """
import asyncio, sys, time
from pathlib import Path
from cronofy_async.polling.stores.sqlite import SQLiteWatchStore

async def main():
    store = SQLiteWatchStore(sys.argv[1])
    print("here", flush=True)
    sys.stdin.readline()
    for number in range(20):
        await store.post([f"{sys.argv[2]}/{number}"])
    await store.aclose()

asyncio.run(main())
"""


async def test_a_new_file_opened_by_many_processes(store: SQLiteWatchStore, path: Path) -> None:
    processes = [
        subprocess.Popen(  # noqa: ASYNC220 - they are talked to one after the other
            [sys.executable, "-c", POSTING, str(path), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "here\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        for process in processes:
            process.communicate(timeout=60)
            assert process.returncode == 0
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    texts = [text for _, text in await store.messages()]
    assert sorted(texts) == sorted(f"{process}/{number}" for process in range(4) for number in range(20))
    for name in "0123":
        assert [text for text in texts if text[0] == name] == [f"{name}/{index}" for index in range(20)]


async def test_a_file_that_stays_locked(store: SQLiteWatchStore, path: Path) -> None:
    hasty = SQLiteWatchStore(path, timeout=0.1)
    locked = re.escape(f"{path}: database is locked")
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("BEGIN EXCLUSIVE")  # before any replica had it
        with pytest.raises(StoreError, match=locked):
            await hasty.load()
        file.execute("ROLLBACK")
        assert dict(await hasty.load()) == {}
        file.execute("BEGIN IMMEDIATE")
        for attempt in (hasty.post(["m"]), hasty.acquire_lease("a", LONG), hasty.save("a", {})):
            with pytest.raises(StoreError, match=locked):
                await attempt
        assert dict(await hasty.load()) == {}  # reading does not require the lock
        assert list(await store.messages()) == []
        file.execute("ROLLBACK")
    await hasty.post(["m"])
    assert len(await store.messages()) == 1
    await hasty.aclose()


@pytest.mark.parametrize("waits", [True, False])
async def test_a_briefly_locked_file_is_waited_for(path: Path, waits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not waits:  # SQLite does not always do so while the file is created
        connect: Callable[..., Any] = sqlite3.connect

        def connect_hastily(*arguments: Any, **options: Any) -> Any:
            return connect(*arguments, **(options | {"timeout": 0}))

        monkeypatch.setattr(sqlite3, "connect", connect_hastily)
    store = SQLiteWatchStore(path, timeout=30)
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("BEGIN EXCLUSIVE")
        task = asyncio.create_task(store.post(["m"]))
        await asyncio.sleep(0.1)
        assert not task.done()
        file.execute("COMMIT")
        await task
    await store.aclose()


async def test_a_full_disk(store: SQLiteWatchStore, path: Path) -> None:
    assert await store.acquire_lease("a", LONG)
    await store.save("a", {"one": "1"})
    await execute(store, "PRAGMA max_page_count = 10")
    full = re.escape(f"{path}: database or disk is full")
    with pytest.raises(StoreError, match=full):
        await store.save("a", {"one": None, "two": "2" * 100_000})
    with pytest.raises(StoreError, match=full):
        await store.post(["m", "m" * 100_000])
    assert dict(await store.load()) == {"one": "1"}
    assert list(await store.messages()) == []
    assert await store.renew_lease("a", LONG)
    await execute(store, "PRAGMA max_page_count = 10000")
    await store.post(["m" * 100_000])


async def test_unusable_paths(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=re.escape(f"{tmp_path / 'missing' / 'links.db'}: No such file")):
        await load(tmp_path / "missing" / "links.db")
    with pytest.raises(StoreError, match=re.escape(f"{tmp_path}: Is a directory")):
        await load(tmp_path)
    text = tmp_path / "links.txt"
    text.write_text("sch_1\nsch_2\n" * 100)
    with pytest.raises(StoreError, match=re.escape(f"{text}: file is not a database")):
        await load(text)
    assert text.read_text() == "sch_1\nsch_2\n" * 100


async def test_canceled_while_opening(path: Path) -> None:
    for attempt in range(40):
        store = SQLiteWatchStore(path)
        task = asyncio.create_task(store.post(["m"]))
        await asyncio.sleep(attempt * 1e-4)
        task.cancel()
        await asyncio.wait([task])
        before = len(await store.messages())
        await store.post(["n"])
        assert len(await store.messages()) == before + 1
        await store.aclose()
        path.unlink()  # noqa: ASYNC240 - small


async def test_canceled_while_the_file_is_locked(store: SQLiteWatchStore, path: Path) -> None:
    await store.load()
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("BEGIN IMMEDIATE")
        task = asyncio.create_task(store.post(["m"]))
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.sleep(0.05)
        file.execute("COMMIT")
        with pytest.raises(asyncio.CancelledError):
            await task
    await store.post(["n"])
    assert [text for _, text in await store.messages()] == ["m", "n"]  # a thread cannot be stopped: it was written


# A watcher closes its store, however it ends: the fixture looks for threads.


@asynccontextmanager
async def watching(path: Path, **options: Any) -> AsyncGenerator[tuple[CronofyClient, Watcher]]:
    settings: dict[str, Any] = {"min_interval": 0.01, "forever": True}
    async with Sandbox() as sandbox, sandbox.client(rate_limit=None) as cronofy:
        store = SQLiteWatchStore(path)
        yield cronofy, cronofy.real_time_scheduling.watch(["sch_1", "sch_2"], store=store, **(settings | options))


async def test_a_watcher_that_ends_on_its_own(path: Path) -> None:
    async with watching(path, forever=False) as (_, watcher):
        async with watcher:
            assert sorted([(change.id, change.status) async for change in watcher]) == [
                ("sch_1", "gone"),
                ("sch_2", "gone"),
            ]
        with closing(sqlite3.connect(path)) as file:
            assert file.execute("SELECT holder FROM lease").fetchall() == []
            assert file.execute("SELECT key FROM watched").fetchall() == [("learned",)]


async def test_a_watcher_whose_body_raises(path: Path) -> None:
    async with watching(path) as (_, watcher):
        with pytest.raises(ZeroDivisionError):  # noqa: PT012
            async with watcher:
                async for _change in watcher:
                    raise ZeroDivisionError


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.003, 0.01, 0.03, 0.1])
async def test_a_watcher_whose_body_is_canceled(path: Path, seconds: float) -> None:
    async with watching(path) as (_, watcher):

        async def work() -> None:
            async with watcher:
                await asyncio.Event().wait()

        task = asyncio.create_task(work())
        await asyncio.sleep(seconds)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_watcher_that_is_left_immediately(path: Path) -> None:
    """Its task has had no time to start."""
    async with watching(path) as (_, watcher), watcher:
        pass


async def test_a_watcher_that_could_not_start(path: Path) -> None:
    async with watching(path) as (cronofy, _):
        store = SQLiteWatchStore(path)
        await store.post(["m"])
        with pytest.raises(ValueError, match="id"):
            async with cronofy.real_time_scheduling.watch(["sch_1", ""], store=store):
                pass


async def test_a_store_can_be_used_before_and_after_watching(path: Path) -> None:
    async with watching(path, forever=False) as (_, watcher):
        assert await watcher.snapshot() == {"rows": {}, "messages": []}
        async with watcher:
            async for _change in watcher:
                pass
            assert await watcher.snapshot()
        assert list((await watcher.snapshot())["rows"]) == ["learned"]


@pytest.mark.parametrize("made", ["CREATE TABLE users (id)", "PRAGMA user_version = 7", "PRAGMA application_id = 7"])
async def test_a_file_of_another_program_is_not_changed(path: Path, made: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute(made)
    before = path.read_bytes()  # noqa: ASYNC240 - small
    with pytest.raises(ValueError, match="is the database of another application"):
        await load(path)
    assert path.read_bytes() == before  # noqa: ASYNC240 - small
