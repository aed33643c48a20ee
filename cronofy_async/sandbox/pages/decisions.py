"""The pages on which a person grants permissions, connects a conferencing service, or adds an event to a calendar."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

from ..areas import add_to_calendar as adding
from ..areas import conferencing_services, permissions
from ..areas.add_to_calendar import AddToCalendar
from ..areas.conferencing_services import ConferencingServices
from ..areas.permissions import Permissions
from ..kernel.actions import SandboxError
from ..kernel.messages import SandboxResponse
from ..kernel.shallow import Kept, KeptPages
from ..kernel.times import event_span
from ..web.rendering import html, redirect
from ..web.routes import Routes
from ..web.visit import Visit
from .times_text import day_and_hours

__all__ = ["ROUTES"]

ROUTES: Final = Routes()

_PERMISSIONS: Final = f"{permissions.PAGE}{{request}}"
_CONFERENCING: Final = f"{conferencing_services.PAGE}{{request}}"
_ADD: Final = f"{adding.PAGE}{{request}}"

#: The maximum number of accounts whose calendars are listed.
LISTED: Final = 50

#: Descriptions of permission levels.
LEVELS: Final = {"unrestricted": "Change all events", "sandbox": "Change only the events that it created"}

#: The conferencing services, by ``provider_name``.
SERVICES: Final = {"zoom": "Zoom", "go_to": "GoTo", "ms_teams": "Microsoft Teams"}


@ROUTES.get(_PERMISSIONS)
def ask_for_permissions(visit: Visit) -> SandboxResponse:
    """Show the calendars, and the permissions that the application requests for them."""
    asked = _asked(visit, Permissions)
    if asked is None:
        return html("permissions.html", status=404, asked=None)
    account = visit.kernel.runtime.state.accounts[asked.sub or ""]
    names = {one.calendar_id: one.name for one in account.calendars}
    wanted = [
        (names.get(one["calendar_id"], one["calendar_id"]), LEVELS[one["permission_level"]])
        for one in asked.members["permissions"]
    ]
    return html("permissions.html", asked=asked, account=account, wanted=wanted)


@ROUTES.post(_PERMISSIONS)
def decide_about_permissions(visit: Visit) -> SandboxResponse:
    """Grant or deny the permissions, and redirect to the application."""
    area = Permissions(visit.kernel.runtime)
    decide = area.accept if visit.form.get("answer") == "allow" else area.deny
    try:
        back = decide(visit.request.path)
    except SandboxError:  # there is no such request, or it is decided: the page says so
        back = None
    return redirect(back or visit.request.path)


@ROUTES.get(_CONFERENCING)
def ask_for_conferencing(visit: Visit) -> SandboxResponse:
    """Show the page where a person chooses a conferencing service."""
    asked = _asked(visit, ConferencingServices)
    values: dict[str, Any] = {"status": 404}
    if asked is not None:
        wanted = asked.members.get("provider_name") or "zoom"
        account = visit.kernel.runtime.state.accounts[asked.sub or ""]
        values = {"account": account, "services": {wanted: wanted, **SERVICES}, "wanted": wanted}
    return html("conferencing.html", asked=asked, **values)


@ROUTES.post(_CONFERENCING)
def connect_conferencing(visit: Visit) -> SandboxResponse:
    """Connect the chosen service, if any, and redirect to the application."""
    if _asked(visit, ConferencingServices) is None:
        return redirect(visit.request.path)
    services, url = ConferencingServices(visit.kernel.runtime), visit.request.path
    if visit.form.get("answer") != "allow":
        return redirect(services.deny(url))
    return redirect(services.connect(url, provider_name=visit.form.get("provider_name")))


@ROUTES.get(_ADD)
def ask_for_calendar(visit: Visit) -> SandboxResponse:
    """Show the page where a person chooses the calendar for an event."""
    return _calendars(visit)


@ROUTES.post(_ADD)
def add_to_calendar(visit: Visit) -> SandboxResponse:
    """Add the event to the chosen calendar, and redirect to the application."""
    if _asked(visit, AddToCalendar) is None:
        return redirect(visit.request.path)
    try:
        url = AddToCalendar(visit.kernel.runtime).add(visit.request.path, visit.form.get("calendar_id", ""))
    except SandboxError:  # it may have been deleted since
        return _calendars(visit, problem="Choose one of these calendars.")
    return redirect(url)


def _calendars(visit: Visit, problem: str | None = None) -> SandboxResponse:
    asked = _asked(visit, AddToCalendar)
    if asked is None:
        return html("add_to_calendar.html", status=404, asked=None)
    event = asked.members["event"]
    span = event_span(event["start"], event["end"], event.get("tzid"))
    times = f"{', '.join(day_and_hours(span))} ({span.tzid})"
    accounts = (one for one in visit.kernel.state.accounts.values() if any(each.is_writable for each in one.calendars))
    return html(
        "add_to_calendar.html",
        status=422 if problem else 200,
        asked=asked,
        event=event,
        times=times,
        accounts=list(islice(accounts, LISTED)),
        problem=problem,
    )


def _asked(visit: Visit, area: type[KeptPages]) -> Kept | None:
    """Return the request that the page is for."""
    try:
        return area(visit.kernel.runtime).find(visit.request.path)
    except SandboxError:
        return None
