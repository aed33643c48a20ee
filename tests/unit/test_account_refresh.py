from __future__ import annotations

import asyncio
import json
import pickle
from datetime import timedelta

import pytest

from cronofy_async import (
    AuthorizationRevoked,
    ConnectError,
    CronofyAccount,
    OAuthError,
    RateLimit,
    ServerError,
    Timeout,
    Tokens,
    TokensUnknown,
)
from cronofy_async.errors import TransportError
from cronofy_async.http import RawResponse, Request

from .support import client, json_response
from .token_refreshes import OLD
from .virtual_clock import VirtualClock


class Server:
    """A server that accepts one access token at a time, and refreshes it."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.valid = "a2"
        self.refreshes = 0
        self.calls = 0
        self.refresh_status = 200

    async def __call__(self, request: Request) -> RawResponse:
        await self.clock.sleep(0.1)
        if request.endpoint.name == "oauth.refresh":
            self.refreshes += 1
            data = json.loads(request.body or b"")
            if self.refresh_status != 200:
                return json_response(
                    {"error": "invalid_grant", "error_description": data["refresh_token"]}, self.refresh_status
                )
            return json_response({"access_token": self.valid, "refresh_token": "r2", "expires_in": 3600})
        self.calls += 1
        fine = request.headers["Authorization"] == f"Bearer {self.valid}"
        return json_response({"sub": "acc_1"} if fine else {"error": "unauthorized"}, 200 if fine else 401)


async def test_account_objects_and_client_copies_share_one_refresh(clock: VirtualClock) -> None:
    server = Server(clock)
    cronofy = client(server, clock)
    copies = [cronofy, cronofy.with_options(timeout=5), cronofy.with_options(retry=False)]
    accounts = [copy.account(OLD) for copy in copies] + [copies[0].account(sub="acc_1"), copies[1].account(OLD)]
    async with clock.auto():
        calls = [account.request("GET", "/v1/userinfo") for account in accounts for _ in range(4)]
        assert await asyncio.gather(*calls) == [{"sub": "acc_1"}] * 20
    assert server.refreshes == 1


async def test_a_refresh_before_expiry_avoids_a_401(clock: VirtualClock) -> None:
    server = Server(clock)
    account = client(server, clock).account(
        Tokens(access_token="a1", refresh_token="r1", expires_at=clock.now() + timedelta(seconds=30))
    )
    async with clock.auto():
        await account.request("GET", "/v1/userinfo")
        await account.request("GET", "/v1/userinfo")
        clock.advance(3600)
        server.valid = "a3"
        await account.request("GET", "/v1/userinfo")
    assert (server.refreshes, server.calls) == (2, 3)


async def call(account: CronofyAccount) -> object:
    return await account.request("GET", "/v1/userinfo")


async def test_an_echoed_refresh_token_is_hidden(clock: VirtualClock) -> None:
    server = Server(clock)
    server.refresh_status = 400
    account = client(server, clock).account(access_token="expired", refresh_token="refresh-token-0001")
    async with clock.auto():
        with pytest.raises(AuthorizationRevoked) as caught:
            await call(account)
    cause = caught.value.__cause__
    assert isinstance(cause, OAuthError)
    assert cause.error == "invalid_grant"
    for shown in (str(cause), repr(cause), str(cause.body), str(pickle.dumps(cause)), str(caught.value)):
        assert "refresh-token-0001" not in shown


@pytest.mark.parametrize(
    ("timeout", "expected"), [(Timeout(attempt=5), TokensUnknown), (Timeout(attempt=50, total=5), TokensUnknown)]
)
async def test_a_refresh_whose_response_is_lost(
    clock: VirtualClock, timeout: Timeout, expected: type[Exception]
) -> None:
    refreshes = 0

    async def handler(request: Request) -> RawResponse:
        nonlocal refreshes
        if request.endpoint.name == "oauth.refresh":
            refreshes += 1
            await clock.sleep(100)
        return json_response({}, 401)

    account = client(handler, clock, timeout=timeout, rate_limit=RateLimit()).account(OLD)
    async with clock.auto():
        with pytest.raises(expected):
            await call(account)
    assert refreshes == 1


async def test_a_refresh_that_cannot_connect_is_retried(clock: VirtualClock) -> None:
    failures = [ConnectError("x"), ConnectError("x")]
    server = Server(clock)

    async def handler(request: Request) -> RawResponse:
        if request.endpoint.name == "oauth.refresh" and failures:
            raise failures.pop()
        return await server(request)

    async with clock.auto():
        assert await call(client(handler, clock).account(OLD)) == {"sub": "acc_1"}
    assert server.refreshes == 1


async def test_a_refresh_that_fails_at_the_server_is_not_retried(clock: VirtualClock) -> None:
    server = Server(clock)
    server.refresh_status = 500
    async with clock.auto():
        with pytest.raises(ServerError):
            await call(client(server, clock).account(OLD))
    assert server.refreshes == 1


async def test_tokens_unknown_is_not_a_transport_error() -> None:
    assert issubclass(TokensUnknown, Exception)
    assert not issubclass(TokensUnknown, TransportError)


@pytest.mark.parametrize("token", ["", "a\r\nb", "ü", "\ud83d"])
async def test_a_token_invalid_in_a_header_does_not_replace_the_old_one(token: str, clock: VirtualClock) -> None:
    server = Server(clock)
    async with clock.auto(), client(server, clock) as cronofy:
        server.valid = token
        account = cronofy.account(OLD)
        with pytest.raises(TokensUnknown) as caught:
            await account.request("GET", "/v1/userinfo")
        assert "expected printable ASCII characters" in str(caught.value.__cause__)

        server.valid = "a2"
        assert await account.request("GET", "/v1/userinfo") == {"sub": "acc_1"}


async def test_a_refresh_whose_response_is_nested_deeply(clock: VirtualClock) -> None:
    async def respond(incoming: Request) -> RawResponse:
        if incoming.endpoint.name == "oauth.refresh":
            return RawResponse(status=200, body=b'{"access_token": "a2", "x": ' + b"[" * 400 + b"]" * 400 + b"}")
        return json_response({"sub": "acc_1"}, 200 if incoming.headers["Authorization"] == "Bearer a2" else 401)

    async with clock.auto(), client(respond, clock) as cronofy:
        assert await cronofy.account(OLD).request("GET", "/v1/userinfo") == {"sub": "acc_1"}
