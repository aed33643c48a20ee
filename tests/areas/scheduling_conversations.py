"""Examples of scheduling conversations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cronofy_async import CronofyClient
from cronofy_async.models import (
    ChosenSlot,
    ConversationLookup,
    ConversationParticipant,
    ConversationPeriod,
    ConversationSlot,
    ConversationSlots,
    NewParticipant,
    ParticipantSlots,
    PossibleAction,
    SchedulingConversation,
    SelectedSlot,
    SlotChoice,
    SlotSelection,
)
from cronofy_async.resources.scheduling_conversations import SchedulingConversations
from cronofy_async.times import Duration

from .example import END, EXTRA, START, Example, ModelExample

CONVERSATION = SchedulingConversation(
    scheduling_conversation_id="scv_1",
    participants=(
        ConversationParticipant(
            participant_id="@grace", sub="acc_1", slots=ParticipantSlots(selection_method="auto"), status="waiting"
        ),
        ConversationParticipant(
            participant_id="@karl",
            common_name="Karl Cramer",
            slot_choice=SlotChoice(method="manual"),
            status="needs_action",
            possible_actions={
                "slots_list": PossibleAction(url="https://api.cronofy.com/v1/scheduling_actions/act_1"),
                "slots_select": PossibleAction(url="https://api.cronofy.com/v1/scheduling_actions/act_2"),
            },
        ),
    ),
    tzid="America/Chicago",
    required_duration=Duration(minutes=60),
    available_periods=(ConversationPeriod(start=START, end=END),),
    status="in_progress",
)
CONVERSATION_JSON: dict[str, Any] = {
    "scheduling_conversation_id": "scv_1",
    "participants": [
        {
            "participant_id": "@grace",
            "sub": "acc_1",
            "email": "",
            "slots": {"selection_method": "auto"},
            "status": "waiting",
            "possible_actions": {},
        },
        {
            "participant_id": "@karl",
            "common_name": "Karl Cramer",
            "slot_choice": {"method": "manual"},
            "status": "needs_action",
            "possible_actions": {
                "slots_list": {"url": "https://api.cronofy.com/v1/scheduling_actions/act_1"},
                "slots_select": {"url": "https://api.cronofy.com/v1/scheduling_actions/act_2"},
            },
        },
    ],
    "tzid": "America/Chicago",
    "required_duration": {"minutes": 60},
    "available_periods": [{"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}],
    "status": "in_progress",
}


SLOT = ConversationSlot(slot_id="slt_1", start=START, end=END)
SLOT_JSON = {"slot_id": "slt_1", "start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}


def conversations(client: CronofyClient) -> SchedulingConversations:
    return client.account(access_token="at").scheduling_conversations


def read(client: CronofyClient) -> Any:
    return conversations(client).read("scv_1")


NEW: dict[str, Any] = {
    "participants": [
        {"participant_id": "@grace", "sub": "acc_1", "slots": {"selection_method": "auto"}},
        {"participant_id": "@karl"},
    ],
    "required_duration": {"minutes": 60},
    "available_periods": [{"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}],
}


def new(**changes: Any) -> Callable[[CronofyClient], Any]:
    return lambda client: conversations(client).create(**(NEW | changes))


EXAMPLES = [
    Example(
        endpoint="scheduling_conversations.create",
        call=lambda client: conversations(client).create(
            participants=[
                NewParticipant(participant_id="@grace", sub="acc_1", slots=SlotSelection("auto")),
                NewParticipant(participant_id="@karl"),
            ],
            required_duration=timedelta(hours=1),
            available_periods=[(START, END)],
            tzid=ZoneInfo("America/Chicago"),
            subject="Review",
            event={"location": {"description": "Room 1"}},
        ),
        request="POST /v1/scheduling_conversations",
        json=NEW | {"tzid": "America/Chicago", "subject": "Review", "event": {"location": {"description": "Room 1"}}},
        response={"scheduling_conversation": CONVERSATION_JSON},
        result=CONVERSATION,
    ),
    Example(
        endpoint="scheduling_conversations.create",
        title="bare",
        call=new(),
        request="POST /v1/scheduling_conversations",
        json=NEW,
        response=CONVERSATION_JSON,
        result=CONVERSATION,
        in_contract=False,
    ),
    Example(
        endpoint="scheduling_conversations.create",
        title="only the ID, as cronofy-ruby expects",
        call=new(),
        request="POST /v1/scheduling_conversations",
        json=NEW,
        response={"scheduling_conversation": {"scheduling_conversation_id": "scv_1"}},
        result=SchedulingConversation(scheduling_conversation_id="scv_1"),
        in_contract=False,
    ),
    Example(
        endpoint="scheduling_conversations.lookup",
        call=lambda client: conversations(client).lookup("t/1"),
        request="GET /v1/scheduling_conversations?token=t%2F1",
        response={"participant": CONVERSATION_JSON["participants"][0], "scheduling_conversation": CONVERSATION_JSON},
        result=ConversationLookup(participant=CONVERSATION.participants[0], scheduling_conversation=CONVERSATION),
    ),
    Example(
        endpoint="scheduling_conversations.lookup",
        title="only the IDs, as cronofy-ruby expects",
        call=lambda client: conversations(client).lookup("t"),
        request="GET /v1/scheduling_conversations?token=t",
        response={
            "participant": {"participant_id": "@karl"},
            "scheduling_conversation": {"scheduling_conversation_id": "scv_1"},
        },
        result=ConversationLookup(
            participant=ConversationParticipant(participant_id="@karl"),
            scheduling_conversation=SchedulingConversation(scheduling_conversation_id="scv_1"),
        ),
        in_contract=False,
    ),
    Example(
        endpoint="scheduling_conversations.read",
        call=read,
        request="GET /v1/scheduling_conversations/scv_1",
        response=CONVERSATION_JSON,
        result=CONVERSATION,
    ),
    Example(
        endpoint="scheduling_conversations.read",
        title="in the envelope that cronofy-ruby expects",
        call=read,
        request="GET /v1/scheduling_conversations/scv_1",
        response={"scheduling_conversation": CONVERSATION_JSON},
        result=CONVERSATION,
        in_contract=False,
    ),
    Example(
        endpoint="scheduling_conversations.list_slots",
        call=lambda client: conversations(client).list_slots(CONVERSATION.participants[1]),
        request="GET /v1/scheduling_actions/act_1",
        response={"slots": [SLOT_JSON]},
        result=ConversationSlots(slots=(SLOT,)),
    ),
    Example(
        endpoint="scheduling_conversations.select_slots",
        call=lambda client: conversations(client).select_slots(CONVERSATION.participants[1], selected_slots=[SLOT]),
        request="POST /v1/scheduling_actions/act_2",
        json={"selected_slots": [{"slot_id": "slt_1"}]},
        response=CONVERSATION_JSON,
        result=CONVERSATION,
    ),
]

GRACE = ConversationParticipant(
    participant_id="@grace",
    sub="acc_1",
    email="grace@example.com",
    common_name="Grace",
    slots=ParticipantSlots(selection_method="auto"),
    slot_choice=SlotChoice(method="manual"),
    status="waiting",
    possible_actions={"slots_list": PossibleAction(url="https://x")},
)

MODELS: list[ModelExample] = [
    (SlotSelection("auto"), {"selection_method": "auto"}),
    (
        NewParticipant(
            participant_id="a",
            sub="b",
            email="c",
            common_name="d",
            managed_availability=True,
            slots=SlotSelection("manual"),
        ),
        {
            "participant_id": "a",
            "sub": "b",
            "email": "c",
            "common_name": "d",
            "managed_availability": True,
            "slots": {"selection_method": "manual"},
        },
    ),
    (
        ConversationLookup(
            participant=GRACE, scheduling_conversation=SchedulingConversation(scheduling_conversation_id="scv_1")
        ),
        {
            "participant": {
                "participant_id": "@grace",
                "sub": "acc_1",
                "email": "grace@example.com",
                "common_name": "Grace",
                "slots": {"selection_method": "auto"},
                "slot_choice": {"method": "manual"},
                "status": "waiting",
                "possible_actions": {"slots_list": {"url": "https://x"}},
            },
            "scheduling_conversation": {"scheduling_conversation_id": "scv_1"},
        },
    ),
    (PossibleAction(url="https://x", extra=EXTRA), {"url": "https://x", **EXTRA}),
    (
        SelectedSlot(start=START, end=END, slot_id="slt_1"),
        {"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z", "slot_id": "slt_1"},
    ),
    (
        ChosenSlot(start=START, end=END, available_slot_id="slt_1"),
        {"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z", "available_slot_id": "slt_1"},
    ),
    (
        ParticipantSlots(
            selection_method="auto", choice_method="manual", selected=(SelectedSlot(start=START, end=END),)
        ),
        {
            "selection_method": "auto",
            "choice_method": "manual",
            "selected": [{"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}],
        },
    ),
    (SlotChoice(method="manual"), {"method": "manual"}),
    (
        ConversationSlots(slots=(ConversationSlot(slot_id="slt_1", start=START, end=END),)),
        {"slots": [{"slot_id": "slt_1", "start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}]},
    ),
    (
        ConversationSlot(slot_id="slt_1", start=START, end=END),
        {"slot_id": "slt_1", "start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"},
    ),
    (ConversationPeriod(start=START, end=END), {"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}),
    (
        GRACE,
        {
            "participant_id": "@grace",
            "sub": "acc_1",
            "email": "grace@example.com",
            "common_name": "Grace",
            "slots": {"selection_method": "auto"},
            "slot_choice": {"method": "manual"},
            "status": "waiting",
            "possible_actions": {"slots_list": {"url": "https://x"}},
        },
    ),
    (
        SchedulingConversation(
            scheduling_conversation_id="scv_1",
            participants=(ConversationParticipant(status="complete"),),
            status="complete",
            tzid="Etc/UTC",
            subject="s",
            required_duration=Duration(minutes=30),
            available_periods=(ConversationPeriod(start=START, end=END),),
            chosen_slot=ChosenSlot(start=START, end=END),
            extra=EXTRA,
        ),
        {
            "scheduling_conversation_id": "scv_1",
            "participants": [{"status": "complete", "possible_actions": {}}],
            "status": "complete",
            "tzid": "Etc/UTC",
            "subject": "s",
            "required_duration": {"minutes": 30},
            "available_periods": [{"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}],
            "chosen_slot": {"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"},
            **EXTRA,
        },
    ),
]
