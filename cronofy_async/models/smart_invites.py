"""Smart Invites: calendar invitations for people who have connected no calendar (beta).

Docs: https://docs.cronofy.com/developers/api/smart-invites/
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, Literal, TypeAlias

import attrs

from .._json import Json, is_array, is_object
from .._unset import UNSET, Unset
from ..times import EventTime, as_tzid
from .base import RequestModel, ResponseModel
from .event_parts import BaseEvent, Location, Reminder, Transparency

__all__ = [
    "InviteEvent",
    "InviteRecipient",
    "InviteStatus",
    "InvitedEvent",
    "Organizer",
    "Proposal",
    "Recipient",
    "RepliedInvite",
    "SmartInvite",
]

InviteStatus: TypeAlias = Literal["pending", "accepted", "tentative", "declined"] | str

MAX_SUMMARY_LENGTH: Final = 1024
MAX_DESCRIPTION_LENGTH: Final = 4096


# Parts of requests.


@attrs.frozen
class Recipient(RequestModel):
    """A person to invite.

    Args:
        email: The address.
        status: The status to start with, ``pending`` by default; only for invites with several recipients (alpha).
    """

    email: str
    status: InviteStatus | Unset = attrs.field(default=UNSET, kw_only=True)


@attrs.frozen(kw_only=True)
class Organizer(RequestModel):
    """The organizer of an invite.

    Args:
        name: The name to show.
        email: The address of the organizer. The docs do not describe its effect; replies go to Cronofy.
    """

    name: str | Unset = UNSET
    email: str | Unset = UNSET


@attrs.frozen(kw_only=True)
class InviteEvent(RequestModel):
    """The event that people are invited to.

    Args:
        summary: The title, up to 1024 characters.
        start: When it starts: an aware datetime, a date for an all-day event, or ``{"time": ..., "tzid": ...}``.
        end: When it ends, in the same form.
        tzid: The time zone that the times are shown in; ``Etc/UTC`` by default.
        description: Plain text, up to 4096 characters.
        location: Where it takes place.
        url: A URL to show.
        reminders: When to be reminded.
        transparency: ``opaque`` (busy) or ``transparent`` (free).
        color: The color, as ``#rrggbb``.
    """

    summary: str
    start: datetime | date | EventTime | str | Json
    end: datetime | date | EventTime | str | Json
    tzid: str | Unset = attrs.field(default=UNSET, converter=as_tzid)
    description: str | Unset = UNSET
    location: Location | Json | Unset = UNSET
    url: str | Unset | None = UNSET
    reminders: Sequence[Reminder | Json] | Unset = UNSET
    transparency: Transparency | Unset = UNSET
    color: str | Unset = UNSET


# Responses.


@attrs.frozen(kw_only=True)
class Proposal(ResponseModel):
    """The time that a recipient proposed instead."""

    start: EventTime
    end: EventTime


@attrs.frozen(kw_only=True)
class InviteRecipient(ResponseModel):
    """A recipient and their last reply, or one reply.

    Attributes:
        email: The address. A reply may have another one, if the invite was forwarded.
        status: ``pending``, ``accepted``, ``tentative``, ``declined``, or a status added later.
        comment: The text of the reply.
        proposal: The time that was proposed instead.
    """

    email: str
    status: InviteStatus | None = None
    comment: str | None = None
    proposal: Proposal | None = None


@attrs.frozen(kw_only=True)
class InvitedEvent(BaseEvent):
    """The event of an invite."""

    start: EventTime | None = None
    end: EventTime | None = None


@attrs.frozen(kw_only=True)
class SmartInvite(ResponseModel):
    """An invite and the replies of its recipients.

    Attributes:
        smart_invite_id: Your ID of the invite.
        method: ``request`` or ``cancel``, if the server sends it.
        callback_url: The URL that Cronofy calls with each reply.
        recipient: The recipient; ``None`` if the invite has several.
        recipients: The recipients, if the invite has several.
        replies: All replies, including those of people that the invite was forwarded to. Only ``status`` returns them.
        event: The event.
        attachments: What the server sent; ``icalendar`` and ``removed`` read it.

    Docs: https://docs.cronofy.com/developers/api/smart-invites/
    """

    smart_invite_id: str
    method: Literal["request", "cancel"] | str | None = None
    callback_url: str | None = None
    recipient: InviteRecipient | None = None
    recipients: tuple[InviteRecipient, ...] = ()
    replies: tuple[InviteRecipient, ...] = ()
    event: InvitedEvent | None = None
    attachments: Any = attrs.field(default=None, hash=False, repr=False)

    @property
    def id(self) -> str:
        """The same as ``smart_invite_id``."""
        return self.smart_invite_id

    @property
    def icalendar(self) -> str | None:
        """The iCalendar text to mail to the recipients, as ``text/calendar``; ``None`` in the result of ``status``."""
        value: Any = self.attachments.get("icalendar") if is_object(self.attachments) else None
        return value if isinstance(value, str) else None

    @property
    def removed(self) -> Any:
        """The response about a removed recipient, whose form is not documented; ``None`` if there is none."""
        return self.attachments.get("removed") if is_object(self.attachments) else None

    def recipient_of(self, email: str) -> InviteRecipient | None:
        """Return the recipient with an address, in either form of an invite; ``None`` if there is none."""
        recipients = (*self.recipients, *([self.recipient] if self.recipient else []))
        return next((recipient for recipient in recipients if recipient.email == email), None)


@attrs.frozen(kw_only=True)
class RepliedInvite(SmartInvite):
    """An invite in a callback, with the reply that caused it. The reply may come from another address."""

    reply: InviteRecipient


# Documented rules.


def check_invite(invite: Json) -> None:
    """Check the request that sends an invite against the documented rules.

    Args:
        invite: The body of the request, as plain JSON values.

    Raises:
        ValueError: A rule is broken. The message starts with the member.
    """
    check_recipients(invite)
    event: object = invite["event"]
    if not is_object(event):
        raise ValueError("event: must be an object")
    for name in ("summary", "start", "end"):
        if event.get(name) is None:
            raise ValueError(f"event.{name}: is required")
    for name, maximum in {"summary": MAX_SUMMARY_LENGTH, "description": MAX_DESCRIPTION_LENGTH}.items():
        text = event.get(name)
        if isinstance(text, str) and len(text) > maximum:
            raise ValueError(f"event.{name}: must have at most {maximum} characters, has {len(text)}")


def check_recipients(invite: Json) -> None:
    """Check the members that identify an invite and its recipient.

    Args:
        invite: The body or the query of the request, as plain JSON values.

    Raises:
        ValueError: A rule is broken. The message starts with the member.
    """
    if not invite["smart_invite_id"]:
        raise ValueError("smart_invite_id: must not be empty")
    if "recipient" in invite and "recipients" in invite:
        raise ValueError("recipients: cannot be combined with recipient. Pass one of them.")
    if "recipient" in invite:
        _check_address(invite["recipient"], "recipient")
    recipients = invite.get("recipients", ())
    if is_array(recipients) and not recipients:
        raise ValueError("recipients: must not be empty")
    for index, recipient in enumerate(recipients):
        _check_address(recipient, f"recipients[{index}]")


def _check_address(recipient: object, name: str) -> None:
    if not is_object(recipient):
        raise ValueError(f"{name}: expected a recipient, got {recipient!r}. Pass Recipient(…).")
    if not recipient.get("email"):
        raise ValueError(f"{name}.email: is required")
