"""Who an account is.

Docs: https://docs.cronofy.com/developers/api/identity/
"""

from __future__ import annotations

from typing import Final

from ..kernel.area import Context, SandboxResponse, ok, operation, plain

__all__: list[str] = []

DEFAULT_TZID: Final = "Etc/UTC"


@operation("identity.account")
def account(context: Context) -> SandboxResponse:
    """Return the account whose token signs the request."""
    one = context.account
    if one.kind == "application_calendar":
        return plain(403, "Forbidden")
    details = {
        "account_id": one.sub,
        "email": one.email,
        "name": one.name,
        "scope": one.scope,
        "default_tzid": DEFAULT_TZID,
    }
    return ok({"account": details, "sub": one.sub})
