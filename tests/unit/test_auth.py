from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from cronofy_async import ApiError, ConfigurationError, MemoryTokenStore, OAuthError, Tokens, Unauthorized
from cronofy_async.http import AccountToken, AdminKey, ApiKey, ClientInBody, Endpoint, RawResponse, Request
from cronofy_async.middleware.auth import AuthLayer, ClientKeys
from cronofy_async.tokens import Refresh, TokenManager

from .support import WRITE, client, json_response, request
from .virtual_clock import VirtualClock

REVOKE = Endpoint(
    name="oauth.revoke",
    method="POST",
    path="/oauth/token/revoke",
    response_model=object,
    auth={"client_in_body"},
    idempotent=True,
)


class Sent:
    def __init__(self, *statuses: int) -> None:
        self.requests: list[Request] = []
        self._statuses = list(statuses)

    async def __call__(self, request: Request) -> RawResponse:
        self.requests.append(request)
        return json_response(status=self._statuses.pop(0) if self._statuses else 200)

    @property
    def bearers(self) -> list[str | None]:
        return [request.headers.get("Authorization") for request in self.requests]


def layer(
    clock: VirtualClock,
    *,
    client_id: str | None = "id",
    client_secret: str | None = "secret",
    refresh: Refresh | None = None,
) -> tuple[AuthLayer, TokenManager]:
    manager = TokenManager(MemoryTokenStore(), clock)

    async def unexpected(*_: object) -> Mapping[str, Any]:
        raise AssertionError("no refresh was due")

    keys = ClientKeys(id=client_id, secret=client_secret, tokens=manager)
    return AuthLayer(keys, refresh or unexpected), manager


async def test_the_client_secret_is_the_api_key(clock: VirtualClock) -> None:
    auth, _ = layer(clock)
    sent = Sent(401)
    unsigned = request(credential=ApiKey())
    assert (await auth(unsigned, sent)).status == 401  # no tokens to refresh
    assert sent.bearers == ["Bearer secret"]
    assert unsigned.headers == {}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"token":"t"}', {"client_id": "id", "client_secret": "secret", "token": "t"}),
        (None, {"client_id": "id", "client_secret": "secret"}),
        (b'{"client_id":"other"}', {"client_id": "other", "client_secret": "secret"}),
    ],
)
async def test_credentials_in_the_body(clock: VirtualClock, body: bytes | None, expected: dict[str, str]) -> None:
    auth, _ = layer(clock)
    sent = Sent()
    await auth(request(REVOKE, credential=ClientInBody(), body=body), sent)
    assert json.loads(sent.requests[0].body or b"") == expected
    assert sent.bearers == [None]
    if body is None:  # a request without a body has no content headers yet
        assert sent.requests[0].headers["Content-Type"] == "application/json; charset=utf-8"


async def test_a_body_that_is_not_an_object_cannot_hold_credentials(clock: VirtualClock) -> None:
    auth, _ = layer(clock)
    sent = Sent()
    with pytest.raises(ValueError, match="json: must be an object"):
        await auth(request(REVOKE, credential=ClientInBody(), body=b"[1]"), sent)
    assert not sent.requests


@pytest.mark.parametrize("value", [None, 5, ["x"], {"key": "k"}])
async def test_a_rejected_body_with_a_secret_that_is_not_a_string_is_an_api_error(
    clock: VirtualClock, value: object
) -> None:
    cronofy = client(lambda _: json_response({"error": "invalid_request"}, 400), clock)
    with pytest.raises(OAuthError):
        await cronofy.request("POST", "/oauth/token", json={"code": value}, credential="body")


@pytest.mark.parametrize(
    ("missing", "credential"),
    [
        ("client_secret", ApiKey()),
        ("client_id", ClientInBody()),
        ("client_secret", ClientInBody()),
    ],
    ids=str,
)
async def test_a_missing_credential_is_reported_before_a_request_is_sent(
    clock: VirtualClock, missing: str, credential: ApiKey | ClientInBody
) -> None:
    settings: dict[str, Any] = {missing: None}
    auth, _ = layer(clock, **settings)
    sent = Sent()
    with pytest.raises(ConfigurationError, match=f"POST /v1/things needs the application's {missing}"):
        await auth(request(WRITE, credential=credential), sent)
    assert not sent.requests


