"""Callbacks that the sandbox sends: signed as Cronofy signs them, to this machine only.

A callback goes over HTTP to loopback, or in process to an application that is mounted at its origin. Any other origin is
never contacted: the delivery is recorded as refused.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from contextvars import Context as ContextVars
from typing import Any, Final
from urllib.parse import urlsplit

import attrs
from aiohttp import web

from ..clock import SandboxClock
from ..faults import CALLBACK, Fault, Faults
from ..journal import Journal
from ..marks import UnknownRecord
from ..records import Json, converter
from .delivery import Delivery, StoredDelivery
from .signing import sign
from .targets import Target, check_target, deliver_in_process, is_loopback, origin_of, post

__all__ = ["Callbacks", "Delivery"]

#: The number of seconds that an application has to respond. Documented for channels, assumed for all callbacks.
RESPONSE_TIMEOUT = 5.0

_log: Final = logging.getLogger("cronofy_async.sandbox")

#: The messages of asyncio and the SDK if an application uses its event loop from another one.
_OTHER_LOOP: Final = re.compile(r"(another|different) (event )?loop")

_BEFORE_HOST: Final = re.compile(r"//[^/]*@")

#: The number of characters that are kept of the body of a response.
_MAX_RESPONSE: Final = 4_096

_NO_FAULT: Final = Fault(operation=CALLBACK)


class Callbacks:
    """Signs, sends and records callbacks. The effect that follows a callback decides whether to retry it.

    Args:
        secrets: The secrets to sign with.
        clock: The sandbox's clock.
        faults: The faults.
        journal: The journal, which records each callback and its outcome.
        perform: Applies an effect.
    """

    def __init__(
        self,
        secrets: list[str],
        clock: SandboxClock,
        faults: Faults,
        journal: Journal,
        perform: Callable[[str, Json], None],
    ) -> None:
        self._secrets = secrets
        self._clock = clock
        self._faults = faults
        self._journal = journal
        self._perform = perform
        self._unsent = 0
        self._targets: dict[str, Target] = {}
        self._servers: dict[str, str] = {}
        self._stack = AsyncExitStack()
        self._held: list[tuple[Delivery, Fault]] = []
        self._queue: deque[Delivery] = deque()
        self._sender: asyncio.Task[None] | None = None
        self.deliveries: list[Delivery] = []

    def restart(self, faults: Faults) -> None:
        """Discard all deliveries, and use new faults."""
        self._faults = faults
        self._held = []
        self._queue.clear()
        self._unsent = 0
        self.deliveries = []

    def mount(self, origin: str, target: Target) -> None:
        """Send callbacks for an origin to an application in this process.

        Raises:
            TypeError: The target cannot receive callbacks.
            ValueError: The origin has no scheme or host.
        """
        check_target(target)
        self._targets[origin_of(origin)] = target

    # Sending.

    def queue(self, url: str, message: Mapping[str, Any], effect: tuple[str, Json] | None = None) -> Delivery:
        """Queue a callback. It is sent after those that were queued before it.

        Args:
            url: The URL to call.
            message: The body.
            effect: The effect to apply once it has been sent, and its arguments. It also gets the ``status`` of the response.
        """
        delivery = self._sign_message(url, message)
        delivery.id, delivery.outcome, delivery.effect = self._next_id, "queued", effect
        self.deliveries.append(delivery)
        self._queue.append(delivery)
        self._journal.record_callback(delivery)
        self.start()
        return delivery

    def start(self) -> None:
        """Send queued callbacks if an event loop is running; otherwise they are sent with the next request."""
        if not self._queue:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if self._sender is None or self._sender.done():
            # In a new context: that of the caller who queued the callback may have ended by then.
            self._sender = loop.create_task(self._send_queued(), context=ContextVars())

    async def wait(self) -> None:
        """Wait until all queued callbacks have been sent."""
        self.start()
        while self._sender is not None and not self._sender.done():
            await asyncio.wait([self._sender])
            self.start()

    async def send(self, url: str, message: Mapping[str, Any], *, link_id: str | None = None) -> Delivery:
        """Send a callback, and wait for the response.

        Args:
            url: The URL to call.
            message: The body.
            link_id: The ID of the link that it is for.
        """
        return await self.resend(attrs.evolve(self._sign_message(url, message), link_id=link_id))

    def record_unsent(self, type: str, problem: str, url: str = "") -> Delivery:  # noqa: A002 - the API's name
        """Return the delivery of a callback that is not sent. Only the journal has it, to show the reason.

        Args:
            type: The type of the notification.
            problem: Why it is not sent, and what to do.
            url: The URL that it would be sent to, if there is one.
        """
        self._unsent += 1
        delivery = Delivery(
            id=f"unsent_{self._unsent}",
            url=url,
            type=type,
            body=b"",
            headers={},
            at=self._clock.now(),
            outcome="none",
            problem=problem,
        )
        self._journal.record_callback(delivery)
        return delivery

    def find(self, delivery: Delivery | str) -> Delivery:
        """Return a recorded delivery by its ID.

        Raises:
            SandboxError: There is no such delivery.
        """
        if isinstance(delivery, Delivery):
            return delivery
        match = next((candidate for candidate in self.deliveries if candidate.id == delivery), None)
        if match is None:
            raise UnknownRecord(f"delivery: the sandbox has no delivery {delivery}")
        return match

    async def resend(self, delivery: Delivery) -> Delivery:
        """Send a callback, possibly again, and record a new delivery."""
        delivery = self._record(delivery)
        await self._deliver(delivery)
        return delivery

    async def _send_queued(self) -> None:
        while self._queue:
            delivery = self._queue[0]
            delivery.at = self._clock.now()  # it stays queued until it is sent, so that a snapshot includes it
            await self._deliver(delivery)
            if self._queue and self._queue[0] is delivery:
                self._queue.popleft()

    async def _deliver(self, delivery: Delivery) -> None:
        fault = self._faults.take(CALLBACK) or _NO_FAULT
        if fault.latency:
            await self._clock.sleep(fault.latency)
        if fault.reset == "before":
            delivery.outcome = "lost"
            self._journal.record_callback(delivery)
            _log_outcome(delivery)
            self._apply_effect(delivery)
        elif fault.hold:
            delivery.outcome = "held"
            self._journal.record_callback(delivery)
            self._held.append((delivery, fault))
        else:
            await self._send(delivery, fault)
            await self._release()

    def _sign_message(self, url: str, message: Mapping[str, Any]) -> Delivery:
        body = json.dumps(message, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Cronofy-HMAC-SHA256": sign(body, self._secrets),
        }
        notification = message.get("notification", {})
        return Delivery(
            url=url,
            type=notification.get("type", "callback"),
            body=body,
            headers=headers,
            at=self._clock.now(),
        )

    def _record(self, delivery: Delivery) -> Delivery:
        new = Delivery(
            id=self._next_id,
            url=delivery.url,
            type=delivery.type,
            body=delivery.body,
            headers=delivery.headers,
            link_id=delivery.link_id,
            at=self._clock.now(),
        )
        self.deliveries.append(new)
        return new

    @property
    def _next_id(self) -> str:
        return f"dlv_{len(self.deliveries) + 1}"

    async def _send(self, delivery: Delivery, fault: Fault) -> None:
        await self._attempt(delivery, fault)
        self._apply_effect(delivery)
        for _ in range(fault.duplicates):
            await self._attempt(self._record(delivery), fault)

    def _apply_effect(self, delivery: Delivery) -> None:
        if delivery.effect is not None:
            name, arguments = delivery.effect
            self._perform(name, {**arguments, "status": delivery.status})

    async def _release(self) -> None:
        """Send the callbacks that were held until another one had been sent."""
        held, self._held = self._held, []
        for delivery, fault in held:
            self.deliveries.remove(delivery)
            self.deliveries.append(delivery)
            delivery.at, delivery.outcome = self._clock.now(), "failed"
            await self._send(delivery, fault)

    async def _attempt(self, delivery: Delivery, fault: Fault) -> None:
        started = time.perf_counter()
        self._journal.record_callback(delivery)
        try:
            async with asyncio.timeout(RESPONSE_TIMEOUT):
                await self._dispatch(delivery)
        except TimeoutError:
            delivery.outcome = "failed"
            delivery.problem = f"no response within {RESPONSE_TIMEOUT:g} s"
        except Exception as error:
            # As with Cronofy, an error of the application must not affect anything else.
            delivery.outcome = "failed"
            delivery.problem = f"{type(error).__name__}: {error}"
            if _OTHER_LOOP.search(str(error)):
                delivery.problem += (
                    ". The test runs the application in another event loop: mount its TestClient instead."
                )
        if fault.reset == "after":
            delivery.outcome, delivery.status, delivery.problem = (
                "failed",
                None,
                "the response was lost because of a fault",
            )
        delivery.elapsed = time.perf_counter() - started
        self._journal.record_callback(delivery)
        _log_outcome(delivery)

    async def _dispatch(self, delivery: Delivery) -> None:
        origin = origin_of(delivery.url)
        target = self._targets.get(origin)
        if isinstance(target, web.Application):
            server = await self._server(origin, target)
            status, body = await post(delivery, server + urlsplit(delivery.url)._replace(scheme="", netloc="").geturl())
        elif target is not None:
            try:
                status, body = await deliver_in_process(delivery, target)
            except Exception as error:
                delivery.traceback = "".join(traceback.format_exception(error))
                _log.warning("the application failed to process a callback", exc_info=error)
                raise
        elif is_loopback(delivery.url):
            status, body = await post(delivery, delivery.url)
        else:
            delivery.outcome = "refused"
            delivery.problem = f"{origin} is not on this machine. Mount an application with mount({origin!r}, …)."
            return
        delivery.outcome, delivery.status = "answered", status
        delivery.response_body = body[:_MAX_RESPONSE].decode("utf-8", "replace") or None

    async def _server(self, origin: str, app: web.Application) -> str:
        if origin not in self._servers:
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            self._stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            self._servers[origin] = f"http://{host}:{port}"
        return self._servers[origin]

    async def aclose(self) -> None:
        """Stop sending, and shut down the servers of mounted applications."""
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)
            self._sender = None
        await self._stack.aclose()
        self._servers.clear()

    # As JSON.

    def to_json(self) -> list[Any]:
        """Return the deliveries as JSON values, with the faults that hold some of them back."""
        held = {id(delivery): fault.duplicates for delivery, fault in self._held}
        return [
            {**converter.unstructure(delivery), "held_duplicates": held.get(id(delivery))}
            for delivery in self.deliveries
        ]

    def restore(self, stored: Sequence[StoredDelivery]) -> None:
        """Restore the deliveries of a snapshot, and send those that were queued."""
        self.deliveries = [item.delivery for item in stored]
        self._queue = deque(delivery for delivery in self.deliveries if delivery.outcome == "queued")
        self._held = [
            (delivery, Fault(operation=CALLBACK, duplicates=item.held_duplicates))
            for delivery, item in zip(self.deliveries, stored, strict=True)
            if item.held_duplicates is not None
        ]
        for number, delivery in enumerate(self.deliveries, 1):
            delivery.id = delivery.id or f"dlv_{number}"  # older snapshots have none
            self._journal.record_callback(delivery)
        self.start()


def _log_outcome(delivery: Delivery) -> None:
    """Log a callback without the parts of its URL that may be secret: the query, and credentials before the host."""
    url = _BEFORE_HOST.sub("//", delivery.url.partition("?")[0])
    _log.info("callback to %s  %s", url, delivery.status or delivery.problem or delivery.outcome)
