"""The types of the calls that connect people. Type checkers read this; it is never run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_type

from cronofy_async import CronofyAccount, CronofyClient, Tokens
from cronofy_async.models import (
    LinkingProfile,
    LinkToken,
    Profile,
    ProfileCalendar,
    ProfileList,
    TokenResponse,
    UserInfo,
)


async def connecting(cronofy: CronofyClient) -> None:
    oauth = cronofy.oauth
    assert_type(oauth.authorization_url(redirect_uri="https://x", scope="read_write"), str)
    oauth.authorization_url(redirect_uri="https://x", scope={"read_write"}, state="s", avoid_linking=True)
    oauth.authorization_url("https://x", scope="a")  # type: ignore[call-arg]
    oauth.authorization_url(redirect_uri="https://x")  # type: ignore[call-arg]
    assert_type(oauth.enterprise_connect_url(redirect_uri="https://x", scope=["a"], delegated_scope=["b"]), str)
    oauth.enterprise_connect_url(redirect_uri="https://x", scope=["a"])  # type: ignore[call-arg]

    tokens = await oauth.exchange("code", redirect_uri="https://x")
    assert_type(tokens, TokenResponse)
    plain: Tokens = tokens
    assert_type(plain.expires_at, datetime | None)
    assert_type(tokens.expires_in, int | None)
    assert_type(tokens.linking_profile, LinkingProfile | None)
    assert_type(cronofy.account(tokens), CronofyAccount)
    await oauth.exchange("code")  # type: ignore[call-arg]
    assert_type(await oauth.refresh("r"), TokenResponse)
    assert_type(await oauth.revoke("r"), None)
    await oauth.revoke(sub="acc_1", request_pii_erasure=True)
    assert_type(await cronofy.application_calendars.upsert("room-7"), TokenResponse)


async def connected(account: CronofyAccount) -> None:
    profiles = await account.profiles.list()
    assert_type(profiles, ProfileList)
    assert_type(iter(profiles), Iterator[Profile])
    assert_type(await account.profiles.revoke(profiles.profiles[0]), None)
    await account.profiles.revoke("pro_1")
    assert_type(await account.link_tokens.create(), LinkToken)
    info = await account.identity.userinfo()
    assert_type(info, UserInfo)
    assert_type(info.profiles[0].profile_calendars, tuple[ProfileCalendar, ...])
    account.oauth  # type: ignore[attr-defined] # noqa: B018
