"""Hints for error responses that depend on the endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["forbidden_hint", "not_found_hint", "oauth_hint"]

_OAUTH: Final[Mapping[str, str]] = {
    "invalid_client": "Check that client_id and client_secret belong to the same application and to this data center.",
    "invalid_grant": (
        "A code works once, for a short time, and with the redirect_uri of its authorization URL; a refresh token until "
        "the authorization ends. Ask the user to authorize again."
    ),
}

#: What else to check, by a part of the endpoint.
_NOT_FOUND: Final[Mapping[str, str]] = {
    "{real_time_scheduling_id}": "The last part of a link's URL is its token: pass that to status_by_token.",
    "{calendar_id}": "account.calendars.list returns the calendars that this account has.",
    "{page_token}": "A page is available only for a short time: start again at the first page.",
    "/v1/smart_invites": (
        "An invite with one recipient is found by ID and address: pass recipient_email to status, recipient to cancel."
    ),
}


def oauth_hint(error: str) -> str:
    """Return what to do about an error code of a token endpoint; empty for unusual codes."""
    return _OAUTH.get(error, "")


def forbidden_hint(endpoint: str, scope: str | None) -> str:
    """Return what to do if an endpoint returned 403. ``scope`` is the scope that it needs, if known."""
    if scope is None:
        return "Ask the user to authorize the scope that the endpoint needs, and check the kind of credential."
    writable = ", and check that the calendar is not read-only" if "{calendar_id}" in endpoint else ""
    return f"Ask the user to authorize the scope {scope!r}{writable}."


def not_found_hint(endpoint: str) -> str:
    """Return what to check if an endpoint returned 404."""
    ids = "the ID" if "{" in endpoint else "the IDs in the request"
    check = f"Check {ids}, and that the client uses the data center in which it was created."
    return " ".join([check, *(hint for part, hint in _NOT_FOUND.items() if part in endpoint)])
