"""A sandbox in a separate thread, used by code that has an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Generator
from typing import Any

import pytest
from aiohttp import web

from cronofy_async import CronofyClient, ResponseLost
from cronofy_async.sandbox import Account, Delivery, RunningSandbox, Sandbox, SandboxError

from .support import NOW, link_body

APP = "https://app.example.com"
HOOK = f"{APP}/hook"


@pytest.fixture
def sandbox() -> Generator[RunningSandbox]:
    with Sandbox.running(now=NOW, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
def ada(sandbox: RunningSandbox) -> Account:
    return sandbox.add_account("ada@example.com")


async def create(client: CronofyClient, ada: Account) -> str:
    created = await client.real_time_scheduling.create(**link_body(ada, callback_url=HOOK))
    return created.id


# Applications.

Place = tuple[str, asyncio.AbstractEventLoop]


def place() -> Place:
    return threading.current_thread().name, asyncio.get_running_loop()


def asgi(seen: list[Place]) -> Callable[[Any, Any, Any], Awaitable[None]]:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(place())
        await send({"type": "http.response.start", "status": 204, "headers": []})

    return application


def function(seen: list[Place]) -> Callable[[Delivery], Awaitable[int]]:
    async def application(delivery: Delivery) -> int:
        seen.append(place())
        return 204

    return application


@pytest.mark.parametrize("make", [asgi, function])
async def test_an_application_runs_in_the_loop_that_mounted_it(
    sandbox: RunningSandbox, ada: Account, make: Callable[[list[Place]], Any]
) -> None:
    seen: list[Place] = []
    ident = await create(sandbox.client(), ada)
    sandbox.mount(APP, make(seen))
    booking = await asyncio.to_thread(sandbox.book, ident)
    assert booking.delivery.status == 204
    assert seen == [place()]


async def test_a_test_that_does_not_wait_does_not_block_the_application(sandbox: RunningSandbox, ada: Account) -> None:
    called = asyncio.Event()

    async def application(delivery: Delivery) -> None:
        called.set()

    sandbox.mount(APP, application)
    account = sandbox.client().account(access_token=ada.access_token)
    await account.channels.create(HOOK)
    await called.wait()


async def test_an_aiohttp_application_runs_in_the_thread_of_the_sandbox(sandbox: RunningSandbox, ada: Account) -> None:
    seen: list[Place] = []

    async def hook(_: web.Request) -> web.Response:
        seen.append(place())
        return web.Response(status=204)

    application = web.Application()
    application.router.add_post("/hook", hook)
    ident = await create(sandbox.client(), ada)
    sandbox.mount(APP, application)
    assert sandbox.book(ident).delivery.status == 204
    assert [name for name, _ in seen] == ["cronofy-sandbox"]


@pytest.mark.parametrize("make", [asgi, function])
async def test_waiting_in_the_loop_of_the_application_is_an_error(
    sandbox: RunningSandbox, ada: Account, make: Callable[[list[Place]], Any]
) -> None:
    seen: list[Place] = []
    ident = await create(sandbox.client(), ada)
    sandbox.mount(APP, make(seen))

    with pytest.raises(RuntimeError, match=r"blocks that loop\. .*: await asyncio\.to_thread\(sandbox\.book, link\)"):
        sandbox.book(ident)

    (delivery,) = sandbox.deliveries
    assert (delivery.outcome, seen) == ("failed", [])
    again = await asyncio.to_thread(sandbox.redeliver, delivery)
    assert (again.status, seen) == (204, [place()])


async def test_an_application_that_is_mounted_in_the_loop_of_the_sandbox_runs_there(
    sandbox: RunningSandbox, ada: Account
) -> None:
    seen: list[Place] = []
    ident = await create(sandbox.client(), ada)

    async def mount(_: Sandbox) -> None:
        sandbox.mount(APP, function(seen))

    sandbox.run(mount)
    assert sandbox.book(ident).delivery.status == 204
    assert [name for name, _ in seen] == ["cronofy-sandbox"]


async def test_a_failed_assertion_in_the_application_fails_the_test(sandbox: RunningSandbox, ada: Account) -> None:
    async def application(delivery: Delivery) -> None:
        pytest.fail("not this")

    ident = await create(sandbox.client(), ada)
    sandbox.mount(APP, application)
    with pytest.raises(pytest.fail.Exception, match="not this"):
        await asyncio.to_thread(sandbox.book, ident)


def test_an_application_whose_loop_is_closed_is_reported(sandbox: RunningSandbox, ada: Account) -> None:
    async def start() -> str:
        sandbox.mount(APP, function([]))
        return await create(sandbox.client(), ada)

    delivery = sandbox.book(asyncio.run(start())).delivery
    assert delivery.outcome == "failed"
    assert str(delivery.problem).endswith("was mounted is closed. Mount it where it runs.")


# The client.


async def test_a_client_behaves_as_over_http(sandbox: RunningSandbox, ada: Account) -> None:
    async with (
        sandbox.client() as client,
        CronofyClient(client_secret=sandbox.client_secret, base_url=sandbox.url) as over_http,
    ):
        ident = await create(client, ada)
        link = await client.real_time_scheduling.status(ident)
        assert link == await over_http.real_time_scheduling.status(ident)
        assert link.url.startswith(sandbox.url)
    assert len(sandbox.requests) == 3


async def test_faults_reach_a_client(sandbox: RunningSandbox) -> None:
    sandbox.faults.add("real_time_scheduling.create", reset="after")
    with pytest.raises(ResponseLost):
        await sandbox.client().request("POST", "/v1/real_time_scheduling", json={})


async def test_a_canceled_call_is_canceled_in_the_sandbox(sandbox: RunningSandbox) -> None:
    arrived, canceled = threading.Event(), threading.Event()

    async def hang(seconds: float) -> None:
        arrived.set()
        try:
            await asyncio.Event().wait()
        finally:
            canceled.set()

    def slow(sandbox: Sandbox) -> None:
        sandbox.clock.sleep = hang  # type: ignore[method-assign]

    sandbox.run(slow)
    sandbox.faults.add("*.status", latency=1)
    call = asyncio.ensure_future(sandbox.client().real_time_scheduling.status("sch_1"))
    await asyncio.to_thread(arrived.wait)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await asyncio.to_thread(canceled.wait)


async def test_a_client_of_a_stopped_sandbox_raises() -> None:
    with Sandbox.running() as sandbox:
        client = sandbox.client()
    with pytest.raises(SandboxError, match="has stopped"):
        await client.real_time_scheduling.status("sch_1")
