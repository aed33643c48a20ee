"""The journal: the last requests with their responses, and the last callbacks, for the dashboard.

It keeps references to existing objects, so recording costs almost nothing. Readers store the number of the last change
that they have seen, and request the changes after it. So a slow reader needs no memory, and a reader that reconnects
misses nothing unless the journal no longer has these changes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime
from secrets import token_hex
from typing import Final

import attrs

from .callbacks.delivery import Delivery
from .faults import Fault
from .messages import Recorded, SandboxRequest

__all__ = ["Entry", "Exchange", "Journal"]

#: The number of exchanges that are kept, and the number of callbacks.
MAX_ENTRIES: Final = 1_000
#: The maximum number of bytes of the bodies of all kept exchanges.
MAX_BYTES: Final = 64 * 1024 * 1024


@attrs.define(eq=False)
class Exchange:
    """A request and its response, as they were sent: secrets included. It does not change.

    Attributes:
        recorded: The request as tests see it.
        parameters: The parameters of its path.
        fields: The paths of its members and parameters that the contract does not know, such as ``event.tzd``.
        status: The status that was sent, or would have been sent if the connection had not been broken.
        broken: Whether the connection was broken, before or within the response.
        fault: The fault that affected it.
        at: When it arrived, in the sandbox's time.
        elapsed: The number of seconds until the response was ready, in real time.
    """

    recorded: Recorded
    request: SandboxRequest
    parameters: Mapping[str, str]
    fields: tuple[str, ...]
    status: int
    headers: Mapping[str, str]
    body: bytes
    broken: bool
    fault: Fault | None
    at: datetime
    elapsed: float


@attrs.define(eq=False)
class Entry:
    """An exchange or a callback in the journal.

    Attributes:
        number: Its number, which stays the same.
        item: The exchange or callback.
        change: The number of its last change.
    """

    number: int
    item: Exchange | Delivery
    change: int


class Journal:
    """The last exchanges and callbacks.

    Attributes:
        change: The number of the last change.
        epoch: A text that differs for each journal, so readers notice a restart.
        readers: The number of readers, who count themselves.
    """

    def __init__(self) -> None:
        self.change = 0
        self.epoch = token_hex(4)
        self.readers = 0
        self._added = 0
        self._cleared = 0
        self._exchanges: deque[Entry] = deque()
        self._callbacks: dict[str, Entry] = {}
        self._changes: deque[Entry] = deque(maxlen=2 * MAX_ENTRIES)
        self._size = 0
        self._waiting: list[asyncio.Future[None]] = []

    def clear(self) -> None:
        """Remove all entries. Readers have to start over."""
        self._exchanges.clear()
        self._callbacks.clear()
        self._changes.clear()
        self._size = 0
        self.touch()
        self._cleared = self.change

    def add_exchange(self, exchange: Exchange) -> None:
        """Add an exchange, and remove the oldest ones beyond the limits."""
        exchanges = self._exchanges
        exchanges.append(self._new(exchange))
        self._size += len(exchange.request.body) + len(exchange.body)
        while len(exchanges) > MAX_ENTRIES or (self._size > MAX_BYTES and len(exchanges) > 1):
            oldest = exchanges.popleft().item
            assert isinstance(oldest, Exchange)
            self._size -= len(oldest.request.body) + len(oldest.body)

    def record_callback(self, delivery: Delivery) -> None:
        """Add a callback, or record that it has changed."""
        entry = self._callbacks.get(delivery.id)
        if entry is None or entry.item is not delivery:  # one from before a reset may have had the ID
            self._callbacks[delivery.id] = self._new(delivery)
            if len(self._callbacks) > MAX_ENTRIES:
                del self._callbacks[next(iter(self._callbacks))]
        else:
            self.touch()
            entry.change = self.change
            self._changes.append(entry)

    def touch(self) -> None:
        """Record that something else has changed, and wake waiting readers."""
        self.change += 1
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def _new(self, item: Exchange | Delivery) -> Entry:
        self.change += 1
        if self._waiting:
            self._wake()
        self._added += 1
        entry = Entry(self._added, item, self.change)
        self._changes.append(entry)
        return entry

    # Reading.

    @property
    def count(self) -> int:
        """The number of entries."""
        return len(self._exchanges) + len(self._callbacks)

    @property
    def callback_count(self) -> int:
        """The number of callbacks."""
        return len(self._callbacks)

    def newest_first(self) -> Iterator[Entry]:
        """Yield all entries, newest first."""
        exchanges, callbacks = reversed(self._exchanges), reversed(self._callbacks.values())
        exchange, callback = next(exchanges, None), next(callbacks, None)
        while exchange or callback:
            if callback is None or (exchange is not None and exchange.number > callback.number):
                assert exchange is not None
                yield exchange
                exchange = next(exchanges, None)
            else:
                yield callback
                callback = next(callbacks, None)

    def callbacks(self) -> Iterator[Entry]:
        """Yield the callbacks, newest first."""
        return reversed(self._callbacks.values())

    def deliveries(self) -> Iterator[Delivery]:
        """Yield the callbacks themselves, newest first."""
        for entry in self.callbacks():
            if isinstance(entry.item, Delivery):
                yield entry.item

    def find(self, number: int) -> Entry | None:
        """Return an entry by its number."""
        return next((entry for entry in self.newest_first() if entry.number == number), None)

    def since(self, change: int) -> list[Entry] | None:
        """Return the entries that were added or changed after a change, oldest first.

        Returns:
            The entries; ``None`` if there were too many changes since then, or the journal was cleared.
        """
        if change < self._cleared or change > self.change:
            return None
        if len(self._changes) == self._changes.maxlen and change < self._changes[0].change:
            return None
        changed: dict[int, Entry] = {}
        for entry in reversed(self._changes):
            if entry.change <= change:
                break
            changed.setdefault(entry.number, entry)
        return sorted(changed.values(), key=lambda entry: entry.number)

    async def wait(self, change: int, seconds: float) -> None:
        """Wait until there is a newer change, for at most a number of seconds of real time."""
        if self.change > change:
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            await asyncio.wait([future], timeout=seconds)
        finally:
            if future in self._waiting:
                self._waiting.remove(future)
