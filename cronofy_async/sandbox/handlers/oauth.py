"""The token endpoint."""

from __future__ import annotations

from ..exchange import Answer, Task
from ..state import TOKEN_LIFETIME

__all__ = ["HANDLERS"]


def refresh(task: Task) -> Answer:
    """Give new tokens. The refresh token changes, and the old one ends: the worst case that is documented."""
    if task.body["grant_type"] != "refresh_token":
        return Answer.of(400, {"error": "unsupported_grant_type"})
    account = task.state.by_refresh_token(task.body.get("refresh_token", ""))
    if account is None:
        return Answer.of(400, {"error": "invalid_grant"})
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
