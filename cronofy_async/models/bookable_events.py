"""Bookable events (beta): events that people register for.

Docs: https://docs.cronofy.com/developers/api/scheduling/bookable-events/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

import attrs

from .._redaction import hide
from .base import Page, ResponseModel

__all__ = ["BookableEvent", "BookableEventStatus", "Pages", "Registration", "RegistrationStatus", "RegistrationsPage"]

BookableEventStatus: TypeAlias = Literal["confirmed", "cancelled"] | str
RegistrationStatus: TypeAlias = Literal["pending", "accepted", "tentative", "declined", "removed"] | str


@attrs.frozen(kw_only=True)
class Pages(ResponseModel):
    """Where a page stands among the others.

    Attributes:
        current: its number, from 1.
        total: how many there are.
        next_page: where the next one is; ``None`` on the last. It lives for a short time only.
    """

    current: int | None = None
    total: int | None = None
    next_page: str | None = attrs.field(default=None, repr=hide)


@attrs.frozen(kw_only=True)
class Registration(ResponseModel):
    """Somebody's registration.

    Attributes:
        registration_id: your own id of it.
        status: ``pending``, ``accepted``, ``tentative``, ``declined`` or ``removed``; others may come.
        metadata: what you stored with it; ``None`` once it was removed.
    """

    registration_id: str
    status: RegistrationStatus
    metadata: Mapping[str, Any] | None = attrs.field(default=None, hash=False)


@attrs.frozen(kw_only=True)
class RegistrationsPage(Page[Registration]):
    """The registrations of an event, or one page of them.

    Attributes:
        capacity: how many there may be; ``None`` is no limit.
        registered_count: how many count, by Cronofy: those that are neither declined nor removed.
        total_count: how many there are in all.
        registrations: those of this page.
        pages: where the page stands; ``None`` if it is the only one.
    """

    capacity: int | None = None
    registered_count: int | None = None
    total_count: int | None = None
    registrations: tuple[Registration, ...]
    pages: Pages | None = None

    @property
    def seats_left(self) -> int | None:
        """How many may still register, never below 0; ``None`` if there is no limit, or Cronofy gave no count."""
        if self.capacity is None or self.registered_count is None:
            return None
        return max(0, self.capacity - self.registered_count)

    @property
    def items(self) -> tuple[Registration, ...]:
        """The same as ``registrations``."""
        return self.registrations

    @property
    def next_page(self) -> str | None:
        """Where the next page is, if there is one."""
        return (self.pages.next_page or None) if self.pages is not None else None

    @property
    def has_more(self) -> bool:
        """Whether there are further pages; ``bookable_events.registrations(id)`` goes through them all."""
        return self.next_page is not None


@attrs.frozen(kw_only=True)
class BookableEvent(ResponseModel):
    """An event that people register for.

    Attributes:
        bookable_event_id: your own id of it.
        start: when it starts.
        end: when it ends.
        status: ``confirmed`` or ``cancelled``; others may come.
        registration: how many may come, how many do, and the first of them.

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
