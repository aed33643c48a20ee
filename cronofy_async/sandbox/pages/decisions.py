"""The pages where a person grants permissions, connects a conferencing service, or adds an event to a calendar."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

from ..areas import add_to_calendar, conferencing_services, permissions
from ..areas.add_to_calendar import AddToCalendar
from ..areas.conferencing_services import ConferencingServices
from ..areas.permissions import Permissions
from ..kernel.actions import SandboxError
from ..kernel.messages import SandboxResponse
from ..kernel.shallow import KeptRecord, KeptRecordPages
from ..kernel.times import event_span
from ..web.rendering import html, redirect
from ..web.routes import Routes
from ..web.visit import Visit
from .times_text import format_day_and_hours

__all__ = ["ROUTES"]

ROUTES: Final = Routes()

_PERMISSIONS: Final = f"{permissions.PAGE}{{request}}"
_CONFERENCING: Final = f"{conferencing_services.PAGE}{{request}}"
_ADD_TO_CALENDAR: Final = f"{add_to_calendar.PAGE}{{request}}"

#: The maximum number of accounts whose calendars are listed.
MAX_ACCOUNTS: Final = 50

#: Descriptions of permission levels.
LEVELS: Final = {"unrestricted": "Change all events", "sandbox": "Change only the events that it created"}

#: The conferencing services, by ``provider_name``.
SERVICES: Final = {"zoom": "Zoom", "go_to": "GoTo", "ms_teams": "Microsoft Teams"}


@ROUTES.get(_PERMISSIONS)
def ask_for_permissions(visit: Visit) -> SandboxResponse:
    """Show the calendars, and the permissions that the application requests for them."""
    request = _find_request(visit, Permissions)
    if request is None:
        return html("permissions.html", status=404, request=None)
    account = visit.kernel.runtime.state.accounts[request.sub or ""]
    names = {calendar.calendar_id: calendar.name for calendar in account.calendars}
    levels = [
        (names.get(permission["calendar_id"], permission["calendar_id"]), LEVELS[permission["permission_level"]])
        for permission in request.members["permissions"]
    ]
    return html("permissions.html", request=request, account=account, levels=levels)


@ROUTES.post(_PERMISSIONS)
def decide_about_permissions(visit: Visit) -> SandboxResponse:
    """Grant or deny the permissions, and redirect to the application."""
    area = Permissions(visit.kernel.runtime)
    decide = area.accept if visit.form.get("answer") == "allow" else area.deny
    try:
        url = decide(visit.request.path)
    except SandboxError:  # there is no such request, or it is decided: the page says so
        url = None
    return redirect(url or visit.request.path)


@ROUTES.get(_CONFERENCING)
def ask_for_conferencing(visit: Visit) -> SandboxResponse:
    """Show the page where a person chooses a conferencing service."""
    request = _find_request(visit, ConferencingServices)
    values: dict[str, Any] = {"status": 404}
    if request is not None:
        provider = request.members.get("provider_name") or "zoom"
        account = visit.kernel.runtime.state.accounts[request.sub or ""]
        values = {"account": account, "services": {provider: provider, **SERVICES}, "provider": provider}
    return html("conferencing.html", request=request, **values)


@ROUTES.post(_CONFERENCING)
def connect_conferencing(visit: Visit) -> SandboxResponse:
    """Connect the chosen service, if any, and redirect to the application."""
    if _find_request(visit, ConferencingServices) is None:
        return redirect(visit.request.path)
    services, url = ConferencingServices(visit.kernel.runtime), visit.request.path
    if visit.form.get("answer") != "allow":
        return redirect(services.deny(url))
    return redirect(services.connect(url, provider_name=visit.form.get("provider_name")))


@ROUTES.get(_ADD_TO_CALENDAR)
def ask_for_calendar(visit: Visit) -> SandboxResponse:
    """Show the page where a person chooses the calendar for an event."""
    return _show_calendars(visit)


@ROUTES.post(_ADD_TO_CALENDAR)
def choose_calendar(visit: Visit) -> SandboxResponse:
    """Add the event to the chosen calendar, and redirect to the application."""
    if _find_request(visit, AddToCalendar) is None:
        return redirect(visit.request.path)
    try:
        url = AddToCalendar(visit.kernel.runtime).add(visit.request.path, visit.form.get("calendar_id", ""))
    except SandboxError:  # the calendar may have been deleted since
        return _show_calendars(visit, problem="Choose one of these calendars.")
    return redirect(url)


def _show_calendars(visit: Visit, problem: str | None = None) -> SandboxResponse:
    request = _find_request(visit, AddToCalendar)
    if request is None:
        return html("add_to_calendar.html", status=404, request=None)
    event = request.members["event"]
    span = event_span(event["start"], event["end"], event.get("tzid"))
    times = f"{', '.join(format_day_and_hours(span))} ({span.tzid})"
    accounts = (
        account
        for account in visit.kernel.state.accounts.values()
        if any(calendar.is_writable for calendar in account.calendars)
    )
    return html(
        "add_to_calendar.html",
        status=422 if problem else 200,
        request=request,
        event=event,
        times=times,
        accounts=list(islice(accounts, MAX_ACCOUNTS)),
        problem=problem,
    )


def _find_request(visit: Visit, area: type[KeptRecordPages]) -> KeptRecord | None:
    """Return the request that the page is for."""
    try:
        return area(visit.kernel.runtime).find(visit.request.path)
    except SandboxError:
        return None
