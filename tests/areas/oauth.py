"""Examples of the token endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async import CronofyClient, DecodeError
from cronofy_async.http import ClientInBody
from cronofy_async.models import TokenResponse
from cronofy_async.resources.oauth import OAuth

from .example import EXTRA, Example, ModelExample, answering

TOKENS = {"access_token": "a", "refresh_token": "b", "expires_in": 10800, "token_type": "bearer", "scope": ""}


def oauth(client: CronofyClient) -> OAuth:
    """Return the area, which clients use only themselves."""
    return OAuth(client._engine, ClientInBody())  # pyright: ignore[reportPrivateUsage]


MODELS: list[ModelExample] = [(TokenResponse(access_token="a", extra=EXTRA), {"access_token": "a", **EXTRA})]

EXAMPLES = [
    Example(
        endpoint="oauth.refresh",
        call=lambda client: oauth(client).refresh("old"),
        request="POST /oauth/token",
        json={"client_id": "id", "client_secret": "s3cret", "grant_type": "refresh_token", "refresh_token": "old"},
        response=TOKENS,
        result=TOKENS,
    ),
    Example(
        endpoint="oauth.refresh",
        title="without a new refresh token",
        call=lambda client: oauth(client).refresh("old"),
        request="POST /oauth/token",
        json={"client_id": "id", "client_secret": "s3cret", "grant_type": "refresh_token", "refresh_token": "old"},
        response={"access_token": "a"},
        result={"access_token": "a"},
        in_contract=False,
    ),
]


@pytest.mark.parametrize("response", [[], {}, {"access_token": None}, {"access_token": 3}])
async def test_a_response_without_an_access_token_is_a_decode_error(response: Any) -> None:
    client, _ = answering(response)

    with pytest.raises(DecodeError, match=r"\$\.access_token") as caught:
        await oauth(client).refresh("old")

    assert caught.value.path == "$.access_token"
