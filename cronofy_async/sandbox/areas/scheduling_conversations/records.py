"""The records of scheduling conversations."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import attrs

from ...kernel.area import Json, stored

__all__ = ["Conversation", "ConversationSlot", "Participant", "SelectionMethod"]

ParticipantStatus: TypeAlias = Literal["waiting", "needs_action", "complete"]
SelectionMethod: TypeAlias = Literal["auto", "manual"]


@attrs.frozen(kw_only=True)
class ConversationSlot:
    """A time that can be chosen."""

    slot_id: str
    start: datetime
    end: datetime


@attrs.define(eq=False, kw_only=True)
class Participant:
    """A participant of a conversation. One of ``participant_id``, ``sub`` and ``email`` is required.

    Attributes:
        participant_id: The application's ID of the participant.
        sub: Their account.
        selection_method: ``manual`` if they select a slot, ``auto`` if their availability decides.
        managed_availability: Whether stored availability rules and available periods apply.
        token: The token that the application gets when they join, and uses to look up the conversation.
        selected: The slots that they selected.

    Raises:
        ValueError: All of ``participant_id``, ``sub`` and ``email`` are missing.
    """

    participant_id: str | None = None
    sub: str | None = None
    email: str | None = None
    common_name: str | None = None
    selection_method: SelectionMethod = "manual"
    managed_availability: bool = False
    selected: list[ConversationSlot] = attrs.field(factory=list[ConversationSlot])
    token: str = attrs.field(default="", repr=False)
    list_token: str = attrs.field(default="", repr=False)
    select_token: str = attrs.field(default="", repr=False)

    def __attrs_post_init__(self) -> None:
        if not (self.participant_id or self.sub or self.email):
            raise ValueError("participants: each needs a participant_id, sub or email")


@stored
@attrs.define(eq=False, kw_only=True)
class Conversation:
    """A stored scheduling conversation.

    Attributes:
        participants: The participants, the organizer first.
        created_by: The ``sub`` of the account that created it.
        event: The template of the event, with the members of an upserted event.
        chosen_slot: The agreed slot; ``None`` until it is complete.
        slot_ids: The IDs of slots that were offered, by their start.
    """

    id: str
    participants: list[Participant]
    periods: list[tuple[datetime, datetime]]
    duration: timedelta
    tzid: str
    subject: str
    created_by: str
    event: Json = attrs.field(factory=dict[str, Any])
    chosen_slot: ConversationSlot | None = None
    slot_ids: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)

    @property
    def status(self) -> Literal["in_progress", "complete"]:
        return "complete" if self.chosen_slot else "in_progress"

    @property
    def next_participant(self) -> Participant | None:
        """The participant whose turn it is to choose a slot."""
        waiting = (
            participant
            for participant in self.participants
            if participant.selection_method == "manual" and not participant.selected
        )
        return next(waiting, None)

    @property
    def subs(self) -> set[str]:
        """The accounts that take part in it or created it."""
        return {self.created_by, *(participant.sub for participant in self.participants if participant.sub)}

    @property
    def participant_subs(self) -> list[str]:
        """The accounts that take part in it."""
        return list(dict.fromkeys(participant.sub for participant in self.participants if participant.sub))

    def status_of(self, participant: Participant) -> ParticipantStatus:
        """Return the status of a participant that Cronofy would report."""
        if self.chosen_slot:
            return "complete"
        return "needs_action" if participant is self.next_participant else "waiting"

    @property
    def query(self) -> dict[str, Any]:
        """Its times as an availability query."""
        members = [
            {"sub": participant.sub} | ({"managed_availability": True} if participant.managed_availability else {})
            for participant in self.participants
            if participant.selection_method == "auto" and participant.sub
        ]
        return {
            "participants": [{"members": members}] if members else [],
            "required_duration": {"minutes": self.duration // timedelta(minutes=1)},
            "query_periods": [{"start": start.isoformat(), "end": end.isoformat()} for start, end in self.periods],
        }
