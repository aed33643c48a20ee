"""Actions of tests for scheduling conversations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import attrs

from ...kernel.area import Account, AreaActions, Json, SandboxError, UnknownRecord, action
from ...kernel.times import span, to_utc
from .progress import announce, selectable
from .progress import select as select_slot
from .progress import start as start_conversation
from .records import Conversation, ConversationSlot, Participant, SelectionMethod

__all__ = ["SchedulingConversations"]

#: The members of a participant that tests can pass.
_ACCEPTED: Final = ("participant_id", "sub", "email", "common_name", "selection_method", "managed_availability")


class SchedulingConversations(AreaActions):
    """Actions for tests: ``sandbox.scheduling_conversations``."""

    @action
    def add(
        self,
        participants: Iterable[Account | Participant | Json],
        *,
        periods: Iterable[tuple[datetime, datetime]] = (),
        duration: timedelta = timedelta(hours=1),
        tzid: str = "Etc/UTC",
        subject: str = "Meeting",
        created_by: Account | str | None = None,
    ) -> Conversation:
        """Start a scheduling conversation.

        Args:
            participants: The participants, the organizer first: accounts, ``Participant`` objects, or mappings with the
                attributes of ``Participant``. For accounts, the organizer's selection method is ``auto``, and that of
                all others ``manual``.
            periods: The periods to search, as pairs of times with a time zone. Defaults to tomorrow, 9:00 to 18:00 UTC.
            duration: The length of the event, in whole minutes, at least one minute.
            tzid: The time zone of the event.
            subject: The summary of the event.
            created_by: The account that created it, or its ``sub``. Defaults to the first participant with an account.

        Raises:
            ValueError: No participant has an account and ``created_by`` is missing, so no one could read it; a period
                is invalid; or ``duration`` is less than a minute.
        """
        members = [_to_participant(participant, organizes=index == 0) for index, participant in enumerate(participants)]
        creator = created_by.sub if isinstance(created_by, Account) else created_by
        accounts = [sub for sub in (creator, *(member.sub for member in members)) if sub in self.state.accounts]
        if not members or not accounts:
            raise ValueError("participants: at least one must be an account. Otherwise pass created_by.")
        if duration < timedelta(minutes=1):
            raise ValueError(f"duration: must be at least one minute, got {duration}")
        tomorrow = self.runtime.now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        conversation = Conversation(
            id=self.state.new_id("scv"),
            participants=members,
            periods=[span(*period) for period in periods]
            or [(tomorrow + timedelta(hours=9), tomorrow + timedelta(hours=18))],
            duration=duration,
            tzid=tzid,
            subject=subject,
            created_by=accounts[0],
        )
        start_conversation(self.runtime, conversation)
        return conversation

    @action
    def all(self) -> list[Conversation]:
        """Return all conversations, oldest first."""
        return list(self.state.table(Conversation).values())

    @action
    def find(self, conversation: object) -> Conversation:
        """Return a conversation by its ID, or by the object that the SDK returned.

        Raises:
            SandboxError: There is no such conversation.
        """
        name = getattr(conversation, "scheduling_conversation_id", conversation)
        return self._record(Conversation, name, "conversation")

    @action
    def slots(self, conversation: object) -> list[ConversationSlot]:
        """Return the slots that the participant whose turn it is can select; an empty list if no one has to select."""
        record = self.find(conversation)
        return selectable(self.state, record) if record.next_participant else []

    @action
    def select(self, conversation: object, start: datetime | None = None) -> ConversationSlot:
        """Select a slot for the participant whose turn it is. The last selection completes the conversation.

        Args:
            conversation: The conversation, or its ID.
            start: The start of the slot, with a time zone. Defaults to the first slot.

        Raises:
            ValueError: The start is naive.
            SandboxError: No participant has to select, or there is no such slot.
        """
        start = start and to_utc("start", start)
        record = self.find(conversation)
        if record.next_participant is None:
            raise SandboxError(f"{record.id} is {record.status}, and no participant is waiting to select a slot")
        offered = self.slots(record)
        slot = next((candidate for candidate in offered if start is None or candidate.start == start), None)
        if slot is None:
            raise SandboxError(
                f"{record.id} offers no slot"
                + (f" that starts at {start}" if start else "")
                + f". It offers {len(offered)} slots: see slots()."
            )
        select_slot(self.runtime, record, slot)
        return slot

    @action
    def join(self, conversation: object, account: Account | str, *, participant: str | None = None) -> str:
        """Give a participant an account, as if they had followed their link and connected a calendar.

        Args:
            conversation: The conversation, or its ID.
            account: The account, or its ``sub``.
            participant: The ``participant_id`` or the email address of the participant. Defaults to the first one
                without an account.

        Returns:
            The token that Cronofy passes to the application, which looks up the conversation by it.

        Raises:
            SandboxError: There is no such account, or no such participant without an account.
        """
        record = self.find(conversation)
        sub = self._account(account).sub
        for candidate in record.participants:
            if candidate.sub is None and participant in {None, candidate.participant_id, candidate.email}:
                candidate.sub = sub
                announce(self.runtime, record, "joined", [sub])
                return candidate.token
        raise UnknownRecord(f"{record.id} has no such participant without an account")


def _to_participant(value: Account | Participant | Json, *, organizes: bool) -> Participant:
    if isinstance(value, Participant):
        return attrs.evolve(value, selected=[])  # it may be in another conversation too
    if isinstance(value, Account):
        method: SelectionMethod = "auto" if organizes else "manual"
        return Participant(sub=value.sub, email=value.email, common_name=value.name, selection_method=method)
    if unknown := [name for name in value if name not in _ACCEPTED]:
        raise ValueError(f"participants: {unknown[0]!r} is not known. Known are {', '.join(_ACCEPTED)}.")
    return Participant(**value)
