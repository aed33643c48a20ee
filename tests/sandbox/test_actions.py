"""Actions of tests, as called through the control API and the command line."""

from __future__ import annotations

import inspect
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from cronofy_async.sandbox import BookableEvent, Sandbox, SandboxError
from cronofy_async.sandbox.kernel.actions import Area
from cronofy_async.sandbox.kernel.records import converter

from .support import NOW, at, call, create, text

NAMES = {
    "add_account",
    "add_busy",
    "attachments.all",
    "attachments.find",
    "bookable_events.add",
    "bookable_events.all",
    "bookable_events.find",
    "bookable_events.register",
    "meeting_agents.all",
    "meeting_agents.complete",
    "meeting_agents.fail",
    "meeting_agents.find",
    "oauth.authorize",
    "oauth.deny",
    "organizational_units.add_resource",
    "profiles.add",
    "profiles.disconnect",
    "profiles.reconnect",
    "calendars.add",
    "calendars.change",
    "calendars.find",
    "events.add",
    "events.all",
    "events.answer",
    "events.answer_as_attendee",
    "events.change",
    "events.delete",
    "events.fail_conferencing",
    "real_time_scheduling.all",
    "real_time_scheduling.book",
    "real_time_scheduling.find",
    "real_time_scheduling.no_times_displayed",
    "real_time_scheduling.no_times_suitable",
    "real_time_scheduling.slots",
    "real_time_sequencing.all",
    "real_time_sequencing.book",
    "real_time_sequencing.find",
    "real_time_sequencing.sequences",
    "revoke",
    "scheduling_conversations.add",
    "scheduling_conversations.all",
    "scheduling_conversations.find",
    "scheduling_conversations.join",
    "scheduling_conversations.select",
    "scheduling_conversations.slots",
    "scheduling_requests.complete",
    "smart_invites.all",
    "smart_invites.find",
    "smart_invites.reply",
}


def test_every_action_is_listed_by_name() -> None:
    assert set(Sandbox.actions()) >= NAMES
    for name, action in Sandbox.actions().items():
        assert (action.name, action.area) == (name, name.rpartition(".")[0] or None)
        assert inspect.getdoc(action.function)


def test_areas_are_attributes_of_the_sandbox() -> None:
    sandbox = Sandbox(now=NOW)

    assert isinstance(Sandbox.bookable_events, Area)
    event: BookableEvent = sandbox.bookable_events.add(capacity=3)
    assert sandbox.bookable_events.find(event.id) is event
    with pytest.raises(SandboxError, match="no bookable event x"):
        sandbox.bookable_events.find("x")


def test_signatures_are_known() -> None:
    parameters = Sandbox.actions()["bookable_events.add"].parameters

    assert list(parameters) == ["start", "end", "bookable_event_id", "capacity", "status"]
    assert parameters["start"].annotation == datetime | None
    assert parameters["capacity"].default is None


async def perform(sandbox: Sandbox, name: str, arguments: str) -> Any:
    """Perform an action with arguments in JSON, and return its result in JSON, as a control API does."""
    action = Sandbox.actions()[name]
    values: dict[str, Any] = {}
    for parameter, value in json.loads(arguments).items():
        annotation = action.parameters[parameter].annotation
        of_time = annotation in {datetime, datetime | None, timedelta, timedelta | None}
        values[parameter] = converter.structure(value, annotation) if of_time else value
    result = action.bound_to(sandbox)(**values)
    if action.is_async:
        result = await result
    return json.loads(json.dumps(converter.unstructure(result)))


