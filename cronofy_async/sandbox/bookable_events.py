"""Bookable events and their registrations, as the sandbox keeps them.

Docs: https://docs.cronofy.com/developers/api/scheduling/bookable-events/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Final, Literal, TypeAlias

import attrs

__all__ = ["BookableEvent", "Registration", "RegistrationStatus", "check_id"]

RegistrationStatus: TypeAlias = Literal["pending", "accepted", "tentative", "declined", "removed"]

MOST_METADATA: Final = 10
CAPACITIES: Final = range(1, 257)


@attrs.define(eq=False, kw_only=True)
class Registration:
    """A registration for a bookable event. ``metadata`` is gone once it is removed."""

    registration_id: str
    status: RegistrationStatus
    metadata: Mapping[str, str] | None

    @property
    def counts(self) -> bool:
        """Whether it takes a place."""
        return self.status not in {"declined", "removed"}


@attrs.define(eq=False, kw_only=True)
class BookableEvent:
    """A bookable event. What it holds may be set, for example ``status`` to ``cancelled``.

    Attributes:
        capacity: how many may register; ``None`` is no limit.
        registrations: all that were ever made, by their ids, oldest first.
    """

    bookable_event_id: str
    start: datetime
    end: datetime
    status: Literal["confirmed", "cancelled"]
    capacity: int | None
    registrations: dict[str, Registration] = attrs.field(factory=dict[str, Registration])
    page_key: str = attrs.field(repr=False)

    @property
    def registered_count(self) -> int:
        """The registrations that are neither declined nor removed."""
        return sum(one.counts for one in self.registrations.values())

    @property
    def is_full(self) -> bool:
        return self.capacity is not None and self.registered_count >= self.capacity

    def page_token(self, page: int) -> str:
        """What stands for a page in its URL; nobody can tell which."""
        return blake2b(str(page).encode(), key=self.page_key.encode(), digest_size=8).hexdigest()


def check_id(name: str, value: str) -> str:
    """An id of the application's own; a ``ValueError`` if it has other characters than the docs allow."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", value):
        raise ValueError(f"{name}: only letters, digits, _ and - are allowed, not {value!r}")
    return value
