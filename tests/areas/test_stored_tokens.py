"""The tokens of new and revoked authorizations in the client's token store."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from cronofy_async import (
    AuthorizationRevoked,
    CronofyClient,
    MemoryTokenStore,
    OAuthError,
    Tokens,
    TokensNotSaved,
)
from cronofy_async.http import RawResponse, Request
from cronofy_async.transports.memory import MemoryTransport

from ..unit.virtual_clock import VirtualClock
from .example import START, answering
from .oauth import ACCOUNT_ID, BACK, EXCHANGED, TOKENS


async def test_exchanged_tokens_are_stored() -> None:
    store = MemoryTokenStore({ACCOUNT_ID: Tokens(access_token="a0", refresh_token="r0", sub=ACCOUNT_ID)})
    clock = VirtualClock(START)
    cronofy, transport = answering(TOKENS, tokens=store, clock=clock)

    response = await cronofy.oauth.exchange("c0de", redirect_uri=BACK).response()

    assert response.data == EXCHANGED
    assert await store.load(ACCOUNT_ID) == Tokens(
        access_token="a1",
        refresh_token="r1",
        sub=ACCOUNT_ID,
        scope="read_events change_participation_status",
        expires_at=START + timedelta(seconds=10800),
    )
    second_client, transport = answering({}, tokens=store, clock=clock)
    await second_client.account(sub=ACCOUNT_ID).request("GET", "/v1/userinfo")
    assert transport.requests[0].headers["Authorization"] == "Bearer a1"


async def test_tokens_without_an_account_are_not_stored() -> None:
    cronofy, transport = answering({"access_token": "a1", "refresh_token": "r1"})

    tokens = await cronofy.oauth.exchange("c0de", redirect_uri=BACK)
    await cronofy.account(tokens).request("GET", "/v1/userinfo")

    assert transport.requests[1].headers["Authorization"] == "Bearer a1"


@pytest.mark.parametrize("arguments", ["token", "access token", "sub", "both"])
async def test_revoked_tokens_are_deleted(arguments: str) -> None:
    store = MemoryTokenStore()
    cronofy, _ = answering(TOKENS, tokens=store)
    account = cronofy.account(await cronofy.oauth.exchange("c0de", redirect_uri=BACK))

    await {
        "token": lambda: cronofy.oauth.revoke("r1"),
        "access token": lambda: cronofy.oauth.revoke("a1"),
        "sub": lambda: cronofy.oauth.revoke(sub=ACCOUNT_ID),
        "both": lambda: cronofy.oauth.revoke("unknown", sub=ACCOUNT_ID),
    }[arguments]()

    assert await store.load(ACCOUNT_ID) is None
    with pytest.raises(AuthorizationRevoked, match=f"the token store holds no tokens for {ACCOUNT_ID}") as caught:
        await account.request("GET", "/v1/userinfo")
    assert caught.value.sub == ACCOUNT_ID


async def test_tokens_of_other_accounts_are_kept() -> None:
    store = MemoryTokenStore({"acc_2": Tokens(access_token="a2", sub="acc_2")})
    cronofy, transport = answering(TOKENS, tokens=store)
    account = cronofy.account(sub="acc_2")
    await account.request("GET", "/v1/userinfo")

    await cronofy.oauth.revoke("r1", sub="acc_1")
    await account.request("GET", "/v1/userinfo")

    assert transport.requests[-1].headers["Authorization"] == "Bearer a2"


async def test_tokens_can_be_used_again_after_a_revocation() -> None:
    """A new authorization may return the refresh token that the account had before."""
    cronofy, transport = answering(TOKENS)
    tokens = await cronofy.oauth.exchange("c0de", redirect_uri=BACK)

    await cronofy.oauth.revoke("r1")
    await cronofy.account(tokens).request("GET", "/v1/userinfo")

    assert transport.requests[-1].headers["Authorization"] == "Bearer a1"


async def test_a_failed_revocation_keeps_stored_tokens() -> None:
    def respond(request: Request) -> RawResponse:
        is_revocation = request.endpoint.name == "oauth.revoke"
        return RawResponse(status=400 if is_revocation else 200, body=json.dumps({"error": "invalid_client"}).encode())

    store = MemoryTokenStore({"acc_1": Tokens(access_token="a1", sub="acc_1")})
    cronofy = CronofyClient(client_id="id", client_secret="s", transport=MemoryTransport(respond), tokens=store)

    with pytest.raises(OAuthError, match="invalid_client"):
        await cronofy.oauth.revoke(sub="acc_1")

    assert await store.load("acc_1") is not None


async def test_a_revocation_needs_a_token_or_an_account() -> None:
    cronofy, _ = answering(None)

    with pytest.raises(ValueError, match=r"^token: a token or sub is required, got neither"):
        _ = cronofy.oauth.revoke()


class Broken(MemoryTokenStore):
    """A store that fails with an error that contains the given tokens, as database drivers do."""

    def __init__(self, tokens: dict[str, Tokens] | None = None) -> None:
        super().__init__(tokens)
        self.works = False

    async def swap(self, sub: str, old: Tokens | None, new: Tokens | None) -> bool:
        if self.works:
            return await super().swap(sub, old, new)
        raise OSError(f"cannot write {[tokens and tokens.refresh_token for tokens in (old, new)]}")


async def test_tokens_are_returned_if_they_cannot_be_stored(caplog: pytest.LogCaptureFixture) -> None:
    store = Broken({ACCOUNT_ID: Tokens(access_token="a0", refresh_token="r0", sub=ACCOUNT_ID)})
    cronofy, transport = answering(TOKENS, tokens=store)

    tokens = await cronofy.oauth.exchange("c0de", redirect_uri=BACK)
    assert tokens.access_token == "a1"
    assert [record.getMessage() for record in caplog.records] == ["new tokens could not be stored: OSError"]

    with pytest.raises(TokensNotSaved):
        await cronofy.account(tokens).request("GET", "/v1/userinfo")
    store.works = True
    await cronofy.account(sub=ACCOUNT_ID).request("GET", "/v1/userinfo")

    assert transport.requests[-1].headers["Authorization"] == "Bearer a1"
    stored = await store.load(ACCOUNT_ID)
    assert stored is not None
    assert stored.refresh_token == "r1"


async def test_tokens_are_returned_if_the_store_cannot_be_locked(caplog: pytest.LogCaptureFixture) -> None:
    class Unreachable(MemoryTokenStore):
        def lock(self, sub: str) -> Any:
            raise OSError("away")

    cronofy, _ = answering(TOKENS, tokens=Unreachable())

    assert (await cronofy.oauth.exchange("c0de", redirect_uri=BACK)).access_token == "a1"
    assert [record.getMessage() for record in caplog.records] == ["new tokens could not be stored: OSError"]


async def test_a_store_that_cannot_delete_revoked_tokens_raises() -> None:
    store = Broken({"acc_1": Tokens(access_token="hidden-a", refresh_token="hidden-r", sub="acc_1")})
    cronofy, _ = answering(None, tokens=store)

    with pytest.raises(TokensNotSaved, match="the authorization is revoked") as caught:
        await cronofy.oauth.revoke(sub="acc_1")

    assert caught.value.sub == "acc_1"
    assert str(caught.value.__cause__) == "OSError: cannot write ['…', None]"


async def test_an_id_is_not_taken_for_a_token() -> None:
    cronofy, transport = answering({})

    with pytest.raises(ValueError, match=r"token: expected a token, got the ID of an account. Pass it as sub."):
        await cronofy.oauth.revoke(ACCOUNT_ID)

    assert not transport.requests


async def test_an_account_without_a_known_id_is_revoked() -> None:
    cronofy, _ = answering({})
    account = cronofy.account(access_token="a1", refresh_token="r1")
    await cronofy.oauth.revoke("r1")

    with pytest.raises(AuthorizationRevoked) as caught:
        await account.identity.userinfo()

    assert caught.value.sub is None