async def test_actions_can_be_performed_with_json() -> None:
    sandbox = Sandbox(now=NOW)
    ada = await perform(sandbox, "add_account", '{"email": "ada@example.com", "calendars": 2}')
    sub = json.dumps(ada["sub"])
    await perform(sandbox, "add_busy", f'{{"account": {sub}, "start": "{text(at(9))}", "end": "{text(at(10))}"}}')
    ident = await create(sandbox, sandbox.accounts[0])

    slots = await perform(sandbox, "real_time_scheduling.slots", f'{{"link": "{ident}"}}')
    assert [slot["start"] for slot in slots] == [at(10).isoformat(), at(11).isoformat()]
    booking = await perform(sandbox, "real_time_scheduling.book", f'{{"link": "{ident}", "start": "{text(at(11))}"}}')
    assert (booking["start"], booking["participants"]) == (at(11).isoformat(), [ada["sub"]])
    (link,) = await perform(sandbox, "real_time_scheduling.all", "{}")
    assert link["state"] == "completed"

    event = await perform(sandbox, "bookable_events.add", f'{{"start": "{text(at(15))}", "capacity": 1}}')
    arguments = {"event": event["bookable_event_id"], "metadata": {"name": "Ada"}}
    registration = await perform(sandbox, "bookable_events.register", json.dumps(arguments))
    assert registration["metadata"] == {"name": "Ada"}

    people = f'[{{"sub": {sub}, "selection_method": "auto"}}, {{"email": "karl@example.com"}}]'
    talk = await perform(sandbox, "scheduling_conversations.add", f'{{"participants": {people}, "duration": 1800}}')
    slot = await perform(sandbox, "scheduling_conversations.select", f'{{"conversation": "{talk["id"]}"}}')
    assert slot["end"] == (datetime.fromisoformat(slot["start"]) + timedelta(minutes=30)).isoformat()
    await perform(sandbox, "revoke", f'{{"account": {sub}}}')
    assert sandbox.accounts[0].access_tokens == {}


async def test_user_actions_can_be_performed_with_json() -> None:
    sandbox = Sandbox(now=NOW)
    event = {"summary": "Fitting", "start": text(at(9)), "end": text(at(10))}
    invite = {"smart_invite_id": "order-77", "recipient": {"email": "pat@example.com"}, "event": event}
    assert (await call(sandbox, "POST", "/v1/smart_invites", invite)).status == 200
    ada = sandbox.add_account("ada@example.com")
    talk = sandbox.scheduling_conversations.add([{"participant_id": "@bob"}], created_by=ada)

    proposed = {"proposed_start": text(at(11)), "proposed_end": text(at(12))}
    reply = {"invite": "order-77", "status": "declined", "comment": "Too early", **proposed}
    assert (await perform(sandbox, "smart_invites.reply", json.dumps(reply)))["outcome"] == "none"
    result = await perform(sandbox, "smart_invites.find", '{"invite": "order-77"}')
    assert result["recipients"][0]["proposal"] == [at(11).isoformat(), at(12).isoformat()]
    joined = {"conversation": talk.id, "account": ada.sub}
    token = await perform(sandbox, "scheduling_conversations.join", json.dumps(joined))
    assert token == talk.participants[0].token


def test_accounts_can_be_passed_by_sub() -> None:
    with pytest.raises(ValueError, match="account: the sandbox has no account acc_0"):
        Sandbox(now=NOW).revoke("acc_0")


# Snapshots.


async def test_a_snapshot_holds_the_records_of_all_areas() -> None:
    async with Sandbox(now=NOW) as sandbox:
        ada = sandbox.add_account("ada@example.com")
        booked, remaining = [await create(sandbox, ada, callback_url="https://app.example.com/hook") for _ in range(2)]
        await sandbox.book(booked, at(10))
        event = sandbox.bookable_events.add()
        sandbox.bookable_events.register(event, "r1")
        talk = sandbox.scheduling_conversations.add([ada, {"email": "karl@example.com"}])
        offered = sandbox.scheduling_conversations.slots(talk)
        document = json.loads(json.dumps(sandbox.snapshot()))

    other = Sandbox(now=NOW)
    other.restore(document)

    assert [link.status(NOW) for link in other.links] == ["completed", "open"]
    assert other.link(other.link(remaining).token).id == remaining
    assert other.link(booked).slot == sandbox.link(booked).slot
    assert other.accounts[0].events == ada.events
    assert list(other.bookable_events.find(event.id).registrations) == ["r1"]
    assert other.scheduling_conversations.slots(talk.id) == offered
    assert [(delivery.outcome, delivery.body) for delivery in other.deliveries] == [
        (delivery.outcome, delivery.body) for delivery in sandbox.deliveries
    ]
    assert json.loads(json.dumps(other.snapshot())) == document


async def test_a_snapshot_keeps_records_of_unused_areas() -> None:
    sandbox = Sandbox(now=NOW)
    sandbox.bookable_events.add()
    document = json.loads(json.dumps(sandbox.snapshot()))
    other = Sandbox(now=NOW)
    other.restore(document)

    assert other.snapshot() == document


def test_restoring_a_running_clock_keeps_its_offset() -> None:
    sandbox, other = Sandbox(), Sandbox()
    sandbox.clock.advance(days=40)

    other.restore(json.loads(json.dumps(sandbox.snapshot())))

    assert abs(other.clock.now() - sandbox.clock.now()) < timedelta(seconds=5)
