"""Scheduling conversations: invalid arguments, and how participants are found."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeAlias

import pytest

from cronofy_async import DecodeError, from_dict
from cronofy_async.models import (
    ConversationParticipant,
    NewParticipant,
    PossibleAction,
    SchedulingConversation,
)
from cronofy_async.resources.scheduling_conversations import SchedulingConversations

from .example import END, START, answering, sent
from .scheduling_conversations import CONVERSATION, CONVERSATION_JSON, conversations, new, read

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
    (
        ValueError,
        "action: slots_list is not possible",
        lambda resource: resource.list_slots(CONVERSATION.participants[0]),
    ),
    (ValueError, "action: slots_list is not possible", lambda resource: resource.list_slots(PossibleAction(url=""))),
    (
        DecodeError,
        "was not followed",
        lambda resource: resource.list_slots(PossibleAction(url="https://evil.test/v1/x")),
    ),
    (
        ValueError,
        "selected_slots: expected an iterable",
        lambda resource: resource.select_slots(CONVERSATION.participants[1], selected_slots="slt_1"),
    ),
]


@pytest.mark.parametrize(
    ("error", "message", "call"), IMPOSSIBLE, ids=["no action", "no url", "another host", "one string"]
)
def test_an_unavailable_action_raises_before_a_request_is_sent(
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


def test_is_complete_depends_on_the_status() -> None:
    assert not from_dict(SchedulingConversation, BODY).is_complete
    assert from_dict(SchedulingConversation, BODY | {"status": "complete"}).is_complete
    assert CONVERSATION.id == "scv_1"


@pytest.mark.parametrize(
    ("name", "index"),
    [("acc_2", 0), ("acc_1", 0), ("grace@example.com", 0), ("karl@example.com", 1), ("scv@example.com", 2)],
)
def test_participants_are_found_by_id_then_sub_then_email(name: str, index: int) -> None:
    conversation = from_dict(SchedulingConversation, BODY)
    assert conversation.participant(name) == conversation.participants[index]


def test_an_unknown_participant_is_none() -> None:
    conversation = from_dict(SchedulingConversation, BODY)
    assert conversation.participant("") is None
    assert conversation.participant("else") is None


@pytest.mark.parametrize(
    ("members", "method"),
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
def test_both_forms_of_the_selection_method_are_read(members: dict[str, Any], method: str | None) -> None:
    karl = from_dict(ConversationParticipant, KARL | members)
    assert karl.selection_method == method
    assert karl.selected == ()


def test_selected_slots_are_read() -> None:
    slot = {"slot_id": "slt_1", "start": "2031-03-03T09:00:00Z", "end": "2031-03-03T09:30:00Z"}
    karl = from_dict(ConversationParticipant, KARL | {"slots": {"selected": [slot]}})
    assert [selected.slot_id for selected in karl.selected] == ["slt_1"]


def test_known_and_unknown_actions() -> None:
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
def test_an_invalid_argument_raises_before_a_request_is_sent(changes: dict[str, Any], message: str) -> None:
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
def test_undocumented_values_are_sent(changes: dict[str, Any]) -> None:
    new(**changes)(answering({})[0]).close()


def test_a_token_is_required() -> None:
    with pytest.raises(ValueError, match="token: must not be empty"):
        _ = conversations(answering({})[0]).lookup("")
