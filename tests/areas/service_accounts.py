"""Examples of authorization through service accounts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from cronofy_async import CronofyAccount, CronofyClient
from cronofy_async.models import LinkingProfile, ServiceAccountAuthorization, TokenResponse

from .example import Example, ModelExample, answering

PATH = "POST /v1/service_account_authorizations"
HOOK = "https://app.example.com/hooks/authorized"
KIM = {"email": "kim@corp.example", "callback_url": HOOK, "scope": "read_events create_event", "state": "k1"}
ROOM = {"email": "room-1@corp.example", "callback_url": HOOK, "scope": "free_busy"}


def company(client: CronofyClient) -> CronofyAccount:
    return client.account(access_token="token")


EXAMPLES = [
    Example(
        endpoint="service_accounts.authorize",
        call=lambda client: company(client).service_accounts.authorize(
            "kim@corp.example", callback_url=HOOK, scope=["read_events", "create_event"], state="k1"
        ),
        request=PATH,
        json=KIM,
        status=202,
        response=None,
        result=None,
    ),
    Example(
        endpoint="service_accounts.authorize",
        title="without a state",
        call=lambda client: company(client).service_accounts.authorize(
            "room-1@corp.example", callback_url=HOOK, scope="free_busy"
        ),
        request=PATH,
        json=ROOM,
        status=202,
        response=None,
        result=None,
    ),
    Example(
        endpoint="service_accounts.authorize_inline",
        call=lambda client: company(client).service_accounts.authorize_inline(
            "example@cronofy.com", scope=["create_event", "delete_event"]
        ),
        request=PATH,
        json={"response_type": "inline", "email": "example@cronofy.com", "scope": "create_event delete_event"},
        response={
            "token_type": "bearer",
            "access_token": "P531x88i05Ld2yXHIQ7WjiEyqlmOHsgI",
            "expires_in": 3600,
            "refresh_token": "3gBYG1XamYDUEXUyybbummQWEe5YqPmf",
            "scope": "create_event delete_event",
            "account_id": "acc_567236000909002",
            "sub": "acc_567236000909002",
            "linking_profile": {
                "provider_name": "google",
                "profile_id": "pro_n23kjnwrw2",
                "profile_name": "example@cronofy.com",
            },
        },
        result=TokenResponse(
            token_type="bearer",
            access_token="P531x88i05Ld2yXHIQ7WjiEyqlmOHsgI",
            expires_in=3600,
            refresh_token="3gBYG1XamYDUEXUyybbummQWEe5YqPmf",
            scope="create_event delete_event",
            account_id="acc_567236000909002",
            sub="acc_567236000909002",
            linking_profile=LinkingProfile(
                provider_name="google", profile_id="pro_n23kjnwrw2", profile_name="example@cronofy.com"
            ),
        ),
    ),
    Example(
        endpoint="service_accounts.authorize_many",
        call=lambda client: company(client).service_accounts.authorize_many(
            [
                ServiceAccountAuthorization(
                    email="kim@corp.example", callback_url=HOOK, scope=("read_events", "create_event"), state="k1"
                ),
                ROOM,
            ]
        ),
        request=PATH,
        json={"service_account_authorizations": [KIM, ROOM]},
        status=202,
        response=None,
        result=None,
    ),
]

MODELS: list[ModelExample] = [
    (
        ServiceAccountAuthorization(
            email="kim@corp.example", callback_url=HOOK, scope=["read_events", "create_event"], state="k1"
        ),
        KIM,
    ),
]

MANY = "service_account_authorizations"
BROKEN: list[tuple[str, Callable[[CronofyAccount], object]]] = [
    (
        "email: must not be empty, got ' '",
        lambda account: account.service_accounts.authorize(" ", callback_url=HOOK, scope="free_busy"),
    ),
    (
        "callback_url: must begin with https:// or http://, got '/hook'",
        lambda account: account.service_accounts.authorize("a@b.example", callback_url="/hook", scope="free_busy"),
    ),
    (
        "scope: must not be empty, got ''",
        lambda account: account.service_accounts.authorize_inline("a@b.example", scope=[]),
    ),
    (f"{MANY}: must have 1 to 50 authorizations, got 0", lambda account: account.service_accounts.authorize_many([])),
    (
        f"{MANY}: must have 1 to 50 authorizations, got 51",
        lambda account: account.service_accounts.authorize_many([ROOM] * 51),
    ),
    (
        f"{MANY}[1].callback_url: must begin with https:// or http://, got 'x'",
        lambda account: account.service_accounts.authorize_many([ROOM, ROOM | {"callback_url": "x"}]),
    ),
    (
        f"{MANY}: must have 1 to 50 authorizations, got 'all'",
        lambda account: account.service_accounts.authorize_many("all"),  # type: ignore[arg-type]
    ),
    (
        "scope: must not be empty, got ' '",
        lambda account: account.delegated_authorizations.create(
            profile_id="pro_1", email="a@b.example", callback_url=HOOK, scope=" "
        ),
    ),
]


@pytest.mark.parametrize(("message", "call"), BROKEN, ids=[message for message, _ in BROKEN])
def test_an_invalid_argument_raises_before_a_request_is_sent(
    message: str, call: Callable[[CronofyAccount], object]
) -> None:
    client, transport = answering({})

    with pytest.raises(ValueError, match=re.escape(message)):
        call(company(client))

    assert transport.requests == []


def test_malformed_authorizations_are_left_to_the_server() -> None:
    anything: Any = [None, {"email": 3}]

    call = company(answering({})[0]).service_accounts.authorize_many(anything)

    assert json.loads(call.request.body or b"") == {MANY: anything}
    call.close()


def test_a_set_of_scopes_is_sent_in_sorted_order() -> None:
    authorization = ServiceAccountAuthorization(email="a@b.example", callback_url=HOOK, scope={"b", "c", "a"})

    assert authorization.scope == "a b c"


async def test_inline_tokens_are_stored() -> None:
    client, transport = answering({"access_token": "a1", "refresh_token": "r1", "sub": "acc_1"})

    await company(client).service_accounts.authorize_inline("kim@corp.example", scope="free_busy")
    await client.account(sub="acc_1").request("GET", "/v1/userinfo")

    assert transport.requests[1].headers["Authorization"] == "Bearer a1"
