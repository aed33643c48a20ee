"""Bodies that break one rule each: a 422 that names the field, and nothing is stored."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cronofy_async.sandbox import Sandbox

from ..support import NOW, Json, at, call, put, text

METADATA = {str(number): "" for number in range(11)}

#: The endpoints, each with a body that is valid.
VALID: dict[str, tuple[str, Json]] = {
    "bookable_events.create": (
        "/v1/bookable_events",
        {
            "bookable_event_id": "yoga",
            "start": text(at(15)),
            "end": text(at(17)),
            "status": "confirmed",
            "registration": {"capacity": 12},
        },
    ),
    "bookable_events.upsert_registration": (
        "/v1/bookable_events/judo/registrations",
        {"registration_id": "ada", "status": "accepted", "metadata": {"name": "Ada"}},
    ),
}

#: An endpoint, the member that is changed, its value (``...`` removes it), the key, and the field if it is another one.
BROKEN: list[tuple[str, str, Any, str, str]] = [
    ("bookable_events.create", "bookable_event_id", ..., "errors.required", ""),
    ("bookable_events.create", "bookable_event_id", "a b", "errors.invalid", ""),
    ("bookable_events.create", "start", ..., "errors.required", ""),
    ("bookable_events.create", "start", {"time": text(at(15)), "tzid": "Etc/UTC"}, "errors.invalid_type", ""),
    ("bookable_events.create", "end", "2031-03-03T15:00:00+01:00", "errors.invalid", ""),
    ("bookable_events.create", "end", text(at(15)), "errors.invalid_time_pair", ""),
    ("bookable_events.create", "status", ..., "errors.required", ""),
    ("bookable_events.create", "status", "tentative", "errors.not_included", ""),
    ("bookable_events.create", "registration", ..., "errors.required", ""),
    ("bookable_events.create", "registration.capacity", ..., "errors.required", ""),
    ("bookable_events.create", "registration.capacity", None, "errors.invalid_type", ""),
    ("bookable_events.create", "registration.capacity", 0, "errors.invalid", ""),
    ("bookable_events.create", "registration.capacity", 257, "errors.invalid", ""),
    ("bookable_events.upsert_registration", "registration_id", ..., "errors.required", ""),
    ("bookable_events.upsert_registration", "registration_id", "ä", "errors.invalid", ""),
    ("bookable_events.upsert_registration", "status", ..., "errors.required", ""),
    ("bookable_events.upsert_registration", "status", "maybe", "errors.not_included", ""),
    ("bookable_events.upsert_registration", "metadata", METADATA, "errors.invalid", ""),
    ("bookable_events.upsert_registration", "metadata.name", 7, "errors.invalid_type", ""),
]


def seeded() -> Sandbox:
    sandbox = Sandbox(now=NOW, strict=True)
    sandbox.bookable_events.add(bookable_event_id="judo")
    return sandbox


async def send(sandbox: Sandbox, name: str, *changes: tuple[str, Any]) -> Any:
    path, body = VALID[name]
    body = copy.deepcopy(body)
    for member, value in changes:
        put(body, member, value)
    return await call(sandbox, "POST", path, body)


@pytest.mark.parametrize("name", VALID)
async def test_the_bodies_are_valid(name: str) -> None:
    reply = await send(seeded(), name)

    assert reply.status == 200, reply


@pytest.mark.parametrize(("name", "member", "value", "key", "field"), BROKEN)
async def test_a_broken_rule_is_a_422_that_names_the_field(
    name: str, member: str, value: Any, key: str, field: str
) -> None:
    sandbox = seeded()
    before = sandbox.snapshot()["state"]

    reply = await send(sandbox, name, (member, value))

    assert reply.errors == {field or member: key}
    assert sandbox.snapshot()["state"] == before
