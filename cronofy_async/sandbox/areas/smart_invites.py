"""Smart Invites: invitations that the application mails, and the replies to them (beta).

Cronofy's iCalendar texts are not documented, so all of this is assumed: a stable UID, a SEQUENCE that counts the
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
    rule,
    stored,
)
from ..kernel.callbacks.callbacks import Delivery
from ..kernel.events.ical import Address, event_time, invitation
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


@stored
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
        tzid = start.get("tzid") if not isinstance(start, str) else None
        return str(tzid or self.event.get("tzid") or "Etc/UTC")

    def recipient(self, email: str) -> InviteReply | None:
        return _by_email(self.recipients, email)


def _key(smart_invite_id: str, email: str | None) -> str:
    """Return the key of an invite: its ID, and the recipient if it is for one person."""
    return f"{email or ''} {smart_invite_id}"  # an address contains no space


def _by_email(replies: Iterable[InviteReply], email: str) -> InviteReply | None:
    return next((reply for reply in replies if reply.email == email), None)


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
        recipients=[
            InviteReply(email=recipient["email"], status=recipient.get("status", "pending")) for recipient in recipients
        ],
        replies=[],
        event=deepcopy(body["event"]),
        organizer=dict(body.get("organizer", {})),
        callback_url=body.get("callback_url"),
    )
    old = state.table(SmartInvite).get(new.key)
    if old is not None:
        new.uid, new.sequence = old.uid, old.sequence + 1
        if context.assumes(UPDATES_KEEP_REPLIES):
            new.recipients = [old.recipient(recipient.email) or recipient for recipient in new.recipients]
            new.replies = old.replies
    state.table(SmartInvite)[new.key] = new
    return ok(_render(new, context) | {"attachments": {"icalendar": _icalendar(new, "REQUEST", context.now)}})


@operation("smart_invites.cancel")
def cancel(context: Context) -> SandboxResponse:
    """Cancel an invite."""
    invite = _find(context, context.body.get("recipient", {}).get("email"))
    if invite is None:
        return not_found()
    invite.cancelled = True
    invite.sequence += 1
    return ok(_render(invite, context) | {"attachments": {"icalendar": _icalendar(invite, "CANCEL", context.now)}})


@operation("smart_invites.remove_recipient")
def remove_recipient(context: Context) -> SandboxResponse:
    """Remove one of several recipients."""
    invite = _find(context, None)
    removed = invite.recipient(context.body["recipient"]["email"]) if invite else None
    if invite is None or removed is None:
        return not_found()
    invite.sequence += 1
    attachments: dict[str, Any] = {"removed": {"email": removed.email}}
    if context.assumes(REMOVALS_HAVE_TEXTS):
        cancelled = attrs.evolve(invite, recipients=[removed])
        attachments["removed"]["icalendar"] = _icalendar(cancelled, "CANCEL", context.now)
    invite.recipients.remove(removed)
    if context.assumes(REMOVALS_HAVE_TEXTS):
        attachments["icalendar"] = _icalendar(invite, "REQUEST", context.now)
    return ok(_render(invite, context) | {"recipient": {"email": removed.email}, "attachments": attachments})


@operation("smart_invites.status")
def status(context: Context) -> SandboxResponse:
    """Return an invite and the replies."""
    invite = _find(context, context.query.get("recipient_email"))
    if invite is None:
        return not_found()
    replies = {} if invite.has_several else {"replies": [_render_reply(invite, reply) for reply in invite.replies]}
    return ok(_render(invite, context) | replies)


def _find(context: Context, email: str | None) -> SmartInvite | None:
    ident = (context.body or context.query)["smart_invite_id"]
    return context.state.table(SmartInvite).get(_key(ident, email))


def _render(invite: SmartInvite, context: Context) -> dict[str, Any]:
    event = dict(invite.event) | {name: _as_documented(invite.event[name]) for name in ("start", "end")}
    if context.assumes(TIMES_ARE_OBJECTS):
        tzid = event.pop("tzid", "Etc/UTC")
        for name in ("start", "end"):
            if isinstance(event[name], str):
                event[name] = {"time": event[name], "tzid": tzid}
    return _render_people(invite) | {"event": event}


def _as_documented(time: Any) -> Any:
    """Return a time without the space that an official SDK sends but cannot read."""
    return time.replace(" ", "T") if isinstance(time, str) else {**time, "time": _as_documented(time["time"])}


def _render_people(invite: SmartInvite) -> dict[str, Any]:
    recipients = [_render_reply(invite, recipient) for recipient in invite.recipients]
    rendered: dict[str, Any] = {"recipients": recipients} if invite.has_several else {"recipient": recipients[0]}
    rendered["smart_invite_id"] = invite.smart_invite_id
    if invite.callback_url is not None:
        rendered["callback_url"] = invite.callback_url
    return rendered


def _render_reply(invite: SmartInvite, reply: InviteReply) -> dict[str, Any]:
    rendered: dict[str, Any] = {"email": reply.email, "status": reply.status}
    if reply.comment is not None:
        rendered["comment"] = reply.comment
    if reply.proposal is not None:
        zone = ZoneInfo(invite.tzid)
        start, end = ({"time": moment.astimezone(zone).isoformat(), "tzid": invite.tzid} for moment in reply.proposal)
        rendered["proposal"] = {"start": start, "end": end}
    return rendered


def _icalendar(invite: SmartInvite, method: Method, now: datetime) -> str:
    return invitation(
        invite.event,
        method=method,
        uid=invite.uid,
        sequence=invite.sequence,
        stamp=now.astimezone(UTC),
        organizer=Address(email=ORGANIZER, name=invite.organizer.get("name")),
        attendees=[
            Address(email=recipient.email, reply=PARTSTAT.get(recipient.status, recipient.status.upper()))
            for recipient in invite.recipients
        ],
    )


# Rules.


@rule("InviteEvent", docs=DOCS, fidelity="assumed")
def invite_times_in_order(event: Json, field: Field, context: Context) -> Problems:
    """The event of a Smart Invite ends after it starts, and both are times or both are dates."""
    values = (event[name] for name in ("start", "end"))
    start, end = (
        event_time(value if isinstance(value, str) else value["time"]) for value in values
    )  # a zone may be unknown
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
        matches = [
            candidate
            for candidate in self.all()
            if candidate.smart_invite_id == ident and (email is None or candidate.recipient(email))
        ]
        if not matches:
            raise UnknownRecord("the sandbox has no such invites")
        if len(matches) > 1:
            raise SandboxError(f"the sandbox has {len(matches)} such invites. Pass email.")
        return matches[0]

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
        record = self.find(invite, email)
        recipient = record.recipient(email) if email is not None else next(iter(record.recipients), None)
        if recipient is None or record.cancelled:
            raise SandboxError(
                f"{record.id} is cancelled" if record.cancelled else f"{record.id} has no such recipient"
            )
        if status not in get_args(ReplyStatus):
            raise ValueError(f"status: must be accepted, tentative or declined, got {status!r}")
        if (proposed_start is None) != (proposed_end is None):
            raise ValueError("proposed_end: pass both proposed_start and proposed_end, or neither")
        proposal = span(proposed_start, proposed_end) if proposed_start and proposed_end else None
        reply = InviteReply(email=forwarded_to or recipient.email, status=status, comment=comment, proposal=proposal)
        record.recipients = [reply if recipient.email == reply.email else recipient for recipient in record.recipients]
        record.replies = [earlier for earlier in record.replies if earlier.email != reply.email] + [reply]
        if record.callback_url is None:
            problem = f"{record.id} has no callback_url, so no callback was sent. Create invites with callback_url."
            return self.runtime.callbacks.record_unsent("smart_invite", problem)
        message = {
            "notification": {"type": "smart_invite"},
            "smart_invite": _render_people(record) | {"reply": _render_reply(record, reply)},
        }
        return await self.runtime.callbacks.send(record.callback_url, message)
