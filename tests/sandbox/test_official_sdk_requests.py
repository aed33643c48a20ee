"""Requests for availability, channels, and batches, as official SDKs send them."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from cronofy_async.sandbox import Account, Sandbox

from .support import NOW, Json, at, call, group, period

APP = "https://app.example.com"
QUERY: Json = {"required_duration": {"minutes": 60}, "available_periods": [period(at(9), at(12))]}
DAYS = [{"day": "monday", "start_time": "09:00", "end_time": "12:00"}]
RULE: Json = {"availability_rule_id": "r", "tzid": "Etc/UTC", "weekly_periods": DAYS}
HOURS: Json = {"available_period_id": "p", **period(at(9), at(10))}
CHANNEL: Json = {"callback_url": f"{APP}/changes"}


@attrs.frozen
class Case:
    """A request of an official SDK.

    Attributes:
        target: Its path and query; ``{id}`` is the ID of what was made.
        made: What is made before, by a POST to the listing.
        by_key: Whether it has the API key, and not the token of an account.
    """

    sdk: str
    operation: str
    method: str
    target: str
    body: Any = None
    made: Json | None = None
    by_key: bool = False

    def __str__(self) -> str:
        return f"{self.sdk} {self.operation}"


CASES = [
    Case("ruby without a token, and php", "availability.query", "POST", "/v1/availability", QUERY, by_key=True),
    Case("node, python, and csharp", "availability.query", "POST", "/v1/availability", QUERY),
    Case("csharp", "availability_rules.upsert", "POST", "/v1/availability_rules", RULE),
    Case("python", "availability_rules.list", "GET", "/v1/availability_rules", {}),
    Case("php", "availability_rules.delete", "DELETE", "/v1/availability_rules/r", [], RULE),
    Case("python", "availability_rules.delete", "DELETE", "/v1/availability_rules/r", {}, RULE),
    Case(
        "node", "availability_rules.delete", "DELETE", "/v1/availability_rules/r", {"availability_rule_id": "r"}, RULE
    ),
    Case("php", "available_periods.upsert", "POST", "/v1/available_periods", HOURS),
    Case("ruby", "available_periods.list", "GET", "/v1/available_periods?tzid=Etc/UTC"),
    Case("php", "available_periods.delete", "DELETE", "/v1/available_periods/", {"available_period_id": "p"}, HOURS),
    Case("php", "available_periods.bulk_delete", "DELETE", "/v1/available_periods", {"delete_all": True}, HOURS),
    Case("node", "channels.create", "POST", "/v1/channels", CHANNEL),
    Case("python", "channels.list", "GET", "/v1/channels", {}),
    Case("php", "channels.close", "DELETE", "/v1/channels/{id}", [], CHANNEL),
    Case("python and node", "channels.close", "DELETE", "/v1/channels/{id}", {}, CHANNEL),
]


@pytest.fixture
def sandbox() -> Sandbox:
    sandbox = Sandbox(now=NOW, strict=True)
    sandbox.mount(APP, lambda _: None)
    return sandbox


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_requests_of_official_sdks(sandbox: Sandbox, ada: Account, case: Case) -> None:
    token = sandbox.client_secret if case.by_key else ada.access_token
    body, ident = case.body, "none"
    if body is QUERY:
        body = QUERY | {"participants": [group(ada)]}
    if case.made:
        listing = "/".join(case.target.split("/")[:3])
        made = await call(sandbox, "POST", listing, case.made, token=token)
        assert made.status < 300
        if "{id}" in case.target:
            ident = made.json["channel"]["channel_id"]

    reply = await call(sandbox, case.method, case.target.format(id=ident), body, token=token)

    assert reply.status < 300, reply
