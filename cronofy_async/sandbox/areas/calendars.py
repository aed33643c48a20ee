"""Calendars of accounts.

Docs: https://docs.cronofy.com/developers/api/calendars/
"""

from __future__ import annotations

from ..kernel.area import Calendar, Context, Json, Profile, SandboxResponse, ok, operation

__all__ = ["list_calendars"]


@operation("calendars.list")
def list_calendars(context: Context) -> SandboxResponse:
    """Return all calendars of the account."""
    account = context.account
    profiles = {profile.profile_id: profile for profile in account.profiles}
    calendars = [render(profiles[calendar.profile_id], calendar) for calendar in account.calendars]
    return ok({"calendars": calendars, "sub": account.sub})


def render(profile: Profile, calendar: Calendar) -> Json:
    """Return a calendar as responses show it."""
    return {
        "provider_name": profile.provider_name,
        "profile_id": profile.profile_id,
        "profile_name": profile.name,
        "calendar_id": calendar.calendar_id,
        "calendar_name": calendar.name,
        "calendar_readonly": calendar.readonly,
        "calendar_deleted": calendar.deleted,
        "calendar_primary": calendar.primary,
        "calendar_integrated_conferencing_available": True,
        "calendar_attachments_available": True,
        "permission_level": "sandbox",
    }
