"""Callbacks that the sandbox sends: signed as Cronofy signs them, to this machine only.

A callback goes over HTTP to loopback, or in process to an application that was given for its origin. Any other origin
is never contacted: the delivery is recorded as refused.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import inspect
import ipaddress
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import attrs
from aiohttp import web

from .clock import SandboxClock
from .faults import Faults

__all__ = ["Callbacks", "Delivery"]

AsgiApp: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]
Receiver: TypeAlias = Callable[["Delivery"], Any]
Target: TypeAlias = web.Application | AsgiApp | Receiver

#: How long an application has to answer, in seconds. Documented for channels, assumed for all.
PATIENCE = 5.0


@attrs.define(eq=False, kw_only=True)
class Delivery:
    """A callback that was sent, or was not.

    Attributes:
        url: where to.
        body: the bytes.
        headers: with the signature.
        at: when, in the sandbox's time.
        outcome: ``answered``, ``failed`` (no answer), ``lost`` (by a fault) or ``refused`` (neither on this machine nor
            given to ``deliver``).
        status: the status of the answer.
        problem: what went wrong.
    """

    url: str
    body: bytes = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(repr=False)
    at: datetime
    outcome: Literal["answered", "failed", "lost", "refused"] = "failed"
    status: int | None = None
    problem: str | None = None

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


class Callbacks:
    """Signs, sends and remembers callbacks."""

    def __init__(self, secrets: list[str], clock: SandboxClock, faults: Faults) -> None:
        self._secrets = secrets
        self._clock = clock
        self._faults = faults
        self._targets: dict[str, Target] = {}
        self._servers: dict[str, str] = {}
        self._session: aiohttp.ClientSession | None = None
        self._stack = AsyncExitStack()
        self.deliveries: list[Delivery] = []

    def restart(self, faults: Faults) -> None:
        """Forget deliveries, and take other faults."""
        self._faults = faults
        self.deliveries = []

    def deliver(self, origin: str, target: Target) -> None:
        """Send callbacks for an origin to an application in this process."""
        self._targets[_origin(origin)] = target

    async def send(self, url: str, message: Mapping[str, Any]) -> Delivery:
        """Send a message, and wait until it was answered."""
        body = json.dumps(message, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Cronofy-HMAC-SHA256": ",".join(_sign(body, secret) for secret in self._secrets),
        }
        return await self.resend(Delivery(url=url, body=body, headers=headers, at=self._clock.now()))

    async def resend(self, delivery: Delivery) -> Delivery:
        """Send a callback, perhaps once more; the delivery is recorded anew."""
        delivery = attrs.evolve(delivery, at=self._clock.now(), outcome="failed", status=None, problem=None)
        self.deliveries.append(delivery)
        fault = self._faults.take("callback")
        if fault is not None and fault.latency:
            await self._clock.sleep(fault.latency)
        if fault is not None and fault.reset == "before":
            delivery.outcome = "lost"
            return delivery
        await self._send(delivery)
        return delivery

    async def aclose(self) -> None:
        await self._stack.aclose()
        self._session = None
        self._servers.clear()

    async def _send(self, delivery: Delivery) -> None:
        origin = _origin(delivery.url)
        target = self._targets.get(origin)
        try:
            async with asyncio.timeout(PATIENCE):
                if target is None and not _is_loopback(delivery.url):
                    delivery.outcome = "refused"
                    delivery.problem = (
                        f"{origin} is not on this machine; give an application with deliver({origin!r}, …)"
                    )
                elif target is None:
                    await self._post(delivery, delivery.url)
                elif isinstance(target, web.Application):
                    await self._post(delivery, await self._local_url(origin, target, delivery.url))
                else:
                    await _hand_over(delivery, target)
        except Exception as error:
            # Whatever the application does, as at Cronofy, it is its own problem.
            delivery.outcome = "failed"
            delivery.problem = f"{type(error).__name__}: {error}"

    async def _post(self, delivery: Delivery, url: str) -> None:
        if self._session is None:
            self._session = await self._stack.enter_async_context(
                aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
            )
        headers = {**delivery.headers, "Host": urlsplit(delivery.url).netloc}
        async with self._session.post(url, data=delivery.body, headers=headers, allow_redirects=False) as answer:
            await answer.read()
            _answered(delivery, answer.status)

    async def _local_url(self, origin: str, app: web.Application, url: str) -> str:
        if origin not in self._servers:
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            self._stack.push_async_callback(runner.cleanup)
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            host, port = runner.addresses[0][:2]
            self._servers[origin] = f"{host}:{port}"
        parts = urlsplit(url)
        return urlunsplit(("http", self._servers[origin], parts.path, parts.query, ""))


def _answered(delivery: Delivery, status: int) -> None:
    delivery.outcome = "answered"
    delivery.status = status


async def _hand_over(delivery: Delivery, target: AsgiApp | Receiver) -> None:
    if _is_asgi(target):
        _answered(delivery, await _call_asgi(delivery, target))
        return
    status = target(delivery)  # type: ignore[call-arg]
    status = await status if inspect.isawaitable(status) else status
    _answered(delivery, status if isinstance(status, int) else 200)


def _is_asgi(target: Any) -> bool:
    function = target if inspect.isroutine(target) else type(target).__call__
    names = [name for name in inspect.signature(function).parameters if name != "self"]
    return len(names) == 3


async def _call_asgi(delivery: Delivery, app: Any) -> int:
    parts = urlsplit(delivery.url)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": parts.scheme,
        "path": parts.path or "/",
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(b"host", parts.netloc.encode())]
        + [(name.lower().encode(), value.encode("latin-1")) for name, value in delivery.headers.items()],
        "client": ("127.0.0.1", 0),
        "server": (parts.hostname, parts.port or 80),
    }
    messages = iter([{"type": "http.request", "body": delivery.body, "more_body": False}])
    statuses: list[int] = []

    async def receive() -> Any:
        message = next(messages, None)
        if message is None:
            await asyncio.Event().wait()  # the connection stays open
        return message

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    return statuses[0]


def _sign(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
