"""Read events.

Docs: https://docs.cronofy.com/developers/api/events/read-events/
"""

from __future__ import annotations

from typing import Any, Final

from ...kernel.area import Account, Calendar, Context, Event, Json, SandboxResponse, not_found, ok, operation
from ...kernel.events.details import people, transparency
from ...kernel.events.occurrences import Occurrence, derive_id, is_recurring
from ...kernel.events.reading import find_events, render_times
from ...kernel.times import format_time
from .webhooks import conferencing

__all__ = ["may_be_changed"]

PAGES: Final = "/v1/events/pages/{page_token}"


@operation("events.read")
def read(context: Context) -> SandboxResponse:
    """Return the first page of the events of the account."""
    page = context.snapshot_page(
        lambda: [
            _render(calendar, occurrence, context)
            for calendar, occurrence in find_events(context.account, context.query, context.now)
        ],
        PAGES,
    )
    return ok({"pages": page.pages, "events": page.items})


@operation("events.read_page")
def read_page(context: Context) -> SandboxResponse:
    """Return another page."""
    first = context.resume_listing()
    return not_found() if first is None else read(first)


def _render(calendar: Calendar, occurrence: Occurrence, context: Context) -> Json:
    event, details, query = occurrence.event, occurrence.event.details, context.query
    rendered: dict[str, Any] = {
        "calendar_id": calendar.calendar_id,
        "event_uid": occurrence.event_uid,
        "summary": details.get("summary"),
        "description": details.get("description", ""),
        **render_times(occurrence, localized=query.get("localized_times", False)),
        "deleted": event.deleted,
        "created": format_time(event.created),
        "updated": format_time(event.updated),
        "participation_status": details.get("participation_status", "accepted"),
        "attendees": [
            {
                "email": person["email"],
                "display_name": person.get("display_name"),
                "status": person.get("status", "needs_action"),
            }
            for person in people(details)
        ],
        "organizer": details.get("organizer") or _organizer(context.account),
        "transparency": transparency(event),
        "status": details.get("status", "confirmed"),
        "categories": details.get("categories", []),
        "recurring": is_recurring(event),
        "event_private": details.get("event_private", False),
        "options": _options(calendar, occurrence),
        **_series(occurrence),
    }
    if event.event_id is not None and occurrence.is_first:
        rendered["event_id"] = event.event_id
    if query.get("google_event_ids") and _provider(calendar, context.account) == "google":
        rendered["google_event_id"] = derive_id("google", occurrence.event_uid).rpartition("_")[2]
    if "location" in details:
        names = ("description", "lat", "long") if query.get("include_geo") else ("description",)
        rendered["location"] = {name: details["location"][name] for name in names if name in details["location"]}
    if "extended_transparency" in details:
        rendered["extended_transparency"] = details["extended_transparency"]
    conference = conferencing(context.runtime, event)
    if conference is not None:
        rendered["conferencing"] = conference
        _fill_in(rendered, conference.get("join_url", ""))
    return rendered


def _fill_in(rendered: dict[str, Any], join_url: str) -> None:
    """Replace the template variables of the description and the location."""
    for holder in (rendered, rendered.get("location", {})):
        if holder.get("description"):
            for name in ("join_url", "invite_block"):
                variable = f"{{{{ cronofy.conferencing.{name} }}}}"
                holder["description"] = holder["description"].replace(variable, join_url)


def _series(occurrence: Occurrence) -> Json:
    """Return the members that occurrences of a series have. The first one is the event itself."""
    event = occurrence.event
    if not is_recurring(event):
        return {}
    members: dict[str, Any] = {"series_identifier": derive_id("series", event.event_uid).rpartition("_")[2]}
    if not event.is_managed:
        return members
    if occurrence.is_first:
        return {**members, "recurrence": event.details["recurrence"]}
    return {**members, "series_master": {"event_id": event.event_id, "event_uid": event.event_uid}}


def _options(calendar: Calendar, occurrence: Occurrence) -> Json:
    event = occurrence.event
    changeable = not event.deleted and may_be_changed(calendar, event)
    return {
        "delete": changeable and occurrence.is_first,
        "update": changeable and occurrence.is_first,
        "change_participation_status": "participation_status" in event.details and calendar.is_writable,
    }


def may_be_changed(calendar: Calendar, event: Event) -> bool:
    """Return whether the application may change or delete an event.

    An external event needs elevated permissions, and must not be recurring.
    """
    return calendar.is_writable and (
        event.is_managed or (calendar.permission_level == "unrestricted" and not is_recurring(event))
    )


def _organizer(account: Account) -> Json:
    return {"email": account.email, "display_name": account.name}


def _provider(calendar: Calendar, account: Account) -> str | None:
    profile = account.profile(calendar.profile_id)
    return profile.provider_name if profile else None
