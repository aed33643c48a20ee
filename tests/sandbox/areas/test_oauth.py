"""Codes and tokens: exchange, refresh and revocation."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from cronofy_async import OAuthError
from cronofy_async.sandbox import Account, Sandbox

from ..support import NOW, call
from .connecting import APPLICATION, BACK, connect, exchange, is_valid_token, page, redirect_parameters, refresh, revoke

FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True, more_secrets=("sbx_second",))


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


def code_of(sandbox: Sandbox, account: Account | str, **changes: Any) -> str:
    return redirect_parameters(sandbox.oauth.authorize(page(**changes), account))["code"]


# Codes.


async def test_a_code_is_exchanged_for_tokens(sandbox: Sandbox, ada: Account) -> None:
    reply = await exchange(sandbox, code_of(sandbox, ada, scope="read_events  create_event"))

    assert reply.status == 200
    assert (reply.headers["Cache-Control"], reply.headers["Pragma"]) == ("no-store", "no-cache")
    assert reply.json == {
        "token_type": "bearer",
        "access_token": ada.access_token,
        "expires_in": 3600,
        "refresh_token": ada.refresh_token,
        "scope": "read_events create_event",
        "sub": ada.sub,
        "account_id": ada.sub,
        "linking_profile": {
            "provider_name": "google",
            "provider_service": "gsuite",
            "profile_id": ada.profile_id,
            "profile_name": "ada@example.com",
        },
    }
    assert await is_valid_token(sandbox, ada.access_token)
    assert ada.scope == "read_events create_event"


async def test_the_granted_scope_may_differ(sandbox: Sandbox, ada: Account) -> None:
    url = sandbox.oauth.authorize(page(scope="read_write"), ada, scope="free_busy")

    assert (await exchange(sandbox, redirect_parameters(url)["code"])).json["scope"] == "free_busy"


async def test_a_code_works_once(sandbox: Sandbox, ada: Account) -> None:
    code = code_of(sandbox, ada)
    tokens = (await exchange(sandbox, code)).json

    assert (await exchange(sandbox, code)).json == {"error": "invalid_grant"}
    assert await is_valid_token(sandbox, tokens["access_token"])


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code": "unknown"}, "invalid_grant"),
        ({"redirect_uri": f"{BACK}/"}, "invalid_grant"),
        ({"redirect_uri": ...}, "invalid_request"),
        ({"code": ...}, "invalid_request"),
        ({"code": 7}, "invalid_request"),
        ({"client_secret": "guess"}, "invalid_client"),
        ({"client_id": ...}, "invalid_client"),
        ({"codde": "x"}, "invalid_request"),
    ],
)
async def test_a_failed_exchange_keeps_the_code_valid(
    sandbox: Sandbox, ada: Account, changes: dict[str, Any], error: str
) -> None:
    code = code_of(sandbox, ada)

    reply = await exchange(sandbox, code, **changes)

    assert (reply.status, reply.json["error"]) == (400, error)
    assert (await exchange(sandbox, code)).status == 200


async def test_a_code_expires_after_ten_minutes(sandbox: Sandbox, ada: Account) -> None:
    early, late = code_of(sandbox, ada), code_of(sandbox, ada)
    sandbox.clock.advance(minutes=9, seconds=59)
    assert (await exchange(sandbox, early)).status == 200
    sandbox.clock.advance(1)

    assert (await exchange(sandbox, late)).json == {"error": "invalid_grant"}


async def test_codes_may_be_set_not_to_expire() -> None:
    sandbox = Sandbox(now=NOW, assume={"codes_expire": False})
    code = code_of(sandbox, "kim@example.org")
    sandbox.clock.advance(days=9)

    assert (await exchange(sandbox, code)).status == 200


async def test_an_account_keeps_its_refresh_token(sandbox: Sandbox, ada: Account) -> None:
    first = await connect(sandbox, ada)
    second = await connect(sandbox, "ada@second.example", signed_in=ada)
    assert (second["sub"], second["refresh_token"]) == (ada.sub, first["refresh_token"])
    assert await is_valid_token(sandbox, first["access_token"])

    await revoke(sandbox, token=first["refresh_token"])
    third = await connect(sandbox, ada)

    assert third["refresh_token"] != first["refresh_token"]
    assert (await refresh(sandbox, first["refresh_token"])).json == {"error": "invalid_grant"}
    assert not await is_valid_token(sandbox, first["access_token"])


@pytest.mark.parametrize("secret", ["sbx_secret", "sbx_second"])
@pytest.mark.parametrize("token", [None, "stale", "undefined"])
@pytest.mark.parametrize("form", [False, True])
async def test_credentials_in_the_body_take_precedence_over_headers(
    sandbox: Sandbox, ada: Account, secret: str, token: str | None, form: bool
) -> None:
    own = {"client_id": "sbx_client", "client_secret": secret}
    exchanged = own | {"grant_type": "authorization_code", "code": code_of(sandbox, ada), "redirect_uri": BACK}
    refreshed = own | {"grant_type": "refresh_token", "refresh_token": ada.refresh_token}
    for path, body in (
        ("/oauth/token", exchanged),
        ("/oauth/token", refreshed),
        ("/v1/application_calendars", own | {"application_calendar_id": "room-7"}),
        ("/oauth/token/revoke", own | {"token": ada.refresh_token}),
    ):
        content = urlencode(body).encode() if form else body
        reply = await call(sandbox, "POST", path, content, token=token, headers=FORM if form else {})
        assert reply.status == 200, path
    assert not await is_valid_token(sandbox, ada.access_token)


# Refresh.


async def test_a_refresh_keeps_the_refresh_token(sandbox: Sandbox, ada: Account) -> None:
    old = (ada.access_token, ada.refresh_token)
    sandbox.clock.advance(minutes=30)

    reply = await refresh(sandbox, ada.refresh_token)

    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.json == {
        "token_type": "bearer",
        "access_token": ada.access_token,
        "expires_in": 3600,
        "refresh_token": old[1],
        "scope": "read_write",
    }
    assert ada.access_token != old[0]
    assert await is_valid_token(sandbox, old[0])
    sandbox.clock.advance(minutes=30)
    assert not await is_valid_token(sandbox, old[0])
    assert await is_valid_token(sandbox, ada.access_token)


async def test_refresh_tokens_rotate_on_a_switch() -> None:
    sandbox = Sandbox(now=NOW, strict=True, assume={"refresh_tokens_are_kept": False})
    ada = sandbox.add_account("ada@example.com")
    old = (ada.access_token, ada.refresh_token)

    reply = await refresh(sandbox, old[1])

    assert (reply.json["access_token"], reply.json["refresh_token"]) == (ada.access_token, ada.refresh_token)
    assert not {ada.access_token, ada.refresh_token} & set(old)
    assert (await refresh(sandbox, old[1])).json == {"error": "invalid_grant"}
    assert (await refresh(sandbox, ada.refresh_token)).status == 200
    assert await is_valid_token(sandbox, old[0])


async def test_an_access_token_may_be_returned_again() -> None:
    sandbox = Sandbox(now=NOW, strict=True, assume={"refresh_gives_new_access_token": False})
    ada = sandbox.add_account("ada@example.com")
    first = ada.access_token
    sandbox.clock.advance(minutes=50)

    record = (await refresh(sandbox, ada.refresh_token)).json
    assert (record["access_token"], record["expires_in"]) == (first, 600)
    sandbox.clock.advance(1)
    assert (await refresh(sandbox, ada.refresh_token)).json["access_token"] != first


async def test_tokens_survive_a_snapshot(sandbox: Sandbox, ada: Account) -> None:
    code, first = code_of(sandbox, ada), ada.access_token
    document = sandbox.snapshot()
    other = Sandbox(now=NOW)
    other.restore(document)

    tokens = (await exchange(other, code)).json

    assert await is_valid_token(other, first)
    assert await is_valid_token(other, tokens["access_token"])


# Revocation.


@pytest.mark.parametrize("way", ["refresh_token", "access_token", "sub", "both", "as node sends it"])
async def test_a_revocation_ends_all_tokens(sandbox: Sandbox, ada: Account, way: str) -> None:
    bob = sandbox.add_account("bob@example.com")
    ways: dict[str, dict[str, Any]] = {
        "refresh_token": {"token": ada.refresh_token},
        "access_token": {"token": ada.access_token},
        "sub": {"sub": ada.sub, "request_pii_erasure": True},
        "both": {"token": ada.refresh_token, "sub": bob.sub},
        "as node sends it": {"refresh_token": ada.refresh_token},
    }

    reply = await revoke(sandbox, **ways[way])

    assert (reply.status, reply.json) == (200, None)
    assert not await is_valid_token(sandbox, ada.access_token)
    assert (await refresh(sandbox, ada.refresh_token)).json == {"error": "invalid_grant"}
    assert await is_valid_token(sandbox, bob.access_token)


async def test_revoking_unknown_tokens_succeeds(sandbox: Sandbox, ada: Account) -> None:
    expired = ada.access_token
    sandbox.clock.advance(hours=1)

    for members in ({"token": "unknown"}, {"sub": "acc_0"}, {"token": expired}):
        assert (await revoke(sandbox, **members)).status == 200

    assert (await refresh(sandbox, ada.refresh_token)).status == 200


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({}, "invalid_request"),
        ({"token": 7}, "invalid_request"),
        ({"token": "x", "client_secret": "guess"}, "invalid_client"),
    ],
)
async def test_an_invalid_revocation_is_rejected(
    sandbox: Sandbox, ada: Account, members: dict[str, Any], error: str
) -> None:
    reply = await revoke(sandbox, **members)

    assert (reply.status, reply.json["error"]) == (400, error)


async def test_the_refresh_token_parameter_may_be_rejected() -> None:
    sandbox = Sandbox(now=NOW, assume={"revoke_takes_refresh_token": False})
    ada = sandbox.add_account("ada@example.com")

    assert (await revoke(sandbox, refresh_token=ada.refresh_token)).json["error"] == "invalid_request"


# From the client.


async def test_a_user_connects_and_revokes(sandbox: Sandbox) -> None:
    async with sandbox.client() as cronofy:
        url = cronofy.oauth.authorization_url(redirect_uri=BACK, scope=["read_events", "create_event"], state="n0nce")
        back = redirect_parameters(sandbox.oauth.authorize(url, "kim@example.org"))
        tokens = await cronofy.oauth.exchange(back["code"], redirect_uri=BACK)
        account = cronofy.account(tokens)

        assert (await account.identity.account()).email == "kim@example.org"
        assert tokens.linking_profile is not None
        assert tokens.linking_profile.profile_name == "kim@example.org"
        assert tokens.expires_at == sandbox.accounts[0].expires_at
        sandbox.clock.advance(hours=3)
        assert (await cronofy.account(sub=tokens.sub).identity.userinfo()).sub == tokens.sub
        refreshed = await cronofy.oauth.refresh(tokens.refresh_token or "")
        assert refreshed.refresh_token == tokens.refresh_token
        await cronofy.oauth.revoke(sub=tokens.sub or "")
        with pytest.raises(OAuthError, match="invalid_grant"):
            await cronofy.oauth.refresh(tokens.refresh_token or "")


async def test_an_administrator_connects(sandbox: Sandbox) -> None:
    async with sandbox.client() as cronofy:
        url = cronofy.oauth.enterprise_connect_url(
            redirect_uri=BACK, scope=["service_account/accounts/manage"], delegated_scope=["read_write"], state="n0nce"
        )
        back = redirect_parameters(sandbox.oauth.authorize(url, "admin@corp.example"))
        tokens = await cronofy.oauth.exchange(back["code"], redirect_uri=BACK)
        info = await cronofy.account(tokens).identity.userinfo()

    assert (tokens.expires_in, tokens.linking_profile, back["state"]) == (1800, None, "n0nce")
    assert info.cronofy_type == "service_account"
    assert info.cronofy_data.authorization is not None
    assert info.cronofy_data.authorization.delegated_scope == "read_write"
    assert info.cronofy_data.service_account is not None
    assert info.cronofy_data.service_account.domain == "corp.example"


async def test_both_hosts_are_the_sandbox(sandbox: Sandbox, ada: Account) -> None:
    async with sandbox.serve() as url, sandbox.client(base_url=url, app_url=url, transport=None) as cronofy:
        assert cronofy.oauth.authorization_url(redirect_uri=BACK, scope="read_write").startswith(
            f"{url}/oauth/authorize?"
        )
        tokens = await cronofy.oauth.exchange(code_of(sandbox, ada), redirect_uri=BACK)

    assert tokens.sub == ada.sub
    assert (await call(sandbox, "POST", "/oauth/token", APPLICATION, token=None)).status == 400
