from __future__ import annotations

import platform
from typing import Any, cast

import pytest

import cronofy_async
from cronofy_async import (
    ApiError,
    ClientClosedError,
    ConfigurationError,
    CronofyClient,
    MemoryTokenStore,
    RateLimit,
    RetryPolicy,
    Timeout,
    Tokens,
    WindowLimiter,
)
from cronofy_async.http import RawResponse, Request
from cronofy_async.middleware import Handler
from cronofy_async.transports.aiohttp import AiohttpTransport
from cronofy_async.transports.memory import MemoryTransport
from cronofy_async.webhooks import sign

from .client_transport import Transport, client_with, get_status
from .support import SECRET, client, json_response, link, script
from .virtual_clock import VirtualClock


def config_of(cronofy: Any) -> Any:
    return cronofy._sender.config


# ---------------------------------------------------------------------------------------------------------------------
# Setup


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "https://api.cronofy.com/v1/real_time_scheduling/sch_1"),
        ({"data_center": "uk"}, "https://api-uk.cronofy.com/v1/real_time_scheduling/sch_1"),
        ({"base_url": "http://127.0.0.1:8000/"}, "http://127.0.0.1:8000/v1/real_time_scheduling/sch_1"),
        ({"base_url": "http://127.0.0.1:8000/api"}, "http://127.0.0.1:8000/api/v1/real_time_scheduling/sch_1"),
    ],
)
async def test_requests_are_sent_to_the_configured_host(
    clock: VirtualClock, settings: dict[str, Any], url: str
) -> None:
    transport = MemoryTransport(lambda _: json_response(link()))
    await get_status(CronofyClient(client_secret=SECRET, transport=transport, **settings))
    assert [request.url for request in transport.requests] == [url]


