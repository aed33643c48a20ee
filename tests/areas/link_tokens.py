"""Examples of tokens that link profiles."""

from __future__ import annotations

from cronofy_async.models import LinkToken

from .example import EXTRA, Example, ModelExample

EXAMPLES = [
    Example(
        endpoint="link_tokens.create",
        call=lambda client: client.account(access_token="token").link_tokens.create(),
        request="POST /v1/link_tokens",
        response={"link_token": "lnk_demo"},
        result=LinkToken(link_token="lnk_demo"),
    ),
]

MODELS: list[ModelExample] = [(LinkToken(link_token="lnk_1", extra=EXTRA), {"link_token": "lnk_1", **EXTRA})]


def test_a_link_token_is_hidden() -> None:
    assert "lnk_1" not in repr(LinkToken(link_token="lnk_1"))
