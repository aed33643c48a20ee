"""pycronofy, unmodified, against the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import pytest

from cronofy_async.sandbox import Account, Delivery, Sandbox

from ..sandbox.support import NOW, Json, at, text
from .support import pycronofy, raises_status, settings

T = TypeVar("T")


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW, strict=True, more_secrets=("sbx_second",)) as sandbox:
        yield sandbox


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


@pytest.fixture
async def client(sandbox: Sandbox, ada: Account, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    async with sandbox.serve() as url:
        monkeypatch.setattr(settings, "API_BASE_URL", url)
        monkeypatch.setattr(settings, "APP_BASE_URL", url)
        yield pycronofy.Client(
            client_id=sandbox.client_id,
            client_secret=sandbox.client_secret,
            access_token=ada.access_token,
            refresh_token=ada.refresh_token,
        )


async def run(function: Callable[..., T], *arguments: Any, **options: Any) -> T:
    return await asyncio.to_thread(function, *arguments, **options)


def query(account: Account, **changes: Any) -> Json:
    periods = [{"start": at(9), "end": at(12)}]
    return {"participants": {"members": [account.sub]}, "required_duration": 60, "available_periods": periods} | changes


EVENT = {"event_id": "intro-1", "summary": "Intro", "tzid": "Etc/UTC"}
OAUTH = {"redirect_uri": "https://app.example.com/done", "scope": "create_event", "state": "s"}


async def create(client: Any, account: Account, **options: Any) -> Json:
    availability = query(account, **options.pop("availability", {}))
    response = await run(client.real_time_scheduling, availability, OAUTH, dict(EVENT), **options)
    link: Json = response["real_time_scheduling"]
    return link


async def test_a_link_from_its_creation_to_its_end(client: Any, sandbox: Sandbox, ada: Account) -> None:
    link = await create(client, ada, target_calendars=[ada.target_calendar], minimum_notice={"hours": 1})
    assert sandbox.unknown_parameters == []
    ident, token = link["real_time_scheduling_id"], link["url"].rpartition("/")[2]

    by_id = await run(client.get_real_time_scheduling_status, real_time_scheduling_id=ident)
    by_token = await run(client.get_real_time_scheduling_status, token=token)
    assert by_id == by_token
    assert by_id["real_time_scheduling"]["status"] == "open"
    assert by_id["real_time_scheduling"]["url"] == link["url"]

    await sandbox.book(link["url"])
    response = (await run(client.get_real_time_scheduling_status, real_time_scheduling_id=ident))[
        "real_time_scheduling"
    ]
    assert response["status"] == "completed"
    assert response["event"]["start"] == text(at(9))
    assert [event.event_id for event in ada.events] == ["intro-1"]


async def test_every_availability_parameter_is_accepted(client: Any, sandbox: Sandbox, ada: Account) -> None:
    availability = {
        "start_interval": 30,
        "buffer": {"before": 15, "after": {"minimum": 15, "maximum": 30, "minutes": 15}},
        "max_results": 2,
        "response_format": "overlapping_slots",
    }
    link = await create(client, ada, availability=availability, event_creation="single", minimum_notice=30)
    assert [slot.start for slot in sandbox.slots(link["url"])] == [at(9), at(9, 30)]


def hour(start: int, end: int) -> list[Json]:
    return [{"start": at(start), "end": at(end)}]


async def test_availability(client: Any, sandbox: Sandbox, ada: Account) -> None:
    sandbox.add_busy(ada, at(9, 30), at(10, 30))
    group = {"members": [ada.sub, {"sub": "res_1", "available_periods": hour(9, 18)}], "required": "all"}

    periods = await run(client.availability, group, 60, hour(9, 13), buffer={"before": 30})
    assert [(item["start"], item["end"]) for item in periods] == [(text(at(11)), text(at(13)))]
    slots = await run(client.availability, [group], 60, hour(9, 13), 30, response_format="slots", max_results=1)
    assert slots == [
        {"start": text(at(10, 30)), "end": text(at(11, 30)), "participants": [{"sub": ada.sub}, {"sub": "res_1"}]}
    ]
    exact = [{"start": at(9)}, {"start": at(12)}]
    periods = await run(client.availability, group, 60, query_slots=exact, response_format="overlapping_slots")
    assert [item["start"] for item in periods] == [text(at(12))]
    assert sandbox.unknown_parameters == []


async def test_sequenced_availability(client: Any, sandbox: Sandbox, ada: Account) -> None:
    def step(name: str, ordinal: int, sub: str) -> Json:
        group = {"members": [sub], "required": "all"}
        buffer = {"before": {"minimum": 0}, "after": {"minimum": 0, "maximum": 30}}
        return {
            "sequence_id": name,
            "ordinal": ordinal,
            "participants": group,
            "required_duration": 60,
            "start_interval": 30,
            "buffer": buffer,
            "available_periods": hour(9, 12),
        }

    sandbox.add_busy(ada, at(9), at(10, 30))
    (first, *_) = await run(client.sequenced_availability, [step("b", 2, ada.sub), step("a", 1, "res_1")], hour(9, 12))
    assert [(item["sequence_id"], item["start"]) for item in first["sequence"]] == [
        ("a", text(at(9))),
        ("b", text(at(10, 30))),
    ]


async def test_availability_rules(client: Any, sandbox: Sandbox) -> None:
    weekly = [{"day": "monday", "start_time": "09:30", "end_time": "12:30"}]
    rule = {"availability_rule_id": "default", "tzid": "America/Chicago", "weekly_periods": weekly}

    assert await run(client.upsert_availability_rule, rule) == rule
    assert await run(client.get_availability_rule, "default") == rule
    assert await run(client.list_availability_rules) == [rule]
    await run(client.delete_availability_rule, "default")
    assert await run(client.list_availability_rules) == []


async def test_disable(client: Any, ada: Account) -> None:
    link = await create(client, ada)
    response = await run(client.disable_real_time_scheduling_link, link["real_time_scheduling_id"], "Sorry")
    assert response["real_time_scheduling"]["status"] == "disabled"


async def test_calendars_and_refresh(client: Any, sandbox: Sandbox, ada: Account) -> None:
    calendars = await run(client.list_calendars)
    assert [item["calendar_id"] for item in calendars] == ada.calendar_ids
    sandbox.clock.advance(hours=2)
    with raises_status(401):
        await run(client.list_calendars)
    tokens = await run(client.refresh_authorization)
    assert (tokens["access_token"], tokens["refresh_token"]) == (ada.access_token, ada.refresh_token)
    assert await run(client.list_calendars) == calendars


async def test_a_person_connects_and_leaves(client: Any, sandbox: Sandbox) -> None:
    url = client.user_auth_link("https://app.example.com/done", scope="read_write", state="s")
    back = dict(parse_qsl(urlsplit(sandbox.oauth.authorize(url, "kim@example.org")).query))
    assert back["state"] == "s"

    tokens = await run(client.get_authorization_from_code, back["code"], "https://app.example.com/done")

    kim = sandbox.accounts[-1]
    assert (tokens["access_token"], tokens["refresh_token"]) == (kim.access_token, kim.refresh_token)
    assert (await run(client.account))["email"] == "kim@example.org"
    info = await run(client.userinfo)
    assert info["cronofy.data"]["profiles"][0]["profile_calendars"][0]["calendar_id"] == kim.calendar_id
    profiles = await run(client.list_profiles)
    assert [item["profile_name"] for item in profiles] == ["kim@example.org"]
    await run(client.revoke_profile, kim.profile_id)
    assert await run(client.list_profiles) == []
    await run(client.revoke_authorization)
    with raises_status(401):
        await run(client.list_calendars)


async def test_an_application_calendar(client: Any, sandbox: Sandbox) -> None:
    tokens = await run(client.application_calendar, "room-7")

    room = sandbox.accounts[-1]
    assert (tokens["access_token"], tokens["refresh_token"]) == (room.access_token, room.refresh_token)
    assert (await run(client.userinfo))["application_calendar_id"] == "room-7"


async def test_invalid_parameters_are_named(client: Any, ada: Account) -> None:
    with raises_status(422) as responses:
        await create(client, ada, availability={"response_format": "periods"})
    assert list(responses[0].json()["errors"]) == ["availability.response_format"]
    with raises_status(404):
        await run(client.get_real_time_scheduling_status, token="unknown")


async def test_an_unknown_endpoint_gets_a_501(client: Any) -> None:
    with raises_status(501) as responses:
        await run(client.request_handler.get, endpoint="no_such_thing")
    assert "the sandbox does not emulate GET /v1/no_such_thing" in responses[0].json()["error_description"]


async def test_the_sdk_verifies_callbacks(client: Any, sandbox: Sandbox, ada: Account) -> None:
    seen: list[Delivery] = []
    sandbox.mount("https://app.example.com", seen.append)
    link = await create(client, ada, callback_urls={"completed_url": "https://app.example.com/hook"})
    await sandbox.book(link["url"])
    (delivery,) = seen
    header, body = delivery.headers["Cronofy-HMAC-SHA256"], delivery.body.decode()
    for secret in sandbox.client_secrets:
        assert pycronofy.Client(client_secret=secret).hmac_valid(header, body)
    assert not pycronofy.Client(client_secret="sbx_other").hmac_valid(header, body)
    assert not client.hmac_valid(header, body + " ")
