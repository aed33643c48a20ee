"""Pages of Cronofy that the sandbox does not emulate, because no source describes them. They return a 501."""

from __future__ import annotations

from typing import Final

from ..areas import meeting_agents, scheduling_requests
from ..kernel.messages import SandboxResponse
from ..web.rendering import html
from ..web.routes import Routes
from ..web.visit import Visit

__all__ = ["ROUTES", "not_emulated"]

ROUTES: Final = Routes()


@ROUTES.get(f"{scheduling_requests.DASHBOARD}{{token}}")
@ROUTES.get(f"{meeting_agents.DASHBOARD}{{agent}}")
def not_emulated(visit: Visit) -> SandboxResponse:
    """Say that the sandbox does not emulate the page."""
    return html("not_emulated.html", status=501)
