"""What visitors of links do, which writes events and calls back; and what becomes of the callbacks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import attrs

from .callbacks import Callbacks, Delivery, Target
from .handlers.real_time_scheduling import redirect_url, time_chosen, write_events
from .state import Event, Link
from .world import SandboxError, World, utc

__all__ = ["Booking", "Visitors"]


@attrs.frozen(kw_only=True)
class Booking:
    """What happened when a slot was chosen.

    Attributes:
        start, end: the slot.
        participants: the accounts that were selected.
        events: what was written to calendars.
        redirect_url: where the visitor's browser goes.
        delivery: the callback, if there was one.
    """

    start: datetime
    end: datetime
    participants: tuple[str, ...]
    events: tuple[Event, ...]
    redirect_url: str = attrs.field(repr=False)
    delivery: Delivery | None


class Visitors(World):
    """The part of :class:`Sandbox` that calls back."""

    _callbacks: Callbacks

    async def book(self, link: object, start: datetime | None = None, *, tzid: str | None = None) -> Booking:
        """Choose a slot, as a visitor does. Returns when the callback was answered.

        Args:
            link: the link, its id, its URL or its token.
            start: the start of the slot, with a time zone; the first one without.
            tzid: the visitor's time zone; the event's without.

        Raises:
            ValueError: the start has no time zone.
            SandboxError: the link is not open, or there is no such slot.
        """
        start = start and utc("start", start)
        found = self._open(link)
        offered = self._state.slots(found, self.clock.now())
        slot = next((one for one in offered if start is None or one.start == start), None)
        if slot is None:
            raise SandboxError(
                f"{found.id} offers no slot"
                + (f" that starts at {start}" if start else "")
                + f" ({len(offered)} others)"
            )
        found.state, found.slot = "completed", slot
        events = write_events(self._state, found, slot)
        delivery = await self._call_back(found, "completed", time_chosen(found, slot, tzid or found.tzid))
        return Booking(
            start=slot.start,
            end=slot.end,
            participants=slot.participants,
            events=tuple(events),
            redirect_url=redirect_url(found),
            delivery=delivery,
        )

    async def no_times_suitable(self, link: object, *, tzid: str | None = None) -> Delivery | None:
        """Say that no time suits, as a visitor does. The link stays open.

        Raises:
            SandboxError: the link is not open.
        """
        return await self._no_times(self._open(link), "no_times_suitable", tzid)

    async def no_times_displayed(self, link: object, *, tzid: str | None = None) -> Delivery | None:
        """Open the page when it has nothing to offer, as a visitor does. The link stays open.

        Raises:
            SandboxError: the link is not open, or its page has times to offer.
        """
        found = self._open(link)
        if offered := self._state.slots(found, self.clock.now()):
            raise SandboxError(f"{found.id} has {len(offered)} times to offer")
        return await self._no_times(found, "no_times_displayed", tzid)

    def deliver(self, origin: str, target: Target) -> None:
        """Send callbacks for an origin to an application in this process.

        Args:
            origin: such as ``https://app.example.com``.
            target: an ASGI application, an aiohttp application, or a function that takes a :class:`Delivery` and
                gives a status (200 if it gives none). It may be async. The lifespan of an ASGI application is not
                run: one that needs it is started by whoever tests it, or served.
        """
        self._callbacks.deliver(origin, target)

    async def redeliver(self, delivery: Delivery) -> Delivery:
        """Send a callback again, byte for byte."""
        return await self._callbacks.resend(delivery)

    def _open(self, link: object) -> Link:
        found = self.link(link)
        status = found.status(self.clock.now())
        if status != "open":
            raise SandboxError(f"{found.id} is {status}")
        return found

    async def _no_times(
        self, link: Link, kind: Literal["no_times_suitable", "no_times_displayed"], tzid: str | None
    ) -> Delivery | None:
        message = {"notification": {"type": f"real_time_scheduling_{kind}"}, "user": {"tzid": tzid or link.tzid}}
        return await self._call_back(link, kind, message)

    async def _call_back(
        self,
        link: Link,
        kind: Literal["completed", "no_times_suitable", "no_times_displayed"],
        message: dict[str, Any],
    ) -> Delivery | None:
        url = link.callback_url(kind)
        return await self._callbacks.send(url, message) if url else None
