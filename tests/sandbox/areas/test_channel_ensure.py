"""``account.channels.ensure`` and the typed calls of channels, against the sandbox."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE

import pytest

from cronofy_async import NotFound, ValidationFailed
from cronofy_async.models import EventsChanged, Filters
from cronofy_async.sandbox import Account, Delivery, Sandbox

from ..support import NOW
from .channels import APP, HOOK, Hook

#: Ensures a channel of each account when both processes are ready.
PROCESS = """
import asyncio, json, sys
from cronofy_async import CronofyClient

async def main():
    url, hook, *tokens = sys.argv[1:]
    async with CronofyClient(client_secret="sbx_secret", base_url=url, rate_limit=None) as cronofy:
        print("ready", flush=True)
        sys.stdin.readline()
        accounts = [cronofy.account(access_token=token) for token in tokens]
        channels = await asyncio.gather(*[account.channels.ensure(hook) for account in accounts])
        print(json.dumps([channel.id for channel in channels]))

asyncio.run(main())
"""


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com", calendars=2)


async def test_a_channel_is_ensured(sandbox: Sandbox, ada: Account) -> None:
    hook = Hook(sandbox)
    async with sandbox.client() as cronofy:
        channels = cronofy.account(access_token=ada.access_token).channels
        first = await channels.ensure(HOOK, filters=Filters(calendar_ids=ada.calendar_ids))
        assert await hook.types() == ["verification"]

        again = await channels.ensure(HOOK, filters={"calendar_ids": ada.calendar_ids[::-1], "only_managed": False})
        assert again == first
        assert await hook.types() == []
        assert list(await channels.list()) == [first]

        await channels.close(first)
        assert len(await channels.list()) == 0
        assert (await channels.ensure(HOOK, filters=Filters(calendar_ids=ada.calendar_ids))).id != first.id
        with pytest.raises(NotFound):
            await channels.close("chn_unknown")


async def test_duplicates_of_the_sandbox_are_closed(sandbox: Sandbox, ada: Account) -> None:
    hook = Hook(sandbox)
    async with sandbox.client() as cronofy:
        channels = cronofy.account(access_token=ada.access_token).channels
        created = [
            await channels.create(HOOK),
            await channels.create(HOOK, filters=Filters(only_managed=False)),
            await channels.create(HOOK, filters=Filters(calendar_ids=[])),
        ]
        record = await channels.ensure(HOOK)
        assert record.id == min(channel.id for channel in created)
        await hook.types()

        sandbox.events.add(ada)

        assert await hook.types() == ["change"]


async def test_a_rejected_channel(sandbox: Sandbox, ada: Account) -> None:
    sandbox.faults.add(
        "channels.create",
        status=422,
        body={"errors": {"callback_url": [{"key": "errors.odd", "description": "is odd"}]}},
    )
    async with sandbox.client() as cronofy:
        with pytest.raises(ValidationFailed, match="callback_url"):
            await cronofy.account(access_token=ada.access_token).channels.ensure(HOOK)


async def test_concurrent_processes_ensure_one_channel() -> None:
    sandbox = Sandbox()
    hook = Hook(sandbox)
    accounts = [sandbox.add_account(f"{number}@example.com") for number in range(8)]
    # Usually, both processes have listed the channels before either creates one.
    for operation in ("channels.list", "channels.create"):
        sandbox.faults.add(operation, latency=0.5)
    async with sandbox, sandbox.serve() as url:
        arguments = ["-c", PROCESS, url, HOOK, *(account.access_token for account in accounts)]
        processes = [
            await asyncio.create_subprocess_exec(sys.executable, *arguments, stdin=PIPE, stdout=PIPE) for _ in range(2)
        ]
        for process in processes:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"ready\n"
        ends = await asyncio.gather(*[process.communicate(b"\n") for process in processes])
        result = [json.loads(output) for output, _ in ends]
        await sandbox.wait_for_callbacks()

    assert (
        result[0]
        == result[1]
        == [channel.channel_id for account in accounts for channel in sandbox.channels.all(account)]
    )
    assert len(await hook.types()) == len(accounts)


async def test_a_receiver_reads_what_changed(sandbox: Sandbox, ada: Account) -> None:
    summaries: list[str | None] = []

    async def receive(delivery: Delivery) -> int:
        notification = cronofy.webhooks.parse(delivery.body, delivery.headers, url=delivery.url, require_ref=True)
        if isinstance(notification, EventsChanged):
            assert notification.ref == ada.sub
            changes = account.events.changes(since=notification.changes_since)
            summaries.extend([event.summary async for event in changes])
        return 200

    sandbox.mount(APP, receive)
    async with sandbox.client() as cronofy:
        account = cronofy.account(access_token=ada.access_token)
        await account.channels.ensure(cronofy.webhooks.url(f"{APP}/hooks/calendar", ref=ada.sub))
        sandbox.clock.advance(minutes=2)
        sandbox.events.add(ada, summary="Lunch")
        await sandbox.wait_for_callbacks()

    assert summaries == ["Lunch"]
    assert [delivery.status for delivery in sandbox.deliveries] == [200, 200]
