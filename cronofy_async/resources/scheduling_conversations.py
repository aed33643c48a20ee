"""Scheduling conversations: two people agree on a time (alpha).

Docs: https://docs.cronofy.com/developers/api-alpha/scheduling-conversations/
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from .._json import Json
from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..models.event_parts import EventDetails
from ..models.scheduling_conversations import (
    ConversationLookup,
    ConversationParticipant,
    ConversationSlot,
    ConversationSlots,
    NewParticipant,
    PossibleAction,
    SchedulingConversation,
    check_new_conversation,
)
from ..times import AnyDuration, AnyPeriod, AnyTimeZone, as_periods
from .base import Resource, StabilityOptions, get, post

__all__ = ["SchedulingConversations"]

_CONVERSATIONS: Final = "/v1/scheduling_conversations"
_CONVERSATION: Final = f"{_CONVERSATIONS}/{{scheduling_conversation_id}}"
_ENVELOPE: Final = "scheduling_conversation"
_ALPHA: Final[StabilityOptions] = {"stability": "alpha"}


def _check_token(query: Json) -> None:
    if not query["token"]:
        raise ValueError("token: must not be empty")


CREATE: Final = post(
    "scheduling_conversations.create",
    _CONVERSATIONS,
    SchedulingConversation,
    auth={"account"},
    envelope=_ENVELOPE,
    check=check_new_conversation,
    **_ALPHA,
)
LOOKUP: Final = get(
    "scheduling_conversations.lookup",
    _CONVERSATIONS,
    ConversationLookup,
    auth={"account"},
    check=_check_token,
    **_ALPHA,
)
READ: Final = get(
    "scheduling_conversations.read",
    _CONVERSATION,
    SchedulingConversation,
    auth={"account"},
    envelope=_ENVELOPE,
    names={"conversation": "scheduling_conversation_id"},
    **_ALPHA,
)
# These two have no documented path: only the URLs in ``possible_actions`` lead to them.
LIST_SLOTS: Final = get(
    "scheduling_conversations.list_slots",
    "{possible_actions.slots_list.url}",
    ConversationSlots,
    auth={"account"},
    **_ALPHA,
)
SELECT_SLOTS: Final = post(
    "scheduling_conversations.select_slots",
    "{possible_actions.slots_select.url}",
    SchedulingConversation,
    auth={"account"},
    envelope=_ENVELOPE,
    **_ALPHA,
)


class SchedulingConversations(Resource):
    """Start and read conversations, and list and select their slots."""

    __slots__ = ()

    @returns_call
    def create(
        self,
        *,
        participants: Sequence[NewParticipant | Json],
        required_duration: AnyDuration,
        available_periods: Sequence[AnyPeriod],
        tzid: AnyTimeZone | Unset = UNSET,
        subject: str | Unset = UNSET,
        event: EventDetails | Json | Unset = UNSET,
    ) -> Call[SchedulingConversation]:
        """Start a conversation in which two people agree on a time.

        If the response is lost, the request is not retried, since that could start a second conversation.

        Args:
            participants: The participants, currently two; the first one is the organizer.
            required_duration: The length of the event, for example a timedelta in whole minutes.
            available_periods: When to look: 1 to 50 periods within 35 days, in the future. ``(start, end)`` pairs
                are allowed.
            tzid: The time zone of the created events.
            subject: The title.
            event: More members of the created events, such as a location.

        Returns:
            A call for the conversation. Cronofy may return only its ID: ``read`` returns the rest.

        Raises:
            ValueError: A participant cannot be identified, the periods break a rule, or a time is naive.
            ValidationFailed: Cronofy rejected a member.

        Example::

            conversation = await account.scheduling_conversations.create(
                participants=[
                    NewParticipant(sub=account.sub, slots=SlotSelection("auto")),
                    NewParticipant(participant_id="candidate-7", common_name="Kim"),
                ],
                required_duration=timedelta(minutes=30),
                available_periods=[(start, end)],
                subject="Interview",
            )

        Docs: https://docs.cronofy.com/developers/api-alpha/scheduling-conversations/create/
        """
        return self._call(CREATE, locals() | {"available_periods": as_periods(available_periods)})

    @returns_call
    def lookup(self, token: str) -> Call[ConversationLookup]:
        """Return the conversation and the participant that a token belongs to.

        The docs do not describe this endpoint; an official SDK has it.

        Args:
            token: The token that Cronofy adds when it redirects a participant to your application.

        Raises:
            ValueError: The token is empty.
            NotFound: There is no such token.

        Example::

            conversation = await account.scheduling_conversations.lookup(request.query["token"])
            print(conversation.participant.participant_id, conversation.scheduling_conversation.id)

        Docs: https://docs.cronofy.com/developers/api-alpha/scheduling-conversations/
        """
        return self._call(LOOKUP, locals())

    @returns_call
    def read(self, conversation: str | SchedulingConversation) -> Call[SchedulingConversation]:
        """Return the state of a conversation.

        Args:
            conversation: The conversation, or its ID (``scv_…``).

        Raises:
            ValueError: The ID is empty.
            NotFound: There is no such conversation.

        Docs: https://docs.cronofy.com/developers/api-alpha/scheduling-conversations/read/
        """
        return self._call(READ, locals())

    @returns_call
    def list_slots(self, action: PossibleAction | ConversationParticipant) -> Call[ConversationSlots]:
        """Return the slots that a participant may select.

        Args:
            action: The participant, or its action ``slots_list``.

        Raises:
            ValueError: The participant cannot list slots now.
            DecodeError: The URL of the action is not on the client's API host.

        Example::

            conversation = await account.scheduling_conversations.read("scv_1")
            participant = conversation.participant("ada@example.com")
            if participant is not None and participant.slots_list is not None:
                slots = await account.scheduling_conversations.list_slots(participant)

        Docs: https://docs.cronofy.com/developers/api-alpha/scheduling-conversations/list-slots/
        """
        return self._follow(LIST_SLOTS, _url(action, "slots_list"), found_at="$.possible_actions.slots_list.url")

    @returns_call
    def select_slots(
        self, action: PossibleAction | ConversationParticipant, *, selected_slots: Iterable[str | ConversationSlot]
    ) -> Call[SchedulingConversation]:
        """Select slots for a participant.

        Args:
            action: The participant, or its action ``slots_select``.
            selected_slots: The slots, or their IDs. Cronofy currently accepts one.

        Returns:
            A call for the conversation, which is complete after the last choice.

        Raises:
            ValueError: The participant cannot select slots now.
            DecodeError: The URL of the action is not on the client's API host.
            ValidationFailed: A slot is no longer available.

        Docs: https://docs.cronofy.com/developers/api-alpha/scheduling-conversations/select-slots/
        """
        return self._follow(
            SELECT_SLOTS,
            _url(action, "slots_select"),
            found_at="$.possible_actions.slots_select.url",
            body={"selected_slots": [{"slot_id": _slot_id(slot)} for slot in _check_slots(selected_slots)]},
        )


def _url(action: PossibleAction | ConversationParticipant, name: str) -> str:
    possible_action = action.possible_actions.get(name) if isinstance(action, ConversationParticipant) else action
    if possible_action is None or possible_action.url is None:
        raise ValueError(f"action: {name} is not possible for this participant now. Read the conversation again.")
    return possible_action.url


def _slot_id(slot: str | ConversationSlot) -> str:
    return slot if isinstance(slot, str) else slot.slot_id


def _check_slots(slots: Iterable[str | ConversationSlot]) -> Iterable[str | ConversationSlot]:
    if isinstance(slots, str):
        raise ValueError("selected_slots: expected an iterable of slots or IDs, got one string")
    return slots
