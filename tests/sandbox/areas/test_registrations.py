"""Bookable events that the application creates, and their registrations."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from cronofy_async.sandbox import Sandbox

from ..support import NOW, Json, Reply, at, call, text

PATH = "/v1/bookable_events"
YOGA = f"{PATH}/yoga-1"


def new(**changes: object) -> Json:
    return {
        "bookable_event_id": "yoga-1",
        "start": text(at(15)),
        "end": text(at(17)),
        "status": "confirmed",
        "registration": {"capacity": 2},
        **changes,
    }


async def register(sandbox: Sandbox, name: str, status: str = "accepted", **members: object) -> Reply:
    body = {"registration_id": name, "status": status, **members}
    return await call(sandbox, "POST", f"{YOGA}/registrations", body)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW, strict=True, page_size=10) as sandbox:
        assert (await call(sandbox, "POST", PATH, new())).status == 200
        yield sandbox


async def test_a_created_event_is_read_back() -> None:
    sandbox = Sandbox(now=NOW, strict=True)

    created = await call(sandbox, "POST", PATH, new())
    response = await call(sandbox, "GET", YOGA)

    assert created.json == new(registration={"capacity": 2, "registered_count": 0, "registrations": []})
    assert response.json == new(
        registration={"capacity": 2, "registered_count": 0, "total_count": 0, "registrations": []}
    )
    assert sandbox.bookable_events.find("yoga-1").start == at(15)


async def test_creating_an_event_again_updates_it(sandbox: Sandbox) -> None:
    await register(sandbox, "ada")

    again = await call(sandbox, "POST", PATH, new(status="cancelled", registration={"capacity": 3}))

    assert again.json["status"] == "cancelled"
    body = (await call(sandbox, "GET", YOGA)).json
    assert (body["status"], body["registration"]["capacity"]) == ("cancelled", 3)
    assert [registration["registration_id"] for registration in body["registration"]["registrations"]] == ["ada"]


async def test_a_duplicate_id_is_rejected_without_the_assumption() -> None:
    sandbox = Sandbox(now=NOW, assume={"creating_a_bookable_event_again_updates_it": False})
    await call(sandbox, "POST", PATH, new())

    again = await call(sandbox, "POST", PATH, new(status="cancelled"))

    assert again.errors == {"bookable_event_id": "errors.taken"}
    assert sandbox.bookable_events.find("yoga-1").status == "confirmed"


async def test_registrations_are_stored_and_updated(sandbox: Sandbox) -> None:
    await register(sandbox, "ada", "pending", metadata={"name": "Ada"})
    reply = await register(sandbox, "ada", "accepted")

    assert reply.json["registration"] == {
        "capacity": 2,
        "registered_count": 1,
        "total_count": 1,
        "registrations": [{"registration_id": "ada", "status": "accepted", "metadata": {"name": "Ada"}}],
    }
    assert (await call(sandbox, "GET", YOGA)).json == reply.json
    changed = await register(sandbox, "ada", "tentative", metadata={})
    assert changed.json["registration"]["registrations"][0]["metadata"] == {}


async def test_a_full_event_rejects_further_registrations(sandbox: Sandbox) -> None:
    await register(sandbox, "ada")
    await register(sandbox, "bob", "tentative")

    refused = await register(sandbox, "kim")

    assert refused.errors == {"registration": "errors.full"}
    assert list(sandbox.bookable_events.find("yoga-1").registrations) == ["ada", "bob"]


async def test_a_full_event_still_accepts_changes_that_need_no_seat(sandbox: Sandbox) -> None:
    for name in ("ada", "bob"):
        await register(sandbox, name)

    for name, status in (("ada", "pending"), ("kim", "declined"), ("lee", "removed")):
        assert (await register(sandbox, name, status)).status == 200
    assert (await register(sandbox, "kim")).status == 422
    assert (await register(sandbox, "ada", "declined")).status == 200
    assert (await register(sandbox, "kim")).status == 200


async def test_a_full_event_accepts_registrations_without_the_assumption() -> None:
    sandbox = Sandbox(now=NOW, assume={"full_events_refuse_registrations": False})
    await call(sandbox, "POST", PATH, new(registration={"capacity": 1}))

    for name in ("ada", "bob"):
        reply = await register(sandbox, name)

    assert reply.json["registration"]["registered_count"] == 2


async def test_a_removed_registration_loses_its_metadata(sandbox: Sandbox) -> None:
    await register(sandbox, "ada", metadata={"name": "Ada"})

    removed = await call(sandbox, "DELETE", f"{YOGA}/registrations/ada")

    assert removed.json["registration"] == {
        "capacity": 2,
        "registered_count": 0,
        "total_count": 1,
        "registrations": [{"registration_id": "ada", "status": "removed", "metadata": None}],
    }
    assert (await call(sandbox, "GET", YOGA)).json == removed.json


@pytest.mark.parametrize("path", [f"{PATH}/judo/registrations/ada", f"{YOGA}/registrations/bob"])
async def test_removing_an_unknown_registration_is_404(sandbox: Sandbox, path: str) -> None:
    await register(sandbox, "ada")

    assert (await call(sandbox, "DELETE", path)).status == 404


async def test_registering_for_an_unknown_event_is_404(sandbox: Sandbox) -> None:
    body = {"registration_id": "ada", "status": "accepted"}

    assert (await call(sandbox, "POST", f"{PATH}/judo/registrations", body)).status == 404
