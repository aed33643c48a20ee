"""The stores of a watcher: its state, the lease, and the messages between replicas."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

from ..._json import is_array, is_object
from ...errors import CronofyError

__all__ = ["LeaseLost", "MemoryWatchStore", "Message", "NoWatchStore", "WatchStore"]

#: The number and the text of a message.
Message: TypeAlias = tuple[int, str]


class LeaseLost(CronofyError):
    """Another replica holds the lease."""


@runtime_checkable
class WatchStore(Protocol):
    """Persists the state of a watcher, for one process or for several replicas with one leader.

    Rows are strings under a key; only the replica that holds the lease writes them. Messages are posted by all replicas,
    numbered in ascending order, and applied by the one that holds the lease. What a method writes is persisted when it
    returns.

    A method raises ``StoreError`` if it fails, with ``temporary=True`` if a retry may succeed; the watcher then retries.
    """

    async def acquire_lease(self, holder: str, seconds: float) -> bool:
        """Acquire the lease for a number of seconds, unless another holder has it.

        Args:
            holder: The name of the holder, which is different for each leadership term.
            seconds: The duration of the lease, from now on.

        Returns:
            Whether ``holder`` has the lease now.
        """
        ...

    async def renew_lease(self, holder: str, seconds: float) -> bool:
        """Extend the lease to a number of seconds from now.

        Returns:
            Whether ``holder`` still had the lease, and no other holder had it in between.
        """
        ...

    async def release_lease(self, holder: str) -> None:
        """Release the lease, if ``holder`` has it."""
        ...

    async def load(self) -> Mapping[str, str]:
        """Return all rows."""
        ...

    async def save(self, holder: str, rows: Mapping[str, str | None], *, read: int | None = None) -> None:
        """Write rows, and delete messages, in one transaction.

        Args:
            holder: The holder of the lease.
            rows: The rows by key; ``None`` deletes one.
            read: Delete the messages up to this number.

        Raises:
            LeaseLost: ``holder`` no longer has the lease. Nothing was written.
        """
        ...

    async def post(self, messages: Sequence[str]) -> None:
        """Append messages in one transaction."""
        ...

    async def messages(self) -> Sequence[Message]:
        """Return the messages, oldest first."""
        ...

    async def aclose(self) -> None:
        """Release open resources. The store can still be used, and reopens them when needed."""
        ...


class MemoryWatchStore:
    """Keeps the state in memory, until the process ends.

    Args:
        snapshot: The result of ``watcher.snapshot()``, to resume from.

    Raises:
        ValueError: The snapshot is not the result of ``watcher.snapshot()``.
    """

    def __init__(self, snapshot: Mapping[str, Any] | None = None) -> None:
        rows, messages = read_snapshot(snapshot) if snapshot is not None else ({}, [])
        self._rows = rows
        self._messages: deque[Message] = deque(enumerate(messages, 1))
        self._last = len(messages)
        self._holder: str | None = None

    async def acquire_lease(self, holder: str, seconds: float) -> bool:
        # The lease need not expire: if its holder dies, the process ends, and with it this store.
        self._holder = self._holder or holder
        return self._holder == holder

    async def renew_lease(self, holder: str, seconds: float) -> bool:
        return self._holder == holder

    async def release_lease(self, holder: str) -> None:
        if self._holder == holder:
            self._holder = None

    async def load(self) -> Mapping[str, str]:
        return dict(self._rows)

    async def save(self, holder: str, rows: Mapping[str, str | None], *, read: int | None = None) -> None:
        if self._holder != holder:
            raise LeaseLost("another watcher on the same store has the lease")
        for key, row in rows.items():
            if row is None:
                self._rows.pop(key, None)
            else:
                self._rows[key] = row
        while read is not None and self._messages and self._messages[0][0] <= read:
            self._messages.popleft()

    async def post(self, messages: Iterable[str]) -> None:
        self._messages.extend(enumerate(messages, self._last + 1))
        self._last = self._messages[-1][0] if self._messages else self._last

    async def messages(self) -> Sequence[Message]:
        return list(self._messages)

    async def aclose(self) -> None:
        pass


class NoWatchStore(MemoryWatchStore):
    """Keeps only messages, until they are read: the default store of a watcher."""

    async def save(self, holder: str, rows: Mapping[str, str | None], *, read: int | None = None) -> None:
        await super().save(holder, {}, read=read)


def read_snapshot(snapshot: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """Return the rows and the messages of a snapshot.

    Raises:
        ValueError: The snapshot is not the result of ``watcher.snapshot()``.
    """
    rows: object = snapshot.get("rows")
    messages: object = snapshot.get("messages")
    if not is_object(rows) or not is_array(messages):
        raise ValueError("snapshot: must be the result of watcher.snapshot()")
    if not all(isinstance(text, str) for text in (*rows, *rows.values(), *messages)):
        raise ValueError("snapshot: must contain only strings")
    return dict(rows), list(messages)
