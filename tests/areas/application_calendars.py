"""Examples of application calendars."""

from __future__ import annotations

from cronofy_async import MemoryTokenStore
from cronofy_async.models import LinkingProfile, TokenResponse

from .example import Example, answering

TOKENS = {
    "token_type": "bearer",
    "access_token": "a1",
    "expires_in": 3600,
    "refresh_token": "r1",
    "scope": "read_write",
    "application_calendar_id": "my-unique-string",
    "sub": "apc_64b17fbb8090ea21640c9152",
    "linking_profile": {
        "provider_name": "cronofy",
        "profile_id": "pro_n23kjnwrw2",
        "profile_name": "n23kjnwrw2",
    },
}

EXAMPLES = [
    Example(
        endpoint="application_calendars.upsert",
        call=lambda client: client.application_calendars.upsert("my-unique-string"),
        request="POST /v1/application_calendars",
        json={"client_id": "id", "client_secret": "s3cret", "application_calendar_id": "my-unique-string"},
        response=TOKENS,
        result=TokenResponse(
            token_type="bearer",
            access_token="a1",
            expires_in=3600,
            refresh_token="r1",
            scope="read_write",
            application_calendar_id="my-unique-string",
            sub="apc_64b17fbb8090ea21640c9152",
            linking_profile=LinkingProfile(
                provider_name="cronofy", profile_id="pro_n23kjnwrw2", profile_name="n23kjnwrw2"
            ),
        ),
    ),
    Example(
        endpoint="application_calendars.upsert",
        title="as before 2020",
        call=lambda client: client.application_calendars.upsert("my-unique-string"),
        request="POST /v1/application_calendars",
        json={"client_id": "id", "client_secret": "s3cret", "application_calendar_id": "my-unique-string"},
        response={"token_type": "bearer", "access_token": "a1", "expires_in": 3600, "refresh_token": "r1", "scope": ""},
        result=TokenResponse(token_type="bearer", access_token="a1", expires_in=3600, refresh_token="r1", scope=""),
        in_contract=False,
    ),
]


async def test_the_tokens_are_stored() -> None:
    store = MemoryTokenStore()
    client, transport = answering(TOKENS, tokens=store)

    tokens = await client.application_calendars.upsert("my-unique-string")
    await client.account(tokens).request("GET", "/v1/calendars")

    stored = await store.load("apc_64b17fbb8090ea21640c9152")
    assert stored is not None
    assert stored.refresh_token == "r1"
    assert transport.requests[1].headers["Authorization"] == "Bearer a1"
