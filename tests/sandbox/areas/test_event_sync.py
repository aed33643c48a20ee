"""A copy of an account's events that the SDK keeps in sync equals the events after any changes."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from cronofy_async.client import CronofyAccount
from cronofy_async.models import Event
from cronofy_async.sandbox import Account, Sandbox

from ..support import NOW, at

SERIES = {"rules": [{"frequency": "daily", "count": 4}]}


def something(sandbox: Sandbox, ada: Account, chance: random.Random) -> None:
    """Perform a random action of the calendar's user."""
    start = at(9, day=chance.randint(4, 28)) + timedelta(minutes=chance.randint(0, 600))
    if chance.random() < 0.2:
        start += timedelta(days=300)  # out of Cronofy's window
    events = ada.events
    if len(events) < 5 or chance.random() < 0.3:
        sandbox.events.add(ada, start, recurrence=SERIES if chance.random() < 0.3 else None)
        return
    event = chance.choice(events)
    actions: list[Callable[[], object]] = [
        lambda: sandbox.events.change(event, start=start),
        lambda: sandbox.events.change(event, summary=str(chance.random())),
        lambda: sandbox.events.change(
            event, recurrence=chance.choice([SERIES, {"rules": [{"frequency": "weekly", "count": 3}]}])
        ),
        lambda: sandbox.events.delete(event),
    ]
    chance.choice(actions)()


def apply(event: Event, copy: dict[str, Event]) -> None:
    if event.deleted:
        copy.pop(event.event_uid, None)
    else:
        copy[event.event_uid] = event


@pytest.mark.parametrize("seed", range(12))
async def test_a_copy_never_misses_a_change(seed: int) -> None:
    chance = random.Random(seed)
    sandbox = Sandbox(now=NOW, strict=True, page_size=3, seed=seed)
    ada = sandbox.add_account("ada@example.com")
    copy: dict[str, Event] = {}
    since = None
    async with sandbox.client() as client:
        account = client.account(access_token=ada.access_token, refresh_token=ada.refresh_token)
        for _ in range(5):
            for _ in range(chance.randint(0, 6)):
                something(sandbox, ada, chance)
            changes = account.events.changes(since=since)
            expiries = chance.randint(0, 3)
            async for event in changes:
                apply(event, copy)
                if chance.random() < 0.2:
                    something(sandbox, ada, chance)
                if expiries and chance.random() < 0.1:
                    expiries -= 1
                    sandbox.clock.advance(minutes=11)  # the page URLs expire
            since = changes.next_since
            sandbox.clock.advance(seconds=chance.randint(0, 90))
        async for event in account.events.changes(since=since):
            apply(event, copy)

        assert {uid: event for uid, event in copy.items() if is_in_window(event)} == await everything(account)


def is_in_window(event: Event) -> bool:
    assert event.start.utc is not None
    return event.start.utc < NOW + timedelta(days=200)


async def everything(account: CronofyAccount) -> dict[str, Event]:
    return {event.event_uid: event async for event in account.events.read(include_managed=True)}


async def test_reading_restarts_when_a_page_url_has_expired() -> None:
    sandbox = Sandbox(now=NOW, page_size=1)
    ada = sandbox.add_account("ada@example.com")
    for day in (4, 5, 6):
        sandbox.events.add(ada, at(9, day=day), at(10, day=day), f"{day}")
    async with sandbox.client() as client:
        changes = client.account(access_token=ada.access_token).events.changes()
        result: list[str | None] = []
        async for event in changes:
            result.append(event.summary)
            if len(result) == 2:
                sandbox.clock.advance(minutes=11)

    assert result == ["4", "5", "4", "5", "6"]
    assert changes.next_since == NOW - timedelta(minutes=1)
