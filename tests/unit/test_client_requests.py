from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from cronofy_async import (
    ApiError,
    AuthorizationRevoked,
    ConfigurationError,
    DecodeError,
    MemoryTokenStore,
    Tokens,
)
from cronofy_async.http import AccountToken, ApiKey, RawResponse, Request

from .support import SECRET, client, json_response, script
from .virtual_clock import VirtualClock

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
async def test_arguments_of_account(clock: VirtualClock, how: dict[str, Any], authorization: str) -> None:
    store = MemoryTokenStore({"acc_1": Tokens(access_token="stored")})
    cronofy = client(lambda request: json_response(dict(request.headers)), clock, tokens=store)
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
def test_invalid_arguments_of_account(clock: VirtualClock, how: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        client(script(), clock).account(**how)


async def test_an_account_that_the_store_does_not_know(clock: VirtualClock) -> None:
    account = client(script(), clock).account(sub="acc_1")
    with pytest.raises(AuthorizationRevoked, match="acc_1"):
        await account.request("GET", "/x")


async def test_impersonation(clock: VirtualClock) -> None:
    cronofy = client(lambda request: json_response(dict(request.headers)), clock)
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
async def test_paths_are_sent_unchanged(
    clock: VirtualClock, path: str, query: Mapping[str, Any] | None, target: str
) -> None:
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
async def test_invalid_paths(clock: VirtualClock, path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        await client(script(), clock).request("GET", path)


async def test_bodies_and_responses(clock: VirtualClock) -> None:
    bodies: list[bytes | None] = []

    def handler(request: Request) -> RawResponse:
        bodies.append(request.body)
        return json_response({"unknown": [1]}) if request.body else json_response(status=202)

    cronofy = client(handler, clock)
    assert await cronofy.request("POST", "/x", json={"a": None}) == {"unknown": [1]}
    assert await cronofy.request("DELETE", "/x") is None
    assert bodies == [b'{"a":null}', None]
    post = cronofy.request("POST", "/x", json={})
    assert not post.request.idempotent


async def test_client_credentials_in_the_body(clock: VirtualClock) -> None:
    sent: list[Request] = []

    def handler(request: Request) -> RawResponse:
        sent.append(request)
        return json_response({"sub": "apc_1"})

    cronofy = client(handler, clock)
    async with clock.auto():
        calendar = {"application_calendar_id": "room-7"}
        assert await cronofy.request("POST", "/v1/application_calendars", json=calendar, credential="body") == {
            "sub": "apc_1"
        }
    assert json.loads(sent[0].body or b"") == {"client_id": "client-id", "client_secret": SECRET, **calendar}
    assert "Authorization" not in sent[0].headers
    assert sent[0].endpoint.auth == {"client_in_body"}


async def test_a_response_that_is_not_json(clock: VirtualClock) -> None:
    cronofy = client(lambda _: RawResponse(status=200, body=b"<html>"), clock)
    with pytest.raises(DecodeError, match=r"GET /x: .*not JSON"):
        await cronofy.request("GET", "/x")


@pytest.mark.parametrize("status", [301, 302, 304, 400, 418, 599])
async def test_an_unsuccessful_status_is_an_error(clock: VirtualClock, status: int) -> None:
    cronofy = client(lambda _: json_response({}, status), clock)
    with pytest.raises(ApiError) as caught:
        await cronofy.request("GET", "/x")
    assert caught.value.status == status
