"""Callbacks: what Cronofy tells about a link.

No callback names its link. What ties one to a link is the signed reference in its URL (``cronofy.webhooks.url``) or
your own ``event_id``.

Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/#callback-notifications
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from .._redaction import hide
from ..times import EventTime
from .base import Model, ResponseModel

__all__ = [
    "ChosenEvent",
    "NoTimesDisplayed",
    "NoTimesSuitable",
    "Notification",
    "Participant",
    "TimeChosen",
    "Visitor",
]

TIME_CHOSEN: Final = "real_time_scheduling_time_chosen"
NO_TIMES_SUITABLE: Final = "real_time_scheduling_no_times_suitable"
NO_TIMES_DISPLAYED: Final = "real_time_scheduling_no_times_displayed"


@attrs.frozen(kw_only=True)
class Visitor(ResponseModel):
    """The user of the page. ``tzid`` is the time zone they chose, or that was found."""

    tzid: str | None = None


@attrs.frozen(kw_only=True)
class Participant(ResponseModel):
    """An account that was selected for the slot."""

    sub: str


@attrs.frozen(kw_only=True)
class ChosenEvent(ResponseModel):
    """The event, now with the times that were chosen."""

    start: EventTime
    end: EventTime
    event_id: str | None = None
    summary: str | None = None
    description: str | None = None
    tzid: str | None = None


@attrs.frozen(kw_only=True)
class Notification(Model):
    """A verified callback, of a type that has no class of its own.

    Attributes:
        type: Cronofy's name for it; ``None`` if it has none.
        ref: the signed reference of the URL that was called, if it has one and the URL was given to ``parse``.
        fingerprint: the same for every delivery of the same callback, so that repeats can be told. Callbacks with
            no identifier of their own (``no_times_…``) only differ between links if their URLs do.
        data: the whole body, as JSON values.
    """

    type: str | None
    ref: str | None
    fingerprint: str
    data: Mapping[str, Any] = attrs.field(repr=hide, hash=False)


@attrs.frozen(kw_only=True)
class TimeChosen(Notification):
    """A time was chosen: ``real_time_scheduling_time_chosen``."""

    event: ChosenEvent
    user: Visitor = Visitor()
    participants: tuple[Participant, ...] = ()


@attrs.frozen(kw_only=True)
class NoTimesSuitable(Notification):
    """The user says that no time suits: ``real_time_scheduling_no_times_suitable``. The link stays open."""

    user: Visitor = Visitor()


@attrs.frozen(kw_only=True)
class NoTimesDisplayed(Notification):
    """The page had nothing to offer: ``real_time_scheduling_no_times_displayed``. The link stays open."""

    user: Visitor = Visitor()
