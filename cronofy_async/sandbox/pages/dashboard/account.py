"""The page of an account: its calendars, and its events with the requests that name them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from operator import itemgetter
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

import attrs

from ...._json import is_array, is_object
from ...kernel.body import read_body
from ...kernel.events.details import free_busy_status
from ...kernel.events.occurrences import is_recurring
from ...kernel.journal import Exchange
from ...kernel.kernel import Kernel
from ...kernel.messages import SandboxResponse
from ...kernel.records import Account, Calendar, Event
from ...kernel.times import EventSpan
from ...web.rendering import html
from ...web.routes import Routes
from ...web.visit import Visit
from ..times_text import format_day, format_day_and_hours
from .json_text import MAX_CHARACTERS
from .lists import Lists
from .redactor import Redactor
from .view import OTHERS, PATH, EventsView, paginate

__all__ = ["ROUTES"]

ROUTES: Final = Routes()

#: The maximum number of requests that a row links to.
_MAX_REQUESTS: Final = 5


@ROUTES.get(f"{PATH}accounts/{{account}}")
def show_account(visit: Visit) -> SandboxResponse:
    """Show the calendars and the events of an account."""
    kernel = visit.kernel
    account = kernel.state.accounts.get(visit.path["account"])
    if account is None:
        return html("dashboard/gone.html", status=404, missing="account")
    view, redactor = EventsView.of(visit.query), Redactor(kernel)
    rows = EventRows(kernel, redactor)
    events = paginate(rows.matching(account, view), view.e, OTHERS)
    return html(
        "dashboard/account.html",
        account=Lists(kernel, redactor).account(account),
        view=view,
        calendars=[_calendar(account, calendar, redactor) for calendar in account.calendars],
        events=events.map(lambda item: rows.of(*item)),
    )


@attrs.frozen(kw_only=True)
class CalendarRow:
    """A calendar.

    Attributes:
        profile: The provider and the name of its profile.
        remarks: What distinguishes it, such as ``primary``.
        events: The number of its events, without deleted ones.
    """

    id: str
    name: str
    profile: str
    remarks: str
    events: int


@attrs.frozen(kw_only=True)
class EventRow:
    """An event.

    Attributes:
        times: Its day and its hours, in its time zone.
        status: Its status, and the color.
        remarks: What else affects availability, such as an unanswered invitation.
        requests: The number and the operation of the last requests that name it.
    """

    uid: str
    event_id: str | None
    summary: str
    times: tuple[str, str]
    tzid: str
    status: tuple[str, str]
    remarks: tuple[str, ...]
    calendar: str
    changed: str
    requests: tuple[tuple[int, str], ...]


def _calendar(account: Account, calendar: Calendar, redactor: Redactor) -> CalendarRow:
    profile = account.profile(calendar.profile_id)
    remarks = {
        "primary": calendar.primary,
        "read-only": calendar.readonly,
        "deleted": calendar.deleted,
        "external events may be changed": calendar.permission_level == "unrestricted",
        "disconnected": profile is not None and not profile.connected,
    }
    return CalendarRow(
        id=calendar.calendar_id,
        name=redactor.text(calendar.name),
        profile=redactor.text(f"{profile.provider_name}, {profile.name or 'no name'}") if profile else "none",
        remarks=", ".join(remark for remark, applies in remarks.items() if applies),
        events=len(calendar.events),
    )


@attrs.frozen(slots=False)
class EventRows:
    """Makes the rows of events."""

    kernel: Kernel
    redactor: Redactor

    def matching(self, account: Account, view: EventsView) -> Iterator[tuple[Calendar, Event]]:
        """Yield the events that a view shows, the last changed first. Deleted ones are included."""
        text = view.q.lower()
        items = [
            (event.updated, calendar, event)
            for calendar in account.calendars
            if view.calendar in {"", calendar.calendar_id}
            for event in (*calendar.deleted_events, *calendar.events)
            if text in f"{event.details.get('summary', '')}\n{event.event_id or ''}\n{event.event_uid}".lower()
        ]
        items.reverse()  # of several that changed at the same time, the last added comes first
        return (item[1:] for item in sorted(items, key=itemgetter(0), reverse=True))

    def of(self, calendar: Calendar, event: Event) -> EventRow:
        """Return the row of an event."""
        details, text = event.details, self.redactor.text
        status = "deleted" if event.deleted else details.get("status", "confirmed")
        remarks = [
            details.get("participation_status", "").replace("_", " "),
            "free" if free_busy_status(event) == "free" else "",
            "repeats" if is_recurring(event) else "",
        ]
        return EventRow(
            uid=event.event_uid,
            event_id=event.event_id and text(event.event_id),
            summary=text(details.get("summary") or "") or "(no summary)",
            times=format_day_and_hours(EventSpan(event.start, event.end, event.all_day, event.tzid)),
            tzid=event.tzid,
            status=(status, {"deleted": "", "confirmed": "ok", "cancelled": "bad"}.get(status, "warn")),
            remarks=tuple(filter(None, remarks)),
            calendar=text(calendar.name),
            changed=f"{format_day(event.updated)}, {event.updated:%H:%M:%S} UTC",
            requests=tuple(self._requests(calendar, event))[:_MAX_REQUESTS],
        )

    def _requests(self, calendar: Calendar, event: Event) -> Iterator[tuple[int, str]]:
        """Yield the requests that name an event, newest first: by Cronofy's ID, or by the application's and the calendar."""
        for number, operation, texts in self._request_texts:
            if event.event_uid in texts or {event.event_id, calendar.calendar_id} <= texts:
                yield number, operation

    @cached_property
    def _request_texts(self) -> list[tuple[int, str, frozenset[str | None]]]:
        """The number and operation of each request that may have changed something, and the texts in it."""
        return [
            (entry.number, item.recorded.operation or item.recorded.path, frozenset(_texts(item)))
            for entry in self.kernel.journal.newest_first()
            if isinstance(item := entry.item, Exchange) and item.request.method != "GET" and item.status < 400
        ]


def _texts(item: Exchange) -> Iterator[str]:
    yield from item.parameters.values()
    yield from (value for _, value in parse_qsl(item.request.query))
    if len(item.request.body) <= MAX_CHARACTERS:
        with suppress(ValueError):
            yield from _leaves(read_body(item.request))


def _leaves(value: Any) -> Iterator[str]:
    """Yield the texts in a JSON value, and the parts of those that are paths, as in a batch."""
    if isinstance(value, str):
        yield value
        if value.startswith("/"):
            yield from map(unquote, value.partition("?")[0].split("/"))
    elif is_array(value):
        for item in value:
            yield from _leaves(item)
    elif is_object(value):
        for item in value.values():
            yield from _leaves(item)
