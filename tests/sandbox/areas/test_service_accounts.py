"""Service accounts: the accounts that they authorize, and the callbacks with the results."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async.models import AuthorizationCompleted
from cronofy_async.sandbox import Account, Sandbox

from ..callbacks import Receiver
from ..support import NOW, Json, call
from .companies import APP, AUTHORIZATIONS, HOOK, authorize, authorize_person, person, results
from .connecting import connect, exchange, is_valid_token, refresh, revoke

LIST = "service_account_authorizations"


@pytest.fixture
def sandbox() -> Sandbox:
    sandbox = Sandbox(now=NOW, strict=True)
    sandbox.mount(APP, Receiver())
    return sandbox


@pytest.fixture
def company(sandbox: Sandbox) -> Account:
    return sandbox.add_account("admin@corp.example", kind="service_account")


async def test_a_user_is_authorized_through_a_callback(sandbox: Sandbox, company: Account) -> None:
    reply = await authorize(sandbox, company, person(state="k1"))

    assert (reply.status, reply.json) == (202, None)
    (result,) = await results(sandbox)
    assert result.keys() == {"code", "state"}
    assert result["state"] == "k1"
    assert sandbox.deliveries[0].url == HOOK
    tokens = (await exchange(sandbox, result["code"], redirect_uri=HOOK)).json
    kim = sandbox.accounts[-1]
    assert (kim.kind, kim.email, kim.authorized_by) == ("user", "kim@corp.example", company.sub)
    assert (tokens["sub"], tokens["scope"], tokens["expires_in"]) == (kim.sub, "read_events create_event", 3600)
    assert tokens["linking_profile"]["profile_name"] == "kim@corp.example"
    assert await is_valid_token(sandbox, tokens["access_token"])


async def test_a_code_works_once_and_for_its_callback_url(sandbox: Sandbox, company: Account) -> None:
    await authorize(sandbox, company, person())
    (result,) = await results(sandbox)

    assert (await exchange(sandbox, result["code"])).json == {"error": "invalid_grant"}
    assert (await exchange(sandbox, result["code"], redirect_uri=HOOK)).status == 200
    assert (await exchange(sandbox, result["code"], redirect_uri=HOOK)).json == {"error": "invalid_grant"}


async def test_an_existing_account_is_authorized_again(sandbox: Sandbox, company: Account) -> None:
    kim = sandbox.add_account("kim@corp.example")

    assert await authorize_person(sandbox, company) is kim
    assert len(kim.profiles) == 1


async def test_several_users_are_authorized_in_one_request(sandbox: Sandbox, company: Account) -> None:
    people = [person("room-1@corp.example", state="r1"), person("room-2@corp.example", callback_url=f"{APP}/2")]

    assert (await authorize(sandbox, company, {LIST: people})).status == 202

    first, second = await results(sandbox)
    assert (first["state"], "state" in second) == ("r1", False)
    assert [delivery.url for delivery in sandbox.deliveries] == [HOOK, f"{APP}/2"]
    codes = {HOOK: first["code"], f"{APP}/2": second["code"]}
    subs = [(await exchange(sandbox, code, redirect_uri=url)).json["sub"] for url, code in codes.items()]
    assert subs == [account.sub for account in sandbox.accounts[1:]]


async def test_a_state_beside_the_list_applies_to_all_authorizations(sandbox: Sandbox, company: Account) -> None:
    await authorize(sandbox, company, {LIST: [person("a@corp.example"), person(state="own")], "state": "all"})

    assert [result["state"] for result in await results(sandbox)] == ["all", "own"]


@pytest.mark.parametrize(
    ("delegated", "requested"),
    [("free_busy", "read_events"), ("read_only", "read_only create_event"), (None, "free_busy"), ("free_busy", "x")],
)
async def test_a_scope_that_is_not_delegated_fails_in_the_callback(
    sandbox: Sandbox, company: Account, delegated: str | None, requested: str
) -> None:
    company.delegated_scope = delegated

    assert (await authorize(sandbox, company, person(scope=requested, state="k1"))).status == 202

    (result,) = await results(sandbox)
    assert result.pop("error_description").startswith(f"{requested} is not part of the delegated scope")
    assert result == {"state": "k1", "error": "invalid_scope", "error_key": "unable_to_grant_scope"}
    assert sandbox.accounts == [company]


async def test_a_callback_is_sent_after_the_write_delay(company: Account) -> None:
    sandbox = Sandbox(now=NOW, write_delay=60)
    sandbox.mount(APP, Receiver())
    company = sandbox.add_account("admin@corp.example", kind="service_account")
    await authorize(sandbox, company, person())

    assert await results(sandbox) == []
    sandbox.clock.advance(seconds=60)
    assert len(await results(sandbox)) == 1


async def test_inline_tokens_are_those_of_the_user(sandbox: Sandbox, company: Account) -> None:
    body = {"response_type": "inline", "email": "room-1@corp.example", "scope": "create_event delete_event"}

    reply = await authorize(sandbox, company, body)

    room = sandbox.accounts[-1]
    assert (reply.status, reply.headers["Cache-Control"]) == (200, "no-store")
    assert (reply.json["sub"], reply.json["account_id"], reply.json["scope"]) == (room.sub, room.sub, body["scope"])
    assert reply.json["linking_profile"]["profile_id"] == room.profile_id
    assert room.authorized_by == company.sub
    assert await is_valid_token(sandbox, reply.json["access_token"])
    assert (await refresh(sandbox, reply.json["refresh_token"])).status == 200
    assert await results(sandbox) == []


async def test_revoking_a_service_account_revokes_those_that_it_authorized(sandbox: Sandbox, company: Account) -> None:
    ada = sandbox.add_account("ada@example.com")
    kim = await authorize_person(sandbox, company)

    await revoke(sandbox, sub=company.sub)

    assert not await is_valid_token(sandbox, kim.access_token)
    assert (await refresh(sandbox, kim.refresh_token)).json == {"error": "invalid_grant"}
    assert await is_valid_token(sandbox, ada.access_token)


async def test_an_account_connected_by_its_user_survives_the_revocation_of_the_service_account(
    sandbox: Sandbox, company: Account
) -> None:
    kim = await authorize_person(sandbox, company)

    tokens = await connect(sandbox, kim)
    await revoke(sandbox, sub=company.sub)

    assert tokens["sub"] == kim.sub
    assert await is_valid_token(sandbox, tokens["access_token"])


@pytest.mark.parametrize(
    "body", [person(), {LIST: [person()]}, {"response_type": "inline", "email": "a@b.c", "scope": "x"}]
)
async def test_a_service_account_that_manages_accounts_is_required(
    sandbox: Sandbox, company: Account, body: Json
) -> None:
    ada = sandbox.add_account("ada@example.com")
    company.scope = "service_account/accounts/unrestricted_access"

    for token, expected in (
        (ada.access_token, 403),
        (company.access_token, 403),
        (sandbox.client_secret, 403),
        (None, 401),
    ):
        assert (await call(sandbox, "POST", AUTHORIZATIONS, body, token=token)).status == expected
    company.scope = "service_account/resources/manage"
    assert (await authorize(sandbox, company, body)).status != 403


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"email": "errors.required", "callback_url": "errors.required", "scope": "errors.required"}),
        (person(callback_url="app.example.com"), {"callback_url": "errors.invalid"}),
        (person(""), {"email": "errors.invalid"}),
        ({LIST: []}, {LIST: "errors.invalid"}),
        ({LIST: [person()] * 51}, {LIST: "errors.invalid"}),
        ({LIST: [person(), person(scope=None)]}, {f"{LIST}[1].scope": "errors.invalid_type"}),
        ({"response_type": "inline", "email": "a@b.example"}, {"scope": "errors.required"}),
    ],
)
async def test_an_invalid_request_names_the_member(
    sandbox: Sandbox, company: Account, body: Json, errors: dict[str, str]
) -> None:
    assert (await authorize(sandbox, company, body)).errors == errors


INLINE = {"response_type": "inline", "email": "kim@corp.example", "scope": "special"}
BROKEN: list[tuple[str, Json, str, str]] = [
    ("one_form_of_authorizations", {LIST: [person()], "email": "a@b.example"}, "email", "errors.not_supported"),
    ("one_form_of_authorizations", {LIST: [person()], "scope": "free_busy"}, "scope", "errors.not_supported"),
    ("inline_scopes_are_delegated", INLINE, "scope", "errors.unable_to_grant_scope"),
]


@pytest.mark.parametrize(("_rule", "body", "field", "key"), BROKEN)
@pytest.mark.filterwarnings("ignore::cronofy_async.sandbox.UnknownParameterWarning")
async def test_a_request_that_breaks_a_rule_gets_a_422(_rule: str, body: Json, field: str, key: str) -> None:
    sandbox = Sandbox(now=NOW)
    company = sandbox.add_account("admin@corp.example", kind="service_account")

    assert (await authorize(sandbox, company, body)).errors == {field: key}
    assert sandbox.accounts == [company]


async def test_an_assumed_rule_can_be_switched_off() -> None:
    sandbox = Sandbox(now=NOW, assume={"inline_scopes_are_delegated": False})
    company = sandbox.add_account("admin@corp.example", kind="service_account")

    assert (await authorize(sandbox, company, INLINE)).json["scope"] == "special"


async def test_the_sdk_reads_the_callback(sandbox: Sandbox, company: Account) -> None:
    seen: list[Any] = []
    async with sandbox.client() as cronofy:
        sandbox.mount(APP, lambda delivery: seen.append(cronofy.webhooks.parse(delivery.body, delivery.headers)))
        account = cronofy.account(access_token=company.access_token)
        await account.service_accounts.authorize(
            "kim@corp.example", callback_url=HOOK, scope=["read_events"], state="k1"
        )
        await sandbox.wait_for_callbacks()

        (notification,) = seen
        assert isinstance(notification, AuthorizationCompleted)
        assert notification.authorization.state == "k1"
        tokens = await cronofy.oauth.exchange(notification.authorization.code or "", redirect_uri=HOOK)
        assert (await cronofy.account(tokens).identity.userinfo()).email == "kim@corp.example"
