"""Scheduling conversations, over real sockets and without the SDK."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import attrs
import pytest

from cronofy_async.sandbox import Account, Conversation, Participant, Sandbox, SandboxError
from cronofy_async.sandbox.kernel.contract.contract import contract

from ..support import NOW, Json, Reply, at, call, text

PATH = "/v1/scheduling_conversations"
READ = contract().operations["scheduling_conversations.read"]
KARL = Participant(participant_id="@karl", common_name="Karl Cramer")

# The examples of the documentation: missing braces and URLs are added to one, an extra comma is removed from the other.
PAGE = """
{
  "scheduling_conversation_id": "scv_5b45cfabef723e0913f3323f",
  "participants": [
    {
      "participant_id": "@grace",
      "sub": "acc_5ba21743f408617d1269ea1e",
      "email": "",
      "common_name": "Grace Devlin",
      "slots": {"selection_method": "auto"},
      "status": "waiting",
      "possible_actions": {}
    },
    {
      "participant_id": "@karl",
      "common_name": "Karl Cramer",
      "slot_choice": {"method": "manual"},
      "status": "needs_action",
      "possible_actions": {
        "slots_list": {"url": "https://api.cronofy.com/v1/sche..."},
        "slots_select": {"url": "https://api.cronofy.com/v1/sche..."}
      }
    }
  ],
  "tzid": "America/Chicago",
  "required_duration": {"minutes": 60},
  "available_periods": [{"start": "2024-05-21T09:00:00Z", "end": "2024-05-21T18:00:00Z"}],
  "status": "in_progress"
}
"""
NEWER = PAGE.replace('"email": ""', '"email": "grace@company.com"').replace("2024-05-21", "2026-05-02")


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com", "Ada Lovelace")


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def fetch(http: aiohttp.ClientSession, url: str, account: Account, body: Json | None = None) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {account.access_token}"}
    async with http.request("GET" if body is None else "POST", url, json=body, headers=headers) as answer:
        return answer.status, await answer.json() if answer.content_length else None


async def read(sandbox: Sandbox, conversation: Conversation, account: Account) -> Reply:
    return await call(sandbox, "GET", f"{PATH}/{conversation.id}", token=account.access_token)


def actions(conversation: Json, index: int) -> list[str]:
    return [action["url"] for action in conversation["participants"][index]["possible_actions"].values()]


# Documented behavior.


@pytest.mark.parametrize("example", [PAGE, NEWER], ids=["page", "newer page"])
@pytest.mark.parametrize("envelope", [False, True])
def test_documented_responses_match_the_contract(example: str, envelope: bool) -> None:
    body = f'{{"scheduling_conversation": {example}}}' if envelope else example
    READ.check_response(200, body.encode())
    with pytest.raises(ValueError, match="not valid"):
        READ.check_response(200, body.replace("needs_action", "sleeps").encode())


async def test_a_conversation_matches_the_documented_example(sandbox: Sandbox) -> None:
    """The example of the documentation, except for IDs and URLs."""
    grace = sandbox.add_account("grace@company.com")
    organizer = Participant(
        participant_id="@grace",
        sub=grace.sub,
        email=grace.email,
        common_name="Grace Devlin",
        selection_method="auto",
    )
    conversation = sandbox.scheduling_conversations.add(
        [organizer, KARL],
        periods=[(at(9), at(18))],
        duration=timedelta(minutes=60),
        tzid="America/Chicago",
        created_by=grace,
    )
    expected = json.loads(NEWER.replace("2026-05-02", "2031-03-03"))
    expected["scheduling_conversation_id"] = conversation.id
    expected["participants"][0]["sub"] = grace.sub
    karl = expected["participants"][1]
    karl["slots"] = {"selection_method": karl.pop("slot_choice")["method"]}

    reply = await read(sandbox, conversation, grace)
    assert reply.status == 200
    shown_actions = reply.json["participants"][1]["possible_actions"]
    assert list(shown_actions) == ["slots_list", "slots_select"]
    karl["possible_actions"] = shown_actions
    assert reply.json == expected


async def test_a_conversation_progresses_as_documented(
    sandbox: Sandbox, ada: Account, http: aiohttp.ClientSession
) -> None:
    """Read, follow the URLs, list, select: over HTTP."""
    conversation = sandbox.scheduling_conversations.add([ada, KARL], periods=[(at(9), at(11))], subject="Review")
    async with sandbox.serve() as url:
        status, rendered = await fetch(http, f"{url}{PATH}/{conversation.id}", ada)
        assert (status, rendered["status"]) == (200, "in_progress")
        assert [participant["status"] for participant in rendered["participants"]] == ["waiting", "needs_action"]
        listing, selecting = actions(rendered, 1)
        assert listing.startswith(f"{url}/v1/sche")
        assert selecting.startswith(f"{url}/v1/sche")
        assert listing != selecting
        assert conversation.id not in listing + selecting

        status, slots = await fetch(http, listing, ada)
        assert status == 200
        assert [(slot["start"], slot["end"]) for slot in slots["slots"]] == [
            (text(at(9)), text(at(10))),
            (text(at(10)), text(at(11))),
        ]
        assert (await fetch(http, listing, ada))[1] == slots
        second = slots["slots"][1]
        status, after = await fetch(http, selecting, ada, {"selected_slots": [{"slot_id": second["slot_id"]}]})
        assert status == 200
        assert (await fetch(http, f"{url}{PATH}/{conversation.id}", ada)) == (200, after)

    assert after["status"] == "complete"
    assert [participant["status"] for participant in after["participants"]] == ["complete", "complete"]
    assert [participant["possible_actions"] for participant in after["participants"]] == [{}, {}]
    assert after["participants"][0]["slots"] == {"selection_method": "auto"}
    assert after["participants"][1]["slots"] == {"selection_method": "manual", "selected": [second]}
    assert after["chosen_slot"] == {
        "available_slot_id": second["slot_id"],
        "start": second["start"],
        "end": second["end"],
    }
    (event,) = ada.events
    assert (event.start, event.end) == (at(10), at(11))
    assert event.details == {"summary": "Review", "tzid": "Etc/UTC"}
    for method, url in (("GET", listing), ("POST", selecting)):
        path = url.partition("/v1/")[2]
        body = {"selected_slots": [{"slot_id": second["slot_id"]}]} if method == "POST" else None
        assert (await call(sandbox, method, f"/v1/{path}", body, token=ada.access_token)).status == 404


async def test_only_offered_slots_can_be_selected(sandbox: Sandbox, ada: Account) -> None:
    conversation = sandbox.scheduling_conversations.add([ada, KARL])
    rendered = (await read(sandbox, conversation, ada)).json
    listing, selecting = (url.partition("/v1/")[2] for url in actions(rendered, 1))
    wrong: list[tuple[Json, Json]] = [
        ({"selected_slots": [{"slot_id": "slt_0"}]}, {"selected_slots[0].slot_id": "errors.invalid"}),
        ({"selected_slots": [{}]}, {"selected_slots[0].slot_id": "errors.required"}),
        ({"selected_slots": []}, {"selected_slots": "errors.invalid"}),
        ({"selected_slots": [{"slot_id": "slt_0"}] * 2}, {"selected_slots": "errors.invalid"}),
        ({}, {"selected_slots": "errors.required"}),
    ]
    for body, expected in wrong:
        reply = await call(sandbox, "POST", f"/v1/{selecting}", body, token=ada.access_token)
        assert reply.errors == expected
    body = {"selected_slots": [{"slot_id": "slt_0"}]}
    assert (await call(sandbox, "GET", f"/v1/{selecting}", token=ada.access_token)).status == 404
    assert (await call(sandbox, "POST", f"/v1/{listing}", body, token=ada.access_token)).status == 404
    assert conversation.status == "in_progress"


async def test_an_unavailable_slot_cannot_be_selected(sandbox: Sandbox, ada: Account) -> None:
    conversation = sandbox.scheduling_conversations.add([ada, KARL], periods=[(at(9), at(11))])
    first, second = sandbox.scheduling_conversations.slots(conversation)
    sandbox.add_busy(ada, at(9), at(10))
    assert sandbox.scheduling_conversations.slots(conversation) == [second]  # which keeps its id
    rendered = (await read(sandbox, conversation, ada)).json
    selecting = actions(rendered, 1)[1].partition("/v1/")[2]
    body = {"selected_slots": [{"slot_id": first.slot_id}]}
    reply = await call(sandbox, "POST", f"/v1/{selecting}", body, token=ada.access_token)
    assert reply.errors == {"selected_slots[0].slot_id": "errors.invalid"}


# Access.


async def test_only_participants_and_the_creator_may_read_a_conversation(sandbox: Sandbox, ada: Account) -> None:
    bob, eve, maker = (sandbox.add_account(f"{name}@example.com") for name in ("bob", "eve", "maker"))
    conversation = sandbox.scheduling_conversations.add([ada, bob], created_by=maker)
    listing = actions((await read(sandbox, conversation, ada)).json, 1)[0].partition("/v1/")[2]
    for account, expected in ((ada, 200), (bob, 200), (maker, 200), (eve, 404)):
        assert (await read(sandbox, conversation, account)).status == expected
        assert (await call(sandbox, "GET", f"/v1/{listing}", token=account.access_token)).status == expected
    assert (await call(sandbox, "GET", f"{PATH}/scv_0", token=ada.access_token)).status == 404
    assert (await call(sandbox, "GET", f"{PATH}/{conversation.id}")).status == 403
    assert (await call(sandbox, "GET", f"{PATH}/{conversation.id}", token=None)).status == 401


async def test_private_conversations_can_be_switched_off() -> None:
    sandbox = Sandbox(now=NOW, assume={"conversations_are_private": False})
    conversation = sandbox.scheduling_conversations.add([sandbox.add_account("ada@example.com"), KARL])
    eve = sandbox.add_account("eve@example.com")
    assert (await read(sandbox, conversation, eve)).status == 200


# Assumed formats.


async def test_conversations_may_have_an_envelope() -> None:
    sandbox = Sandbox(now=NOW, assume={"conversations_are_bare": False})
    ada = sandbox.add_account("ada@example.com")
    conversation = sandbox.scheduling_conversations.add([ada, KARL])
    rendered = (await read(sandbox, conversation, ada)).json
    assert list(rendered) == ["scheduling_conversation"]
    assert rendered["scheduling_conversation"]["scheduling_conversation_id"] == conversation.id
    selecting = actions(rendered["scheduling_conversation"], 1)[1].partition("/v1/")[2]
    slot = sandbox.scheduling_conversations.slots(conversation)[0]
    body = {"selected_slots": [{"slot_id": slot.slot_id}]}
    reply = await call(sandbox, "POST", f"/v1/{selecting}", body, token=ada.access_token)
    assert reply.json["scheduling_conversation"]["status"] == "complete"


async def test_the_selection_method_may_be_in_slot_choice() -> None:
    sandbox = Sandbox(now=NOW, assume={"selection_method_is_in_slots": False})
    ada = sandbox.add_account("ada@example.com")
    conversation = sandbox.scheduling_conversations.add([ada, KARL])
    body = (await read(sandbox, conversation, ada)).json["participants"]
    assert [item.get("slots") for item in body] == [{"selection_method": "auto"}, None]
    assert [item.get("slot_choice") for item in body] == [None, {"method": "manual"}]
    slot = sandbox.scheduling_conversations.select(conversation)
    body = (await read(sandbox, conversation, ada)).json["participants"]
    assert [item["slot_id"] for item in body[1]["slots"]["selected"]] == [slot.slot_id]
    assert list(body[1]["slots"]) == ["selected"]


# From Python.


async def test_conversations_are_added_and_found(sandbox: Sandbox, ada: Account) -> None:
    bob = sandbox.add_account("bob@example.com", "Bob")
    conversation = sandbox.scheduling_conversations.add([ada, bob])
    assert sandbox.scheduling_conversations.all() == [conversation]
    body = (await read(sandbox, conversation, bob)).json
    assert [participant["slots"]["selection_method"] for participant in body["participants"]] == ["auto", "manual"]
    assert [participant["common_name"] for participant in body["participants"]] == ["Ada Lovelace", "Bob"]
    assert body["available_periods"] == [{"start": text(at(9, day=4)), "end": text(at(18, day=4))}]
    offered = sandbox.scheduling_conversations.slots(conversation.id)
    assert len(offered) == 9
    with pytest.raises(SandboxError, match=r"offers no slot that starts at .*09:30.*It offers 9 slots"):
        sandbox.scheduling_conversations.select(conversation, at(9, 30, day=4))
    with pytest.raises(ValueError, match="start: must have a time zone"):
        sandbox.scheduling_conversations.select(conversation, at(9, day=4).replace(tzinfo=None))
    assert (
        sandbox.scheduling_conversations.select(conversation, at(11, day=4)) == offered[2] == conversation.chosen_slot
    )
    assert [account.start for account in ada.events + bob.events] == [at(11, day=4)] * 2
    assert sandbox.scheduling_conversations.slots(conversation) == []
    with pytest.raises(SandboxError, match="is complete, and no participant is waiting"):
        sandbox.scheduling_conversations.select(conversation)


def test_a_conversation_is_found_by_id_or_model(sandbox: Sandbox, ada: Account) -> None:
    @attrs.frozen
    class OfTheSdk:
        scheduling_conversation_id: str

    conversation = sandbox.scheduling_conversations.add([ada, KARL])
    for name in (conversation, conversation.id, OfTheSdk(conversation.id)):
        assert sandbox.scheduling_conversations.find(name) is conversation
    for nothing in ("scv_0", None, OfTheSdk("scv_0")):
        with pytest.raises(SandboxError, match="no such conversation"):
            sandbox.scheduling_conversations.find(nothing)


def test_participants_select_one_after_the_other(sandbox: Sandbox, ada: Account) -> None:
    """Later participants choose among the slots that earlier ones selected."""
    organizer = Participant(sub=ada.sub)
    conversation = sandbox.scheduling_conversations.add([organizer, KARL], created_by=ada)
    first, second = conversation.participants
    assert conversation.next_participant is first
    chosen = sandbox.scheduling_conversations.select(conversation, at(11, day=4))
    assert (conversation.status, conversation.next_participant) == ("in_progress", second)
    assert [conversation.status_of(item) for item in (first, second)] == ["waiting", "needs_action"]
    assert sandbox.scheduling_conversations.slots(conversation) == [chosen]
    assert sandbox.scheduling_conversations.select(conversation) == chosen
    assert conversation.chosen_slot == chosen
    assert [conversation.status_of(item) for item in (first, second)] == ["complete", "complete"]


def test_availability_selects_for_automatic_participants(sandbox: Sandbox, ada: Account) -> None:
    bob = sandbox.add_account("bob@example.com")
    sandbox.add_busy(ada, at(9), at(10))
    sandbox.add_busy(bob, at(10), at(11))
    participants = [Participant(sub=account.sub, selection_method="auto") for account in (ada, bob)]
    conversation = sandbox.scheduling_conversations.add(participants, periods=[(at(9), at(12))], created_by=ada)
    assert conversation.chosen_slot is not None
    assert conversation.chosen_slot.start == at(11)
    busy = sandbox.scheduling_conversations.add(participants, periods=[(at(9), at(12))], created_by=ada)
    assert (busy.status, busy.next_participant) == ("in_progress", None)
    assert [busy.status_of(participant) for participant in busy.participants] == ["waiting", "waiting"]
    with pytest.raises(SandboxError, match="is in_progress, and no participant is waiting"):
        sandbox.scheduling_conversations.select(busy)


def test_selecting_without_slots_is_an_error(sandbox: Sandbox, ada: Account) -> None:
    conversation = sandbox.scheduling_conversations.add([ada, KARL], periods=[(at(9), at(10))])
    sandbox.clock.advance(hours=3)
    with pytest.raises(SandboxError, match=r"offers no slot. It offers 0 slots"):
        sandbox.scheduling_conversations.select(conversation)


def test_a_participant_can_be_in_several(sandbox: Sandbox, ada: Account) -> None:
    first, second = (sandbox.scheduling_conversations.add([ada, KARL]) for _ in range(2))
    sandbox.scheduling_conversations.select(first)
    assert (first.status, second.status) == ("complete", "in_progress")
    assert KARL.selected == []


def test_invalid_participants(sandbox: Sandbox, ada: Account) -> None:
    with pytest.raises(ValueError, match="each needs a participant_id, sub or email"):
        Participant(common_name="Nobody")
    for participants in ([], [KARL]):
        with pytest.raises(ValueError, match="at least one must be an account"):
            sandbox.scheduling_conversations.add(participants)
    with pytest.raises(ValueError, match="at least one must be an account"):
        sandbox.scheduling_conversations.add([], created_by=ada)
    with pytest.raises(ValueError, match="duration: must be at least one minute"):
        sandbox.scheduling_conversations.add([ada, KARL], duration=timedelta(seconds=59))
    with pytest.raises(ValueError, match="end: must be after"):
        sandbox.scheduling_conversations.add([ada, KARL], periods=[(at(9), at(9))])
    assert sandbox.scheduling_conversations.all() == []


async def test_action_tokens_are_hidden(sandbox: Sandbox, ada: Account) -> None:
    conversation = sandbox.scheduling_conversations.add([ada, KARL])
    for url in actions((await read(sandbox, conversation, ada)).json, 1):
        assert url.rpartition("/")[2] not in repr(conversation)
