"""Delegated authorizations: access to calendars that a user can access (prerelease; Business Connect).

Docs: https://docs.cronofy.com/developers/business-connect/
"""

from __future__ import annotations

from typing import Final

from ..kernel.area import Context, Field, Json, Problem, Problems, SandboxResponse, accepted, operation, rule
from ..kernel.delegation import authorize

__all__: list[str] = []

DOCS: Final = "https://docs.cronofy.com/developers/business-connect/"


@operation("delegated_authorizations.create")
def create(context: Context) -> SandboxResponse:
    """Authorize a person or resource, and send the code to the callback URL."""
    if not context.account.delegated_scope:
        return SandboxResponse.of(403)
    authorize(context, context.body)
    return accepted()


@rule("delegated_authorizations.create", "accessible_calendars.list", docs=DOCS, fidelity="assumed")
def profiles_of_delegations_are_known(values: Json, field: Field, context: Context) -> Problems:
    """The profile through which calendars are accessed is one of the account's."""
    if "profile_id" in values and context.account.profile(values["profile_id"]) is None:
        yield Problem(field / "profile_id", "errors.not_recognized", "must be a profile of the account")
