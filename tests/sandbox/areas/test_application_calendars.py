"""Application calendars."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async import Forbidden
from cronofy_async.sandbox import Sandbox

from ..support import NOW, Reply, call
from .connecting import APPLICATION, is_valid_token, refresh, revoke

PATH = "/v1/application_calendars"


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


async def upsert(sandbox: Sandbox, **changes: Any) -> Reply:
    body = APPLICATION | {"application_calendar_id": "room-7"} | changes
    return await call(sandbox, "POST", PATH, {k: v for k, v in body.items() if v is not ...}, token=None)


async def test_a_calendar_is_created_once(sandbox: Sandbox) -> None:
    reply = await upsert(sandbox)

    (room,) = sandbox.accounts
    assert reply.json == {
        "token_type": "bearer",
        "access_token": room.access_token,
        "expires_in": 3600,
        "refresh_token": room.refresh_token,
        "scope": "read_write",
        "application_calendar_id": "room-7",
        "sub": room.sub,
        "linking_profile": {
            "provider_name": "cronofy",
            "profile_id": room.profile_id,
            "profile_name": room.profile_id.removeprefix("pro_"),
        },
    }
    assert room.sub.startswith("apc_")
    calendars = (await call(sandbox, "GET", "/v1/calendars", token=room.access_token)).json["calendars"]
    assert [(calendar["calendar_name"], calendar["calendar_primary"]) for calendar in calendars] == [("room-7", True)]
    sandbox.clock.advance(minutes=20)
    assert (await upsert(sandbox)).json == reply.json | {"expires_in": 2400}
    assert (await upsert(sandbox, application_calendar_id="room-8")).json["sub"] != room.sub


async def test_expired_tokens_are_replaced(sandbox: Sandbox) -> None:
    first = (await upsert(sandbox)).json
    sandbox.clock.advance(hours=1)

    second = (await upsert(sandbox)).json

    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] == first["refresh_token"]
    assert await is_valid_token(sandbox, second["access_token"])


async def test_each_request_may_return_a_new_token() -> None:
    sandbox = Sandbox(now=NOW, assume={"application_calendars_keep_tokens": False})
    first = (await upsert(sandbox)).json["access_token"]

    assert (await upsert(sandbox)).json["access_token"] != first
    assert await is_valid_token(sandbox, first)


async def test_a_calendar_is_revoked_and_created_again(sandbox: Sandbox) -> None:
    first = (await upsert(sandbox)).json

    await revoke(sandbox, token=first["access_token"])
    assert not await is_valid_token(sandbox, first["access_token"])
    assert (await refresh(sandbox, first["refresh_token"])).json == {"error": "invalid_grant"}
    second = (await upsert(sandbox)).json
    assert (second["sub"], await is_valid_token(sandbox, second["access_token"])) == (first["sub"], True)

    profile = second["linking_profile"]["profile_id"]
    await call(sandbox, "POST", f"/v1/profiles/{profile}/revoke", token=second["access_token"])
    assert (await upsert(sandbox)).json["linking_profile"]["profile_id"] != profile


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"client_secret": "guess"}, 401),
        ({"client_id": ...}, 401),
        ({"application_calendar_id": ...}, 422),
        ({"application_calendar_id": ""}, 422),
        ({"application_calendar_id": 7}, 422),
        ({"application_calender": "x"}, 422),
    ],
)
async def test_invalid_requests_are_rejected(sandbox: Sandbox, changes: dict[str, Any], status: int) -> None:
    reply = await upsert(sandbox, **changes)

    assert reply.status == status
    if status == 422:
        assert len(reply.errors) == 1
        assert next(iter(reply.errors)).startswith("application_calend")
    assert sandbox.accounts == []


async def test_the_sdk_creates_an_application_calendar(sandbox: Sandbox) -> None:
    async with sandbox.client() as cronofy:
        tokens = await cronofy.application_calendars.upsert("room-7")
        room = cronofy.account(tokens)
        info = await room.identity.userinfo()
        assert (info.sub, info.application_calendar_id, info.cronofy_type) == (
            tokens.sub,
            "room-7",
            "application_calendar",
        )
        assert (info.email, info.name, info.zoneinfo) == (None, None, None)
        assert info.cronofy_data.application_calendar is not None
        assert info.cronofy_data.application_calendar.application_calendar_id == "room-7"
        assert [profile.provider_name for profile in info.profiles] == ["cronofy"]
        with pytest.raises(Forbidden):
            await room.identity.account()
        await cronofy.oauth.revoke(tokens.refresh_token or "")
        assert (await cronofy.application_calendars.upsert("room-7")).sub == tokens.sub
