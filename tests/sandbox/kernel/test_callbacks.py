"""Callbacks: their bodies, signatures, and receivers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from aiohttp import web
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient

from cronofy_async.sandbox import Account, Delivery, Sandbox
from cronofy_async.sandbox.kernel.callbacks import callbacks as module

from ..callbacks import APP, HOOK, Receiver, book_link, signature
from ..support import NOW, create


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


# The signature.


async def test_the_raw_body_is_signed(sandbox: Sandbox, ada: Account) -> None:
    ident = await create(
        sandbox, ada, callback_url=HOOK, event={"event_id": "é", "summary": "Größe ☺", "tzid": "Etc/UTC"}
    )
    booking = await sandbox.book(ident)
    assert "Größe ☺".encode() in booking.delivery.body
    assert booking.delivery.headers["Cronofy-HMAC-SHA256"] == signature(booking.delivery.body, "sbx_secret")
    assert booking.delivery.headers["Content-Type"] == "application/json; charset=utf-8"


async def test_there_is_a_signature_for_each_secret() -> None:
    async with Sandbox(now=NOW, client_secret="pDY0Oi7TJSP2hfNmZNkm5", more_secrets=("b", "ç")) as sandbox:
        delivery = await book_link(sandbox, sandbox.add_account("ada@example.com"))
    assert delivery.headers["Cronofy-HMAC-SHA256"].split(",") == [
        signature(delivery.body, secret) for secret in ("pDY0Oi7TJSP2hfNmZNkm5", "b", "ç")
    ]


def test_signatures_match_the_documented_example() -> None:
    """A known signature, for the function that the tests above use."""
    known = "6r2/HjBkqymGegX0wOfifieeUXbbHwtV/LohHS+jv6c="
    assert signature(b'{"example":"well-known"}', "pDY0Oi7TJSP2hfNmZNkm5") == known


# Receivers in process.


@pytest.mark.parametrize(("answer", "status"), [(None, 200), (204, 204), (500, 500), ("ignored", 200)])
@pytest.mark.parametrize("is_async", [False, True])
async def test_callbacks_to_a_function(
    sandbox: Sandbox, ada: Account, answer: Any, status: int, is_async: bool
) -> None:
    receiver = Receiver(answer)

    async def coroutine(delivery: Delivery) -> Any:
        await asyncio.sleep(0)
        return receiver(delivery)

    sandbox.mount(APP, coroutine if is_async else receiver)
    delivery = await book_link(sandbox, ada)
    assert receiver.seen == [delivery]
    assert (delivery.outcome, delivery.status, delivery.problem) == ("answered", status, None)
    assert (delivery.url, delivery.at) == (HOOK, NOW)


async def test_callbacks_to_an_asgi_application(sandbox: Sandbox, ada: Account) -> None:
    app = FastAPI()
    seen: list[Any] = []

    @app.post("/hooks/{name}")
    async def hook(name: str, candidate: int, request: Request) -> Response:
        body = await request.body()
        seen.append((name, candidate, body, request.headers["cronofy-hmac-sha256"], request.scope["raw_path"]))
        return Response(status_code=202)

    sandbox.mount(APP, app)
    delivery = await book_link(sandbox, ada, f"{APP}/hooks/r%C3%A4ts?candidate=7")
    assert (delivery.outcome, delivery.status) == ("answered", 202)
    assert seen == [
        (
            "räts",
            7,
            delivery.body,
            delivery.headers["Cronofy-HMAC-SHA256"],
            b"/hooks/r%C3%A4ts",
        )
    ]
    assert (await book_link(sandbox, ada, f"{APP}/elsewhere")).status == 404


@pytest.mark.parametrize(
    ("url", "port"), [(APP, 443), ("http://app.example.com", 80), ("http://app.example.com:8080", 8080)]
)
async def test_the_scope_of_an_asgi_application(sandbox: Sandbox, ada: Account, url: str, port: int) -> None:
    scopes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)
        await receive()
        second = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        assert not second.done()  # the connection stays open
        second.cancel()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    sandbox.mount(url, app)
    delivery = await book_link(sandbox, ada, f"{url.replace('//', '//user:pass@')}")
    assert (delivery.outcome, delivery.problem) == ("answered", None)
    (scope,) = scopes
    assert (scope["method"], scope["path"], scope["server"]) == ("POST", "/", ("app.example.com", port))
    assert dict(scope["headers"])[b"host"] == url.partition("//")[2].encode()


def aiohttp_app(handler: Callable[[web.Request], Awaitable[web.Response]]) -> web.Application:
    app = web.Application()
    app.router.add_post("/hooks/rts", handler)
    return app


async def test_callbacks_to_an_aiohttp_application(sandbox: Sandbox, ada: Account) -> None:
    seen: list[Any] = []

    async def hook(request: web.Request) -> web.Response:
        seen.append((request.query["candidate"], await request.read(), request.host))
        return web.Response(status=202)

    sandbox.mount(APP, aiohttp_app(hook))
    first, second = await book_link(sandbox, ada), await book_link(sandbox, ada)
    assert [first.status, second.status] == [202, 202]
    assert seen == [("7", first.body, "app.example.com"), ("7", second.body, "app.example.com")]
    assert (await book_link(sandbox, ada, f"{APP}/other")).status == 404


@pytest.mark.parametrize("url", ["https://APP.example.com:443/hook", "https://user:pass@app.example.com/hook"])
async def test_spellings_of_one_origin_are_equal(sandbox: Sandbox, ada: Account, url: str) -> None:
    receiver = Receiver()
    sandbox.mount("https://app.example.com/ignored", receiver)
    assert (await book_link(sandbox, ada, url)).outcome == "answered"
    assert len(receiver.seen) == 1


async def test_an_origin_requires_a_scheme(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match=r"^origin: must be a URL such as https://app\.example\.com$"):
        sandbox.mount("app.example.com", Receiver())


async def test_an_invalid_target_is_rejected(sandbox: Sandbox) -> None:
    with pytest.raises(TypeError, match=r"^target: must be an ASGI application, .*, got 5$"):
        sandbox.mount(APP, cast("Any", 5))


# Receivers over HTTP.


@asynccontextmanager
async def listening(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncGenerator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_callbacks_to_this_machine(sandbox: Sandbox, ada: Account, host: str) -> None:
    seen: list[Any] = []

    async def hook(request: web.Request) -> web.Response:
        seen.append((request.method, request.raw_path, request.host, dict(request.headers), await request.read()))
        return web.Response(status=204)

    async with listening(hook) as numeric:
        place = numeric.replace("127.0.0.1", host)
        delivery = await book_link(sandbox, ada, f"http://{place}/hook?ref=a%2Fb")
    assert (delivery.outcome, delivery.status, delivery.problem) == ("answered", 204, None)
    ((method, target, seen_host, headers, body),) = seen
    assert (method, target, seen_host, body) == ("POST", "/hook?ref=a%2Fb", place, delivery.body)
    assert dict(delivery.headers).items() <= headers.items()


async def test_a_redirect_is_a_response(sandbox: Sandbox, ada: Account) -> None:
    """Following it could lead to another machine."""
    seen: list[str] = []

    async def hook(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    async with listening(hook) as place:
        delivery = await book_link(sandbox, ada, f"http://{place}/hook")
    assert (delivery.outcome, delivery.status) == ("answered", 307)
    assert seen == ["/hook"]


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example.com/hook",
        "http://192.168.0.1/hook",
        "http://10.0.0.1:8080/hook",
        "http://0.0.0.0/hook",
        "http://localhost.example.com/hook",
        "http://127.0.0.1.example.com/hook",
        "http://127.0.0.1@app.example.com/hook",
        "http://[2001:db8::1]/hook",
        "http://2130706433/hook",
    ],
)
async def test_remote_origins_are_never_contacted(
    sandbox: Sandbox, ada: Account, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def contact(*_: Any) -> None:
        pytest.fail("contacted")

    monkeypatch.setattr(module, "post", contact)
    monkeypatch.setattr(module, "deliver_in_process", contact)
    sandbox.mount("https://other.example.com", Receiver())
    delivery = await book_link(sandbox, ada, url)
    assert (delivery.outcome, delivery.status) == ("refused", None)
    assert delivery.problem is not None
    assert "Mount an application with mount(" in delivery.problem


@pytest.mark.parametrize("url", ["http://[::1]:80/x", "http://127.8.9.10/x?a=%2F", "https://localhost:8443/x"])
async def test_every_loopback_address_is_contacted(
    sandbox: Sandbox, ada: Account, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    contacted: list[str] = []

    async def post(_: Delivery, to: str) -> None:
        contacted.append(to)

    monkeypatch.setattr(module, "post", post)
    await book_link(sandbox, ada, url)
    assert contacted == [url]


# Failures.


async def test_an_application_that_raises(sandbox: Sandbox, ada: Account) -> None:
    def broken(delivery: Delivery) -> None:
        raise RuntimeError("my own problem")

    async def silent(scope: Any, receive: Any, send: Any) -> None:
        return

    async def half(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("then it broke")

    for target, problem in (
        (broken, "RuntimeError: my own problem"),
        (silent, "RuntimeError: the application sent no response"),
        (half, "RuntimeError: then it broke"),
    ):
        sandbox.mount(APP, target)
        delivery = await book_link(sandbox, ada)
        assert (delivery.outcome, delivery.status, delivery.problem) == ("failed", None, problem)


async def test_a_refused_connection(sandbox: Sandbox, ada: Account) -> None:
    async def hook(_: web.Request) -> web.Response:
        pytest.fail("closed")

    async with listening(hook) as place:
        pass
    delivery = await book_link(sandbox, ada, f"http://{place}/hook")
    assert (delivery.outcome, delivery.status) == ("failed", None)
    assert delivery.problem is not None
    assert delivery.problem.startswith("ClientConnectorError")
    assert sandbox.links[-1].state == "completed"  # the link is booked nevertheless


async def test_a_broken_connection(sandbox: Sandbox, ada: Account) -> None:
    async def hook(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with listening(hook) as place:
        delivery = await book_link(sandbox, ada, f"http://{place}/hook")
    assert (delivery.outcome, delivery.status) == ("failed", None)


async def test_an_invalid_url(sandbox: Sandbox, ada: Account) -> None:
    delivery = await book_link(sandbox, ada, "http://[:::]/hook")
    assert delivery.outcome == "failed"


async def test_a_slow_application_times_out(sandbox: Sandbox, ada: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESPONSE_TIMEOUT", 0)
    ended: list[bool] = []

    async def slow(delivery: Delivery) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    sandbox.mount(APP, slow)
    delivery = await book_link(sandbox, ada)
    assert (delivery.outcome, delivery.status, delivery.problem) == ("failed", None, "no response within 0 s")
    assert ended == [True]


async def test_a_slow_application_times_out_over_http(
    sandbox: Sandbox, ada: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RESPONSE_TIMEOUT", 0.05)
    closing = asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        await closing.wait()
        return web.Response()

    async with listening(slow) as place:
        delivery = await book_link(sandbox, ada, f"http://{place}/hook")
        closing.set()
    assert (delivery.outcome, delivery.problem) == ("failed", "no response within 0.05 s")


# Faults.


async def test_a_callback_can_be_lost(sandbox: Sandbox, ada: Account) -> None:
    receiver = Receiver()
    sandbox.mount(APP, receiver)
    fault = sandbox.faults.add("callback", reset="before", times=1)
    assert (await book_link(sandbox, ada)).outcome == "lost"
    assert receiver.seen == []
    assert (await book_link(sandbox, ada)).outcome == "answered"
    assert fault.hits == 1


async def test_the_response_to_a_callback_can_be_lost(sandbox: Sandbox, ada: Account) -> None:
    receiver = Receiver()
    sandbox.mount(APP, receiver)
    sandbox.faults.add("callback", reset="after")
    delivery = await book_link(sandbox, ada)
    assert len(receiver.seen) == 1
    assert (delivery.outcome, delivery.status) == ("failed", None)
    assert delivery.problem == "the response was lost because of a fault"


async def test_a_callback_can_be_delayed(sandbox: Sandbox, ada: Account) -> None:
    times: list[Any] = []
    sandbox.mount(APP, lambda _: times.append(sandbox.clock.now()))
    sandbox.faults.add("callback", latency=60)
    delivery = await book_link(sandbox, ada)
    assert delivery.at == NOW
    assert [(moment - NOW).total_seconds() for moment in times] == [60]


async def test_faults_of_requests_do_not_apply_to_callbacks(sandbox: Sandbox, ada: Account) -> None:
    sandbox.mount(APP, Receiver())
    ident = await create(sandbox, ada, callback_url=HOOK)
    fault = sandbox.faults.add("*", status=503, times=1)
    booking = await sandbox.book(ident)
    assert booking.delivery.outcome == "answered"
    assert fault.hits == 0


async def test_redelivery_is_byte_for_byte_and_recorded(sandbox: Sandbox, ada: Account) -> None:
    receiver = Receiver()
    sandbox.faults.add("callback", reset="before", times=1)
    lost = await book_link(sandbox, ada)
    sandbox.mount(APP, receiver)
    sandbox.clock.advance(hours=1)
    again = await sandbox.redeliver(lost)
    assert again is not lost
    assert (lost.outcome, again.outcome) == ("lost", "answered")
    assert (again.body, again.headers, again.url) == (lost.body, lost.headers, lost.url)
    assert (again.at - lost.at).total_seconds() == 3600
    assert sandbox.deliveries == [lost, again]
    assert json.loads(receiver.seen[0].body) == lost.json


async def test_secrets_are_hidden(sandbox: Sandbox, ada: Account) -> None:
    delivery = await book_link(sandbox, ada)
    assert delivery.headers["Cronofy-HMAC-SHA256"] not in repr(delivery)


# Faults of applications under test.


async def test_callbacks_to_a_test_client(sandbox: Sandbox, ada: Account) -> None:
    app = FastAPI()
    seen: list[str] = []

    @app.post("/hooks/rts")
    def hook(request: Request) -> Response:
        seen.append(str(request.url))
        return Response(status_code=204)

    sandbox.mount(APP, TestClient(app))
    delivery = await book_link(sandbox, ada)

    assert (delivery.outcome, delivery.status, delivery.problem) == ("answered", 204, None)
    assert seen == [HOOK]
