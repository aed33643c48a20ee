"""The calendars of an account.

Docs: https://docs.cronofy.com/developers/api/calendars/
"""

from __future__ import annotations

from typing import Final

from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..models.calendars import Calendar, CalendarList
from ._event_checks import check_new_calendar
from .base import Resource, get, post

__all__ = ["Calendars"]

LIST: Final = get("calendars.list", "/v1/calendars", CalendarList, auth={"account"})
CREATE: Final = post(
    "calendars.create",
    "/v1/calendars",
    Calendar,
    auth={"account"},
    scope="create_calendar",
    envelope="calendar",
    check=check_new_calendar,
)


class Calendars(Resource):
    """List and create calendars."""

    __slots__ = ()

    @returns_call
    def list(self) -> Call[CalendarList]:
        """Return all calendars of the account, including deleted ones.

        Example::

            for calendar in await account.calendars.list():
                if calendar.is_writable:
                    print(calendar.calendar_id, calendar.calendar_name)

        Docs: https://docs.cronofy.com/developers/api/calendars/list-calendars/
        """
        return self._call(LIST, locals())

    @returns_call
    def create(self, *, profile_id: str, name: str, color: str | Unset = UNSET) -> Call[Calendar]:
        """Create a calendar in a profile of the account.

        This is not idempotent: some calendar services reject a second calendar with the same name, others create it.

        Args:
            profile_id: The profile.
            name: The name of the calendar.
            color: The color, as ``#rrggbb``. Exchange and Microsoft 365 ignore it, Outlook.com uses the nearest color of its
                palette.

        Raises:
            ValueError: ``color`` does not have that format.
            Forbidden: The access token lacks the scope ``create_calendar``.
            ValidationFailed: The profile already has a calendar with this name.
            AccountLocked: The profile is not writable.

        Example::

            calendar = await account.calendars.create(profile_id="pro_…", name="Shop bookings", color="#49BED8")

        Docs: https://docs.cronofy.com/developers/api/calendars/create-calendar/
        """
        return self._call(CREATE, locals())
