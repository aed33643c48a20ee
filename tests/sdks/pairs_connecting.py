"""Pairs for accounts, their authorization, and what the application may do."""

from __future__ import annotations

from .pair import ACCESS_TOKEN, APP, REFRESH_TOKEN, Pair

__all__ = ["CONNECTING_PAIRS"]

HOOK = f"{APP}/authorized"
PERSON = {"email": "kim@corp.example", "callback_url": HOOK, "scope": "read_write"}
PERMISSION = {"calendar_id": "cal_1", "permission_level": "unrestricted"}

CONNECTING_PAIRS = [
    Pair(
        method="account",
        operation="identity.account",
        ours=lambda clients: clients.account.identity.account(),
    ),
    Pair(
        method="application_calendar",
        arguments=("room-7",),
        operation="application_calendars.upsert",
        ours=lambda clients: clients.cronofy.application_calendars.upsert("room-7"),
    ),
    Pair(
        method="get_authorization_from_code",
        arguments=("the code", f"{APP}/done"),
        operation="oauth.exchange",
        ours=lambda clients: clients.cronofy.oauth.exchange("the code", redirect_uri=f"{APP}/done"),
    ),
    Pair(
        method="list_profiles",
        operation="profiles.list",
        ours=lambda clients: clients.account.profiles.list(),
    ),
    Pair(
        method="refresh_authorization",
        operation="oauth.refresh",
        ours=lambda clients: clients.cronofy.oauth.refresh(REFRESH_TOKEN),
    ),
    Pair(
        method="revoke_authorization",
        operation="oauth.revoke",
        ours=lambda clients: clients.cronofy.oauth.revoke(ACCESS_TOKEN),
    ),
    Pair(
        method="revoke_profile",
        arguments=("pro_1",),
        operation="profiles.revoke",
        ours=lambda clients: clients.account.profiles.revoke("pro_1"),
    ),
    Pair(
        method="user_auth_link",
        arguments=(f"{APP}/done", "read_write", "s", "google", True),
        operation="oauth.authorization_url",
        ours=lambda clients: clients.cronofy.oauth.authorization_url(
            redirect_uri=f"{APP}/done", scope="read_write", state="s", provider_name="google", avoid_linking=True
        ),
    ),
    Pair(
        title="without options",
        method="user_auth_link",
        arguments=(f"{APP}/done", "read_write"),
        operation="oauth.authorization_url",
        ours=lambda clients: clients.cronofy.oauth.authorization_url(
            redirect_uri=f"{APP}/done", scope="read_write", avoid_linking=False
        ),
    ),
    Pair(
        method="userinfo",
        operation="identity.userinfo",
        ours=lambda clients: clients.account.identity.userinfo(),
    ),
    Pair(
        method="authorize_multiple_accounts_via_service_account",
        arguments=([{**PERSON, "state": "s"}],),
        operation="service_accounts.authorize_many",
        ours=lambda clients: clients.account.service_accounts.authorize_many([{**PERSON, "state": "s"}]),
    ),
    Pair(
        method="authorize_with_service_account",
        arguments=("kim@corp.example", "read_write", HOOK, "s"),
        operation="service_accounts.authorize",
        ours=lambda clients: clients.account.service_accounts.authorize(
            "kim@corp.example", callback_url=HOOK, scope="read_write", state="s"
        ),
    ),
    Pair(
        title="without a state",
        method="authorize_with_service_account",
        arguments=("kim@corp.example", "read_write", HOOK),
        operation="service_accounts.authorize",
        ours=lambda clients: clients.account.service_accounts.authorize(
            "kim@corp.example", callback_url=HOOK, scope="read_write"
        ),
    ),
    Pair(
        method="elevated_permissions",
        arguments=([PERMISSION], APP),
        operation="permissions.request",
        ours=lambda clients: clients.account.permissions.request([PERMISSION], redirect_uri=APP),
    ),
    Pair(
        method="get_conferencing_services_auth_link",
        arguments=(APP, "zoom"),
        operation="conferencing_services.authorize",
        ours=lambda clients: clients.account.conferencing_services.authorize(APP, provider_name="zoom"),
    ),
    Pair(
        method="get_ui_element_token",
        arguments=(["agenda"], ["acc_1"], APP),
        operation="element_tokens.create",
        ours=lambda clients: clients.cronofy.element_tokens.create(permissions=["agenda"], subs=["acc_1"], origin=APP),
    ),
    Pair(
        method="resources",
        operation="resources.list",
        ours=lambda clients: clients.account.resources.list(),
    ),
]
