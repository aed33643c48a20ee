"""Smart Invites: stored invites, and the replies of recipients."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from cronofy_async.sandbox import Delivery, Sandbox, SandboxError
from cronofy_async.sandbox.kernel.contract.contract import contract

from ..callbacks import APP, Receiver, signature
from ..support import NOW, Json, at, call
from .invites import HOOK, KIM, LEE, PAT, PATH, event, invite, parse_invitation, replies_of, send, status, team_invite


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
def receiver(sandbox: Sandbox) -> Receiver:
    app = Receiver()
    sandbox.mount(APP, app)
    return app


# One recipient.


async def test_an_invite_is_stored(sandbox: Sandbox) -> None:
    created = await send(sandbox, invite())

    icalendar = created.pop("attachments")["icalendar"]
    assert created == {
        "recipient": {"email": PAT, "status": "pending"},
        "smart_invite_id": "order-77",
        "callback_url": HOOK,
        "event": {
            "summary": "Fitting",
            "start": {"time": "2031-03-03T09:00:00Z", "tzid": "Europe/Paris"},
            "end": {"time": "2031-03-03T10:00:00Z", "tzid": "Europe/Paris"},
        },
    }
    assert icalendar.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    assert (await status(sandbox)).json == created | {"replies": []}
    assert sandbox.smart_invites.find("order-77").tzid == "Europe/Paris"


async def test_an_update_is_the_next_version_of_the_same_event(sandbox: Sandbox) -> None:
    _, first = parse_invitation((await send(sandbox, invite()))["attachments"]["icalendar"])
    await sandbox.smart_invites.reply("order-77", "accepted")

    updated = await send(sandbox, invite(event=event(summary="Second fitting")))

    _, second = parse_invitation(updated["attachments"]["icalendar"])
    assert (first.uid, first.sequence, second.sequence) == (second.uid, 0, 1)
    assert replies_of(second) == {PAT: "ACCEPTED"}
    assert updated["recipient"] == {"email": PAT, "status": "accepted"}
    assert (await status(sandbox)).json["event"]["summary"] == "Second fitting"
    assert len(sandbox.smart_invites.all()) == 1


async def test_an_update_resets_replies_without_the_assumption() -> None:
    sandbox = Sandbox(now=NOW, assume={"invite_updates_keep_replies": False})
    await send(sandbox, invite(callback_url="http://127.0.0.1:1/"))
    sandbox.smart_invites.find("order-77").recipients[0].status = "accepted"

    updated = await send(sandbox, invite())

    assert updated["recipient"]["status"] == "pending"
    assert sandbox.smart_invites.find("order-77").sequence == 1


async def test_one_id_can_be_used_for_several_people(sandbox: Sandbox) -> None:
    for email in (PAT, LEE):
        await send(sandbox, invite(recipient={"email": email}))
    await sandbox.smart_invites.reply("order-77", "declined", email=LEE)

    assert [(await status(sandbox, email=email)).json["recipient"]["status"] for email in (PAT, LEE)] == [
        "pending",
        "declined",
    ]
    assert (await status(sandbox, email=KIM)).status == 404
    assert (await status(sandbox, email=None)).status == 404
    with pytest.raises(SandboxError, match=r"the sandbox has 2 such invites. Pass email."):
        sandbox.smart_invites.find("order-77")


async def test_a_canceled_invite_is_removed_from_calendars(sandbox: Sandbox) -> None:
    created = await send(sandbox, invite())
    await sandbox.smart_invites.reply("order-77", "accepted")

    cancelled = await send(sandbox, {"method": "cancel", "smart_invite_id": "order-77", "recipient": {"email": PAT}})

    calendar, event = parse_invitation(cancelled.pop("attachments")["icalendar"])
    _, first = parse_invitation(created.pop("attachments")["icalendar"])
    assert (calendar.method, str(event["STATUS"]), event.sequence, event.uid) == ("CANCEL", "CANCELLED", 1, first.uid)
    assert replies_of(event) == {PAT: "ACCEPTED"}
    assert cancelled == created | {"recipient": {"email": PAT, "status": "accepted"}}
    assert (await status(sandbox)).status == 200
    with pytest.raises(SandboxError, match="order-77 is cancelled"):
        await sandbox.smart_invites.reply("order-77", "declined")


async def test_a_canceled_invite_can_be_sent_again(sandbox: Sandbox) -> None:
    await send(sandbox, invite())
    await send(sandbox, {"method": "cancel", "smart_invite_id": "order-77", "recipient": {"email": PAT}})

    calendar, event = parse_invitation((await send(sandbox, invite()))["attachments"]["icalendar"])

    assert (calendar.method, event.sequence) == ("REQUEST", 2)
    assert not sandbox.smart_invites.find("order-77").cancelled


@pytest.mark.parametrize(
    "body",
    [
        {"method": "cancel", "smart_invite_id": "order-77", "recipient": {"email": LEE}},
        {"method": "cancel", "smart_invite_id": "order-78", "recipient": {"email": PAT}},
        {"method": "cancel", "smart_invite_id": "order-77"},
        {"method": "remove", "smart_invite_id": "order-77", "recipient": {"email": PAT}},
    ],
)
async def test_unknown_invites_are_404(sandbox: Sandbox, body: Json) -> None:
    await send(sandbox, invite())

    assert (await call(sandbox, "POST", PATH, body)).status == 404


async def test_the_client_secret_is_required(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada@example.com")

    assert (await call(sandbox, "POST", PATH, invite(), token=ada.access_token)).status == 403
    assert (await call(sandbox, "GET", f"{PATH}?smart_invite_id=a", token=None)).status == 401


# Replies.


async def test_a_reply_is_stored_and_sent_as_a_callback(sandbox: Sandbox, receiver: Receiver) -> None:
    created = await send(sandbox, invite())

    delivery = await sandbox.smart_invites.reply(
        "order-77", "declined", comment="Too early", proposed_start=at(12, 30), proposed_end=at(13)
    )

    reply = {
        "email": PAT,
        "status": "declined",
        "comment": "Too early",
        "proposal": {
            "start": {"time": "2031-03-03T13:30:00+01:00", "tzid": "Europe/Paris"},
            "end": {"time": "2031-03-03T14:00:00+01:00", "tzid": "Europe/Paris"},
        },
    }
    assert isinstance(delivery, Delivery)
    assert receiver.seen == [delivery]
    assert (delivery.url, delivery.status) == (HOOK, 200)
    assert delivery.headers["Cronofy-HMAC-SHA256"] == signature(delivery.body, sandbox.client_secret)
    assert delivery.json == {
        "notification": {"type": "smart_invite"},
        "smart_invite": {"smart_invite_id": "order-77", "callback_url": HOOK, "recipient": reply, "reply": reply},
    }
    body = (await status(sandbox)).json
    assert body == {name: created[name] for name in ("smart_invite_id", "callback_url", "event")} | {
        "recipient": reply,
        "replies": [reply],
    }


async def test_a_later_reply_replaces_an_earlier_one(sandbox: Sandbox, receiver: Receiver) -> None:
    await send(sandbox, invite())
    await sandbox.smart_invites.reply("order-77", "tentative", comment="maybe")

    await sandbox.smart_invites.reply("order-77", "accepted")

    body = (await status(sandbox)).json
    assert body["recipient"] == {"email": PAT, "status": "accepted"}
    assert body["replies"] == [body["recipient"]]


async def test_a_forwarded_invite_can_be_answered(sandbox: Sandbox, receiver: Receiver) -> None:
    await send(sandbox, invite())

    delivery = await sandbox.smart_invites.reply("order-77", "accepted", forwarded_to=KIM)

    assert delivery is not None
    assert delivery.json["smart_invite"]["reply"] == {"email": KIM, "status": "accepted"}
    body = (await status(sandbox)).json
    assert body["recipient"] == {"email": PAT, "status": "pending"}
    assert body["replies"] == [{"email": KIM, "status": "accepted"}]


async def test_without_a_callback_url_no_callback_is_sent(sandbox: Sandbox) -> None:
    body = invite()
    del body["callback_url"], body["organizer"]
    created = await send(sandbox, body)

    assert (await sandbox.smart_invites.reply("order-77", "accepted")).outcome == "none"
    assert sandbox.deliveries == []
    assert "callback_url" not in created
    assert "CN" not in parse_invitation(created["attachments"]["icalendar"])[1]["ORGANIZER"].params


async def test_impossible_replies_are_rejected(sandbox: Sandbox) -> None:
    await send(sandbox, invite())

    with pytest.raises(SandboxError, match="the sandbox has no such invites"):
        await sandbox.smart_invites.reply("order-78", "accepted")
    with pytest.raises(SandboxError, match="the sandbox has no such invites"):
        await sandbox.smart_invites.reply("order-77", "accepted", email=KIM)
    with pytest.raises(SandboxError, match="order-77 has no such recipient"):
        await sandbox.smart_invites.reply(sandbox.smart_invites.find("order-77"), "accepted", email=KIM)
    with pytest.raises(ValueError, match="proposed_end: pass both"):
        await sandbox.smart_invites.reply("order-77", "declined", proposed_start=at(9))
    with pytest.raises(ValueError, match="proposed_end: pass both"):
        await sandbox.smart_invites.reply("order-77", "declined", proposed_end=at(9))
    with pytest.raises(ValueError, match="status: must be accepted, tentative or declined, got 'acepted'"):
        await sandbox.smart_invites.reply("order-77", cast("Any", "acepted"))
    with pytest.raises(ValueError, match="end: must be after the start"):
        await sandbox.smart_invites.reply("order-77", "declined", proposed_start=at(9), proposed_end=at(9))


# Several recipients.


async def test_one_icalendar_text_invites_all_recipients(sandbox: Sandbox, receiver: Receiver) -> None:
    body = team_invite(PAT, LEE)
    body["recipients"][0]["status"] = "accepted"

    created = await send(sandbox, body)
    delivery = await sandbox.smart_invites.reply("team-1", "tentative", email=LEE)

    _, event = parse_invitation(created["attachments"]["icalendar"])
    assert replies_of(event) == {PAT: "ACCEPTED", LEE: "NEEDS-ACTION"}
    assert created["recipients"] == [{"email": PAT, "status": "accepted"}, {"email": LEE, "status": "pending"}]
    rendered = (await status(sandbox, "team-1", None)).json
    assert rendered["recipients"] == [{"email": PAT, "status": "accepted"}, {"email": LEE, "status": "tentative"}]
    assert "recipient" not in rendered
    assert "replies" not in rendered
    assert delivery is not None
    assert delivery.json["smart_invite"] == {
        "smart_invite_id": "team-1",
        "callback_url": HOOK,
        "recipients": rendered["recipients"],
        "reply": {"email": LEE, "status": "tentative"},
    }
    assert (await status(sandbox, "team-1", PAT)).status == 404


async def test_an_update_can_replace_recipients(sandbox: Sandbox) -> None:
    await send(sandbox, team_invite(PAT, LEE))

    updated = await send(sandbox, team_invite(LEE, KIM))

    _, event = parse_invitation(updated["attachments"]["icalendar"])
    assert (event.sequence, list(replies_of(event))) == (1, [LEE, KIM])


async def test_a_removed_recipient_gets_a_cancellation(sandbox: Sandbox) -> None:
    _, first = parse_invitation((await send(sandbox, team_invite(PAT, LEE)))["attachments"]["icalendar"])

    removed = await send(sandbox, {"method": "remove", "smart_invite_id": "team-1", "recipient": {"email": LEE}})

    assert removed["recipient"] == {"email": LEE}
    assert removed["recipients"] == [{"email": PAT, "status": "pending"}]
    calendar, event = parse_invitation(removed["attachments"]["icalendar"])
    assert (calendar.method, replies_of(event), event.sequence) == ("REQUEST", {PAT: "NEEDS-ACTION"}, 1)
    assert removed["attachments"]["removed"]["email"] == LEE
    calendar, event = parse_invitation(removed["attachments"]["removed"]["icalendar"])
    assert (calendar.method, replies_of(event), event.uid) == ("CANCEL", {LEE: "NEEDS-ACTION"}, first.uid)
    again = await call(
        sandbox, "POST", PATH, {"method": "remove", "smart_invite_id": "team-1", "recipient": {"email": LEE}}
    )
    assert again.status == 404


async def test_a_removal_may_contain_the_address_only() -> None:
    sandbox = Sandbox(now=NOW, assume={"removals_have_icalendar_texts": False})
    await send(sandbox, team_invite(PAT, LEE))

    removed = await send(sandbox, {"method": "remove", "smart_invite_id": "team-1", "recipient": {"email": LEE}})

    assert removed["attachments"] == {"removed": {"email": LEE}}


@pytest.mark.parametrize("more", [{}, {"recipients": [{"email": PAT}]}])
async def test_an_invite_is_canceled_for_all_recipients(sandbox: Sandbox, more: Json) -> None:
    await send(sandbox, team_invite(PAT, LEE))

    cancelled = await send(sandbox, {"method": "cancel", "smart_invite_id": "team-1", **more})

    calendar, event = parse_invitation(cancelled["attachments"]["icalendar"])
    assert (calendar.method, list(replies_of(event))) == ("CANCEL", [PAT, LEE])


# Formats.


async def test_times_may_be_strings_as_an_official_sdk_expects() -> None:
    sandbox = Sandbox(now=NOW, assume={"invite_times_are_objects": False})

    created = await send(sandbox, invite())

    assert created["event"] == event()


async def test_requests_of_the_ruby_sdk_are_accepted(sandbox: Sandbox) -> None:
    """Without a method, and with every member that the SDK can send."""
    body = invite(
        event=event(
            description="",
            url=None,
            reminders=[{"minutes": 60}, {"minutes": 0}],
            color="#00ff00",
            transparency="opaque",
            location={"description": "Shop"},
        )
    )
    del body["method"]

    assert (await send(sandbox, body))["recipient"]["status"] == "pending"


def test_documented_responses_match_the_contract() -> None:
    people = {"recipient": {"email": PAT, "status": "pending"}}
    rendered = {
        **people,
        "smart_invite_id": "a",
        "event": event(),
        "attachments": {"icalendar": "BEGIN:VCALENDAR\n..."},
    }

    contract().operations["smart_invites.upsert"].check_response(200, json.dumps(rendered).encode())
    del rendered["attachments"]
    with pytest.raises(ValueError, match="attachments"):
        contract().operations["smart_invites.upsert"].check_response(200, json.dumps(rendered).encode())
    contract().operations["smart_invites.status"].check_response(200, json.dumps(rendered).encode())


async def test_invites_survive_a_snapshot(sandbox: Sandbox, receiver: Receiver) -> None:
    await send(sandbox, team_invite(PAT, LEE))
    await sandbox.smart_invites.reply("team-1", "declined", email=LEE, proposed_start=at(12), proposed_end=at(13))
    before = (await status(sandbox, "team-1", None)).json

    other = Sandbox(now=NOW)
    other.restore(json.loads(json.dumps(sandbox.snapshot())))

    assert (await status(other, "team-1", None)).json == before
