"""Accounts and their userinfo."""

from __future__ import annotations

import pytest

from cronofy_async.sandbox import Sandbox

from ..support import NOW, call, raw

PATH = "/v1/account"


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


async def test_the_account_of_the_token_is_returned(sandbox: Sandbox) -> None:
    sandbox.add_account("kim@example.org")
    ada = sandbox.add_account("ada@example.com", "Ada")

    reply = await call(sandbox, "GET", PATH, token=ada.access_token)

    assert reply.status == 200
    assert reply.json == {
        "account": {
            "account_id": ada.sub,
            "email": "ada@example.com",
            "name": "Ada",
            "scope": ada.scope,
            "default_tzid": "Etc/UTC",
        },
        "sub": ada.sub,
    }


async def test_changes_of_the_account_are_returned(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada@example.com", "Ada")
    ada.name = "Ada King"

    assert (await call(sandbox, "GET", PATH, token=ada.access_token)).json["account"]["name"] == "Ada King"


async def test_an_account_token_is_required(sandbox: Sandbox) -> None:
    sandbox.add_account("ada@example.com")

    for token, expected in ((sandbox.client_secret, 403), ("unknown", 401), (None, 401)):
        assert (await call(sandbox, "GET", PATH, token=token)).status == expected


async def test_an_application_calendar_token_is_rejected(sandbox: Sandbox) -> None:
    room = sandbox.add_account("room@example.com", kind="application_calendar")

    answer = await raw(sandbox, "GET", PATH, token=room.access_token)

    assert (answer.status, answer.headers["Content-Type"]) == (403, "text/plain; charset=utf-8")


async def test_the_sdk_reads_the_account(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada@example.com", "Ada")
    async with sandbox.client() as client:
        details = await client.account(access_token=ada.access_token).identity.account()

    assert (details.id, details.email, details.scope) == (ada.sub, ada.email, ada.scope)


# Userinfo.


async def test_userinfo_has_the_profiles_and_their_calendars(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada@example.com", "Ada", calendars=2)
    second = sandbox.profiles.add(ada, "ada@second.example")
    sandbox.profiles.disconnect(ada, second.profile_id)
    ada.calendars[1].readonly = True

    reply = await call(sandbox, "GET", "/v1/userinfo", token=ada.access_token)

    data = reply.json.pop("cronofy.data")
    assert reply.json == {
        "sub": ada.sub,
        "email": "ada@example.com",
        "name": "Ada",
        "zoneinfo": "Etc/UTC",
        "cronofy.type": "account",
    }
    assert data["authorization"] == {"scope": "read_write", "status": "active"}
    assert data["conferencing_profiles"] == []
    assert [profile["profile_connected"] for profile in data["profiles"]] == [True, False]
    assert data["profiles"][1]["profile_relink_url"].endswith("/relink/google?email=ada%40second.example")
    calendars = [profile.pop("profile_calendars") for profile in data["profiles"]]
    assert [[item["calendar_id"] for item in group] for group in calendars] == [
        ada.calendar_ids[:2],
        ada.calendar_ids[2:],
    ]
    assert calendars[0][1] == {
        "calendar_id": ada.calendar_ids[1],
        "calendar_name": "Calendar 2",
        "calendar_readonly": True,
        "calendar_deleted": False,
        "calendar_primary": False,
        "calendar_integrated_conferencing_available": True,
        "calendar_attachments_available": True,
        "permission_level": "sandbox",
    }
    listing = await call(sandbox, "GET", "/v1/profiles", token=ada.access_token)
    assert data["profiles"] == listing.json["profiles"]


async def test_userinfo_requires_an_account_token(sandbox: Sandbox) -> None:
    for token, expected in ((sandbox.client_secret, 403), ("unknown", 401), (None, 401)):
        assert (await call(sandbox, "GET", "/v1/userinfo", token=token)).status == expected


async def test_userinfo_of_a_service_account(sandbox: Sandbox) -> None:
    service = sandbox.add_account("svc@example.com", kind="service_account")

    info = (await call(sandbox, "GET", "/v1/userinfo", token=service.access_token)).json

    assert (info["cronofy.type"], info["email"]) == ("service_account", "svc@example.com")
    assert info["cronofy.data"] == {
        "authorization": {
            "scope": "service_account/accounts/manage service_account/resources/manage",
            "status": "active",
            "delegated_scope": "read_write",
        },
        "service_account": {"provider_name": "google", "domain": "example.com"},
    }
