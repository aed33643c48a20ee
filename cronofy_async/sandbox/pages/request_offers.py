"""Scheduling requests as booking pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from ..areas.scheduling_requests import SLOT, STATE, SchedulingRequests
from ..kernel.availability.search import Slot
from ..kernel.links import PageLink
from ..kernel.records import Json
from ..kernel.runtime import Runtime
from ..kernel.shallow import KeptRecord
from ..kernel.times import parse_time
from .offers import EventPage, Offer

__all__ = ["RequestPage"]

_STATES: Final[dict[str, Literal["open", "completed", "disabled"]]] = {
    "pending": "open",
    "complete": "completed",
    "cancelled": "disabled",
}


class RequestPage(EventPage):
    """A scheduling request whose hosts are known.

    Args:
        runtime: The services of the kernel.
        request: The request.
        query: Its availability query.
    """

    base = "/rts/"
    takes_reports = False

    def __init__(self, runtime: Runtime, request: KeptRecord, query: Json) -> None:
        members = request.members
        token = members["primary_select_url"].rpartition("/")[2]
        params = {"event": members.get("event") or {"summary": "Meeting"}, "availability": query}
        super().__init__(runtime, PageLink(id=request.id, token=token, params=params, state=_STATES[members[STATE]]))
        self._request = request
        self._area = SchedulingRequests(runtime)

    @property
    def chosen(self) -> Offer | None:
        slot = self._request.members.get(SLOT)
        if slot is None:
            return None
        return Slot(parse_time(slot["start"]), parse_time(slot["end"]), tuple(slot["participants"]))

    @property
    def redirect_url(self) -> str | None:
        return None

    def offers(self) -> Sequence[Offer]:
        return self._area.slots(self._request)

    def reasons(self, shown: int) -> list[str]:
        return []

    @property
    def missing_callbacks(self) -> str:
        return "none is sent for scheduling requests, because their URL is set in Cronofy's dashboard"

    async def book(self, start: datetime, tzid: str) -> None:
        self._area.complete(self._request, start)
