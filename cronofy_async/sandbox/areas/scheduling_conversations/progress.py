"""The progress of a conversation, and the notifications about it."""

from __future__ import annotations

from collections.abc import Iterable

from ...kernel.area import Runtime, State
from ...kernel.times import written
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
    announce(runtime, conversation, "joined", conversation.joined)
    if conversation.asked is None and (slots := selectable(state, conversation)):
        _complete(state, conversation, slots[0])


def selectable(state: State, conversation: Conversation) -> list[ConversationSlot]:
    """Return the slots that remain after earlier choices. A slot keeps its ID."""
    slots = [
        ConversationSlot(
            slot_id=conversation.slot_ids.setdefault(
                written(one.start), f"slt_{conversation.id[4:]}{len(conversation.slot_ids)}"
            ),
            start=one.start,
            end=one.end,
        )
        for one in state.suitable(conversation.query)
    ]
    chosen = [set(one.selected) for one in conversation.participants if one.selected]
    return [slot for slot in slots if all(slot in few for few in chosen)]


def select(runtime: Runtime, conversation: Conversation, slot: ConversationSlot) -> None:
    """Choose a slot for the participant whose turn it is."""
    asked = conversation.asked
    assert asked is not None  # the caller has checked this
    asked.selected = [slot]
    if conversation.asked is None:
        _complete(runtime.state, conversation, slot)
    announce(runtime, conversation, "updated", conversation.joined)


def _complete(state: State, conversation: Conversation, slot: ConversationSlot) -> None:
    """Write the event. Assumed: into the first calendar of each participant's account."""
    conversation.chosen_slot = slot
    details = {"summary": conversation.subject, "tzid": conversation.tzid, **conversation.event}
    for participant in conversation.participants:
        account = state.accounts.get(participant.sub or "")
        if account is not None:
            state.write_event(account.sub, account.calendar_id, details, slot.start, slot.end)
