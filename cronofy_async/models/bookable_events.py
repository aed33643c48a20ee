"""Bookable events: events that people register for (beta).

Docs: https://docs.cronofy.com/developers/api/scheduling/bookable-events/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Final, Literal, TypeAlias

import attrs

from .._json import Json, is_object
from .base import RequestModel, ResponseModel
from .pages import Page

__all__ = [
    "BookableEvent",
    "BookableEventStatus",
    "Registration",
    "RegistrationLimit",
    "RegistrationStatus",
    "RegistrationsPage",
]

BookableEventStatus: TypeAlias = Literal["confirmed", "cancelled"] | str
RegistrationStatus: TypeAlias = Literal["pending", "accepted", "tentative", "declined", "removed"] | str

MAX_SEATS: Final = 256
MAX_METADATA: Final = 10
_ID: Final = re.compile(r"[A-Za-z0-9_-]+")


@attrs.frozen
class RegistrationLimit(RequestModel):
    """The maximum number of registrations for an event: 1 to 256."""

    capacity: int


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


# Documented rules.


def check_new_event(event: Json) -> None:
    """Check the request that creates a bookable event against the documented rules.

    Args:
        event: The body of the request, as plain JSON values.

    Raises:
        ValueError: A rule is broken. The message starts with the member.
    """
    _check_id("bookable_event_id", event["bookable_event_id"])
    registration: object = event["registration"]
    capacity = registration.get("capacity") if is_object(registration) else None
    if isinstance(capacity, int) and not 1 <= capacity <= MAX_SEATS:
        raise ValueError(f"registration.capacity: must be from 1 to {MAX_SEATS}, got {capacity}")


def check_registration(registration: Json) -> None:
    """Check the request that stores a registration against the documented rules.

    Args:
        registration: The body of the request, as plain JSON values.

    Raises:
        ValueError: A rule is broken. The message starts with the member.
    """
    _check_id("registration_id", registration["registration_id"])
    metadata = registration.get("metadata")
    if is_object(metadata) and len(metadata) > MAX_METADATA:
        raise ValueError(f"metadata: must have at most {MAX_METADATA} pairs, got {len(metadata)}")


def _check_id(name: str, value: object) -> None:
    if not (isinstance(value, str) and _ID.fullmatch(value)):
        raise ValueError(f"{name}: must have only letters, digits, _ and -, and at least one of them, got {value!r}")
