"""Who an account is."""

from __future__ import annotations

import pytest

from cronofy_async.sandbox import Sandbox

from ..support import NOW, call, raw

PATH = "/v1/account"


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


async def test_it_is_the_account_of_the_token(sandbox: Sandbox) -> None:
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


async def test_it_follows_the_account(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada@example.com", "Ada")
    ada.name = "Ada King"

    assert (await call(sandbox, "GET", PATH, token=ada.access_token)).json["account"]["name"] == "Ada King"


async def test_it_takes_the_token_of_an_account(sandbox: Sandbox) -> None:
    sandbox.add_account("ada@example.com")

    for token, expected in ((sandbox.client_secret, 403), ("unknown", 401), (None, 401)):
        assert (await call(sandbox, "GET", PATH, token=token)).status == expected


async def test_an_application_calendar_is_refused(sandbox: Sandbox) -> None:
    room = sandbox.add_account("room@example.com", kind="application_calendar")

    answer = await raw(sandbox, "GET", PATH, token=room.access_token)

    assert (answer.status, answer.headers["Content-Type"]) == (403, "text/plain; charset=utf-8")


async def test_from_the_client(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada@example.com", "Ada")
    async with sandbox.client() as client:
        details = await client.account(access_token=ada.access_token).identity.account()

    assert (details.id, details.email, details.scope) == (ada.sub, ada.email, ada.scope)
