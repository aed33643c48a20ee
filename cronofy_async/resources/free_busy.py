"""The free and busy periods of an account.

Docs: https://docs.cronofy.com/developers/api/events/free-busy/
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..models.free_busy import FreeBusyPage, FreeBusyPeriod
from ..pages import Paginated
from ..times import AnyTimeZone
from ._event_checks import whole_days
from .base import Resource, get

__all__ = ["FreeBusy"]

READ: Final = get(
    "free_busy.read", "/v1/free_busy", FreeBusyPage, auth={"account"}, scope="read_free_busy", arrays={"calendar_ids"}
)
READ_PAGE: Final = get(
    "free_busy.read_page", "/v1/free_busy/pages/{page_token}", FreeBusyPage, auth={"account"}, scope="read_free_busy"
)


class FreeBusy(Resource):
    """Read when the account is free and busy."""

    __slots__ = ()

    def read(
        self,
        *,
        tzid: AnyTimeZone = "Etc/UTC",
        from_: date | Unset = UNSET,
        to: date | Unset = UNSET,
        include_managed: bool | Unset = UNSET,
        include_deleted: bool | Unset = UNSET,
        include_free: bool | Unset = UNSET,
        include_ids: bool | Unset = UNSET,
        last_modified: datetime | Unset = UNSET,
        calendar_ids: Iterable[str] | Unset = UNSET,
        localized_times: bool | Unset = UNSET,
    ) -> Paginated[FreeBusyPeriod]:
        """Iterate over the free and busy periods of the account, across pages.

        Args:
            tzid: The time zone of dates. Use the same one whenever you read for the same user.
            from_: The first day. A datetime counts as its day. By default, 42 days in the past.
            to: The day after the last one. By default, 201 days in the future.
            include_managed: Whether to include the events that your application manages; by default, it does not.
            include_deleted: Whether to include deleted events.
            include_free: Whether to include events during which the account is free.
            include_ids: Whether to return ``event_id`` and ``event_uid``.
            last_modified: Only events that changed at this time or later.
            calendar_ids: Only these calendars.
            localized_times: Whether times come with the time zone of the event; otherwise, they are in UTC.

        Raises:
            ValueError: A datetime is naive, or ``calendar_ids`` is a string.
            Forbidden: The access token lacks the scope ``read_free_busy``.

        Example::

            async for period in account.free_busy.read(from_=date(2030, 2, 1), to=date(2030, 2, 8), include_managed=True):
                print(period.start.utc, period.end.utc, period.free_busy_status)

        Docs: https://docs.cronofy.com/developers/api/events/free-busy/
        """
        return self._pages(READ, READ_PAGE, whole_days(locals()), found_at="$.pages.next_page")

    @returns_call
    def read_page(self, page_token: str) -> Call[FreeBusyPage]:
        """Return one page of free and busy periods. ``read`` requests all pages for you.

        Args:
            page_token: The last part of the ``next_page`` URL of another page. It is valid for a short time.

        Raises:
            ValueError: The token is empty.
            NotFound: The token has expired. (Cronofy does not document the status.)

        Docs: https://docs.cronofy.com/developers/api/events/free-busy/
        """
        return self._call(READ_PAGE, locals())
