"""A store in an SQLite file, for the processes of one machine."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from ...bulk import wait_cancelled
from ...errors import StoreError
from . import LeaseLost, Message

__all__ = ["SQLiteWatchStore"]

T = TypeVar("T")

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

#: Temporary failures: another process locks the file, or the disk or memory is full.
_TEMPORARY: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
    }
)

#: Permanent failures to open a file.
_NO_SUCH_FILE: Final = (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError)

#: The device and inode of a file.
_Identity: TypeAlias = tuple[int, int]


class SQLiteWatchStore:
    """Persists the state of a watcher in an SQLite file, which several processes of one machine may share.

    Failures raise ``StoreError``: a full disk, a file that stays locked, a file that was deleted or replaced while in use.

    Args:
        path: A file for this purpose only. It is created if it does not exist, readable by the current user only. It
            must not be on a network drive, where SQLite cannot lock files.
        timeout: The number of seconds to wait while another process locks the file.

    Raises:
        ValueError: The path is ``:memory:``. Raised by its methods: the file is the database of another application, or
            of another version of this package.

    Example::

        async with cronofy.real_time_scheduling.watch(store=SQLiteWatchStore("links.db"), forever=True) as watcher:
            async for change in watcher:
                ...
    """

    def __init__(self, path: str | os.PathLike[str], *, timeout: float = 30.0) -> None:
        self._path = Path(path)
        if str(self._path) == ":memory:":
            raise ValueError(
                "path: must be a file, got ':memory:'. Use MemoryWatchStore() to keep the state in memory."
            )
        self._timeout = timeout
        self._busy = asyncio.Lock()
        # One thread does all the work. The interpreter ends the threads of an executor when it exits, so a store that was
        # not closed does not keep the process running.
        self._thread: ThreadPoolExecutor | None = None
        self._file: sqlite3.Connection | None = None
        self._identity: _Identity = (0, 0)

    async def acquire_lease(self, holder: str, seconds: float) -> bool:
        def acquire(file: sqlite3.Connection) -> bool:
            cursor = file.execute(_ACQUIRE, {"holder": holder, "seconds": seconds, "now": time.time()})
            return cursor.rowcount == 1

        return await self._transaction(acquire)

    async def renew_lease(self, holder: str, seconds: float) -> bool:
        def renew(file: sqlite3.Connection) -> bool:
            cursor = file.execute("UPDATE lease SET ends = ? WHERE holder = ?", (time.time() + seconds, holder))
            return cursor.rowcount == 1

        return await self._transaction(renew)

    async def release_lease(self, holder: str) -> None:
        await self._transaction(lambda file: file.execute("DELETE FROM lease WHERE holder = ?", (holder,)))

    async def load(self) -> Mapping[str, str]:
        return await self._transaction(lambda file: dict(file.execute("SELECT key, row FROM watched")), begin="BEGIN")

    async def save(self, holder: str, rows: Mapping[str, str | None], *, read: int | None = None) -> None:
        def save(file: sqlite3.Connection) -> None:
            # An expired lease is valid until another process acquires it: no other process has written since.
            if file.execute("SELECT 1 FROM lease WHERE holder = ?", (holder,)).fetchone() is None:
                raise LeaseLost(f"another process now holds the lease in {self._path}")
            deleted = [(key,) for key, row in rows.items() if row is None]
            written = [(key, row) for key, row in rows.items() if row is not None]
            file.executemany("DELETE FROM watched WHERE key = ?", deleted)
            file.executemany("INSERT OR REPLACE INTO watched VALUES (?, ?)", written)
            if read is not None:
                file.execute("DELETE FROM message WHERE number <= ?", (read,))

        await self._transaction(save)

    async def post(self, messages: Sequence[str]) -> None:
        def post(file: sqlite3.Connection) -> None:
            file.executemany("INSERT INTO message (text) VALUES (?)", ((text,) for text in messages))

        await self._transaction(post)

    async def messages(self) -> Sequence[Message]:
        select = "SELECT number, text FROM message ORDER BY number"
        return await self._transaction(lambda file: file.execute(select).fetchall(), begin="BEGIN")

    async def aclose(self) -> None:
        async with self._busy:
            thread, self._thread = self._thread, None
            if thread is not None:
                try:
                    await _run_in_thread(thread, self._close)
                finally:
                    thread.shutdown(wait=False)

    async def _transaction(self, work: Callable[[sqlite3.Connection], T], *, begin: str = "BEGIN IMMEDIATE") -> T:
        """Call a function in a transaction, in the thread of the file."""
        async with self._busy:
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, thread_name_prefix="cronofy-watch-store")
            return await _run_in_thread(self._thread, lambda: self._work(work, begin))

    # These run in the thread.

    def _work(self, work: Callable[[sqlite3.Connection], T], begin: str) -> T:
        try:
            file = self._open() if self._file is None else self._file
            self._check_identity()
            file.execute(begin)
            try:
                result = work(file)
                file.commit()
            except BaseException:
                file.rollback()
                raise
            return result
        except sqlite3.Error as error:
            temporary = getattr(error, "sqlite_errorcode", 0) & 0xFF in _TEMPORARY
            raise StoreError(f"{self._path}: {error}", temporary=temporary) from error
        except OSError as error:
            temporary = not isinstance(error, _NO_SUCH_FILE)
            raise StoreError(f"{self._path}: {error.strerror}", temporary=temporary) from error

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _check_identity(self) -> None:
        """Raise an error if the path no longer leads to the open file: everything written to it would be lost."""
        try:
            identity = _identity(self._path)
        except FileNotFoundError:
            identity = None
        if identity != self._identity:
            change = "deleted" if identity is None else "replaced"
            raise StoreError(
                f"{self._path}: the file was {change} while in use. Put it back, or start with a new one and add the links."
            )

    def _open(self) -> sqlite3.Connection:
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        file = sqlite3.connect(self._path, isolation_level=None, timeout=self._timeout)
        # A damaged text must not prevent other texts from being read.
        file.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
        try:
            self._prepare(file)
            self._identity = _identity(self._path)
        except BaseException:
            file.close()
            raise
        self._file = file
        return file

    def _prepare(self, file: sqlite3.Connection) -> None:
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                file.execute("BEGIN")  # other processes may be creating the file
                (tables,) = file.execute("SELECT count(*) FROM sqlite_master").fetchone()
                (owner,) = file.execute("PRAGMA application_id").fetchone()
                (version,) = file.execute("PRAGMA user_version").fetchone()
                file.commit()
                if owner != _APPLICATION and (owner or version or tables):
                    raise ValueError(
                        f"{self._path} is the database of another application. Use a separate file for the watcher."
                    )
                if version not in {0, _VERSION}:
                    raise ValueError(f"{self._path} was written by another version of cronofy_async (layout {version})")
                # Readers do not wait for writers, and commits survive a power failure.
                file.execute("PRAGMA journal_mode = WAL")
                file.execute("PRAGMA synchronous = FULL")
                if version == 0:
                    file.executescript(_SCHEMA)
                return
            except sqlite3.OperationalError as error:
                # SQLite does not wait while several processes create the file at the same time.
                file.rollback()
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


def _identity(path: Path) -> _Identity:
    status = path.stat()
    return status.st_dev, status.st_ino


async def _run_in_thread(thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """Run a function in a thread. If canceled, wait until it ends, since it cannot be stopped."""
    future = asyncio.get_running_loop().run_in_executor(thread, work)
    try:
        await wait_cancelled(future)
    finally:
        future.exception()  # marks it as retrieved, even if the caller was canceled
    return future.result()
