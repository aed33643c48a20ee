"""Access to the store of a watcher: convert its errors, and retry temporary ones."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from .._clock import Clock
from ..errors import CronofyError, StoreError
from .stores import WatchStore

__all__ = ["StoreAccess"]

logger = logging.getLogger("cronofy_async")

T = TypeVar("T")

#: Seconds before the first retry. The pause doubles with each retry, and stays well below the duration of a lease.
_INITIAL_PAUSE: Final = 0.5
_MAX_PAUSE: Final = 5.0


class StoreAccess:
    """Calls the methods of a store.

    Args:
        store: The store.
        clock: The clock to wait with.
    """

    def __init__(self, store: WatchStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def run(self, operation: Callable[[WatchStore], Awaitable[T]]) -> T:
        """Run an operation of the store.

        Raises:
            StoreError: It failed.
            LeaseLost: Another replica holds the lease.
            RuntimeError, TypeError, ValueError: It was used incorrectly.
        """
        try:
            return await operation(self._store)
        except (CronofyError, RuntimeError, TypeError, ValueError):
            raise
        except Exception as error:
            raise StoreError(f"the store of the watcher failed: {type(error).__name__}: {error}") from error

    async def retry(self, operation: Callable[[WatchStore], Awaitable[T]]) -> T:
        """Run an operation until it succeeds, with backoff, as long as its failures are temporary.

        Raises:
            StoreError: It failed, and a retry would not help.
            LeaseLost: Another replica holds the lease.
            RuntimeError, TypeError, ValueError: It was used incorrectly.
        """
        pause = 0.0
        while True:
            try:
                return await self.run(operation)
            except StoreError as error:
                if not error.temporary:
                    raise
                if not pause:
                    logger.warning("%s; it will be retried", error)
            pause = min(pause * 2, _MAX_PAUSE) or _INITIAL_PAUSE
            await self._clock.sleep(pause)
