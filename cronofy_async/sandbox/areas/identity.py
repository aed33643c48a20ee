"""Accounts and their userinfo.

Docs: https://docs.cronofy.com/developers/api/identity/
"""

from __future__ import annotations

from typing import Any, Final

from ..kernel.accounts import profile_json
from ..kernel.area import Account, Calendar, Context, SandboxResponse, ok, operation, plain

__all__: list[str] = []

DEFAULT_TZID: Final = "Etc/UTC"


@operation("identity.account")
def account(context: Context) -> SandboxResponse:
    """Return the account whose token authenticates the request."""
    signed_by = context.account
    if signed_by.kind == "application_calendar":
        return plain(403, "Forbidden")
    details = {
        "account_id": signed_by.sub,
        "email": signed_by.email,
        "name": signed_by.name,
        "scope": signed_by.scope,
        "default_tzid": DEFAULT_TZID,
    }
    return ok({"account": details, "sub": signed_by.sub})


_TYPES: Final = {"user": "account"}


@operation("identity.userinfo")
def userinfo(context: Context) -> SandboxResponse:
    """Return the account whose token authenticates the request, with its profiles and calendars."""
    account = context.account
    rendered: dict[str, Any] = {"sub": account.sub, "cronofy.type": _TYPES.get(account.kind, account.kind)}
    data: dict[str, Any] = {"authorization": {"scope": account.scope, "status": "active"}}
    if account.kind == "application_calendar":
        rendered["application_calendar_id"] = account.name
        data["application_calendar"] = {"application_calendar_id": account.name}
    else:
        rendered |= {"email": account.email, "name": account.name, "zoneinfo": DEFAULT_TZID}
    if account.kind == "service_account":
        data["authorization"]["delegated_scope"] = account.delegated_scope or ""
        data["service_account"] = {"provider_name": "google", "domain": account.email.partition("@")[2]}
    else:
        data["profiles"] = _profiles(account, context.request.base_url)
        base_url = context.request.base_url
        data["conferencing_profiles"] = [profile_json(profile, base_url) for profile in account.conferencing_profiles]
    return ok(rendered | {"cronofy.data": data})


def _profiles(account: Account, base_url: str) -> list[dict[str, Any]]:
    return [
        profile_json(profile, base_url)
        | {
            "profile_calendars": [
                _calendar(calendar) for calendar in account.calendars if calendar.profile_id == profile.profile_id
            ]
        }
        for profile in account.profiles
    ]


def _calendar(calendar: Calendar) -> dict[str, Any]:
    return {
        "calendar_id": calendar.calendar_id,
        "calendar_name": calendar.name,
        "calendar_readonly": calendar.readonly,
        "calendar_deleted": calendar.deleted,
        "calendar_primary": calendar.primary,
        "calendar_integrated_conferencing_available": True,
        "calendar_attachments_available": True,
        "permission_level": calendar.permission_level,
    }
