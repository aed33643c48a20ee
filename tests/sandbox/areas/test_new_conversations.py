"""Scheduling conversations that an application starts, and that other accounts join."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import pytest

from cronofy_async.sandbox import Account, Sandbox, SandboxError
from cronofy_async.sandbox.kernel.area import on_account_notification
from cronofy_async.sandbox.kernel.registry import REGISTRY

from ..support import NOW, Json, Reply, at, call, period

PATH = "/v1/scheduling_conversations"


def new(*participants: Json, **changes: Any) -> Json:
    return {
        "participants": list(participants),
        "required_duration": {"minutes": 60},
        "available_periods": [period(at(9), at(12))],
        **changes,
    }


async def create(sandbox: Sandbox, account: Account, body: Json) -> Json:
    reply = await call(sandbox, "POST", PATH, body, token=account.access_token)
    assert reply.status == 200, reply
    assert list(reply.json) == ["scheduling_conversation"]
    conversation: Json = reply.json["scheduling_conversation"]
    return conversation


async def lookup(sandbox: Sandbox, account: Account, token: str) -> Reply:
    return await call(sandbox, "GET", f"{PATH}?token={token}", token=account.access_token)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


@pytest.fixture
def bob(sandbox: Sandbox) -> Account:
    return sandbox.add_account("bob@example.com")


@pytest.fixture
def notified() -> Iterator[list[tuple[str, Mapping[str, Any]]]]:
    """Return the notifications for the channels of accounts."""
    seen: list[tuple[str, Mapping[str, Any]]] = []

    def listen(_: object, sub: str, notification: Mapping[str, Any]) -> None:
        seen.append((sub, notification))

    on_account_notification(listen)
    yield seen
    REGISTRY.account_listeners.remove(listen)


async def test_a_conversation_is_read_back(sandbox: Sandbox, ada: Account) -> None:
    body = new({"participant_id": "@ada", "sub": ada.sub}, {"participant_id": "@karl", "common_name": "Karl"})

    created = await create(sandbox, ada, body | {"tzid": "Europe/Berlin"})

    response = await call(sandbox, "GET", f"{PATH}/{created['scheduling_conversation_id']}", token=ada.access_token)
    assert response.json == created
    assert {name: created[name] for name in ("tzid", "required_duration", "available_periods", "status")} == {
        "tzid": "Europe/Berlin",
        "required_duration": {"minutes": 60},
        "available_periods": [period(at(9), at(12))],
        "status": "in_progress",
    }
    first, second = created["participants"]
    assert (first["slots"], first["status"]) == ({"selection_method": "auto"}, "waiting")
    assert (second["slots"], second["status"], second["common_name"]) == (
        {"selection_method": "manual"},
        "needs_action",
        "Karl",
    )


async def test_a_conversation_is_completed_over_the_api(sandbox: Sandbox, ada: Account) -> None:
    event = {"event_id": "review-1", "location": {"description": "Room 1"}}
    body = new({"sub": ada.sub}, {"email": "karl@example.com"}, subject="Review", event=event)
    created = await create(sandbox, ada, body)
    actions = created["participants"][1]["possible_actions"]
    listing, selecting = (actions[name]["url"].partition("sandbox.test")[2] for name in ("slots_list", "slots_select"))

    slots = (await call(sandbox, "GET", listing, token=ada.access_token)).json["slots"]
    chosen = {"selected_slots": [{"slot_id": slots[1]["slot_id"]}]}
    done = (await call(sandbox, "POST", selecting, chosen, token=ada.access_token)).json

    assert (done["status"], done["chosen_slot"]["start"]) == ("complete", slots[1]["start"])
    (written,) = ada.events
    assert (written.event_id, written.start) == ("review-1", at(10))
    assert written.details == {"summary": "Review", "tzid": "Etc/UTC", "location": {"description": "Room 1"}}


async def test_accounts_alone_complete_the_conversation_immediately(
    sandbox: Sandbox, ada: Account, bob: Account
) -> None:
    sandbox.add_busy(bob, at(9), at(10))

    created = await create(sandbox, ada, new({"sub": ada.sub}, {"sub": bob.sub}))

    assert (created["status"], created["chosen_slot"]["start"]) == ("complete", "2031-03-03T10:00:00Z")


async def test_managed_availability_can_be_requested(sandbox: Sandbox, ada: Account) -> None:
    organizer = {"sub": ada.sub, "managed_availability": True}

    created = await create(sandbox, ada, new(organizer, {"email": "karl@example.com"}))

    conversation = sandbox.scheduling_conversations.find(created["scheduling_conversation_id"])
    assert conversation.query["participants"] == [{"members": [organizer]}]


@pytest.mark.parametrize("name", ["selection_method", "choice_method"])
async def test_the_selection_method_can_be_given(sandbox: Sandbox, ada: Account, bob: Account, name: str) -> None:
    body = new({"sub": ada.sub, "slots": {name: "auto"}}, {"sub": bob.sub, "slots": {name: "manual"}})

    created = await create(sandbox, ada, body)

    assert [participant["slots"]["selection_method"] for participant in created["participants"]] == ["auto", "manual"]


async def test_everyone_selects_without_the_assumption() -> None:
    sandbox = Sandbox(now=NOW, assume={"accounts_select_automatically": False})
    ada = sandbox.add_account("ada@example.com")

    created = await create(sandbox, ada, new({"sub": ada.sub}, {"email": "karl@example.com"}))

    assert [participant["status"] for participant in created["participants"]] == ["needs_action", "waiting"]


# Joining.


async def test_a_joining_account_is_looked_up_by_token(sandbox: Sandbox, ada: Account, bob: Account) -> None:
    created = await create(sandbox, ada, new({"sub": ada.sub}, {"participant_id": "@bob"}))
    ident = created["scheduling_conversation_id"]
    assert (await call(sandbox, "GET", f"{PATH}/{ident}", token=bob.access_token)).status == 404

    token = sandbox.scheduling_conversations.join(ident, bob)

    body = (await lookup(sandbox, bob, token)).json
    assert (body["participant"]["participant_id"], body["participant"]["sub"]) == ("@bob", bob.sub)
    assert (await call(sandbox, "GET", f"{PATH}/{ident}", token=bob.access_token)).json == (
        body["scheduling_conversation"]
    )
    assert body["participant"] == body["scheduling_conversation"]["participants"][1]
    assert (await lookup(sandbox, ada, token)).json == body
    slot = sandbox.scheduling_conversations.select(ident)
    assert [event.start for event in bob.events] == [slot.start]


async def test_invalid_join_tokens(sandbox: Sandbox, ada: Account, bob: Account) -> None:
    created = await create(sandbox, ada, new({"sub": ada.sub}, {"participant_id": "@bob"}))
    token = sandbox.scheduling_conversations.join(created["scheduling_conversation_id"], bob.sub)
    eve = sandbox.add_account("eve@example.com")

    assert (await lookup(sandbox, bob, "x")).status == 404
    assert (await lookup(sandbox, eve, token)).status == 404
    assert (await lookup(sandbox, bob, "")).errors == {"token": "errors.required"}
    assert (await call(sandbox, "GET", PATH, token=bob.access_token)).errors == {"token": "errors.required"}
    assert (await call(sandbox, "GET", f"{PATH}?token={token}")).status == 403
    assert token not in repr(sandbox.scheduling_conversations.all())


async def test_only_participants_without_an_account_can_join(sandbox: Sandbox, ada: Account, bob: Account) -> None:
    created = await create(sandbox, ada, new({"participant_id": "@ada"}, {"email": "karl@example.com"}))
    ident = created["scheduling_conversation_id"]

    for participant in ("@bob", "bob@example.com"):
        with pytest.raises(SandboxError, match="no such participant without an account"):
            sandbox.scheduling_conversations.join(ident, bob, participant=participant)
    with pytest.raises(SandboxError, match="no account acc_0"):
        sandbox.scheduling_conversations.join(ident, "acc_0")
    sandbox.scheduling_conversations.join(ident, bob, participant="karl@example.com")
    sandbox.scheduling_conversations.join(ident, ada)
    with pytest.raises(SandboxError, match="no such participant without an account"):
        sandbox.scheduling_conversations.join(ident, bob)
    assert [participant.sub for participant in sandbox.scheduling_conversations.find(ident).participants] == [
        ada.sub,
        bob.sub,
    ]


async def test_accounts_are_notified(
    sandbox: Sandbox, ada: Account, bob: Account, notified: list[tuple[str, Mapping[str, Any]]]
) -> None:
    created = await create(sandbox, ada, new({"sub": ada.sub}, {"participant_id": "@bob"}))
    ident = created["scheduling_conversation_id"]
    sandbox.scheduling_conversations.join(ident, bob)
    sandbox.scheduling_conversations.select(ident)

    assert [(sub, notification["type"].rpartition("_")[2]) for sub, notification in notified] == [
        (ada.sub, "joined"),
        (bob.sub, "joined"),
        (ada.sub, "updated"),
        (bob.sub, "updated"),
    ]
    assert notified[0][1] == {"type": "scheduling_conversation_joined", "scheduling_conversation_id": ident}


async def test_conversations_survive_a_snapshot(sandbox: Sandbox, ada: Account, bob: Account) -> None:
    created = await create(sandbox, ada, new({"sub": ada.sub}, {"participant_id": "@bob"}, event={"color": "#00ff00"}))
    token = sandbox.scheduling_conversations.join(created["scheduling_conversation_id"], bob)
    before = (await lookup(sandbox, bob, token)).json

    other = Sandbox(now=NOW)
    other.restore(json.loads(json.dumps(sandbox.snapshot())))

    assert (await lookup(other, bob, token)).json == before
