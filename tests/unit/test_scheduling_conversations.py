from __future__ import annotations

from typing import Any

import pytest

from cronofy_async import Tokens, from_dict
from cronofy_async.models import ConversationParticipant, SchedulingConversation
from cronofy_async.times import Duration

from .support import answer, client
from .virtual_clock import VirtualClock

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


@pytest.mark.parametrize("body", [BODY, {"scheduling_conversation": BODY}])
async def test_reading_one_bare_or_wrapped(clock: VirtualClock, body: Any) -> None:
    seen: list[tuple[str, str]] = []

    def handler(request: Any) -> Any:
        seen.append((request.target, request.headers["Authorization"]))
        return answer(body)

    account = client(handler, clock).account(Tokens(access_token="at", sub="acc_1"))
    async with clock.auto():
        conversation = await account.scheduling_conversations.read("scv_1")
    assert seen == [("/v1/scheduling_conversations/scv_1", "Bearer at")]
    assert (conversation.id, conversation.is_complete, conversation.required_duration) == (
        "scv_1",
        False,
        Duration(minutes=60),
    )
    assert from_dict(SchedulingConversation, BODY | {"status": "complete"}).is_complete


@pytest.mark.parametrize(
    ("name", "index"),
    [("acc_2", 0), ("acc_1", 0), ("grace@example.com", 0), ("karl@example.com", 1), ("scv@example.com", 2)],
)
def test_participants_by_id_then_sub_then_email(name: str, index: int) -> None:
    conversation = from_dict(SchedulingConversation, BODY)
    assert conversation.participant(name) == conversation.participants[index]


def test_nobody_by_that_name() -> None:
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
def test_how_somebody_chooses(how: dict[str, Any], method: str | None) -> None:
    karl = from_dict(ConversationParticipant, KARL | how)
    assert karl.selection_method == method
    assert karl.selected == ()


def test_what_somebody_selected() -> None:
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
