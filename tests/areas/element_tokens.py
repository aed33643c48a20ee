"""Examples of tokens for UI elements."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async.models import ElementToken

from .example import EXTRA, Example, ModelExample, answering

ORIGIN = "https://app.example.com"
TOKEN = ElementToken(token="elm_demo", permissions=("agenda",), origin=ORIGIN, expires_in=64_800)
TOKEN_JSON: dict[str, Any] = {
    "permissions": ["agenda"],
    "origin": ORIGIN,
    "token": "elm_demo",
    "expires_in": 64_800,
}

EXAMPLES = [
    Example(
        endpoint="element_tokens.create",
        call=lambda client: client.element_tokens.create(permissions=["agenda"], subs=["acc_1"], origin=ORIGIN),
        request="POST /v1/element_tokens",
        json={"version": "1", "permissions": ["agenda"], "subs": ["acc_1"], "origin": ORIGIN},
        response={"element_token": TOKEN_JSON},
        result=TOKEN,
    ),
    Example(
        endpoint="element_tokens.create",
        title="bookable events",
        call=lambda client: client.element_tokens.create(
            permissions=["agenda"], origin="http://localhost:3000", bookable_event_ids=["yoga"]
        ),
        request="POST /v1/element_tokens",
        json={
            "version": "1",
            "permissions": ["agenda"],
            "origin": "http://localhost:3000",
            "bookable_event_ids": ["yoga"],
        },
        response={"element_token": TOKEN_JSON},
        result=TOKEN,
    ),
]

MODELS: list[ModelExample] = [
    (
        ElementToken(token="elm_1", permissions=("agenda",), origin=ORIGIN, expires_in=1, extra=EXTRA),
        {"token": "elm_1", "permissions": ["agenda"], "origin": ORIGIN, "expires_in": 1, **EXTRA},
    )
]


def test_an_element_token_is_hidden() -> None:
    assert "elm_demo" not in repr(TOKEN)


async def test_an_element_token_is_hidden_in_a_complete_response() -> None:
    client, _ = answering({"element_token": TOKEN_JSON})

    response = await client.element_tokens.create(permissions=["agenda"], origin=ORIGIN).response()

    assert response.data.token == "elm_demo"
    assert "elm_demo" not in repr(response)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"origin": f"{ORIGIN}/"}, r"origin: must be a scheme and a host, as in https://app\.example\.com, got"),
        ({"origin": f"{ORIGIN}/page"}, "origin: must be a scheme and a host"),
        ({"origin": "app.example.com"}, "origin: must be a scheme and a host"),
        ({"origin": None}, "origin: must be a scheme and a host"),
        ({"permissions": "agenda"}, "permissions: expected an array, got a string"),
        ({"subs": "acc_1"}, "subs: expected an array, got a string"),
        ({"bookable_event_ids": "yoga"}, "bookable_event_ids: expected an array, got a string"),
    ],
)
def test_an_invalid_argument_raises_before_a_request_is_sent(change: Any, message: str) -> None:
    client, transport = answering({})

    with pytest.raises(ValueError, match=message):
        _ = client.element_tokens.create(**({"permissions": ["agenda"], "origin": ORIGIN} | change))

    assert transport.requests == []
