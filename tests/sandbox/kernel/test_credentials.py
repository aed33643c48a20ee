from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from cronofy_async.sandbox import Account, Sandbox

from ..support import LINKS, NOW, Reply, call, create, link_body

FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True, more_secrets=("sbx_second",))


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


def grant(account: Account, **changes: Any) -> dict[str, Any]:
    body = {
        "client_id": "sbx_client",
        "client_secret": "sbx_secret",
        "grant_type": "refresh_token",
        "refresh_token": account.refresh_token,
    } | changes
    return {name: value for name, value in body.items() if value is not ...}


async def refresh(sandbox: Sandbox, body: Any, **options: Any) -> Reply:
    return await call(sandbox, "POST", "/oauth/token", body, **({"token": None} | options))


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", LINKS),
        ("GET", f"{LINKS}?token=t"),
        ("GET", f"{LINKS}/sch_1"),
        ("POST", f"{LINKS}/sch_1/disable"),
        ("GET", "/v1/calendars"),
    ],
)
@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer nobody"}, {"authorization": "Basic sbx_secret"}, {"authorization": "Bearer"}],
)
async def test_an_unknown_credential_is_401_without_a_body(
    sandbox: Sandbox, method: str, target: str, headers: dict[str, str]
) -> None:
    reply = await call(sandbox, method, target, {}, token=None, headers=headers)
    assert (reply.status, reply.json) == (401, None)


@pytest.mark.parametrize("secret", ["sbx_secret", "sbx_second"])
async def test_any_active_secret_is_the_api_key(sandbox: Sandbox, secret: str) -> None:
    assert (await call(sandbox, "GET", f"{LINKS}/sch_1", token=secret)).status == 404


async def test_the_bearer_scheme_is_case_insensitive(sandbox: Sandbox) -> None:
    reply = await call(sandbox, "GET", f"{LINKS}/x", token=None, headers={"authorization": "bearer sbx_secret"})
    assert reply.status == 404


@pytest.mark.parametrize(("assume", "expected"), [({}, 403), ({"wrong_kind_is_forbidden": False}, 401)])
async def test_a_credential_of_the_wrong_kind(assume: dict[str, bool], expected: int) -> None:
    sandbox = Sandbox(now=NOW, assume=assume)
    ada = sandbox.add_account("ada@example.com")
    assert (await call(sandbox, "GET", "/v1/calendars")).status == expected
    assert (await call(sandbox, "GET", f"{LINKS}/sch_1", token=ada.access_token)).status == expected
    assert (await call(sandbox, "POST", LINKS, link_body(ada), token=ada.access_token)).status == expected


async def test_a_link_can_be_created_with_the_credentials_in_the_body(sandbox: Sandbox, ada: Account) -> None:
    """Three of the official SDKs do this, with any header or none."""
    own = {"client_id": "sbx_client", "client_secret": "sbx_second"}
    for token in (None, ada.access_token, "undefined"):
        assert (await call(sandbox, "POST", LINKS, link_body(ada, **own), token=token)).status == 200
    assert all(not own.keys() & link.params.keys() for link in sandbox.links)
    wrong = own | {"client_secret": "guess"}
    assert (await call(sandbox, "POST", LINKS, link_body(ada, **wrong), token=None)).status == 401
    assert (await call(sandbox, "GET", f"{LINKS}/sch_1", own, token=None)).status == 401


async def test_an_access_token_is_accepted_for_calendars(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada@example.com", calendars=2)
    reply = await call(sandbox, "GET", "/v1/calendars", token=ada.access_token)
    assert reply.status == 200
    assert reply.json["sub"] == ada.sub
    assert [calendar["calendar_id"] for calendar in reply.json["calendars"]] == ada.calendar_ids
    assert [calendar["calendar_primary"] for calendar in reply.json["calendars"]] == [True, False]
    assert {calendar["profile_name"] for calendar in reply.json["calendars"]} == {"ada@example.com"}


async def test_access_tokens_expire_after_an_hour(sandbox: Sandbox, ada: Account) -> None:
    sandbox.clock.advance(minutes=59, seconds=59)
    assert (await call(sandbox, "GET", "/v1/calendars", token=ada.access_token)).status == 200
    sandbox.clock.advance(1)
    assert (await call(sandbox, "GET", "/v1/calendars", token=ada.access_token)).status == 401


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "other"}, "invalid_client"),
        ({"client_secret": "guess"}, "invalid_client"),
        ({"client_id": ...}, "invalid_client"),
        ({"client_secret": ["sbx_secret"]}, "invalid_client"),
        ({"grant_type": ...}, "invalid_request"),
        ({"grant_type": 7}, "invalid_request"),
        ({"refresh_token": ...}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"refresh_token": "unknown"}, "invalid_grant"),
        ({"refesh_token": "typo"}, "invalid_request"),
    ],
)
async def test_the_token_endpoint_returns_oauth_errors(
    sandbox: Sandbox, ada: Account, changes: dict[str, Any], error: str
) -> None:
    reply = await refresh(sandbox, grant(ada, **changes))
    assert (reply.status, reply.json["error"]) == (400, error)
    assert (await refresh(sandbox, grant(ada))).status == 200


async def test_invalid_requests_have_a_description(sandbox: Sandbox, ada: Account) -> None:
    reply = await refresh(sandbox, grant(ada, grant_type=...))
    assert reply.json["error_description"] == "grant_type must be specified"


async def test_a_body_that_is_not_json_is_invalid_client(sandbox: Sandbox) -> None:
    assert (await refresh(sandbox, b"[1")).json == {"error": "invalid_client"}


async def test_a_revoked_authorization_invalidates_all_tokens(sandbox: Sandbox, ada: Account) -> None:
    sandbox.revoke(ada)
    assert (await call(sandbox, "GET", "/v1/calendars", token=ada.access_token)).status == 401
    assert (await refresh(sandbox, grant(ada))).json == {"error": "invalid_grant"}


async def test_form_bodies_are_read_by_every_endpoint(sandbox: Sandbox, ada: Account) -> None:
    ident = await create(sandbox, ada)
    body = urlencode({"display_message": "Sorry, ä & ö"}).encode()
    assert (await call(sandbox, "POST", f"{LINKS}/{ident}/disable", body, headers=FORM)).status == 200
    assert sandbox.link(ident).display_message == "Sorry, ä & ö"


def test_secrets_are_hidden(sandbox: Sandbox, ada: Account) -> None:
    for secret in (ada.access_token, ada.refresh_token):
        assert secret not in repr(ada)
    assert json.dumps(ada.target_calendar)  # plain values, to be sent