async def test_the_admin_key(clock: VirtualClock) -> None:
    sent: list[Request] = []

    def handler(request: Request) -> RawResponse:
        sent.append(request)
        return json_response({"echo": "admin-key-0001"}, 418 if len(sent) > 1 else 200)

    admin = client(handler, clock).admin(api_key="admin-key-0001")
    async with clock.auto():
        await admin.request("POST", "/v1/applications", json={"name": "x"})
        with pytest.raises(ApiError) as caught:
            await admin.request("GET", "/v1/applications")
    assert sent[0].headers["Authorization"] == "Bearer admin-key-0001"
    assert json.loads(sent[0].body or b"") == {"name": "x"}
    assert caught.value.body == {"echo": "…"}


async def test_a_missing_admin_key(clock: VirtualClock) -> None:
    auth, _ = layer(clock)

    with pytest.raises(ConfigurationError, match="needs the application's admin API key"):
        await auth(request(credential=AdminKey()), Sent())


async def test_an_unknown_credential_is_never_replaced_by_the_client_secret(clock: VirtualClock) -> None:
    auth, _ = layer(clock)
    sent = Sent()

    with pytest.raises(AttributeError, match="sign"):
        await auth(request(credential=object()), sent)

    assert sent.requests == []


async def refreshes(tokens: Tokens, _: object) -> Mapping[str, Any]:
    assert tokens.refresh_token == "r"
    return {"access_token": "new"}


@pytest.mark.parametrize(
    ("statuses", "refresh_token", "bearers", "status", "attempts"),
    [
        ([200], "r", ["Bearer old"], 200, 1),
        ([403], "r", ["Bearer old"], 403, 1),
        ([401, 200], "r", ["Bearer old", "Bearer new"], 200, 2),
        ([401, 401], "r", ["Bearer old", "Bearer new"], 401, 2),
        ([401], None, ["Bearer old"], 401, 1),
    ],
)
async def test_account_tokens(
    *,
    clock: VirtualClock,
    statuses: list[int],
    refresh_token: str | None,
    bearers: list[str],
    status: int,
    attempts: int,
) -> None:
    auth, manager = layer(clock, refresh=refreshes)
    key = manager.add(Tokens(access_token="old", refresh_token=refresh_token))
    sent = Sent(*statuses)
    response = await auth(request(credential=AccountToken(key)), sent)
    assert (response.status, response.attempts) == (status, attempts)
    assert sent.bearers == bearers


async def test_a_refresh_that_returns_the_same_token_returns_the_401(clock: VirtualClock) -> None:
    async def same(*_: object) -> Mapping[str, Any]:
        return {"access_token": "old"}

    auth, manager = layer(clock, refresh=same)
    key = manager.add(Tokens(access_token="old", refresh_token="r"))
    sent = Sent(401)
    assert (await auth(request(credential=AccountToken(key)), sent)).status == 401
    assert sent.bearers == ["Bearer old"]


async def test_the_refresh_of_a_client(clock: VirtualClock) -> None:
    """The documented request is sent, and each account's calls use its own token."""
    requests: list[Request] = []

    def handler(request: Request) -> RawResponse:
        requests.append(request)
        if request.endpoint.path == "/oauth/token":
            return json_response({"access_token": "new", "token_type": "bearer", "expires_in": 10800})
        return json_response(
            {"sub": request.headers["Authorization"]}, 401 if "old" in request.headers["Authorization"] else 200
        )

    cronofy = client(handler, clock)
    ada = cronofy.account(access_token="old", refresh_token="r1")
    bob = cronofy.account(access_token="bobs")
    assert await ada.request("GET", "/v1/userinfo") == {"sub": "Bearer new"}
    assert await bob.request("GET", "/v1/userinfo") == {"sub": "Bearer bobs"}
    _, refresh, *_ = requests
    assert (refresh.method, refresh.url) == ("POST", "https://api.cronofy.com/oauth/token")
    assert json.loads(refresh.body or b"") == {
        "client_id": "client-id",
        "client_secret": "client-secret-0001",
        "grant_type": "refresh_token",
        "refresh_token": "r1",
    }
    assert "Authorization" not in refresh.headers


async def test_an_account_without_a_refresh_token_is_unauthorized(clock: VirtualClock) -> None:
    cronofy = client(lambda _: json_response({}, 401), clock)
    with pytest.raises(Unauthorized, match="refresh token"):
        await cronofy.account(access_token="old").request("GET", "/v1/userinfo")


async def test_bearer_replaces_a_header_of_the_same_name(clock: VirtualClock) -> None:
    auth, _ = layer(clock)
    sent = Sent()
    await auth(request(headers={"Authorization": "Bearer mine", "X-A": "1"}), sent)
    assert sent.requests[0].headers == {"Authorization": "Bearer secret", "X-A": "1"}
