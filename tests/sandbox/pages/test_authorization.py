"""The authorization page over HTTP: its content and its form."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async.sandbox import Account, Sandbox

from ..areas.connecting import BACK, enterprise_page, exchange, page, redirect_parameters, visit
from ..support import ORIGIN, Reply, call, raw
from .visits import FORM, submit


async def tokens(sandbox: Sandbox, reply: Reply) -> Any:
    assert reply.status == 302, reply
    return (await exchange(sandbox, redirect_parameters(reply.headers["Location"])["code"])).json


async def test_the_page_lists_accounts_their_profiles_and_the_scopes(sandbox: Sandbox, ada: Account) -> None:
    sandbox.add_account("bob@example.com", "Bob", calendars=2)
    sandbox.profiles.add(ada, "ada@other.example")

    html = (await visit(sandbox, page(scope="read_events special"))).json

    for text in (
        "ada@example.com · 2 calendars",
        "bob@example.com · 2 calendars",
        "ada@other.example · another profile",
    ):
        assert text in html
    assert "Read your events, with titles, places, and attendees" in html
    assert "A scope that the sandbox does not know</span> <code>special</code>" in html
    assert "<code>app.example.com</code>" in html


async def test_the_page_has_no_code_and_no_token(sandbox: Sandbox, ada: Account) -> None:
    reply = await visit(sandbox, page())

    assert ada.access_token not in reply.json
    assert ada.refresh_token not in reply.json
    assert sandbox.client_secret not in reply.json
    assert reply.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'; --"])
async def test_values_are_escaped(sandbox: Sandbox, hostile: str) -> None:
    sandbox.add_account(f"{hostile}@example.com", hostile)

    pages = [
        (await visit(sandbox, page(scope=hostile, provider_name=hostile, state=hostile))).json,
        (await submit(sandbox, page(scope=hostile), account="new", email=hostile, name=hostile)).json,
        (await visit(sandbox, page(client_id=hostile))).json,
    ]

    for rendered in pages:
        assert "<script>alert" not in rendered
        assert "<img" not in rendered


async def test_only_some_of_many_accounts_are_listed(sandbox: Sandbox) -> None:
    for number in range(60):
        sandbox.add_account(f"user{number}@example.com")

    html = (await visit(sandbox, page())).json
    reply = await submit(sandbox, page(), account="new", email="user59@example.com")

    assert html.count('class="initials"') == 50
    assert "One of 10 unlisted accounts, or a new one" in html
    assert (await tokens(sandbox, reply))["sub"] == sandbox.accounts[59].sub
    assert len(sandbox.accounts) == 60


async def test_an_account_is_chosen(sandbox: Sandbox, ada: Account) -> None:
    bob = sandbox.add_account("bob@example.com")

    reply = await submit(sandbox, page(), account=bob.sub)

    assert redirect_parameters(reply.headers["Location"])["state"] == "n0nce"
    assert (await tokens(sandbox, reply))["sub"] == bob.sub
    assert reply.headers["Set-Cookie"].startswith(f"sandbox_account={bob.sub};")


async def test_a_new_account_gets_the_name_and_the_provider_that_were_entered(sandbox: Sandbox, ada: Account) -> None:
    fields = {"account": "new", "email": "kim@example.org", "name": "Kim Novak", "provider_name": "office365"}

    answer = await tokens(sandbox, await submit(sandbox, page(provider_name="apple"), **fields))

    kim = sandbox.accounts[-1]
    assert (kim.sub, kim.name, kim.email) == (answer["sub"], "Kim Novak", "kim@example.org")
    assert answer["linking_profile"]["provider_name"] == "office365"


async def test_a_new_email_address_in_a_known_browser_becomes_a_profile(sandbox: Sandbox, ada: Account) -> None:
    cookie = f"sandbox_account={ada.sub}"
    html = await raw(sandbox, "GET", page(), token=None, headers={"accept": "text/html", "cookie": cookie})

    answer = await tokens(sandbox, await submit(sandbox, page(), cookie, account="new", email="ada@home.example"))

    assert b"Another calendar of Ada Lovelace" in html.body
    assert answer["sub"] == ada.sub
    assert [profile.name for profile in ada.profiles] == ["ada@example.com", "ada@home.example"]


async def test_a_browser_can_forget_an_account(sandbox: Sandbox, ada: Account) -> None:
    reply = await submit(sandbox, page(), f"sandbox_account={ada.sub}", forget="yes")

    assert (reply.status, reply.headers["Location"]) == (303, page())
    assert reply.headers["Set-Cookie"] == "sandbox_account=; Path=/; Max-Age=0"


async def test_avoid_linking_creates_an_account_in_a_known_browser(sandbox: Sandbox, ada: Account) -> None:
    target = page(avoid_linking="true")

    reply = await submit(sandbox, target, f"sandbox_account={ada.sub}", account="new", email="ada@home.example")

    assert (await tokens(sandbox, reply))["sub"] != ada.sub


async def test_a_link_token_adds_a_profile_to_its_account(sandbox: Sandbox, ada: Account) -> None:
    bob = sandbox.add_account("bob@example.com")
    link_token = (await call(sandbox, "POST", "/v1/link_tokens", token=ada.access_token)).json["link_token"]
    target = page(link_token=link_token)

    html = (await visit(sandbox, target)).json
    merged = await submit(sandbox, target, account="new", email=bob.email)
    answer = await tokens(sandbox, await submit(sandbox, target, account="new", email="ada@home.example"))

    assert "Connect another calendar to the account of Ada Lovelace" in html
    assert "bob@example.com" not in html
    assert (merged.status, "both are accounts" in merged.json) == (422, True)
    assert answer["sub"] == ada.sub


async def test_an_administrator_connects_a_company(sandbox: Sandbox, ada: Account) -> None:
    page = (await visit(sandbox, enterprise_page())).json

    answer = await tokens(sandbox, await submit(sandbox, enterprise_page(), account="new", email="it@corp.example"))

    assert "Connect the calendars of anyone in the company" in page
    assert "ada@example.com" not in page
    assert answer["sub"].startswith("ser_")


async def test_denying_returns_an_error_and_the_state(sandbox: Sandbox, ada: Account) -> None:
    reply = await submit(sandbox, page(), answer="cancel")

    assert redirect_parameters(reply.headers["Location"]) == {"error": "access_denied", "state": "n0nce"}


@pytest.mark.parametrize("email", ["", "kim", "  "])
async def test_a_new_account_needs_an_email_address(sandbox: Sandbox, email: str) -> None:
    reply = await submit(sandbox, page(), account="new", name="Kim & Co", email=email)

    assert reply.status == 422
    assert "Enter an email address" in reply.json
    assert 'value="Kim &amp; Co"' in reply.json
    assert sandbox.accounts == []


async def test_a_page_that_is_not_valid_says_why(sandbox: Sandbox) -> None:
    html = await visit(sandbox, page(client_id="other"))
    submitted = await submit(sandbox, page(client_id="other"))

    for reply in (html, submitted):
        assert reply.status == 400
        assert "That of the sandbox is sbx_client" in reply.json
        assert "Location" not in reply.headers


async def test_a_form_with_an_invalid_scope_is_redirected(sandbox: Sandbox, ada: Account) -> None:
    reply = await submit(sandbox, page(scope=...), account=ada.sub)

    assert redirect_parameters(reply.headers["Location"])["error"] == "invalid_scope"


async def test_a_form_of_another_site_is_rejected(sandbox: Sandbox, ada: Account) -> None:
    headers = FORM | {"origin": "https://evil.example.com"}

    answer = await raw(
        sandbox, "POST", page(), b"answer=allow&account=" + ada.sub.encode(), token=None, headers=headers
    )

    assert answer.status == 403
    assert BACK not in answer.headers.get("Location", "")


async def test_a_disconnected_profile_is_connected_again_on_its_page(sandbox: Sandbox, ada: Account) -> None:
    profile = sandbox.profiles.disconnect(ada)
    listing = (await call(sandbox, "GET", "/v1/profiles", token=ada.access_token)).json["profiles"]
    target = listing[0]["profile_relink_url"].removeprefix(ORIGIN)

    page = await visit(sandbox, target)
    reply = await submit(sandbox, target)

    assert "Reconnect ada@example.com" in page.json
    assert (reply.status, reply.headers["Location"]) == (303, target)
    assert "ada@example.com is connected" in (await visit(sandbox, target)).json
    assert profile.connected


async def test_the_page_of_an_unknown_profile_is_not_found(sandbox: Sandbox, ada: Account) -> None:
    assert (await visit(sandbox, "/relink/google?email=bob%40example.com")).status == 404
    assert (await submit(sandbox, "/relink/google")).status == 303
