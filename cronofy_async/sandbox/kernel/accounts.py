"""Tokens and profiles as several areas show them, and the tokens that link profiles."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import attrs

from .messages import SandboxResponse, ok
from .records import Account, Profile

__all__ = ["LinkToken", "linking_profile", "profile_json", "token_response"]

_NEVER_STORED: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


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
    shown = {
        "provider_name": profile.provider_name,
        "provider_service": profile.provider_service,
        "profile_id": profile.profile_id,
        "profile_name": profile.name,
    }
    if profile.provider_service is None:
        del shown["provider_service"]
    return shown


def profile_json(profile: Profile, base_url: str) -> dict[str, Any]:
    """Return a profile. A disconnected one has a URL where its user connects it again.

    Args:
        profile: The profile.
        base_url: The URL of the sandbox.
    """
    shown = linking_profile(profile) | {
        "profile_connected": profile.connected,
        "profile_initial_sync_required": profile.initial_sync_required,
    }
    if not profile.connected:
        shown["profile_relink_url"] = f"{base_url}/relink/{profile.provider_name}?email={quote(profile.name or '')}"
    return shown
