"""Routes: which function handles a method and a path."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar
from urllib.parse import unquote

import attrs

from ..kernel.messages import SandboxResponse
from .errors import API, error_response
from .visit import Visit

__all__ = ["Handler", "Route", "Routes"]

Handler: TypeAlias = Callable[[Visit], SandboxResponse | Awaitable[SandboxResponse]]
H = TypeVar("H", bound=Handler)

_PARAMETER = re.compile(r"\{(\w+)\}")


@attrs.frozen(kw_only=True)
class Route:
    """A method and a path template, and the function that handles their requests.

    Attributes:
        public: Whether pages of other sites may send such requests, and read the responses.
    """

    method: str
    template: str
    handler: Handler
    public: bool = False
    pattern: re.Pattern[str] = attrs.field(repr=False, eq=False)


class Routes:
    """A list of routes, which a module declares with its ``get`` and ``post`` decorators.

    Example::

        ROUTES = Routes()


        @ROUTES.get("/__sandbox__/links/{link}")
        def link(visit: Visit) -> SandboxResponse: ...
    """

    def __init__(self, *parts: Routes) -> None:
        self.routes: list[Route] = [route for part in parts for route in part.routes]

    def get(self, template: str, *, public: bool = False) -> Callable[[H], H]:
        """Handle GET requests for a path template."""
        return self.add("GET", template, public=public)

    def post(self, template: str) -> Callable[[H], H]:
        """Handle POST requests for a path template."""
        return self.add("POST", template)

    def add(self, method: str, template: str, *, public: bool = False) -> Callable[[H], H]:
        """Handle requests of a method for a path template such as ``/links/{link}``."""
        pattern = re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", template))

        def decorate(handler: H) -> H:
            route = Route(method=method, template=template, handler=handler, public=public, pattern=pattern)
            self.routes.append(route)
            return handler

        return decorate

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route of a request, and the parameters of its path.

        If none has the path or the method, the handler of the returned route responds with 404 or 405.
        """
        allowed: list[str] = []
        for route in self.routes:
            if (match := route.pattern.fullmatch(path)) is not None:
                if route.method == ("GET" if method == "HEAD" else method):
                    return route, {name: unquote(value) for name, value in match.groupdict().items()}
                allowed.append(route.method)
        handler = _not_allowed(allowed) if allowed else _missing
        return Route(method=method, template=path, handler=handler, pattern=re.compile("")), {}


def _missing(visit: Visit) -> SandboxResponse:
    is_api = visit.request.path.startswith(API)
    text = f"No such path. {API}/openapi.json lists all paths." if is_api else "The sandbox has no such page."
    return error_response(visit.request, 404, "not_found", text)


def _not_allowed(methods: list[str]) -> Handler:
    allow = ", ".join(dict.fromkeys(methods))

    def handler(visit: Visit) -> SandboxResponse:
        text = f"{visit.request.method} is not allowed here. Allowed: {allow}."
        response = error_response(visit.request, 405, "method_not_allowed", text)
        return attrs.evolve(response, headers={**response.headers, "Allow": allow})

    return handler
