from __future__ import annotations

import asyncio
import gc
import json
import logging
import pickle
import platform
import warnings
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import pytest

import cronofy_async
from cronofy_async import (
    ApiError,
    ClientClosedError,
    ConfigurationError,
    CronofyClient,
    CronofyError,
    DecodeError,
    MemoryTokenStore,
    RateLimit,
    RetryPolicy,
    Timeout,
    Tokens,
    Unauthorized,
    WindowLimiter,
)
from cronofy_async.http import AccountToken, ApiKey, RawResponse, Request
from cronofy_async.middleware import Handler
from cronofy_async.resources.real_time_scheduling import RealTimeScheduling
from cronofy_async.transports.aiohttp import AiohttpTransport
from cronofy_async.transports.memory import MemoryTransport
from cronofy_async.webhooks import sign

from .support import SECRET, answer, client, link, other_tasks, script
from .virtual_clock import VirtualClock, settle


@dataclass  # not hashable, and equal to another one
class Transport:
    """Answers everything, after a while if it is told to, and counts how often it was closed."""

    clock: VirtualClock
    seconds: float = 0.0
    sent: list[Request] = field(default_factory=list)
    closed: int = 0

    async def send(self, request: Request) -> RawResponse:
        assert not self.closed
        self.sent.append(request)
        await self.clock.sleep(self.seconds)
        return answer(link())

    async def aclose(self) -> None:
        self.closed += 1


def using(transport: Transport, **options: Any) -> CronofyClient:
    """A client that made its transport, and so closes it."""
    with mock.patch("cronofy_async.client._default_transport", return_value=transport):
        return CronofyClient(client_secret=SECRET, clock=transport.clock, **options)


async def ask(cronofy: CronofyClient) -> str:
    return (await cronofy.real_time_scheduling.status("sch_1")).status


def setup_of(cronofy: Any) -> Any:
    return cronofy._sender.config


# ---------------------------------------------------------------------------------------------------------------------
# Setting up


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "https://api.cronofy.com/v1/real_time_scheduling/sch_1"),
        ({"data_center": "uk"}, "https://api-uk.cronofy.com/v1/real_time_scheduling/sch_1"),
        ({"base_url": "http://127.0.0.1:8000/"}, "http://127.0.0.1:8000/v1/real_time_scheduling/sch_1"),
        ({"base_url": "http://127.0.0.1:8000/api"}, "http://127.0.0.1:8000/api/v1/real_time_scheduling/sch_1"),
    ],
)
async def test_where_requests_go(clock: VirtualClock, settings: dict[str, Any], url: str) -> None:
    transport = MemoryTransport(lambda _: answer(link()))
    await ask(CronofyClient(client_secret=SECRET, transport=transport, **settings))
    assert [request.url for request in transport.requests] == [url]


@pytest.mark.parametrize("wrong", [{"data_center": "mars"}, {"base_url": "api.cronofy.com"}, {"app_url": "ftp://x"}])
def test_settings_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        CronofyClient(**wrong)


def test_defaults() -> None:
    setup = setup_of(CronofyClient())
    assert isinstance(setup.transport, AiohttpTransport)
    assert setup.timeout == Timeout(connect=10, attempt=30, total=60)
    assert setup.retry == RetryPolicy()
    assert isinstance(setup.limiter, WindowLimiter)
    assert setup.hosts.app == "https://app.cronofy.com"
    assert setup.validate


async def test_the_user_agent(clock: VirtualClock) -> None:
    agent = f"cronofy_async/{cronofy_async.__version__} Python/{platform.python_version()}"
    for app_name, expected in ((None, agent), ("shop/1.2", f"shop/1.2 {agent}")):
        transport = Transport(clock)
        async with clock.auto():
            await ask(using(transport, app_name=app_name))
        headers = transport.sent[0].headers
        assert headers["User-Agent"] == expected
        assert headers["Accept"] == "application/json"
        assert "Content-Type" not in headers


async def test_time_outs(clock: VirtualClock) -> None:
    for timeout, expected in ((7, Timeout(total=7)), (Timeout(attempt=3), Timeout(attempt=3))):
        transport = Transport(clock)
        async with clock.auto():
            await ask(using(transport, timeout=timeout))
        assert transport.sent[0].timeout == expected


