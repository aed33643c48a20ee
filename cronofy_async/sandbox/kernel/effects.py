"""Delayed effects: those of a 202 happen once ``write_delay`` has passed on the sandbox's clock."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from .clock import SandboxClock
from .records import Json, converter

__all__ = ["Effects", "PendingEffect"]

_log: Final = logging.getLogger("cronofy_async.sandbox")


@attrs.frozen(kw_only=True)
class PendingEffect:
    """An effect that has not happened yet: its registered name, its arguments, and when it is due."""

    name: str
    arguments: Json
    due: datetime


class Effects:
    """The effects that are pending, in the order in which they were requested.

    Args:
        clock: The sandbox's clock.
        delay: The number of seconds until an effect is applied; ``None`` or 0 applies it before the response is sent.
        perform: Applies an effect.
    """

    def __init__(self, clock: SandboxClock, delay: float | None, perform: Callable[[str, Json], None]) -> None:
        self._clock = clock
        self._delay = timedelta(seconds=delay or 0)
        self._perform = perform
        self._pending: list[PendingEffect] = []

    def add(self, name: str, arguments: Json, due: datetime | None = None) -> None:
        """Apply an effect after the delay, or at a moment.

        Raises:
            TypeError: The arguments cannot be written as JSON.
        """
        arguments = json.loads(json.dumps(arguments))
        if due is not None:
            self._wait_for(PendingEffect(name=name, arguments=arguments, due=due))
        elif not self._delay:
            self._perform(name, arguments)
        else:
            self._wait_for(PendingEffect(name=name, arguments=arguments, due=self._clock.now() + self._delay))

    def run_due(self) -> None:
        """Apply all effects that are due. An effect that fails is logged, and does not stop the others."""
        if not self._pending:
            return
        now = self._clock.now()
        due = [effect for effect in self._pending if effect.due <= now]
        self._pending = [effect for effect in self._pending if effect.due > now]
        for effect in sorted(due, key=lambda effect: effect.due):
            try:
                self._perform(effect.name, effect.arguments)
            except Exception:
                _log.exception("the effect %s failed", effect.name)

    @property
    def pending(self) -> list[PendingEffect]:
        """The effects that have not happened yet."""
        return list(self._pending)

    def clear(self) -> None:
        self._pending.clear()

    def to_json(self) -> list[Any]:
        """Return the pending effects as JSON values."""
        document: list[Any] = converter.unstructure(self._pending)
        return document

    def restore(self, pending: Iterable[PendingEffect]) -> None:
        """Restore the pending effects of a snapshot."""
        self._pending = []
        for effect in pending:
            self._wait_for(effect)

    def _wait_for(self, effect: PendingEffect) -> None:
        self._pending.append(effect)
        seconds = (effect.due - self._clock.now()).total_seconds()
        self._clock.call_at(self._clock.monotonic() + max(0.0, seconds), self.run_due)
