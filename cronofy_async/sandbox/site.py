"""The pages and the control API of a sandbox: everything that a browser or another program can reach besides the API."""

from __future__ import annotations

import inspect
import logging
import re
import time
from collections.abc import Collection, Mapping
from typing import Final

from .._redaction import HIDDEN
from .control.api import ROUTES as CONTROL
from .kernel.contract.contract import openapi
from .kernel.kernel import Kernel
from .kernel.messages import SandboxRequest, SandboxResponse, ok
from .pages import authorization, booking, dashboard, decisions, not_emulated
from .web.errors import API, error_response
from .web.guards import foreign_host, foreign_origin
from .web.rendering import redirect, static
from .web.routes import Route, Routes
from .web.visit import Visit

__all__ = ["Site"]

_log: Final = logging.getLogger("cronofy_async.sandbox")

_OWN: Final = Routes()
_OWN.get("/__sandbox__/static/{name}")(static)


@_OWN.get("/")
def _home(visit: Visit) -> SandboxResponse:
    return redirect("/__sandbox__/")


@_OWN.get("/favicon.ico")
def _icon(visit: Visit) -> SandboxResponse:
    return redirect("/__sandbox__/static/icon.svg")


@_OWN.get("/openapi.json", public=True)
def _openapi(visit: Visit) -> SandboxResponse:
    """Return the contract, with the URL of this sandbox as the first server. Viewers on any site may load it."""
    document = openapi()
    servers = [{"url": visit.request.base_url, "description": "This sandbox"}, *document["servers"]]
    return ok({**document, "servers": servers}, {"Access-Control-Allow-Origin": "*"})


#: The maximum number of bytes of a form; the control API has its own limit. The forms of pages have less than a hundredth of it.
MAX_BYTES: Final = 64 * 1024

#: Requests that browsers and containers send automatically, which are not logged.
_QUIET: Final = frozenset({*(route.template for route in _OWN.routes), "/__sandbox__/health"})

#: Long parts of paths that are logged: names and IDs. All others could be tokens.
_SHOWN: Final = re.compile(r".{,15}|[a-z]{3}_[0-9a-f]{24}|[a-z_.]+")

#: The routes of all parts.
ROUTES: Final = Routes(
    _OWN, CONTROL, authorization.ROUTES, booking.ROUTES, dashboard.ROUTES, decisions.ROUTES, not_emulated.ROUTES
)


class Site:
    """Handles requests for pages and the control API.

    Args:
        kernel: The kernel of the sandbox.
        sandbox: The sandbox.
        hosts: Host names of the sandbox that public DNS resolves. Requests for other names get a 403.
    """

    def __init__(self, kernel: Kernel, sandbox: object, hosts: Collection[str] = ()) -> None:
        self._kernel = kernel
        self._sandbox = sandbox
        self._hosts = frozenset(hosts)

    async def handle(self, request: SandboxRequest) -> SandboxResponse:
        """Process a request and return the response."""
        started = time.perf_counter()
        route, path = ROUTES.find(request.method, request.path)
        response = await self._respond(request, route, path)
        if request.method not in {"GET", "HEAD"}:
            self._kernel.journal.touch()
        if request.served and route.template not in _QUIET:
            _log_visit(request, response.status, time.perf_counter() - started)
        return response

    async def _respond(self, request: SandboxRequest, route: Route, path: Mapping[str, str]) -> SandboxResponse:
        if not route.public:
            if (host := foreign_host(request, self._hosts)) is not None:
                text = (
                    f"Host {host!a} could be that of another site. Use localhost or an IP address, or serve the sandbox "
                    f"with --allow-host {host!a}."
                )
                return error_response(request, 403, "forbidden", text)
            if (origin := foreign_origin(request)) is not None:
                text = f"Pages of another site ({origin!a}) may not use the sandbox."
                return error_response(request, 403, "forbidden", text)
        if len(request.body) > MAX_BYTES and not request.path.startswith(API):
            return error_response(request, 413, "too_large", f"A form must have at most {MAX_BYTES:,} bytes.")
        self._kernel.runtime.effects.run_due()
        self._kernel.runtime.callbacks.start()
        visit = Visit(request=request, path=path, kernel=self._kernel, sandbox=self._sandbox)
        response = route.handler(visit)
        return await response if inspect.isawaitable(response) else response


def _log_visit(request: SandboxRequest, status: int, seconds: float) -> None:
    """Log a request without its secrets: the query, and tokens in the path."""
    path = "/".join(part if _SHOWN.fullmatch(part) else HIDDEN for part in request.path.split("/"))
    _log.info("%s %s  %s  %.1f ms", request.method, path, status, seconds * 1000)
