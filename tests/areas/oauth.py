"""Examples of the token endpoints, and the URLs of authorization pages."""

from __future__ import annotations

import inspect
from datetime import timedelta
from typing import Any, cast

import pytest

from cronofy_async import ConfigurationError, CronofyClient, DecodeError, Tokens
from cronofy_async.models import LinkingProfile, TokenResponse
from cronofy_async.resources.oauth import AUTHORIZE, ENTERPRISE_CONNECT, ORGANIZATION_CONNECT

from ..unit.virtual_clock import VirtualClock
from . import contract
from .example import EXTRA, START, Example, ModelExample, answering

ACCOUNT_ID = "acc_5dda2d47a637000000000003"
PROFILE = {"provider_name": "google", "profile_id": "pro_W184ePQIYQj24ORB", "profile_name": "someone@example.com"}
TOKENS: dict[str, Any] = {
    "access_token": "a1",
    "token_type": "bearer",
    "expires_in": 10800,
    "refresh_token": "r1",
    "scope": "read_events change_participation_status",
    "sub": ACCOUNT_ID,
    "account_id": ACCOUNT_ID,
    "linking_profile": PROFILE,
}
EXCHANGED = TokenResponse(
    access_token="a1",
    token_type="bearer",
    expires_in=10800,
    refresh_token="r1",
    scope="read_events change_participation_status",
    sub=ACCOUNT_ID,
    account_id=ACCOUNT_ID,
    linking_profile=LinkingProfile(
        provider_name="google", profile_id="pro_W184ePQIYQj24ORB", profile_name="someone@example.com"
    ),
)
APPLICATION = {"client_id": "id", "client_secret": "s3cret"}
BACK = "https://app.example.com/connected"

FULL_PROFILE = PROFILE | {"provider_service": "gsuite"}
MODELS: list[ModelExample] = [
    (
        TokenResponse(
            access_token="a1",
            token_type="bearer",
            expires_in=1800,
            refresh_token="r1",
            scope="read_write",
            sub="acc_1",
            account_id="acc_1",
            linking_profile=LinkingProfile(
                provider_name="google",
                provider_service="gsuite",
                profile_id="pro_W184ePQIYQj24ORB",
                profile_name="someone@example.com",
            ),
            application_calendar_id="room-7",
            extra=EXTRA,
        ),
        TOKENS
        | {"expires_in": 1800, "scope": "read_write", "sub": "acc_1", "account_id": "acc_1"}
        | {"linking_profile": FULL_PROFILE, "application_calendar_id": "room-7"}
        | EXTRA,
    ),
    (
        LinkingProfile(
            provider_name="cronofy", provider_service="cronofy", profile_id="pro_9", profile_name="9", extra=EXTRA
        ),
        {
            "provider_name": "cronofy",
            "provider_service": "cronofy",
            "profile_id": "pro_9",
            "profile_name": "9",
            **EXTRA,
        },
    ),
]

EXAMPLES = [
    Example(
        endpoint="oauth.exchange",
        call=lambda client: client.oauth.exchange("c0de", redirect_uri=BACK),
        request="POST /oauth/token",
        json=APPLICATION | {"grant_type": "authorization_code", "code": "c0de", "redirect_uri": BACK},
        response=TOKENS,
        result=EXCHANGED,
    ),
    Example(
        endpoint="oauth.exchange",
        title="a service account",
        call=lambda client: client.oauth.exchange("c0de", redirect_uri=BACK),
        request="POST /oauth/token",
        json=APPLICATION | {"grant_type": "authorization_code", "code": "c0de", "redirect_uri": BACK},
        response={
            "token_type": "bearer",
            "access_token": "a1",
            "expires_in": 1800,
            "refresh_token": "r1",
            "scope": "service_account/accounts/manage",
            "sub": "ser_1",
            "account_id": "ser_1",
        },
        result=TokenResponse(
            token_type="bearer",
            access_token="a1",
            expires_in=1800,
            refresh_token="r1",
            scope="service_account/accounts/manage",
            sub="ser_1",
            account_id="ser_1",
        ),
    ),
    Example(
        endpoint="oauth.refresh",
        call=lambda client: client.oauth.refresh("old"),
        request="POST /oauth/token",
        json=APPLICATION | {"grant_type": "refresh_token", "refresh_token": "old"},
        response={
            "token_type": "bearer",
            "access_token": "a2",
            "expires_in": 1800,
            "refresh_token": "r2",
            "scope": "create_event delete_event",
        },
        result=TokenResponse(
            token_type="bearer",
            access_token="a2",
            expires_in=1800,
            refresh_token="r2",
            scope="create_event delete_event",
        ),
    ),
    Example(
        endpoint="oauth.refresh",
        title="only an access token",
        call=lambda client: client.oauth.refresh("old"),
        request="POST /oauth/token",
        json=APPLICATION | {"grant_type": "refresh_token", "refresh_token": "old"},
        response={"access_token": "a"},
        result=TokenResponse(access_token="a"),
        in_contract=False,
    ),
    Example(
        endpoint="oauth.revoke",
        call=lambda client: client.oauth.revoke("r1"),
        request="POST /oauth/token/revoke",
        json=APPLICATION | {"token": "r1"},
        response=None,
        result=None,
    ),
    Example(
        endpoint="oauth.revoke",
        title="by account",
        call=lambda client: client.oauth.revoke(sub="acc_567236000909002", request_pii_erasure=True),
        request="POST /oauth/token/revoke",
        json=APPLICATION | {"sub": "acc_567236000909002", "request_pii_erasure": True},
        response=None,
        result=None,
    ),
]


# Authorization pages.


def client(**options: Any) -> CronofyClient:
    return CronofyClient(client_id="abc", client_secret="s3cret", **options)


