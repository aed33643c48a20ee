"""Examples of the verification of an application."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async.models import VerificationContact

from .example import Example, ModelExample, answering

EXAMPLES = [
    Example(
        endpoint="application_verification.submit",
        call=lambda client: client.application_verification.submit(
            redirect_uris=["https://app.example.com/connected"],
            contact=VerificationContact("dev@example.com", display_name="Dev"),
        ),
        request="POST /v1/application_verification",
        json={
            "redirect_uris": ["https://app.example.com/connected"],
            "contact": {"email": "dev@example.com", "display_name": "Dev"},
        },
        status=202,
        response={},
        result=None,
    ),
]

MODELS: list[ModelExample] = [
    (VerificationContact("dev@example.com", display_name="Dev"), {"email": "dev@example.com", "display_name": "Dev"}),
]


def test_a_string_of_urls_is_rejected() -> None:
    client, transport = answering({})
    url: Any = "https://app.example.com/connected"

    with pytest.raises(ValueError, match="redirect_uris: expected an array, got a string"):
        _ = client.application_verification.submit(redirect_uris=url, contact=VerificationContact("dev@example.com"))

    assert transport.requests == []
