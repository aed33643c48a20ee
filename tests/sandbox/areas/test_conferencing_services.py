"""Conferencing services that users connect."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from cronofy_async.sandbox import Account, Sandbox, SandboxError

from ..support import NOW, ORIGIN, Json, call
from . import channels
from .channels import Hook

BACK = "https://app.example.com/conferencing"
PATH = "/v1/conferencing_service_authorizations"


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


async def page(sandbox: Sandbox, account: Account, **members: Any) -> str:
    """Return the URL of the page where a service is connected."""
    reply = await call(sandbox, "POST", PATH, {"redirect_uri": BACK, **members}, token=account.access_token)
    assert reply.status == 200
    url: str = reply.json["authorization_request"]["url"]
    return url


async def profiles(sandbox: Sandbox, account: Account) -> list[Json]:
    info = (await call(sandbox, "GET", "/v1/userinfo", token=account.access_token)).json
    result: list[Json] = info["cronofy.data"]["conferencing_profiles"]
    return result


def connected(sandbox: Sandbox, url: str, *arguments: str, **options: str) -> str:
    """Connect a service on a page, and return the ID of its profile."""
    back = urlsplit(sandbox.conferencing_services.connect(url, *arguments, **options))
    assert back.geturl().startswith(BACK)
    return dict(parse_qsl(back.query))["last_linked_profile_id"]


async def test_a_connected_service_is_shown(sandbox: Sandbox, ada: Account) -> None:
    url = await page(sandbox, ada, provider_name="go_to")

    assert url.startswith(f"{ORIGIN}/conferencing_services/")
    assert await profiles(sandbox, ada) == []
    profile_id = connected(sandbox, url)
    assert await profiles(sandbox, ada) == [
        {
            "provider_name": "go_to",
            "profile_id": profile_id,
            "profile_name": "ada@example.com",
            "profile_connected": True,
            "profile_initial_sync_required": False,
        }
    ]


async def test_a_user_may_choose_another_service(sandbox: Sandbox, ada: Account) -> None:
    connected(sandbox, await page(sandbox, ada))
    connected(sandbox, await page(sandbox, ada, provider_name="go_to"), "Ada", provider_name="ms_teams")

    result = await profiles(sandbox, ada)
    assert [(item["provider_name"], item["profile_name"]) for item in result] == [
        ("zoom", "ada@example.com"),
        ("ms_teams", "Ada"),
    ]


async def test_a_denial_connects_nothing(sandbox: Sandbox, ada: Account) -> None:
    url = await page(sandbox, ada)

    assert sandbox.conferencing_services.deny(url) == f"{BACK}?error=access_denied"
    assert await profiles(sandbox, ada) == []


async def test_a_lost_connection_is_notified_and_connected_again(sandbox: Sandbox, ada: Account) -> None:
    hook = Hook(sandbox)
    await channels.create(sandbox, ada)
    profile_id = connected(sandbox, await page(sandbox, ada))
    await hook.types()

    sandbox.profiles.disconnect(ada, profile_id)

    assert await hook.types() == ["conferencing_profile_disconnected"]
    (lost,) = await profiles(sandbox, ada)
    assert (lost["profile_connected"], "profile_relink_url" in lost) == (False, True)
    assert connected(sandbox, await page(sandbox, ada)) == profile_id
    assert [profile["profile_connected"] for profile in await profiles(sandbox, ada)] == [True]


async def test_an_unknown_page_is_an_error(sandbox: Sandbox, ada: Account) -> None:
    with pytest.raises(SandboxError, match=r"url: the sandbox has no page of conferencing_services\.authorize there"):
        sandbox.conferencing_services.connect(f"{ORIGIN}/x")
    with pytest.raises(SandboxError, match="url: the sandbox has no page"):
        sandbox.conferencing_services.deny("")


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"redirect_uri": "errors.required"}),
        ({"redirect_uri": "connected"}, {"redirect_uri": "errors.invalid"}),
        ({"redirect_uri": BACK, "provider_name": 3}, {"provider_name": "errors.invalid_type"}),
    ],
)
async def test_an_invalid_request_names_the_member(
    sandbox: Sandbox, ada: Account, body: Json, errors: dict[str, str]
) -> None:
    assert (await call(sandbox, "POST", PATH, body, token=ada.access_token)).errors == errors


async def test_an_account_token_is_required(sandbox: Sandbox) -> None:
    for token, expected in ((sandbox.client_secret, 403), ("unknown", 401), (None, 401)):
        assert (await call(sandbox, "POST", PATH, {"redirect_uri": BACK}, token=token)).status == expected
