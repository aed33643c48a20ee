"""Closing, canceling, and both, during a token refresh over real sockets, with refresh tokens that work once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Self

import pytest
from aiohttp import web

from cronofy_async import CronofyClient, MemoryTokenStore, Tokens

OLD = Tokens(access_token="a0", refresh_token="r0", sub="acc_1")


class Server:
    """Replaces the refresh token, and responds after a delay."""

    def __init__(self) -> None:
        self.refreshes = 0
        self.url = ""
        self.processed = asyncio.Event()

    async def refresh(self, request: web.Request) -> web.Response:
        refresh_token = (await request.json())["refresh_token"]
        if refresh_token != f"r{self.refreshes}":
            return web.json_response({"error": "invalid_grant"}, status=400)
        self.refreshes += 1
        self.processed.set()
        await asyncio.sleep(0.05)
        return web.json_response({"access_token": f"a{self.refreshes}", "refresh_token": f"r{self.refreshes}"})

    async def read(self, request: web.Request) -> web.Response:
        stale = request.headers["Authorization"] != f"Bearer a{max(self.refreshes, 1)}"
        return web.json_response({}, status=401 if stale else 200)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/oauth/token", self.refresh)
        app.router.add_get("/v1/userinfo", self.read)
        self.runner = web.AppRunner(app, access_log=None)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.runner.cleanup()


async def application(cronofy: CronofyClient) -> None:
    async with cronofy:
        await cronofy.account(sub="acc_1").request("GET", "/v1/userinfo")


async def close(cronofy: CronofyClient, main: asyncio.Task[None]) -> None:
    await cronofy.aclose()


async def cancel(cronofy: CronofyClient, main: asyncio.Task[None]) -> None:
    main.cancel()


async def cancel_twice(cronofy: CronofyClient, main: asyncio.Task[None]) -> None:
    main.cancel()
    await asyncio.sleep(0.01)
    main.cancel()


async def close_and_cancel(cronofy: CronofyClient, main: asyncio.Task[None]) -> None:
    closing = asyncio.create_task(cronofy.aclose())
    await asyncio.sleep(0.01)
    main.cancel()
    closing.cancel()
    await asyncio.wait([closing])


@pytest.mark.parametrize("end", [close, cancel, cancel_twice, close_and_cancel])
async def test_the_next_process_can_use_the_stored_tokens(end: Callable[..., Awaitable[Any]]) -> None:
    store = MemoryTokenStore({"acc_1": OLD})
    async with Server() as server:
        settings: dict[str, Any] = {"client_id": "i", "client_secret": "s", "base_url": server.url, "tokens": store}
        cronofy = CronofyClient(**settings)
        main = asyncio.create_task(application(cronofy))
        await server.processed.wait()

        await end(cronofy, main)
        await asyncio.wait([main])

        stored = await store.load("acc_1")
        assert stored is not None
        assert (stored.refresh_token, server.refreshes) == ("r1", 1)
        async with CronofyClient(**settings) as following:
            assert await following.account(sub="acc_1").request("GET", "/v1/userinfo") == {}
