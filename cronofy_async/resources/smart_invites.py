"""Smart Invites: calendar invitations for people who have connected no calendar (beta).

Docs: https://docs.cronofy.com/developers/api/smart-invites/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .._json import Json
from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..models.smart_invites import InviteEvent, Organizer, Recipient, SmartInvite, check_invite, check_recipients
from .base import Resource, StabilityOptions, get, post

__all__ = ["SmartInvites"]

_INVITES: Final = "/v1/smart_invites"
_BETA: Final[StabilityOptions] = {"stability": "beta"}
_ALPHA: Final[StabilityOptions] = {"stability": "alpha"}

UPSERT: Final = post(
    "smart_invites.upsert",
    _INVITES,
    SmartInvite,
    auth={"api_key"},
    fixed={"method": "request"},
    idempotent=True,
    check=check_invite,
    **_BETA,
)
UPSERT_MULTIPLE: Final = post(
    "smart_invites.upsert_multiple",
    _INVITES,
    SmartInvite,
    auth={"api_key"},
    fixed={"method": "request"},
    idempotent=True,
    check=check_invite,
    **_ALPHA,
)
CANCEL: Final = post(
    "smart_invites.cancel",
    _INVITES,
    SmartInvite,
    auth={"api_key"},
    fixed={"method": "cancel"},
    idempotent=True,
    check=check_recipients,
    **_BETA,
)
REMOVE_RECIPIENT: Final = post(
    "smart_invites.remove_recipient",
    _INVITES,
    SmartInvite,
    auth={"api_key"},
    fixed={"method": "remove"},
    check=check_recipients,
    **_ALPHA,
)
STATUS: Final = get("smart_invites.status", _INVITES, SmartInvite, auth={"api_key"}, check=check_recipients, **_BETA)


class SmartInvites(Resource):
    """Invite people, and read their replies. Cronofy writes the invitation; your application mails it."""

    __slots__ = ()

    @returns_call
    def upsert(
        self,
        smart_invite_id: str,
        *,
        recipient: Recipient | Json,
        event: InviteEvent | Json,
        callback_url: str | Unset = UNSET,
        organizer: Organizer | Json | Unset = UNSET,
    ) -> Call[SmartInvite]:
        """Invite one person to an event, or update the invite with the same ID and recipient.

        Mail ``icalendar`` of the result to the recipient as ``text/calendar``: Cronofy sends no mail. Replies go to
        Cronofy, which calls ``callback_url``.

        Args:
            smart_invite_id: Your ID of the invite.
            recipient: The person to invite.
            event: The event.
            callback_url: The URL that Cronofy calls with each reply.
            organizer: Who the invite is from.

        Returns:
            A call for the invite, with the iCalendar text to mail.

        Raises:
            ValueError: A required member is missing, a text is too long, or a time is naive.
            PaymentRequired: The application's plan does not include Smart Invites.
            ValidationFailed: Cronofy rejected a member.

        Example::

            invite = await client.smart_invites.upsert(
                "order-77",
                recipient=Recipient("pat@example.com"),
                event=InviteEvent(summary="Fitting", start=start, end=end, tzid="Europe/Paris"),
                organizer=Organizer(name="Our shop"),
            )
            print(invite.icalendar)

        Docs: https://docs.cronofy.com/developers/api/smart-invites/create-smart-invite/
        """
        return self._call(UPSERT, locals())

    @returns_call
    def upsert_multiple(
        self,
        smart_invite_id: str,
        *,
        recipients: Sequence[Recipient | Json],
        event: InviteEvent | Json,
        callback_url: str | Unset = UNSET,
        organizer: Organizer | Json | Unset = UNSET,
    ) -> Call[SmartInvite]:
        """Invite several people to an event, or update the invite with the same ID (alpha).

        All get the same iCalendar text, which your application mails.

        Args:
            smart_invite_id: Your ID of the invite.
            recipients: The people to invite.
            event: The event.
            callback_url: The URL that Cronofy calls with each reply.
            organizer: Who the invite is from.

        Returns:
            A call for the invite, with the iCalendar text to mail.

        Raises:
            ValueError: A required member is missing, a text is too long, or a time is naive.
            PaymentRequired: The application's plan does not include Smart Invites.
            ValidationFailed: Cronofy rejected a member.

        Example::

            invite = await client.smart_invites.upsert_multiple(
                "team-1",
                recipients=[Recipient("pat@example.com", status="accepted"), Recipient("lee@example.com")],
                event=InviteEvent(summary="Planning", start=start, end=end),
            )

        Docs: https://docs.cronofy.com/developers/api-alpha/smart-invites/multiple-recipients/
        """
        return self._call(UPSERT_MULTIPLE, locals())

    @returns_call
    def cancel(
        self,
        smart_invite_id: str,
        *,
        recipient: Recipient | Json | Unset = UNSET,
        recipients: Sequence[Recipient | Json] | Unset = UNSET,
    ) -> Call[SmartInvite]:
        """Cancel an invite.

        Mail the result's ``icalendar`` to the recipients, so that the event is removed from their calendars.

        Args:
            smart_invite_id: Your ID of the invite.
            recipient: The recipient of an invite for one person.
            recipients: The recipients of an invite for several people. Official SDKs send them; whether they are
                needed is not documented.

        Returns:
            A call for the invite, with the cancellation to mail.

        Raises:
            ValueError: The ID or an address is empty, or both ``recipient`` and ``recipients`` are given.
            NotFound: There is no such invite.

        Example::

            canceled = await client.smart_invites.cancel("order-77", recipient=Recipient("pat@example.com"))

        Docs: https://docs.cronofy.com/developers/api/smart-invites/cancel-invite/
        """
        return self._call(CANCEL, locals())

    @returns_call
    def remove_recipient(self, smart_invite_id: str, *, recipient: Recipient | Json) -> Call[SmartInvite]:
        """Remove one person from an invite for several people (alpha).

        Args:
            smart_invite_id: Your ID of the invite.
            recipient: The person to remove.

        Returns:
            A call for the invite. ``removed`` is what Cronofy sent for the removed person.

        Raises:
            ValueError: The ID or the address is empty.
            NotFound: There is no such invite or recipient.

        Example::

            invite = await client.smart_invites.remove_recipient("team-1", recipient=Recipient("lee@example.com"))
            print(invite.removed)

        Docs: https://docs.cronofy.com/developers/api-alpha/smart-invites/multiple-recipients/#remove-invite-recipient
        """
        return self._call(REMOVE_RECIPIENT, locals())

    @returns_call
    def status(self, smart_invite_id: str, *, recipient_email: str | Unset = UNSET) -> Call[SmartInvite]:
        """Return an invite and the replies to it.

        Args:
            smart_invite_id: Your ID of the invite.
            recipient_email: The address of the recipient; leave it out for an invite for several people (alpha).

        Raises:
            ValueError: The ID is empty.
            NotFound: There is no such invite.

        Example::

            invite = await client.smart_invites.status("order-77", recipient_email="pat@example.com")
            print(invite.recipient.status, invite.recipient.comment)

        Docs: https://docs.cronofy.com/developers/api/smart-invites/invite-status/
        """
        return self._call(STATUS, locals())
