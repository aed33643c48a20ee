"""Scheduling conversations: what the API does with them, and how they move on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from ..conversations import Conversation, ConversationSlot, Participant
from ..exchange import Answer, Task, invalid
from ..state import State
from .times import written

__all__ = ["HANDLERS", "select", "selectable", "start"]

#: Where the possible actions of participants are. Clients know it from the conversation only.
ACTIONS: Final = "/v1/scheduling_actions/"


def read(task: Task) -> Answer:
    """The state of a conversation."""
    conversation = task.state.conversations.get(task.path["scheduling_conversation_id"])
    if conversation is None or not _may_see(task, conversation):
        return Answer.of(404)
    return _answer(conversation, task)


def list_slots(task: Task) -> Answer:
    """What a participant can choose."""
    for conversation, participant in _asked(task):
        if participant.list_token == task.path["token"]:
            slots = selectable(task.state, conversation, task.now)
            return Answer.of(200, {"slots": [_slot(one) for one in slots]})
    return Answer.of(404)


def select_slots(task: Task) -> Answer:
    """Choose, for a participant."""
    for conversation, participant in _asked(task):
        if participant.select_token == task.path["token"]:
            wanted = task.body["selected_slots"][0]["slot_id"]
            slots = selectable(task.state, conversation, task.now)
            slot = next((one for one in slots if one.slot_id == wanted), None)
            if slot is None:
                field = "selected_slots[0].slot_id"
                return invalid({field: [{"key": "errors.invalid", "description": f"{field} cannot be selected"}]})
            select(task.state, conversation, slot)
            return _answer(conversation, task)
    return Answer.of(404)


def _asked(task: Task) -> list[tuple[Conversation, Participant]]:
    """Those whose turn it is, and about whom the caller may know."""
    return [
        (conversation, conversation.asked)
        for conversation in task.state.conversations.values()
        if conversation.asked is not None and _may_see(task, conversation)
    ]


def _may_see(task: Task, conversation: Conversation) -> bool:
    assert task.account is not None  # the operations take an access token
    return task.account.sub in conversation.subs or "conversations_are_private" not in task.state.assumed


def _answer(conversation: Conversation, task: Task) -> Answer:
    shown: dict[str, Any] = {
        "scheduling_conversation_id": conversation.id,
        "participants": [_participant(conversation, one, task) for one in conversation.participants],
        "tzid": conversation.tzid,
        "required_duration": {"minutes": conversation.duration // timedelta(minutes=1)},
        "available_periods": [{"start": written(start), "end": written(end)} for start, end in conversation.periods],
        "status": conversation.status,
    }
    if slot := conversation.chosen_slot:
        shown["chosen_slot"] = {
            "available_slot_id": slot.slot_id,
            "start": written(slot.start),
            "end": written(slot.end),
        }
    bare = "conversations_are_bare" in task.state.assumed
    return Answer.of(200, shown if bare else {"scheduling_conversation": shown})


def _participant(conversation: Conversation, participant: Participant, task: Task) -> Mapping[str, Any]:
    known = {
        "participant_id": participant.participant_id,
        "sub": participant.sub,
        "email": participant.email,
        "common_name": participant.common_name,
    }
    shown: dict[str, Any] = {name: value for name, value in known.items() if value is not None}
    organizes = participant is conversation.participants[0]
    if organizes or "selection_method_is_in_slots" in task.state.assumed:
        shown["slots"] = {"selection_method": participant.selection_method}
    else:
        shown["slot_choice"] = {"method": participant.selection_method}
    if participant.selected:
        shown["slots"] = shown.get("slots", {}) | {"selected": [_slot(one) for one in participant.selected]}
    shown["status"] = conversation.status_of(participant)
    shown["possible_actions"] = {}
    if participant is conversation.asked:
        tokens = {"slots_list": participant.list_token, "slots_select": participant.select_token}
        shown["possible_actions"] = {
            name: {"url": f"{task.base_url}{ACTIONS}{token}"} for name, token in tokens.items()
        }
    return shown


def _slot(slot: ConversationSlot) -> dict[str, str]:
    return {"slot_id": slot.slot_id, "start": written(slot.start), "end": written(slot.end)}


# How a conversation moves on.


def start(state: State, conversation: Conversation, now: datetime) -> None:
    """Begin; where nobody is to be asked, the first time that suits is chosen at once."""
    state.conversations[conversation.id] = conversation
    for participant in conversation.participants:
        participant.list_token, participant.select_token = state.new_token(), state.new_token()
    if conversation.asked is None and (slots := selectable(state, conversation, now)):
        _complete(state, conversation, slots[0])


def selectable(state: State, conversation: Conversation, now: datetime) -> list[ConversationSlot]:
    """What can be chosen next, of what earlier choices left. A slot keeps its id."""
    slots = [
        ConversationSlot(
            slot_id=conversation.slot_ids.setdefault(
                one.start, f"slt_{conversation.id[4:]}{len(conversation.slot_ids)}"
            ),
            start=one.start,
            end=one.end,
        )
        for one in state.suitable(conversation.query, now)
    ]
    chosen = [set(one.selected) for one in conversation.participants if one.selected]
    return [slot for slot in slots if all(slot in few for few in chosen)]


def select(state: State, conversation: Conversation, slot: ConversationSlot) -> None:
    """Choose a slot, for the participant whose turn it is."""
    asked = conversation.asked
    assert asked is not None  # who calls has made sure
    asked.selected = [slot]
    if conversation.asked is None:
        _complete(state, conversation, slot)


def _complete(state: State, conversation: Conversation, slot: ConversationSlot) -> None:
    """Write the event. Assumed: into the first calendar of each participant's account."""
    conversation.chosen_slot = slot
    details = {"summary": conversation.subject, "tzid": conversation.tzid}
    for participant in conversation.participants:
        account = state.accounts.get(participant.sub or "")
        if account is not None:
            state.write_event(account.sub, account.calendar_id, details, slot.start, slot.end)


HANDLERS = {
    "scheduling_conversations.read": read,
    "scheduling_conversations.list_slots": list_slots,
    "scheduling_conversations.select_slots": select_slots,
}
