"""Calendars that a user can access, for delegated authorizations (prerelease; Business Connect).

Docs: https://docs.cronofy.com/developers/business-connect/
"""

from __future__ import annotations

from typing import Final

from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..models.accessible_calendars import AccessibleCalendarList, AccessibleCalendarType
from .base import Resource, get

__all__ = ["AccessibleCalendars"]

LIST: Final = get(
    "accessible_calendars.list",
    "/v1/accessible_calendars",
    AccessibleCalendarList,
    auth={"account"},
    stability="prerelease",
)


class AccessibleCalendars(Resource):
    """List the calendars that the user of the account can access (prerelease; Business Connect)."""

    __slots__ = ()

    @returns_call
    def list(
        self, *, profile_id: str | Unset = UNSET, calendar_type: AccessibleCalendarType | Unset = UNSET
    ) -> Call[AccessibleCalendarList]:
        """Return the calendars that ``delegated_authorizations.create`` can authorize (prerelease).

        Args:
            profile_id: The profile of the account through which the calendar is accessed. One official SDK requires it,
                another one omits it.
            calendar_type: Only calendars of this type: ``resource`` or ``unknown``.

        Raises:
            PaymentRequired: The application's plan does not include it.
            Forbidden: The account may not delegate.
            ValidationFailed: Cronofy rejected a parameter.

        Example::

            for calendar in await account.accessible_calendars.list(profile_id="pro_n23kjnwrw2"):
                print(calendar.name, calendar.email)

        Docs: https://docs.cronofy.com/developers/business-connect/
        """
        return self._call(LIST, locals())
