"""Codes, tokens, and profiles of accounts, which several areas use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import attrs

from .messages import SandboxResponse, ok
from .records import Account, Profile
from .runtime import Runtime
from .tables import stored

__all__ = [
    "RELINK",
    "AuthorizationCode",
    "LinkToken",
    "connect_profile",
    "find_by_email",
    "linking_profile",
    "new_code",
    "profile_json",
    "token_response",
]

#: The path of the pages that reconnect a profile; the name of its provider follows.
RELINK: Final = "/relink/"

CODE_LIFETIME: Final = timedelta(minutes=10)

_NEVER_STORED: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@stored
@attrs.define(eq=False, kw_only=True)
class AuthorizationCode:
    """A code that is exchanged for tokens. ``authorized_by`` is the service account that it was requested with."""

    code: str
    sub: str
    scope: str
    delegated_scope: str | None = None
    profile_id: str | None
    redirect_uri: str
    authorized_by: str | None = None
    expires_at: datetime
    used: bool = False


def new_code(runtime: Runtime, account: Account, profile: Profile | None, **members: Any) -> str:
    """Store a code for an account, and return it.

    Args:
        runtime: The runtime.
        account: The account.
        profile: The profile that was connected, if any.
        members: The other members of ``AuthorizationCode``.
    """
    code = AuthorizationCode(
        code=runtime.state.new_token(),
        sub=account.sub,
        profile_id=profile.profile_id if profile else None,
        expires_at=runtime.now + CODE_LIFETIME,
        **members,
    )
    runtime.state.table(AuthorizationCode)[code.code] = code
    return code.code


def find_by_email(accounts: Iterable[Account], email: str) -> Account | None:
    """Return the account with an email address, or with a profile of that name."""
    return next(
        (
            account
            for account in accounts
            if email == account.email or email in {profile.name for profile in account.profiles}
        ),
        None,
    )


def connect_profile(runtime: Runtime, account: Account, email: str, provider_name: str) -> Profile:
    """Connect the profile of an account with a name. If there is none, it is added with a calendar."""
    profile = next((profile for profile in account.profiles if profile.name == email), None)
    if profile is None:
        profile = runtime.state.add_profile(account, email, provider_name)
        runtime.state.add_calendar(account, "Calendar", profile)
        runtime.notify_account(account.sub, {"type": "profile_initial_sync_completed"})
    profile.connected = True
    return profile


@stored
@attrs.define(kw_only=True)
class LinkToken:
    """A token that links the profile of an authorization to an account."""

    link_token: str
    sub: str
    expires_at: datetime
    used: bool = False


def token_response(account: Account, now: datetime, **members: Any) -> SandboxResponse:
    """Return the newest tokens of an account with further members."""
    tokens = {
        "token_type": "bearer",
        "access_token": account.access_token,
        "expires_in": int((account.expires_at - now).total_seconds()),
        "refresh_token": account.refresh_token,
        "scope": account.scope,
    }
    return ok(tokens | members, _NEVER_STORED)


def linking_profile(profile: Profile) -> dict[str, Any]:
    """Return the profile that an authorization connected. The service is left out if it has none."""
    rendered = {
        "provider_name": profile.provider_name,
        "provider_service": profile.provider_service,
        "profile_id": profile.profile_id,
        "profile_name": profile.name,
    }
    if profile.provider_service is None:
        del rendered["provider_service"]
    return rendered


def profile_json(profile: Profile, base_url: str) -> dict[str, Any]:
    """Return a profile. A disconnected one has a URL where its user can reconnect it.

    Args:
        profile: The profile.
        base_url: The URL of the sandbox.
    """
    rendered = linking_profile(profile) | {
        "profile_connected": profile.connected,
        "profile_initial_sync_required": profile.initial_sync_required,
    }
    if not profile.connected:
        rendered["profile_relink_url"] = f"{base_url}{RELINK}{profile.provider_name}?email={quote(profile.name or '')}"
    return rendered
