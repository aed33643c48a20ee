"""Failures of every kind, over real sockets. No exception contains a secret, not even in the variables of its frames."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from cronofy_async import (
    AuthorizationRevoked,
    BadRequest,
    ClientClosedError,
    ConfigurationError,
    ConnectError,
    CronofyClient,
    DeadlineExceeded,
    DecodeError,
    Failed,
    MemoryTokenStore,
    RateLimit,
    RateLimitTooLong,
    RequestTimeout,
    ResponseLost,
    ResponseTooLarge,
    RetryPolicy,
    ServerError,
    Timeout,
    Tokens,
    TokensNotSaved,
    TokensUnknown,
    preload,
)
from cronofy_async.http import RawResponse, Request
from cronofy_async.middleware import Handler
from cronofy_async.transports.aiohttp import AiohttpTransport

from .test_secrets import ACCESS, CLIENT_SECRET, LINK, PREVIOUS, REFRESH, SECRETS, Watch, watch

preload()  # pytest rewrites modules, which fails if one is imported at the limit of recursion

__all__ = ["watch"]  # the fixture

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[object]]

EVERYTHING = " ".join(SECRETS)
UNAUTHORIZED = b"HTTP/1.1 401 X\r\nContent-Length: 0\r\n\r\n"


def http(body: bytes, status: int = 200, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@asynccontextmanager
async def server(*responses: bytes | None) -> AsyncGenerator[str]:
    """Send the given bytes in response to one request after another, the last ones repeatedly. ``None`` sends nothing."""
    remaining = list(responses)
    connections: dict[asyncio.Task[Any], asyncio.StreamWriter] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections[task] = writer
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                length = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
                await reader.readexactly(length)
                response = remaining.pop(0) if len(remaining) > 1 else remaining[0]
                if response is None:
                    await reader.read()
                    break
                writer.write(response)
                if not response.startswith(b"HTTP/1.1") or b"Content-Length: 999" in response:
                    break
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    for writer in connections.values():
        writer.close()
    await asyncio.gather(*connections, *(writer.wait_closed() for writer in connections.values()))


def client(url: str, **options: Any) -> CronofyClient:
    settings: dict[str, Any] = {"retry": None, "client_secret": CLIENT_SECRET, "previous_secrets": [PREVIOUS]}
    return CronofyClient(client_id="client", base_url=url, **(settings | options))


#: Calls that send secrets at every position: in the query, body, and headers, and with several credentials.
CALLS: dict[str, Callable[[CronofyClient], Awaitable[Any]]] = {
    "query": lambda cronofy: cronofy.real_time_scheduling.status_by_token(LINK),
    "raw query": lambda cronofy: cronofy.request("GET", "/v1/x", query={"token": [LINK, ACCESS]}),
    "body": lambda cronofy: cronofy.request(
        "POST", "/v1/x", json={"refresh_token": REFRESH, "more": [{"token": LINK}]}
    ),
    "batch": lambda cronofy: cronofy.request(
        "POST", "/v1/batch", json={"batch": [{"data": {"url": LINK, "code": ACCESS}}]}
    ),
    "credential": lambda cronofy: cronofy.request("POST", "/oauth/token", json={"code": LINK}, credential="body"),
    "exchange": lambda cronofy: cronofy.oauth.exchange(LINK, redirect_uri="https://app.test"),
    "account": lambda cronofy: account(cronofy).request("GET", "/v1/userinfo"),
    "headers": lambda cronofy: account(cronofy).request("GET", "/v1/userinfo").with_options(headers={"X-A": "b"}),
}
#: The secrets that a server receives with each call.
KNOWN = {
    "query": [LINK],
    "raw query": [LINK, ACCESS],
    "body": [REFRESH, LINK],
    "batch": [LINK, ACCESS],
    "credential": [LINK],
    "exchange": [LINK],
    "account": [ACCESS, REFRESH],
    "headers": [ACCESS, REFRESH],
}


def account(cronofy: CronofyClient) -> Any:
    return cronofy.account(Tokens(sub="acc_1", access_token=ACCESS, refresh_token=REFRESH))


BROKEN: dict[str, tuple[Callable[[str], bytes | None], type[Exception]]] = {
    "header": (lambda text: f"HTTP/1.1 200 OK\r\nbroken {text}\r\n\r\n".encode(), ResponseLost),
    "no http": (lambda text: f"{text}\r\n\r\n".encode(), ResponseLost),
    "cut": (lambda text: f"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{text}".encode(), ResponseLost),
    "gzip": (lambda text: http(text.encode(), 200, "Content-Encoding: gzip"), ResponseLost),
    "silence": (lambda _: None, RequestTimeout),
    "large": (lambda _: http(gzip.compress(bytes(10**6)), 200, "Content-Encoding: gzip"), ResponseTooLarge),
    "larger": (lambda _: http(bytes(10**6)), ResponseTooLarge),
    "no json": (lambda text: http(text.encode()), DecodeError),
    "cut json": (lambda text: http(json.dumps({"url": "x", "x": text}).encode()[:-1]), DecodeError),
    "refused": (lambda text: http(json.dumps({"error": "e", "x": text}).encode(), 400), BadRequest),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(("make", "error"), BROKEN.values(), ids=BROKEN)
async def test_failing_responses(
    make: Callable[[str], bytes | None], error: type[Exception], name: str, watch: Watch
) -> None:
    response = make(" ".join([CLIENT_SECRET, PREVIOUS, *KNOWN[name]]))
    timeout = Timeout(attempt=0.1) if response is None else Timeout()
    async with (
        AiohttpTransport(max_response=10_000) as transport,
        server(response) as url,
        client(url, transport=transport, timeout=timeout) as cronofy,
    ):
        with pytest.raises(error) as caught:
            await CALLS[name](cronofy)
        watch.check(caught.value)


async def cancel_by_timeout(cronofy: CronofyClient, call: Callable[[CronofyClient], Awaitable[Any]]) -> None:
    async with asyncio.timeout(0.05):
        await call(cronofy)


async def close(cronofy: CronofyClient, call: Callable[[CronofyClient], Awaitable[Any]]) -> None:
    task = asyncio.ensure_future(call(cronofy))
    await asyncio.sleep(0.05)
    await cronofy.aclose()
    await task


async def cancel(cronofy: CronofyClient, call: Callable[[CronofyClient], Awaitable[Any]]) -> None:
    task = asyncio.ensure_future(call(cronofy))
    await asyncio.sleep(0.05)
    task.cancel()
    await task


async def miss_deadline(cronofy: CronofyClient, call: Callable[[CronofyClient], Awaitable[Any]]) -> None:
    await call(cronofy.with_options(timeout=0.05))


async def in_a_group(cronofy: CronofyClient, call: Callable[[CronofyClient], Awaitable[Any]]) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(miss_deadline(cronofy, call))
        group.create_task(close(cronofy.with_options(), CALLS["query"]))


ENDS: list[tuple[Any, type[BaseException]]] = [
    (cancel_by_timeout, TimeoutError),
    (close, ClientClosedError),
    (cancel, asyncio.CancelledError),
    (miss_deadline, DeadlineExceeded),
    (in_a_group, ExceptionGroup),
]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(("end", "error"), ENDS, ids=[end.__name__ for end, _ in ENDS])
async def test_calls_that_are_stopped(
    end: Any, error: type[BaseException], call: Callable[[CronofyClient], Awaitable[Any]], watch: Watch
) -> None:
    async with server(None) as url, client(url) as cronofy:
        with pytest.raises(error) as caught:
            await end(cronofy, call)
        watch.check(caught.value)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_a_failed_connection(call: Callable[[CronofyClient], Awaitable[Any]], watch: Watch) -> None:
    with socket.socket() as bound_socket:
        bound_socket.bind(("127.0.0.1", 0))  # and does not listen
        async with client(f"http://127.0.0.1:{bound_socket.getsockname()[1]}", retry=RetryPolicy(base=0)) as cronofy:
            with pytest.raises(ConnectError) as caught:
                await call(cronofy)
            watch.check(caught.value)
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)  # as text only


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_a_missing_permit(call: Callable[[CronofyClient], Awaitable[Any]], watch: Watch) -> None:
    limit = RateLimit(per_minute=1, max_wait=0.001)
    async with server(http(b"{}")) as url, client(url, rate_limit=limit) as cronofy:
        await cronofy.request("GET", "/v1/x")
        with pytest.raises(RateLimitTooLong) as caught:
            await call(cronofy)
        watch.check(caught.value)


@pytest.mark.parametrize("where", ["per_call", "per_attempt"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_a_failing_middleware(
    where: str, when: str, call: Callable[[CronofyClient], Awaitable[Any]], watch: Watch
) -> None:
    async def failing(request: Request, call_next: Handler) -> RawResponse:
        if when == "after":
            await call_next(request)
        raise LookupError("of a middleware")

    options: dict[str, Any] = {where: [failing]}
    async with server(http(EVERYTHING.encode())) as url, client(url, **options) as cronofy:
        with pytest.raises(LookupError) as caught:
            await call(cronofy)
        watch.check(caught.value)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_a_header_that_cannot_be_sent(call: Callable[[CronofyClient], Awaitable[Any]], watch: Watch) -> None:
    async def breaking(request: Request, call_next: Handler) -> RawResponse:
        return await call_next(request.with_headers({"X-A": "b\r\nc"}))

    async with server(http(b"{}")) as url, client(url, per_attempt=[breaking]) as cronofy:
        with pytest.raises(ValueError, match=r"(?i)header") as caught:
            await call(cronofy)
        watch.check(caught.value)


async def test_a_client_without_credentials(watch: Watch) -> None:
    async with server(http(b"{}")) as url, client(url, client_secret=None) as cronofy:
        for call in (CALLS["query"], CALLS["credential"]):
            with pytest.raises(ConfigurationError) as caught:
                await call(cronofy)
            watch.check(caught.value)


async def test_a_body_that_cannot_hold_the_credential(watch: Watch) -> None:
    async with server(http(b"{}")) as url, client(url) as cronofy:
        with pytest.raises(ValueError, match="must be an object") as caught:
            await cronofy.request("POST", "/oauth/token", json=[{"token": LINK}], credential="body")
        watch.check(caught.value)


# Refreshing.


class Leaking(MemoryTokenStore):
    """A store whose driver includes the given values in its errors, as SQL libraries do."""

    async def swap(self, sub: str, old: Tokens | None, new: Tokens | None) -> bool:
        values = [tokens and (tokens.access_token, tokens.refresh_token) for tokens in (old, new)]
        raise OSError(5, f"could not execute UPDATE with {values}, {REFRESH}")


RENEWED = json.dumps({"access_token": "canary0new0access", "refresh_token": "canary0new0refresh"}).encode()
ECHO = f"{CLIENT_SECRET} {PREVIOUS} {ACCESS} {REFRESH}"
INVALID = http(json.dumps({"error": "invalid_grant", "error_description": ECHO}).encode(), 400)
REFRESHES: dict[str, tuple[bytes | None, dict[str, Any], type[Exception]]] = {
    "refused": (INVALID, {}, AuthorizationRevoked),
    "not saved": (http(RENEWED), {"tokens": Leaking()}, TokensNotSaved),
    "lost": (b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + RENEWED, {}, TokensUnknown),
    "no json": (http(RENEWED[:-1]), {}, TokensUnknown),
    "no token": (http(RENEWED.replace(b"access_token", b"token")), {}, TokensUnknown),
    "silence": (None, {"timeout": Timeout(attempt=0.05)}, TokensUnknown),
    "late": (None, {"timeout": Timeout(total=0.05)}, TokensUnknown),
}


@pytest.mark.parametrize(("response", "options", "error"), REFRESHES.values(), ids=REFRESHES)
async def test_failing_refreshes(
    response: bytes | None, options: dict[str, Any], error: type[Exception], watch: Watch
) -> None:
    async with server(UNAUTHORIZED, response) as url, client(url, **options) as cronofy:
        with pytest.raises(error) as caught:
            await account(cronofy).request("GET", "/v1/userinfo")
        watch.check(caught.value)


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_revocation_that_is_not_saved(is_known: bool, watch: Watch) -> None:
    store = Leaking({"acc_1": Tokens(sub="acc_1", access_token=ACCESS, refresh_token=REFRESH)})
    async with server(http(b"")) as url, client(url, tokens=store) as cronofy:
        if is_known:
            account(cronofy)
        with pytest.raises(TokensNotSaved) as caught:
            await cronofy.oauth.revoke(REFRESH, sub="acc_1")
        watch.check(caught.value)


async def test_a_new_authorization_that_is_not_saved(watch: Watch) -> None:
    tokens = json.dumps({"access_token": ACCESS, "refresh_token": REFRESH, "sub": "acc_1"}).encode()
    async with server(http(tokens)) as url, client(url, tokens=Leaking()) as cronofy:
        watch.check(await cronofy.oauth.exchange(LINK, redirect_uri="https://app.test"))
        with pytest.raises(TokensNotSaved) as caught:
            await cronofy.account(sub="acc_1").request("GET", "/v1/userinfo")
        watch.check(caught.value)


# Pages and bulk.


@pytest.mark.parametrize(
    ("second", "error"),
    [
        (http(f'{{"pages": {CLIENT_SECRET}}}'.encode()), DecodeError),
        (http(json.dumps({"registrations": CLIENT_SECRET}).encode()), DecodeError),
        (http(json.dumps(CLIENT_SECRET).encode(), 500), ServerError),
    ],
    ids=["no json", "no registrations", "an error"],
)
async def test_an_unreadable_page(second: bytes, error: type[Exception], watch: Watch) -> None:
    async with server(second) as url, client(url) as cronofy:
        with pytest.raises(error) as caught:
            async for _ in cronofy.bookable_events.registrations("yoga"):
                pass
        watch.check(caught.value)


async def test_many_calls(watch: Watch) -> None:
    async with server(BROKEN["header"][0](EVERYTHING)) as url, client(url) as cronofy:
        calls: Any = [call(cronofy) for call in CALLS.values()]
        async with cronofy.each(calls) as outcomes:
            errors = [outcome.error async for outcome in outcomes if isinstance(outcome, Failed)]
    assert len(errors) == len(CALLS)
    watch.check(*errors)


@pytest.mark.parametrize("count", [4, 5])
async def test_the_items_of_a_batch(count: int, watch: Watch) -> None:
    secrets = f"{CLIENT_SECRET} {ACCESS} {REFRESH}"
    items = [{"status": status, "data": [secrets], "headers": {"X-A": secrets}} for status in (202, 401, 500, "500")]
    async with server(http(json.dumps({"batch": items}).encode(), 207)) as url, client(url) as cronofy:
        batch = account(cronofy).batch()

        async def send() -> None:
            async with batch:
                for number in range(count):
                    batch.add(account(cronofy).events.delete(f"c{number}", event_id=secrets, include_userinfo=True))

        with contextlib.nullcontext() if count == len(items) else pytest.raises(DecodeError):
            await send()

    errors = [handle.error for handle in batch]
    assert None not in errors
    watch.check(*errors, batch, *batch)
