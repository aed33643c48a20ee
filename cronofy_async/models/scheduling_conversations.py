"""Scheduling conversations: two people agree on a time (alpha).

Docs: https://docs.cronofy.com/developers/api-alpha/scheduling-conversations/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias

import attrs

from .._json import Json, is_array, is_object
from .._redaction import hide
from .._unset import UNSET, Unset
from ..times import Duration, read_time
from .availability import check_required_duration
from .base import RequestModel, ResponseModel

__all__ = [
    "ChosenSlot",
    "ConversationLookup",
    "ConversationParticipant",
    "ConversationPeriod",
    "ConversationSlot",
    "ConversationSlots",
    "ConversationStatus",
    "NewParticipant",
    "ParticipantSlots",
    "ParticipantStatus",
    "PossibleAction",
    "SchedulingConversation",
    "SelectedSlot",
    "SelectionMethod",
    "SlotChoice",
    "SlotSelection",
]

ConversationStatus: TypeAlias = Literal["in_progress", "complete"] | str
ParticipantStatus: TypeAlias = Literal["waiting", "needs_action", "complete"] | str
SelectionMethod: TypeAlias = Literal["auto", "manual"] | str

MAX_PERIODS: Final = 50
MAX_RANGE: Final = timedelta(days=35)


# Parts of requests.


@attrs.frozen
class SlotSelection(RequestModel):
    """How a participant selects slots: ``auto`` uses their availability, ``manual`` lets them select."""

    selection_method: SelectionMethod


@attrs.frozen(kw_only=True)
class NewParticipant(RequestModel):
    """A participant of a new conversation. Pass at least one of ``participant_id``, ``sub`` and ``email``.

    Args:
        participant_id: Your ID of the participant.
        sub: Their account.
        email: Their email address, by which Cronofy may also reach them.
        common_name: Their friendly name.
        managed_availability: Whether stored availability rules and available periods apply.
        slots: How they select slots.
    """

    participant_id: str | Unset = UNSET
    sub: str | Unset = UNSET
    email: str | Unset = UNSET
    common_name: str | Unset = UNSET
    managed_availability: bool | Unset = UNSET
    slots: SlotSelection | Json | Unset = UNSET


# Responses.


def _text(value: str | None) -> str | None:
    """Return ``None`` for an empty string, which the docs show for absent values."""
    return value or None


@attrs.frozen(kw_only=True)
class PossibleAction(ResponseModel):
    """An action that a participant can take. ``url`` is its endpoint; it is hidden in a ``repr``."""

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
        status: ``waiting``, ``needs_action``, ``complete``, or a status added later; ``None`` if the server sends
            none, such as for ``lookup``.
        possible_actions: The actions that they can take now, by name. Cronofy will add names.
    """

    participant_id: str | None = attrs.field(default=None, converter=_text)
    sub: str | None = attrs.field(default=None, converter=_text)
    email: str | None = attrs.field(default=None, converter=_text)
    common_name: str | None = attrs.field(default=None, converter=_text)
    slots: ParticipantSlots | None = None
    slot_choice: SlotChoice | None = None
    status: ParticipantStatus | None = None
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
        participants: Currently two; the first one is the organizer. ``create`` and ``lookup`` may return none.
        status: ``in_progress``, ``complete``, or a status added later; ``None`` if the server sends none.
        tzid: The time zone of the events that are created.
        subject: The title, if the server sends one.
        required_duration: The length of the event.
        available_periods: The periods that are searched for a slot.
        chosen_slot: The slot that was agreed on; ``None`` until the conversation is complete.

    Docs: https://docs.cronofy.com/developers/api-alpha/scheduling-conversations/read/
    """

    scheduling_conversation_id: str
    participants: tuple[ConversationParticipant, ...] = ()
    status: ConversationStatus | None = None
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
        """Whether a time has been agreed on."""
        return self.status == "complete"

    def participant(self, name: str) -> ConversationParticipant | None:
        """Return the participant with a ``participant_id``, ``sub`` or ``email``; ``None`` if there is none.

        Cronofy identifies participants by the same members, in the same order.
        """
        for member in ("participant_id", "sub", "email"):
            for participant in self.participants:
                if getattr(participant, member) == name:
                    return participant
        return None


@attrs.frozen(kw_only=True)
class ConversationLookup(ResponseModel):
    """The conversation that a token belongs to.

    Attributes:
        participant: The participant who was redirected with the token.
        scheduling_conversation: The conversation; perhaps only its ID.
    """

    participant: ConversationParticipant
    scheduling_conversation: SchedulingConversation


# Documented rules.


def check_new_conversation(conversation: Json) -> None:
    """Check the request that creates a conversation against the rules that the docs state clearly.

    Args:
        conversation: The body of the request, as plain JSON values.

    Raises:
        ValueError: A rule is broken. The message starts with the member.
    """
    for index, participant in enumerate(_required_array(conversation, "participants")):
        names = ("participant_id", "sub", "email")
        if not is_object(participant) or not any(participant.get(name) for name in names):
            raise ValueError(f"participants[{index}]: needs a participant_id, sub or email")
    check_required_duration(conversation)
    periods = _required_array(conversation, "available_periods")
    if len(periods) > MAX_PERIODS:
        raise ValueError(f"available_periods: must have at most {MAX_PERIODS} periods, got {len(periods)}")
    times = list(_read(periods))
    earliest = min((start for _, start, _ in times), default=None)
    for index, start, end in times:
        if end - start < timedelta(minutes=1):
            raise ValueError(f"available_periods[{index}].end: must be at least one minute after the start")
        if earliest is not None and end - earliest > MAX_RANGE:
            raise ValueError(f"available_periods[{index}].end: must be within 35 days of the earliest start")


def _required_array(conversation: Json, name: str) -> list[Any]:
    value: object = conversation[name]
    if not is_array(value) or not value:
        raise ValueError(f"{name}: must be an array of at least one item")
    return value


def _read(periods: list[Any]) -> Iterator[tuple[int, datetime, datetime]]:
    """Yield the index, start and end of each period with readable times. Cronofy checks the others."""
    for index, period in enumerate(periods):
        try:
            yield index, read_time(period["start"]), read_time(period["end"])
        except (KeyError, TypeError, ValueError):
            continue
