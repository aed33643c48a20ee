"""The profiles of accounts."""

from __future__ import annotations

import pytest

from cronofy_async import NotFound
from cronofy_async.sandbox import Account, Sandbox, SandboxError

from ..support import NOW, ORIGIN, call
from .connecting import is_valid_token


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


async def test_the_profiles_of_the_account_are_listed(sandbox: Sandbox, ada: Account) -> None:
    sandbox.profiles.add(ada, "ada+icloud@example.com", provider_name="apple")
    sandbox.profiles.disconnect(ada, ada.profiles[1].profile_id)
    ada.profiles[0].initial_sync_required = True

    reply = await call(sandbox, "GET", "/v1/profiles", token=ada.access_token)

    assert reply.json == {
        "profiles": [
            {
                "provider_name": "google",
                "provider_service": "gsuite",
                "profile_id": ada.profiles[0].profile_id,
                "profile_name": "ada@example.com",
                "profile_connected": True,
                "profile_initial_sync_required": True,
            },
            {
                "provider_name": "apple",
                "profile_id": ada.profiles[1].profile_id,
                "profile_name": "ada+icloud@example.com",
                "profile_connected": False,
                "profile_initial_sync_required": False,
                "profile_relink_url": f"{ORIGIN}/relink/apple?email=ada%2Bicloud%40example.com",
            },
        ]
    }
    sandbox.profiles.reconnect(ada, ada.profiles[1].profile_id)
    again = await call(sandbox, "GET", "/v1/profiles", token=ada.access_token)
    assert [profile["profile_connected"] for profile in again.json["profiles"]] == [True, True]


async def test_profiles_require_an_account_token(sandbox: Sandbox, ada: Account) -> None:
    for method, target in (("GET", "/v1/profiles"), ("POST", f"/v1/profiles/{ada.profile_id}/revoke")):
        for token, expected in ((sandbox.client_secret, 403), ("unknown", 401), (None, 401)):
            assert (await call(sandbox, method, target, token=token)).status == expected


@pytest.mark.parametrize("body", [None, [], {}])
async def test_revoking_a_profile_removes_its_calendars(sandbox: Sandbox, ada: Account, body: object) -> None:
    second = sandbox.profiles.add(ada, "ada@second.example")

    reply = await call(sandbox, "POST", f"/v1/profiles/{second.profile_id}/revoke", body, token=ada.access_token)

    assert (reply.status, reply.json) == (202, None)
    assert [profile.name for profile in ada.profiles] == ["ada@example.com"]
    calendars = await call(sandbox, "GET", "/v1/calendars", token=ada.access_token)
    assert [calendar["profile_name"] for calendar in calendars.json["calendars"]] == ["ada@example.com"]


async def test_a_profile_is_revoked_after_the_delay() -> None:
    sandbox = Sandbox(now=NOW, write_delay=5)
    ada = sandbox.add_account("ada@example.com")

    await call(sandbox, "POST", f"/v1/profiles/{ada.profile_id}/revoke", token=ada.access_token)

    assert len((await call(sandbox, "GET", "/v1/profiles", token=ada.access_token)).json["profiles"]) == 1
    sandbox.clock.advance(5)
    assert (await call(sandbox, "GET", "/v1/profiles", token=ada.access_token)).json == {"profiles": []}


async def test_profiles_of_other_accounts_are_not_found(sandbox: Sandbox, ada: Account) -> None:
    bob = sandbox.add_account("bob@example.com")

    for profile_id in (bob.profile_id, "pro_0"):
        reply = await call(sandbox, "POST", f"/v1/profiles/{profile_id}/revoke", token=ada.access_token)
        assert reply.status == 404
    assert len(bob.profiles) == 1


@pytest.mark.parametrize("stays", [True, False])
async def test_revoking_the_last_profile(stays: bool) -> None:
    sandbox = Sandbox(now=NOW, assume={"accounts_stay_without_profiles": stays})
    ada = sandbox.add_account("ada@example.com")

    await call(sandbox, "POST", f"/v1/profiles/{ada.profile_id}/revoke", token=ada.access_token)

    assert await is_valid_token(sandbox, ada.access_token) is stays


def test_actions_require_an_account_and_a_profile(sandbox: Sandbox, ada: Account) -> None:
    assert sandbox.profiles.disconnect(ada.sub).connected is False
    with pytest.raises(SandboxError, match="no account acc_0"):
        sandbox.profiles.add("acc_0", "x@example.com")
    with pytest.raises(SandboxError, match=r"ada@example\.com has no profile pro_0"):
        sandbox.profiles.disconnect(ada, "pro_0")


async def test_the_sdk_lists_and_revokes_profiles(sandbox: Sandbox, ada: Account) -> None:
    sandbox.profiles.add(ada, "ada@second.example")
    sandbox.profiles.disconnect(ada)
    async with sandbox.client() as cronofy:
        account = cronofy.account(access_token=ada.access_token)
        first, second = await account.profiles.list()
        assert (first.needs_relink, second.needs_relink) == (True, False)
        await account.profiles.revoke(first)
        assert [profile.id for profile in await account.profiles.list()] == [second.id]
        with pytest.raises(NotFound):
            await account.profiles.revoke(first)
