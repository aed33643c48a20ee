"""Pairs for accounts, their authorization, and what the application may do."""

from __future__ import annotations

from .pair import ACCESS_TOKEN, APP, REFRESH_TOKEN, Pair

__all__ = ["CONNECTING_PAIRS"]

CONNECTING_PAIRS = [
    Pair(
        method="account",
        operation="identity.account",
        ours=lambda it: it.account.identity.account(),
    ),
    Pair(
        method="application_calendar",
        arguments=("room-7",),
        operation="application_calendars.upsert",
        ours=lambda it: it.cronofy.application_calendars.upsert("room-7"),
    ),
    Pair(
        method="get_authorization_from_code",
        arguments=("the code", f"{APP}/done"),
        operation="oauth.exchange",
        ours=lambda it: it.cronofy.oauth.exchange("the code", redirect_uri=f"{APP}/done"),
    ),
    Pair(
        method="list_profiles",
        operation="profiles.list",
        ours=lambda it: it.account.profiles.list(),
    ),
    Pair(
        method="refresh_authorization",
        operation="oauth.refresh",
        ours=lambda it: it.cronofy.oauth.refresh(REFRESH_TOKEN),
    ),
    Pair(
        method="revoke_authorization",
        operation="oauth.revoke",
        ours=lambda it: it.cronofy.oauth.revoke(ACCESS_TOKEN),
    ),
    Pair(
        method="revoke_profile",
        arguments=("pro_1",),
        operation="profiles.revoke",
        ours=lambda it: it.account.profiles.revoke("pro_1"),
    ),
    Pair(
        method="user_auth_link",
        arguments=(f"{APP}/done", "read_write", "s", "google", True),
        operation="oauth.authorization_url",
        ours=lambda it: it.cronofy.oauth.authorization_url(
            redirect_uri=f"{APP}/done", scope="read_write", state="s", provider_name="google", avoid_linking=True
        ),
    ),
    Pair(
        title="without options",
        method="user_auth_link",
        arguments=(f"{APP}/done", "read_write"),
        operation="oauth.authorization_url",
        ours=lambda it: it.cronofy.oauth.authorization_url(
            redirect_uri=f"{APP}/done", scope="read_write", avoid_linking=False
        ),
    ),
    Pair(
        method="userinfo",
        operation="identity.userinfo",
        ours=lambda it: it.account.identity.userinfo(),
    ),
]
