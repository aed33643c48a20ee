"""Scheduling conversations: two people agree on a time (alpha).

Docs: https://docs.cronofy.com/developers/api-alpha/scheduling-conversations/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias

import attrs

from .._redaction import hide
from ..times import Duration
from .base import ResponseModel

__all__ = [
    "ChosenSlot",
    "ConversationParticipant",
    "ConversationPeriod",
    "ConversationSlot",
    "ConversationSlots",
    "ConversationStatus",
    "ParticipantSlots",
    "ParticipantStatus",
    "PossibleAction",
    "SchedulingConversation",
    "SelectedSlot",
    "SelectionMethod",
    "SlotChoice",
]

ConversationStatus: TypeAlias = Literal["in_progress", "complete"] | str
ParticipantStatus: TypeAlias = Literal["waiting", "needs_action", "complete"] | str
SelectionMethod: TypeAlias = Literal["auto", "manual"] | str


def _text(value: str | None) -> str | None:
    """Return ``None`` for an empty string, which the docs show for absent values."""
    return value or None


@attrs.frozen(kw_only=True)
class PossibleAction(ResponseModel):
    """An action that a participant can take. ``url`` is where; it is hidden in a ``repr``."""

    url: str | None = attrs.field(default=None, converter=_text, repr=hide)


@attrs.frozen(kw_only=True)
class SelectedSlot(ResponseModel):
    """A slot that a participant selected."""

    start: datetime
    end: datetime
    slot_id: str | None = None


@attrs.frozen(kw_only=True)
class ChosenSlot(ResponseModel):
    """The slot of a complete conversation. Here Cronofy calls its ID ``available_slot_id``."""

    start: datetime
    end: datetime
    available_slot_id: str | None = None


@attrs.frozen(kw_only=True)
class ParticipantSlots(ResponseModel):
    """The selection method of a participant, and the slots that they selected."""

    selection_method: SelectionMethod | None = None
    choice_method: SelectionMethod | None = None
    selected: tuple[SelectedSlot, ...] = ()


@attrs.frozen(kw_only=True)
class SlotChoice(ResponseModel):
    """The selection method of a participant, in an older form that one example of the docs shows."""

    method: SelectionMethod | None = None


@attrs.frozen(kw_only=True)
class ConversationPeriod(ResponseModel):
    """A period that is searched for a slot."""

    start: datetime
    end: datetime


@attrs.frozen(kw_only=True)
class ConversationSlot(ResponseModel):
    """A slot that a participant can select."""

    slot_id: str
    start: datetime
    end: datetime


@attrs.frozen(kw_only=True)
class ConversationSlots(ResponseModel):
    """The slots that a participant can select."""

    slots: tuple[ConversationSlot, ...]


@attrs.frozen(kw_only=True)
class ConversationParticipant(ResponseModel):
    """A participant of a conversation.

    Attributes:
        participant_id: Your ID of the participant.
        sub: Their account.
        email: Their email address.
        common_name: Their friendly name.
        slots: How they select slots, and the slots that they selected.
        slot_choice: An older form of ``slots``; ``selection_method`` reads both.
        status: ``waiting``, ``needs_action``, ``complete``, or a status added later.
        possible_actions: The actions that they can take now, by name. Cronofy will add names.
    """

    participant_id: str | None = attrs.field(default=None, converter=_text)
    sub: str | None = attrs.field(default=None, converter=_text)
    email: str | None = attrs.field(default=None, converter=_text)
    common_name: str | None = attrs.field(default=None, converter=_text)
    slots: ParticipantSlots | None = None
    slot_choice: SlotChoice | None = None
    status: ParticipantStatus
    possible_actions: Mapping[str, PossibleAction] = attrs.field(factory=dict[str, PossibleAction], hash=False)

    @property
    def selection_method(self) -> SelectionMethod | None:
        """``auto`` or ``manual``, from either form; ``None`` if unknown."""
        slots = self.slots or ParticipantSlots()
        choice = self.slot_choice or SlotChoice()
        return slots.selection_method or slots.choice_method or choice.method

    @property
    def selected(self) -> tuple[SelectedSlot, ...]:
        """The slots that they selected."""
        return self.slots.selected if self.slots is not None else ()

    @property
    def slots_list(self) -> PossibleAction | None:
        """The action to list slots; ``None`` if it is not possible now."""
        return self.possible_actions.get("slots_list")

    @property
    def slots_select(self) -> PossibleAction | None:
        """The action to select slots; ``None`` if it is not possible now."""
        return self.possible_actions.get("slots_select")


@attrs.frozen(kw_only=True)
class SchedulingConversation(ResponseModel):
    """The state of a conversation.

    Attributes:
        scheduling_conversation_id: Cronofy's ID of the conversation.
        participants: Currently two; the first one is the organizer.
        status: ``in_progress``, ``complete``, or a status added later.
        tzid: The time zone of the events that are created.
        subject: The title, if the server sends one.
        required_duration: The length of the event.
        available_periods: The periods that are searched for a slot.
        chosen_slot: The slot that was agreed on; ``None`` until the conversation is complete.

    Docs: https://docs.cronofy.com/developers/api-alpha/scheduling-conversations/read/
    """

    scheduling_conversation_id: str
    participants: tuple[ConversationParticipant, ...]
    status: ConversationStatus
    tzid: str | None = None
    subject: str | None = None
    required_duration: Duration | None = None
    available_periods: tuple[ConversationPeriod, ...] = ()
    chosen_slot: ChosenSlot | None = None

    @property
    def id(self) -> str:
        """The same as ``scheduling_conversation_id``."""
        return self.scheduling_conversation_id

    @property
    def is_complete(self) -> bool:
        """Whether a time is agreed on."""
        return self.status == "complete"

    def participant(self, name: str) -> ConversationParticipant | None:
        """Return the participant with a ``participant_id``, else a ``sub``, else an ``email``; ``None`` if there is none.

        Cronofy identifies participants by the same members, in the same order.
        """
        for member in ("participant_id", "sub", "email"):
            for participant in self.participants:
                if getattr(participant, member) == name:
                    return participant
        return None
