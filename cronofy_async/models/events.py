"""Events as they are written: the template of an event and its parts.

Docs: https://docs.cronofy.com/developers/api/events/upsert-event/
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

import attrs

from .._json import Json
from .._unset import UNSET, Unset
from ..times import Duration, as_required_duration, as_tzid
from .base import RequestModel

__all__ = [
    "AttachmentRef",
    "Attendees",
    "Conferencing",
    "EventTemplate",
    "Interaction",
    "Invitee",
    "Location",
    "Recurrence",
    "RecurrenceRule",
    "Reminder",
    "Subscription",
    "Transition",
]


@attrs.frozen
class Invitee(RequestModel):
    """Somebody to invite to an event, or to take off it."""

    email: str
    display_name: str | Unset | None = attrs.field(default=UNSET, kw_only=True)


@attrs.frozen(kw_only=True)
class Attendees(RequestModel):
    """Who is added to an event, and who is taken off."""

    invite: Sequence[Invitee | Json] | Unset = UNSET
    remove: Sequence[Invitee | Json] | Unset = UNSET


@attrs.frozen(kw_only=True)
class Conferencing(RequestModel):
    """How people meet online.

    Args:
        profile_id: ``default``, ``integrated``, ``explicit``, or the id of a conferencing profile (``pro_…``).
        provider_description: what to call the service, with ``explicit``.
        join_url: where to join, with ``explicit``.

    Docs: https://docs.cronofy.com/developers/api/conferencing-services/create/
    """

    profile_id: Literal["default", "integrated", "explicit"] | str
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
    """A reminder, so many minutes before the start."""

    minutes: int


@attrs.frozen
class AttachmentRef(RequestModel):
    """An attachment that was uploaded before."""

    attachment_id: str


@attrs.frozen
class Interaction(RequestModel):
    """Something that may happen to an event, such as ``conferencing_assigned``."""

    type: Literal["conferencing_assigned", "conferencing_failing"] | str


@attrs.frozen(kw_only=True)
class Transition(RequestModel):
    """A moment some time before or after the start or end of an event. Give ``before`` or ``after``."""

    offset: Duration | Json = attrs.field(converter=as_required_duration)
    before: Literal["event_start", "event_end"] | str | Unset = UNSET
    after: Literal["event_start", "event_end"] | str | Unset = UNSET


@attrs.frozen(kw_only=True)
class Subscription(RequestModel):
    """A webhook for one event.

    Args:
        uri: what to call.
        interactions: what has to happen, or
        transitions: when to call.
        type: ``webhook``.
    """

    uri: str
    interactions: Sequence[Interaction | Json] | Unset = UNSET
    transitions: Sequence[Transition | Json] | Unset = UNSET
    type: Literal["webhook"] | str = "webhook"


@attrs.frozen(kw_only=True)
class RecurrenceRule(RequestModel):
    """How an event repeats."""

    frequency: Literal["daily", "weekly", "monthly", "yearly"] | str
    interval: int | Unset = UNSET
    by_day: Sequence[str] | Unset = UNSET
    count: int | Unset = UNSET
    until: datetime | date | str | Unset = UNSET


@attrs.frozen
class Recurrence(RequestModel):
    """Rules of repetition; an empty sequence ends it."""

    rules: Sequence[RecurrenceRule | Json]


@attrs.frozen(kw_only=True)
class EventTemplate(RequestModel):
    """An event without ``start`` and ``end``: what Cronofy writes once they are known.

    Args:
        event_id: your own id of the event, which the time-chosen callback brings back.
        summary: the title, up to 1024 characters.
        tzid: the zone that the event is rendered with.
        description: plain text, up to 4096 characters.
        location: where.
        url: a URL to show; ``None`` removes it.
        attendees: who is invited besides. In a link only with ``event_creation="single"``.
        conferencing: how to meet online. In a link only the built-in values; profiles of people go into
            ``target_calendars``.
        reminders: up to five, in order of priority; an empty sequence means none.
        reminders_create_only: whether reminders are set only when the event is created.
        transparency: ``opaque`` or ``transparent``.
        extended_transparency: a finer one, such as ``out_of_office``.
        color: ``#rrggbb``.
        event_private: whether the event is private.
        attachments: files uploaded before.
        subscriptions: webhooks for this event; an empty sequence removes them.
        recurrence: how it repeats (alpha).
        locale: the language of template texts.

    Docs: https://docs.cronofy.com/developers/api/events/upsert-event/
    """

    event_id: str
    summary: str
    tzid: str | Unset = attrs.field(default=UNSET, converter=as_tzid)
    description: str | Unset = UNSET
    location: Location | Json | Unset = UNSET
    url: str | Unset | None = UNSET
    attendees: Attendees | Json | Unset = UNSET
    conferencing: Conferencing | Json | Unset = UNSET
    reminders: Sequence[Reminder | Json] | Unset = UNSET
    reminders_create_only: bool | Unset = UNSET
    transparency: Literal["opaque", "transparent"] | str | Unset = UNSET
    extended_transparency: str | Unset = UNSET
    color: str | Unset = UNSET
    event_private: bool | Unset = UNSET
    attachments: Sequence[AttachmentRef | Json] | Unset = UNSET
    subscriptions: Sequence[Subscription | Json] | Unset = UNSET
    recurrence: Recurrence | Json | Unset = UNSET
    locale: str | Unset = UNSET
