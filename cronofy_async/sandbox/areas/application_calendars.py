"""Application calendars: calendars that Cronofy hosts for an application.

Docs: https://docs.cronofy.com/developers/api/calendars/application-calendars/
"""

from __future__ import annotations

from typing import Final

from ..kernel.accounts import linking_profile, token_response
from ..kernel.area import Account, Context, SandboxResponse, State, assumption, operation

__all__: list[str] = []

TOKENS_ARE_KEPT: Final = assumption(
    "application_calendars_keep_tokens",
    "A repeated request for an application calendar returns the same tokens while they are valid. Otherwise it returns a "
    "new access token.",
)


@operation("application_calendars.upsert")
def upsert(context: Context) -> SandboxResponse:
    """Return the tokens of an application calendar, which is created if it does not exist."""
    state, ident = context.state, context.body["application_calendar_id"]
    account = _find(state, ident) or _create(state, ident)
    if state.by_access_token(account.access_token) is None or not context.assumes(TOKENS_ARE_KEPT):
        state.refresh_tokens(account)
    return token_response(
        account,
        context.now,
        application_calendar_id=ident,
        sub=account.sub,
        linking_profile=linking_profile(account.profiles[0]),
    )


def _find(state: State, ident: str) -> Account | None:
    accounts = (account for account in state.accounts.values() if account.kind == "application_calendar")
    return next((account for account in accounts if account.name == ident and account.profiles), None)


def _create(state: State, ident: str) -> Account:
    account = state.add_account("", ident, kind="application_calendar", provider_name="cronofy")
    (profile,) = account.profiles
    profile.name = profile.profile_id.removeprefix("pro_")
    account.calendars[0].name = ident
    return account
