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
from typing import Any, Literal, TypeAlias, TypeGuard
from urllib.parse import unquote, urlsplit

import aiohttp
import attrs
from aiohttp import web
from yarl import URL

from .clock import SandboxClock
from .faults import CALLBACK, Fault, Faults

__all__ = ["Callbacks", "Delivery", "Target", "is_receiver"]

AsgiApp: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]
Receiver: TypeAlias = Callable[["Delivery"], Any]
Target: TypeAlias = web.Application | AsgiApp | Receiver

#: How long an application has to answer, in seconds. Documented for channels, assumed for all.
PATIENCE = 5.0

_NO_FAULT = Fault(operation=CALLBACK)


@attrs.define(eq=False, kw_only=True)
class Delivery:
    """A callback that was sent, or was not.

    Attributes:
        url: where to.
        body: the bytes.
        headers: with the signature.
        at: when, in the sandbox's time.
        outcome: ``answered``, ``failed`` (no answer), ``lost`` or ``held`` (by a fault) or ``refused`` (neither on this
            machine nor given to ``deliver``).
        status: the status of the answer.
        problem: what went wrong.
    """

    url: str
    body: bytes = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(repr=False)
    at: datetime
    outcome: Literal["answered", "failed", "lost", "held", "refused"] = "failed"
    status: int | None = None
    problem: str | None = None

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


class Callbacks:
    """Signs, sends and remembers callbacks. Each is sent once: whether Cronofy repeats them is not documented."""

    def __init__(self, secrets: list[str], clock: SandboxClock, faults: Faults) -> None:
        self._secrets = secrets
        self._clock = clock
        self._faults = faults
        self._targets: dict[str, Target] = {}
        self._servers: dict[str, str] = {}
        self._stack = AsyncExitStack()
        self._held: list[tuple[Delivery, Fault]] = []
        self.deliveries: list[Delivery] = []

    def restart(self, faults: Faults) -> None:
        """Forget deliveries, and take other faults."""
        self._faults = faults
        self._held = []
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
        delivery = self._record(delivery)
        fault = self._faults.take(CALLBACK) or _NO_FAULT
        if fault.latency:
            await self._clock.sleep(fault.latency)
        if fault.reset == "before":
            delivery.outcome = "lost"
        elif fault.hold:
            delivery.outcome = "held"
            self._held.append((delivery, fault))
        else:
            await self._send(delivery, fault)
            await self._release()
        return delivery

    def _record(self, delivery: Delivery) -> Delivery:
        new = attrs.evolve(delivery, at=self._clock.now(), outcome="failed", status=None, problem=None)
        self.deliveries.append(new)
        return new

    async def _send(self, delivery: Delivery, fault: Fault) -> None:
        await self._attempt(delivery, fault)
        for _ in range(fault.duplicates):
            await self._attempt(self._record(delivery), fault)

    async def _release(self) -> None:
        """Send what was held back, now that it was overtaken."""
        held, self._held = self._held, []
        for delivery, fault in held:
            self.deliveries.remove(delivery)
            self.deliveries.append(delivery)
            delivery.at, delivery.outcome = self._clock.now(), "failed"
            await self._send(delivery, fault)

    async def aclose(self) -> None:
        await self._stack.aclose()
        self._servers.clear()

    async def _attempt(self, delivery: Delivery, fault: Fault) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._pass_on(delivery)
        except TimeoutError:
            delivery.problem = f"no answer within {PATIENCE:g} s"
        except Exception as error:
            # Whatever the application does, as at Cronofy, it is its own problem.
            delivery.problem = f"{type(error).__name__}: {error}"
        if fault.reset == "after":
            delivery.outcome, delivery.status, delivery.problem = "failed", None, "the answer was lost, by a fault"

    async def _pass_on(self, delivery: Delivery) -> None:
        origin = _origin(delivery.url)
        target = self._targets.get(origin)
        if isinstance(target, web.Application):
            server = await self._server(origin, target)
            await _post(delivery, server + urlsplit(delivery.url)._replace(scheme="", netloc="").geturl())
        elif target is not None:
            await _hand_over(delivery, target)
        elif _is_loopback(delivery.url):
            await _post(delivery, delivery.url)
        else:
            delivery.outcome = "refused"
            delivery.problem = f"{origin} is not on this machine; give an application with deliver({origin!r}, …)"

    async def _server(self, origin: str, app: web.Application) -> str:
        if origin not in self._servers:
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            self._stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            self._servers[origin] = f"http://{host}:{port}"
        return self._servers[origin]


def _answered(delivery: Delivery, status: int) -> None:
    delivery.outcome = "answered"
    delivery.status = status


async def _post(delivery: Delivery, url: str) -> None:
    # As it stands: quoting it anew could break a signature in it.
    target = URL(url, encoded=url.isascii())
    headers = {**delivery.headers, "Host": urlsplit(delivery.url).netloc.rpartition("@")[2]}
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        session.post(target, data=delivery.body, headers=headers, allow_redirects=False) as answer,
    ):
        await answer.read()
        _answered(delivery, answer.status)


def is_receiver(target: Target) -> TypeGuard[Receiver]:
    """Whether a target is a function that takes a delivery."""
    return not isinstance(target, web.Application) and len(inspect.signature(target).parameters) != 3


async def _hand_over(delivery: Delivery, target: Any) -> None:
    if not is_receiver(target):
        _answered(delivery, await _call_asgi(delivery, target))
        return
    status: Any = target(delivery)
    if inspect.isawaitable(status):
        status = await status
    _answered(delivery, status if isinstance(status, int) else 200)


async def _call_asgi(delivery: Delivery, app: AsgiApp) -> int:
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

    async def receive() -> Any:
        message = next(messages, None)
        if message is None:
            await asyncio.Event().wait()  # the connection stays open
        return message

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    if not statuses:
        raise RuntimeError("the application gave no answer")
    return statuses[0]


def _sign(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def _origin(url: str) -> str:
    return str(URL(url).origin()).lower()


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