async def test_layers_switched_off_or_given(clock: VirtualClock) -> None:
    cronofy = client(script(answer(status=500)), clock, retry=None, rate_limit=None)
    assert cronofy.rate_limiter is None
    with pytest.raises(ApiError) as caught:
        await ask(cronofy)
    assert caught.value.attempts == 1
    limiter = WindowLimiter(RateLimit(), clock)
    assert client(script(), clock, rate_limit=limiter).rate_limiter is limiter


async def test_layers_of_the_user(clock: VirtualClock) -> None:
    log: list[str] = []

    async def per_call(request: Request, call_next: Handler, /) -> RawResponse:
        log.append(f"call {request.headers.get('Authorization')}")
        return await call_next(request)

    async def per_attempt(request: Request, call_next: Handler, /) -> RawResponse:
        log.append(f"attempt {request.attempt} {request.headers.get('Authorization')}")
        return await call_next(request)

    handler = script(answer(status=500), answer(link()))
    cronofy = client(handler, clock, per_call=[per_call], per_attempt=(layer for layer in [per_attempt]))
    async with clock.auto():
        await ask(cronofy)
    assert log == ["call None", f"attempt 1 Bearer {SECRET}", f"attempt 2 Bearer {SECRET}"]


async def test_tokens_come_from_the_store_that_was_given(clock: VirtualClock) -> None:
    store = MemoryTokenStore({"acc_1": Tokens(access_token="stored")})
    cronofy = client(lambda request: answer({"with": request.headers["Authorization"]}), clock, tokens=store)
    assert await cronofy.account(sub="acc_1").request("GET", "/x") == {"with": "Bearer stored"}


async def test_validation_can_be_switched_off(clock: VirtualClock) -> None:
    disabled = link("disabled")
    message = "x" * 501
    with pytest.raises(ValueError, match="display_message"):
        await client(script(), clock).real_time_scheduling.disable("sch_1", display_message=message)
    lax = client(lambda _: answer(disabled), clock, validate=False)
    assert (await lax.real_time_scheduling.disable("sch_1", display_message=message)).status == "disabled"


def test_webhooks_know_the_secrets() -> None:
    cronofy = CronofyClient(client_secret="new", previous_secrets=["old"])
    assert cronofy.webhooks is cronofy.webhooks
    for secret in ("new", "old"):
        signature = sign(b"{}", secret)
        assert cronofy.webhooks.verify(b"{}", {"Cronofy-HMAC-SHA256": signature})


VARIABLES = ("CLIENT_ID", "CLIENT_SECRET", "DATA_CENTER", "DATA_CENTRE", "API_URL", "APP_URL")


