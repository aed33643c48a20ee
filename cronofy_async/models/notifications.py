"""Notifications: the callbacks that Cronofy sends.

Each class is registered for its ``notification.type``, and ``read_notification`` selects it. The classes for an account's
channels and events are in ``account_notifications``. To add a type, write a class with the members of its body::

    @notification("smart_invite")
    @attrs.frozen(kw_only=True)
    class SmartInviteReplied(Notification):
        smart_invite: RepliedInvite

No callback contains the ID of its link. The signed reference in its URL (``cronofy.webhooks.url``) or your own
``event_id`` identifies it.

Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/#callback-notifications
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar, cast

import attrs

from .._codec import from_dict
from .._json import Json, is_object
from .._redaction import hide
from ..times import EventTime
from .base import Model, ResponseModel
from .event_parts import BaseEvent
from .scheduling_requests import SchedulingRequest
from .smart_invites import InviteRecipient, RepliedInvite

__all__ = [
    "AuthorizationCompleted",
    "AuthorizationResult",
    "ChosenEvent",
    "NoTimesDisplayed",
    "NoTimesSuitable",
    "Notification",
    "Participant",
    "SchedulingRequestNotice",
    "SchedulingRequestTimeChosen",
    "SmartInviteReplied",
    "TimeChosen",
    "Visitor",
]


@attrs.frozen(kw_only=True)
class Notification(Model):
    """A verified callback. A callback whose type has no class is an instance of this class.

    Attributes:
        type: Cronofy's name of the type. If the body has none, the name of the member with its subject; ``None`` if there
            is no such member.
        ref: The signed reference in the URL that was called; ``None`` if there is none, or the URL was not passed to
            ``parse``.
        fingerprint: The same for every delivery of a callback, to recognize duplicates. Callbacks without their own
            identifier (``no_times_...``) differ between links only if their URLs do.
        data: The whole body, as JSON values.
    """

    type: str | None
    ref: str | None
    fingerprint: str
    data: Mapping[str, Any] = attrs.field(repr=hide, hash=False)


N = TypeVar("N", bound=type[Notification])

CLASSES: Final[dict[str, type[Notification]]] = {}


def notification(*types: str) -> Callable[[N], N]:
    """Register a class for one or more values of ``notification.type``."""

    def register(cls: N) -> N:
        CLASSES.update(dict.fromkeys(types, cls))
        return cls

    return register


def read_notification(data: Json, *, ref: str | None = None, fingerprint: str = "") -> Notification:
    """Return the body of a callback as the class of its type, or as a plain ``Notification``.

    Raises:
        DecodeError: The body does not have the members that the docs describe for its type.
    """
    type_name = type_of(data)
    present = {name: value for name, value in data.items() if value is not None}
    attributes = {"type": type_name, "ref": ref, "fingerprint": fingerprint, "data": data}
    return from_dict(CLASSES.get(type_name or "", Notification), present | attributes)


def type_of(data: Json) -> str | None:
    """Return the type of a callback; ``None`` if its body has none."""
    if "notification" in data:
        value: object = data["notification"].get("type") if is_object(data["notification"]) else None
        return value if isinstance(value, str) else None
    for member in (_SMART_INVITE, _AUTHORIZATION):
        if member in data:
            return member
    event: object = data.get("event")
    if is_object(event) and "start" in event and data.keys() & {"user", "participants"}:
        return _TIME_CHOSEN  # the body of the older `callback_url`; callbacks of events have an event as well
    return None


# Real-Time Scheduling.

_TIME_CHOSEN: Final = "real_time_scheduling_time_chosen"


@attrs.frozen(kw_only=True)
class Visitor(ResponseModel):
    """The person who used the booking page. ``tzid`` is the time zone that they chose, or that was detected."""

    tzid: str | None = None


@attrs.frozen(kw_only=True)
class Participant(ResponseModel):
    """An account that was selected for the slot."""

    sub: str


@attrs.frozen(kw_only=True)
class ChosenEvent(BaseEvent):
    """The event of a link with the chosen times."""

    start: EventTime
    end: EventTime


def _starts_at_a_time(_: object, attribute: attrs.Attribute[Any], event: ChosenEvent) -> None:
    if event.start.utc is None:
        raise ValueError(f"{attribute.name}.start: expected a time, got {event.start!r}")


@notification(_TIME_CHOSEN)
@attrs.frozen(kw_only=True)
class TimeChosen(Notification):
    """A person chose a time.

    Attributes:
        event: The event, with the chosen times.
        user: The person who chose.
        participants: The accounts that were selected for the slot.
    """

    type: str
    event: ChosenEvent = attrs.field(validator=_starts_at_a_time)
    user: Visitor = Visitor()
    participants: tuple[Participant, ...] = ()

    @property
    def start(self) -> datetime:
        """When the chosen slot starts, in UTC."""
        return cast("datetime", self.event.start.utc)  # the validator rejects everything else


@notification("real_time_scheduling_no_times_suitable")
@attrs.frozen(kw_only=True)
class NoTimesSuitable(Notification):
    """A person reported that no time suits them. The link stays open."""

    type: str
    user: Visitor = Visitor()


@notification("real_time_scheduling_no_times_displayed")
@attrs.frozen(kw_only=True)
class NoTimesDisplayed(Notification):
    """The booking page had no times to offer. The link stays open."""

    type: str
    user: Visitor = Visitor()


# Smart Invites.

_SMART_INVITE: Final = "smart_invite"


@notification(_SMART_INVITE)
@attrs.frozen(kw_only=True)
class SmartInviteReplied(Notification):
    """Someone replied to a Smart Invite.

    Attributes:
        smart_invite: The invite with its recipients, and the reply.

    Docs: https://docs.cronofy.com/developers/api/smart-invites/create-smart-invite/
    """

    smart_invite: RepliedInvite

    @property
    def reply(self) -> InviteRecipient:
        """The reply."""
        return self.smart_invite.reply


# Scheduling requests.


@attrs.frozen(kw_only=True)
class SchedulingRequestNotice(ResponseModel):
    """The time at which a scheduling request changed."""

    triggered_at: datetime | None = None
    type: str | None = None


@notification("scheduling_request_time_chosen")
@attrs.frozen(kw_only=True)
class SchedulingRequestTimeChosen(Notification):
    """A person chose a time for a scheduling request (beta).

    Attributes:
        notification: When.
        scheduling_request: The request.

    Docs: https://docs.cronofy.com/developers/embedded-scheduler/receiving-updates/
    """

    scheduling_request: SchedulingRequest
    notification: SchedulingRequestNotice = SchedulingRequestNotice()


# Authorizations that a service account asked for.

_AUTHORIZATION: Final = "authorization"


@attrs.frozen(kw_only=True)
class AuthorizationResult(ResponseModel):
    """The result of an authorization: a ``code``, or an ``error``.

    Attributes:
        code: The code to pass to ``oauth.exchange``, with the URL that was called as ``redirect_uri``.
        state: The ``state`` of the request.
        error: The reason of a failure.
        error_key: The reason as a name, such as ``unable_to_grant_scope``. Cronofy will add names.
        error_description: The reason in words.
    """

    code: str | None = attrs.field(default=None, repr=hide)
    state: str | None = None
    error: str | None = None
    error_key: str | None = None
    error_description: str | None = None


@notification(_AUTHORIZATION)
@attrs.frozen(kw_only=True)
class AuthorizationCompleted(Notification):
    """An account or resource of an organization was authorized, or could not be. The body has no type.

    Attributes:
        authorization: The result.

    Docs: https://docs.cronofy.com/developers/api/enterprise-connect/
    """

    authorization: AuthorizationResult
