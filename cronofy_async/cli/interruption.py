"""Ctrl-C and SIGTERM, as a command takes them that has something to keep."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from types import FrameType, TracebackType
from typing import Any, Final, Self, TypeVar

__all__ = ["Interruption"]

T = TypeVar("T")

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Ends what runs in its context in order once one of the signals comes, and lets go on what follows::

        with Interruption() as interruption:
            return interruption.run(main)
        return interruption.status

    Another signal after that ends the process at once, as if this were not there.

    Attributes:
        status: the exit status that says which signal came; 0 if none did.
    """

    def __init__(self) -> None:
        self.status = 0
        self._cancel: Callable[[], object] | None = None
        self._before: dict[signal.Signals, Any] = {}

    def run(self, main: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine in an event loop of its own; a signal cancels it, once."""

        async def cancellable() -> T:
            task, loop = asyncio.current_task(), asyncio.get_running_loop()
            assert task is not None
            self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)
            try:
                return await main()
            finally:
                self._cancel = None

        try:
            return asyncio.run(cancellable())
        except asyncio.CancelledError:
            if not self.status:
                raise
            raise KeyboardInterrupt from None

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._came) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._restore()
        return self.status != 0 and kind is KeyboardInterrupt

    def _came(self, number: int, frame: FrameType | None) -> None:
        self.status = 128 + number
        self._restore()
        if self._cancel is None:
            raise KeyboardInterrupt
        self._cancel()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
