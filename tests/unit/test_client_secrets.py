from __future__ import annotations

import asyncio
import logging
import pickle
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from cronofy_async import (
    ApiError,
    ConfigurationError,
    CronofyClient,
    CronofyError,
    DecodeError,
    RetryPolicy,
    Tokens,
    Unauthorized,
)
from cronofy_async.http import RawResponse, Request
from cronofy_async.resources.real_time_scheduling import RealTimeScheduling

from .client_transport import Transport, get_status
from .support import SECRET, client, json_response
from .virtual_clock import VirtualClock

CANARIES = {
    "client secret": SECRET,
    "previous secret": "previous-secret-0001",
    "access token": "access-token-0001",
    "refresh token": "refresh-token-0001",
    "link token": "link-token-0001",
}


PLACES: dict[str, Callable[[str], RawResponse]] = {
    "header": lambda secret: json_response({}, 500, x_debug=f"got {secret}"),
    "cookie": lambda secret: json_response({}, 500, set_cookie=f"session={secret}"),
    "value": lambda secret: json_response({"message": f"no such thing: {secret}!"}, 500),
    "key": lambda secret: json_response({secret: ["x", {secret: secret}]}, 500),
    "validation": lambda secret: json_response({"errors": {secret: [{"key": secret, "description": secret}]}}, 422),
    "oauth": lambda secret: json_response({"error": secret, "error_description": secret}, 400),
    "text": lambda secret: RawResponse(status=500, body=f"<html>{secret}".encode()),
    "cut off": lambda secret: RawResponse(status=500, body=f'{{"x": "{secret}'.encode()),
    "unauthorized": lambda secret: json_response({"error": secret}, 401),
    "not json": lambda secret: RawResponse(status=200, body=f"<html>{secret}".encode()),
    "does not fit": lambda secret: json_response(
        {"real_time_scheduling": {"status": {secret: secret}, secret: secret}}
    ),
}


def everything_shown(error: BaseException) -> str:
    copy = pickle.loads(pickle.dumps(error))
    chain: list[BaseException] = [error, copy]
    while (cause := chain[-1].__cause__) is not None:
        chain.append(cause)
    shown = [f"{item} {item!r} {vars(item)!r}" for item in chain]
    bodies = [item.response.body for item in chain if isinstance(item, DecodeError) and item.response]
    return "\n".join([*shown, repr(pickle.dumps(error)), *(repr(body) for body in bodies)])


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("canary", CANARIES)
async def test_secrets_of_a_response_are_hidden(
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
    shown += everything_shown(caught.value)
    shown += "".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert caplog.records
    assert secret not in shown
    assert secret not in shown.encode("utf-8", "replace").decode("unicode_escape", "replace")


def account_status(cronofy: CronofyClient, tokens: Tokens) -> Awaitable[Any]:
    """Return a typed call that is signed with an account's token."""
    account: Any = cronofy.account(tokens)
    return RealTimeScheduling(account._sender, {"api_key": account._credential}).status("sch_1")


async def test_a_token_refreshed_during_the_call_is_hidden(clock: VirtualClock) -> None:
    """The first call is still in flight with the old token when the second one refreshes it."""

    async def handler(request: Request) -> RawResponse:
        if request.endpoint.name == "oauth.refresh":
            return json_response({"access_token": "access-token-0002"})
        if request.target == "/slow":
            await clock.sleep(10)
            return json_response({"echo": request.headers["Authorization"]}, 418)
        return json_response({}, 401 if "0001" in request.headers["Authorization"] else 200)

    account = client(handler, clock).account(access_token="access-token-0001", refresh_token="refresh-token-0001")
    async with clock.auto():
        slow = asyncio.create_task(account.request("GET", "/slow"))
        await clock.sleep(1)
        await account.request("GET", "/quick")
        with pytest.raises(ApiError) as caught:
            await slow
    assert caught.value.body == {"echo": "Bearer …"}


async def test_an_error_includes_a_hint(clock: VirtualClock) -> None:
    cronofy = client(lambda _: json_response({"error": SECRET}, 401, x_request_id="req-1"), clock)
    with pytest.raises(Unauthorized) as caught:
        await get_status(cronofy)
    assert "GET /v1/real_time_scheduling/{real_time_scheduling_id} (status 401, request id req-1)" in str(caught.value)
    assert caught.value.body == {"error": "…"}
    assert caught.value.request_id == "req-1"


async def test_a_missing_secret_raises_before_a_request_is_sent(clock: VirtualClock) -> None:
    transport = Transport(clock)
    with pytest.raises(ConfigurationError, match="client_secret"):
        await get_status(CronofyClient(transport=transport, clock=clock))
    account = CronofyClient(transport=transport, clock=clock).account(access_token="a", refresh_token="r")
    async with clock.auto():
        await account.request("GET", "/x")
    assert len(transport.sent) == 1
