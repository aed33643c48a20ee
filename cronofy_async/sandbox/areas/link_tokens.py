"""Tokens that link another calendar profile to an account (alpha).

Assumed: the application may link accounts. To test one that may not, use
``sandbox.faults.add("link_tokens.create", status=403)``.

Docs: https://docs.cronofy.com/developers/api-alpha/explicit-linking/
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from ..kernel.accounts import LinkToken
from ..kernel.area import Context, SandboxResponse, ok, operation

__all__: list[str] = []

LIFETIME: Final = timedelta(minutes=5)


@operation("link_tokens.create")
def create(context: Context) -> SandboxResponse:
    """Return a token that links the next authorized profile to the account."""
    token = LinkToken(
        link_token=f"lnk_{context.state.new_token()}",
        sub=context.account.sub,
        expires_at=context.now + LIFETIME,
    )
    context.state.table(LinkToken)[token.link_token] = token
    return ok({"link_token": token.link_token})
