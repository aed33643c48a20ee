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
    KeptRecord,
    KeptRecordPages,
    Problem,
    Problems,
    SandboxError,
    SandboxResponse,
    State,
    action,
    keep,
    kept_records,
    ok,
    operation,
    rule,
)
from ..kernel.urls import with_query

__all__ = ["PAGE", "Permissions"]

DOCS: Final = "https://docs.cronofy.com/developers/api/authorization/extended-permissions/"
#: The path of the pages; the ID of the request follows.
PAGE: Final = "/permissions_requests/"
_REQUEST: Final = "permissions.request"


@operation(_REQUEST)
def request(context: Context) -> SandboxResponse:
    """Grant the permissions immediately, or return the URL of a page where the user decides."""
    if _needs_no_user(context.state, context.account):
        _grant(context.account, context.body["permissions"])
        return ok({"permissions_request": {"accepted": True}})
    record = keep(context, "prq", decided=False)
    return ok({"permissions_request": {"url": context.url(f"{PAGE}{record.id}")}})


def _needs_no_user(state: State, account: Account) -> bool:
    """Return whether the service account that authorized an account may grant permissions without its user."""
    through = state.accounts.get(account.authorized_by or "")
    resources = {record.members["email"] for record in kept_records(state, "resources.list")}
    resource_kind = "resources" if account.email in resources else "accounts"
    return through is not None and f"service_account/{resource_kind}/unrestricted_access" in through.scope.split()


def _grant(account: Account, permissions: list[Json]) -> None:
    for permission in permissions:
        calendar = account.calendar(permission["calendar_id"])
        if calendar is not None:  # it may have been removed since
            calendar.permission_level = permission["permission_level"]


@rule(_REQUEST, docs=DOCS)
def users_return_from_the_page(body: Json, field: Field, context: Context) -> Problems:
    """``redirect_uri`` is required, unless the account was authorized through a service account."""
    if "redirect_uri" not in body and context.account.authorized_by is None:
        yield Problem(field / "redirect_uri", "errors.required", "must be specified")


@rule(_REQUEST, docs=DOCS, fidelity="assumed")
def calendars_of_permissions_are_known(body: Json, field: Field, context: Context) -> Problems:
    """The account has the calendars for which permissions are requested."""
    for index, permission in enumerate(body["permissions"]):
        if context.account.calendar(permission["calendar_id"]) is None:
            calendar_field = field / "permissions" / index / "calendar_id"
            yield Problem(calendar_field, "errors.invalid_calendar_ids", "must be a calendar of the account")


class Permissions(KeptRecordPages):
    """Actions for tests: ``sandbox.permissions``."""

    operation_name = _REQUEST

    @action
    def accept(self, url: str) -> str | None:
        """Grant the requested permissions, as the user would on the page of the URL.

        Args:
            url: The URL of the page.

        Returns:
            The URL that the browser is redirected to; ``None`` if the request has no ``redirect_uri``.

        Raises:
            SandboxError: There is no such page, or the user has already decided.
        """
        record = self._decide(url)
        _grant(self.state.accounts[record.sub or ""], record.members["permissions"])
        return record.members.get("redirect_uri")

    @action
    def deny(self, url: str) -> str | None:
        """Deny the requested permissions, as the user would on the page of the URL.

        Args:
            url: The URL of the page.

        Returns:
            The URL that the browser is redirected to, with ``error=access_denied``; ``None`` if the request has no
            ``redirect_uri``.

        Raises:
            SandboxError: There is no such page, or the user has already decided.
        """
        redirect_uri = self._decide(url).members.get("redirect_uri")
        return None if redirect_uri is None else with_query(redirect_uri, error="access_denied")

    def _decide(self, url: str) -> KeptRecord:
        record = self.find(url)
        if record.members["decided"]:
            raise SandboxError("url: the user has already decided about these permissions")
        record.members["decided"] = True
        return record
