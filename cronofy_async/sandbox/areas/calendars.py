"""Calendars of accounts.

Docs: https://docs.cronofy.com/developers/api/calendars/
"""

from __future__ import annotations

from typing import Any, Final

from ..kernel.area import (
    Account,
    AreaActions,
    Calendar,
    Context,
    Field,
    Json,
    Problem,
    Problems,
    Profile,
    SandboxResponse,
    UnknownRecord,
    action,
    not_found,
    ok,
    operation,
    rule,
)
from ..kernel.records import PermissionLevel

__all__ = ["Calendars"]

CREATE: Final = "https://docs.cronofy.com/developers/api/calendars/create-calendar/"


@operation("calendars.list")
def list_calendars(context: Context) -> SandboxResponse:
    """Return all calendars of the account."""
    account = context.account
    profiles = {profile.profile_id: profile for profile in account.profiles}
    calendars = [
        _render(profiles[calendar.profile_id], calendar) | _ABILITIES | _render_state(calendar)
        for calendar in account.calendars
    ]
    return ok({"calendars": calendars, "sub": account.sub})


@operation("calendars.create")
def create(context: Context) -> SandboxResponse:
    """Create a calendar in a profile of the account. Assumed: a disconnected profile is not writable."""
    profile = context.account.profile(context.body["profile_id"])
    if profile is None:
        return not_found()
    if not profile.connected:
        return SandboxResponse.of(423)
    calendar = context.state.add_calendar(context.account, context.body["name"], profile)
    return ok({"calendar": _render(profile, calendar)})


@rule("calendars.create", docs=CREATE, fidelity="assumed")
def calendar_names_are_unique(body: Json, field: Field, context: Context) -> Problems:
    """A profile has no two calendars with the same name. The docs say so for some providers only."""
    names = {
        calendar.name
        for calendar in context.account.calendars
        if calendar.profile_id == body["profile_id"] and not calendar.deleted
    }
    if body["name"] in names:
        yield Problem(field / "name", "errors.duplicate_calendar_name", "is the name of another calendar")


_ABILITIES: Final = {
    "calendar_integrated_conferencing_available": True,
    "calendar_attachments_available": True,
}


def _render(profile: Profile, calendar: Calendar) -> dict[str, Any]:
    """Return the members of a calendar that every response has."""
    return {
        "provider_name": profile.provider_name,
        "profile_id": profile.profile_id,
        "profile_name": profile.name,
        "calendar_id": calendar.calendar_id,
        "calendar_name": calendar.name,
        "calendar_readonly": calendar.readonly,
        "calendar_deleted": calendar.deleted,
    }


def _render_state(calendar: Calendar) -> dict[str, Any]:
    return {"calendar_primary": calendar.primary, "permission_level": calendar.permission_level}


class Calendars(AreaActions):
    """Actions for tests: ``sandbox.calendars``."""

    @action
    def add(
        self,
        account: Account | str,
        name: str = "Calendar",
        *,
        profile_id: str | None = None,
        readonly: bool = False,
        permission_level: PermissionLevel = "sandbox",
    ) -> Calendar:
        """Add a calendar to an account, as its user would.

        Args:
            account: The account, or its ``sub``.
            name: The name of the calendar.
            profile_id: The profile. Defaults to the account's first one.
            readonly: Whether events cannot be written to it.
            permission_level: ``unrestricted`` if the application may change external events.

        Raises:
            SandboxError: There is no such account or profile.
        """
        owner = self._account(account)
        profile = owner.profile(profile_id or owner.profile_id)
        if profile is None:
            raise UnknownRecord(f"{owner.email} has no profile {profile_id}")
        calendar = self.state.add_calendar(owner, name, profile)
        calendar.readonly, calendar.permission_level = readonly, permission_level
        return calendar

    @action
    def change(
        self,
        calendar: Calendar | str,
        *,
        name: str | None = None,
        readonly: bool | None = None,
        deleted: bool | None = None,
        permission_level: PermissionLevel | None = None,
    ) -> Calendar:
        """Change a calendar, as its user would, or as if elevated permissions had been granted.

        Args:
            calendar: The calendar, or its ID.
            name: Another name; ``None`` keeps the current one, as for the other arguments.
            readonly: Whether events cannot be written to it.
            deleted: Whether it is deleted.
            permission_level: ``unrestricted`` if the application may change external events.

        Raises:
            SandboxError: There is no such calendar.
        """
        record = calendar if isinstance(calendar, Calendar) else self.find(calendar)
        changes = {"name": name, "readonly": readonly, "deleted": deleted, "permission_level": permission_level}
        for member, value in changes.items():
            if value is not None:
                setattr(record, member, value)
        return record

    @action
    def find(self, calendar_id: str) -> Calendar:
        """Return a calendar.

        Raises:
            SandboxError: There is no such calendar.
        """
        for account in self.state.accounts.values():
            calendar = account.calendar(calendar_id)
            if calendar is not None:
                return calendar
        raise UnknownRecord(f"the sandbox has no calendar {calendar_id}")
