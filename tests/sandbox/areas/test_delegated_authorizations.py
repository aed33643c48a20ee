"""Delegated authorizations, and the calendars that an account can access."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async.sandbox import Account, Sandbox, SandboxError

from ..callbacks import Receiver
from ..support import NOW, Json, Reply, call
from .companies import APP, HOOK, results
from .connecting import connect, exchange, is_valid_token, revoke

CREATE = "/v1/delegated_authorizations"
LIST = "/v1/accessible_calendars"


@pytest.fixture
def sandbox() -> Sandbox:
    sandbox = Sandbox(now=NOW, strict=True)
    sandbox.mount(APP, Receiver())
    return sandbox


@pytest.fixture
async def ada(sandbox: Sandbox) -> Account:
    await connect(sandbox, "ada@corp.example", delegated_scope="free_busy")
    return sandbox.accounts[0]


def boss(account: Account, **changes: Any) -> Json:
    body = {"profile_id": account.profile_id, "email": "boss@corp.example", "callback_url": HOOK, "scope": "free_busy"}
    return {name: value for name, value in (body | changes).items() if value is not ...}


async def create(sandbox: Sandbox, account: Account, body: Json) -> Reply:
    return await call(sandbox, "POST", CREATE, body, token=account.access_token)


async def listed(sandbox: Sandbox, account: Account, query: str = "") -> list[str]:
    reply = await call(sandbox, "GET", f"{LIST}{query}", token=account.access_token)
    assert reply.status == 200
    return [calendar["email"] for calendar in reply.json["accessible_calendars"]]


async def test_access_is_authorized_through_a_callback(sandbox: Sandbox, ada: Account) -> None:
    reply = await create(sandbox, ada, boss(ada, state="b1"))

    assert (reply.status, reply.json) == (202, None)
    (result,) = await results(sandbox)
    assert result["state"] == "b1"
    tokens = (await exchange(sandbox, result["code"], redirect_uri=HOOK)).json
    assert (tokens["sub"], tokens["scope"]) == (sandbox.accounts[1].sub, "free_busy")
    assert sandbox.accounts[1].email == "boss@corp.example"
    assert await is_valid_token(sandbox, tokens["access_token"])
    await revoke(sandbox, sub=ada.sub)
    assert await is_valid_token(sandbox, tokens["access_token"])


async def test_a_scope_that_is_not_delegated_fails_in_the_callback(sandbox: Sandbox, ada: Account) -> None:
    assert (await create(sandbox, ada, boss(ada, scope="read_only"))).status == 202

    assert [result["error_key"] for result in await results(sandbox)] == ["unable_to_grant_scope"]


async def test_an_account_without_a_delegated_scope_gets_a_403(sandbox: Sandbox) -> None:
    kim = sandbox.add_account("kim@corp.example")

    assert (await create(sandbox, kim, boss(kim))).status == 403
    assert sandbox.accounts == [kim]


@pytest.mark.parametrize("name", ["profile_id", "email", "callback_url", "scope"])
async def test_a_missing_member_is_named(sandbox: Sandbox, ada: Account, name: str) -> None:
    assert (await create(sandbox, ada, boss(ada, **{name: ...}))).errors == {name: "errors.required"}


BROKEN = [("profiles_of_delegations_are_known", {"profile_id": "errors.not_recognized"})]


@pytest.mark.parametrize(("rule", "errors"), BROKEN)
async def test_a_profile_of_another_account_gets_a_422(
    sandbox: Sandbox, ada: Account, rule: str, errors: dict[str, str]
) -> None:
    assert (await create(sandbox, ada, boss(ada, profile_id="pro_0"))).errors == errors
    assert (await call(sandbox, "GET", f"{LIST}?profile_id=pro_0", token=ada.access_token)).errors == errors

    relaxed = Sandbox(now=NOW, strict=True, assume={rule: False})
    kim = relaxed.add_account("kim@corp.example")
    assert await listed(relaxed, kim, "?profile_id=pro_0") == []


# Accessible calendars.


async def test_accessible_calendars_are_those_that_were_added(sandbox: Sandbox, ada: Account) -> None:
    sandbox.accessible_calendars.add(ada, "room-1@corp.example", "Room 1", calendar_type="resource")
    sandbox.accessible_calendars.add(ada.sub, "boss@corp.example")

    reply = await call(sandbox, "GET", LIST, token=ada.access_token)

    assert reply.json == {
        "accessible_calendars": [
            {"calendar_type": "resource", "email": "room-1@corp.example", "name": "Room 1"},
            {"calendar_type": "unknown", "email": "boss@corp.example", "name": "Boss"},
        ]
    }


async def test_accessible_calendars_are_those_of_an_account_profile_and_type(sandbox: Sandbox, ada: Account) -> None:
    other = sandbox.profiles.add(ada, "ada@other.example")
    sandbox.accessible_calendars.add(ada, "a@corp.example", calendar_type="resource")
    sandbox.accessible_calendars.add(ada, "b@corp.example")
    sandbox.accessible_calendars.add(ada, "c@other.example", profile_id=other.profile_id)
    sandbox.accessible_calendars.add(sandbox.add_account("kim@corp.example"), "d@corp.example")

    assert await listed(sandbox, ada) == ["a@corp.example", "b@corp.example", "c@other.example"]
    assert await listed(sandbox, ada, f"?profile_id={other.profile_id}") == ["c@other.example"]
    assert await listed(sandbox, ada, "?calendar_type=resource") == ["a@corp.example"]
    assert await listed(sandbox, ada, f"?calendar_type=unknown&profile_id={ada.profile_id}") == ["b@corp.example"]


def test_the_account_and_profile_of_a_calendar_are_known(sandbox: Sandbox) -> None:
    kim = sandbox.add_account("kim@corp.example")

    with pytest.raises(SandboxError, match="no account acc_0"):
        sandbox.accessible_calendars.add("acc_0", "a@corp.example")
    with pytest.raises(SandboxError, match=r"kim@corp\.example has no profile pro_0"):
        sandbox.accessible_calendars.add(kim, "a@corp.example", profile_id="pro_0")
