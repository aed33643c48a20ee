"""A server that records requests, as values by their places in a request."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias
from urllib.parse import parse_qs

from aiohttp import web

from cronofy_async._json import is_array, is_object
from cronofy_async.sandbox.kernel.contract.contract import contract

from ..areas.example import examples

__all__ = ["Places", "Recorder", "places_of", "recording"]

#: The values of a request, such as ``body.event.start``. An empty object or array is a value.
Places: TypeAlias = dict[str, Any]

API = "https://api.cronofy.com"
RESPONSES: dict[str, Any] = {
    example.endpoint: example.response for example in reversed(examples()) if example.in_contract
}
#: pycronofy raises an error for any other status.
RESPONSES["batch.execute"] = {"batch": [{"status": 202}] * 3}
LAST_PAGE: dict[str, Any] = {"pages": {"current": 2, "total": 2}, "events": [], "free_busy": []}


def places_of(method: str, target: str, credential: str | None = None, body: bytes = b"") -> Places:
    path, _, query = target.partition("?")
    values = parse_qs(query, keep_blank_values=True)
    request: dict[str, Any] = {"operation": _operation(method, path, query, body), "method": method, "path": path}
    request |= {f"query.{name}": items if name.endswith("[]") else items[0] for name, items in values.items()}
    request |= {"credential": credential} if credential else {}
    request |= {"body": json.loads(body)} if body else {}
    return dict(_flat(request))


def _operation(method: str, path: str, query: str, body: bytes) -> str | None:
    route = contract().find(method, path)
    return route.choose(query, json.loads(body or b"{}")).name if route else None


def _flat(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    if is_object(value) and value:
        for name, inner in value.items():
            yield from _flat(inner, f"{at}.{name}" if at else name)
    elif is_array(value) and value:
        for index, inner in enumerate(value):
            yield from _flat(inner, f"{at}[{index}]")
    else:
        yield at, value


class Recorder:
    """The server. It responds to each operation with the example response of the operation.

    Attributes:
        url: The URL of the server.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._requests: list[Places] = []

    def record(self, method: str, target: str, credential: str | None = None, body: bytes = b"") -> Any:
        """Record a request, and return the response."""
        request = places_of(method, target, credential, body)
        self._requests.append(request)
        return LAST_PAGE if "/pages/" in target else RESPONSES.get(request["operation"])

    def take(self) -> list[Places]:
        """Return the requests since the last call of this method."""
        taken_requests, self._requests = self._requests, []
        return taken_requests


@asynccontextmanager
async def recording() -> AsyncGenerator[Recorder]:
    """Serve a recorder on a free port."""

    async def respond(request: web.Request) -> web.Response:
        credential = request.headers.get("Authorization")
        content = recorder.record(request.method, request.raw_path, credential, await request.read())
        text = json.dumps(content).replace(API, recorder.url)
        return web.Response(text=text, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", respond)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        recorder = Recorder(f"http://127.0.0.1:{runner.addresses[0][1]}")
        yield recorder
    finally:
        await runner.cleanup()
