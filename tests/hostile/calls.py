"""The calls that are attacked, the client that makes them, and the checks after each call."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import attrs
import pytest

from cronofy_async import CronofyClient, CronofyError, RateLimit, RetryPolicy, Timeout, Tokens
from cronofy_async._clock import LoopClock
from cronofy_async._json import is_array
from cronofy_async.middleware.rate_limit import WindowLimiter
from cronofy_async.models import CreatedLink, Registration, SchedulingLink

from ..e2e.test_secrets import ACCESS, CLIENT_SECRET, PREVIOUS, REFRESH
from .server import Received, Script, Server, Step, reply

__all__ = [
    "DOWNLOAD",
    "KINDS",
    "CallKind",
    "QuickLimiter",
    "assert_nothing_left",
    "attack",
    "body_of",
    "outcome_of",
    "valid_response",
]

ECHO: Final = f"X-Request-Id: {CLIENT_SECRET} {PREVIOUS}"
NEW_ACCESS: Final = "canary0new0access"

LINK: Final[Mapping[str, Any]] = {
    "real_time_scheduling": {
        "real_time_scheduling_id": "sch_1",
        "url": "https://app.test/rts/abc",
        "status": "open",
        "event": {
            "event_id": "e",
            "summary": "s",
            "tzid": "Europe/London",
            "start": "2030-01-01T10:00:00Z",
            "end": "2030-01-01T11:00:00Z",
        },
    }
}
LAST_PAGE: Final[Mapping[str, Any]] = {
    "capacity": 5,
    "registered_count": 1,
    "total_count": 1,
    "registrations": [{"registration_id": "r2", "status": "accepted", "metadata": {"a": "b"}}],
    "pages": {"current": 2, "total": 2, "next_page": ""},
}
BATCH: Final[Mapping[str, Any]] = {
    "batch": [
        {"status": 202},
        {"status": 422, "headers": {"X-A": "b"}, "data": {"errors": {"event_id": [{"key": "k", "description": "d"}]}}},
    ]
}
TOKENS: Final[Mapping[str, Any]] = {
    "access_token": NEW_ACCESS,
    "refresh_token": "canary0new0refresh",
    "token_type": "bearer",
    "expires_in": 3600,
    "scope": "read_write",
    "sub": "acc_1",
}
CREATE: Final[Mapping[str, Any]] = {
    "oauth": {"redirect_uri": "https://app.test/done"},
    "event": {"event_id": "e", "summary": "s", "tzid": "Europe/London"},
    "availability": {
        "participants": [{"members": [{"sub": "acc_1"}], "required": "all"}],
        "required_duration": {"minutes": 60},
        "query_periods": [{"start": "2030-01-01T09:00:00Z", "end": "2030-01-01T18:00:00Z"}],
    },
}


@attrs.frozen
class CallKind:
    """A kind of call.

    Attributes:
        attacked_request: The method and path of the request that gets hostile responses; other requests get valid ones.
        document: The JSON of a valid response to that request.
        secrets: The secrets that a server may echo.
        call: Makes the call.
        is_result: Whether a value has the type of a result.
        is_repeatable: Whether its POST may be sent twice.
    """

    attacked_request: tuple[str, str]
    document: Mapping[str, Any]
    secrets: str
    call: Callable[[CronofyClient], Awaitable[Any]]
    is_result: Callable[[Any], bool]
    is_repeatable: bool = False

    @property
    def body(self) -> bytes:
        return body_of({**self.document, "echo": self.secrets})


def body_of(document: object) -> bytes:
    return json.dumps(document).encode()


async def _registrations(cronofy: CronofyClient) -> list[Registration]:
    return [registration async for registration in cronofy.bookable_events.registrations("yoga")]


async def _account(cronofy: CronofyClient) -> Any:
    tokens = Tokens(sub="acc_1", access_token=ACCESS, refresh_token=REFRESH)
    return await cronofy.account(tokens).request("GET", "/v1/userinfo")


async def _batch(cronofy: CronofyClient) -> list[Exception | None]:
    account = cronofy.account(access_token=ACCESS)
    async with account.batch() as batch:
        for event_id in ("a", "b"):
            batch.add(account.events.delete("cal_1", event_id=event_id))
    return [handle.error for handle in batch]


async def _download(cronofy: CronofyClient) -> list[bytes]:
    """Read the beginning of a file: some never end."""
    url = f"{cronofy._sender.config.hosts.api}{FILE}"  # pyright: ignore[reportPrivateUsage]
    parts: list[bytes] = []
    async with cronofy.meeting_agents.download_resource(url) as download:
        async for part in download:
            parts.append(part)
            if len(parts) == MAX_PARTS:
                break
    return parts


OURS: Final = f"{CLIENT_SECRET} {PREVIOUS}"
LINKS: Final = "/v1/real_time_scheduling"
PAGE: Final = "/v1/bookable_events/yoga/registrations/pages/2"
FILE: Final = "/v1/meeting_agents/resources/mar_1"
STORAGE: Final = "/storage/1"
MAX_PARTS: Final = 20

KINDS: Final[Mapping[str, CallKind]] = {
    "read": CallKind(
        ("GET", f"{LINKS}/sch_1"),
        LINK,
        OURS,
        lambda cronofy: cronofy.real_time_scheduling.status("sch_1"),
        lambda result: isinstance(result, SchedulingLink),
    ),
    "create": CallKind(
        ("POST", LINKS),
        LINK,
        OURS,
        lambda cronofy: cronofy.real_time_scheduling.create(**CREATE),
        lambda result: isinstance(result, CreatedLink),
    ),
    "pages": CallKind(
        ("GET", PAGE),
        LAST_PAGE,
        OURS,
        _registrations,
        lambda result: is_array(result) and all(isinstance(item, Registration) for item in result),
    ),
    "batch": CallKind(
        ("POST", "/v1/batch"),
        BATCH,
        f"{OURS} {ACCESS}",
        _batch,
        lambda result: is_array(result) and all(error is None or isinstance(error, CronofyError) for error in result),
        is_repeatable=True,
    ),
    "raw": CallKind(
        ("GET", "/v1/anything"),
        LINK,
        OURS,
        lambda cronofy: cronofy.request("GET", "/v1/anything"),
        lambda result: result is None or isinstance(result, dict | list | str | int | float | bool),
    ),
    "refresh": CallKind(
        ("POST", "/oauth/token"),
        TOKENS,
        f"{OURS} {ACCESS} {REFRESH}",
        _account,
        lambda result: result == {"sub": "acc_1"},
    ),
}
#: The call whose second request, the one to the storage, accepts any body.
DOWNLOAD: Final = CallKind(("GET", STORAGE), LINK, "", _download, lambda result: is_array(result) and all(result))


def valid_response(received: Received) -> list[Step]:
    """Respond as Cronofy does. All access tokens except the refreshed one have expired."""
    path = received.target
    if path == "/v1/userinfo":
        fresh = received.headers["authorization"] == f"Bearer {NEW_ACCESS}"
        return [reply(body_of({"sub": "acc_1"}), ECHO)] if fresh else [reply(status="401 Unauthorized")]
    if path == "/v1/bookable_events/yoga":
        page = {**LAST_PAGE, "pages": {"next_page": f"http://{received.headers['host']}{PAGE}"}}
        event = {"bookable_event_id": "yoga", "start": "2030-01-01T10:00:00Z", "end": "2030-01-01T11:00:00Z"}
        return [reply(body_of({**event, "status": "confirmed", "registration": page}))]
    if path == FILE:
        return [reply(b"", f"Location: {STORAGE}", status="302 Found")]
    if path == STORAGE:
        return [reply(DOWNLOAD.body)]
    (document,) = {
        str(kind.document): kind.document for kind in KINDS.values() if kind.attacked_request[1] == path
    }.values()
    return [reply(body_of(document), ECHO)]


#: Seconds within which every call must end.
MAX_SECONDS: Final = 30


class QuickLimiter(WindowLimiter):
    """A limiter that pauses only briefly after a 429, and keeps its rate."""

    _INITIAL_PAUSE = 0.001
    _MAX_PAUSE = 0.001
    _MAX_RETRY_AFTER = 0.001
    _MIN_CEILING = 1.0

    @property
    def in_flight(self) -> int:
        """The permits of requests that have not ended."""
        return len(self._permits_in_use)

    @property
    def waiting(self) -> int:
        """The requests that wait for a permit."""
        return sum(map(len, self._queues.values()))


@asynccontextmanager
async def attack(script: Script, **options: Any) -> AsyncGenerator[tuple[CronofyClient, Server, QuickLimiter]]:
    """Run a server, and a client with every layer of its chain that sends to it; both are closed at the end.

    No socket of the client may be left then.
    """
    limiter = QuickLimiter(RateLimit(per_second=100_000, per_minute=1_000_000), LoopClock())
    settings: dict[str, Any] = {
        "client_id": "client",
        "client_secret": CLIENT_SECRET,
        "previous_secrets": [PREVIOUS],
        "rate_limit": limiter,
        "retry": RetryPolicy(attempts=2, base=0, max_retry_after=0.01),
        "timeout": Timeout(attempt=20, total=40),
    }
    async with Server(script) as server:
        async with CronofyClient(base_url=server.url, **(settings | options)) as cronofy:
            yield cronofy, server, limiter
        await server.all_closed()


async def outcome_of(call: Awaitable[Any]) -> Any:
    """Await a call, and return its result or its ``CronofyError``. Any other exception fails the test."""
    async with asyncio.timeout(MAX_SECONDS):
        try:
            return await call
        except CronofyError as error:
            return error


def assert_nothing_left(limiter: QuickLimiter, caplog: pytest.LogCaptureFixture) -> None:
    """Check that the calls left no permits, waiters, tasks, or asyncio warnings."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    assert not tasks
    assert limiter.in_flight == 0
    assert limiter.waiting == 0
    records: Iterable[logging.LogRecord] = caplog.get_records("call")
    assert [
        record.getMessage() for record in records if record.name == "asyncio" and record.levelno >= logging.WARNING
    ] == []
