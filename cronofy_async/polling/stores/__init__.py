"""Where a watcher keeps what it must not forget."""

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
    """Another replica watches by now."""


@runtime_checkable
class WatchStore(Protocol):
    """Keeps the links of a watcher, for one process or for many of which one watches.

    Rows are text under a key, and belong to the replica that has the lease. Messages are how every replica, the one
    with the lease included, tells what is to be watched: they are numbered upwards and read in that order. All it does
    is stored for good when it has been awaited.
    """

    async def lead(self, holder: str, seconds: float) -> bool:
        """Take the lease for so many seconds from now, if nobody else has it. Say whether ``holder`` has it now.

        Each term has a name of its own for ``holder``.
        """
        ...

    async def renew(self, holder: str, seconds: float) -> bool:
        """Keep the lease for so many seconds from now. Say whether ``holder`` still had it, with nobody in between."""
        ...

    async def resign(self, holder: str) -> None:
        """Give the lease back, if ``holder`` has it."""
        ...

    async def load(self) -> Mapping[str, str]:
        """Read all rows."""
        ...

    async def save(self, holder: str, rows: Mapping[str, str | None], *, read: int | None = None) -> None:
        """Write rows, all or none; ``None`` deletes one. With ``read``, forget the messages up to that number as well.

        Raises:
            LeaseLost: ``holder`` does not have the lease any more: somebody else took it, or could have. Nothing was
                written.
        """
        ...

    async def post(self, messages: Sequence[str]) -> None:
        """Append messages, all or none."""
        ...

    async def messages(self) -> Sequence[Message]:
        """Read the messages that are there, the oldest first."""
        ...

    async def aclose(self) -> None:
        """Let go of what it holds open. It opens again when it is used."""
        ...


class MemoryWatchStore:
    """Keeps everything in memory, for as long as the process lives.

    Args:
        snapshot: what ``watcher.snapshot()`` gave, to go on from there.

    Raises:
        ValueError: ``snapshot`` is not that.
    """

    def __init__(self, snapshot: Mapping[str, Any] | None = None) -> None:
        rows, messages = read_snapshot(snapshot) if snapshot is not None else ({}, [])
        self._rows = rows
        self._messages: deque[Message] = deque(enumerate(messages, 1))
        self._last = len(messages)
        self._holder: str | None = None

    async def lead(self, holder: str, seconds: float) -> bool:
        # Whoever had it and died took the memory along.
        self._holder = self._holder or holder
        return self._holder == holder

    async def renew(self, holder: str, seconds: float) -> bool:
        return self._holder == holder

    async def resign(self, holder: str) -> None:
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
        for message in messages:
            self._last += 1
            self._messages.append((self._last, message))

    async def messages(self) -> Sequence[Message]:
        return list(self._messages)

    async def aclose(self) -> None:
        pass


class NoWatchStore(MemoryWatchStore):
    """Keeps nothing but messages until they are read: what a watcher has that was given no store."""

    async def save(self, holder: str, rows: Mapping[str, str | None], *, read: int | None = None) -> None:
        await super().save(holder, {}, read=read)


def read_snapshot(snapshot: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """The rows and the messages of a snapshot.

    Raises:
        ValueError: it is none.
    """
    rows: object = snapshot.get("rows")
    messages: object = snapshot.get("messages")
    if not is_object(rows) or not is_array(messages):
        raise ValueError("snapshot: must be what watcher.snapshot() gave")
    if not all(isinstance(text, str) for text in (*rows, *rows.values(), *messages)):
        raise ValueError("snapshot: must hold nothing but text")
    return dict(rows), list(messages)
