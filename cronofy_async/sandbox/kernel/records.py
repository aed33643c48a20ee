"""Accounts with their calendars and events, which all areas share, and the conversion of records to JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias

import attrs
from cattrs import BaseConverter
from cattrs.cols import is_mutable_sequence, list_structure_factory
from cattrs.preconf.json import JsonConverter, make_converter

__all__ = [
    "Account",
    "AccountKind",
    "Calendar",
    "Event",
    "EventChange",
    "Json",
    "PermissionLevel",
    "Profile",
    "converter",
]

Json: TypeAlias = Mapping[str, Any]
PermissionLevel: TypeAlias = Literal["sandbox", "unrestricted"]
AccountKind: TypeAlias = Literal["user", "service_account", "application_calendar", "organizational_unit"]


@attrs.frozen(kw_only=True)
class Event:
    """An event in a calendar.

    Attributes:
        event_id: The application's ID; ``None`` for an event that it does not manage.
        event_uid: Cronofy's ID.
        start: The start, in UTC, as availability counts it.
        end: The end.
        details: The other members as they were written. ``attendees`` has all people under ``invite``.
        all_day: Whether ``start`` and ``end`` were dates; they are then midnights in ``tzid``.
        tzid: The time zone that it is shown in, and repeats in.
        earlier: The times that it had before it was moved.
        created: When it was created.
        updated: When it was last changed.
        deleted: Whether it was deleted. Deleted events are kept, because a list of changes includes them.
    """

    event_id: str | None
    event_uid: str
    start: datetime
    end: datetime
    details: Json = attrs.field(factory=dict[str, Any])
    all_day: bool = False
    tzid: str = "Etc/UTC"
    earlier: tuple[tuple[datetime, datetime], ...] = ()
    created: datetime
    updated: datetime
    deleted: bool = False

    @property
    def is_managed(self) -> bool:
        """Whether the application manages it."""
        return self.event_id is not None


@attrs.define(eq=False, kw_only=True)
class Profile:
    """A connection of an account to a calendar or conferencing provider."""

    profile_id: str
    name: str | None
    provider_name: str = "google"
    provider_service: str | None = "gsuite"
    connected: bool = True
    initial_sync_required: bool = False


@attrs.define(eq=False, kw_only=True)
class Calendar:
    """A calendar of an account.

    Attributes:
        profile_id: The profile that it belongs to.
        permission_level: ``unrestricted`` if the application may change external events.
        events: Its events.
        deleted_events: Its deleted events.
    """

    calendar_id: str
    profile_id: str
    name: str
    primary: bool
    readonly: bool = False
    deleted: bool = False
    permission_level: PermissionLevel = "sandbox"
    events: list[Event] = attrs.field(factory=list[Event])
    deleted_events: list[Event] = attrs.field(factory=list[Event])

    @property
    def is_writable(self) -> bool:
        return not self.readonly and not self.deleted

    def event(self, *, event_id: str | None = None, event_uid: str | None = None) -> Event | None:
        """Return the event with the application's ID or Cronofy's ID."""
        for event in self.events:
            if (event_id is not None and event.event_id == event_id) or event_uid == event.event_uid:
                return event
        return None


@attrs.define(eq=False, kw_only=True)
class Account:
    """An account that authorized the application.

    ``access_token`` is the newest one and expires at ``expires_at``; ``access_tokens`` are all that are not revoked.
    ``delegated_scope`` is what a service account may pass on, and ``authorized_by`` the service account that authorized this
    one. The name of an application calendar is the application's ID.
    """

    sub: str
    email: str
    name: str
    profiles: list[Profile]
    kind: AccountKind = "user"
    access_token: str = attrs.field(repr=False)
    refresh_token: str = attrs.field(repr=False)
    expires_at: datetime
    access_tokens: dict[str, datetime] = attrs.field(factory=dict[str, datetime], repr=False)
    scope: str
    delegated_scope: str | None = None
    authorized_by: str | None = None
    calendars: list[Calendar]
    conferencing_profiles: list[Profile] = attrs.field(factory=list[Profile])

    @property
    def profile_id(self) -> str:
        """The ID of its first profile."""
        return self.profiles[0].profile_id

    @property
    def calendar_id(self) -> str:
        """The ID of its first calendar."""
        return self.calendars[0].calendar_id

    @property
    def calendar_ids(self) -> list[str]:
        return [calendar.calendar_id for calendar in self.calendars]

    @property
    def events(self) -> list[Event]:
        """All its events, by start."""
        return sorted(
            (event for calendar in self.calendars for event in calendar.events), key=lambda event: event.start
        )

    @property
    def target_calendar(self) -> dict[str, str]:
        """An item for ``target_calendars``."""
        return {"sub": self.sub, "calendar_id": self.calendar_id}

    @property
    def member(self) -> dict[str, str]:
        """An item for ``availability.participants[].members``."""
        return {"sub": self.sub}

    def find_event(self, event_uid: str) -> tuple[Calendar, Event] | None:
        """Return an event by Cronofy's ID, and its calendar."""
        for calendar in self.calendars:
            event = calendar.event(event_uid=event_uid)
            if event is not None:
                return calendar, event
        return None

    def profile(self, profile_id: str) -> Profile | None:
        return next((profile for profile in self.profiles if profile.profile_id == profile_id), None)

    def calendar(self, calendar_id: str) -> Calendar | None:
        return next((calendar for calendar in self.calendars if calendar.calendar_id == calendar_id), None)


@attrs.frozen(kw_only=True)
class EventChange:
    """A change of an event, passed to listeners.

    Attributes:
        event: The event after the change.
        by_application: Whether the application made the change. Cronofy sends no notification for such a change.
    """

    sub: str
    calendar_id: str
    event: Event
    by_application: bool


#: The types of JSON values that are not converted, and their names in errors.
_JSON_NAMES: Final[Mapping[type[Any], str]] = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "a boolean",
}


def _make_converter() -> JsonConverter:
    result = make_converter(forbid_extra_keys=True)

    def to_seconds(value: timedelta) -> float:
        return value.total_seconds()

    def from_seconds(value: float, _: type[timedelta]) -> timedelta:
        return timedelta(seconds=value)

    def from_text(value: Any, _: type[datetime]) -> datetime:
        if not isinstance(value, str):
            raise TypeError(f"must be a time, got {type(value).__name__}")
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(f"must have a time zone, got {value}")
        return moment

    def check_type(value: Any, cls: type[Any]) -> Any:
        allowed = (int, float) if cls is float else cls
        if not isinstance(value, allowed) or isinstance(value, bool) > (cls is bool):
            raise TypeError(f"must be {_JSON_NAMES[cls]}, got {type(value).__name__}")
        return value

    def from_list(cls: Any, converter: BaseConverter) -> Callable[[Any, Any], Any]:
        structure = list_structure_factory(cls, converter)

        def check_and_structure(value: Any, cls: Any) -> Any:
            if not isinstance(value, list | tuple):
                raise TypeError(f"must be a list, got {type(value).__name__}")
            return structure(value, cls)

        return check_and_structure

    result.register_structure_hook_factory(is_mutable_sequence, from_list)
    for json_type in _JSON_NAMES:
        result.register_structure_hook(json_type, check_type)
    result.register_structure_hook(datetime, from_text)
    result.register_unstructure_hook(timedelta, to_seconds)
    result.register_structure_hook(timedelta, from_seconds)
    return result


#: Converts records to JSON values and back.
converter = _make_converter()
