"""Bookable events: events that people register for (beta).

Docs: https://docs.cronofy.com/developers/api/scheduling/bookable-events/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal, TypeAlias

import attrs

from .base import ResponseModel
from .pages import Page

__all__ = ["BookableEvent", "BookableEventStatus", "Registration", "RegistrationStatus", "RegistrationsPage"]

BookableEventStatus: TypeAlias = Literal["confirmed", "cancelled"] | str
RegistrationStatus: TypeAlias = Literal["pending", "accepted", "tentative", "declined", "removed"] | str


@attrs.frozen(kw_only=True)
class Registration(ResponseModel):
    """The registration of one person.

    Attributes:
        registration_id: Your ID of the registration.
        status: ``pending``, ``accepted``, ``tentative``, ``declined``, ``removed``, or a status added later.
        metadata: Your data, as you stored it; ``None`` once the registration is removed.
    """

    registration_id: str
    status: RegistrationStatus
    metadata: Mapping[str, Any] | None = attrs.field(default=None, hash=False)


@attrs.frozen(kw_only=True)
class RegistrationsPage(Page[Registration]):
    """One page of the registrations of an event.

    Attributes:
        capacity: The maximum number of registrations; ``None`` means no limit.
        registered_count: The number of registrations that are neither declined nor removed.
        total_count: The number of all registrations.
        registrations: The registrations of this page.
    """

    ITEMS: ClassVar = "registrations"

    capacity: int | None = None
    registered_count: int | None = None
    total_count: int | None = None
    registrations: tuple[Registration, ...]

    @property
    def seats_left(self) -> int | None:
        """The number of people who can still register; ``None`` without a limit or without a count."""
        if self.capacity is None or self.registered_count is None:
            return None
        return max(0, self.capacity - self.registered_count)


@attrs.frozen(kw_only=True)
class BookableEvent(ResponseModel):
    """An event that people register for.

    Attributes:
        bookable_event_id: Your ID of the event.
        start: When it starts.
        end: When it ends.
        status: ``confirmed``, ``cancelled``, or a status added later.
        registration: The capacity and the first page of registrations.

    Docs: https://docs.cronofy.com/developers/api/scheduling/bookable-events/read/
    """

    bookable_event_id: str
    start: datetime
    end: datetime
    status: BookableEventStatus
    registration: RegistrationsPage

    @property
    def id(self) -> str:
        """The same as ``bookable_event_id``."""
        return self.bookable_event_id
