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
from ...kernel.times import format_time, parse_duration, parse_time
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
    "others get a 404. Otherwise any account can access it.",
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
        participants=[_new_participant(participant, context) for participant in body["participants"]],
        periods=[(parse_time(period["start"]), parse_time(period["end"])) for period in body["available_periods"]],
        duration=parse_duration(body["required_duration"]),
        tzid=body.get("tzid", "Etc/UTC"),
        subject=body.get("subject", "Meeting"),
        created_by=context.account.sub,
        event=deepcopy(body.get("event", {})),
    )
    start(context.runtime, conversation)
    return ok({"scheduling_conversation": _render(conversation, context)})


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
                rendered = {"participant": _render_participant(conversation, participant, context)}
                return ok(rendered | {"scheduling_conversation": _render(conversation, context)})
    return not_found()


@operation("scheduling_conversations.read")
def read(context: Context) -> SandboxResponse:
    """Return the state of a conversation."""
    conversation = context.state.table(Conversation).get(context.path["scheduling_conversation_id"])
    if conversation is None or not _may_see(context, conversation):
        return not_found()
    return _respond(conversation, context)


@operation("scheduling_conversations.list_slots")
def list_slots(context: Context) -> SandboxResponse:
    """Return the slots that a participant can choose."""
    for conversation, participant in _selecting_participants(context):
        if participant.list_token == context.path["token"]:
            return ok({"slots": [_render_slot(slot) for slot in selectable(context.state, conversation)]})
    return not_found()


@operation("scheduling_conversations.select_slots")
def select_slots(context: Context) -> SandboxResponse:
    """Choose a slot for a participant."""
    for conversation, participant in _selecting_participants(context):
        if participant.select_token == context.path["token"]:
            slot_id = context.body["selected_slots"][0]["slot_id"]
            slots = selectable(context.state, conversation)
            slot = next((candidate for candidate in slots if candidate.slot_id == slot_id), None)
            if slot is None:
                field = Field("selected_slots") / 0 / "slot_id"
                return invalid(errors_of([Problem(field, "errors.invalid", "cannot be selected")]))
            select(context.runtime, conversation, slot)
            return _respond(conversation, context)
    return not_found()


def _selecting_participants(context: Context) -> list[tuple[Conversation, Participant]]:
    """Return the participants who have to select, as far as the caller may see them."""
    return [
        (conversation, conversation.next_participant)
        for conversation in context.state.table(Conversation).values()
        if conversation.next_participant is not None and _may_see(context, conversation)
    ]


def _may_see(context: Context, conversation: Conversation) -> bool:
    return context.account.sub in conversation.subs or not context.assumes(ARE_PRIVATE)


def _respond(conversation: Conversation, context: Context) -> SandboxResponse:
    rendered = _render(conversation, context)
    return ok(rendered if context.assumes(ARE_BARE) else {"scheduling_conversation": rendered})


def _render(conversation: Conversation, context: Context) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        "scheduling_conversation_id": conversation.id,
        "participants": [
            _render_participant(conversation, participant, context) for participant in conversation.participants
        ],
        "tzid": conversation.tzid,
        "required_duration": {"minutes": conversation.duration // timedelta(minutes=1)},
        "available_periods": [
            {"start": format_time(start), "end": format_time(end)} for start, end in conversation.periods
        ],
        "status": conversation.status,
    }
    if slot := conversation.chosen_slot:
        rendered["chosen_slot"] = {
            "available_slot_id": slot.slot_id,
            "start": format_time(slot.start),
            "end": format_time(slot.end),
        }
    return rendered


def _render_participant(conversation: Conversation, participant: Participant, context: Context) -> Mapping[str, Any]:
    known = {
        "participant_id": participant.participant_id,
        "sub": participant.sub,
        "email": participant.email,
        "common_name": participant.common_name,
    }
    rendered: dict[str, Any] = {name: value for name, value in known.items() if value is not None}
    organizes = participant is conversation.participants[0]
    if organizes or context.assumes(METHOD_IN_SLOTS):
        rendered["slots"] = {"selection_method": participant.selection_method}
    else:
        rendered["slot_choice"] = {"method": participant.selection_method}
    if participant.selected:
        rendered["slots"] = rendered.get("slots", {}) | {
            "selected": [_render_slot(slot) for slot in participant.selected]
        }
    rendered["status"] = conversation.status_of(participant)
    rendered["possible_actions"] = {}
    if participant is conversation.next_participant:
        tokens = {"slots_list": participant.list_token, "slots_select": participant.select_token}
        rendered["possible_actions"] = {
            name: {"url": context.url(f"{ACTIONS}{token}")} for name, token in tokens.items()
        }
    return rendered


def _render_slot(slot: ConversationSlot) -> dict[str, str]:
    return {"slot_id": slot.slot_id, "start": format_time(slot.start), "end": format_time(slot.end)}
