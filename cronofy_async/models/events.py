"""Events as Cronofy returns them.

Docs: https://docs.cronofy.com/developers/api/events/read-events/
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from ..times import EventTime
from .base import ResponseModel
from .event_parts import BaseEvent, EventAttendee
from .pages import Page

__all__ = [
    "Event",
    "EventOptions",
    "EventOrganizer",
    "EventStatus",
    "EventsPage",
    "ParticipationStatus",
    "SeriesMaster",
]

ParticipationStatus: TypeAlias = Literal["needs_action", "accepted", "declined", "tentative", "unknown"] | str
EventStatus: TypeAlias = Literal["tentative", "confirmed", "cancelled", "unknown"] | str


@attrs.frozen(kw_only=True)
class EventOrganizer(ResponseModel):
    """The organizer of an event."""

    email: str | None = None
    display_name: str | None = None


@attrs.frozen(kw_only=True)
class EventOptions(ResponseModel):
    """The actions that the application may perform on an event."""

    delete: bool | None = None
    update: bool | None = None
    change_participation_status: bool | None = None


@attrs.frozen(kw_only=True)
class SeriesMaster(ResponseModel):
    """The first event of a series that the application manages."""

    event_id: str | None = None
    event_uid: str | None = None


@attrs.frozen(kw_only=True)
class Event(BaseEvent):
    """An event in a calendar, or one occurrence of a recurring event.

    ``BaseEvent`` describes the members that are not listed here. Most of them are ``None`` or empty, because Cronofy
    returns only a few of the members that an event was written with.

    Attributes:
        calendar_id: The calendar that it is in.
        event_uid: Cronofy's ID of the event.
        event_id: Your ID of the event; ``None`` if it is an external event, which your application does not manage.
        google_event_id: Google's ID of the event, with ``google_event_ids``.
        start: The start: a time, a date, or, with ``localized_times``, either of them with its time zone.
        end: The end, in the same form. The end of an all-day event is the day after its last day.
        deleted: Whether it was deleted.
        created: When it was created. ``utc`` is ``None`` if ``datetime`` cannot represent the year.
        updated: When it was last changed.
        participation_status: Whether the account takes part.
        attendees: The people who are invited.
        organizer: The organizer.
        status: ``tentative``, ``confirmed``, ``cancelled``, ``unknown``, or a status added later.
        categories: The categories of the calendar service.
        recurring: Whether it is an occurrence of a series. Occurrences are listed one by one.
        series_identifier: The same for all occurrences of a series.
        series_master: The first event of a series that your application manages; only on later occurrences.
        options: What your application may do with it.
        meeting_url: The conferencing URL that was found in it.

    Docs: https://docs.cronofy.com/developers/api/events/read-events/
    """

    calendar_id: str
    event_uid: str
    start: EventTime
    end: EventTime
    deleted: bool = False
    google_event_id: str | None = None
    created: EventTime | None = None
    updated: EventTime | None = None
    participation_status: ParticipationStatus | None = None
    attendees: tuple[EventAttendee, ...] = ()
    organizer: EventOrganizer | None = None
    status: EventStatus | None = None
    categories: tuple[str, ...] = ()
    recurring: bool | None = None
    series_identifier: str | None = None
    series_master: SeriesMaster | None = None
    options: EventOptions | None = None
    meeting_url: str | None = None

    @property
    def invitees(self) -> tuple[EventAttendee, ...]:
        """The same as ``attendees``."""
        return self.attendees

    @property
    def is_managed(self) -> bool:
        """Whether your application manages it, directly or as an occurrence of its series."""
        return self.event_id is not None or self.series_master is not None

    @property
    def is_all_day(self) -> bool:
        """Whether it has dates instead of times."""
        return self.start.is_all_day


@attrs.frozen(kw_only=True)
class EventsPage(Page[Event]):
    """A page of events."""

    ITEMS = "events"

    events: tuple[Event, ...]
