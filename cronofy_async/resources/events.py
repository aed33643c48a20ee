"""The events of an account: reading, writing, and following their changes.

Docs: https://docs.cronofy.com/developers/api/events/
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, overload

from .._json import Json
from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..changes import Changes
from ..models.event_parts import (
    AttachmentRef,
    Attendees,
    Conferencing,
    Location,
    Recurrence,
    Reminder,
    Subscription,
    Transparency,
)
from ..models.events import Event, EventsPage
from ..models.identity import UserInfo
from ..models.meeting_agents import EventMeetingAgent
from ..pages import Paginated
from ..times import AnyEventTime, AnyTimeZone
from ._event_checks import check_bulk_delete, check_event, check_participation_status, whole_days
from .base import RequestOptions, Resource, delete, get, post

__all__ = ["Events"]

_EVENTS: Final = "/v1/calendars/{calendar_id}/events"
_READ: Final[RequestOptions] = {"scope": "read_events"}
_CREATE: Final[RequestOptions] = {"idempotent": True, "batchable": True, "scope": "create_event"}
_DELETE: Final[RequestOptions] = {"idempotent": True, "batchable": True, "scope": "delete_event"}
READ: Final = get("events.read", "/v1/events", EventsPage, auth={"account"}, arrays={"calendar_ids"}, **_READ)
READ_PAGE: Final = get("events.read_page", "/v1/events/pages/{page_token}", EventsPage, auth={"account"})
UPSERT: Final = post("events.upsert", _EVENTS, None, check=check_event, auth={"account"}, **_CREATE)
UPSERT_WITH_USERINFO: Final = post(
    "events.upsert", _EVENTS, UserInfo, envelope="userinfo", check=check_event, auth={"account"}, **_CREATE
)
DELETE: Final = delete("events.delete", _EVENTS, auth={"account"}, **_DELETE)
DELETE_WITH_USERINFO: Final = delete(
    "events.delete", _EVENTS, UserInfo, envelope="userinfo", auth={"account"}, **_DELETE
)
BULK_DELETE: Final = delete(
    "events.bulk_delete", "/v1/events", auth={"account"}, check=check_bulk_delete, scope="delete_event"
)
EDIT_EXTERNAL: Final = post("events.edit_external", _EVENTS, None, check=check_event, auth={"account"}, **_CREATE)
DELETE_EXTERNAL: Final = delete("events.delete_external", _EVENTS, auth={"account"}, **_DELETE)
CHANGE_PARTICIPATION_STATUS: Final = post(
    "events.change_participation_status",
    f"{_EVENTS}/{{event_uid}}/participation_status",
    None,
    check=check_participation_status,
    auth={"account"},
    scope="change_participation_status",
    idempotent=True,
)


class Events(Resource):
    """Read and write events."""

    __slots__ = ()

    def read(
        self,
        *,
        tzid: AnyTimeZone = "Etc/UTC",
        from_: date | Unset = UNSET,
        to: date | Unset = UNSET,
        include_deleted: bool | Unset = UNSET,
        include_moved: bool | Unset = UNSET,
        last_modified: datetime | Unset = UNSET,
        include_managed: bool | Unset = UNSET,
        only_managed: bool | Unset = UNSET,
        calendar_ids: Iterable[str] | Unset = UNSET,
        localized_times: bool | Unset = UNSET,
        include_geo: bool | Unset = UNSET,
        google_event_ids: bool | Unset = UNSET,
    ) -> Paginated[Event]:
        """Iterate over the events of the account, across pages. Occurrences of a series are listed one by one.

        Args:
            tzid: The time zone of dates and all-day events. Use the same one whenever you read for the same user.
            from_: The first day. A datetime counts as its day. By default, and at the earliest, 42 days in the past.
            to: The day after the last one. By default, and at the latest, 201 days in the future.
            include_deleted: Whether to include deleted events.
            include_moved: Whether to include events that were in the window before they were moved.
            last_modified: Only events that changed at this time or later.
            include_managed: Whether to include the events that your application manages; by default, they are left out.
                Without ``from_`` and ``to``, events at any time are returned.
            only_managed: Only the events that your application manages. The scope ``read_events`` is then not needed.
            calendar_ids: Only these calendars.
            localized_times: Whether times come with the time zone of the event; otherwise, they are in UTC.
            include_geo: Whether to return ``location.lat`` and ``location.long``.
            google_event_ids: Whether to return ``google_event_id``.

        Raises:
            ValueError: A datetime is naive, or ``calendar_ids`` is a string.
            PaymentRequired: ``include_geo`` is not part of the application's plan.
            Forbidden: The access token lacks the scope ``read_events``.

        Example::

            async for event in account.events.read(from_=date(2030, 2, 1), to=date(2030, 2, 8), include_managed=True):
                print(event.summary, event.start.utc or event.start.date)

        Docs: https://docs.cronofy.com/developers/api/events/read-events/
        """
        return self._pages(READ, READ_PAGE, whole_days(locals()), found_at="$.pages.next_page")

    @returns_call
    def read_page(self, page_token: str) -> Call[EventsPage]:
        """Return one page of events. ``read`` requests all pages for you.

        Args:
            page_token: The last part of the ``next_page`` URL of another page. It is valid for a short time.

        Raises:
            NotFound: The token has expired. (Cronofy does not document the status.)

        Docs: https://docs.cronofy.com/developers/api/events/read-events/
        """
        return self._call(READ_PAGE, locals())

    def changes(
        self,
        since: datetime | None = None,
        *,
        tzid: AnyTimeZone = "Etc/UTC",
        calendar_ids: Iterable[str] | Unset = UNSET,
        include_managed: bool = True,
        localized_times: bool | Unset = UNSET,
        overlap: timedelta = timedelta(minutes=1),
    ) -> Changes[Event]:
        """Iterate over the events that changed since a time, including deleted and moved ones.

        If a page URL has expired, the read restarts at the first page. After the loop, ``next_since`` is the ``since`` for
        the next read. No change is missed, but some are repeated; see ``Changes``.

        Args:
            since: ``next_since`` of the last time, or ``changes_since`` of a notification if that is earlier. ``None``
                reads all events in Cronofy's window. Use it the first time, and then weekly, as Cronofy recommends: the
                window moves without a notification.
            tzid: The time zone of all-day events. Use the same one each time.
            calendar_ids: Only these calendars.
            include_managed: Whether to include the events that your application manages.
            localized_times: Whether times come with the time zone of the event; otherwise, they are in UTC.
            overlap: How much earlier than the first request ``next_since`` is, for clocks that differ.

        Raises:
            ValueError: ``since`` is naive, or ``overlap`` is negative.

        Example::

            async for event in (changes := account.events.changes(since=since)):
                print("delete" if event.deleted else "replace", event.event_uid)
            since = changes.next_since

        Docs: https://docs.cronofy.com/developers/api/events/read-events/
        """
        ids = calendar_ids if isinstance(calendar_ids, Unset | str) else tuple(calendar_ids)
        return Changes(
            lambda: self.read(
                tzid=tzid,
                last_modified=UNSET if since is None else since,
                include_deleted=True,
                include_moved=True,
                include_managed=include_managed,
                calendar_ids=ids,
                localized_times=localized_times,
            ),
            self._sender.clock,
            overlap,
        )

    @overload
    def upsert(
        self,
        calendar_id: str,
        *,
        event_id: str,
        summary: str,
        start: AnyEventTime,
        end: AnyEventTime,
        tzid: AnyTimeZone | Unset = UNSET,
        description: str | Unset = UNSET,
        location: Location | Json | Unset = UNSET,
        url: str | Unset | None = UNSET,
        attendees: Attendees | Json | Unset = UNSET,
        conferencing: Conferencing | Json | Unset = UNSET,
        reminders: Sequence[Reminder | Json] | Unset = UNSET,
        reminders_create_only: bool | Unset = UNSET,
        transparency: Transparency | Unset = UNSET,
        extended_transparency: str | Unset = UNSET,
        color: str | Unset = UNSET,
        event_private: bool | Unset = UNSET,
        attachments: Sequence[AttachmentRef | Json] | Unset = UNSET,
        subscriptions: Sequence[Subscription | Json] | Unset = UNSET,
        recurrence: Recurrence | Json | Unset = UNSET,
        locale: str | Unset = UNSET,
        meeting_agent: EventMeetingAgent | Json | Unset = UNSET,
        include_userinfo: Literal[False] | Unset = UNSET,
    ) -> Call[None]: ...

    @overload
    def upsert(
        self,
        calendar_id: str,
        *,
        event_id: str,
        summary: str,
        start: AnyEventTime,
        end: AnyEventTime,
        tzid: AnyTimeZone | Unset = UNSET,
        description: str | Unset = UNSET,
        location: Location | Json | Unset = UNSET,
        url: str | Unset | None = UNSET,
        attendees: Attendees | Json | Unset = UNSET,
        conferencing: Conferencing | Json | Unset = UNSET,
        reminders: Sequence[Reminder | Json] | Unset = UNSET,
        reminders_create_only: bool | Unset = UNSET,
        transparency: Transparency | Unset = UNSET,
        extended_transparency: str | Unset = UNSET,
        color: str | Unset = UNSET,
        event_private: bool | Unset = UNSET,
        attachments: Sequence[AttachmentRef | Json] | Unset = UNSET,
        subscriptions: Sequence[Subscription | Json] | Unset = UNSET,
        recurrence: Recurrence | Json | Unset = UNSET,
        locale: str | Unset = UNSET,
        meeting_agent: EventMeetingAgent | Json | Unset = UNSET,
        include_userinfo: Literal[True],
    ) -> Call[UserInfo]: ...

    @returns_call
    def upsert(
        self,
        calendar_id: str,
        *,
        event_id: str,
        summary: str,
        start: AnyEventTime,
        end: AnyEventTime,
        tzid: AnyTimeZone | Unset = UNSET,
        description: str | Unset = UNSET,
        location: Location | Json | Unset = UNSET,
        url: str | Unset | None = UNSET,
        attendees: Attendees | Json | Unset = UNSET,
        conferencing: Conferencing | Json | Unset = UNSET,
        reminders: Sequence[Reminder | Json] | Unset = UNSET,
        reminders_create_only: bool | Unset = UNSET,
        transparency: Transparency | Unset = UNSET,
        extended_transparency: str | Unset = UNSET,
        color: str | Unset = UNSET,
        event_private: bool | Unset = UNSET,
        attachments: Sequence[AttachmentRef | Json] | Unset = UNSET,
        subscriptions: Sequence[Subscription | Json] | Unset = UNSET,
        recurrence: Recurrence | Json | Unset = UNSET,
        locale: str | Unset = UNSET,
        meeting_agent: EventMeetingAgent | Json | Unset = UNSET,
        include_userinfo: bool | Unset = UNSET,
    ) -> Call[Any]:
        """Create an event, or update the one with the same ``event_id`` in the calendar. Cronofy writes it later.

        Args:
            calendar_id: The calendar, which must be neither read-only nor deleted.
            event_id: Your ID of the event.
            summary: The title, up to 1024 characters.
            start: The start: an aware datetime, a date for an all-day event, or ``{"time": ..., "tzid": ...}``.
            end: The end, in the same form. The end of an all-day event is the day after its last day.
            tzid: The time zone to show the event in, by default ``Etc/UTC``; not if ``start`` and ``end`` have their own.
            description: Plain text, up to 4096 characters.
            location: Where it takes place.
            url: A URL to show (Apple and Google only). ``None`` removes it; left out, it is kept.
            attendees: The people to invite and to remove; all others stay.
            conferencing: How people meet online; left out, it is kept.
            reminders: Up to five, in order of priority; empty means none; left out, they are kept.
            reminders_create_only: Whether reminders are set only when the event is created.
            transparency: ``opaque`` (busy) or ``transparent`` (free). By default, all-day events are transparent.
            extended_transparency: A more precise value, such as ``out_of_office``.
            color: The color, as ``#rrggbb``.
            event_private: Whether the event is private.
            attachments: Uploaded attachments.
            subscriptions: Webhooks for this event; empty removes them; left out, they are kept.
            recurrence: How it recurs (alpha); no rules remove it; left out, it is kept.
            locale: The language of template texts.
            meeting_agent: The agent that joins the conference and records it (beta); left out, it is kept.
            include_userinfo: Whether the response contains the account's userinfo.

        Raises:
            ValueError: A documented rule is broken, or a datetime is naive. The message names the member.
            Forbidden: The calendar is read-only, or the access token lacks the scope ``create_event``.
            NotFound: The account has no such calendar.

        Example::

            await account.events.upsert("cal_…", event_id="e-1", summary="Lunch", start=noon, end=one_o_clock)

        Docs: https://docs.cronofy.com/developers/api/events/upsert-event/
        """
        return self._call(UPSERT_WITH_USERINFO if include_userinfo is True else UPSERT, locals())

    @overload
    def delete(
        self, calendar_id: str, *, event_id: str, include_userinfo: Literal[False] | Unset = UNSET
    ) -> Call[None]: ...

    @overload
    def delete(self, calendar_id: str, *, event_id: str, include_userinfo: Literal[True]) -> Call[UserInfo]: ...

    @returns_call
    def delete(self, calendar_id: str, *, event_id: str, include_userinfo: bool | Unset = UNSET) -> Call[Any]:
        """Delete an event that your application manages. An unknown ``event_id`` is presumably not an error.

        Args:
            calendar_id: The calendar that it is in.
            event_id: Your ID of the event.
            include_userinfo: Whether the response contains the account's userinfo.

        Raises:
            Forbidden: The calendar is read-only, or the access token lacks the scope ``delete_event``.
            NotFound: The account has no such calendar.

        Example::

            await account.events.delete("cal_…", event_id="e-1")

        Docs: https://docs.cronofy.com/developers/api/events/delete-event/
        """
        return self._call(DELETE_WITH_USERINFO if include_userinfo is True else DELETE, locals())

    @returns_call
    def bulk_delete(
        self, *, delete_all: Literal[True] | Unset = UNSET, calendar_ids: Sequence[str] | Unset = UNSET
    ) -> Call[None]:
        """Delete all events that your application manages, in all calendars or in some. Pass exactly one parameter.

        Args:
            delete_all: ``True`` for all calendars.
            calendar_ids: The calendars, at least one.

        Raises:
            ValueError: Neither or both were passed.
            Forbidden: The access token lacks the scope ``delete_event``.
            ValidationFailed: The account has no such calendar.

        Example::

            await account.events.bulk_delete(calendar_ids=["cal_…"])

        Docs: https://docs.cronofy.com/developers/api/events/bulk-delete-events/
        """
        return self._call(BULK_DELETE, locals())

    @returns_call
    def edit_external(  # noqa: D417 - `upsert` describes the members
        self,
        calendar_id: str,
        *,
        event_uid: str,
        summary: str | Unset = UNSET,
        start: AnyEventTime | Unset = UNSET,
        end: AnyEventTime | Unset = UNSET,
        tzid: AnyTimeZone | Unset = UNSET,
        description: str | Unset = UNSET,
        location: Location | Json | Unset = UNSET,
        url: str | Unset | None = UNSET,
        attendees: Attendees | Json | Unset = UNSET,
        conferencing: Conferencing | Json | Unset = UNSET,
        reminders: Sequence[Reminder | Json] | Unset = UNSET,
        reminders_create_only: bool | Unset = UNSET,
        transparency: Transparency | Unset = UNSET,
        extended_transparency: str | Unset = UNSET,
        color: str | Unset = UNSET,
        event_private: bool | Unset = UNSET,
        attachments: Sequence[AttachmentRef | Json] | Unset = UNSET,
        subscriptions: Sequence[Subscription | Json] | Unset = UNSET,
        recurrence: Recurrence | Json | Unset = UNSET,
        locale: str | Unset = UNSET,
    ) -> Call[None]:
        """Change an event that your application does not manage. ``upsert`` describes the members.

        This needs elevated permissions for the calendar (``permission_level`` is ``unrestricted``). Recurring events
        cannot be changed. Cronofy also accepts requests that have no effect: read the event to see whether it changed.

        Args:
            calendar_id: The calendar that it is in.
            event_uid: Cronofy's ID of an event whose ``options.update`` is true.

        Raises:
            ValueError: A documented rule is broken, or a datetime is naive. The message names the member.
            Forbidden: The calendar is read-only, or the application lacks the permission.
            NotFound: The account has no such calendar.

        Example::

            await account.events.edit_external("cal_…", event_uid=event.event_uid, summary="Moved", start=start, end=end)

        Docs: https://docs.cronofy.com/developers/api/events/edit-external-events/
        """
        return self._call(EDIT_EXTERNAL, locals())

    @returns_call
    def delete_external(self, calendar_id: str, *, event_uid: str) -> Call[None]:
        """Delete an event that your application does not manage.

        This needs elevated permissions (``permission_level`` is ``unrestricted``). Recurring events cannot be deleted.

        Args:
            calendar_id: The calendar that it is in.
            event_uid: Cronofy's ID of an event whose ``options.delete`` is true.

        Raises:
            Forbidden: The calendar is read-only, or the application lacks the permission.
            NotFound: The account has no such calendar.
            ValidationFailed: It is not the ID of an external event.

        Docs: https://docs.cronofy.com/developers/api/events/delete-external-event/
        """
        return self._call(DELETE_EXTERNAL, locals())

    @returns_call
    def change_participation_status(
        self, calendar_id: str, event_uid: str, *, status: Literal["accepted", "tentative", "declined"]
    ) -> Call[None]:
        """Answer an invitation for the account. Microsoft 365 and Exchange delete declined events.

        Args:
            calendar_id: The calendar that the event is in, which must not be read-only.
            event_uid: Cronofy's ID of an event whose ``options.change_participation_status`` is true.
            status: ``accepted``, ``tentative``, or ``declined``.

        Raises:
            ValueError: The status is none of these.
            Forbidden: The calendar is read-only, or the access token lacks the scope ``change_participation_status``.
            NotFound: The account has no such calendar or event.

        Example::

            await account.events.change_participation_status("cal_…", event.event_uid, status="accepted")

        Docs: https://docs.cronofy.com/developers/api/events/participation-status/
        """
        return self._call(CHANGE_PARTICIPATION_STATUS, locals())
