"""Authorization of accounts through other accounts. The resulting code is sent to a URL of the application.

Docs: https://docs.cronofy.com/developers/api/enterprise-connect/delegated-access/
"""

from __future__ import annotations

from typing import Any, Final

from .accounts import connect_profile, find_by_email, new_code
from .area import effect
from .context import Context
from .records import Account, Json, Profile
from .runtime import Runtime
from .scopes import includes
from .state import State

__all__ = ["UNABLE", "authorize", "connect", "may_grant"]

#: The ``error_key`` of a scope that cannot be granted.
UNABLE: Final = "unable_to_grant_scope"


def authorize(context: Context, request: Json) -> None:
    """Authorize an account through the one that sent the request, and send a code or an error to the ``callback_url``.

    Args:
        context: The request.
        request: ``email``, ``callback_url``, ``scope``, and possibly ``state``.
    """
    context.later(_authorize, through=context.account.sub, request=dict(request))


@effect("delegation.authorize")
def _authorize(runtime: Runtime, *, through: str, request: Json) -> None:
    grantor = runtime.state.accounts[through]
    state = request.get("state")
    result: dict[str, Any] = {} if state is None else {"state": state}
    if may_grant(grantor, request["scope"]):
        account, profile = connect(runtime, request["email"])
        result["code"] = new_code(
            runtime,
            account,
            profile,
            scope=request["scope"],
            redirect_uri=request["callback_url"],
            authorized_by=authorizer(grantor),
        )
    else:
        description = f"{request['scope']} is not part of the delegated scope {grantor.delegated_scope or ''}".rstrip()
        result |= {"error": "invalid_scope", "error_key": UNABLE, "error_description": description}
    runtime.notify(request["callback_url"], {"authorization": result})


def may_grant(grantor: Account, scope: str) -> bool:
    """Return whether an account may pass on scopes, separated by spaces."""
    return includes(grantor.delegated_scope or "", scope)


def authorizer(grantor: Account) -> str | None:
    """Return the ID of the service account whose revocation also revokes the accounts that it authorized."""
    return grantor.sub if grantor.kind == "service_account" else None


def connect(runtime: Runtime, email: str) -> tuple[Account, Profile]:
    """Return the account with an email address and its connected profile. If there is no account, one is added."""
    account = _user(runtime.state, email)
    return account, connect_profile(runtime, account, email, "google")


def _user(state: State, email: str) -> Account:
    users = (account for account in state.accounts.values() if account.kind == "user")
    return find_by_email(users, email) or state.add_account(email, email.partition("@")[0].title())
