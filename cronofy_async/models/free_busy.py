"""Free/busy periods.

Docs: https://docs.cronofy.com/developers/api/events/free-busy/
"""

from __future__ import annotations

from typing import Literal

import attrs

from ..times import EventTime
from .base import ResponseModel
from .pages import Page

__all__ = ["FreeBusyPage", "FreeBusyPeriod"]


@attrs.frozen(kw_only=True)
class FreeBusyPeriod(ResponseModel):
    """The time of one event, without its details.

    Attributes:
        calendar_id: The calendar that the event is in.
        start: The start: a time, a date, or, with ``localized_times``, either of them with its time zone.
        end: The end, in the same form. The end of an all-day event is the day after its last day.
        free_busy_status: ``busy``, ``free``, ``tentative``, ``unknown``, or a status added later.
        event_id: Your ID of the event, with ``include_ids``; ``None`` if your application does not manage it.
        event_uid: Cronofy's ID of the event, with ``include_ids``.
        deleted: Whether the event was deleted, with ``include_deleted``.
    """

    calendar_id: str
    start: EventTime
    end: EventTime
    free_busy_status: Literal["busy", "free", "tentative", "unknown"] | str
    event_id: str | None = None
    event_uid: str | None = None
    deleted: bool | None = None


@attrs.frozen(kw_only=True)
class FreeBusyPage(Page[FreeBusyPeriod]):
    """A page of free/busy periods."""

    ITEMS = "free_busy"

    free_busy: tuple[FreeBusyPeriod, ...]
