"""Add to Calendar, a retired endpoint that official SDKs still have: a page where a person adds an event to a calendar."""

from __future__ import annotations

from typing import Final

from ..kernel.area import (
    Context,
    KeptRecordPages,
    SandboxError,
    SandboxResponse,
    UnknownRecord,
    action,
    keep,
    ok,
    operation,
)
from ..kernel.times import event_span

__all__ = ["PAGE", "AddToCalendar"]

#: The path of pages, which the ID of the request follows.
PAGE: Final = "/add_to_calendar/"
_CREATE: Final = "add_to_calendar.create"
#: The members of an event that are not details.
_TIMES: Final = frozenset({"start", "end", "tzid", "include_userinfo"})


@operation(_CREATE)
def create(context: Context) -> SandboxResponse:
    """Keep an event to add to a calendar, and return the URL of its page."""
    request = keep(context, "atc")
    return ok({"url": context.url(f"{PAGE}{request.id}")})


class AddToCalendar(KeptRecordPages):
    """Actions for tests: ``sandbox.add_to_calendar``."""

    operation_name = _CREATE

    @action
    def add(self, url: str, calendar_id: str) -> str:
        """Add the event to a calendar, or update it, as a person would on the page of the URL.

        Args:
            url: The URL of the page.
            calendar_id: The calendar.

        Returns:
            The URL that the browser is redirected to: ``oauth.redirect_uri``, unchanged.

        Raises:
            SandboxError: There is no such page or calendar, or the calendar is read-only.
        """
        members = self.find(url).members
        event = members["event"]
        accounts = self.state.accounts.values()
        account = next((account for account in accounts if account.calendar(calendar_id) is not None), None)
        calendar = None if account is None else account.calendar(calendar_id)
        if account is None or calendar is None:
            raise UnknownRecord(f"calendar_id: the sandbox has no calendar {calendar_id}")
        if not calendar.is_writable:
            raise SandboxError(f"calendar_id: {calendar_id} is read-only or deleted")
        span = event_span(event["start"], event["end"], event.get("tzid"))
        details = {name: value for name, value in event.items() if name not in _TIMES}
        self.state.write_event(
            account.sub, calendar_id, details, span.start, span.end, all_day=span.all_day, tzid=span.tzid
        )
        redirect_uri: str = members["oauth"]["redirect_uri"]
        return redirect_uri
