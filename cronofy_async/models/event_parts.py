"""The parts of events in requests and responses, which several areas share.

Docs: https://docs.cronofy.com/developers/api/events/upsert-event/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, TypeAlias

import attrs

from .._codec import from_dict
from .._json import Json, is_array, is_object
from .._unset import UNSET, Unset
from ..errors import DecodeError
from ..times import Duration, as_required_duration, as_tzid
from .base import RequestModel, ResponseModel

__all__ = [
    "AttachmentRef",
    "Attendees",
    "BaseEvent",
    "Conferencing",
    "EventAttachment",
    "EventAttendee",
    "EventConferencing",
    "EventDetails",
    "EventLocation",
    "EventReminder",
    "EventTemplate",
    "Interaction",
    "Invitee",
    "Location",
    "Recurrence",
    "RecurrenceDay",
    "RecurrenceRule",
    "Reminder",
    "Subscription",
    "Transition",
    "Transparency",
    "Weekday",
]

Transparency: TypeAlias = Literal["opaque", "transparent"] | str
Weekday: TypeAlias = Literal["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] | str


# Parts of requests.


@attrs.frozen
class Invitee(RequestModel):
    """A person to invite to an event, or to remove from it."""

    email: str
    display_name: str | Unset | None = attrs.field(default=UNSET, kw_only=True)


@attrs.frozen(kw_only=True)
class Attendees(RequestModel):
    """The people to add to an event and the people to remove from it."""

    invite: Sequence[Invitee | Json] | Unset = UNSET
    remove: Sequence[Invitee | Json] | Unset = UNSET


@attrs.frozen(kw_only=True)
class Conferencing(RequestModel):
    """The conferencing of an event.

    Args:
        profile_id: ``default``, ``integrated``, ``explicit``, ``none`` (removes the conferencing), the ID of a
            conferencing profile (``pro_...``), or of an integration of the whole organization (``int_...``).
        provider_description: The name of the service; only with ``explicit``.
        join_url: The URL to join; only with ``explicit``.

    Docs: https://docs.cronofy.com/developers/api/conferencing-services/create/
    """

    profile_id: Literal["default", "integrated", "explicit", "none"] | str
    provider_description: str | Unset = UNSET
    join_url: str | Unset = UNSET


@attrs.frozen(kw_only=True)
class Location(RequestModel):
    """Where an event takes place. ``lat`` and ``long`` are decimal degrees, as strings."""

    description: str | Unset = UNSET
    lat: str | Unset = UNSET
    long: str | Unset = UNSET


@attrs.frozen
class Reminder(RequestModel):
    """A reminder, in minutes before the start."""

    minutes: int


@attrs.frozen
class AttachmentRef(RequestModel):
    """A reference to an uploaded attachment."""

    attachment_id: str


@attrs.frozen
class Interaction(RequestModel):
    """A change of an event or a meeting agent that triggers a webhook, such as ``conferencing_assigned``."""

    type: (
        Literal[
            "conferencing_assigned",
            "conferencing_failing",
            "meeting_agent_activated",
            "meeting_agent_complete",
            "meeting_agent_failed",
        ]
        | str
    )


@attrs.frozen(kw_only=True)
class Transition(RequestModel):
    """A time before or after the start or end of an event. Pass either ``before`` or ``after``."""

    offset: Duration | Json = attrs.field(converter=as_required_duration)
    before: Literal["event_start", "event_end"] | str | Unset = UNSET
    after: Literal["event_start", "event_end"] | str | Unset = UNSET


@attrs.frozen(kw_only=True)
class Subscription(RequestModel):
    """A webhook for one event. Pass either ``interactions`` or ``transitions``.

    Args:
        uri: The URL to call.
        interactions: The changes that trigger it.
        transitions: The times that trigger it.
        type: ``webhook``.
    """

    uri: str
    interactions: Sequence[Interaction | Json] | Unset = UNSET
    transitions: Sequence[Transition | Json] | Unset = UNSET
    type: Literal["webhook"] | str = "webhook"


@attrs.frozen
class RecurrenceDay(RequestModel):
    """A day in ``by_day`` of a recurrence rule, in the format of monthly rules.

    Args:
        day: The day of the week, such as ``tuesday``.
        nth_of_period: Which of these days in the period: 1 to 4, or -1 for the last one.
    """

    day: Weekday
    nth_of_period: int | Unset = attrs.field(default=UNSET, kw_only=True)


@attrs.frozen(kw_only=True)
class RecurrenceRule(RequestModel):
    """The recurrence of an event (alpha).

    Args:
        frequency: ``daily``, ``weekly``, ``monthly``, or ``yearly``.
        interval: The number of periods from one occurrence to the next, at least 1; 1 by default.
        by_day: The days of the week, such as ``monday``; by default, that of the start. The docs have names of days, for
            weekly rules only; many existing integrations send a ``RecurrenceDay`` for each day.
        count: The number of occurrences. Not together with ``until``.
        until: The last day of the series.

    Docs: https://docs.cronofy.com/developers/api-alpha/recurring-events/
    """

    frequency: Literal["daily", "weekly", "monthly", "yearly"] | str
    interval: int | Unset = UNSET
    by_day: Sequence[Weekday | RecurrenceDay | Json] | Unset = UNSET
    count: int | Unset = UNSET
    until: datetime | date | str | Unset = UNSET


@attrs.frozen
class Recurrence(RequestModel):
    """The recurrence rules of an event; an empty sequence removes them."""

    rules: Sequence[RecurrenceRule | Json]


@attrs.frozen(kw_only=True)
class EventDetails(RequestModel):
    """The members of an event that all requests to write events have in common.

    Args:
        summary: The title, up to 1024 characters.
        tzid: The time zone that the event is rendered with.
        description: Plain text, up to 4096 characters.
        location: Where it takes place.
        url: A URL to show; ``None`` removes it.
        attendees: The people to invite and to remove.
        conferencing: How people meet online.
        reminders: Up to five, in order of priority; an empty sequence means none.
        reminders_create_only: Whether reminders are set only when the event is created.
        transparency: ``opaque`` (busy) or ``transparent`` (free).
        extended_transparency: A more precise value, such as ``out_of_office``.
        color: The color, as ``#rrggbb``.
        event_private: Whether the event is private.
        attachments: Uploaded attachments.
        subscriptions: Webhooks for this event; an empty sequence removes them.
        recurrence: How it recurs (alpha).
        locale: The language of template texts.
    """

    summary: str
    tzid: str | Unset = attrs.field(default=UNSET, converter=as_tzid)
    description: str | Unset = UNSET
    location: Location | Json | Unset = UNSET
    url: str | Unset | None = UNSET
    attendees: Attendees | Json | Unset = UNSET
    conferencing: Conferencing | Json | Unset = UNSET
    reminders: Sequence[Reminder | Json] | Unset = UNSET
    reminders_create_only: bool | Unset = UNSET
    transparency: Transparency | Unset = UNSET
    extended_transparency: str | Unset = UNSET
    color: str | Unset = UNSET
    event_private: bool | Unset = UNSET
    attachments: Sequence[AttachmentRef | Json] | Unset = UNSET
    subscriptions: Sequence[Subscription | Json] | Unset = UNSET
    recurrence: Recurrence | Json | Unset = UNSET
    locale: str | Unset = UNSET


@attrs.frozen(kw_only=True)
class EventTemplate(EventDetails):
    """An event without ``start`` and ``end``, which Cronofy creates once the time is known.

    ``EventDetails`` describes the other members. In a link, ``attendees`` needs ``event_creation="single"``, and
    ``conferencing`` takes only the built-in values: profiles of people go into ``target_calendars``.

    Args:
        event_id: Your ID of the event. Notifications about it contain this ID.

    Docs: https://docs.cronofy.com/developers/api/events/upsert-event/
    """

    event_id: str


# Parts of responses.


@attrs.frozen(kw_only=True)
class EventAttendee(ResponseModel):
    """A person who is invited to an event."""

    email: str
    display_name: str | None = None
    status: Literal["needs_action", "accepted", "declined", "tentative", "unknown"] | str | None = None


@attrs.frozen(kw_only=True)
class EventConferencing(ResponseModel):
    """The conferencing of a stored event.

    Attributes:
        pending: ``True`` until the provider has assigned the conference; the other members are absent until then.
        join_url: The URL to join.
    """

    pending: bool | None = None
    profile_id: str | None = None
    provider_name: str | None = None
    provider_description: str | None = None
    join_url: str | None = None


@attrs.frozen(kw_only=True)
class EventLocation(ResponseModel):
    """Where an event takes place. ``lat`` and ``long`` are decimal degrees, as strings."""

    description: str | None = None
    lat: str | None = None
    long: str | None = None


@attrs.frozen(kw_only=True)
class EventReminder(ResponseModel):
    """A reminder, in minutes before the start."""

    minutes: int


@attrs.frozen(kw_only=True)
class EventAttachment(ResponseModel):
    """An attachment of an event."""

    attachment_id: str | None = None


@attrs.frozen(kw_only=True)
class BaseEvent(ResponseModel):
    """The members of an event that responses and notifications have in common.

    Attributes:
        event_id: Your ID of the event.
        summary: The title.
        description: Plain text.
        tzid: The time zone that the event is rendered with.
        location: Where it takes place.
        url: The URL to show.
        attendees: The people on the event, as the server sent them; ``invitees`` reads every known form.
        conferencing: How people meet online.
        reminders: In order of priority.
        reminders_create_only: Whether reminders were set only when the event was created.
        transparency: ``opaque`` (busy), ``transparent`` (free), or a value added later.
        extended_transparency: A more precise value, such as ``out_of_office``.
        color: The color, as ``#rrggbb``.
        event_private: Whether the event is private.
        attachments: The attachments.
        subscriptions: The webhooks for this event, as JSON.
        recurrence: How it recurs, as JSON.
        locale: The language of template texts.
    """

    event_id: str | None = None
    summary: str | None = None
    description: str | None = None
    tzid: str | None = None
    location: EventLocation | None = None
    url: str | None = None
    attendees: Any = attrs.field(default=None, hash=False)
    conferencing: EventConferencing | None = None
    reminders: tuple[EventReminder, ...] = ()
    reminders_create_only: bool | None = None
    transparency: Transparency | None = None
    extended_transparency: str | None = None
    color: str | None = None
    event_private: bool | None = None
    attachments: tuple[EventAttachment, ...] = ()
    subscriptions: tuple[Mapping[str, Any], ...] = attrs.field(default=(), hash=False)
    recurrence: Mapping[str, Any] | None = attrs.field(default=None, hash=False)
    locale: str | None = None

    @property
    def invitees(self) -> tuple[EventAttendee, ...]:
        """The people on the event, whether the server sent an array or an object with ``invite``."""
        attendees: Any = self.attendees
        attendees = attendees.get("invite") if is_object(attendees) else attendees
        return tuple(filter(None, map(_attendee, attendees if is_array(attendees) else ())))


def _attendee(value: object) -> EventAttendee | None:
    try:
        return from_dict(EventAttendee, value)
    except DecodeError:  # the docs do not specify the form
        return None
