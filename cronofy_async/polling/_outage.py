"""Telling an outage from an item that is at fault, and waiting for its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, TypeVar

from .._clock import Clock
from ..errors import CronofyError, DeadlineExceeded, RateLimited, ServerError, TransportError

__all__ = ["OutageGate"]

T = TypeVar("T")

#: What may be an outage: no answer, or none that says anything about the item.
_UNREACHED: Final = (TransportError, DeadlineExceeded, RateLimited, ServerError)

_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 60.0


class OutageGate:
    """Lets items through while the service answers, and holds them while it does not.

    An item that fails is asked about again. If it fails ``tries`` times while others are answered in between, the
    fault is its own, and its error is raised. If nothing is answered (``suspects`` items fail one after the other, or
    one gets no answer at all), it is an outage: everything is held, and one item after the other is asked about, with
    a growing wait, until one is answered.

    Args:
        clock: what waits are timed with.
        suspects: how many items must fail.
        tries: how often one must.
        come_back: whether those that failed are asked about again, later. They stay suspects then.
    """

    def __init__(self, clock: Clock, *, suspects: int, tries: int = 3, come_back: bool = False) -> None:
        self._clock = clock
        self._suspects = suspects
        self._tries = tries
        self._come_back = come_back
        self._answers = 0
        self._failing: set[Hashable] = set()
        self._wait = 0.0
        self._probing = asyncio.Lock()

    @property
    def is_closed(self) -> bool:
        """Whether items are held."""
        return self._wait > 0

    async def ask(self, item: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask about an item, as often as it takes.

        Args:
            item: names it among the others.
            ask: asks once.

        Raises:
            CronofyError: the item's own error.
        """
        failures, answers_then = 0, self._answers
        while True:
            try:
                answer = await (self._probe(ask) if self.is_closed else ask())
            except _UNREACHED as error:
                # In an outage it is no fault of the item's, unless others were answered since it last failed.
                if not self._is_outage(item, error) or self._answers > answers_then:
                    failures += 1
                answers_then = self._answers
                if failures >= self._tries:
                    if not self._come_back:
                        self._failing.discard(item)
                    raise
            except CronofyError:
                self._answered()
                raise
            else:
                self._answered()
                return answer

    async def _probe(self, ask: Callable[[], Awaitable[T]]) -> T:
        async with self._probing:  # whoever waits longest goes first
            if self._wait:
                await self._clock.sleep(self._wait)
                self._wait = min(self._wait * 2, _LONGEST_WAIT)
            return await ask()

    def _is_outage(self, item: Hashable, error: CronofyError) -> bool:
        self._failing.add(item)
        if len(self._failing) >= self._suspects or not isinstance(error, ServerError):
            self._wait = self._wait or _FIRST_WAIT
        return self.is_closed

    def _answered(self) -> None:
        self._answers += 1
        self._failing.clear()
        self._wait = 0.0
