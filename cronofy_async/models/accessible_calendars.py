"""Calendars that a user can access, for delegated authorizations (prerelease; Business Connect).

Docs: https://docs.cronofy.com/developers/business-connect/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import attrs

from .base import ResponseModel

__all__ = ["AccessibleCalendar", "AccessibleCalendarList", "AccessibleCalendarType"]

AccessibleCalendarType: TypeAlias = Literal["resource", "unknown"] | str


@attrs.frozen(kw_only=True)
class AccessibleCalendar(ResponseModel):
    """A calendar that the user of an account can access.

    Attributes:
        email: The email address of the person or resource.
        name: The name of the person or resource.
        calendar_type: ``resource``, ``unknown``, or a type added later.
    """

    email: str
    name: str | None = None
    calendar_type: AccessibleCalendarType | None = None


@attrs.frozen(kw_only=True)
class AccessibleCalendarList(ResponseModel):
    """The calendars that the user of an account can access. It can be iterated over.

    Attributes:
        accessible_calendars: The calendars.
    """

    accessible_calendars: tuple[AccessibleCalendar, ...]

    def __iter__(self) -> Iterator[AccessibleCalendar]:
        return iter(self.accessible_calendars)

    def __len__(self) -> int:
        return len(self.accessible_calendars)
