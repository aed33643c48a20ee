"""Service accounts, which authorize the users and resources of an organization.

Docs: https://docs.cronofy.com/developers/api/enterprise-connect/delegated-access/
"""

from __future__ import annotations

from typing import Final

from ..kernel.accounts import linking_profile, token_response
from ..kernel.area import Context, Field, Json, Problem, Problems, SandboxResponse, accepted, operation, rule
from ..kernel.delegation import UNABLE, authorize, authorizer, connect, may_grant

__all__: list[str] = []

DOCS: Final = "https://docs.cronofy.com/developers/api/enterprise-connect/delegated-access/"
INLINE_DOCS: Final = "https://docs.cronofy.com/developers/api/enterprise-connect/inline-delegated-access/"

#: The members of a single authorization, without those that an official SDK also sends beside a list.
SINGLE: Final = ("email", "callback_url", "scope")


@operation("service_accounts.authorize")
def authorize_one(context: Context) -> SandboxResponse:
    """Authorize a user or resource, and send the code to the callback URL."""
    authorize(context, context.body)
    return accepted()


@operation("service_accounts.authorize_many")
def authorize_many(context: Context) -> SandboxResponse:
    """Authorize several users and resources, each with its own callback."""
    shared = {name: context.body[name] for name in ("state",) if name in context.body}
    for authorization in context.body["service_account_authorizations"]:
        authorize(context, shared | authorization)
    return accepted()


@rule("service_accounts.authorize_many", docs=DOCS)
def one_form_of_authorizations(body: Json, field: Field, context: Context) -> Problems:
    """A request authorizes either one account, or a list of them."""
    for name in SINGLE:
        if name in body:
            yield Problem(field / name, "errors.not_supported", "cannot be sent with service_account_authorizations")


@operation("service_accounts.authorize_inline")
def authorize_inline(context: Context) -> SandboxResponse:
    """Return the tokens of a user or resource."""
    account, profile = connect(context.runtime, context.body["email"])
    account.scope, account.authorized_by = context.body["scope"], authorizer(context.account)
    context.state.refresh_tokens(account)
    members = {"account_id": account.sub, "sub": account.sub, "linking_profile": linking_profile(profile)}
    return token_response(account, context.now, **members)


@rule("service_accounts.authorize_inline", docs=INLINE_DOCS, fidelity="assumed")
def inline_scopes_are_delegated(body: Json, field: Field, context: Context) -> Problems:
    """The scope of an inline authorization is part of the delegated scope; the docs do not show the error."""
    if not may_grant(context.account, body["scope"]):
        yield Problem(field / "scope", f"errors.{UNABLE}", "must be part of the delegated scope of the service account")
