"""Calendars of accounts.

Docs: https://docs.cronofy.com/developers/api/calendars/
"""

from __future__ import annotations

from ..kernel.area import Context, SandboxResponse, ok, operation

__all__ = ["list_calendars"]


@operation("calendars.list")
def list_calendars(context: Context) -> SandboxResponse:
    """Return all calendars of the account."""
    account = context.account
    calendars = [
        {
            "provider_name": "google",
            "profile_id": account.profile_id,
            "profile_name": account.email,
            "calendar_id": calendar.calendar_id,
            "calendar_name": calendar.name,
            "calendar_readonly": False,
            "calendar_deleted": False,
            "calendar_primary": calendar.primary,
            "calendar_integrated_conferencing_available": True,
            "calendar_attachments_available": True,
            "permission_level": "sandbox",
        }
        for calendar in account.calendars
    ]
    return ok({"calendars": calendars, "sub": account.sub})
