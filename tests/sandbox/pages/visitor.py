"""A visitor with a browser without scripts: it follows no redirects, keeps cookies, and reads the visible text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import attrs

from cronofy_async.sandbox import Sandbox

from ..support import raw

Attributes = Mapping[str, str | None]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, Attributes]] = []
        self.texts: list[str] = []
        self.by_role: dict[str, str] = {}
        self._open: list[tuple[str, Attributes]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "input", "br", "path"}:
            self._open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"meta", "link", "input", "br", "path"}:
            opened, _ = self._open.pop()
            assert opened == tag, f"</{tag}> closes <{opened}>"

    def handle_data(self, data: str) -> None:
        inside = {tag for tag, _ in self._open}
        if not inside & {"option", "title", "script"}:
            self.texts.append(data)
        for tag, attributes in self._open:
            name = attributes.get("role") or (tag if tag in {"title", "h1", "h2"} else None)
            if name:
                self.by_role[name] = self.by_role.get(name, "") + data


@attrs.frozen(slots=False)
class ShownPage:
    """A response as a person reads it."""

    status: int
    headers: Mapping[str, str]
    body: str

    @cached_property
    def _read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.body)
        reader.close()
        return reader

    @property
    def text(self) -> str:
        """The text without the options of selects."""
        return " ".join("".join(self._read.texts).split())

    @property
    def title(self) -> str:
        return self._read.by_role["title"]

    @property
    def heading(self) -> str:
        return self._read.by_role["h1"].strip()

    @property
    def week(self) -> str:
        return " ".join(self._read.by_role["h2"].split())

    @property
    def alert(self) -> str:
        return self._read.by_role.get("alert", "").strip()

    @property
    def location(self) -> str:
        return self.headers["Location"]

    def all(self, tag: str) -> list[Attributes]:
        """The attributes of all elements with a tag."""
        return [attributes for name, attributes in self._read.elements if name == tag]

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self._read.elements}

    @property
    def slots(self) -> list[str]:
        """The times that can be chosen, as forms send them."""
        return [str(tag["value"]) for tag in self.all("button") if tag.get("name") == "slot"]

    @property
    def times(self) -> list[str]:
        """The times that can be chosen, as people read them."""
        result = re.findall(r'name="slot"[^>]*>(.*?)<span', self.body)
        return [" ".join(re.sub(r"<[^>]*>", "", text).split()) for text in result]

    def link(self, rel: str) -> str | None:
        """The address of the link to another week."""
        return next((link["href"] for link in self.all("a") if link.get("rel") == rel), None)

    @property
    def hidden(self) -> dict[str, str]:
        """The hidden fields of forms."""
        return {str(tag["name"]): str(tag["value"]) for tag in self.all("input") if tag.get("type") == "hidden"}

    @property
    def zone(self) -> str:
        """The time zone that is selected."""
        (result,) = (option for option in self.all("option") if "selected" in option)
        return str(result["value"])


class Visitor:
    """Visits the page of a link."""

    def __init__(self, sandbox: Sandbox, link: str, **headers: str) -> None:
        self.sandbox = sandbox
        self.path = f"/add_to_calendar/scheduling/{sandbox.real_time_scheduling.find(link).token}"
        self.headers = headers
        self.cookies: dict[str, str] = {}

    async def open(self, method: str = "GET", **query: str) -> ShownPage:
        """Open the page."""
        return await self.follow(f"{self.path}?{urlencode(query)}", method=method)

    async def submit(self, **fields: str) -> ShownPage:
        """Submit a form."""
        return await self.follow(self.path, method="POST", body=urlencode(fields))

    async def follow(self, target: str, *, method: str = "GET", body: str = "") -> ShownPage:
        """Send a request."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"cookie": cookies, **self.headers}
        response = await raw(self.sandbox, method, target, body.encode(), token=None, headers=headers)
        for name, cookie in SimpleCookie(response.headers.get("Set-Cookie", "")).items():
            if cookie["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = cookie.value
        return ShownPage(response.status, response.headers, response.body.decode())
