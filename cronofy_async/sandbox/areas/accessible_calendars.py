"""Calendars that a user can access (prerelease; Business Connect).

Docs: https://docs.cronofy.com/developers/business-connect/
"""

from __future__ import annotations

from ..kernel.area import (
    Account,
    AreaActions,
    Context,
    KeptRecord,
    SandboxResponse,
    UnknownRecord,
    action,
    keep_in,
    kept_records,
    ok,
    operation,
)

__all__ = ["AccessibleCalendars"]

_LIST = "accessible_calendars.list"


@operation(_LIST)
def list_calendars(context: Context) -> SandboxResponse:
    """Return the calendars that were added for the account, optionally of one profile or type."""
    calendars = [
        {name: record.members[name] for name in ("calendar_type", "email", "name")}
        for record in kept_records(context.state, _LIST, sub=context.account.sub)
        if all(record.members[name] == value for name, value in context.query.items())
    ]
    return ok({"accessible_calendars": calendars})


class AccessibleCalendars(AreaActions):
    """Actions for tests: ``sandbox.accessible_calendars``."""

    @action
    def add(
        self,
        account: Account | str,
        email: str,
        name: str | None = None,
        *,
        calendar_type: str = "unknown",
        profile_id: str | None = None,
    ) -> KeptRecord:
        """Add a calendar that the user of an account can access.

        Args:
            account: The account, or its ``sub``.
            email: The email address of the person or resource.
            name: The name. Defaults to one derived from the email address.
            calendar_type: ``resource`` or ``unknown``.
            profile_id: The profile of the account through which the calendar is accessed. Defaults to the first one.

        Raises:
            SandboxError: There is no such account or profile.
        """
        owner = self._account(account)
        profile_id = profile_id or owner.profile_id
        if owner.profile(profile_id) is None:
            raise UnknownRecord(f"{owner.email} has no profile {profile_id}")
        members = {
            "profile_id": profile_id,
            "calendar_type": calendar_type,
            "email": email,
            "name": name or email.partition("@")[0].title(),
        }
        return keep_in(self.state, _LIST, "acs", members, sub=owner.sub)
