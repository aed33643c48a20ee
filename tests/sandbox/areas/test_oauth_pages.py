"""The authorization pages: which account they connect, and the redirect."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async.sandbox import Account, Sandbox, SandboxError

from ..support import NOW, ORIGIN, call
from .connecting import (
    BACK,
    connect,
    enterprise_page,
    exchange,
    page,
    redirect_parameters,
    revoke,
    visit,
)


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com", "Ada")


async def link_token(sandbox: Sandbox, account: Account) -> str:
    reply = await call(sandbox, "POST", "/v1/link_tokens", token=account.access_token)
    assert reply.status == 200
    token: str = reply.json["link_token"]
    return token


# The redirect.


async def test_login_hint_allows_access_without_a_click(sandbox: Sandbox, ada: Account) -> None:
    reply = await visit(sandbox, page(login_hint=ada.email))

    assert reply.status == 302
    assert redirect_parameters(reply.headers["Location"]).keys() == {"code", "state"}
    assert redirect_parameters(reply.headers["Location"])["state"] == "n0nce"
    tokens = await exchange(sandbox, redirect_parameters(reply.headers["Location"])["code"])
    assert tokens.json["sub"] == ada.sub


@pytest.mark.parametrize("hint", ["bob@example.com", "sub"])
async def test_login_hint_selects_an_account(sandbox: Sandbox, ada: Account, hint: str) -> None:
    bob = sandbox.add_account("bob@example.com")

    reply = await visit(sandbox, page(login_hint=bob.sub if hint == "sub" else hint))

    tokens = await exchange(sandbox, redirect_parameters(reply.headers["Location"])["code"])
    assert tokens.json["sub"] == bob.sub


async def test_an_unknown_user_gets_an_account(sandbox: Sandbox) -> None:
    assert (await visit(sandbox, page())).status == 200

    tokens = await connect(sandbox, "kim@example.org", provider_name="apple")

    (kim,) = sandbox.accounts
    assert (kim.email, kim.name, tokens["sub"]) == ("kim@example.org", "Kim", kim.sub)
    assert tokens["linking_profile"] == {
        "provider_name": "apple",
        "profile_id": kim.profile_id,
        "profile_name": "kim@example.org",
    }


async def test_the_query_of_the_redirect_uri_is_kept(sandbox: Sandbox, ada: Account) -> None:
    url = sandbox.oauth.authorize(page(redirect_uri=f"{BACK}?tenant=7", state=...), ada)

    assert url.startswith(f"{BACK}?tenant=7&code=")
    assert "state" not in redirect_parameters(url)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_state_is_returned_unchanged(state: str) -> None:
    sandbox = Sandbox(now=NOW, strict=True)
    url = sandbox.client().oauth.authorization_url(redirect_uri=BACK, scope="read_write", state=state)

    assert redirect_parameters(sandbox.oauth.authorize(url, "kim@example.org"))["state"] == state
    assert redirect_parameters(sandbox.oauth.deny(url)) == {"error": "access_denied", "state": state}


async def test_pages_require_a_browser(sandbox: Sandbox, ada: Account) -> None:
    reply = await visit(sandbox, page(), accept="application/json")

    assert (reply.status, reply.json["url"]) == (406, ORIGIN + page())
    relaxed = Sandbox(now=NOW, assume={"authorization_needs_a_browser": False})
    relaxed.add_account("ada@example.com")
    assert (await visit(relaxed, page(), accept="application/json")).status == 200


async def test_a_browser_follows_the_redirects_over_http(sandbox: Sandbox, ada: Account) -> None:
    cookies = aiohttp.CookieJar(unsafe=True)  # also those of an IP address
    async with sandbox.serve() as url, aiohttp.ClientSession(cookie_jar=cookies) as browser:
        for login_hint in ("ada@example.com", "ada@second.example"):
            target = f"{url}{page(login_hint=login_hint)}"
            async with browser.get(target, allow_redirects=False, headers={"Accept": "text/html"}) as answer:
                assert answer.status == 302
                code = redirect_parameters(answer.headers["Location"])["code"]
            assert (await exchange(sandbox, code)).json["linking_profile"]["profile_name"] == login_hint

    assert [profile.name for profile in ada.profiles] == ["ada@example.com", "ada@second.example"]


# Invalid requests.


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "other"}, "invalid_client"),
        ({"client_id": ...}, "invalid_request"),
        ({"redirect_uri": ...}, "invalid_request"),
        ({"redirect_uri": "myapp://back"}, "invalid_request"),
        ({"redirect_uri": "https://app.example.com/a\r\nSet-Cookie: x"}, "invalid_request"),
        ({"avoid_linking": "perhaps"}, "invalid_request"),
        ({"statte": "x"}, "invalid_request"),
    ],
)
async def test_the_browser_is_not_redirected_to_an_unverified_uri(
    sandbox: Sandbox, ada: Account, changes: dict[str, Any], error: str
) -> None:
    for target in (page(**changes), enterprise_page(**changes)):
        response = await visit(sandbox, target)
        reply = await visit(sandbox, target, accept="*/*")
        assert (response.status, f"<code>{error}</code>" in response.json) == (400, True)
        assert (reply.status, reply.json["error"]) == (400, error)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": ...}, "invalid_request"),
        ({"scope": ...}, "invalid_scope"),
        ({"scope": " "}, "invalid_scope"),
    ],
)
async def test_other_errors_are_returned_to_the_redirect_uri(
    sandbox: Sandbox, ada: Account, changes: dict[str, Any], error: str
) -> None:
    for target in (page(**changes), enterprise_page(**changes)):
        reply = await visit(sandbox, target)
        assert reply.status == 302
        assert redirect_parameters(reply.headers["Location"]) == {"error": error, "state": "n0nce"}
        assert "Set-Cookie" not in reply.headers
        assert redirect_parameters(sandbox.oauth.authorize(target, "kim@example.org"))["error"] == error
    assert sandbox.accounts == [ada]


async def test_a_user_may_deny_access(sandbox: Sandbox, ada: Account) -> None:
    assert redirect_parameters(sandbox.oauth.deny(page())) == {"error": "access_denied", "state": "n0nce"}


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://app.example.com/", "not the URL of an authorization page"),
        (page(client_id=...), "not the URL of an authorization page"),
        (page(client_id="other"), "the page shows the error invalid_client"),
    ],
)
def test_only_pages_can_be_authorized(sandbox: Sandbox, ada: Account, url: str, message: str) -> None:
    with pytest.raises(SandboxError, match=message):
        sandbox.oauth.authorize(url, ada)
    with pytest.raises(SandboxError, match=message):
        sandbox.oauth.deny(url)


# Enterprise Connect.


async def test_an_administrator_connects_a_service_account(sandbox: Sandbox, ada: Account) -> None:
    reply = await visit(sandbox, enterprise_page(login_hint="admin@corp.example"))

    tokens = (await exchange(sandbox, redirect_parameters(reply.headers["Location"])["code"])).json
    service = sandbox.accounts[-1]
    assert (service.kind, service.email, service.delegated_scope) == (
        "service_account",
        "admin@corp.example",
        "free_busy",
    )
    assert tokens["sub"] == service.sub
    assert service.sub.startswith("ser_")
    assert (tokens["expires_in"], tokens["scope"]) == (1800, "service_account/accounts/manage")
    assert "linking_profile" not in tokens
    again = await visit(sandbox, enterprise_page(login_hint=service.sub))
    assert (await exchange(sandbox, redirect_parameters(again.headers["Location"])["code"])).json["sub"] == service.sub


@pytest.mark.parametrize("changes", [{"scope": "read_write"}, {"delegated_scope": ...}, {"delegated_scope": ""}])
async def test_a_service_account_requires_its_scopes(sandbox: Sandbox, changes: dict[str, Any]) -> None:
    url = sandbox.oauth.authorize(enterprise_page(**changes), "admin@corp.example")

    assert redirect_parameters(url)["error"] == "invalid_scope"


async def test_linking_has_no_effect_on_service_accounts(sandbox: Sandbox, ada: Account) -> None:
    sandbox.oauth.authorize(enterprise_page(link_token="lnk_0"), "admin@corp.example", signed_in=ada)

    assert [account.email for account in sandbox.accounts] == ["ada@example.com", "admin@corp.example"]
    assert len(ada.profiles) == 1


# Organization Connect.


async def test_an_administrator_connects_an_organizational_unit(sandbox: Sandbox, ada: Account) -> None:
    unit_page = page(scope="organizational_unit_scheduler")
    reply = await visit(sandbox, f"{unit_page}&login_hint=admin@corp.example")

    tokens = (await exchange(sandbox, redirect_parameters(reply.headers["Location"])["code"])).json
    unit = sandbox.accounts[-1]
    assert (unit.kind, unit.email, tokens["sub"]) == ("organizational_unit", "admin@corp.example", unit.sub)
    assert (tokens["expires_in"], tokens["scope"]) == (3600, "organizational_unit_scheduler")
    assert "linking_profile" not in tokens
    again = sandbox.oauth.authorize(unit_page, "admin@corp.example")
    assert (await exchange(sandbox, redirect_parameters(again)["code"])).json["sub"] == unit.sub


async def test_an_organizational_unit_is_a_separate_account(sandbox: Sandbox, ada: Account) -> None:
    sandbox.oauth.authorize(page(scope="organizational_unit_scheduler"), "ada@example.com", signed_in=ada)

    assert [(account.kind, account.email) for account in sandbox.accounts] == [
        ("user", "ada@example.com"),
        ("organizational_unit", "ada@example.com"),
    ]


# Linking.


async def test_a_link_token_adds_a_profile(sandbox: Sandbox, ada: Account) -> None:
    token = await link_token(sandbox, ada)

    tokens = await connect(sandbox, "ada@icloud.example", link_token=token, provider_name="apple", avoid_linking="true")

    assert tokens["sub"] == ada.sub
    assert sandbox.accounts == [ada]
    assert [profile.name for profile in ada.profiles] == ["ada@example.com", "ada@icloud.example"]
    assert tokens["linking_profile"]["profile_id"] == ada.profiles[1].profile_id
    calendars = (await call(sandbox, "GET", "/v1/calendars", token=tokens["access_token"])).json["calendars"]
    assert [calendar["provider_name"] for calendar in calendars] == ["google", "apple"]


async def test_a_link_token_works_once_and_for_five_minutes(sandbox: Sandbox, ada: Account) -> None:
    used, old = await link_token(sandbox, ada), await link_token(sandbox, ada)
    await connect(sandbox, "ada@icloud.example", link_token=used)
    sandbox.clock.advance(minutes=4, seconds=59)
    assert "code" in redirect_parameters(sandbox.oauth.authorize(page(link_token=await link_token(sandbox, ada)), ada))
    fresh = sandbox.oauth.authorize(page(link_token=old), ada)
    assert "code" in redirect_parameters(fresh)
    late = await link_token(sandbox, ada)
    sandbox.clock.advance(minutes=5)

    for token in (used, late, "lnk_0"):
        url = sandbox.oauth.authorize(page(link_token=token), "ada@third.example")
        assert redirect_parameters(url) == {"error": "invalid_request", "state": "n0nce"}
    assert len(ada.profiles) == 2


@pytest.mark.parametrize(("assumption", "days"), [("link_tokens_work_once", 0), ("link_tokens_expire", 300)])
async def test_assumptions_about_link_tokens_can_be_switched_off(assumption: str, days: int) -> None:
    sandbox = Sandbox(now=NOW, assume={assumption: False})
    ada = sandbox.add_account("ada@example.com")
    token = await link_token(sandbox, ada)
    if not days:
        await connect(sandbox, "ada@second.example", link_token=token)
    sandbox.clock.advance(days=days)

    await connect(sandbox, "ada@third.example", link_token=token)

    assert ada.profiles[-1].name == "ada@third.example"


async def test_two_accounts_are_not_merged(sandbox: Sandbox, ada: Account) -> None:
    sandbox.add_account("bob@example.com")
    token = await link_token(sandbox, ada)

    with pytest.raises(SandboxError, match=r"linking bob@example\.com to ada@example\.com: both are accounts"):
        sandbox.oauth.authorize(page(link_token=token), "bob@example.com")
    reply = await visit(sandbox, page(link_token=token, login_hint="bob@example.com"))

    assert reply.status == 501
    await connect(sandbox, "ada@second.example", link_token=token)  # it is still valid


async def test_a_browser_session_links_profiles_to_its_account(sandbox: Sandbox) -> None:
    """This can be surprising during development, when one browser connects several people."""
    first = await visit(sandbox, page(login_hint="ada@example.com"))
    cookie = first.headers["Set-Cookie"].partition(";")[0]
    (ada,) = sandbox.accounts

    await visit(sandbox, page(login_hint="ada@second.example"), cookie=cookie)
    assert sandbox.accounts == [ada]
    assert [profile.name for profile in ada.profiles] == ["ada@example.com", "ada@second.example"]

    for avoiding in ({"avoid_linking": "true"}, {"avoid_linking": "True"}):
        await visit(sandbox, page(login_hint=f"{len(sandbox.accounts)}@example.com", **avoiding), cookie=cookie)
    sandbox.oauth.authorize(page(avoid_linking="true"), "kim@example.com", signed_in=ada)
    assert len(sandbox.accounts) == 4

    sandbox.oauth.authorize(page(avoid_linking="false"), "third@example.com", signed_in=ada.sub)
    assert len(ada.profiles) == 3
    await visit(sandbox, page(login_hint="new@example.com"), cookie="sandbox_account=acc_0")
    assert len(sandbox.accounts) == 5
    with pytest.raises(SandboxError, match="no account acc_0"):
        sandbox.oauth.authorize(page(), "x@example.com", signed_in="acc_0")


async def test_connecting_again_reconnects_a_profile(sandbox: Sandbox, ada: Account) -> None:
    sandbox.profiles.disconnect(ada)

    tokens = await connect(sandbox, ada)

    assert (ada.profiles[0].connected, len(ada.profiles)) == (True, 1)
    assert tokens["linking_profile"]["profile_id"] == ada.profile_id


async def test_a_profile_email_connects_its_account(sandbox: Sandbox, ada: Account) -> None:
    second = sandbox.profiles.add(ada, "ada@second.example", provider_name="office365")

    tokens = await connect(sandbox, "ada@second.example")

    assert (tokens["sub"], tokens["linking_profile"]["profile_id"]) == (ada.sub, second.profile_id)


async def test_a_revoked_account_is_found_again(sandbox: Sandbox, ada: Account) -> None:
    await revoke(sandbox, sub=ada.sub)

    tokens = await connect(sandbox, "ada@example.com")

    assert tokens["sub"] == ada.sub
    assert (await call(sandbox, "GET", "/v1/calendars", token=tokens["access_token"])).status == 200
