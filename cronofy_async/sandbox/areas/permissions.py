"""Elevated permissions for calendars.

Docs: https://docs.cronofy.com/developers/api/authorization/extended-permissions/
"""

from __future__ import annotations

from typing import Final

from ..kernel.area import (
    Account,
    Context,
    Field,
    Json,
    Kept,
    KeptPages,
    Problem,
    Problems,
    SandboxError,
    SandboxResponse,
    State,
    action,
    keep,
    kept,
    ok,
    operation,
    rule,
)
from ..kernel.urls import with_query

__all__ = ["PAGE", "Permissions"]

DOCS: Final = "https://docs.cronofy.com/developers/api/authorization/extended-permissions/"
#: The path of pages, which the ID of the request follows.
PAGE: Final = "/permissions_requests/"
_REQUEST: Final = "permissions.request"


@operation(_REQUEST)
def request(context: Context) -> SandboxResponse:
    """Grant the permissions at once, or return the URL of a page where the user decides."""
    if _granted_at_once(context.state, context.account):
        _grant(context.account, context.body["permissions"])
        return ok({"permissions_request": {"accepted": True}})
    asked = keep(context, "prq", decided=False)
    return ok({"permissions_request": {"url": context.url(f"{PAGE}{asked.id}")}})


def _granted_at_once(state: State, account: Account) -> bool:
    """Return whether the service account that authorized an account may grant permissions without its user."""
    through = state.accounts.get(account.authorized_by or "")
    resources = {one.members["email"] for one in kept(state, "resources.list")}
    kind = "resources" if account.email in resources else "accounts"
    return through is not None and f"service_account/{kind}/unrestricted_access" in through.scope.split()


def _grant(account: Account, permissions: list[Json]) -> None:
    for one in permissions:
        calendar = account.calendar(one["calendar_id"])
        if calendar is not None:  # it may have been removed since
            calendar.permission_level = one["permission_level"]


@rule(_REQUEST, docs=DOCS)
def users_return_from_the_page(body: Json, field: Field, context: Context) -> Problems:
    """``redirect_uri`` is required, unless the account was authorized through a service account."""
    if "redirect_uri" not in body and context.account.authorized_by is None:
        yield Problem(field / "redirect_uri", "errors.required", "must be specified")


@rule(_REQUEST, docs=DOCS, fidelity="assumed")
def calendars_of_permissions_are_known(body: Json, field: Field, context: Context) -> Problems:
    """The account has the calendars for which permissions are requested."""
    for index, one in enumerate(body["permissions"]):
        if context.account.calendar(one["calendar_id"]) is None:
            at = field / "permissions" / index / "calendar_id"
            yield Problem(at, "errors.invalid_calendar_ids", "must be a calendar of the account")


class Permissions(KeptPages):
    """Actions for tests: ``sandbox.permissions``."""

    asking = _REQUEST

    @action
    def accept(self, url: str) -> str | None:
        """Grant the requested permissions, as the user would on the page of the URL.

        Args:
            url: The URL of the page.

        Returns:
            The URL that the browser is redirected to; ``None`` if the request has no ``redirect_uri``.

        Raises:
            SandboxError: There is no such page, or the user has decided already.
        """
        asked = self._decide(url)
        _grant(self.state.accounts[asked.sub or ""], asked.members["permissions"])
        return asked.members.get("redirect_uri")

    @action
    def deny(self, url: str) -> str | None:
        """Deny the requested permissions, as the user would on the page of the URL.

        Args:
            url: The URL of the page.

        Returns:
            The URL that the browser is redirected to, with ``error=access_denied``; ``None`` if the request has no
            ``redirect_uri``.

        Raises:
            SandboxError: There is no such page, or the user has decided already.
        """
        back = self._decide(url).members.get("redirect_uri")
        return None if back is None else with_query(back, error="access_denied")

    def _decide(self, url: str) -> Kept:
        found = self.find(url)
        if found.members["decided"]:
            raise SandboxError("url: the user has already decided about these permissions")
        found.members["decided"] = True
        return found
