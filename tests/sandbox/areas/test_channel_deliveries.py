"""What happens to notifications of channels that are not answered with 2xx."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async.sandbox import Account, Sandbox

from ..support import NOW
from .channels import Hook, close, create

#: When a notification is sent, in seconds since the first time.
SCHEDULE = [0, 15, 75, 375, 1275, 4875, 12075, 26475, 48075, 84075]
DAY = 24 * 60 * 60


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


@pytest.fixture
def hook(sandbox: Sandbox) -> Hook:
    return Hook(sandbox)


async def verified(sandbox: Sandbox, ada: Account, hook: Hook) -> str:
    """Create a channel, and return its ID."""
    channel_id: str = (await create(sandbox, ada)).json["channel"]["channel_id"]
    assert await hook.types() == ["verification"]
    return channel_id


async def wait(sandbox: Sandbox, **for_: float) -> None:
    sandbox.clock.advance(**for_)
    await sandbox.wait_for_callbacks()


def sent_at(sandbox: Sandbox) -> list[float]:
    return [(delivery.at - sandbox.deliveries[0].at).total_seconds() for delivery in sandbox.deliveries]


async def test_a_failed_notification_is_sent_again_until_it_is_answered(
    sandbox: Sandbox, ada: Account, hook: Hook
) -> None:
    await verified(sandbox, ada, hook)
    hook.status = 503
    sandbox.events.add(ada)
    (first,) = await hook.notifications()

    await wait(sandbox, seconds=14)
    assert await hook.notifications() == []
    await wait(sandbox, seconds=1)
    assert await hook.notifications() == [first], "with the same changes_since"
    hook.status = 204
    await wait(sandbox, minutes=1)
    assert await hook.notifications() == [first]
    await wait(sandbox, days=2)

    assert await hook.notifications() == []
    assert len(sandbox.channels.all(ada)) == 1


async def test_a_channel_is_closed_after_a_day_of_failures(sandbox: Sandbox, ada: Account, hook: Hook) -> None:
    hook.status = 500
    await create(sandbox, ada)
    await sandbox.wait_for_callbacks()

    for since, until in zip(SCHEDULE, [*SCHEDULE[1:], DAY - 1], strict=True):
        await wait(sandbox, seconds=until - since - 1)
        assert len(sandbox.channels.all(ada)) == 1
        await wait(sandbox, seconds=1)
    assert sent_at(sandbox) == SCHEDULE
    assert len(sandbox.channels.all(ada)) == 1
    await wait(sandbox, seconds=1)

    assert sandbox.channels.all(ada) == []
    hook.status, hook.seen = 200, []
    sandbox.events.add(ada)
    await wait(sandbox, days=1)
    assert await hook.types() == []


async def test_a_clock_that_leaps_over_the_day_closes_the_channel(sandbox: Sandbox, ada: Account, hook: Hook) -> None:
    await verified(sandbox, ada, hook)
    hook.status = 500
    sandbox.events.add(ada)
    await sandbox.wait_for_callbacks()

    await wait(sandbox, hours=30)

    assert await hook.types() == ["change", "change"]
    assert sandbox.channels.all(ada) == []


async def test_another_delivery_does_not_keep_the_channel_open(sandbox: Sandbox, ada: Account, hook: Hook) -> None:
    await verified(sandbox, ada, hook)
    hook.status = 500
    sandbox.events.add(ada)
    await sandbox.wait_for_callbacks()
    hook.status = 200
    sandbox.events.add(ada)
    await sandbox.wait_for_callbacks()
    hook.status = 500
    await wait(sandbox, hours=24)
    assert sandbox.channels.all(ada) == []


@pytest.mark.parametrize(
    ("answer", "fails"),
    [(199, True), (200, False), (202, False), (299, False), (302, True), (404, True), (410, True), (429, True)],
)
async def test_what_counts_as_failed(sandbox: Sandbox, ada: Account, hook: Hook, answer: int, fails: bool) -> None:
    await verified(sandbox, ada, hook)
    hook.status = answer
    sandbox.events.add(ada)
    await sandbox.wait_for_callbacks()

    await wait(sandbox, seconds=15)

    assert await hook.types() == ["change"] * (2 if fails else 1)
    assert len(sandbox.channels.all(ada)) == 1


@pytest.mark.parametrize(("fault", "arrived"), [({"reset": "before"}, 1), ({"reset": "after"}, 2)])
async def test_a_lost_notification_or_answer_is_sent_again(
    sandbox: Sandbox, ada: Account, hook: Hook, fault: dict[str, Any], arrived: int
) -> None:
    await verified(sandbox, ada, hook)
    sandbox.faults.add("callback", times=1, **fault)
    sandbox.events.add(ada)
    await sandbox.wait_for_callbacks()

    await wait(sandbox, seconds=15)
    await wait(sandbox, days=2)

    assert await hook.types() == ["change"] * arrived
    assert len(sandbox.channels.all(ada)) == 1


async def test_a_duplicate_is_not_retried(sandbox: Sandbox, ada: Account, hook: Hook) -> None:
    await verified(sandbox, ada, hook)
    hook.status = 500
    sandbox.faults.add("callback", times=1, duplicates=2)
    sandbox.events.add(ada)
    await sandbox.wait_for_callbacks()
    assert len(await hook.types()) == 3

    await wait(sandbox, seconds=15)

    assert len(await hook.types()) == 1


async def test_a_redelivery_is_not_retried(sandbox: Sandbox, ada: Account, hook: Hook) -> None:
    await verified(sandbox, ada, hook)
    hook.status = 500
    sandbox.events.add(ada)
    await sandbox.wait_for_callbacks()
    await sandbox.redeliver(sandbox.deliveries[-1])
    assert await hook.types() == ["change", "change"]

    await wait(sandbox, seconds=15)

    assert await hook.types() == ["change"]


async def test_a_url_that_leads_nowhere(sandbox: Sandbox, ada: Account) -> None:
    await create(sandbox, ada, "https://nowhere.example/hooks")
    await sandbox.wait_for_callbacks()
    assert [delivery.outcome for delivery in sandbox.deliveries] == ["refused"]

    await wait(sandbox, hours=24)

    assert sandbox.channels.all(ada) == []


async def test_a_closed_channel_sends_nothing_again(sandbox: Sandbox, ada: Account, hook: Hook) -> None:
    channel_id = await verified(sandbox, ada, hook)
    hook.status = 500
    sandbox.events.add(ada)
    assert await hook.types() == ["change"]

    await close(sandbox, ada, channel_id)
    await wait(sandbox, days=1)

    assert await hook.types() == []


async def test_a_failed_notification_survives_a_snapshot(sandbox: Sandbox, ada: Account, hook: Hook) -> None:
    await verified(sandbox, ada, hook)
    hook.status = 500
    sandbox.events.add(ada)
    await sandbox.wait_for_callbacks()
    sandbox.events.add(ada, summary="Queued")
    other = Sandbox(now=NOW)
    theirs = Hook(other, 500)

    other.restore(sandbox.snapshot())

    assert await theirs.types() == ["change"], "the one that was queued"
    await wait(other, seconds=15)
    assert await theirs.types() == ["change", "change"]
    await wait(other, hours=24)
    assert other.channels.all(ada.sub) == []


@pytest.mark.parametrize("retried", [True, False])
async def test_a_notification_of_a_sandbox_that_was_reset(retried: bool) -> None:
    sandbox = Sandbox(now=NOW, assume={"failed_verifications_are_retried": retried})
    ada = sandbox.add_account("ada@example.com")

    async def reset(_: object) -> int:
        sandbox.reset()
        return 500

    sandbox.mount("https://app.example.com", reset)
    await create(sandbox, ada)
    await sandbox.wait_for_callbacks()
    await wait(sandbox, days=2)
    assert sandbox.deliveries == []


# What is assumed.


async def test_410_may_close_a_channel() -> None:
    sandbox = Sandbox(now=NOW, assume={"gone_notifications_are_retried": False})
    hook, ada = Hook(sandbox), sandbox.add_account("ada@example.com")
    await verified(sandbox, ada, hook)
    hook.status = 410
    sandbox.events.add(ada)
    await sandbox.wait_for_callbacks()

    assert sandbox.channels.all(ada) == []


async def test_a_failed_verification_may_close_a_channel() -> None:
    sandbox = Sandbox(now=NOW, assume={"failed_verifications_are_retried": False})
    hook, ada = Hook(sandbox, 500), sandbox.add_account("ada@example.com")
    assert (await create(sandbox, ada)).status == 200
    await sandbox.wait_for_callbacks()

    assert sandbox.channels.all(ada) == []
    hook.status = 200
    assert (await create(sandbox, ada)).json["channel"]["channel_id"] == sandbox.channels.all(ada)[0].channel_id
