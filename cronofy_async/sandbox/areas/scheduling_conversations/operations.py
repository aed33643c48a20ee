"""The operations of scheduling conversations."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import timedelta
from typing import Any, Final

from ...kernel.area import (
    Context,
    Field,
    Json,
    Problem,
    SandboxResponse,
    assumption,
    errors_of,
    invalid,
    not_found,
    ok,
    operation,
)
from ...kernel.times import length, moment, written
from .progress import select, selectable, start
from .records import Conversation, ConversationSlot, Participant, SelectionMethod

__all__: list[str] = []

#: The path of the possible actions of participants. Clients get it from the conversation.
ACTIONS: Final = "/v1/scheduling_actions/"

#: The members of a participant that are stored as they are.
KNOWN: Final = frozenset({"participant_id", "sub", "email", "common_name", "managed_availability"})

ARE_BARE: Final = assumption(
    "conversations_are_bare",
    "A conversation is returned bare, as in the docs. Otherwise, as an official SDK expects, in the envelope "
    "``scheduling_conversation``.",
)
ARE_PRIVATE: Final = assumption(
    "conversations_are_private",
    "Only the accounts of its participants and the account that created it can access a conversation; "
    "others get a 404. Otherwise any account can read it and act in it.",
)
METHOD_IN_SLOTS: Final = assumption(
    "selection_method_is_in_slots",
    "Each participant has ``slots.selection_method``. Otherwise those after the first have "
    "``slot_choice.method``, as in an example in the docs.",
)
METHOD_OF_ACCOUNTS: Final = assumption(
    "accounts_select_automatically",
    "A participant of a new conversation whose selection method is not given has ``auto`` with an account, and "
    "``manual`` without. Otherwise everybody has ``manual``.",
)


@operation("scheduling_conversations.create")
def create(context: Context) -> SandboxResponse:
    """Start a conversation."""
    body = context.body
    conversation = Conversation(
        id=context.state.new_id("scv"),
        participants=[_new_participant(one, context) for one in body["participants"]],
        periods=[(moment(one["start"]), moment(one["end"])) for one in body["available_periods"]],
        duration=length(body["required_duration"]),
        tzid=body.get("tzid", "Etc/UTC"),
        subject=body.get("subject", "Meeting"),
        made_by=context.account.sub,
        event=deepcopy(body.get("event", {})),
    )
    start(context.runtime, conversation)
    return ok({"scheduling_conversation": _shown(conversation, context)})


def _new_participant(participant: Json, context: Context) -> Participant:
    slots: Json = participant.get("slots", {})
    is_auto = "sub" in participant and context.assumes(METHOD_OF_ACCOUNTS)
    default: SelectionMethod = "auto" if is_auto else "manual"
    known = {name: value for name, value in participant.items() if name in KNOWN}
    method = slots.get("selection_method") or slots.get("choice_method") or default
    return Participant(**known, selection_method=method)


@operation("scheduling_conversations.lookup")
def lookup(context: Context) -> SandboxResponse:
    """Return the conversation that a participant joined with a token."""
    for conversation in context.state.table(Conversation).values():
        for participant in conversation.participants:
            if participant.token == context.query["token"] and _may_see(context, conversation):
                found = {"participant": _participant(conversation, participant, context)}
                return ok(found | {"scheduling_conversation": _shown(conversation, context)})
    return not_found()


@operation("scheduling_conversations.read")
def read(context: Context) -> SandboxResponse:
    """Return the state of a conversation."""
    conversation = context.state.table(Conversation).get(context.path["scheduling_conversation_id"])
    if conversation is None or not _may_see(context, conversation):
        return not_found()
    return _answer(conversation, context)


@operation("scheduling_conversations.list_slots")
def list_slots(context: Context) -> SandboxResponse:
    """Return the slots that a participant can choose."""
    for conversation, participant in _asked(context):
        if participant.list_token == context.path["token"]:
            return ok({"slots": [_slot(one) for one in selectable(context.state, conversation)]})
    return not_found()


@operation("scheduling_conversations.select_slots")
def select_slots(context: Context) -> SandboxResponse:
    """Choose a slot for a participant."""
    for conversation, participant in _asked(context):
        if participant.select_token == context.path["token"]:
            wanted = context.body["selected_slots"][0]["slot_id"]
            slots = selectable(context.state, conversation)
            slot = next((one for one in slots if one.slot_id == wanted), None)
            if slot is None:
                field = Field("selected_slots") / 0 / "slot_id"
                return invalid(errors_of([Problem(field, "errors.invalid", "cannot be selected")]))
            select(context.runtime, conversation, slot)
            return _answer(conversation, context)
    return not_found()


def _asked(context: Context) -> list[tuple[Conversation, Participant]]:
    """Return the participants who have to select, as far as the caller may see them."""
    return [
        (conversation, conversation.asked)
        for conversation in context.state.table(Conversation).values()
        if conversation.asked is not None and _may_see(context, conversation)
    ]


def _may_see(context: Context, conversation: Conversation) -> bool:
    return context.account.sub in conversation.subs or not context.assumes(ARE_PRIVATE)


def _answer(conversation: Conversation, context: Context) -> SandboxResponse:
    shown = _shown(conversation, context)
    return ok(shown if context.assumes(ARE_BARE) else {"scheduling_conversation": shown})


def _shown(conversation: Conversation, context: Context) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "scheduling_conversation_id": conversation.id,
        "participants": [_participant(conversation, one, context) for one in conversation.participants],
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
    return shown


def _participant(conversation: Conversation, participant: Participant, context: Context) -> Mapping[str, Any]:
    known = {
        "participant_id": participant.participant_id,
        "sub": participant.sub,
        "email": participant.email,
        "common_name": participant.common_name,
    }
    shown: dict[str, Any] = {name: value for name, value in known.items() if value is not None}
    organizes = participant is conversation.participants[0]
    if organizes or context.assumes(METHOD_IN_SLOTS):
        shown["slots"] = {"selection_method": participant.selection_method}
    else:
        shown["slot_choice"] = {"method": participant.selection_method}
    if participant.selected:
        shown["slots"] = shown.get("slots", {}) | {"selected": [_slot(one) for one in participant.selected]}
    shown["status"] = conversation.status_of(participant)
    shown["possible_actions"] = {}
    if participant is conversation.asked:
        tokens = {"slots_list": participant.list_token, "slots_select": participant.select_token}
        shown["possible_actions"] = {name: {"url": context.url(f"{ACTIONS}{token}")} for name, token in tokens.items()}
    return shown


def _slot(slot: ConversationSlot) -> dict[str, str]:
    return {"slot_id": slot.slot_id, "start": written(slot.start), "end": written(slot.end)}
