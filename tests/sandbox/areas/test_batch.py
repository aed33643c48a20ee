"""Several writes in one request to the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from cronofy_async import Call, NotFound, ValidationFailed
from cronofy_async.sandbox import Account, Sandbox

from ..support import NOW, Json, Reply, at, call
from . import events

BATCH = "/v1/batch"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


async def send(sandbox: Sandbox, account: Account, *items: Json) -> Reply:
    return await call(sandbox, "POST", BATCH, {"batch": items}, token=account.access_token)


def upsert(account: Account, number: int = 1, **changes: Any) -> Json:
    data = events.body(event_id=f"e{number}", **changes)
    return {"method": "POST", "relative_url": events.path(account), "data": data}


def delete(account: Account, number: int = 1) -> Json:
    return {"method": "DELETE", "relative_url": events.path(account), "data": {"event_id": f"e{number}"}}


async def ids(sandbox: Sandbox, account: Account) -> list[str]:
    return [event["event_id"] for event in await events.read(sandbox, account, include_managed=True)]


async def statuses(sandbox: Sandbox, account: Account, *items: Json) -> list[int]:
    reply = await send(sandbox, account, *items)
    assert reply.status == 207, reply
    return [item["status"] for item in reply.json["batch"]]


async def test_the_items_are_performed_in_order(sandbox: Sandbox, ada: Account) -> None:
    reply = await send(sandbox, ada, upsert(ada, 1), upsert(ada, 2), delete(ada, 1), upsert(ada, 3))

    assert (reply.status, reply.json) == (207, {"batch": [{"status": 202}] * 4})
    assert await ids(sandbox, ada) == ["e2", "e3"]


async def test_an_item_that_is_invalid_does_not_stop_the_others(sandbox: Sandbox, ada: Account) -> None:
    foreign = upsert(ada, 2) | {"relative_url": "/v1/calendars/cal_none/events"}
    without_data = {"method": "POST", "relative_url": events.path(ada)}

    reply = await send(
        sandbox, ada, upsert(ada, 1, summary=...), foreign, without_data, upsert(ada, 3, odd=1), upsert(ada)
    )

    first, second, third, fourth, fifth = reply.json["batch"]
    required = [{"key": "errors.required", "description": "summary must be specified"}]
    assert first == {"status": 422, "data": {"errors": {"summary": required}}}
    assert second == {"status": 404}
    assert (third["status"], sorted(third["data"]["errors"])) == (422, ["end", "event_id", "start", "summary"])
    assert (fourth["status"], list(fourth["data"]["errors"])) == (422, ["odd"])
    assert fifth == {"status": 202}
    assert await ids(sandbox, ada) == ["e1"]


async def test_external_events_are_edited_and_deleted(sandbox: Sandbox, ada: Account) -> None:
    sandbox.calendars.change(ada.calendar_id, permission_level="unrestricted")
    first, second = sandbox.events.add(ada, at(9)), sandbox.events.add(ada, at(11))

    edit = {
        "method": "POST",
        "relative_url": events.path(ada),
        "data": {"event_uid": first.event_uid, "summary": "New"},
    }
    remove = {"method": "DELETE", "relative_url": events.path(ada), "data": {"event_uid": second.event_uid}}
    assert await statuses(sandbox, ada, edit, remove) == [202, 202]

    assert [result["summary"] for result in await events.read(sandbox, ada)] == ["New"]


async def test_an_item_returns_the_userinfo_if_asked_for_it(sandbox: Sandbox, ada: Account) -> None:
    reply = await send(sandbox, ada, upsert(ada, include_userinfo=True))

    (item,) = reply.json["batch"]
    assert (item["status"], item["data"]["userinfo"]["sub"]) == (202, ada.sub)


@pytest.mark.parametrize(
    ("method", "url", "data"),
    [
        ("GET", "/v1/events", {}),
        ("DELETE", "/v1/events", {"delete_all": True}),
        ("POST", "/v1/batch", {"batch": []}),
        ("POST", "/v1/calendars", {"profile_id": "pro_1", "name": "a"}),
        ("POST", "/v1/calendars/cal_1/events/evt_1/participation_status", {"status": "accepted"}),
        ("POST", "https://api.cronofy.com/v1/calendars/cal_1/events", {}),
        ("DELETE", "/v1/available_periods", {"delete_all": True}),
        ("PUT", "/v1/available_periods", {}),
        ("POST", "nonsense", {}),
    ],
)
@pytest.mark.parametrize("is_assumed", [True, False])
async def test_an_unsupported_item_does_not_stop_the_others(
    method: str, url: str, data: Json, is_assumed: bool
) -> None:
    async with Sandbox(now=NOW, strict=True, assume={"unsupported_batch_items_are_not_found": is_assumed}) as sandbox:
        ada = sandbox.add_account("ada@example.com")

        result = await statuses(sandbox, ada, {"method": method, "relative_url": url, "data": data}, upsert(ada))

        assert result == [404 if is_assumed else 422, 202]


async def test_deletions_of_available_periods_are_passed_on(sandbox: Sandbox, ada: Account) -> None:
    url, data = "/v1/available_periods", {"available_period_id": "a"}
    single = await call(sandbox, "DELETE", url, data, token=ada.access_token)

    item = {"method": "DELETE", "relative_url": url, "data": data}
    assert await statuses(sandbox, ada, item) == [single.status]


#: Bodies that are refused whole, and the field that is named.
MALFORMED: list[tuple[Any, str]] = [
    ({}, "batch"),
    ({"batch": []}, "batch"),
    ({"batch": [{}] * 51}, "batch"),
    ({"batch": [{"relative_url": "/v1/events"}]}, "batch[0].method"),
    ({"batch": [{"method": "POST"}]}, "batch[0].relative_url"),
    ({"batch": [{"method": "POST", "relative_url": "/v1/events", "data": []}]}, "batch[0].data"),
    ([], "body"),
]


@pytest.mark.parametrize(("body", "field"), MALFORMED)
async def test_a_malformed_batch_is_rejected_as_a_whole(sandbox: Sandbox, ada: Account, body: Any, field: str) -> None:
    reply = await call(sandbox, "POST", BATCH, body, token=ada.access_token)

    assert field in reply.errors


async def test_a_batch_has_at_most_50_items(sandbox: Sandbox, ada: Account) -> None:
    items = [upsert(ada, number) for number in range(51)]

    assert await statuses(sandbox, ada, *items[:50]) == [202] * 50
    assert (await send(sandbox, ada, *items)).status == 422
    assert len(await ids(sandbox, ada)) == 50


async def test_the_items_act_for_the_account_of_the_batch(sandbox: Sandbox, ada: Account) -> None:
    bob = sandbox.add_account("bob@example.com")

    assert await statuses(sandbox, bob, upsert(ada), upsert(bob)) == [404, 202]
    assert (await call(sandbox, "POST", BATCH, {"batch": [upsert(ada)]})).status == 403
    assert (await call(sandbox, "POST", BATCH, {"batch": [upsert(ada)]}, token="none")).status == 401
    assert await ids(sandbox, ada) == []


async def test_an_item_needs_the_permission_of_its_request(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada@example.com", calendars=2)
    sandbox.calendars.change(ada.calendar_ids[1], readonly=True)
    item = upsert(ada) | {"relative_url": events.path(ada, ada.calendar_ids[1])}

    assert await statuses(sandbox, ada, item, upsert(ada)) == [403, 202]


async def test_items_take_effect_later_as_single_requests_do() -> None:
    async with Sandbox(now=NOW, strict=True, write_delay=5) as sandbox:
        ada = sandbox.add_account("ada@example.com")
        assert await statuses(sandbox, ada, upsert(ada)) == [202]
        assert await ids(sandbox, ada) == []

        sandbox.clock.advance(seconds=5)

        assert await ids(sandbox, ada) == ["e1"]


async def test_a_batch_is_one_request_for_faults_and_records(sandbox: Sandbox, ada: Account) -> None:
    sandbox.faults.add("events.upsert", status=500)
    sandbox.faults.add("batch.execute", status=429, times=1)

    assert (await send(sandbox, ada, upsert(ada))).status == 429
    assert await statuses(sandbox, ada, upsert(ada)) == [202]
    assert [request.operation for request in sandbox.requests] == ["batch.execute"] * 2


async def test_the_sdk_sends_calls_as_a_batch(sandbox: Sandbox, ada: Account) -> None:
    async with sandbox.client() as cronofy:
        account = cronofy.account(access_token=ada.access_token)

        def write(event_id: str) -> Call[None]:
            return account.events.upsert(ada.calendar_id, event_id=event_id, summary="a", start=at(9), end=at(10))

        async with account.batch() as batch:
            for number in range(60):
                batch.add(write(f"e{number}"))
            missing = batch.add(account.events.delete("cal_none", event_id="e1"))
            wrong = batch.add(write(""))

    assert batch.failed == (missing, wrong)
    assert isinstance(missing.error, NotFound)
    assert isinstance(wrong.error, ValidationFailed)
    assert list(wrong.error.errors) == ["event_id"]
    assert len(await ids(sandbox, ada)) == 60
    assert [request.operation for request in sandbox.requests][:2] == ["batch.execute"] * 2
