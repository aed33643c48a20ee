"""The sandbox itself: a request's way through it, and what a test may do with it."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self, cast
from urllib.parse import parse_qsl, urlsplit

import attrs

from .availability import Slot
from .callbacks import Callbacks, Delivery, Target
from .clock import SandboxClock
from .contract import Errors, Operation, Unknown, contract
from .exchange import Answer, Incoming, Recorded, Task, invalid, not_emulated, oauth_error
from .faults import Fault, Faults
from .handlers import HANDLERS
from .handlers.real_time_scheduling import redirect_url, time_chosen, write_events
from .limits import Windows
from .rules import ASSUMPTIONS, check
from .server import InProcessTransport, serve
from .state import Account, Event, Link, State

if TYPE_CHECKING:
    from ..client import CronofyClient

__all__ = ["Booking", "Sandbox", "SandboxError"]

#: Where the sandbox is in process. The name cannot exist on any network.
ORIGIN: Final = "http://sandbox.invalid"

_RECORDED: Final = 100_000


class SandboxError(Exception):
    """The sandbox cannot do what a test asked of it, as Cronofy's page could not."""


@attrs.frozen(kw_only=True)
class Booking:
    """What happened when a slot was chosen.

    Attributes:
        start, end: the slot.
        participants: the accounts that were selected.
        events: what was written to calendars.
        redirect_url: where the visitor's browser goes.
        delivery: the callback, if there was one.
    """

    start: datetime
    end: datetime
    participants: tuple[str, ...]
    events: tuple[Event, ...]
    redirect_url: str = attrs.field(repr=False)
    delivery: Delivery | None