def test_the_url_of_the_authorization_page() -> None:
    url = client(data_center="de").oauth.authorization_url(
        redirect_uri="https://shop.example.org/cb", scope=["read_events", "create_event"], state="n0nce"
    )

    assert url == (
        "https://app-de.cronofy.com/oauth/authorize?response_type=code&client_id=abc"
        "&redirect_uri=https%3A%2F%2Fshop.example.org%2Fcb&scope=read_events%20create_event&state=n0nce"
    )


def test_the_url_of_the_authorization_page_with_every_parameter() -> None:
    url = client(app_url="http://localhost:8000").oauth.authorization_url(
        redirect_uri=BACK,
        scope="read_write",
        state="a b&c",
        provider_name="google",
        avoid_linking=True,
        link_token="lnk_1",
        delegated_scope=("free_busy",),
        locale="de",
    )

    assert url == (
        "http://localhost:8000/oauth/authorize?response_type=code&client_id=abc"
        "&redirect_uri=https%3A%2F%2Fapp.example.com%2Fconnected&scope=read_write&state=a%20b%26c&provider_name=google"
        "&avoid_linking=true&link_token=lnk_1&delegated_scope=free_busy&locale=de"
    )


def test_the_url_of_the_enterprise_connect_page() -> None:
    url = client().oauth.enterprise_connect_url(
        redirect_uri="https://shop.example.org/ec",
        scope=["service_account/accounts/manage"],
        delegated_scope="free_busy_write",
        state="n0nce",
        avoid_linking=False,
        link_token="lnk_1",
        provider_name="google",
    )

    assert url == (
        "https://app.cronofy.com/enterprise_connect/oauth/authorize?response_type=code&client_id=abc"
        "&redirect_uri=https%3A%2F%2Fshop.example.org%2Fec&scope=service_account%2Faccounts%2Fmanage"
        "&delegated_scope=free_busy_write&state=n0nce&provider_name=google&avoid_linking=false&link_token=lnk_1"
    )


def test_organization_connect_url_has_the_scope_and_parameters() -> None:
    url = client().oauth.organization_connect_url(redirect_uri=BACK, state="n0nce", locale="de")

    assert url == (
        "https://app.cronofy.com/oauth/authorize?response_type=code&scope=organizational_unit_scheduler&client_id=abc"
        "&redirect_uri=https%3A%2F%2Fapp.example.com%2Fconnected&state=n0nce&locale=de"
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"redirect_uri": "myapp://connected"}, "redirect_uri: must begin with https:// or http://"),
        ({"redirect_uri": ""}, "redirect_uri: must begin with https:// or http://"),
        ({"scope": []}, "scope: at least one scope is required, got ''"),
        ({"scope": " "}, "scope: at least one scope is required, got ' '"),
        ({"delegated_scope": ()}, "delegated_scope: at least one scope is required, got ''"),
    ],
)
def test_an_invalid_page_url_is_rejected(changes: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"redirect_uri": BACK, "scope": "read_write", "delegated_scope": "free_busy"} | changes

    for page in (client().oauth.authorization_url, client().oauth.enterprise_connect_url):
        with pytest.raises(ValueError, match=message):
            _ = page(**arguments)
    assert (
        client(validate=False)
        .oauth.authorization_url(**arguments)
        .startswith("https://app.cronofy.com/oauth/authorize?")
    )


def test_a_page_without_a_scope_is_rejected() -> None:
    with pytest.raises(ValueError, match=r"scope: expected a list of names, or a string separated by spaces, got None"):
        _ = client().oauth.authorization_url(redirect_uri=BACK, scope=cast("Any", None))


def test_a_page_url_requires_the_client_id() -> None:
    with pytest.raises(ConfigurationError, match="client_id"):
        _ = CronofyClient(client_secret="s").oauth.authorization_url(redirect_uri=BACK, scope="read_write")


@pytest.mark.parametrize("endpoint", [AUTHORIZE, ENTERPRISE_CONNECT, ORGANIZATION_CONNECT])
def test_page_parameters_match_the_contract(endpoint: Any) -> None:
    method = getattr(client().oauth, endpoint.name.partition(".")[2])
    accepted = set(inspect.signature(method).parameters) | {"client_id"} | dict(endpoint.fixed).keys()

    assert accepted <= contract.members(endpoint)
    assert contract.members(endpoint) - accepted <= {"login_hint", "locale"}


# Tokens.


async def test_the_response_converts_to_tokens() -> None:
    clock = VirtualClock(START)
    cronofy, transport = answering(TOKENS, clock=clock)

    tokens = await cronofy.oauth.exchange("c0de", redirect_uri=BACK)
    await cronofy.account(tokens).request("GET", "/v1/userinfo")

    assert isinstance(tokens, Tokens)
    assert tokens.expires_at == START + timedelta(seconds=10800)
    assert transport.requests[1].headers["Authorization"] == "Bearer a1"
    assert "a1" not in repr(tokens)
    assert "r1" not in repr(tokens)


@pytest.mark.parametrize("seconds", [None, 2_147_483_647])
async def test_any_lifetime_is_accepted(seconds: int | None) -> None:
    cronofy, _ = answering({"access_token": "a", "expires_in": seconds})

    tokens = await cronofy.oauth.refresh("old")

    assert tokens.expires_in == seconds
    assert (tokens.expires_at is None) == (seconds is None)


@pytest.mark.parametrize("response", [{}, {"access_token": None}, {"access_token": 3}])
async def test_a_response_without_an_access_token_is_a_decode_error(response: Any) -> None:
    cronofy, _ = answering(response)

    with pytest.raises(DecodeError, match=r"\$\.access_token") as caught:
        await cronofy.oauth.refresh("old")

    assert caught.value.path == "$.access_token"
