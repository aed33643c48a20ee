"""Read the dashboard's stream of updates without a browser."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import attrs

from cronofy_async.sandbox import Sandbox

from ..support import raw
from .visits import visit

Message = list[dict[str, Any]]


@attrs.define
class Stream:
    """An open stream. ``position`` is the ID of the last message."""

    parts: AsyncIterator[bytes]
    position: str = ""

    async def event(self) -> tuple[str, str]:
        """Return the name and data of the next event. Comments are skipped."""
        while True:
            part = (await anext(self.parts)).decode()
            lines = [line.partition(": ") for line in part.splitlines() if line and not line.startswith(":")]
            fields = {name: value for name, _, value in lines}
            self.position = fields.get("id", self.position)
            if "data" in fields or "data:" in part:
                return fields.get("event", "message"), fields.get("data", "")

    async def message(self) -> Message:
        name, data = await self.event()
        assert name == "message", name
        result: Message = json.loads(data)
        return result

    async def rows(self, name: str) -> dict[str, str]:
        """Return the rows of a list in the next message that has some."""
        while True:
            for change in await self.message():
                if change["list"] == name:
                    return dict(change["rows"])


async def position_of(sandbox: Sandbox) -> str:
    """Return the position that a page hands to its stream."""
    page = await visit(sandbox)
    return page.html.partition('data-position="')[2].partition('"')[0]


async def stream(
    sandbox: Sandbox, position: str | None = None, query: str = "", headers: Mapping[str, str] | None = None
) -> Stream:
    """Open the stream of a page."""
    after = await position_of(sandbox) if position is None else position
    target = f"/__sandbox__/events?{query}&after={after}"
    response = await raw(sandbox, "GET", target, token=None, headers=headers)
    assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert response.stream is not None
    return Stream(response.stream)


async def messages(sandbox: Sandbox) -> Message:
    """Return all rows of a stream that begins with the first change."""
    epoch = (await position_of(sandbox)).partition(".")[0]
    return await (await stream(sandbox, f"{epoch}.1")).message()
