"""Rooms and equipment."""

from __future__ import annotations

import pytest

from cronofy_async.sandbox import Account, Sandbox

from ..support import NOW, Reply, call

LOCATION = {"building_name": "HQ", "coordinates": {"lat": 52.95, "long": -1.15}}


@pytest.fixture
def sandbox() -> Sandbox:
    sandbox = Sandbox(now=NOW, strict=True)
    sandbox.resources.add("room-1@corp.example", "Room 1", capacity=8, location=LOCATION)
    sandbox.resources.add("projector@corp.example")
    return sandbox


@pytest.fixture
def company(sandbox: Sandbox) -> Account:
    return sandbox.add_account("admin@corp.example", kind="service_account")


async def listed(sandbox: Sandbox, account: Account, query: str = "") -> Reply:
    return await call(sandbox, "GET", f"/v1/resources{query}", token=account.access_token)


ROOM = {"email": "room-1@corp.example", "name": "Room 1"}
PROJECTOR = {"email": "projector@corp.example", "name": "Projector"}


@pytest.mark.parametrize(
    ("query", "details"),
    [
        ("", {}),
        ("?include_details=capacity", {"capacity": 8}),
        ("?include_details=capacity%20location", {"capacity": 8, "location": LOCATION}),
        ("?include_details=location+photos", {"location": LOCATION}),
    ],
)
async def test_details_are_listed_if_they_are_requested_and_known(
    sandbox: Sandbox, company: Account, query: str, details: dict[str, object]
) -> None:
    reply = await listed(sandbox, company, query)

    assert reply.json == {"resources": [{**ROOM, **details}, PROJECTOR]}


async def test_a_service_account_that_manages_resources_is_required(sandbox: Sandbox, company: Account) -> None:
    ada = sandbox.add_account("ada@example.com")
    company.scope = "service_account/accounts/manage"

    assert (await listed(sandbox, ada)).status == (await listed(sandbox, company)).status == 403
    for token, expected in ((sandbox.client_secret, 403), (None, 401)):
        assert (await call(sandbox, "GET", "/v1/resources", token=token)).status == expected


async def test_a_missing_plan_is_402(sandbox: Sandbox, company: Account) -> None:
    sandbox.faults.add("resources.list", status=402)

    assert (await listed(sandbox, company)).status == 402