@pytest.mark.parametrize("wrong", [{"data_center": "mars"}, {"base_url": "api.cronofy.com"}, {"app_url": "ftp://x"}])
def test_invalid_settings(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        CronofyClient(**wrong)


def test_a_string_is_not_taken_for_tokens() -> None:
    with pytest.raises(TypeError, match=r"tokens: expected Tokens, got str. Pass a token as access_token"):
        CronofyClient().account(cast("Any", "a1"))


def test_default_settings() -> None:
    setup = config_of(CronofyClient())
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
            await get_status(client_with(transport, app_name=app_name))
        headers = transport.sent[0].headers
        assert headers["User-Agent"] == expected
        assert headers["Accept"] == "application/json"
        assert "Content-Type" not in headers


async def test_timeouts(clock: VirtualClock) -> None:
    for timeout, expected in ((7, Timeout(total=7)), (Timeout(attempt=3), Timeout(attempt=3))):
        transport = Transport(clock)
        async with clock.auto():
            await get_status(client_with(transport, timeout=timeout))
        assert transport.sent[0].timeout == expected


async def test_disabled_and_custom_layers(clock: VirtualClock) -> None:
    cronofy = client(script(json_response(status=500)), clock, retry=None, rate_limit=None)
    assert cronofy.rate_limiter is None
    with pytest.raises(ApiError) as caught:
        await get_status(cronofy)
    assert caught.value.attempts == 1
    limiter = WindowLimiter(RateLimit(), clock)
    assert client(script(), clock, rate_limit=limiter).rate_limiter is limiter


async def test_custom_layers(clock: VirtualClock) -> None:
    log: list[str] = []

    async def per_call(request: Request, call_next: Handler, /) -> RawResponse:
        log.append(f"call {request.headers.get('Authorization')}")
        return await call_next(request)

    async def per_attempt(request: Request, call_next: Handler, /) -> RawResponse:
        log.append(f"attempt {request.attempt} {request.headers.get('Authorization')}")
        return await call_next(request)

    handler = script(json_response(status=500), json_response(link()))
    cronofy = client(handler, clock, per_call=[per_call], per_attempt=(layer for layer in [per_attempt]))
    async with clock.auto():
        await get_status(cronofy)
    assert log == ["call None", f"attempt 1 Bearer {SECRET}", f"attempt 2 Bearer {SECRET}"]


async def test_tokens_come_from_the_given_store(clock: VirtualClock) -> None:
    store = MemoryTokenStore({"acc_1": Tokens(access_token="stored")})
    cronofy = client(lambda request: json_response({"with": request.headers["Authorization"]}), clock, tokens=store)
    assert await cronofy.account(sub="acc_1").request("GET", "/x") == {"with": "Bearer stored"}


async def test_validation_can_be_switched_off(clock: VirtualClock) -> None:
    disabled = link("disabled")
    message = "x" * 501
    with pytest.raises(ValueError, match="display_message"):
        await client(script(), clock).real_time_scheduling.disable("sch_1", display_message=message)
    lax = client(lambda _: json_response(disabled), clock, validate=False)
    assert (await lax.real_time_scheduling.disable("sch_1", display_message=message)).status == "disabled"


def test_webhooks_use_the_client_secrets() -> None:
    cronofy = CronofyClient(client_secret="new", previous_secrets=["old"])
    assert cronofy.webhooks is cronofy.webhooks
    for secret in ("new", "old"):
        signature = sign(b"{}", secret)
        assert cronofy.webhooks.verify(b"{}", {"Cronofy-HMAC-SHA256": signature})


VARIABLES = ("CLIENT_ID", "CLIENT_SECRET", "DATA_CENTER", "DATA_CENTRE", "API_URL", "APP_URL")


def test_from_env_reads_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(f"CRONOFY_{name}", raising=False)
    monkeypatch.setenv("CRONOFY_CLIENT_ID", "id")
    monkeypatch.setenv("CRONOFY_CLIENT_SECRET", SECRET)
    monkeypatch.setenv("CRONOFY_DATA_CENTRE", "de")
    setup = config_of(CronofyClient.from_env())
    assert (setup.client_id, setup.client_secret, setup.hosts.api) == ("id", SECRET, "https://api-de.cronofy.com")
    setup = config_of(CronofyClient.from_env(client_id="other", app_name="x"))
    assert (setup.client_id, setup.client_secret, setup.app_name) == ("other", SECRET, "x")
    assert config_of(CronofyClient()).client_id is None  # the constructor reads no environment


def test_the_repr_has_no_secrets(clock: VirtualClock) -> None:
    cronofy = client(script(), clock, previous_secrets=["previous-secret-0001"])
    account = cronofy.account(access_token="access-token-0001", refresh_token="refresh-token-0001")
    shown = f"{cronofy!r} {account!r} {config_of(cronofy)!r}"
    assert repr(cronofy) == "CronofyClient(client_id='client-id', base_url='https://api.cronofy.com')"
    assert repr(cronofy.admin(api_key="s3cret")) == "CronofyAdmin(base_url='https://api.cronofy.com')"
    for secret in (SECRET, "previous-secret-0001", "access-token-0001", "refresh-token-0001"):
        assert secret not in shown


def test_a_plain_with_statement_raises_a_hint() -> None:
    cronofy: Any = CronofyClient()
    with pytest.raises(TypeError, match="async with"):
        cronofy.__enter__()


# ---------------------------------------------------------------------------------------------------------------------
# Copies


async def test_a_copy_changes_only_the_given_options(clock: VirtualClock) -> None:
    async def other(request: Request, call_next: Handler, /) -> RawResponse:
        return await call_next(request)

    cronofy = client(script(), clock, per_call=[other], per_attempt=[other], timeout=9)
    old, same = config_of(cronofy), config_of(cronofy.with_options())
    assert same == old
    changed = cronofy.with_options(
        timeout=5, retry=RetryPolicy(attempts=2), per_call=[], per_attempt=[], validate=False
    )
    setup = config_of(changed)
    assert (setup.timeout.total, setup.per_call, setup.per_attempt, setup.validate) == (5, (), (), False)
    assert setup.retry == RetryPolicy(attempts=2)
    assert config_of(cronofy.with_options(retry=False)).retry is None
    assert config_of(cronofy.with_options(timeout=Timeout(attempt=1))).timeout == Timeout(attempt=1)
    patient = cronofy.with_options(timeout=Timeout(connect=20, attempt=40))
    assert config_of(patient.with_options(timeout=3)).timeout == Timeout(connect=20, attempt=40, total=3)
    for shared in ("transport", "limiter", "tokens", "clock"):
        assert getattr(setup, shared) is getattr(old, shared)


async def test_a_copy_has_the_same_subclass(clock: VirtualClock) -> None:
    class Mine(CronofyClient):
        pass

    assert type(Mine().with_options()) is Mine


async def test_a_client_and_its_copies_close_together(clock: VirtualClock) -> None:
    for closing in (0, 1, 2):
        transport = Transport(clock)
        cronofy = client_with(transport)
        family = [cronofy, cronofy.with_options(timeout=5), cronofy.with_options().with_options(timeout=6)]
        async with clock.auto():
            assert [await get_status(member) for member in family] == ["open"] * 3
        await family[closing].aclose()
        assert transport.closed == 1
        for member in family:
            with pytest.raises(ClientClosedError):
                await get_status(member)
            await member.aclose()
        assert transport.closed == 1
