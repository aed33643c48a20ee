"""A store in an SQLite file, for the processes of one machine. Needs ``pip install 'cronofy_async[sqlite]'``."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

try:
    import aiosqlite
except ImportError as error:  # pragma: no cover - the tests have the extra
    raise ImportError("SQLiteWatchStore needs an extra. Run: pip install 'cronofy_async[sqlite]'") from error

from ...bulk import wait_cancelled
from . import LeaseLost, Message

__all__ = ["SQLiteWatchStore"]

#: The version of the schema of the file.
_VERSION: Final = 1

#: The SQLite ``application_id`` of files that belong to this package.
_APPLICATION: Final = 0x43724657

_SCHEMA: Final = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS watched (key TEXT PRIMARY KEY, row TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS message (number INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS lease (one INTEGER PRIMARY KEY CHECK (one = 1), holder TEXT NOT NULL, ends REAL NOT NULL);
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
COMMIT;
"""

# A lease whose end is too far ahead was written before the clock was set back, and is ignored.
_ACQUIRE: Final = """
INSERT INTO lease VALUES (1, :holder, :now + :seconds)
ON CONFLICT (one) DO UPDATE SET holder = excluded.holder, ends = excluded.ends
WHERE holder = excluded.holder OR ends <= :now OR ends > :now + :seconds
"""


class SQLiteWatchStore:
    """Persists the state of a watcher in an SQLite file, which several processes of one machine may share.

    Args:
        path: A file for this purpose only. It is created if it does not exist, readable by the current user only. It
            must not be on a network drive, where SQLite cannot lock files.
        patience: The number of seconds to wait while another process locks the file.

    Example::

        async with cronofy.real_time_scheduling.watch(store=SQLiteWatchStore("links.db"), forever=True) as watcher:
            async for change in watcher:
                ...
    """

    def __init__(self, path: str | os.PathLike[str], *, patience: float = 30.0) -> None:
        self._path = Path(path)
        self._patience = patience
        self._file: aiosqlite.Connection | None = None
        self._busy = asyncio.Lock()

    async def acquire_lease(self, holder: str, seconds: float) -> bool:
        async with self._transaction() as file:
            taken = await file.execute(_ACQUIRE, {"holder": holder, "seconds": seconds, "now": time.time()})
            return taken.rowcount == 1

    async def renew_lease(self, holder: str, seconds: float) -> bool:
        async with self._transaction() as file:
            kept = await file.execute("UPDATE lease SET ends = ? WHERE holder = ?", (time.time() + seconds, holder))
            return kept.rowcount == 1

    async def release_lease(self, holder: str) -> None:
        async with self._transaction() as file:
            await file.execute("DELETE FROM lease WHERE holder = ?", (holder,))

    async def load(self) -> Mapping[str, str]:
        async with self._transaction("BEGIN") as file:
            return {key: row for key, row in await file.execute_fetchall("SELECT key, row FROM watched")}  # noqa: C416

    async def save(self, holder: str, rows: Mapping[str, str | None], *, read: int | None = None) -> None:
        async with self._transaction() as file:
            # An expired lease is good enough until another process acquires it: no other process has written since.
            if not await file.execute_fetchall("SELECT 1 FROM lease WHERE holder = ?", (holder,)):
                raise LeaseLost(f"another process now holds the lease in {self._path}")
            deleted = [(key,) for key, row in rows.items() if row is None]
            written = [(key, row) for key, row in rows.items() if row is not None]
            await file.executemany("DELETE FROM watched WHERE key = ?", deleted)
            await file.executemany("INSERT OR REPLACE INTO watched VALUES (?, ?)", written)
            if read is not None:
                await file.execute("DELETE FROM message WHERE number <= ?", (read,))

    async def post(self, messages: Sequence[str]) -> None:
        async with self._transaction() as file:
            await file.executemany("INSERT INTO message (text) VALUES (?)", [(text,) for text in messages])

    async def messages(self) -> Sequence[Message]:
        async with self._transaction("BEGIN") as file:
            found = await file.execute_fetchall("SELECT number, text FROM message ORDER BY number")
            return [(number, text) for number, text in found]

    async def aclose(self) -> None:
        async with self._busy:
            file, self._file = self._file, None
            if file is not None:
                await _uncancelled(file.close())

    @asynccontextmanager
    async def _transaction(self, begin: str = "BEGIN IMMEDIATE") -> AsyncGenerator[aiosqlite.Connection]:
        async with self._busy:
            try:
                if self._file is None:
                    await _uncancelled(self._open())
                assert self._file is not None
                try:
                    await self._file.execute(begin)
                    yield self._file
                    await self._file.commit()
                except BaseException:
                    # The thread of the driver works in order: this comes after the statement that was cancelled.
                    await self._file.rollback()
                    raise
            except sqlite3.Error as error:
                raise type(error)(f"{self._path}: {error}") from error

    async def _open(self) -> None:
        # Fail here if the file cannot be opened: the driver would leave its thread running.
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        file = await aiosqlite.connect(self._path, isolation_level=None, timeout=self._patience)
        file.text_factory = _decoded
        try:
            await self._prepare(file)
        except BaseException:
            await file.close()
            raise
        self._file = file

    async def _prepare(self, file: aiosqlite.Connection) -> None:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                await file.execute("BEGIN")  # other processes may be creating the file
                ((tables,),) = await file.execute_fetchall("SELECT count(*) FROM sqlite_master")
                ((owner,),) = await file.execute_fetchall("PRAGMA application_id")
                ((version,),) = await file.execute_fetchall("PRAGMA user_version")
                await file.commit()
                if owner != _APPLICATION and (owner or version or tables):
                    raise ValueError(
                        f"{self._path} is the database of another application. Use a separate file for the watcher."
                    )
                if version not in {0, _VERSION}:
                    raise ValueError(f"{self._path} was written by another version of cronofy_async (layout {version})")
                # Readers do not wait for writers, and commits survive a power failure.
                await file.execute("PRAGMA journal_mode = WAL")
                await file.execute("PRAGMA synchronous = FULL")
                if version == 0:
                    await file.executescript(_SCHEMA)
                return
            except sqlite3.OperationalError as error:
                # SQLite does not wait while several processes create the file at once.
                await file.rollback()
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.05)


def _decoded(text: bytes) -> str:
    """Decode a text from the database. A damaged one must not prevent others from being read."""
    return text.decode("utf-8", "surrogateescape")


async def _uncancelled(work: Coroutine[Any, Any, None]) -> None:
    """Await a coroutine until it is done, even if cancelled: the driver's thread must not call a closed event loop."""
    task = asyncio.create_task(work)
    try:
        await wait_cancelled(task)
    finally:
        error = task.exception()
    if error is not None:
        raise error
