"""The event of a link, as responses and callbacks show it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from cronofy_async.sandbox import Account, Sandbox

from ..callbacks import APP, HOOK, Receiver
from ..support import LINKS, NOW, Json, call, link_body, put, status

SINGLE: Json = {"event_creation": "single", "callback_url": HOOK}
INVITED = {"email": "candidate@example.com", "display_name": "Jim Candidate"}


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


@pytest.mark.parametrize(
    ("attendees", "expected"),
    [
        ({"invite": [INVITED]}, [INVITED | {"status": "needs_action"}]),
        (
            {"invite": [{"email": "x@example.com"}], "remove": [{"email": "y@example.com"}]},
            [{"email": "x@example.com", "display_name": None, "status": "needs_action"}],
        ),
        ({}, []),
    ],
)
async def test_attendees_are_an_array(sandbox: Sandbox, ada: Account, attendees: Json, expected: list[Any]) -> None:
    receiver = Receiver()
    sandbox.mount(APP, receiver)
    body = put(link_body(ada, target_calendars=[ada.target_calendar], **SINGLE), "event.attendees", attendees)

    created = (await call(sandbox, "POST", LINKS, body)).json["real_time_scheduling"]
    ident = created["real_time_scheduling_id"]
    await sandbox.book(ident)

    assert created["event"]["attendees"] == expected
    assert (await status(sandbox, ident))["event"]["attendees"] == expected
    assert receiver.seen[0].json["event"]["attendees"] == expected
    (event,) = ada.events
    assert event.details["attendees"] == {"invite": attendees.get("invite", [])}


async def test_accepted_event_times_are_ignored() -> None:
    async with Sandbox(now=NOW, assume={"no_start_or_end": False}) as sandbox:
        bob = sandbox.add_account("bob@example.com")
        body = put(link_body(bob), "event.start", {"time": "2031-03-03T08:00:00Z"})

        created = (await call(sandbox, "POST", LINKS, body)).json["real_time_scheduling"]
        assert "start" not in created["event"]
        await sandbox.book(created["real_time_scheduling_id"])
        assert (await status(sandbox, created["real_time_scheduling_id"]))["event"]["start"] == "2031-03-03T09:00:00Z"
