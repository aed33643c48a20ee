"""The pages where a person grants permissions or connects a conferencing service."""

from __future__ import annotations

from typing import Any, Final

from ..areas import conferencing_services, permissions
from ..areas.conferencing_services import ConferencingServices
from ..areas.permissions import Permissions
from ..kernel.actions import SandboxError
from ..kernel.messages import SandboxResponse
from ..kernel.shallow import KeptRecord
from ..web.rendering import html, redirect
from ..web.routes import Routes
from ..web.visit import Visit

__all__ = ["ROUTES"]

ROUTES: Final = Routes()

_PERMISSIONS: Final = f"{permissions.PAGE}{{request}}"
_CONFERENCING: Final = f"{conferencing_services.PAGE}{{request}}"

#: Descriptions of permission levels.
LEVELS: Final = {"unrestricted": "Change all events", "sandbox": "Change only the events that it created"}

#: The conferencing services, by ``provider_name``.
SERVICES: Final = {"zoom": "Zoom", "go_to": "GoTo", "ms_teams": "Microsoft Teams"}


@ROUTES.get(_PERMISSIONS)
def ask_for_permissions(visit: Visit) -> SandboxResponse:
    """Show the calendars, and the permissions that the application requests for them."""
    try:
        request = Permissions(visit.kernel.runtime).find(visit.request.path)
    except SandboxError:
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
    request = _conferencing(visit)
    values: dict[str, Any] = {"status": 404}
    if request is not None:
        provider = request.members.get("provider_name") or "zoom"
        account = visit.kernel.runtime.state.accounts[request.sub or ""]
        values = {"account": account, "services": {provider: provider, **SERVICES}, "provider": provider}
    return html("conferencing.html", request=request, **values)


@ROUTES.post(_CONFERENCING)
def connect_conferencing(visit: Visit) -> SandboxResponse:
    """Connect the chosen service, if any, and redirect to the application."""
    if _conferencing(visit) is None:
        return redirect(visit.request.path)
    services, url = ConferencingServices(visit.kernel.runtime), visit.request.path
    if visit.form.get("answer") != "allow":
        return redirect(services.deny(url))
    return redirect(services.connect(url, provider_name=visit.form.get("provider_name")))


def _conferencing(visit: Visit) -> KeptRecord | None:
    try:
        return ConferencingServices(visit.kernel.runtime).find(visit.request.path)
    except SandboxError:
        return None
