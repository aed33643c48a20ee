"""Requests to the control API of a sandbox that is served."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

import aiohttp
import attrs

from cronofy_async.sandbox import Sandbox

from ..support import NOW

API = "/__sandbox__/api/"


@attrs.frozen
class Reply:
    """A response of the control API, which is always JSON."""

    status: int
    json: Any

    @property
    def errors(self) -> dict[str, str]:
        """The errors of a 422, by argument."""
        assert self.status == 422, self
        assert self.json["error"] == "invalid"
        for name, text in self.json["errors"].items():
            assert f"{name}: {text}".rstrip(".") in self.json["error_description"]
        errors: dict[str, str] = self.json["errors"]
        return errors

    @property
    def error(self) -> tuple[int, str]:
        assert self.json["error_description"]
        return self.status, self.json["error"]


@attrs.frozen
class Control:
    """A client of the control API."""

    sandbox: Sandbox
    url: str
    http: aiohttp.ClientSession

    async def get(self, path: str, **headers: str) -> Reply:
        return await self.send("GET", path, headers=headers)

    async def post(self, path: str, **arguments: Any) -> Reply:
        return await self.send("POST", path, json.dumps(arguments).encode())

    async def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        kind = {"Content-Type": "application/json"} if body is not None else {}
        path = path if path.startswith("/") else API + path
        data = None if body is None else BytesIO(body)
        async with self.http.request(method, path, data=data, headers={**kind, **(headers or {})}) as response:
            assert response.content_type == "application/json"
            return Reply(response.status, json.loads(await response.read()))


@asynccontextmanager
async def serve_control(**options: Any) -> AsyncGenerator[Control]:
    """Serve a sandbox with a frozen clock, and yield a client of its control API."""
    options.setdefault("now", NOW)
    skipped = {"Content-Type"}  # which aiohttp sets even without a body
    async with (
        Sandbox(**options) as sandbox,
        sandbox.serve() as url,
        aiohttp.ClientSession(url, skip_auto_headers=skipped) as http,
    ):
        yield Control(sandbox, url, http)
