"""Actions of users on the events in their calendars.

Docs: https://docs.cronofy.com/developers/api/events/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ...kernel.area import Account, AreaActions, Calendar, Event, SandboxError, UnknownRecord, action
from ...kernel.times import EventSpan, midnight, span
from .webhooks import FailingProfile
from .writing import answer_invitation

__all__ = ["Events"]


class Events(AreaActions):
    """Actions for tests: ``sandbox.events``. They are changes by the users of calendars, not by the application."""

    @action
    def add(
        self,
        account: Account | str,
        start: datetime | date | str | None = None,
        end: datetime | date | str | None = None,
        summary: str = "Busy",
        *,
        calendar_id: str | None = None,
        external: bool = True,
        event_id: str | None = None,
        tzid: str | None = None,
        participation_status: str | None = None,
        **details: Any,
    ) -> Event:
        """Add an event to a calendar.

        Args:
            account: The account, or its ``sub``.
            start: The start: a time with a time zone, or a date for an all-day event; also as text, in ISO 8601. Defaults
                to one day from now.
            end: The end, in the same form; that of an all-day event is exclusive. Defaults to an hour, or a day, later.
            summary: The summary.
            calendar_id: The calendar. Defaults to the account's first one.
            external: Whether the application does not manage it.
            event_id: The application's ID of an event that it manages.
            tzid: The time zone that it is shown in, and repeats in.
            participation_status: Set it, for example to ``needs_action``, if the account is invited.
            details: Other members, as in a request that writes an event (``location``, ``attendees``, ``recurrence`` …) or
                a response (``organizer``, ``status``, ``categories``).

        Raises:
            ValueError: A time is naive, the event ends before it starts, or an external event has an ``event_id``.
            SandboxError: There is no such account or calendar.
        """
        if external == (event_id is not None):
            raise ValueError("event_id: required with external=False, and not allowed otherwise")
        owner, calendar = self._calendar(account, calendar_id)
        when = _span(start or self.runtime.now.replace(microsecond=0) + timedelta(days=1), end, tzid or "Etc/UTC")
        if participation_status is not None:
            details["participation_status"] = participation_status
        if event_id is not None:
            details["event_id"] = event_id
        return self.state.write_event(
            owner.sub,
            calendar.calendar_id,
            {"summary": summary, **details},
            when.start,
            when.end,
            all_day=when.all_day,
            tzid=when.tzid,
            by_application=False,
        )

    @action
    def change(
        self,
        event: Event | str,
        *,
        start: datetime | date | str | None = None,
        end: datetime | date | str | None = None,
        tzid: str | None = None,
        **details: Any,
    ) -> Event:
        """Change or move an event, whether or not the application manages it.

        Args:
            event: The event, or its ``event_uid``.
            start: Another start; ``None`` keeps it. An event that is moved keeps its length.
            end: Another end.
            tzid: Another time zone.
            details: Other members, as for ``add``.

        Raises:
            ValueError: A time is naive, or the event ends before it starts.
            SandboxError: There is no such event.
        """
        owner, calendar, old = self._find(event)
        when = EventSpan(old.start, old.end, old.all_day, tzid or old.tzid)
        if start is not None or end is not None:
            begin = old.start.astimezone(ZoneInfo(old.tzid)).date() if old.all_day else old.start
            when = _span(start or begin, end, when.tzid, old.end - old.start)
        return self.state.write_event(
            owner.sub,
            calendar.calendar_id,
            details,
            when.start,
            when.end,
            all_day=when.all_day,
            tzid=when.tzid,
            event_uid=old.event_uid,
            by_application=False,
        )

    @action
    def delete(self, event: Event | str) -> Event:
        """Delete an event, whether or not the application manages it.

        Raises:
            SandboxError: There is no such event.
        """
        owner, calendar, record = self._find(event)
        return self.state.delete_event(owner.sub, calendar.calendar_id, record, by_application=False)

    @action
    def answer(self, event: Event | str, status: str) -> None:
        """Answer the invitation to an event, as its user would.

        Args:
            event: The event, or its ``event_uid``.
            status: ``accepted``, ``tentative``, or ``declined``.

        Raises:
            SandboxError: There is no such event.
        """
        owner, calendar, record = self._find(event)
        answer_invitation(self.runtime, owner.sub, calendar.calendar_id, record.event_uid, status, by_application=False)

    @action
    def answer_as_attendee(self, event: Event | str, email: str, status: str) -> Event:
        """Answer the invitation to an event, as one of its attendees.

        Raises:
            SandboxError: There is no such event, or no one with that address is invited to it.
        """
        _, _, record = self._find(event)
        invited: Sequence[Mapping[str, Any]] = record.details.get("attendees", {}).get("invite", ())
        if email.casefold() not in {person["email"].casefold() for person in invited}:
            raise SandboxError(f"{email} is not invited to {record.event_uid}")
        return self.change(record, attendees={"invite": [{"email": email, "status": status}]})

    @action
    def fail_conferencing(self, profile_id: str = "default", *, times: int = 1) -> None:
        """Make a conferencing profile fail to assign conferences. Cronofy then tries again every minute.

        Args:
            profile_id: The ``profile_id`` of the conferencing of events.
            times: The number of attempts that fail.
        """
        self.state.table(FailingProfile)[profile_id] = FailingProfile(times=times)

    @action
    def all(self, account: Account | str) -> list[Event]:
        """Return the events of an account that are not deleted, by start.

        Raises:
            SandboxError: There is no such account.
        """
        return self._account(account).events

    def _find(self, event: Event | str) -> tuple[Account, Calendar, Event]:
        event_uid = event if isinstance(event, str) else event.event_uid
        for account in self.state.accounts.values():
            match = account.find_event(event_uid)
            if match is not None:
                return account, *match
        raise UnknownRecord(f"the sandbox has no event {event_uid}")

    def _calendar(self, account: Account | str, calendar_id: str | None) -> tuple[Account, Calendar]:
        owner = self._account(account)
        calendar = owner.calendar(calendar_id or owner.calendar_id)
        if calendar is None:
            raise UnknownRecord(f"{owner.email} has no calendar {calendar_id}")
        return owner, calendar


def _span(
    start: datetime | date | str, end: datetime | date | str | None, tzid: str, size: timedelta | None = None
) -> EventSpan:
    begin, until = _moment(start), None if end is None else _moment(end)
    if until is not None and isinstance(begin, datetime) != isinstance(until, datetime):
        raise ValueError("end: must be a date if start is one, otherwise a time")
    if isinstance(begin, datetime):
        last = until if isinstance(until, datetime) else begin + (size or timedelta(hours=1))
        return EventSpan(*span(begin, last), all_day=False, tzid=tzid)
    day = timedelta(days=1)
    after = until or begin + max(size or day, day)
    return EventSpan(*span(midnight(begin, tzid), midnight(after, tzid)), all_day=True, tzid=tzid)


def _moment(value: datetime | date | str) -> datetime | date:
    if not isinstance(value, str):
        return value
    return date.fromisoformat(value) if len(value) == len("2030-02-01") else datetime.fromisoformat(value)
