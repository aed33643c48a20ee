"""Calendars.

Docs: https://docs.cronofy.com/developers/api/calendars/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import attrs

from .base import ResponseModel

__all__ = ["Calendar", "CalendarList"]


@attrs.frozen(kw_only=True)
class Calendar(ResponseModel):
    """A calendar of an account.

    Attributes:
        calendar_id: Cronofy's ID of the calendar.
        calendar_name: Its name.
        provider_name: The calendar service, such as ``google``, ``office365``, or ``cronofy``. Cronofy will add names.
        profile_id: The profile of the account that it belongs to.
        profile_name: The name of the profile, usually an email address.
        calendar_readonly: Whether events cannot be written to it.
        calendar_deleted: Whether it was deleted. Deleted calendars stay in the list.
        calendar_primary: Whether it is the main calendar of its profile.
        calendar_integrated_conferencing_available: Whether ``Conferencing(profile_id="integrated")`` is possible.
        calendar_attachments_available: Whether events can have attachments.
        permission_level: ``unrestricted`` if the application may change external events, else ``sandbox``.
    """

    calendar_id: str
    calendar_name: str
    provider_name: str | None = None
    profile_id: str | None = None
    profile_name: str | None = None
    calendar_readonly: bool | None = None
    calendar_deleted: bool | None = None
    calendar_primary: bool | None = None
    calendar_integrated_conferencing_available: bool | None = None
    calendar_attachments_available: bool | None = None
    permission_level: Literal["sandbox", "unrestricted"] | str | None = None

    @property
    def id(self) -> str:
        """The same as ``calendar_id``."""
        return self.calendar_id

    @property
    def is_writable(self) -> bool:
        """Whether events can be written to it: it is neither read-only nor deleted."""
        return not self.calendar_readonly and not self.calendar_deleted


@attrs.frozen(kw_only=True)
class CalendarList(ResponseModel):
    """The calendars of an account. It can be iterated over.

    Attributes:
        calendars: The calendars of all profiles.
        sub: The account's ID.
    """

    calendars: tuple[Calendar, ...]
    sub: str | None = None

    def __iter__(self) -> Iterator[Calendar]:
        return iter(self.calendars)

    def __len__(self) -> int:
        return len(self.calendars)
