"""The client is closed or calls are canceled at every iteration of the loop during a token refresh: no refresh token is lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from cronofy_async import CronofyClient, MemoryTokenStore, ResponseLost, Tokens, TokensUnknown
from cronofy_async.http import RawResponse, Request

from .support import json_response, other_tasks

OLD = Tokens(access_token="a0", refresh_token="r0", sub="acc_1")
#: More iterations of the loop than a call with a refresh takes.
TURNS = 60


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


class OneTimeTokens:
    """A transport whose server accepts each refresh token once, and whose responses are lost when it is closed."""

    def __init__(self) -> None:
        self.refreshes = 0
        self.closed = False

    @property
    def valid(self) -> str:
        return f"r{self.refreshes}"

    async def send(self, request: Request) -> RawResponse:
        await turns(3)
        if self.closed:
            raise ResponseLost("the transport was closed")
        if request.endpoint.name != "oauth.refresh":
            return json_response({}, 401 if request.headers["Authorization"] == "Bearer a0" else 200)
        if json.loads(request.body or b"")["refresh_token"] != self.valid:
            return json_response({"error": "invalid_grant"}, 400)
        self.refreshes += 1  # the server has replaced the token; from now on its response must arrive
        await turns(5)
        if self.closed:
            raise ResponseLost("the transport was closed")
        return json_response({"access_token": f"a{self.refreshes}", "refresh_token": self.valid})

    async def aclose(self) -> None:
        await asyncio.sleep(0)
        self.closed = True


class SlowStore(MemoryTokenStore):
    """A slow store that can be interrupted."""

    async def load(self, sub: str) -> Tokens | None:
        await turns(2)
        return await super().load(sub)

    async def swap(self, sub: str, old: Tokens | None, new: Tokens | None) -> bool:
        await turns(2)
        swapped = await super().swap(sub, old, new)
        await turns(2)
        return swapped


async def call(cronofy: CronofyClient) -> object:
    return await cronofy.account(sub="acc_1").request("GET", "/v1/userinfo")


async def application(cronofy: CronofyClient) -> object:
    async with cronofy:
        return await call(cronofy)


async def close(cronofy: CronofyClient, turn: int) -> Sequence[object]:
    caller = asyncio.create_task(call(cronofy))
    await turns(turn)
    await cronofy.aclose()
    return await asyncio.gather(caller, return_exceptions=True)


async def close_and_cancel_the_caller(cronofy: CronofyClient, turn: int) -> Sequence[object]:
    caller = asyncio.create_task(call(cronofy))
    await turns(turn)
    closing = asyncio.create_task(cronofy.aclose())
    caller.cancel()
    return await asyncio.gather(caller, closing, return_exceptions=True)


async def close_and_cancel_the_closing(cronofy: CronofyClient, turn: int) -> Sequence[object]:
    caller = asyncio.create_task(call(cronofy))
    await turns(turn)
    closing = asyncio.create_task(cronofy.aclose())
    await turns(turn % 4)
    closing.cancel()
    return await asyncio.gather(caller, closing, return_exceptions=True)


async def close_with_a_grace_and_cancel_the_closing(cronofy: CronofyClient, turn: int) -> Sequence[object]:
    caller = asyncio.create_task(call(cronofy))
    await turns(turn % 20)
    closing = asyncio.create_task(cronofy.aclose(grace=60))
    await turns(turn)
    closing.cancel()
    return await asyncio.gather(caller, closing, return_exceptions=True)


async def cancel_the_caller(cronofy: CronofyClient, turn: int) -> Sequence[object]:
    caller = asyncio.create_task(call(cronofy))
    await turns(turn)
    caller.cancel()
    outcomes = await asyncio.gather(caller, return_exceptions=True)
    await cronofy.aclose()
    return outcomes


async def cancel_inside_async_with(cronofy: CronofyClient, turn: int) -> Sequence[object]:
    main = asyncio.create_task(application(cronofy))
    await turns(turn)
    main.cancel()
    return await asyncio.gather(main, return_exceptions=True)


async def cancel_inside_async_with_again_and_again(cronofy: CronofyClient, turn: int) -> Sequence[object]:
    main = asyncio.create_task(application(cronofy))
    await turns(turn)
    while not main.done():
        main.cancel()
        await asyncio.sleep(0)
    return await asyncio.gather(main, return_exceptions=True)


async def cancel_every_task(cronofy: CronofyClient, turn: int) -> Sequence[object]:
    main = asyncio.create_task(application(cronofy))
    await turns(turn)
    tasks = other_tasks() | {main}
    for task in tasks:
        task.cancel()
    outcomes: list[object] = await asyncio.gather(*tasks, return_exceptions=True)
    return outcomes


HOW: list[Callable[[CronofyClient, int], Awaitable[Sequence[object]]]] = [
    close,
    close_and_cancel_the_caller,
    close_and_cancel_the_closing,
    close_with_a_grace_and_cancel_the_closing,
    cancel_the_caller,
    cancel_inside_async_with,
    cancel_inside_async_with_again_and_again,
    cancel_every_task,
]


@pytest.mark.parametrize("store_type", [MemoryTokenStore, SlowStore])
@pytest.mark.parametrize("end", HOW, ids=[how.__name__ for how in HOW])
async def test_no_refresh_token_is_lost(end: Any, store_type: type[MemoryTokenStore]) -> None:
    """960 runs in total: eight ways to end, two stores, and sixty iterations of the loop."""
    refreshed = 0
    unknown = 0
    for turn in range(TURNS):
        server, store = OneTimeTokens(), store_type({"acc_1": OLD})
        cronofy = CronofyClient(client_id="id", client_secret="secret", transport=server, tokens=store)
        outcomes = await end(cronofy, turn)
        stored = await store.load("acc_1")
        assert stored is not None
        refreshed += server.refreshes
        if stored.refresh_token != server.valid:
            assert end is cancel_every_task, f"lost at turn {turn}"
            assert any(isinstance(outcome, TokensUnknown) for outcome in outcomes), f"lost at turn {turn}"
            unknown += 1
        assert not other_tasks()
    assert 0 < refreshed <= TURNS
    assert (unknown > 0) == (end is cancel_every_task)


async def test_a_refresh_that_was_not_sent_does_not_hold_up_closing() -> None:
    server, store = OneTimeTokens(), MemoryTokenStore({"acc_1": OLD})
    cronofy = CronofyClient(client_id="id", client_secret="secret", transport=server, tokens=store)
    async with store.lock("acc_1"):  # another process is refreshing, and never finishes
        caller = asyncio.create_task(call(cronofy))
        await turns(20)
        await cronofy.aclose()
    await asyncio.gather(caller, return_exceptions=True)
    assert server.refreshes == 0
