"""Tokens for UI elements, which the sandbox does not have: the requests are kept.

Docs: https://docs.cronofy.com/developers/ui-elements/authentication/
"""

from __future__ import annotations

from typing import Final

from ..kernel.area import Context, Field, Json, Problem, Problems, SandboxResponse, keep, ok, operation, rule

__all__: list[str] = []

CREATE: Final = "element_tokens.create"
#: As in the examples of the docs, in seconds.
LIFETIME: Final = 64_800


@operation(CREATE)
def create(context: Context) -> SandboxResponse:
    """Keep the request for a token, and return a token."""
    members = keep(context, "elt").members
    rendered = {"permissions": members["permissions"], "origin": members["origin"]}
    return ok({"element_token": {**rendered, "token": f"sbx_elm_{context.state.new_token()}", "expires_in": LIFETIME}})


@rule(CREATE, docs="https://docs.cronofy.com/developers/ui-elements/authentication/", fidelity="assumed")
def element_tokens_are_for_known_accounts(body: Json, field: Field, context: Context) -> Problems:
    """The accounts of an element token are accounts of the application."""
    for index, sub in enumerate(body.get("subs", ())):
        if sub not in context.state.accounts:
            yield Problem(field / "subs" / index, "errors.not_found", "must be an account of the application")