class Sandbox:
    """A local Cronofy with one application.

    Args:
        now: where the clock stands; without, it starts at the real time and runs with it.
        seed: makes other ids and tokens.
        strict: whether unknown parameters are rejected with 422; otherwise they are accepted, as Cronofy promises to
            add parameters, and reported in :attr:`unknown_parameters`.
        limits: whether 50 requests a second and 500 a minute are enforced.
        client_id: the application's id.
        client_secret: its secret.
        more_secrets: further secrets that are active, as while one is being rotated.
        assume: which assumptions hold where the docs are silent; those of :attr:`assumptions` that are not named do.

    Raises:
        ValueError: a secret looks like a real one, or there is no such assumption.

    Attributes:
        assumptions: what can be assumed, by name, and what it says.
        clock: the time in the sandbox; see :class:`SandboxClock`.
        faults: what goes wrong; see :class:`Faults`.
        deliveries: the callbacks, oldest first.
        requests: the requests that came, oldest first (the last 100,000).
        unknown_parameters: the members of bodies that the contract does not know, with the nearest known name.
    """

    assumptions: Final[Mapping[str, str]] = MappingProxyType(ASSUMPTIONS)

    def __init__(
        self,
        *,
        now: datetime | None = None,
        seed: int = 0,
        strict: bool = False,
        limits: bool = False,
        client_id: str = "sbx_client",
        client_secret: str = "sbx_secret",  # noqa: S107 - of the sandbox
        more_secrets: tuple[str, ...] = (),
        assume: Mapping[str, bool] | None = None,
    ) -> None:
        self.client_id = client_id
        self.client_secrets = [client_secret, *more_secrets]
        if any(secret.startswith("CRN_") for secret in self.client_secrets):
            raise ValueError("client_secret: this looks like a real one; the sandbox takes made-up ones only")
        if unknown := [name for name in assume or {} if name not in ASSUMPTIONS]:
            raise ValueError(f"assume: {unknown[0]!r} is none of {', '.join(ASSUMPTIONS)}")
        self._assumed = frozenset(name for name in ASSUMPTIONS if (assume or {}).get(name, True))
        self.clock = SandboxClock(now)
        self._seed = seed
        self._strict = strict
        self._limits = limits
        self._callbacks = Callbacks(self.client_secrets, self.clock, Faults(seed))
        self.reset()

    def reset(self) -> None:
        """Forget accounts, links, requests, deliveries and faults. Ids start anew; the clock stays."""
        self._state = State(self._seed, self._assumed)
        self._windows = Windows(self.clock) if self._limits else None
        self.faults = Faults(self._seed)
        self._callbacks.restart(self.faults)
        self.requests: deque[Recorded] = deque(maxlen=_RECORDED)
        self.unknown_parameters: list[str] = []

    @property
    def client_secret(self) -> str:
        return self.client_secrets[0]

    @property
    def deliveries(self) -> list[Delivery]:
        return self._callbacks.deliveries

    # Ways in.

    def client(self, **options: Any) -> CronofyClient:
        """A client of this sandbox, in process and on the sandbox's clock.

        Args:
            options: any argument of :class:`~cronofy_async.CronofyClient`.
        """
        from ..client import CronofyClient  # noqa: PLC0415 - the sandbox works without

        defaults: dict[str, Any] = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "base_url": ORIGIN,
            "app_url": ORIGIN,
            "transport": self.transport(),
            "clock": self.clock,
        }
        return CronofyClient(**(defaults | options))

    def transport(self) -> InProcessTransport:
        """The way in for a client that is set up otherwise."""
        return InProcessTransport(self.handle, self.clock)

    def serve(self, host: str = "127.0.0.1", port: int = 0) -> AbstractAsyncContextManager[str]:
        """Answer over HTTP while the context lasts; it gives the URL.

        Args:
            host: the address to listen on; other machines cannot reach the default.
            port: 0 takes a free one.
        """
        return serve(self.handle, host, port)

    async def aclose(self) -> None:
        """Release what callbacks hold."""
        await self._callbacks.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    # The world.

    def add_account(self, email: str, name: str | None = None, *, calendars: int = 1) -> Account:
        """Let somebody have authorized the application.

        Args:
            email: their address.
            name: their name; made from the address without.
            calendars: how many calendars they have, at least one.
        """
        if calendars < 1:
            raise ValueError("calendars: at least one")
        return self._state.add_account(email, name or email.partition("@")[0].title(), calendars, self.clock.now())

    def add_busy(
        self, account: Account, start: datetime, end: datetime, summary: str = "Busy", *, calendar_id: str | None = None
    ) -> Event:
        """Put an event into a calendar of an account, so that it is busy then.

        Args:
            account: whose.
            start: when it begins, with a time zone.
            end: when it ends.
            summary: what it is called.
            calendar_id: which calendar; the first one without.

        Raises:
            ValueError: a time has no zone, the event ends before it starts, or there is no such calendar.
        """
        start, end = _utc("start", start), _utc("end", end)
        if end <= start:
            raise ValueError("end: must be after the start")
        calendar_id = calendar_id or account.calendar_id
        if calendar_id not in account.calendar_ids:
            raise ValueError(f"calendar_id: {account.email} has no calendar {calendar_id}")
        return self._state.write_event(account.sub, calendar_id, {"summary": summary}, start, end)

    def revoke(self, account: Account) -> None:
        """Let the user withdraw the authorization: the account's tokens end."""
        self._state.revoke(account)

    @property
    def accounts(self) -> list[Account]:
        return list(self._state.accounts.values())

    @property
    def links(self) -> list[Link]:
        return list(self._state.links.values())

    # What visitors of links do.

    def link(self, link: object) -> Link:
        """Find a link by what the SDK gave, its id, its URL or its token.

        Raises:
            SandboxError: there is no such link.
        """
        name = getattr(link, "real_time_scheduling_id", link)
        if isinstance(name, Link):
            return name
        if isinstance(name, str):
            token = urlsplit(name).path.rpartition("/")[2]
            found = self._state.links.get(name) or self._state.by_link_token(token)
            if found is not None:
                return found
        raise SandboxError("the sandbox has no such link")

    def slots(self, link: object) -> list[Slot]:
        """What the page of a link offers now."""
        return self._state.slots(self.link(link), self.clock.now())

    async def book(self, link: object, start: datetime | None = None, *, tzid: str | None = None) -> Booking:
        """Choose a slot, as a visitor does. Returns when the callback was answered.

        Args:
            link: the link, its id, its URL or its token.
            start: the start of the slot, with a time zone; the first one without.
            tzid: the visitor's time zone; the event's without.

        Raises:
            ValueError: the start has no time zone.
            SandboxError: the link is not open, or there is no such slot.
        """
        start = start and _utc("start", start)
        found = self._open(link)
        offered = self._state.slots(found, self.clock.now())
        slot = next((one for one in offered if start is None or one.start == start), None)
        if slot is None:
            raise SandboxError(
                f"{found.id} offers no slot"
                + (f" that starts at {start}" if start else "")
                + f" ({len(offered)} others)"
            )
        found.state, found.slot = "completed", slot
        events = write_events(self._state, found, slot)
        delivery = await self._call_back(found, "completed", time_chosen(found, slot, tzid or found.tzid))
        return Booking(
            start=slot.start,
            end=slot.end,
            participants=slot.participants,
            events=tuple(events),
            redirect_url=redirect_url(found),
            delivery=delivery,
        )

    async def no_times_suitable(self, link: object, *, tzid: str | None = None) -> Delivery | None:
        """Say that no time suits, as a visitor does. The link stays open.

        Raises:
            SandboxError: the link is not open.
        """
        return await self._no_times(self._open(link), "no_times_suitable", tzid)

    async def no_times_displayed(self, link: object, *, tzid: str | None = None) -> Delivery | None:
        """Open the page when it has nothing to offer, as a visitor does. The link stays open.

        Raises:
            SandboxError: the link is not open, or its page has times to offer.
        """
        found = self._open(link)
        if offered := self._state.slots(found, self.clock.now()):
            raise SandboxError(f"{found.id} has {len(offered)} times to offer")
        return await self._no_times(found, "no_times_displayed", tzid)

    def deliver(self, origin: str, target: Target) -> None:
        """Send callbacks for an origin to an application in this process.

        Args:
            origin: such as ``https://app.example.com``.
            target: an ASGI application, an aiohttp application, or a function that takes a :class:`Delivery` and
                gives a status (200 if it gives none). It may be async.
        """
        self._callbacks.deliver(origin, target)

    async def redeliver(self, delivery: Delivery) -> Delivery:
        """Send a callback again, byte for byte."""
        return await self._callbacks.resend(delivery)

    def _open(self, link: object) -> Link:
        found = self.link(link)
        status = found.status(self.clock.now())
        if status != "open":
            raise SandboxError(f"{found.id} is {status}")
        return found

    async def _no_times(
        self, link: Link, kind: Literal["no_times_suitable", "no_times_displayed"], tzid: str | None
    ) -> Delivery | None:
        message = {"notification": {"type": f"real_time_scheduling_{kind}"}, "user": {"tzid": tzid or link.tzid}}
        return await self._call_back(link, kind, message)

    async def _call_back(
        self,
        link: Link,
        kind: Literal["completed", "no_times_suitable", "no_times_displayed"],
        message: dict[str, Any],
    ) -> Delivery | None:
        url = link.callback_url(kind)
        return await self._callbacks.send(url, message) if url else None

    # A request's way.

    async def handle(self, incoming: Incoming) -> Answer:
        """Answer a request, however it came."""
        found = contract().find(incoming.method, incoming.path)
        body = _body(incoming)
        unknown: tuple[str, ...] = ()
        if found is None:
            answer = not_emulated(f"{incoming.method} {incoming.path}")
        else:
            operation, path = found
            answer, unknown = await self._faulty(operation, path, incoming, body)
        self.requests.append(
            Recorded(
                operation=found and found[0].id,
                method=incoming.method,
                path=incoming.path,
                query=incoming.query,
                json=body,
                unknown=unknown,
                status=None if answer.reset else answer.status,
            )
        )
        return answer

    async def _faulty(
        self, operation: Operation, path: dict[str, str], incoming: Incoming, body: Any
    ) -> tuple[Answer, tuple[str, ...]]:
        if self._windows is not None and not self._windows.admit():
            return Answer.of(429), ()
        fault = self.faults.take(operation.id)
        if fault is None:
            return self._answer(operation, path, incoming, body)
        if fault.latency:
            await self.clock.sleep(fault.latency)
        if fault.reset == "before":
            return Answer(status=0, reset=True), ()
        if fault.status is not None:
            return _replaced(fault, Answer.of(fault.status)), ()
        answer, unknown = self._answer(operation, path, incoming, body)
        return _replaced(fault, answer), unknown

    def _answer(
        self, operation: Operation, path: dict[str, str], incoming: Incoming, body: Any
    ) -> tuple[Answer, tuple[str, ...]]:
        now = self.clock.now()
        account = self._authorize(operation, incoming, body, now)
        if isinstance(account, Answer):
            answer, unknown = account, Unknown()
        else:
            query = dict(parse_qsl(incoming.query, keep_blank_values=True))
            errors, unknown = self._check(operation, query, body, now)
            if errors:
                answer = _refused(operation, errors)
            else:
                task = Task(
                    state=self._state,
                    now=now,
                    base_url=incoming.base_url,
                    path=path,
                    query=query,
                    body=body,
                    account=account,
                )
                answer = HANDLERS[operation.id](task)
        operation.check_answer(answer.status, answer.body)
        return answer, tuple(unknown.values())

    def _check(self, operation: Operation, query: dict[str, str], body: Any, now: datetime) -> tuple[Errors, Unknown]:
        errors, unknown = operation.check_body(body)
        query_errors, unknown_query = operation.check_query(query)
        errors |= query_errors
        unknown |= unknown_query
        self.unknown_parameters += [f"{operation.id}: {hint}" for hint in unknown.values()]
        if self._strict:
            for field, hint in unknown.items():
                errors.setdefault(field, []).append({"key": "errors.unknown", "description": hint})
        return errors or check(operation.id, body, self._state, now), unknown

    def _authorize(self, operation: Operation, incoming: Incoming, body: Any, now: datetime) -> Account | Answer | None:
        kind, _, token = incoming.headers.get("authorization", "").partition(" ")
        token = token if kind.lower() == "bearer" else ""
        accepted = operation.credentials
        if "client_in_body" in accepted and self._is_application(body):
            return None
        if "api_key" in accepted and token in self.client_secrets:
            return None
        account = self._state.by_access_token(token, now)
        if "access_token" in accepted and account is not None:
            return account
        if operation.is_of_oauth:
            return oauth_error("invalid_client")
        wrong_kind = account is not None or token in self.client_secrets
        return Answer.of(403 if wrong_kind and "wrong_kind_is_forbidden" in self._assumed else 401)

    def _is_application(self, body: Any) -> bool:
        if not isinstance(body, dict):
            return False
        members = cast("dict[str, Any]", body)
        return members.get("client_id") == self.client_id and members.get("client_secret") in self.client_secrets


def _body(incoming: Incoming) -> Any:
    """The body as JSON values; none is an empty one. What cannot be read is ``None``, which no schema takes."""
    if "x-www-form-urlencoded" in incoming.headers.get("content-type", ""):
        return dict(parse_qsl(incoming.body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        text = incoming.body.decode()
        value: Any = json.loads(text or "{}", parse_constant=_no_number)
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair cannot be written
    except (ValueError, RecursionError):
        return None
    return value


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _refused(operation: Operation, errors: Errors) -> Answer:
    if not operation.is_of_oauth:
        return invalid(errors)
    return oauth_error("invalid_request", "; ".join(one["description"] for of in errors.values() for one in of))


def _replaced(fault: Fault, answer: Answer) -> Answer:
    if fault.body is not None:
        raw = isinstance(fault.body, bytes)
        answer = attrs.evolve(answer, body=fault.body) if raw else Answer.of(answer.status, fault.body)
    return attrs.evolve(
        answer,
        headers={**answer.headers, **fault.headers},
        reset=fault.reset == "after",
        truncate=fault.truncate,
    )


def _utc(name: str, moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{name}: must have a time zone, for example datetime(..., tzinfo=UTC)")
    return moment.astimezone(UTC)
