"""Calendars."""

from __future__ import annotations

from ..exchange import Answer, Task

__all__ = ["HANDLERS"]


def list_calendars(task: Task) -> Answer:
    """All calendars of the account."""
    account = task.account
    assert account is not None  # the operation takes an access token
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
    return Answer.of(200, {"calendars": calendars, "sub": account.sub})


HANDLERS = {"calendars.list": list_calendars}
