"""Available periods: single periods in which an account can be booked.

Docs: https://docs.cronofy.com/developers/api/scheduling/available-periods/
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from .._json import Json
from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..models.availability_rules import check_own_id
from ..models.available_periods import AvailablePeriod, AvailablePeriodsPage
from ..pages import Paginated
from ..times import AnyTimeZone, EventTime
from .base import Resource, delete, get, post

__all__ = ["AvailablePeriods"]

_PERIODS: Final = "/v1/available_periods"


def _check_id(body: Json) -> None:
    check_own_id(body, "available_period_id")


def _check_dates(query: Json) -> None:
    if ("from" in query or "to" in query) and "tzid" not in query:
        raise ValueError("tzid: required with from_ or to. Pass the time zone of the dates.")


UPSERT: Final = post(
    "available_periods.upsert",
    _PERIODS,
    None,
    auth={"account"},
    idempotent=True,
    batchable=True,
    check=_check_id,
)
LIST: Final = get(
    "available_periods.list",
    _PERIODS,
    AvailablePeriodsPage,
    auth={"account"},
    check=_check_dates,
)
LIST_PAGE: Final = get(
    "available_periods.list_page", f"{_PERIODS}/pages/{{page_token}}", AvailablePeriodsPage, auth={"account"}
)
DELETE: Final = delete("available_periods.delete", _PERIODS, auth={"account"}, batchable=True, check=_check_id)
BULK_DELETE: Final = delete("available_periods.bulk_delete", _PERIODS, auth={"account"})


class AvailablePeriods(Resource):
    """Store and list single periods in which an account can be booked.

    A query applies them to members with ``managed_availability``. Open links follow later changes.
    """

    __slots__ = ()

    @returns_call
    def upsert(
        self,
        *,
        available_period_id: str,
        start: datetime | EventTime | Json,
        end: datetime | EventTime | Json,
        tzid: AnyTimeZone | Unset = UNSET,
    ) -> Call[None]:
        """Create a period, or replace the one with the same ID.

        Args:
            available_period_id: Your ID of the period: up to 64 ASCII characters.
            start: The start, or ``{"time": start, "tzid": "Europe/Berlin"}``.
            end: The end, in the same forms.
            tzid: The time zone in which the period is shown. It does not change the times.

        Raises:
            ValueError: The ID is invalid, or a time is naive.
            PaymentRequired: The application's plan does not include available periods.
            ValidationFailed: Cronofy rejected a member.

        Example::

            await account.available_periods.upsert(
                available_period_id="saturday-shift", start=start, end=start + timedelta(hours=4)
            )

        Docs: https://docs.cronofy.com/developers/api/scheduling/available-periods/upsert/
        """
        return self._call(UPSERT, locals())

    def list(
        self,
        *,
        from_: date | Unset = UNSET,
        to: date | Unset = UNSET,
        tzid: AnyTimeZone | Unset = UNSET,
        localized_times: bool | Unset = UNSET,
    ) -> Paginated[AvailablePeriod]:
        """Iterate over the periods of the account.

        Args:
            from_: Only periods that end on this date or later.
            to: Only periods that start before this date.
            tzid: The time zone of the dates; required with either of them.
            localized_times: Whether times include the time zone in which they were written.

        Returns:
            An asynchronous iterator, which requests the next page when it is needed.

        Raises:
            ValueError: There is a date without ``tzid``.

        Example::

            async for period in account.available_periods.list():
                print(period.available_period_id, period.start.utc)

        Docs: https://docs.cronofy.com/developers/api/scheduling/available-periods/read/
        """
        return self._pages(LIST, LIST_PAGE, locals(), found_at="$.pages.next_page")

    @returns_call
    def list_page(self, page_token: str) -> Call[AvailablePeriodsPage]:
        """Return one page of the periods of the account.

        ``list`` requests all pages for you.

        Args:
            page_token: The last part of the URL of the page.

        Raises:
            ValueError: The token is empty.
            NotFound: There is no such page.

        Example::

            page = await account.available_periods.list_page("08a07b034306679e")

        Docs: https://docs.cronofy.com/developers/api/scheduling/available-periods/read/
        """
        return self._call(LIST_PAGE, locals())

    @returns_call
    def delete(self, available_period_id: str) -> Call[None]:
        """Delete a period.

        Args:
            available_period_id: Your ID of the period.

        Raises:
            ValueError: The ID is invalid.

        Example::

            await account.available_periods.delete("saturday-shift")

        Docs: https://docs.cronofy.com/developers/api/scheduling/available-periods/delete/
        """
        return self._call(DELETE, locals())

    @returns_call
    def bulk_delete(self) -> Call[None]:
        """Delete all periods that the application stored for the account.

        Example::

            await account.available_periods.bulk_delete()

        Docs: https://docs.cronofy.com/developers/api/scheduling/available-periods/bulk-delete/
        """
        return self._call(BULK_DELETE, body={"delete_all": True})
