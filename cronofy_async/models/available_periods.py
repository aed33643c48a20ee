"""Available periods: single periods in which an account can be booked.

Docs: https://docs.cronofy.com/developers/api/scheduling/available-periods/
"""

from __future__ import annotations

from typing import ClassVar

import attrs

from ..times import EventTime
from .base import ResponseModel
from .pages import Page

__all__ = ["AvailablePeriod", "AvailablePeriodsPage"]


@attrs.frozen(kw_only=True)
class AvailablePeriod(ResponseModel):
    """A single period in which an account can be booked.

    Attributes:
        available_period_id: Your ID of the period.
        start: The start; with a zone if the request set ``localized_times``.
        end: The end.
    """

    available_period_id: str
    start: EventTime
    end: EventTime


@attrs.frozen(kw_only=True)
class AvailablePeriodsPage(Page[AvailablePeriod]):
    """One page of the available periods of an account."""

    ITEMS: ClassVar = "available_periods"

    available_periods: tuple[AvailablePeriod, ...]
