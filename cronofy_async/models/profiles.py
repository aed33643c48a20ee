"""The calendar and conferencing profiles of accounts.

Docs: https://docs.cronofy.com/developers/api/identity/profile/
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from .base import ResponseModel

__all__ = ["Profile", "ProfileCalendar", "ProfileList"]


@attrs.frozen(kw_only=True)
class ProfileCalendar(ResponseModel):
    """A calendar of a profile.

    Attributes:
        calendar_id: The ID of the calendar.
        calendar_name: The name of the calendar.
        calendar_readonly: Whether the application cannot create events in it.
        calendar_deleted: Whether it was deleted.
        calendar_primary: Whether it is the main calendar of the profile.
        calendar_integrated_conferencing_available: Whether its provider can add conferencing to events.
        calendar_attachments_available: Whether its events can have attachments.
        permission_level: ``sandbox``, or ``unrestricted`` if the application may change external events.
    """

    calendar_id: str
    calendar_name: str | None = None
    calendar_readonly: bool | None = None
    calendar_deleted: bool | None = None
    calendar_primary: bool | None = None
    calendar_integrated_conferencing_available: bool | None = None
    calendar_attachments_available: bool | None = None
    permission_level: str | None = None


@attrs.frozen(kw_only=True)
class Profile(ResponseModel):
    """A connection of an account to a calendar or conferencing provider.

    Attributes:
        provider_name: The provider, such as ``google`` or ``zoom``.
        provider_service: The provider's service, such as ``gsuite``.
        profile_id: The ID of the profile.
        profile_name: The name of the profile, usually an email address.
        profile_connected: Whether the connection works. Otherwise send the user to ``profile_relink_url``.
        profile_initial_sync_required: Whether the first synchronization has not finished.
        profile_relink_url: The page where the user connects the profile again, if it is disconnected.
        profile_calendars: The calendars of the profile; only in ``identity.userinfo``.
    """

    provider_name: str
    provider_service: str | None = None
    profile_id: str
    profile_name: str | None = None
    profile_connected: bool | None = None
    profile_initial_sync_required: bool | None = None
    profile_relink_url: str | None = None
    profile_calendars: tuple[ProfileCalendar, ...] = ()

    @property
    def id(self) -> str:
        """The same as ``profile_id``."""
        return self.profile_id

    @property
    def needs_relink(self) -> bool:
        """Whether the user has to reconnect the profile."""
        return self.profile_connected is False


@attrs.frozen(kw_only=True)
class ProfileList(ResponseModel):
    """The profiles of an account. It can be iterated over.

    Attributes:
        profiles: The profiles.
        sub: The ID of the account, if it was sent.

    Docs: https://docs.cronofy.com/developers/api/identity/profile/
    """

    profiles: tuple[Profile, ...]
    sub: str | None = None

    def __iter__(self) -> Iterator[Profile]:
        return iter(self.profiles)

    def __len__(self) -> int:
        return len(self.profiles)
