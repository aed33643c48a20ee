from __future__ import annotations

import pytest

from cronofy_async import CronofyClient
from cronofy_async.http import RawResponse, Request

from .support import client, json_response, link
from .virtual_clock import VirtualClock
from .watch_server import LinkServer


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def server(clock: VirtualClock) -> LinkServer:
    return LinkServer(clock)


@pytest.fixture
def sent() -> list[Request]:
    """Return the list to which the fixture ``cronofy`` adds every request that it sends."""
    return []


@pytest.fixture
def cronofy(clock: VirtualClock, sent: list[Request]) -> CronofyClient:
    async def handler(request: Request) -> RawResponse:
        sent.append(request)
        await clock.sleep(0.1)
        return json_response(link(), x_request_id="req-1")

    return client(handler, clock)
