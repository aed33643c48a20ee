"""The progress of a conversation, and the notifications about it."""

from __future__ import annotations

from collections.abc import Iterable

from ...kernel.area import Runtime, State
from ...kernel.times import format_time
from .records import Conversation, ConversationSlot

__all__ = ["announce", "select", "selectable", "start"]


def announce(runtime: Runtime, conversation: Conversation, kind: str, subs: Iterable[str]) -> None:
    """Notify accounts that they joined a conversation (``joined``), or that it changed (``updated``)."""
    notification = {
        "type": f"scheduling_conversation_{kind}",
        "scheduling_conversation_id": conversation.id,
    }
    for sub in subs:
        runtime.notify_account(sub, notification)


def start(runtime: Runtime, conversation: Conversation) -> None:
    """Start a conversation. If no one selects manually, choose the first suitable slot immediately."""
    state = runtime.state
    state.table(Conversation)[conversation.id] = conversation
    for participant in conversation.participants:
        participant.list_token, participant.select_token = state.new_token(), state.new_token()
        participant.token = state.new_token()
    announce(runtime, conversation, "joined", conversation.participant_subs)
    if conversation.next_participant is None and (slots := selectable(state, conversation)):
        _complete(state, conversation, slots[0])


def selectable(state: State, conversation: Conversation) -> list[ConversationSlot]:
    """Return the slots that remain after earlier choices. A slot keeps its ID."""
    slots = [
        ConversationSlot(
            slot_id=conversation.slot_ids.setdefault(
                format_time(slot.start), f"slt_{conversation.id[4:]}{len(conversation.slot_ids)}"
            ),
            start=slot.start,
            end=slot.end,
        )
        for slot in state.available_slots(conversation.query)
    ]
    chosen = [set(participant.selected) for participant in conversation.participants if participant.selected]
    return [slot for slot in slots if all(slot in selection for selection in chosen)]


def select(runtime: Runtime, conversation: Conversation, slot: ConversationSlot) -> None:
    """Choose a slot for the participant whose turn it is."""
    participant = conversation.next_participant
    assert participant is not None  # the caller has checked this
    participant.selected = [slot]
    if conversation.next_participant is None:
        _complete(runtime.state, conversation, slot)
    announce(runtime, conversation, "updated", conversation.participant_subs)


def _complete(state: State, conversation: Conversation, slot: ConversationSlot) -> None:
    """Write the event. Assumed: into the first calendar of each participant's account."""
    conversation.chosen_slot = slot
    details = {"summary": conversation.subject, "tzid": conversation.tzid, **conversation.event}
    for participant in conversation.participants:
        account = state.accounts.get(participant.sub or "")
        if account is not None:
            state.write_event(account.sub, account.calendar_id, details, slot.start, slot.end)
