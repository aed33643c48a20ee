"""Helpers for tests of pages: visit one as a browser would, and read its text."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from urllib.parse import urlencode

import attrs

from cronofy_async.sandbox import Sandbox
from cronofy_async.sandbox.kernel.messages import SandboxRequest

BASE = "http://sandbox.test"


@attrs.frozen
class Visited:
    status: int
    html: str
    location: str | None

    @property
    def text(self) -> str:
        """The text that a person reads."""
        without = re.sub(r"<(script|style)\b.*?</\1>|<wbr>", "", self.html, flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", without)).split())

    def rows(self, name: str) -> list[str]:
        """Return the texts of the rows of a list."""
        (found,) = re.findall(rf'data-list="{name}"[^>]*>(.*?)</(?:ol|ul|tbody)>', self.html, flags=re.DOTALL)
        return [Visited(200, row, None).text for row in re.split(r"(?=<(?:li|tr) id=)", found) if row.strip()]


async def visit(
    sandbox: Sandbox,
    target: str = "/__sandbox__/",
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Visited:
    """Open a page, or submit a form."""
    path, _, query = target.partition("?")
    response = await sandbox.handle(
        SandboxRequest(
            method="GET" if form is None else "POST",
            path=path,
            query=query,
            headers={} if headers is None else headers,
            body=urlencode(form or {}).encode(),
            base_url=BASE,
        )
    )
    return Visited(response.status, response.body.decode(), response.headers.get("Location"))
