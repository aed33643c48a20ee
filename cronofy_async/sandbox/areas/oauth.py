"""The token endpoint.

Docs: https://docs.cronofy.com/developers/api/authorization/
"""

from __future__ import annotations

from typing import Final

from ..kernel.area import Context, SandboxResponse, assumption, not_emulated, oauth_error, ok, operation
from ..kernel.state import TOKEN_LIFETIME

__all__ = ["refresh"]

ENDS_OLD_TOKENS: Final = assumption(
    "refresh_ends_old_tokens",
    "A refresh returns a new refresh token and invalidates the old tokens. (The docs say that it may be new.)",
)


@operation("oauth.refresh")
def refresh(context: Context) -> SandboxResponse:
    """Return new tokens."""
    grant = context.body["grant_type"]
    if grant == "authorization_code":
        return not_emulated("the grant authorization_code. Use the tokens of sandbox.add_account(…) in tests")
    if grant != "refresh_token":
        return oauth_error("unsupported_grant_type")
    if "refresh_token" not in context.body:
        return oauth_error("invalid_request", "refresh_token must be specified")
    account = context.state.by_refresh_token(context.body["refresh_token"])
    if account is None:
        return oauth_error("invalid_grant")
    context.state.refresh_tokens(account, end_old=context.assumes(ENDS_OLD_TOKENS))
    tokens = {
        "token_type": "bearer",
        "access_token": account.access_token,
        "expires_in": int(TOKEN_LIFETIME.total_seconds()),
        "refresh_token": account.refresh_token,
        "scope": account.scope,
    }
    return ok(tokens, {"Cache-Control": "no-store"})
