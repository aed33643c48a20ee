"""Requests, responses and a client on the virtual clock, for tests of calls and their pipeline."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import attrs

from cronofy_async import Call, CronofyClient
from cronofy_async.http import Endpoint, RawResponse, Request, Timeout
from cronofy_async.models import SchedulingLink
from cronofy_async.transports.memory import MemoryTransport

from .virtual_clock import VirtualClock

SECRET = "client-secret-0001"

READ = Endpoint(
    name="things.read", method="GET", path="/v1/things/{id}", response_model=object, auth={"api_key"}, idempotent=True
)
WRITE = Endpoint(
    name="things.write", method="POST", path="/v1/things", response_model=object, auth={"api_key"}, idempotent=False
)

Status = Call[SchedulingLink]
Handler = Callable[[Request], RawResponse | Awaitable[RawResponse]]


def request(endpoint: Endpoint[Any] = READ, **changes: Any) -> Request:
    base = Request(endpoint=endpoint, base_url="https://api.test", target="/v1/things/1", timeout=Timeout())
    return attrs.evolve(base, **changes)


def json_response(data: Any = None, status: int = 200, **headers: str) -> RawResponse:
    body = b"" if data is None else json.dumps(data).encode()
    return RawResponse(
        status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=body
    )


def link(status: str = "open", ident: str = "sch_1") -> dict[str, Any]:
    """Return the body of a response of the status endpoint."""
    return {
        "real_time_scheduling": {
            "real_time_scheduling_id": ident,
            "url": "https://app.test/rts/link-token-0001",
            "status": status,
            "event": {"event_id": "e", "summary": "s"},
        }
    }


def client(handler: Handler, clock: VirtualClock, **options: Any) -> CronofyClient:
    transport = MemoryTransport(handler)
    settings: dict[str, Any] = {
        "client_id": "client-id",
        "client_secret": SECRET,
        "transport": transport,
        "clock": clock,
    }
    return CronofyClient(**(settings | options))


def status(cronofy: CronofyClient) -> Status:
    return cronofy.real_time_scheduling.status("sch_1")


def script(*results: RawResponse | BaseException) -> Handler:
    """Return or raise the given results in order."""
    remaining = iter(results)

    def handler(_: Request) -> RawResponse:
        result = next(remaining)
        if isinstance(result, BaseException):
            raise result
        return result

    return handler


def other_tasks() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks() - {asyncio.current_task()}
