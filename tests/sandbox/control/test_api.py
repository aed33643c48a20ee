"""The control API: the actions of a sandbox over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from cronofy_async import webhooks

from ..support import LINKS, NOW, at, create, link_body, text
from .support import Control, serve_control

LONG = "x" * 5_000


async def link_of(control: Control, **changes: Any) -> str:
    """Create a link of a new account, and return its ID."""
    ada = control.sandbox.add_account("ada@example.com")
    return await create(control.sandbox, ada, **changes)


async def test_health_returns_200(control: Control) -> None:
    reply = await control.get("/__sandbox__/health")
    assert (reply.status, reply.json["status"]) == (200, "ok")


# Resources.


async def test_an_account_is_added_with_its_tokens_and_used(control: Control) -> None:
    added = await control.post("accounts", email="ada@example.com", name="Ada", calendars=2)
    assert added.status == 200
    account = control.sandbox.accounts[0]
    assert added.json["access_token"] == account.access_token
    assert added.json["refresh_token"] == account.refresh_token
    assert added.json["calendar_ids"] == account.calendar_ids
    assert "access_tokens" not in added.json
    assert [account["sub"] for account in (await control.get("accounts")).json] == [account.sub]
    for name in (account.sub, "ada@example.com"):
        assert (await control.get(f"accounts/{name}")).json == added.json

    bearer = {"Authorization": f"Bearer {added.json['access_token']}"}
    assert (await control.send("GET", "/v1/calendars", headers=bearer)).status == 200
    assert await control.post("accounts/ada@example.com/revoke") == await control.post(f"accounts/{account.sub}/revoke")
    async with control.http.get("/v1/calendars", headers=bearer) as response:
        assert response.status == 401


async def test_busy_times_are_not_offered(control: Control) -> None:
    link = await link_of(control)
    path = "accounts/ada@example.com"
    busy = await control.post(f"{path}/busy", start="2031-03-03T10:00:00+01:00", end=text(at(10)), summary="Dentist")
    assert (busy.json["start"], busy.json["details"]) == (text(at(9)), {"summary": "Dentist"})
    assert (await control.get(f"{path}/events")).json == [busy.json]
    assert [slot["start"] for slot in (await control.get(f"links/{link}/slots")).json] == [text(at(10)), text(at(11))]


async def test_events_take_dates_times_and_other_members(control: Control) -> None:
    await link_of(control)
    path = "accounts/ada@example.com/events"
    day = await control.post(path, start="2031-03-04", summary="Holiday", transparency="transparent")
    assert (day.json["all_day"], day.json["details"]["transparency"]) == (True, "transparent")
    hour = await control.post(path, start=text(at(9)))
    assert (hour.json["all_day"], hour.json["end"]) == (False, text(at(10)))
    assert list((await control.post(path, start="2031-03-04T09:00:00")).errors) == ["start"]


async def test_a_link_is_booked_and_its_callback_awaited(control: Control) -> None:
    received: list[tuple[bytes, str]] = []

    async def hook(request: web.Request) -> web.Response:
        received.append((await request.read(), request.headers["Cronofy-HMAC-SHA256"]))
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hook", hook)
    async with TestServer(app) as server:
        link = await link_of(control, callback_url=str(server.make_url("/hook")))
        booked = await control.post(f"links/{link}/book", start=text(at(10)), tzid="Europe/Paris")
    assert (booked.status, booked.json["start"], booked.json["end"]) == (200, text(at(10)), text(at(11)))
    delivery = booked.json["delivery"]
    assert (delivery["outcome"], delivery["status"]) == ("answered", 204)
    ((body, signature),) = received
    assert delivery["body"].encode() == body
    assert delivery["json"]["user"] == {"tzid": "Europe/Paris"}
    assert webhooks.verify(body, signature, secrets=[control.sandbox.client_secret])
    rendered = (await control.get(f"links/{link}")).json
    assert (rendered["status"], rendered["slot"]["start"]) == ("completed", text(at(10)))

    assert (await control.post(f"links/{link}/book")).error == (409, "not_possible")
    assert "completed" in (await control.post(f"links/{link}/decline")).json["error_description"]


async def test_links_are_named_by_id_token_or_url(control: Control) -> None:
    ident = await link_of(control)
    (link,) = (await control.get("links")).json
    assert link["url"] == f"{control.url}/add_to_calendar/scheduling/{link['token']}"
    assert link["expires_at"] == text(at(12))
    quoted = link["url"].replace("/", "%2F")
    for name in (ident, link["token"], quoted):
        assert (await control.get(f"links/{name}")).json == link


async def test_links_are_declined(control: Control) -> None:
    link = await link_of(control)
    declined = await control.post(f"links/{link}/decline")
    assert (declined.json["outcome"], control.sandbox.link(link).state) == ("none", "open")
    assert (await control.post(f"links/{link}/no_times_displayed")).error == (409, "not_possible")
    for hour in (9, 10, 11):
        control.sandbox.add_busy("ada@example.com", at(hour), at(hour + 1))
    assert (await control.post(f"links/{link}/no_times_displayed")).json["outcome"] == "none"


async def test_a_conversation_is_completed_over_http(control: Control) -> None:
    ada = control.sandbox.add_account("ada@example.com")
    people = [{"sub": ada.sub, "selection_method": "auto"}, {"email": "karl@example.com"}]
    periods = [[text(at(9)), text(at(12))]]
    created = await control.post("conversations", participants=people, periods=periods, duration=1800)
    assert created.json["duration"] == 1800
    path = f"conversations/{created.json['id']}"
    assert (await control.get(path)).json == created.json
    slots = (await control.get(f"{path}/slots")).json
    selected = await control.post(f"{path}/select", start=slots[1]["start"])
    assert selected.json == slots[1]
    assert (await control.post(f"{path}/select")).error == (409, "not_possible")
    assert [conversation["chosen_slot"] for conversation in (await control.get("conversations")).json] == [slots[1]]


async def test_someone_joins_a_conversation(control: Control) -> None:
    ada = control.sandbox.add_account("ada@example.com")
    created = await control.post(
        "conversations", participants=[{"participant_id": "@bob"}], created_by="ada@example.com"
    )
    token = (await control.post(f"conversations/{created.json['id']}/join", account="ada@example.com")).json
    assert token == control.sandbox.scheduling_conversations.all()[0].participants[0].token
    assert control.sandbox.scheduling_conversations.all()[0].participants[0].sub == ada.sub


async def test_bookable_events_are_created_and_filled(control: Control) -> None:
    created = await control.post("bookable_events", start=text(at(15)), capacity=1)
    ident = created.json["bookable_event_id"]
    path = f"bookable_events/{ident}"
    registered = await control.post(f"{path}/register", registration_id="r1", metadata={"name": "Ada"})
    assert (registered.json["status"], registered.json["metadata"]) == ("accepted", {"name": "Ada"})
    assert (await control.post(f"{path}/register")).error == (409, "not_possible")
    assert list((await control.get(path)).json["registrations"]) == ["r1"]
    assert (
        (await control.post("bookable_events", bookable_event_id=ident)).errors["bookable_event_id"].endswith("taken")
    )


async def test_the_clock(control: Control) -> None:
    link = await link_of(control)
    assert (await control.get("clock")).json == {"now": text(NOW), "is_frozen": True}
    await control.post("clock/advance", hours=1, by=60)
    assert control.sandbox.clock.now() == NOW + timedelta(hours=1, seconds=60)
    await control.post("clock/freeze", at="2031-04-01T00:00:00Z")
    assert (await control.get(f"links/{link}")).json["status"] == "expired"
    await control.post("clock/freeze", at=text(NOW))
    assert (await control.get(f"links/{link}")).json["status"] == "open"
    await control.post("clock/run")
    assert (await control.get("clock")).json["is_frozen"] is False
    await control.post("clock/freeze")
    assert (await control.get("clock")).json == (await control.get("clock")).json


@pytest.mark.parametrize(
    ("path", "arguments", "field"),
    [
        ("clock/advance", {"by": -1}, "by"),
        ("clock/advance", {"days": 1e300}, "by"),
        ("clock/advance", {"days": 3_000_000}, "by"),
        ("clock/advance", {"hours": "2"}, "hours"),
        ("clock/freeze", {"at": "9999-12-31T00:00:00Z"}, "at"),
        ("clock/freeze", {"at": "2031-03-03T09:00:00"}, "at"),
    ],
)
async def test_times_out_of_range_are_rejected(
    control: Control, path: str, arguments: dict[str, Any], field: str
) -> None:
    assert list((await control.post(path, **arguments)).errors) == [field]
    assert control.sandbox.clock.now() == NOW


async def test_faults(control: Control) -> None:
    await link_of(control)
    added = await control.post("faults", operation="real_time_scheduling.*", status=503, retry_after=5, times=2)
    assert (added.json["headers"], added.json["hits"]) == ({"Retry-After": "5"}, 0)
    key = {"Authorization": f"Bearer {control.sandbox.client_secret}"}
    async with control.http.get(f"{LINKS}/sch_0", headers=key) as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "5")
    (fault,) = (await control.get("faults")).json
    assert fault == {**added.json, "hits": 1}

    await control.post("faults", operation="callback", hold=True)
    assert (await control.send("DELETE", f"faults/{fault['id']}")).json is None
    assert (await control.send("DELETE", f"faults/{fault['id']}")).error == (404, "not_found")
    assert [fault["operation"] for fault in (await control.get("faults")).json] == ["callback"]
    await control.send("DELETE", "faults")
    assert (await control.get("faults")).json == []
    assert "Did you mean" in (await control.post("faults", operation="real_time_schedulin.x")).errors["operation"]


async def test_assumptions(control: Control) -> None:
    assert set((await control.get("assumptions")).json) == set(control.sandbox.assumptions)
    await control.post("assumptions/known_accounts", holds=False)
    assert (await control.get("assumptions")).json["known_accounts"] is False
    assert (await control.post("assumptions/knwn", holds=False)).error == (404, "not_found")
    assert list((await control.post("assumptions/known_accounts", holds="no")).errors) == ["holds"]


async def test_deliveries_are_sent_again(control: Control) -> None:
    statuses = iter([500, 204])
    control.sandbox.mount("https://app.example.com", lambda _: next(statuses))
    link = await link_of(control, callback_url="https://app.example.com/hook")
    await control.post(f"links/{link}/book")
    (first,) = (await control.get("deliveries")).json
    again = await control.post(f"deliveries/{first['id']}/redeliver")
    assert (first["status"], again.json["status"], again.json["body"]) == (500, 204, first["body"])
    assert (await control.get(f"deliveries/{again.json['id']}")).json == again.json
    assert [delivery["id"] for delivery in (await control.get("deliveries?last=1")).json] == [again.json["id"]]
    assert (await control.post("deliveries/dlv_99/redeliver")).error == (404, "not_found")


async def test_queued_deliveries_are_awaited(control: Control) -> None:
    control.sandbox.mount("https://app.example.com", lambda _: 204)
    ada = control.sandbox.add_account("ada@example.com")
    async with control.sandbox.client() as cronofy:
        account = cronofy.account(access_token=ada.access_token)
        await account.channels.ensure("https://app.example.com/hook")
    await control.post("actions/channels.notify", account=ada.sub, type="change", changes_since=text(NOW))
    await control.post("deliveries/wait")
    assert [delivery["outcome"] for delivery in (await control.get("deliveries")).json][-1] == "answered"


async def test_requests_and_unknown_parameters(control: Control) -> None:
    key = {"Authorization": f"Bearer {control.sandbox.client_secret}"}
    for number in range(3):
        async with control.http.get(f"{LINKS}?token=x&page={number}", headers=key) as response:
            assert response.status == 404
    assert len((await control.get("requests")).json) == 3
    (last,) = (await control.get("requests?last=1")).json
    assert (last["operation"], last["query"]) == ("real_time_scheduling.status_by_token", "token=x&page=2")
    assert len((await control.get("unknown_parameters")).json) == 3
    assert len((await control.get("requests?last=0")).json) == 0


async def test_a_snapshot_is_restored(control: Control) -> None:
    link = await link_of(control)
    document = (await control.get("snapshot")).json
    await control.post(f"links/{link}/book")
    await control.post("reset")
    assert (await control.get("links")).json == []
    assert (await control.post("restore", **document)).status == 200
    assert (await control.get(f"links/{link}")).json["status"] == "open"


@pytest.mark.parametrize(
    "document", [{}, {"version": 1}, {"version": 2}, {"version": 1, "clock": {}, "state": 3, "effects": 1}]
)
async def test_an_incomplete_snapshot_changes_nothing(control: Control, document: dict[str, Any]) -> None:
    link = await link_of(control)
    assert list((await control.post("restore", **document)).errors)
    assert (await control.get(f"links/{link}")).status == 200


async def test_every_action_can_be_called_by_name(control: Control) -> None:
    added = await control.post("actions/add_account", email="ada@example.com")
    calendar = await control.post("actions/calendars.add", account="ada@example.com", name="Home")
    assert calendar.json["name"] == "Home"
    assert (await control.post("actions/accounts")).json[0]["email"] == added.json["email"]
    document = (await control.post("actions/snapshot")).json
    assert (await control.post("actions/restore", document=document)).status == 200
    assert "Did you mean calendars.add?" in (await control.post("actions/calendar.add")).json["error_description"]


# Errors.


async def test_an_error_lists_all_wrong_arguments(control: Control) -> None:
    errors = (await control.post("accounts", emial="ada@example.com", calendars="2", kind="robot")).errors
    assert errors == {
        "emial": "is not known. Did you mean email?",
        "calendars": "must be a whole number, got '2'",
        "kind": "must be one of user, service_account, application_calendar, organizational_unit, got 'robot'",
        "email": "is required",
    }
    assert control.sandbox.accounts == []


@pytest.mark.parametrize(
    ("path", "arguments", "field"),
    [
        ("accounts", {"email": 5}, "email"),
        ("accounts", {"email": "a@example.com", "calendars": True}, "calendars"),
        ("accounts", {"email": "a@example.com", "calendars": 1.5}, "calendars"),
        ("accounts", {"email": "a@example.com", "calendars": 0}, "calendars"),
        ("accounts", {"email": LONG, "nam": LONG}, "nam"),
        ("bookable_events", {"start": "tomorrow"}, "start"),
        ("bookable_events", {"start": 1_900_000_000}, "start"),
        ("bookable_events", {"start": text(at(9)), "end": text(at(9))}, "end"),
        ("bookable_events", {"metadata": {}}, "metadata"),
        ("conversations", {"participants": "ada@example.com"}, "participants"),
        ("conversations", {"participants": [{"sub": "acc_0", "x": 1}]}, "participants"),
        ("conversations", {"participants": [], "periods": [["2031-03-03T09:00:00Z"]]}, "periods"),
        ("conversations", {"participants": [], "duration": "PT1H"}, "duration"),
        ("faults", {"headers": {"A": 1}}, "headers"),
        ("faults", {"reset": "later"}, "reset"),
        ("reset", {"all": True}, "all"),
        ("actions/smart_invites.reply", {"invite": "x", "status": "maybe"}, "status"),
        ("requests?first=1", {}, "first"),
    ],
)
async def test_errors_name_the_wrong_argument(
    control: Control, path: str, arguments: dict[str, Any], field: str
) -> None:
    errors = (await control.post(path, **arguments) if "?" not in path else await control.get(path)).errors
    assert field in errors
    assert max(map(len, errors.values())) < 250


@pytest.mark.parametrize(
    "path",
    [
        "accounts/acc_0",
        "links/sch_0",
        "conversations/scv_0",
        "bookable_events/x",
        "deliveries/dlv_0",
        "links/sch_0/slots",
    ],
)
async def test_unknown_ids_get_404(control: Control, path: str) -> None:
    assert (await control.get(path)).error == (404, "not_found")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("add_busy", {"account": "acc_0", "start": text(at(9)), "end": text(at(10))}),
        ("attachments.find", {"attachment": "att_0"}),
        ("calendars.find", {"calendar_id": "cal_0"}),
        ("events.delete", {"event": "evt_0"}),
        ("real_time_sequencing.find", {"link": "x"}),
        ("smart_invites.find", {"invite": "x"}),
        ("scheduling_conversations.select", {"conversation": "x"}),
    ],
)
async def test_unknown_ids_in_a_body_get_404(control: Control, name: str, arguments: dict[str, str]) -> None:
    assert (await control.post(f"actions/{name}", **arguments)).error == (404, "not_found")


async def test_unknown_paths_and_methods_get_json(control: Control) -> None:
    assert (await control.get("nothing")).error == (404, "not_found")
    assert (await control.get("/__sandbox__/apiary")).error == (404, "not_found")
    assert (await control.send("PUT", "accounts", b"{}")).error == (405, "method_not_allowed")


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b'{"email": "a"} x'])
async def test_a_body_that_is_not_json_is_rejected(control: Control, body: bytes) -> None:
    assert (await control.send("POST", "accounts", body)).error == (400, "bad_request")


@pytest.mark.parametrize("body", [b"[]", b"null", b'"email"', b"1"])
async def test_a_body_that_is_not_an_object_is_rejected(control: Control, body: bytes) -> None:
    assert (await control.send("POST", "accounts", body)).error == (422, "invalid")


async def test_a_body_is_rejected_where_there_must_be_none(control: Control) -> None:
    assert (await control.send("DELETE", "faults", b"{}")).error == (400, "bad_request")


async def test_large_bodies_are_rejected(control: Control) -> None:
    body = json.dumps({"email": "x" * 1024 * 1024}).encode()
    assert (await control.send("POST", "accounts", body)).error == (413, "too_large")
    assert list((await control.send("POST", "restore", body)).errors) == ["body"]  # snapshots may be large
    assert (await control.send("POST", "restore", b" " * 33 * 1024 * 1024)).error == (413, "too_large")


async def test_an_argument_in_both_the_path_and_the_body_is_rejected(control: Control) -> None:
    link = await link_of(control)
    assert (await control.post(f"links/{link}/book", link="sch_0")).errors == {"link": "is in the path already"}


async def test_an_internal_error_is_returned_as_json(
    control: Control, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("s3cret")

    monkeypatch.setattr(type(control.sandbox), "reset", broken)
    reply = await control.post("reset")
    assert reply.error == (500, "internal_error")
    assert "s3cret" not in str(reply.json)
    assert "s3cret" in caplog.text


# Concurrent requests.


async def test_a_link_is_booked_once_by_concurrent_requests(control: Control) -> None:
    control.sandbox.mount("https://app.example.com", lambda _: 204)
    link = await link_of(control, callback_url="https://app.example.com/hook")
    replies = await asyncio.gather(*(control.post(f"links/{link}/book") for _ in range(50)))
    assert Counter(reply.status for reply in replies) == {200: 1, 409: 49}
    assert len(control.sandbox.deliveries) == 1


async def test_concurrent_requests_get_their_own_accounts(control: Control) -> None:
    replies = await asyncio.gather(*(control.post("accounts", email=f"p{n}@example.com") for n in range(200)))
    assert [reply.json["email"] for reply in replies] == [f"p{n}@example.com" for n in range(200)]
    assert len({reply.json["access_token"] for reply in replies}) == len(control.sandbox.accounts) == 200


async def test_a_booking_that_waits_for_its_callback_does_not_block_others() -> None:
    async with serve_control(now=None) as control:
        await control.post("faults", operation="callback", latency=3600)
        control.sandbox.mount("https://app.example.com", lambda _: 204)
        link = await link_of_now(control)
        booking = asyncio.create_task(control.post(f"links/{link}/book"))
        while control.sandbox.link(link).state == "open":  # noqa: ASYNC110 - it is booked in another task
            await asyncio.sleep(0)
        assert (await control.get("clock")).json["is_frozen"] is False
        assert not booking.done()
        await control.post("clock/advance", hours=1)
        assert (await booking).json["delivery"]["status"] == 204


async def link_of_now(control: Control) -> str:
    """Create a link for the days after the present."""
    ada = control.sandbox.add_account("ada@example.com")
    now = control.sandbox.clock.now()
    body = link_body(ada, callback_url="https://app.example.com/hook")
    body["availability"]["query_periods"] = [{"start": text(now), "end": text(now + timedelta(days=3))}]
    return await create(control.sandbox, ada, **body)
