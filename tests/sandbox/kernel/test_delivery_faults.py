"""Callbacks that are repeated or overtaken. (Lost, delayed, and redelivered ones are in ``test_callbacks.py``.)"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from cronofy_async.sandbox import Account, Delivery, Sandbox

from ..support import NOW, create

APP = "https://app.example.com"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


@pytest.fixture
def seen(sandbox: Sandbox) -> list[str]:
    """Return the list of the paths of received callbacks, in order."""
    paths: list[str] = []
    sandbox.mount(APP, lambda delivery: paths.append(delivery.url.removeprefix(APP)))
    return paths


async def refused(sandbox: Sandbox, ada: Account, path: str) -> Delivery:
    """Report that no time is suitable, and return the delivery of the callback."""
    ident = await create(sandbox, ada, callback_urls={"no_times_suitable_url": APP + path})
    return await sandbox.no_times_suitable(ident)


async def test_a_callback_can_be_repeated(sandbox: Sandbox, ada: Account, seen: list[str]) -> None:
    sandbox.faults.add("callback", duplicates=2, times=1)
    delivery = await refused(sandbox, ada, "/a")
    await refused(sandbox, ada, "/b")
    assert seen == ["/a", "/a", "/a", "/b"]
    assert sandbox.deliveries[0] is delivery
    assert [delivery.outcome for delivery in sandbox.deliveries] == ["answered"] * 4
    assert {(delivery.body, delivery.headers["Cronofy-HMAC-SHA256"]) for delivery in sandbox.deliveries[:3]} == {
        (delivery.body, delivery.headers["Cronofy-HMAC-SHA256"])
    }


async def test_a_callback_is_repeated_because_its_response_was_lost(
    sandbox: Sandbox, ada: Account, seen: list[str]
) -> None:
    sandbox.faults.add("callback", reset="after", duplicates=1)
    delivery = await refused(sandbox, ada, "/a")
    assert seen == ["/a", "/a"]
    assert [delivery.outcome for delivery in sandbox.deliveries] == ["failed", "failed"]
    assert delivery.problem == "the response was lost because of a fault"


async def test_a_callback_can_arrive_after_a_later_one(sandbox: Sandbox, ada: Account, seen: list[str]) -> None:
    sandbox.faults.add("callback", hold=True, times=2)
    first = await refused(sandbox, ada, "/a")
    second = await refused(sandbox, ada, "/b")
    assert (seen, first.outcome, second.outcome) == ([], "held", "held")
    assert first.status is None
    sandbox.clock.advance(60)
    third = await refused(sandbox, ada, "/c")
    assert seen == ["/c", "/a", "/b"]
    assert sandbox.deliveries == [third, first, second]
    assert [delivery.outcome for delivery in sandbox.deliveries] == ["answered"] * 3
    assert [(delivery.at - NOW).total_seconds() for delivery in sandbox.deliveries] == [60, 60, 60]


async def test_a_held_callback_can_be_repeated(sandbox: Sandbox, ada: Account, seen: list[str]) -> None:
    sandbox.faults.add("callback", hold=True, duplicates=1, times=1)
    await refused(sandbox, ada, "/a")
    await refused(sandbox, ada, "/b")
    assert seen == ["/b", "/a", "/a"]


async def test_a_lost_callback_does_not_release_a_held_one(sandbox: Sandbox, ada: Account, seen: list[str]) -> None:
    sandbox.faults.add("callback", hold=True, times=1)
    sandbox.faults.add("callback", reset="before", times=1)
    held, lost = await refused(sandbox, ada, "/a"), await refused(sandbox, ada, "/b")
    assert (seen, held.outcome, lost.outcome) == ([], "held", "lost")


async def test_a_held_callback_can_be_redelivered(sandbox: Sandbox, ada: Account, seen: list[str]) -> None:
    sandbox.faults.add("callback", hold=True, times=1)
    held = await refused(sandbox, ada, "/a")
    again = await sandbox.redeliver(held)
    assert seen == ["/a", "/a"]  # and it is delivered as well
    assert sandbox.deliveries == [again, held]
    assert held.outcome == again.outcome == "answered"


async def test_a_reset_discards_held_callbacks(sandbox: Sandbox, ada: Account, seen: list[str]) -> None:
    sandbox.faults.add("callback", hold=True)
    await refused(sandbox, ada, "/a")
    sandbox.reset()
    await refused(sandbox, sandbox.add_account("ada@example.com"), "/b")
    assert seen == ["/b"]
