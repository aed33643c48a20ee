"""A client on the virtual clock whose transport counts its requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from cronofy_async import (
    CronofyClient,
)
from cronofy_async.http import RawResponse, Request

from .support import SECRET, json_response, link
from .virtual_clock import VirtualClock


@dataclass  # not hashable, and equal to another one
class Transport:
    """A transport that responds to every request after ``seconds``, and counts how often it was closed."""

    clock: VirtualClock
    seconds: float = 0.0
    sent: list[Request] = field(default_factory=list)
    closed: int = 0

    async def send(self, request: Request) -> RawResponse:
        assert not self.closed
        self.sent.append(request)
        await self.clock.sleep(self.seconds)
        return json_response(link())

    async def aclose(self) -> None:
        self.closed += 1


def client_with(transport: Transport, **options: Any) -> CronofyClient:
    """Return a client that owns its transport, and so closes it."""
    with mock.patch("cronofy_async.client._default_transport", return_value=transport):
        return CronofyClient(client_secret=SECRET, clock=transport.clock, **options)


async def get_status(cronofy: CronofyClient) -> str:
    return (await cronofy.real_time_scheduling.status("sch_1")).status
