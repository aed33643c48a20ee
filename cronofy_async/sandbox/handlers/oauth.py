"""The token endpoint."""

from __future__ import annotations

from ..exchange import Answer, Task, not_emulated, oauth_error
from ..state import TOKEN_LIFETIME

__all__ = ["HANDLERS"]


def refresh(task: Task) -> Answer:
    """Give new tokens."""
    grant = task.body["grant_type"]
    if grant == "authorization_code":
        return not_emulated("the grant authorization_code")
    if grant != "refresh_token":
        return oauth_error("unsupported_grant_type")
    if "refresh_token" not in task.body:
        return oauth_error("invalid_request", "refresh_token must be specified")
    account = task.state.by_refresh_token(task.body["refresh_token"])
    if account is None:
        return oauth_error("invalid_grant")
    task.state.renew(account, task.now)
    tokens = {
        "token_type": "bearer",
        "access_token": account.access_token,
        "expires_in": int(TOKEN_LIFETIME.total_seconds()),
        "refresh_token": account.refresh_token,
        "scope": account.scope,
    }
    return Answer.of(200, tokens, {"Cache-Control": "no-store"})


HANDLERS = {"oauth.refresh": refresh}
