"""Helpers for tests of pages: visit one as a browser would, and read its text."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from urllib.parse import urlencode

import attrs

from cronofy_async.sandbox import Sandbox

from ..support import ORIGIN, Reply, raw

#: The headers that a browser sends with a form.
FORM = {
    "content-type": "application/x-www-form-urlencoded",
    "host": "127.0.0.1:8910",
    "origin": "http://127.0.0.1:8910",
}


@attrs.frozen
class VisitedPage:
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
        (rows,) = re.findall(rf'data-list="{name}"[^>]*>(.*?)</(?:ol|ul|tbody)>', self.html, flags=re.DOTALL)
        return [VisitedPage(200, row, None).text for row in re.split(r"(?=<(?:li|tr) id=)", rows) if row.strip()]


async def visit(
    sandbox: Sandbox,
    target: str = "/__sandbox__/",
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> VisitedPage:
    """Open a page, or submit a form."""
    method = "GET" if form is None else "POST"
    response = await raw(sandbox, method, target, urlencode(form or {}).encode(), token=None, headers=headers)
    return VisitedPage(response.status, response.body.decode(), response.headers.get("Location"))


async def submit(sandbox: Sandbox, target: str, cookie: str = "", **fields: str) -> Reply:
    """Submit the form of a page on which the person decides, as a browser does, and return the response."""
    body = urlencode({"answer": "allow"} | fields).encode()
    answer = await raw(
        sandbox, "POST", target.removeprefix(ORIGIN), body, token=None, headers=FORM | {"cookie": cookie}
    )
    return Reply(answer.status, answer.body.decode(), answer.headers)
