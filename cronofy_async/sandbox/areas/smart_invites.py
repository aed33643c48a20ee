"""Smart Invites: invitations that the application mails, and the replies to them (beta).

No source shows an iCalendar text of Cronofy, so all of it is assumed: a stable UID, a SEQUENCE that counts the
requests for an invite, the organizer's name with an address that cannot receive mail, and PARTSTAT for each recipient.

Docs: https://docs.cronofy.com/developers/api/smart-invites/
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any, Final, Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo

import attrs

from ..kernel.area import (
    AreaActions,
    Context,
    Field,
    Json,
    Problem,
    Problems,
    SandboxError,
    SandboxResponse,
    UnknownRecord,
    action,
    assumption,
    not_found,
    ok,
    operation,
    record,
    rule,
)
from ..kernel.callbacks import Delivery
from ..kernel.ical import Address, event_time, invitation
from ..kernel.times import span

__all__ = ["InviteReply", "SmartInvite", "SmartInvites"]

ReplyStatus: TypeAlias = Literal["pending", "accepted", "tentative", "declined"]
Method: TypeAlias = Literal["REQUEST", "CANCEL"]

DOCS: Final = "https://docs.cronofy.com/developers/api/smart-invites/create-smart-invite/"
SEVERAL_DOCS: Final = "https://docs.cronofy.com/developers/api-alpha/smart-invites/multiple-recipients/"
#: Where replies by mail would go. RFC 2606 reserves ``.invalid``.
ORGANIZER: Final = "replies@sandbox.invalid"
PARTSTAT: Final = {"pending": "NEEDS-ACTION"}

TIMES_ARE_OBJECTS: Final = assumption(
    "invite_times_are_objects",
    "The event of a Smart Invite is returned with ``start`` and ``end`` as objects of ``time`` and ``tzid``, as in the "
    "docs. Otherwise, as an official SDK expects, as they were sent, with ``tzid`` beside them.",
)
UPDATES_KEEP_REPLIES: Final = assumption(
    "invite_updates_keep_replies",
    "A recipient of a Smart Invite that is updated keeps the last reply. Otherwise everybody is ``pending`` again.",
)
REMOVALS_HAVE_TEXTS: Final = assumption(
    "removals_have_icalendar_texts",
    "Removing a recipient returns the updated invitation in ``attachments.icalendar``, and the cancellation for the "
    "removed person in ``attachments.removed.icalendar``. Otherwise, as an official SDK expects, only the address.",
)


@attrs.define(eq=False, kw_only=True)
class InviteReply:
    """A recipient with the last reply, or a reply of a person whom an invite was forwarded to.

    Attributes:
        proposal: The start and end that were proposed instead.
    """

    email: str
    status: ReplyStatus = "pending"
    comment: str | None = None
    proposal: tuple[datetime, datetime] | None = None


@record
@attrs.define(eq=False, kw_only=True)
class SmartInvite:
    """A stored Smart Invite.

    Attributes:
        has_several: Whether it was sent with ``recipients``, so that the response has them as well.
        replies: The last reply of each person who replied, including those whom it was forwarded to.
        sequence: The number of requests that changed it, from 0.
    """

    smart_invite_id: str
    uid: str
    has_several: bool
    recipients: list[InviteReply]
    replies: list[InviteReply]
    event: Json
    organizer: Json
    callback_url: str | None
    sequence: int = 0
    cancelled: bool = False

    @property
    def id(self) -> str:
        return self.smart_invite_id

    @property
    def key(self) -> str:
        return _key(self.smart_invite_id, None if self.has_several else self.recipients[0].email)

    @property
    def tzid(self) -> str:
        """The time zone of its event."""
        start = self.event["start"]
        own = start.get("tzid") if not isinstance(start, str) else None
        return str(own or self.event.get("tzid") or "Etc/UTC")

    def recipient(self, email: str) -> InviteReply | None:
        return _of(self.recipients, email)


def _key(smart_invite_id: str, email: str | None) -> str:
    """Return the key of an invite: its ID, and the recipient if it is for one person."""
    return f"{email or ''} {smart_invite_id}"  # an address has no blank


def _of(replies: Iterable[InviteReply], email: str) -> InviteReply | None:
    return next((one for one in replies if one.email == email), None)


# Operations.


@operation("smart_invites.upsert")
def upsert(context: Context) -> SandboxResponse:
    """Invite one person."""
    return _upsert(context, [context.body["recipient"]], has_several=False)


@operation("smart_invites.upsert_multiple")
def upsert_multiple(context: Context) -> SandboxResponse:
    """Invite several people."""
    return _upsert(context, context.body["recipients"], has_several=True)


def _upsert(context: Context, recipients: Iterable[Json], *, has_several: bool) -> SandboxResponse:
    body, state = context.body, context.state
    new = SmartInvite(
        smart_invite_id=body["smart_invite_id"],
        uid=f"{state.new_id('smi')}@sandbox.invalid",
        has_several=has_several,
        recipients=[InviteReply(email=one["email"], status=one.get("status", "pending")) for one in recipients],
        replies=[],
        event=deepcopy(body["event"]),
        organizer=dict(body.get("organizer", {})),
        callback_url=body.get("callback_url"),
    )
    old = state.table(SmartInvite).get(new.key)
    if old is not None:
        new.uid, new.sequence = old.uid, old.sequence + 1
        if context.assumes(UPDATES_KEEP_REPLIES):
            new.recipients = [old.recipient(one.email) or one for one in new.recipients]
            new.replies = old.replies
    state.table(SmartInvite)[new.key] = new
    return ok(_shown(new, context) | {"attachments": {"icalendar": _text(new, "REQUEST", context.now)}})


@operation("smart_invites.cancel")
def cancel(context: Context) -> SandboxResponse:
    """Cancel an invite."""
    found = _found(context, context.body.get("recipient", {}).get("email"))
    if found is None:
        return not_found()
    found.cancelled = True
    found.sequence += 1
    return ok(_shown(found, context) | {"attachments": {"icalendar": _text(found, "CANCEL", context.now)}})


@operation("smart_invites.remove_recipient")
def remove_recipient(context: Context) -> SandboxResponse:
    """Remove one of several recipients."""
    found = _found(context, None)
    removed = found.recipient(context.body["recipient"]["email"]) if found else None
    if found is None or removed is None:
        return not_found()
    found.sequence += 1
    attachments: dict[str, Any] = {"removed": {"email": removed.email}}
    if context.assumes(REMOVALS_HAVE_TEXTS):
        alone = attrs.evolve(found, recipients=[removed])
        attachments["removed"]["icalendar"] = _text(alone, "CANCEL", context.now)
    found.recipients.remove(removed)
    if context.assumes(REMOVALS_HAVE_TEXTS):
        attachments["icalendar"] = _text(found, "REQUEST", context.now)
    return ok(_shown(found, context) | {"recipient": {"email": removed.email}, "attachments": attachments})


@operation("smart_invites.status")
def status(context: Context) -> SandboxResponse:
    """Return an invite and the replies."""
    found = _found(context, context.query.get("recipient_email"))
    if found is None:
        return not_found()
    replies = {} if found.has_several else {"replies": [_reply(found, one) for one in found.replies]}
    return ok(_shown(found, context) | replies)


def _found(context: Context, email: str | None) -> SmartInvite | None:
    ident = (context.body or context.query)["smart_invite_id"]
    return context.state.table(SmartInvite).get(_key(ident, email))


def _shown(invite: SmartInvite, context: Context) -> dict[str, Any]:
    event = dict(invite.event) | {name: _as_documented(invite.event[name]) for name in ("start", "end")}
    if context.assumes(TIMES_ARE_OBJECTS):
        tzid = event.pop("tzid", "Etc/UTC")
        for name in ("start", "end"):
            if isinstance(event[name], str):
                event[name] = {"time": event[name], "tzid": tzid}
    return _people(invite) | {"event": event}


def _as_documented(time: Any) -> Any:
    """Return a time without the space that an official SDK sends but cannot read."""
    return time.replace(" ", "T") if isinstance(time, str) else {**time, "time": _as_documented(time["time"])}


def _people(invite: SmartInvite) -> dict[str, Any]:
    recipients = [_reply(invite, one) for one in invite.recipients]
    shown: dict[str, Any] = {"recipients": recipients} if invite.has_several else {"recipient": recipients[0]}
    shown["smart_invite_id"] = invite.smart_invite_id
    if invite.callback_url is not None:
        shown["callback_url"] = invite.callback_url
    return shown


def _reply(invite: SmartInvite, reply: InviteReply) -> dict[str, Any]:
    shown: dict[str, Any] = {"email": reply.email, "status": reply.status}
    if reply.comment is not None:
        shown["comment"] = reply.comment
    if reply.proposal is not None:
        zone = ZoneInfo(invite.tzid)
        start, end = ({"time": one.astimezone(zone).isoformat(), "tzid": invite.tzid} for one in reply.proposal)
        shown["proposal"] = {"start": start, "end": end}
    return shown


def _text(invite: SmartInvite, method: Method, now: datetime) -> str:
    return invitation(
        invite.event,
        method=method,
        uid=invite.uid,
        sequence=invite.sequence,
        stamp=now.astimezone(UTC),
        organizer=Address(email=ORGANIZER, name=invite.organizer.get("name")),
        attendees=[
            Address(email=one.email, reply=PARTSTAT.get(one.status, one.status.upper())) for one in invite.recipients
        ],
    )


# Rules.


@rule("InviteEvent", docs=DOCS, fidelity="assumed")
def invite_times_in_order(event: Json, field: Field, context: Context) -> Problems:
    """The event of a Smart Invite ends after it starts, and both are times or both are dates."""
    values = (event[name] for name in ("start", "end"))
    start, end = (event_time(one if isinstance(one, str) else one["time"]) for one in values)  # a zone may be unknown
    if isinstance(start, datetime) and isinstance(end, datetime):
        in_order = start < end
    else:
        in_order = type(start) is type(end) is date and start <= end
    if not in_order:
        yield Problem(field / "end", "errors.invalid_time_pair", "must be after start")


@rule("smart_invites.upsert_multiple", "smart_invites.cancel", docs=SEVERAL_DOCS)
def one_form_of_recipients(invite: Json, field: Field, context: Context) -> Problems:
    """An invite has either ``recipient`` or ``recipients``."""
    if "recipient" in invite and "recipients" in invite:
        yield Problem(field / "recipients", "errors.not_allowed", "must not be given together with recipient")


class SmartInvites(AreaActions):
    """Actions for tests: ``sandbox.smart_invites``."""

    @action
    def all(self) -> list[SmartInvite]:
        """Return all invites, oldest first."""
        return list(self.state.table(SmartInvite).values())

    @action
    def find(self, invite: object, email: str | None = None) -> SmartInvite:
        """Return an invite by its ID, or by the object that the SDK returned.

        Args:
            invite: The invite, or the application's ID of it.
            email: The address of a recipient; needed only if several invites have the ID.

        Raises:
            SandboxError: There is no such invite, or there are several.
        """
        if isinstance(invite, SmartInvite):
            return invite
        ident = getattr(invite, "smart_invite_id", invite)
        found = [one for one in self.all() if one.smart_invite_id == ident and (email is None or one.recipient(email))]
        if not found:
            raise UnknownRecord("the sandbox has no such invites")
        if len(found) > 1:
            raise SandboxError(f"the sandbox has {len(found)} such invites. Pass email.")
        return found[0]

    @action
    async def reply(
        self,
        invite: object,
        status: ReplyStatus,
        *,
        email: str | None = None,
        comment: str | None = None,
        proposed_start: datetime | None = None,
        proposed_end: datetime | None = None,
        forwarded_to: str | None = None,
    ) -> Delivery:
        """Reply to an invite, as a recipient would, and wait for the response to the callback.

        Args:
            invite: The invite, or the application's ID of it.
            status: ``accepted``, ``tentative`` or ``declined``.
            email: The recipient who replies. Defaults to the first one.
            comment: The text of the reply.
            proposed_start: The start of the time that is proposed instead, with a time zone.
            proposed_end: The end of that time.
            forwarded_to: The address of a person whom the recipient forwarded the invite to, and who replies instead.

        Returns:
            The callback; its ``outcome`` is ``none`` if the invite has no URL for it.

        Raises:
            ValueError: The status is none of these, only one of the proposed times is given, or one is naive.
            SandboxError: There is no such invite or recipient, or the invite is canceled.
        """
        found = self.find(invite, email)
        recipient = found.recipient(email) if email is not None else next(iter(found.recipients), None)
        if recipient is None or found.cancelled:
            raise SandboxError(f"{found.id} is cancelled" if found.cancelled else f"{found.id} has no such recipient")
        if status not in get_args(ReplyStatus):
            raise ValueError(f"status: must be accepted, tentative or declined, got {status!r}")
        if (proposed_start is None) != (proposed_end is None):
            raise ValueError("proposed_end: pass both proposed_start and proposed_end, or neither")
        proposal = span(proposed_start, proposed_end) if proposed_start and proposed_end else None
        reply = InviteReply(email=forwarded_to or recipient.email, status=status, comment=comment, proposal=proposal)
        found.recipients = [reply if one.email == reply.email else one for one in found.recipients]
        found.replies = [one for one in found.replies if one.email != reply.email] + [reply]
        if found.callback_url is None:
            problem = f"{found.id} has no callback_url, so no callback was sent. Create invites with callback_url."
            return self.runtime.callbacks.unsent("smart_invite", problem)
        message = {
            "notification": {"type": "smart_invite"},
            "smart_invite": _people(found) | {"reply": _reply(found, reply)},
        }
        return await self.runtime.callbacks.send(found.callback_url, message)
