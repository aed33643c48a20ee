"""Examples of the token endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async import DecodeError
from cronofy_async.models import TokenResponse

from .example import EXTRA, Example, ModelExample, answering

TOKENS = {"access_token": "a", "refresh_token": "b", "expires_in": 10800, "token_type": "bearer", "scope": ""}


MODELS: list[ModelExample] = [(TokenResponse(access_token="a", extra=EXTRA), {"access_token": "a", **EXTRA})]

EXAMPLES = [
    Example(
        endpoint="oauth.refresh",
        call=lambda client: client.oauth.refresh("old"),
        request="POST /oauth/token",
        json={"client_id": "id", "client_secret": "s3cret", "grant_type": "refresh_token", "refresh_token": "old"},
        response={"access_token": "a"},
        result=TokenResponse(access_token="a"),
        in_contract=False,
    ),
]


async def test_all_other_members_of_the_response_are_kept_as_they_are() -> None:
    client, _ = answering(TOKENS)

    tokens = await client.oauth.refresh("old")

    assert tokens.extra == {name: value for name, value in TOKENS.items() if name != "access_token"}
    assert "refresh_token" not in repr(tokens)


@pytest.mark.parametrize("response", [{}, {"access_token": None}, {"access_token": 3}])
async def test_a_response_without_an_access_token_is_a_decode_error(response: Any) -> None:
    client, _ = answering(response)

    with pytest.raises(DecodeError, match=r"\$\.access_token") as caught:
        await client.oauth.refresh("old")

    assert caught.value.path == "$.access_token"
