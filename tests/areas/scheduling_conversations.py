"""Examples of scheduling conversations."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import pytest

from cronofy_async import CronofyClient, DecodeError, from_dict
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

from .example import END, EXTRA, START, Example, ModelExample, answering, sent

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
                "slots_list": PossibleAction(url="https://api.cronofy.com/v1/sche1"),
                "slots_select": PossibleAction(url="https://api.cronofy.com/v1/sche2"),
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
                "slots_list": {"url": "https://api.cronofy.com/v1/sche1"},
                "slots_select": {"url": "https://api.cronofy.com/v1/sche2"},
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
        request="GET /v1/sche1",
        response={"slots": [SLOT_JSON]},
        result=ConversationSlots(slots=(SLOT,)),
        in_contract=False,  # the docs give no path
    ),
    Example(
        endpoint="scheduling_conversations.select_slots",
        call=lambda client: conversations(client).select_slots(CONVERSATION.participants[1], selected_slots=[SLOT]),
        request="POST /v1/sche2",
        json={"selected_slots": [{"slot_id": "slt_1"}]},
        response=CONVERSATION_JSON,
        result=CONVERSATION,
        in_contract=False,  # the docs give no path
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


KARL: dict[str, Any] = {"participant_id": "@karl", "status": "needs_action", "possible_actions": {}}
BODY: dict[str, Any] = {
    "scheduling_conversation_id": "scv_1",
    "participants": [
        {"participant_id": "acc_2", "sub": "acc_1", "email": "grace@example.com", "status": "waiting"},
        {"participant_id": "", "sub": "acc_2", "email": "karl@example.com", "status": "complete"},
        {"email": "scv@example.com", "status": "brand_new"},
    ],
    "required_duration": {"minutes": 60},
    "status": "in_progress",
}


async def test_slots_are_listed_and_selected_by_action_and_by_id() -> None:
    client, transport = answering({"slots": []})
    await conversations(client).list_slots(PossibleAction(url="https://api.cronofy.com/v1/opaque?a=b"))
    assert transport.requests[0].target == "/v1/opaque?a=b"

    client, transport = answering(CONVERSATION_JSON)
    action = CONVERSATION.participants[1].possible_actions["slots_select"]
    await conversations(client).select_slots(action, selected_slots={"slt_1"})
    assert json.loads(transport.requests[0].body or b"") == {"selected_slots": [{"slot_id": "slt_1"}]}


Action: TypeAlias = Callable[[SchedulingConversations], object]
IMPOSSIBLE: list[tuple[type[Exception], str, Action]] = [
    (ValueError, "action: slots_list is not possible", lambda it: it.list_slots(CONVERSATION.participants[0])),
    (ValueError, "action: slots_list is not possible", lambda it: it.list_slots(PossibleAction(url=""))),
    (DecodeError, "is not followed", lambda it: it.list_slots(PossibleAction(url="https://evil.test/v1/x"))),
    (
        ValueError,
        "selected_slots: expected an iterable",
        lambda it: it.select_slots(CONVERSATION.participants[1], selected_slots="slt_1"),
    ),
]


@pytest.mark.parametrize(
    ("error", "message", "call"), IMPOSSIBLE, ids=["no action", "no url", "another host", "one string"]
)
def test_an_action_that_cannot_be_taken_is_an_error_before_anything_is_sent(
    error: type[Exception], message: str, call: Action
) -> None:
    client, transport = answering({})

    with pytest.raises(error, match=message):
        call(conversations(client))

    assert transport.requests == []


async def test_the_account_signs_the_request() -> None:
    client, transport = answering(CONVERSATION_JSON)

    _, request = await sent(read(client), transport)

    assert request.headers["Authorization"] == "Bearer at"


def test_a_conversation_is_complete_by_its_status() -> None:
    assert not from_dict(SchedulingConversation, BODY).is_complete
    assert from_dict(SchedulingConversation, BODY | {"status": "complete"}).is_complete
    assert CONVERSATION.id == "scv_1"


@pytest.mark.parametrize(
    ("name", "index"),
    [("acc_2", 0), ("acc_1", 0), ("grace@example.com", 0), ("karl@example.com", 1), ("scv@example.com", 2)],
)
def test_participants_by_id_then_sub_then_email(name: str, index: int) -> None:
    conversation = from_dict(SchedulingConversation, BODY)
    assert conversation.participant(name) == conversation.participants[index]


def test_an_unknown_participant_is_none() -> None:
    conversation = from_dict(SchedulingConversation, BODY)
    assert conversation.participant("") is None
    assert conversation.participant("else") is None


@pytest.mark.parametrize(
    ("how", "method"),
    [
        ({}, None),
        ({"slots": {}}, None),
        ({"slots": None, "slot_choice": None}, None),
        ({"slots": {"selection_method": "auto"}}, "auto"),
        ({"slots": {"choice_method": "manual"}}, "manual"),
        ({"slot_choice": {"method": "manual"}}, "manual"),
        ({"slots": {"selection_method": "by_dice"}, "slot_choice": {"method": "manual"}}, "by_dice"),
    ],
)
def test_the_selection_method_is_read_from_either_form(how: dict[str, Any], method: str | None) -> None:
    karl = from_dict(ConversationParticipant, KARL | how)
    assert karl.selection_method == method
    assert karl.selected == ()


def test_selected_slots_are_read() -> None:
    slot = {"slot_id": "slt_1", "start": "2031-03-03T09:00:00Z", "end": "2031-03-03T09:30:00Z"}
    karl = from_dict(ConversationParticipant, KARL | {"slots": {"selected": [slot]}})
    assert [one.slot_id for one in karl.selected] == ["slt_1"]


def test_actions_known_and_unknown() -> None:
    actions = {"slots_list": {"url": ""}, "slots_select": {"url": "https://x"}, "slots_dream": {"url": "https://y"}}
    karl = from_dict(ConversationParticipant, KARL | {"possible_actions": actions})
    assert karl.slots_list is not None
    assert karl.slots_list.url is None
    assert karl.slots_select is not None
    assert karl.slots_select.url == "https://x"
    assert karl.possible_actions["slots_dream"].url == "https://y"
    assert "https" not in repr(karl)
    assert from_dict(ConversationParticipant, KARL).slots_list is None


DAY = {"start": "2030-02-01T09:30:00Z", "end": "2030-02-02T09:30:00Z"}
LATE = {"start": "2030-03-01T09:30:00Z", "end": "2030-03-08T09:31:00Z"}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"participants": []}, "participants: must be an array of at least one item"),
    ({"participants": None}, "participants: must be an array of at least one item"),
    ({"participants": ["@grace"]}, r"participants\[0\]: needs a participant_id, sub or email"),
    (
        {"participants": [NewParticipant(sub="acc_1"), NewParticipant(common_name="Karl")]},
        r"participants\[1\]: needs a participant_id, sub or email",
    ),
    ({"required_duration": timedelta()}, "required_duration: must be greater than zero"),
    ({"required_duration": {"hours": 0, "minutes": 0}}, "required_duration: must be greater than zero"),
    ({"available_periods": []}, "available_periods: must be an array of at least one item"),
    ({"available_periods": [DAY] * 51}, "available_periods: must have at most 50 periods, got 51"),
    (
        {"available_periods": [DAY, (START, START + timedelta(seconds=59))]},
        r"available_periods\[1\].end: must be at least one minute after the start",
    ),
    ({"available_periods": [LATE, DAY]}, r"available_periods\[0\].end: must be within 35 days of the earliest start"),
    ({"available_periods": [(START, END.replace(tzinfo=None))]}, r"available_periods\[0\].end: .* has no time zone"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_a_broken_rule_is_an_error_before_anything_is_sent(changes: dict[str, Any], message: str) -> None:
    client, transport = answering({})

    with pytest.raises(ValueError, match=message):
        new(**changes)(client)

    assert transport.requests == []


@pytest.mark.parametrize(
    "changes",
    [
        {"available_periods": [DAY] * 50},
        {"available_periods": [DAY, {"start": LATE["start"], "end": "2030-03-08T09:30:00Z"}]},
        {"available_periods": [{"start": "soon", "end": DAY["end"]}, {"end": None}, None]},
        {"required_duration": None},
    ],
)
def test_what_is_not_certainly_wrong_is_sent(changes: dict[str, Any]) -> None:
    new(**changes)(answering({})[0]).close()


def test_a_token_is_needed() -> None:
    with pytest.raises(ValueError, match="token: must not be empty"):
        _ = conversations(answering({})[0]).lookup("")
