"""The changes of an account's events since the last read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from ._clock import Clock
from .errors import Gone, NotFound, ValidationFailed
from .pages import Paginated

__all__ = ["Changes"]

T = TypeVar("T")

#: The errors that an expired page URL may return. The docs do not specify which one.
_EXPIRED: Final = (NotFound, Gone, ValidationFailed)
_MAX_RESTARTS: Final = 5


class Changes(Generic[T]):
    """The events that changed since the last read, across pages. It can be iterated over once.

    ``next_since`` is the ``since`` for the next read. Store it after you have stored the changes, so that a crash repeats
    changes instead of losing them.

    No change is missed, but some are repeated: the next read returns events again that changed during this read or
    shortly before it, and if a page URL has expired, the read restarts at the first page. So apply changes idempotently,
    for example by replacing your copy of the event.
    """

    def __init__(self, read: Callable[[], Paginated[T]], clock: Clock, overlap: timedelta) -> None:
        if overlap < timedelta():
            raise ValueError(f"overlap: must not be negative, got {overlap}")
        _ = read().request  # raises here if an argument is invalid, not in the loop
        self._read = read
        self._clock = clock
        self._overlap = overlap
        self._started: datetime | None = None
        self._done = False

    @property
    def next_since(self) -> datetime:
        """The ``since`` to store for the next read: the time just before the first request, minus ``overlap``.

        Raises:
            RuntimeError: Not all changes have been read yet. Storing it now would lose the rest.
        """
        if self._started is None or not self._done:
            raise RuntimeError("next_since: not all changes have been read. Read it after the loop has ended.")
        return (self._started - self._overlap).replace(microsecond=0)

    async def __aiter__(self) -> AsyncIterator[T]:
        if self._started is not None:
            raise RuntimeError("the changes were already read. Call changes() again.")
        self._started = self._clock.now()
        restarts = 0
        while not self._done:
            pages = self._read().pages()
            is_first_page = True
            try:
                async for page in pages:
                    is_first_page = False
                    for item in page.items:
                        yield item
                self._done = True
            except _EXPIRED:
                restarts += 1
                if is_first_page or restarts > _MAX_RESTARTS:
                    raise
            finally:
                await pages.aclose()

    def __repr__(self) -> str:
        state: Any = "read" if self._done else "not read yet" if self._started is None else "being read"
        return f"<Changes {state}>"