def test_from_env(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(f"CRONOFY_{name}", raising=False)
    monkeypatch.setenv("CRONOFY_CLIENT_ID", "id")
    monkeypatch.setenv("CRONOFY_CLIENT_SECRET", SECRET)
    monkeypatch.setenv("CRONOFY_DATA_CENTRE", "de")
    setup = setup_of(CronofyClient.from_env())
    assert (setup.client_id, setup.client_secret, setup.hosts.api) == ("id", SECRET, "https://api-de.cronofy.com")
    setup = setup_of(CronofyClient.from_env(client_id="other", app_name="x"))
    assert (setup.client_id, setup.client_secret, setup.app_name) == ("other", SECRET, "x")
    assert setup_of(CronofyClient()).client_id is None  # the constructor reads no environment


def test_the_repr_has_no_secrets(clock: VirtualClock) -> None:
    cronofy = client(script(), clock, previous_secrets=["previous-secret-0001"])
    account = cronofy.account(access_token="access-token-0001", refresh_token="refresh-token-0001")
    shown = f"{cronofy!r} {account!r} {setup_of(cronofy)!r}"
    assert repr(cronofy) == "CronofyClient(client_id='client-id', base_url='https://api.cronofy.com')"
    for secret in (SECRET, "previous-secret-0001", "access-token-0001", "refresh-token-0001"):
        assert secret not in shown


def test_with_gives_a_hint() -> None:
    cronofy: Any = CronofyClient()
    with pytest.raises(TypeError, match="async with"):
        cronofy.__enter__()


# ---------------------------------------------------------------------------------------------------------------------
# Copies


async def test_a_copy_differs_in_what_it_was_told(clock: VirtualClock) -> None:
    async def other(request: Request, call_next: Handler, /) -> RawResponse:
        return await call_next(request)

    cronofy = client(script(), clock, per_call=[other], per_attempt=[other], timeout=9)
    old, same = setup_of(cronofy), setup_of(cronofy.with_options())
    assert same == old
    changed = cronofy.with_options(
        timeout=5, retry=RetryPolicy(attempts=2), per_call=[], per_attempt=[], validate=False
    )
    setup = setup_of(changed)
    assert (setup.timeout.total, setup.per_call, setup.per_attempt, setup.validate) == (5, (), (), False)
    assert setup.retry == RetryPolicy(attempts=2)
    assert setup_of(cronofy.with_options(retry=False)).retry is None
    assert setup_of(cronofy.with_options(timeout=Timeout(attempt=1))).timeout == Timeout(attempt=1)
    for shared in ("transport", "limiter", "tokens", "clock"):
        assert getattr(setup, shared) is getattr(old, shared)


async def test_a_copy_of_a_subclass_is_one(clock: VirtualClock) -> None:
    class Mine(CronofyClient):
        pass

    assert type(Mine().with_options()) is Mine


async def test_a_client_and_its_copies_have_one_life(clock: VirtualClock) -> None:
    for closing in (0, 1, 2):
        transport = Transport(clock)
        cronofy = using(transport)
        family = [cronofy, cronofy.with_options(timeout=5), cronofy.with_options().with_options(timeout=6)]
        async with clock.auto():
            assert [await ask(one) for one in family] == ["open"] * 3
        await family[closing].aclose()
        assert transport.closed == 1
        for one in family:
            with pytest.raises(ClientClosedError):
                await ask(one)
            await one.aclose()
        assert transport.closed == 1


# ---------------------------------------------------------------------------------------------------------------------
# Closing


async def test_the_context_closes(clock: VirtualClock) -> None:
    transport = Transport(clock)
    async with using(transport) as cronofy, clock.auto():
        assert await ask(cronofy) == "open"
    assert transport.closed == 1
    call = cronofy.real_time_scheduling.status("sch_1")
    with pytest.raises(ClientClosedError, match="the client is closed"):
        await call


async def test_closing_twice(clock: VirtualClock) -> None:
    transport = Transport(clock)
    cronofy = using(transport)
    await cronofy.aclose()
    await cronofy.aclose()
    assert transport.closed == 1


async def test_whoever_made_a_transport_closes_it(clock: VirtualClock) -> None:
    given, made = Transport(clock), Transport(clock)

    await CronofyClient(transport=given, clock=clock).aclose()
    await using(made).aclose()

    assert (given.closed, made.closed) == (0, 1)


async def test_calls_under_way_end_when_the_client_is_closed(clock: VirtualClock) -> None:
    transport = Transport(clock, seconds=5)
    cronofy = using(transport)
    calls = [asyncio.create_task(ask(cronofy)), asyncio.create_task(ask(cronofy.with_options()))]
    await settle()
    await cronofy.aclose()
    assert transport.closed == 1
    for task in calls:
        with pytest.raises(ClientClosedError, match="while the call was in flight"):
            await task
    assert clock.pending == 2  # the alarm of each, which finds nothing to end


async def test_calls_under_way_may_finish(clock: VirtualClock) -> None:
    transport = Transport(clock, seconds=5)
    cronofy = using(transport)
    async with clock.auto():
        calls = [asyncio.create_task(ask(cronofy)) for _ in range(3)]
        await clock.sleep(1)
        await cronofy.aclose(grace=10)
        assert clock.monotonic() == 1005  # no longer than they take
        assert await asyncio.gather(*calls) == ["open"] * 3
    assert transport.closed == 1


async def test_no_new_call_begins_while_the_client_closes(clock: VirtualClock) -> None:
    transport = Transport(clock, seconds=5)
    cronofy = using(transport)
    under_way = asyncio.create_task(ask(cronofy))
    await settle()
    closing = asyncio.create_task(cronofy.aclose(grace=10))
    await settle()
    with pytest.raises(ClientClosedError):
        await ask(cronofy)
    await clock.elapse(5)
    await closing
    assert await under_way == "open"


async def test_calls_that_take_longer_than_the_grace(clock: VirtualClock) -> None:
    transport = Transport(clock, seconds=20)
    cronofy = using(transport)
    async with clock.auto():
        call = asyncio.create_task(ask(cronofy))
        await clock.sleep(1)
        await cronofy.aclose(grace=10)
        assert clock.monotonic() == 1011
        with pytest.raises(ClientClosedError):
            await call
    assert transport.closed == 1


async def test_closing_that_is_cancelled_closes_all_the_same(clock: VirtualClock) -> None:
    transport = Transport(clock, seconds=20)
    cronofy = using(transport)
    call = asyncio.create_task(ask(cronofy))
    await settle()
    closing = asyncio.create_task(cronofy.aclose(grace=10))
    await settle()
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    with pytest.raises(ClientClosedError):
        await call
    assert transport.closed == 1


async def test_a_call_under_way_may_refresh_its_token_while_the_client_closes(clock: VirtualClock) -> None:
    async def handler(request: Request) -> RawResponse:
        await clock.sleep(1)
        if request.endpoint.name == "oauth.refresh":
            return answer({"access_token": "new"})
        return answer({}, 200 if request.headers["Authorization"] == "Bearer new" else 401)

    cronofy = client(handler, clock)
    account = cronofy.account(access_token="old", refresh_token="r")
    async with clock.auto():
        call = asyncio.create_task(account.request("GET", "/x"))
        await clock.sleep(0.5)
        await cronofy.aclose(grace=10)
        assert await call == {}


async def test_tokens_that_are_being_stored_are_waited_for(clock: VirtualClock) -> None:
    class Slow(MemoryTokenStore):
        async def swap(self, sub: str, old: Tokens | None, new: Tokens) -> bool:
            await clock.sleep(5)
            return await super().swap(sub, old, new)

    def handler(request: Request) -> RawResponse:
        return answer({"access_token": "new"}, 200 if request.endpoint.name == "oauth.refresh" else 401)

    store = Slow()
    cronofy = client(handler, clock, tokens=store)
    account = cronofy.account(access_token="old", refresh_token="r", sub="acc_1")
    async with clock.auto():
        call = asyncio.create_task(account.request("GET", "/x"))
        await clock.sleep(1)
        await cronofy.aclose()
        with pytest.raises(ClientClosedError):
            await call
    stored = await store.load("acc_1")
    assert stored is not None
    assert stored.access_token == "new"
    assert not other_tasks()


async def test_a_time_out_of_another_kind_is_not_the_closing(clock: VirtualClock) -> None:
    def handler(_: Request) -> RawResponse:
        return answer(link())

    async def failing(request: Request, call_next: Handler, /) -> RawResponse:
        raise TimeoutError("of a cache")

    with pytest.raises(TimeoutError, match="of a cache"):
        await ask(client(handler, clock, per_call=[failing]))


# ---------------------------------------------------------------------------------------------------------------------
# Accounts


@pytest.mark.parametrize(
    ("how", "authorization"),
    [
        ({"access_token": "a"}, "Bearer a"),
        ({"access_token": "a", "refresh_token": "r"}, "Bearer a"),
        ({"access_token": "a", "sub": "acc_9"}, "Bearer a"),
        ({"tokens": Tokens(access_token="a")}, "Bearer a"),
        ({"tokens": Tokens(access_token="a"), "sub": "acc_9"}, "Bearer a"),
        ({"sub": "acc_1"}, "Bearer stored"),
    ],
)
async def test_ways_to_an_account(clock: VirtualClock, how: dict[str, Any], authorization: str) -> None:
    store = MemoryTokenStore({"acc_1": Tokens(access_token="stored")})
    cronofy = client(lambda request: answer(dict(request.headers)), clock, tokens=store)
    headers = await cronofy.account(**how).request("GET", "/x")
    assert headers["Authorization"] == authorization
    assert "Cronofy-Impersonate" not in headers


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"refresh_token": "r"},
        {"refresh_token": "r", "sub": "acc_1"},
        {"tokens": Tokens(access_token="a"), "access_token": "b"},
        {"tokens": Tokens(access_token="a"), "refresh_token": "r"},
    ],
    ids=str,
)
def test_misuse_of_account(clock: VirtualClock, how: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        client(script(), clock).account(**how)


async def test_an_account_that_the_store_does_not_know(clock: VirtualClock) -> None:
    account = client(script(), clock).account(sub="acc_1")
    with pytest.raises(ConfigurationError, match="acc_1"):
        await account.request("GET", "/x")


async def test_impersonation(clock: VirtualClock) -> None:
    cronofy = client(lambda request: answer(dict(request.headers)), clock)
    unit = cronofy.account(access_token="a", impersonate="acc_7")
    headers = await unit.request("POST", "/x", json={}).with_options(headers={"X-A": "1"})
    assert headers["Cronofy-Impersonate"] == "acc_7"
    assert headers["X-A"] == "1"
    assert headers["Content-Type"] == "application/json; charset=utf-8"


# ---------------------------------------------------------------------------------------------------------------------
# request()


@pytest.mark.parametrize(
    ("path", "query", "target"),
    [
        ("/v1/events", None, "/v1/events"),
        ("/v1/events", {"tzid": "Etc/UTC", "ids": ["a", "b"]}, "/v1/events?tzid=Etc%2FUTC&ids%5B%5D=a&ids%5B%5D=b"),
        ("/v1/events?page=2", None, "/v1/events?page=2"),
        ("/v1/events?page=2", {"x": "1?2"}, "/v1/events?page=2&x=1%3F2"),
        ("/v1/things/a%2Fb", {}, "/v1/things/a%2Fb"),
        ("https://api.cronofy.com/v1/events/pages/abc", None, "/v1/events/pages/abc"),
    ],
)
async def test_paths(clock: VirtualClock, path: str, query: Mapping[str, Any] | None, target: str) -> None:
    cronofy = client(script(), clock)
    request = cronofy.request("GET", path, query=query).request
    assert (request.target, request.credential, request.base_url) == (target, ApiKey(), "https://api.cronofy.com")
    assert request.idempotent
    assert str(request.endpoint) == f"GET {target.partition('?')[0]}"
    account = cronofy.account(access_token="a", sub="acc_1").request("GET", path, query=query).request
    assert (account.target, account.credential) == (target, AccountToken("acc_1"))


@pytest.mark.parametrize(
    "path",
    [
        "v1/events",
        "",
        "//evil.test/v1",
        "https://evil.test/v1",
        "https://api.cronofy.com.evil.test/v1",
        "https://api.cronofy.com@evil.test/v1",
        "https://api.cronofy.com//evil.test/v1",
        "http://api.cronofy.com/v1",
        "/v1/x y",
        "/v1/x\r\nX-Injected: 1",
        "/v1/é",
        "/v1/x#fragment",
    ],
)
async def test_paths_that_are_refused(clock: VirtualClock, path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        await client(script(), clock).request("GET", path)


async def test_bodies_and_answers(clock: VirtualClock) -> None:
    bodies: list[bytes | None] = []

    def handler(request: Request) -> RawResponse:
        bodies.append(request.body)
        return answer({"unknown": [1]}) if request.body else answer(status=202)

    cronofy = client(handler, clock)
    assert await cronofy.request("POST", "/x", json={"a": None}) == {"unknown": [1]}
    assert await cronofy.request("DELETE", "/x") is None
    assert bodies == [b'{"a":null}', None]
    post = cronofy.request("POST", "/x", json={})
    assert not post.request.idempotent


async def test_the_application_in_the_body(clock: VirtualClock) -> None:
    sent: list[Request] = []

    def handler(request: Request) -> RawResponse:
        sent.append(request)
        return answer({"sub": "apc_1"})

    cronofy = client(handler, clock)
    async with clock.auto():
        calendar = {"application_calendar_id": "room-7"}
        assert await cronofy.request("POST", "/v1/application_calendars", json=calendar, credential="body") == {
            "sub": "apc_1"
        }
    assert json.loads(sent[0].body or b"") == {"client_id": "client-id", "client_secret": SECRET, **calendar}
    assert "Authorization" not in sent[0].headers
    assert sent[0].endpoint.auth == {"client_in_body"}


async def test_an_answer_that_is_not_json(clock: VirtualClock) -> None:
    cronofy = client(lambda _: RawResponse(status=200, body=b"<html>"), clock)
    with pytest.raises(DecodeError, match=r"GET /x: .*not JSON"):
        await cronofy.request("GET", "/x")


@pytest.mark.parametrize("status", [301, 302, 304, 400, 418, 599])
async def test_what_is_no_success_is_an_error(clock: VirtualClock, status: int) -> None:
    cronofy = client(lambda _: answer({}, status), clock)
    with pytest.raises(ApiError) as caught:
        await cronofy.request("GET", "/x")
    assert caught.value.status == status


# ---------------------------------------------------------------------------------------------------------------------
# Secrets

CANARIES = {
    "client secret": SECRET,
    "previous secret": "previous-secret-0001",
    "access token": "access-token-0001",
    "refresh token": "refresh-token-0001",
    "link token": "link-token-0001",
}

PLACES: dict[str, Callable[[str], RawResponse]] = {
    "header": lambda secret: answer({}, 500, x_debug=f"got {secret}"),
    "cookie": lambda secret: answer({}, 500, set_cookie=f"session={secret}"),
    "value": lambda secret: answer({"message": f"no such thing: {secret}!"}, 500),
    "key": lambda secret: answer({secret: ["x", {secret: secret}]}, 500),
    "validation": lambda secret: answer({"errors": {secret: [{"key": secret, "description": secret}]}}, 422),
    "oauth": lambda secret: answer({"error": secret, "error_description": secret}, 400),
    "text": lambda secret: RawResponse(status=500, body=f"<html>{secret}".encode()),
    "cut off": lambda secret: RawResponse(status=500, body=f'{{"x": "{secret}'.encode()),
    "unauthorized": lambda secret: answer({"error": secret}, 401),
    "not json": lambda secret: RawResponse(status=200, body=f"<html>{secret}".encode()),
    "does not fit": lambda secret: answer({"real_time_scheduling": {"status": {secret: secret}, secret: secret}}),
}


def all_that_shows(error: BaseException) -> str:
    copy = pickle.loads(pickle.dumps(error))
    chain: list[BaseException] = [error, copy]
    while (cause := chain[-1].__cause__) is not None:
        chain.append(cause)
    shown = [f"{item} {item!r} {vars(item)!r}" for item in chain]
    bodies = [item.response.body for item in chain if isinstance(item, DecodeError) and item.response]
    return "\n".join([*shown, repr(pickle.dumps(error)), *(repr(body) for body in bodies)])


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("canary", CANARIES)
async def test_no_secret_of_an_answer_shows(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture, canary: str, place: str
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = CANARIES[canary]
    cronofy = client(
        lambda _: PLACES[place](secret), clock, previous_secrets=["previous-secret-0001"], retry=RetryPolicy(attempts=2)
    )
    if canary in {"access token", "refresh token"}:
        tokens = Tokens(access_token="access-token-0001", refresh_token="refresh-token-0001")
        call = account_status(cronofy, tokens)
    else:
        call = cronofy.real_time_scheduling.status_by_token("link-token-0001")
    shown = repr(call)
    async with clock.auto():
        with pytest.raises(CronofyError) as caught:
            await call
    shown += all_that_shows(caught.value)
    shown += "".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert caplog.records
    assert secret not in shown
    assert secret not in shown.encode("utf-8", "replace").decode("unicode_escape", "replace")


def account_status(cronofy: CronofyClient, tokens: Tokens) -> Awaitable[Any]:
    """A modelled call, made with an account's token."""
    account: Any = cronofy.account(tokens)
    return RealTimeScheduling(account._sender, {"api_key": account._credential}).status("sch_1")


async def test_a_token_that_was_renewed_meanwhile_is_hidden_too(clock: VirtualClock) -> None:
    """The first call is still out with the old token when the second renews it."""

    async def handler(request: Request) -> RawResponse:
        if request.endpoint.name == "oauth.refresh":
            return answer({"access_token": "access-token-0002"})
        if request.target == "/slow":
            await clock.sleep(10)
            return answer({"echo": request.headers["Authorization"]}, 418)
        return answer({}, 401 if "0001" in request.headers["Authorization"] else 200)

    account = client(handler, clock).account(access_token="access-token-0001", refresh_token="refresh-token-0001")
    async with clock.auto():
        slow = asyncio.create_task(account.request("GET", "/slow"))
        await clock.sleep(1)
        await account.request("GET", "/quick")
        with pytest.raises(ApiError) as caught:
            await slow
    assert caught.value.body == {"echo": "Bearer …"}


async def test_a_hint_comes_with_the_error(clock: VirtualClock) -> None:
    cronofy = client(lambda _: answer({"error": SECRET}, 401, x_request_id="req-1"), clock)
    with pytest.raises(Unauthorized) as caught:
        await ask(cronofy)
    assert "GET /v1/real_time_scheduling/{real_time_scheduling_id} (status 401, request id req-1)" in str(caught.value)
    assert caught.value.body == {"error": "…"}
    assert caught.value.request_id == "req-1"


async def test_a_missing_secret_is_told_before_anything_is_sent(clock: VirtualClock) -> None:
    transport = Transport(clock)
    with pytest.raises(ConfigurationError, match="client_secret"):
        await ask(CronofyClient(transport=transport, clock=clock))
    account = CronofyClient(transport=transport, clock=clock).account(access_token="a", refresh_token="r")
    async with clock.auto():
        await account.request("GET", "/x")
    assert len(transport.sent) == 1


def test_nothing_is_opened_before_the_first_call() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CronofyClient()
        gc.collect()
