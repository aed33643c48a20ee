"""The targets of callbacks: loopback addresses over HTTP, and applications in this process."""

from __future__ import annotations

import asyncio
import inspect
import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeAlias, TypeGuard, cast, runtime_checkable
from urllib.parse import unquote, urlsplit

import aiohttp
from aiohttp import web
from yarl import URL

from .delivery import Delivery

__all__ = [
    "HttpClient",
    "Receiver",
    "Target",
    "check_target",
    "deliver_in_process",
    "is_loopback",
    "is_receiver",
    "origin_of",
    "post",
]

AsgiApp: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]
Receiver: TypeAlias = Callable[[Delivery], Any]


@runtime_checkable
class HttpClient(Protocol):
    """A client of an application under test, such as Starlette's ``TestClient``.

    ``base_url`` distinguishes it from an application, which may have ``post`` as well.
    """

    @property
    def base_url(self) -> Any: ...

    def post(self, url: str, /, *, content: bytes, headers: Any) -> Any: ...


Target: TypeAlias = web.Application | AsgiApp | Receiver | HttpClient


def check_target(target: object) -> None:
    """Check that callbacks can be sent to a target.

    Raises:
        TypeError: It cannot receive callbacks.
    """
    if not (callable(target) or isinstance(target, web.Application | HttpClient)):
        raise TypeError(
            "target: must be an ASGI application, an aiohttp application, a TestClient, or a function that takes a "
            f"Delivery, got {target!r}"
        )


def is_receiver(target: Target) -> TypeGuard[Receiver]:
    """Return whether a target is a function that takes a delivery."""
    if isinstance(target, web.Application | HttpClient):
        return False
    return len(inspect.signature(target).parameters) != 3


async def post(delivery: Delivery, url: str) -> tuple[int, bytes]:
    """Send a callback over HTTP, and return the status and body of the response."""
    # Use the URL unchanged: quoting it again could break a signature in it.
    target = URL(url, encoded=url.isascii())
    headers = {**delivery.headers, "Host": urlsplit(delivery.url).netloc.rpartition("@")[2]}
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        session.post(target, data=delivery.body, headers=headers, allow_redirects=False) as response,
    ):
        return response.status, await response.read()


async def deliver_in_process(delivery: Delivery, target: Target) -> tuple[int, bytes]:
    """Pass a callback to a function, a test client or an ASGI application, and return its status and body."""
    if isinstance(target, HttpClient):
        response = await asyncio.to_thread(target.post, delivery.url, content=delivery.body, headers=delivery.headers)
        return int(response.status_code), bytes(getattr(response, "content", b""))
    if not is_receiver(target):
        return await _call_asgi(delivery, cast("AsgiApp", target))
    status: Any = target(delivery)
    if inspect.isawaitable(status):
        status = await status
    return status if isinstance(status, int) else 200, b""


async def _call_asgi(delivery: Delivery, app: AsgiApp) -> tuple[int, bytes]:
    parts = urlsplit(delivery.url)
    path = parts.path or "/"
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": parts.scheme,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(b"host", parts.netloc.rpartition("@")[2].encode())]
        + [(name.lower().encode(), value.encode("latin-1")) for name, value in delivery.headers.items()],
        "client": ("127.0.0.1", 0),
        "server": (parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)),
    }
    messages = iter([{"type": "http.request", "body": delivery.body, "more_body": False}])
    statuses: list[int] = []
    body = bytearray()

    async def receive() -> Any:
        message = next(messages, None)
        if message is None:
            await asyncio.Event().wait()  # the connection stays open
        return message

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])
        elif message["type"] == "http.response.body":
            body.extend(message.get("body", b""))

    await app(scope, receive, send)
    if not statuses:
        raise RuntimeError("the application sent no response")
    return statuses[0], bytes(body)


def origin_of(url: str) -> str:
    """Return the origin of a URL, in lower case.

    Raises:
        ValueError: The URL has no origin.
    """
    try:
        return str(URL(url).origin()).lower()
    except ValueError:
        raise ValueError("origin: must be a URL such as https://app.example.com") from None


def is_loopback(url: str) -> bool:
    """Return whether a URL is on this machine, without a DNS lookup."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
