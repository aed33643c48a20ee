"""Scheduling conversations (alpha): two people who settle on a time.

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
    """The docs show empty strings where there is nothing."""
    return value or None


@attrs.frozen(kw_only=True)
class PossibleAction(ResponseModel):
    """Something that a participant can do; ``url`` is where, and does not show in a ``repr``."""

    url: str | None = attrs.field(default=None, converter=_text, repr=hide)


@attrs.frozen(kw_only=True)
class SelectedSlot(ResponseModel):
    """A slot that a participant selected."""

    start: datetime
    end: datetime
    slot_id: str | None = None


@attrs.frozen(kw_only=True)
class ChosenSlot(ResponseModel):
    """The slot of a complete conversation. Cronofy calls its id ``available_slot_id`` here."""

    start: datetime
    end: datetime
    available_slot_id: str | None = None


@attrs.frozen(kw_only=True)
class ParticipantSlots(ResponseModel):
    """How a participant chooses, and what they chose."""

    selection_method: SelectionMethod | None = None
    choice_method: SelectionMethod | None = None
    selected: tuple[SelectedSlot, ...] = ()


@attrs.frozen(kw_only=True)
class SlotChoice(ResponseModel):
    """How a participant chooses, in the form of one example of the docs."""

    method: SelectionMethod | None = None


@attrs.frozen(kw_only=True)
class ConversationPeriod(ResponseModel):
    """A period in which a match is looked for."""

    start: datetime
    end: datetime


@attrs.frozen(kw_only=True)
class ConversationSlot(ResponseModel):
    """A slot that a participant may select."""

    slot_id: str
    start: datetime
    end: datetime


@attrs.frozen(kw_only=True)
class ConversationSlots(ResponseModel):
    """The slots that a participant may select."""

    slots: tuple[ConversationSlot, ...]


@attrs.frozen(kw_only=True)
class ConversationParticipant(ResponseModel):
    """One of the two.

    Attributes:
        participant_id: your own id of them.
        sub: their account.
        email: their address.
        common_name: a friendly name.
        slots: how they choose, and what they chose.
        slot_choice: an older form of ``slots``; :attr:`selection_method` reads both.
        status: ``waiting``, ``needs_action`` or ``complete``; others may come.
        possible_actions: what they can do now, by name; names will be added.
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
        """``auto`` or ``manual``, in whichever form it came."""
        slots = self.slots or ParticipantSlots()
        choice = self.slot_choice or SlotChoice()
        return slots.selection_method or slots.choice_method or choice.method

    @property
    def selected(self) -> tuple[SelectedSlot, ...]:
        """The slots they selected."""
        return self.slots.selected if self.slots is not None else ()

    @property
    def slots_list(self) -> PossibleAction | None:
        """The action to list slots, if it is possible now."""
        return self.possible_actions.get("slots_list")

    @property
    def slots_select(self) -> PossibleAction | None:
        """The action to select slots, if it is possible now."""
        return self.possible_actions.get("slots_select")


@attrs.frozen(kw_only=True)
class SchedulingConversation(ResponseModel):
    """The state of a conversation.

    Attributes:
        scheduling_conversation_id: Cronofy's id of it.
        participants: at present two; the first one is the organizer.
        status: ``in_progress`` or ``complete``; others may come.
        tzid: the time zone of the events that come of it.
        required_duration: how long they need.
        available_periods: where a match is looked for.
        chosen_slot: what they settled on, once it is complete.

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
        """Whether they have settled on a time."""
        return self.status == "complete"

    def participant(self, name: str) -> ConversationParticipant | None:
        """Find a participant by what Cronofy identifies them with: ``participant_id``, else ``sub``, else ``email``."""
        for kind in ("participant_id", "sub", "email"):
            for one in self.participants:
                if getattr(one, kind) == name:
                    return one
        return None
