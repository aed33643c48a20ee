"""Conferencing of events, and webhooks that are set per event."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from cronofy_async.sandbox import Account, Delivery, Sandbox
from cronofy_async.sandbox.kernel.records import EventChange
from cronofy_async.sandbox.kernel.registry import REGISTRY
from cronofy_async.sandbox.kernel.runtime import Runtime

from ..support import NOW, Json, at, call, text
from .events import delete, read, upsert

APP = "https://app.example.com"
HOOK = f"{APP}/event?o=77"


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


def mount(sandbox: Sandbox) -> list[Json]:
    """Return the list to which callback bodies are added."""
    bodies: list[Json] = []

    def receive(delivery: Delivery) -> None:
        assert delivery.url == HOOK
        bodies.append(json.loads(delivery.body))

    sandbox.mount(APP, receive)
    return bodies


def subscription(**members: Any) -> list[Json]:
    return [{"type": "webhook", "uri": HOOK, **members}]


async def only(sandbox: Sandbox, account: Account) -> Json:
    (event,) = await read(sandbox, account, only_managed=True)
    return event


# Conferencing.


async def test_a_conference_is_pending_until_it_is_assigned() -> None:
    sandbox = Sandbox(now=NOW, strict=True, write_delay=30)
    ada = sandbox.add_account("ada@example.com")
    bodies = mount(sandbox)
    interactions = [{"type": "conferencing_assigned"}, {"type": "conferencing_failing"}]
    await upsert(
        sandbox,
        ada,
        description="Join: {{ cronofy.conferencing.join_url }}",
        location={"description": "{{ cronofy.conferencing.invite_block }}"},
        conferencing={"profile_id": "default"},
        subscriptions=subscription(interactions=interactions),
    )
    sandbox.clock.advance(seconds=30)
    pending = await only(sandbox, ada)
    assert (pending["conferencing"], pending["description"]) == ({"pending": True}, "Join: ")
    await sandbox.wait_for_callbacks()
    assert bodies == []

    sandbox.clock.advance(seconds=30)
    event = await only(sandbox, ada)
    url = event["conferencing"]["join_url"]
    assert event["conferencing"]["provider_name"] == "cronofy"
    assert (event["description"], event["location"]["description"]) == (f"Join: {url}", url)
    assert event["updated"] == text(NOW + timedelta(seconds=60)), "a read of changes returns it"
    await sandbox.wait_for_callbacks()
    (body,) = bodies
    assert body["notification"] == {"type": "event_subscription", "interactions": [interactions[0]]}
    assert body["event"] == {
        "calendar_id": ada.calendar_id,
        "event_uid": event["event_uid"],
        "event_id": "e",
        "summary": "Fitting",
        "description": "Join: {{ cronofy.conferencing.join_url }}",
        "location": {"description": "{{ cronofy.conferencing.invite_block }}"},
        "start": text(at(9)),
        "end": text(at(10)),
        "tzid": "Etc/UTC",
        "conferencing": event["conferencing"],
    }


@pytest.mark.parametrize(
    ("conferencing", "provider"),
    [
        ({"profile_id": "default"}, "cronofy"),
        ({"profile_id": "integrated"}, "google"),
        ({"profile_id": "pro_1"}, "zoom"),
        ({"profile_id": "int_1"}, "zoom"),
        ({"profile_id": "explicit", "provider_description": "Ours", "join_url": "https://meet.example"}, "Ours"),
    ],
)
async def test_each_kind_of_conferencing_has_a_provider(
    sandbox: Sandbox, ada: Account, conferencing: Json, provider: str
) -> None:
    await upsert(sandbox, ada, conferencing=conferencing)

    rendered = (await only(sandbox, ada))["conferencing"]

    assert rendered["provider_name"] == provider
    assert rendered["join_url"].startswith("https://")


async def test_another_profile_assigns_another_conference(sandbox: Sandbox, ada: Account) -> None:
    await upsert(sandbox, ada, conferencing={"profile_id": "default"})
    first = await only(sandbox, ada)
    await upsert(sandbox, ada, summary="Other")
    assert (await only(sandbox, ada))["conferencing"] == first["conferencing"]
    await upsert(sandbox, ada, conferencing={"profile_id": "integrated"})
    assert (await only(sandbox, ada))["conferencing"] != first["conferencing"]
    await upsert(sandbox, ada, conferencing={"profile_id": "none"})
    assert "conferencing" not in await only(sandbox, ada)


async def test_an_event_deleted_before_assignment_gets_no_conference() -> None:
    sandbox = Sandbox(now=NOW, write_delay=30)
    ada = sandbox.add_account("ada@example.com")
    await upsert(sandbox, ada, conferencing={"profile_id": "default"})
    sandbox.clock.advance(seconds=30)
    sandbox.events.delete(ada.events[0])
    sandbox.clock.advance(seconds=30)
    assert ada.events == []


async def test_a_failed_conference_is_retried(sandbox: Sandbox, ada: Account) -> None:
    bodies = mount(sandbox)
    interactions = [{"type": "conferencing_assigned"}, {"type": "conferencing_failing"}]
    sandbox.events.fail_conferencing("integrated", times=2)
    await upsert(
        sandbox,
        ada,
        conferencing={"profile_id": "integrated"},
        subscriptions=subscription(interactions=interactions),
    )
    assert "conferencing" not in await only(sandbox, ada)
    sandbox.clock.advance(minutes=1)
    assert "conferencing" not in await only(sandbox, ada)
    sandbox.clock.advance(minutes=1)
    event = await only(sandbox, ada)
    assert event["conferencing"]["join_url"]
    sandbox.clock.advance(minutes=10)
    await sandbox.wait_for_callbacks()

    kinds = [interaction["type"] for body in bodies for interaction in body["notification"]["interactions"]]
    assert kinds == ["conferencing_failing", "conferencing_failing", "conferencing_assigned"]
    assert ["conferencing" in body["event"] for body in bodies] == [False, False, True]


async def test_a_conference_that_was_removed_is_not_retried(sandbox: Sandbox, ada: Account) -> None:
    sandbox.events.fail_conferencing()
    await upsert(sandbox, ada, conferencing={"profile_id": "default"})
    await upsert(sandbox, ada, conferencing={"profile_id": "none"})
    sandbox.clock.advance(minutes=5)
    assert "conferencing" not in await only(sandbox, ada)


# Event triggers.


@pytest.mark.parametrize(
    ("transition", "due"),
    [
        ({"before": "event_start", "offset": {"minutes": 5}}, at(8, 55)),
        ({"after": "event_start", "offset": {"minutes": 10}}, at(9, 10)),
        ({"before": "event_end", "offset": {"minutes": 0}}, at(10)),
        ({"after": "event_end", "offset": {"hours": 1}}, at(11)),
    ],
)
async def test_a_transition_calls_its_webhook_on_time(
    sandbox: Sandbox, ada: Account, transition: Json, due: Any
) -> None:
    bodies = mount(sandbox)
    await upsert(sandbox, ada, subscriptions=subscription(transitions=[transition]))

    sandbox.clock.advance(due - NOW - timedelta(seconds=1))
    await sandbox.wait_for_callbacks()
    assert bodies == []
    sandbox.clock.advance(seconds=1)
    await sandbox.wait_for_callbacks()
    sandbox.clock.advance(days=1)
    await sandbox.wait_for_callbacks()

    (body,) = bodies
    assert body["notification"] == {"type": "event_subscription", "transitions": [transition]}
    assert (body["event"]["event_id"], body["event"]["start"]) == ("e", text(at(9)))


BEFORE: list[Json] = [{"before": "event_start", "offset": {"minutes": 5}}]


async def test_a_transition_moves_with_its_event(sandbox: Sandbox, ada: Account) -> None:
    bodies = mount(sandbox)
    await upsert(sandbox, ada, subscriptions=subscription(transitions=BEFORE))
    await upsert(sandbox, ada)
    sandbox.events.change(ada.events[0], start=at(12))
    sandbox.events.change(ada.events[0], start=at(13))
    sandbox.events.change(ada.events[0], start=at(12))

    sandbox.clock.advance(at(11, 54) - NOW)
    await sandbox.wait_for_callbacks()
    assert bodies == []
    sandbox.clock.advance(hours=6)
    await sandbox.wait_for_callbacks()
    assert [body["event"]["start"] for body in bodies] == [text(at(12))]


async def test_deleted_and_past_events_have_no_transitions(sandbox: Sandbox, ada: Account) -> None:
    bodies = mount(sandbox)
    for name in ("deleted", "unsubscribed", "late"):
        await upsert(sandbox, ada, event_id=name, subscriptions=subscription(transitions=BEFORE))
    await delete(sandbox, ada, event_id="deleted")
    await upsert(sandbox, ada, event_id="unsubscribed", subscriptions=[])
    past = {"start": text(at(7)), "end": text(at(8))}
    await upsert(sandbox, ada, event_id="late", subscriptions=subscription(transitions=BEFORE), **past)

    sandbox.clock.advance(days=1)
    await sandbox.wait_for_callbacks()
    assert bodies == []


async def test_a_transition_survives_a_snapshot(sandbox: Sandbox, ada: Account) -> None:
    await upsert(sandbox, ada, subscriptions=subscription(transitions=BEFORE))
    other = Sandbox(now=NOW)
    bodies = mount(other)
    other.restore(sandbox.snapshot())

    other.clock.advance(hours=6)
    await other.wait_for_callbacks()

    assert len(bodies) == 1


async def test_invalid_subscriptions_are_rejected(sandbox: Sandbox, ada: Account) -> None:
    token, target = ada.access_token, f"/v1/calendars/{ada.calendar_id}/events"
    event = {"event_id": "e", "summary": "s", "start": text(at(9)), "end": text(at(10))}
    mistakes: list[tuple[list[Json], str]] = [
        (subscription(type="email"), "subscriptions[0].type"),
        ([{"type": "webhook", "interactions": []}], "subscriptions[0].uri"),
        (
            subscription(transitions=[{"before": "lunch", "offset": {"minutes": 5}}]),
            "subscriptions[0].transitions[0].before",
        ),
        (subscription(transitions=[{"before": "event_start"}]), "subscriptions[0].transitions[0].offset"),
    ]
    for wrong, field in mistakes:
        reply = await call(sandbox, "POST", target, {**event, "subscriptions": wrong}, token=token)
        assert field in reply.errors


# Listeners, which the notifications of channels use.


async def test_listeners_receive_each_change_and_its_origin(
    sandbox: Sandbox, ada: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str | None, bool, bool]] = []

    def listen(runtime: Runtime, change: EventChange) -> None:
        assert (change.sub, change.calendar_id) == (ada.sub, ada.calendar_id)
        heard.append((change.event.event_id, change.event.deleted, change.by_application))

    monkeypatch.setattr(REGISTRY, "listeners", [*REGISTRY.listeners, listen])
    await upsert(sandbox, ada)
    await upsert(sandbox, ada, event_id="f")
    sandbox.events.change(ada.events[0], start=at(12))
    sandbox.events.delete(ada.events[0])
    await upsert(sandbox, ada, event_id="g")
    await call(sandbox, "DELETE", "/v1/events", {"delete_all": True}, token=ada.access_token)
    external = sandbox.events.add(ada, participation_status="needs_action")
    target = f"/v1/calendars/{ada.calendar_id}/events/{external.event_uid}/participation_status"
    await call(sandbox, "POST", target, {"status": "accepted"}, token=ada.access_token)

    assert heard == [
        ("e", False, True),
        ("f", False, True),
        ("e", False, False),
        ("f", True, False),
        ("g", False, True),
        ("e", True, True),
        ("g", True, True),
        (None, False, False),
        (None, False, True),
    ]
