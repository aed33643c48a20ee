"""Authorization, tokens, profiles, and who an account is."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest

from cronofy_async import NotFound, TokenError, Unauthorized

from .exercise import Site, exercise

BACK = "https://app.example.com/connected"


async def visit(url: str) -> str:
    """Open an authorization page as a browser would, and return the code that it leads to."""
    async with aiohttp.ClientSession() as browser, browser.get(url, allow_redirects=False) as response:
        assert response.status == 302
        target = response.headers["Location"]
    assert target.startswith(BACK)
    return dict(parse_qsl(urlsplit(target).query))["code"]


@exercise("oauth.authorization_url", "oauth.exchange", "identity.account", "identity.userinfo")
async def a_person_connects(site: Site) -> None:
    url = site.cronofy.oauth.authorization_url(redirect_uri=BACK, scope="read_write")
    tokens = await site.cronofy.oauth.exchange(await visit(f"{url}&login_hint=kim@example.org"), redirect_uri=BACK)

    account = site.cronofy.account(tokens)
    assert (await account.identity.account()).email == "kim@example.org"
    info = await account.identity.userinfo()
    assert (info.sub, info.email) == (tokens.sub, "kim@example.org")


@exercise("oauth.enterprise_connect_url")
async def a_service_account_connects(site: Site) -> None:
    url = site.cronofy.oauth.enterprise_connect_url(
        redirect_uri=BACK, scope="service_account/accounts/manage", delegated_scope="free_busy"
    )
    tokens = await site.cronofy.oauth.exchange(await visit(f"{url}&login_hint=boss@example.org"), redirect_uri=BACK)

    result = await site.cronofy.account(tokens).identity.userinfo()
    assert result.sub == tokens.sub
    assert site.sandbox.accounts[-1].kind == "service_account"


@exercise("oauth.refresh")
async def a_refreshed_token_is_valid(site: Site) -> None:
    site.sandbox.clock.advance(hours=12)
    with pytest.raises(Unauthorized):
        await site.account.calendars.list()

    tokens = await site.cronofy.oauth.refresh(site.ada.refresh_token)

    assert (await site.cronofy.account(tokens).calendars.list()).calendars != ()


@exercise("oauth.revoke")
async def a_revoked_token_is_not_valid(site: Site) -> None:
    await site.cronofy.oauth.revoke(site.ada.refresh_token)

    with pytest.raises((Unauthorized, TokenError)):
        await site.account.calendars.list()


@exercise("link_tokens.create", "profiles.list", "profiles.revoke")
async def a_profile_is_linked_and_revoked(site: Site) -> None:
    token = await site.account.link_tokens.create()
    url = site.cronofy.oauth.authorization_url(redirect_uri=BACK, scope="read_write", link_token=token.link_token)
    tokens = await site.cronofy.oauth.exchange(await visit(f"{url}&login_hint=ada@other.example"), redirect_uri=BACK)
    assert tokens.sub == site.ada.sub

    first, second = await site.account.profiles.list()
    assert [first.profile_name, second.profile_name] == ["ada@example.com", "ada@other.example"]
    await site.account.profiles.revoke(second)
    assert [profile.profile_id for profile in await site.account.profiles.list() if profile.profile_connected] == [
        first.profile_id
    ]
    with pytest.raises(NotFound):
        await site.account.profiles.revoke("pro_none")


@exercise("application_calendars.upsert")
async def an_application_calendar_is_an_account(site: Site) -> None:
    tokens = await site.cronofy.application_calendars.upsert("room-7")
    again = await site.cronofy.application_calendars.upsert("room-7")

    info = await site.cronofy.account(tokens).identity.userinfo()
    assert tokens.sub == again.sub == info.sub
