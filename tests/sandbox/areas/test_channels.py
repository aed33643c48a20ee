"""Channels: creating, listing, and closing them, and which notifications they send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cronofy_async.sandbox import Account, Sandbox, SandboxError

from ..support import NOW, Json, at, call, text
from .channels import HOOK, Hook, close, create, list_channels
from .connecting import connect
from .events import delete, read, upsert

BROKEN = [("an_account_has_at_most_128_channels", "callback_url", "errors.too_many_channels")]
CONVERSATIONS: Json = {"scheduling_conversations": {"enabled": True}}


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com", calendars=2)


@pytest.fixture
def hook(sandbox: Sandbox) -> Hook:
    return Hook(sandbox)


# Creating, listing, closing.


async def test_a_channel_is_created_and_verified(sandbox: Sandbox, ada: Account, hook: Hook) -> None:
    reply = await create(sandbox, ada)

    channel = reply.json["channel"]
    assert reply.status == 200
    assert channel["channel_id"].startswith("chn_")
    assert channel | {"channel_id": ""} == {
        "channel_id": "",
        "callback_url": HOOK,
        "filters": {},
        "scheduling_conversations": {},
    }
    await sandbox.wait_for_callbacks()
    assert hook.seen == [{"url": HOOK, "notification": {"type": "verification"}, "channel": channel}]
    assert await list_channels(sandbox, ada) == [channel]


async def test_a_channel_shows_the_filters_that_were_set(sandbox: Sandbox, ada: Account) -> None:
    filters = {"calendar_ids": ["cal_1"], "only_managed": False}

    channel = (await create(sandbox, ada, filters=filters, **CONVERSATIONS)).json["channel"]

    assert (channel["filters"], channel["scheduling_conversations"]) == (filters, {"enabled": True})


async def test_the_same_request_returns_the_same_channel(sandbox: Sandbox, ada: Account, hook: Hook) -> None:
    filters = {"calendar_ids": ["cal_1", "cal_2"]}
    first = await create(sandbox, ada, filters=filters)
    assert await hook.types() == ["verification"]

    again = await create(sandbox, ada, filters={"calendar_ids": ["cal_2", "cal_1"]})

    assert again.json == first.json
    assert await hook.types() == []
    other_channels: list[Json] = [
        {},
        {"filters": {"calendar_ids": ["cal_1"]}},
        {"filters": {**filters, "only_managed": True}},
        {"filters": filters, **CONVERSATIONS},
        {"filters": filters, "url": f"{HOOK}8"},
    ]
    for other in other_channels:
        assert (await create(sandbox, ada, **other)).json != first.json
    bob = sandbox.add_account("bob@example.com")
    assert (await create(sandbox, bob, filters=filters)).json != first.json
    assert len(await list_channels(sandbox, ada)) == 6


async def test_a_channel_is_closed(sandbox: Sandbox, ada: Account, hook: Hook) -> None:
    ids = [(await create(sandbox, ada, f"{HOOK}{n}")).json["channel"]["channel_id"] for n in range(2)]
    await sandbox.wait_for_callbacks()
    hook.seen.clear()

    assert await close(sandbox, ada, ids[0]) == 202

    assert [callback["channel_id"] for callback in await list_channels(sandbox, ada)] == ids[1:]
    sandbox.events.add(ada)
    await sandbox.wait_for_callbacks()
    assert [callback["channel"]["channel_id"] for callback in hook.seen] == ids[1:]
    assert await close(sandbox, ada, ids[0]) == 202, "again"
    assert (await create(sandbox, ada, f"{HOOK}0")).json["channel"]["channel_id"] not in ids


async def test_a_channel_belongs_to_its_account(sandbox: Sandbox, ada: Account) -> None:
    channel_id = (await create(sandbox, ada)).json["channel"]["channel_id"]
    bob = sandbox.add_account("bob@example.com")

    assert await close(sandbox, bob, channel_id) == 404
    assert await close(sandbox, ada, "chn_unknown") == 404
    assert await list_channels(sandbox, bob) == []
    for method, target in [("GET", "/v1/channels"), ("POST", "/v1/channels"), ("DELETE", f"/v1/channels/{channel_id}")]:
        assert (await call(sandbox, method, target, {"callback_url": HOOK}, token=None)).status == 401


@pytest.mark.parametrize("body", [[], {}])
async def test_official_sdks_send_bodies_where_none_is_taken(
    sandbox: Sandbox, ada: Account, body: list[Any] | Json
) -> None:
    channel_id = (await create(sandbox, ada, filters={})).json["channel"]["channel_id"]

    reply = await call(sandbox, "DELETE", f"/v1/channels/{channel_id}", body, token=ada.access_token)

    assert (reply.status, sandbox.unknown_parameters) == (202, [])


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"url": "/hooks"}, "callback_url"),
        ({"url": None}, "callback_url"),
        ({"filters": {"calendar_ids": "cal_1"}}, "filters.calendar_ids"),
        ({"filters": {"only_managed": "yes"}}, "filters.only_managed"),
        ({"filters": []}, "filters"),
        ({"scheduling_conversations": {"enabled": 1}}, "scheduling_conversations.enabled"),
    ],
)
async def test_what_cannot_be_a_channel(sandbox: Sandbox, ada: Account, members: dict[str, Any], field: str) -> None:
    assert list((await create(sandbox, ada, **members)).errors) == [field]
    assert await list_channels(sandbox, ada) == []


async def test_a_callback_url_may_be_long(sandbox: Sandbox, ada: Account) -> None:
    assert (await create(sandbox, ada, f"{HOOK}{'7' * 1000}")).status == 200


@pytest.mark.usefixtures("hook")
@pytest.mark.parametrize(("_rule", "field", "key"), BROKEN)
async def test_an_account_has_at_most_128_channels(
    sandbox: Sandbox, ada: Account, _rule: str, field: str, key: str
) -> None:
    for number in range(128):
        assert (await create(sandbox, ada, f"{HOOK}{number}")).status == 200

    assert (await create(sandbox, ada)).errors == {field: key}
    assert (await create(sandbox, ada, f"{HOOK}5")).status == 200, "there is one already"
    await close(sandbox, ada, sandbox.channels.all(ada)[0].channel_id)
    assert (await create(sandbox, ada)).status == 200


@pytest.mark.parametrize(
    ("scope", "filters", "status"),
    [
        ("read_events", {}, 200),
        ("read_free_busy", {}, 200),
        ("create_event", {}, 403),
        ("create_event", {"only_managed": False}, 403),
        ("create_event", {"only_managed": True}, 200),
    ],
)
async def test_a_channel_needs_the_scope_to_read(
    sandbox: Sandbox, ada: Account, scope: str, filters: Json, status: int
) -> None:
    ada.scope = scope
    assert (await create(sandbox, ada, filters=filters)).status == status


# Changes of events.


async def test_changes_by_others_are_notified_of(sandbox: Sandbox, ada: Account, hook: Hook) -> None:
    await create(sandbox, ada)
    event = sandbox.events.add(ada, participation_status="needs_action")
    sandbox.clock.advance(seconds=1.5)
    event = sandbox.events.change(event, summary="Other")
    sandbox.clock.advance(minutes=1)
    sandbox.events.answer(event, "accepted")
    sandbox.clock.advance(minutes=1)
    sandbox.events.delete(event.event_uid)
    sandbox.add_busy(ada, at(9), at(10))

    assert await hook.notifications() == [
        {"type": "verification"},
        *[
            {"type": "change", "changes_since": f"2031-03-03T07:0{moment}Z"}
            for moment in ("0:00", "0:01", "1:01", "2:01", "2:01")
        ],
    ]


async def test_a_read_since_then_returns_the_change(sandbox: Sandbox, ada: Account, hook: Hook) -> None:
    await create(sandbox, ada)
    sandbox.events.add(ada, summary="Before")
    sandbox.clock.advance(seconds=9.75)
    event = sandbox.events.add(ada, summary="Lunch")

    since = (await hook.notifications())[-1]["changes_since"]

    assert [event["event_uid"] for event in await read(sandbox, ada, last_modified=since)] == [event.event_uid]


async def test_own_changes_are_not_notified_of(sandbox: Sandbox, ada: Account, hook: Hook) -> None:
    external = sandbox.events.add(ada, participation_status="needs_action")
    sandbox.calendars.change(ada.calendar_id, permission_level="unrestricted")
    await create(sandbox, ada)
    await create(sandbox, ada, filters={"only_managed": True})
    assert await hook.types() == ["verification"] * 2

    await upsert(sandbox, ada, conferencing={"profile_id": "default"})
    await upsert(sandbox, ada, summary="Other")
    target = f"/v1/calendars/{ada.calendar_id}/events"
    answer = f"{target}/{external.event_uid}/participation_status"
    await call(sandbox, "POST", answer, {"status": "accepted"}, token=ada.access_token)
    await call(sandbox, "POST", target, {"event_uid": external.event_uid, "summary": "Own"}, token=ada.access_token)
    await delete(sandbox, ada, event_uid=external.event_uid)
    await delete(sandbox, ada, event_id="e")

    assert await hook.types() == []
    assert ada.events == []


@pytest.mark.parametrize(
    ("filters", "heard"),
    [
        ({}, ["external", "managed", "other"]),
        ({"only_managed": False, "calendar_ids": []}, ["external", "managed", "other"]),
        ({"only_managed": True}, ["managed"]),
        ({"calendar_ids": [0]}, ["external", "managed"]),
        ({"calendar_ids": [1]}, ["other"]),
        ({"calendar_ids": [0, 1]}, ["external", "managed", "other"]),
        ({"calendar_ids": [1], "only_managed": True}, []),
    ],
)
async def test_filters(sandbox: Sandbox, ada: Account, hook: Hook, filters: Json, heard: list[str]) -> None:
    await upsert(sandbox, ada)
    ids: Json = (
        {"calendar_ids": [ada.calendar_ids[n] for n in filters["calendar_ids"]]} if "calendar_ids" in filters else {}
    )
    await create(sandbox, ada, filters=filters | ids)
    bob = sandbox.add_account("bob@example.com")
    await hook.types()
    changes: dict[str, Callable[[], object]] = {
        "external": lambda: sandbox.events.add(ada),
        "managed": lambda: sandbox.events.change(ada.events[-1 if ada.events[-1].is_managed else 0], summary="Moved"),
        "other": lambda: sandbox.events.add(ada, calendar_id=ada.calendar_ids[1]),
        "of_bob": lambda: sandbox.events.add(bob),
    }

    result: list[str] = []
    for name, change in changes.items():
        change()
        result += [name for _ in await hook.types()]

    assert result == heard


async def test_a_channel_is_closed_after_the_delay() -> None:
    slow = Sandbox(now=NOW, write_delay=30)
    hook, ada = Hook(slow), slow.add_account("ada@example.com")
    channel = (await create(slow, ada)).json["channel"]
    assert await close(slow, ada, channel["channel_id"]) == 202
    assert await list_channels(slow, ada) == [channel], "it is closed after the delay"
    slow.events.add(ada)
    assert await hook.types() == ["verification", "change"]
    slow.clock.advance(seconds=30)
    slow.events.add(ada)
    assert await hook.types() == []


# Other notifications.


async def test_profiles(sandbox: Sandbox, ada: Account, hook: Hook) -> None:
    await create(sandbox, ada, filters={"only_managed": True})
    assert await hook.types() == ["verification"]

    sandbox.profiles.add(ada, "ada@work.example")
    assert await hook.notifications() == [{"type": "profile_initial_sync_completed"}]
    sandbox.profiles.disconnect(ada)
    assert await hook.notifications() == [{"type": "profile_disconnected"}]
    sandbox.profiles.reconnect(ada)
    assert await hook.notifications() == []


async def test_a_profile_that_is_linked(sandbox: Sandbox, ada: Account, hook: Hook) -> None:
    await create(sandbox, ada)
    await hook.types()

    await connect(sandbox, "ada@work.example", signed_in=ada)
    assert [profile.name for profile in ada.profiles] == ["ada@example.com", "ada@work.example"]
    assert await hook.types() == ["profile_initial_sync_completed"]
    await connect(sandbox, "ada@work.example", signed_in=ada)
    assert await hook.types() == []


async def test_conversations_need_a_channel_that_is_for_them(sandbox: Sandbox, ada: Account, hook: Hook) -> None:
    bob = sandbox.add_account("bob@example.com")
    channel = (await create(sandbox, ada, **CONVERSATIONS)).json["channel"]
    await create(sandbox, ada)
    await create(sandbox, ada, scheduling_conversations={"enabled": False})
    await create(sandbox, bob)
    await sandbox.wait_for_callbacks()
    hook.seen.clear()

    conversation = sandbox.scheduling_conversations.add([ada, bob])
    sandbox.scheduling_conversations.select(conversation)
    await sandbox.wait_for_callbacks()

    assert hook.seen == [
        {
            "url": HOOK,
            "notification": {"type": f"scheduling_conversation_{kind}", "scheduling_conversation_id": conversation.id},
            "channel": channel,
        }
        for kind in ("joined", "updated")
    ]


async def test_any_other_notification(sandbox: Sandbox, ada: Account, hook: Hook) -> None:
    await create(sandbox, ada)
    sandbox.channels.notify(ada, "gdpr_requested")
    sandbox.channels.notify(ada.sub, "brand_new", reason="none")

    assert (await hook.notifications())[1:] == [{"type": "gdpr_requested"}, {"type": "brand_new", "reason": "none"}]
    with pytest.raises(SandboxError, match="the sandbox has no account acc_1"):
        sandbox.channels.notify("acc_1", "gdpr_requested")


async def test_channels_survive_a_snapshot(sandbox: Sandbox, ada: Account) -> None:
    channel = (await create(sandbox, ada, filters={"calendar_ids": [ada.calendar_id]}, **CONVERSATIONS)).json["channel"]
    closed = (await create(sandbox, ada)).json["channel"]
    await close(sandbox, ada, closed["channel_id"])
    await sandbox.wait_for_callbacks()
    other = Sandbox(now=NOW)
    hook = Hook(other)

    other.restore(sandbox.snapshot())

    assert await list_channels(other, ada) == [channel]
    other.events.add(ada.sub)
    other.events.add(ada.sub, calendar_id=ada.calendar_ids[1])
    assert await hook.notifications() == [{"type": "change", "changes_since": text(NOW)}]
