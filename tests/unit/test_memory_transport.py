from __future__ import annotations

import asyncio

import pytest

from cronofy_async.errors import ConnectError, RequestTimeout, TransportError
from cronofy_async.http import RawResponse, Request
from cronofy_async.transports import Transport
from cronofy_async.transports.memory import MemoryTransport

from .support import json_response, request
from .virtual_clock import VirtualClock


async def test_a_function_can_respond() -> None:
    transport = MemoryTransport(lambda original: json_response({"target": original.target}))
    original = request()
    assert (await transport.send(original)).body == b'{"target": "/v1/things/1"}'
    assert transport.requests == [original]


async def test_a_coroutine_function_can_respond(clock: VirtualClock) -> None:
    async def handler(_: Request) -> RawResponse:
        await clock.sleep(29)
        return json_response(status=204)

    transport: Transport = MemoryTransport(handler)
    async with clock.auto():
        assert (await transport.send(request())).status == 204
    assert clock.pending == 0


@pytest.mark.parametrize("error", [ConnectError("x"), RequestTimeout("x", sent="no")])
async def test_errors_of_the_handler_are_raised_unchanged(error: TransportError) -> None:
    def handler(_: Request) -> RawResponse:
        raise error

    transport = MemoryTransport(handler)
    with pytest.raises(TransportError) as caught:
        await transport.send(request())
    assert caught.value is error
    assert caught.value.sent == "no"
    assert len(transport.requests) == 1


async def test_a_canceled_request_raises_canceled_error(clock: VirtualClock) -> None:
    transport = MemoryTransport(lambda _: asyncio.get_running_loop().create_future())
    task = asyncio.create_task(transport.send(request()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert clock.pending == 0


async def test_closing_has_no_effect() -> None:
    transport = MemoryTransport(lambda _: json_response())
    await transport.aclose()
    await transport.aclose()
    assert (await transport.send(request())).status == 200
