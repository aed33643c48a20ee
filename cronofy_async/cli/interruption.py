"""Handle Ctrl-C and SIGTERM so that a command shuts down cleanly and keeps its results."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, Final, Self, TypeVar

T = TypeVar("T")

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Ends its context on SIGINT or SIGTERM, and lets the program continue after it.

    A second signal has its usual effect and ends the process immediately. ``status`` is the exit status for the first
    signal, or 0 if there was none.
    """

    def __init__(self) -> None:
        self.status = 0
        self._cancel: Callable[[], object] | None = None
        self._previous: dict[signal.Signals, Any] = {}

    def run(self, main: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine in a new event loop. A signal cancels it, once."""
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            task = loop.create_task(main())
            self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)
            try:
                return loop.run_until_complete(task)
            except asyncio.CancelledError:
                if not self.status:
                    raise
                raise KeyboardInterrupt from None
            finally:
                self._cancel = None

    def __enter__(self) -> Self:
        self._previous = {number: signal.signal(number, self._handle) for number in _SIGNALS}
        return self

    def __exit__(self, exception: type[BaseException] | None, *_: object) -> bool:
        self._restore()
        return self.status != 0 and exception is KeyboardInterrupt

    def _handle(self, number: int, _: object) -> None:
        self.status = 128 + number
        self._restore()
        if self._cancel is None:
            raise KeyboardInterrupt
        self._cancel()

    def _restore(self) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
