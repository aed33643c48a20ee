"""Tokens that link profiles. Their use on the authorization page is tested in ``test_oauth_pages.py``."""

from __future__ import annotations

import pytest

from cronofy_async import Forbidden
from cronofy_async.sandbox import Sandbox

from ..support import NOW, call
from .connecting import BACK, redirect_parameters


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


@pytest.mark.parametrize("body", [None, [], {}])
async def test_each_token_is_unique(sandbox: Sandbox, body: object) -> None:
    ada = sandbox.add_account("ada@example.com")

    replies = [await call(sandbox, "POST", "/v1/link_tokens", body, token=ada.access_token) for _ in range(2)]

    assert [reply.status for reply in replies] == [200, 200]
    assert replies[0].json.keys() == {"link_token"}
    assert replies[0].json != replies[1].json


async def test_an_account_token_is_required(sandbox: Sandbox) -> None:
    for token, expected in ((sandbox.client_secret, 403), ("unknown", 401), (None, 401)):
        assert (await call(sandbox, "POST", "/v1/link_tokens", token=token)).status == expected


async def test_the_sdk_links_a_profile(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada@example.com")
    async with sandbox.client() as cronofy:
        token = await cronofy.account(access_token=ada.access_token).link_tokens.create()
        url = cronofy.oauth.authorization_url(redirect_uri=BACK, scope="read_write", link_token=token.link_token)
        code = redirect_parameters(sandbox.oauth.authorize(url, "ada@second.example"))["code"]
        assert (await cronofy.oauth.exchange(code, redirect_uri=BACK)).sub == ada.sub
        sandbox.faults.add("link_tokens.create", status=403)
        with pytest.raises(Forbidden):
            await cronofy.account(access_token=ada.access_token).link_tokens.create()
