"""The pages and the control API of a sandbox: all that a browser or another program can reach besides the API."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from typing import Final

from .kernel.kernel import Kernel
from .kernel.messages import SandboxRequest, SandboxResponse, ok, plain
from .pages import authorization, booking, dashboard, decisions
from .web.guards import foreign_host, foreign_origin
from .web.rendering import redirect, static
from .web.routes import Routes
from .web.visit import Visit

__all__ = ["Site"]

_OWN: Final = Routes()
_OWN.get("/__sandbox__/static/{name}")(static)


@_OWN.get("/favicon.ico")
def _icon(visit: Visit) -> SandboxResponse:
    return redirect("/__sandbox__/static/icon.svg")


@_OWN.get("/openapi.json", public=True)
def _openapi(visit: Visit) -> SandboxResponse:
    """Return the contract, with the URL of this sandbox as the first server. Viewers on any site may load it."""
    document = visit.kernel.contract.document
    servers = [{"url": visit.request.base_url, "description": "This sandbox"}, *document["servers"]]
    return ok({**document, "servers": servers}, {"Access-Control-Allow-Origin": "*"})


#: The routes of all parts.
ROUTES: Final = Routes(_OWN, authorization.ROUTES, booking.ROUTES, dashboard.ROUTES, decisions.ROUTES)


class Site:
    """Handles requests for pages and the control API.

    Args:
        kernel: The kernel of the sandbox.
        sandbox: The sandbox.
        hosts: Host names of the sandbox that public DNS resolves. Requests for other ones get a 403.
    """

    def __init__(self, kernel: Kernel, sandbox: object, hosts: Collection[str] = ()) -> None:
        self._kernel = kernel
        self._sandbox = sandbox
        self._hosts = frozenset(hosts)

    async def handle(self, request: SandboxRequest) -> SandboxResponse:
        """Process a request and return the response."""
        route, path = ROUTES.find(request.method, request.path)
        if not route.public:
            if (host := foreign_host(request, self._hosts)) is not None:
                return plain(
                    403,
                    f"Host {host!a} could be that of another site. Use localhost or an IP address, or serve the sandbox "
                    f"with --allow-host {host!a}.\n",
                )
            if (origin := foreign_origin(request)) is not None:
                return plain(403, f"Pages of another site ({origin!a}) may not use the sandbox.\n")
        self._kernel.runtime.effects.run_due()
        self._kernel.runtime.callbacks.start()
        visit = Visit(request=request, path=path, kernel=self._kernel, sandbox=self._sandbox)
        response = route.handler(visit)
        return await response if inspect.isawaitable(response) else response
