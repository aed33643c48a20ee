"""pycronofy, unmodified, uses channels in the sandbox, and verifies their notifications."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from cronofy_async.sandbox import Account, Sandbox

from ..sandbox.areas.channels import HOOK, Hook
from ..sandbox.support import NOW
from .support import pycronofy, raises_status, settings
from .test_pycronofy import run


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW, strict=True, more_secrets=("sbx_second",)) as sandbox:
        yield sandbox


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com", calendars=2)


@pytest.fixture
async def client(sandbox: Sandbox, ada: Account, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    async with sandbox.serve() as url:
        monkeypatch.setattr(settings, "API_BASE_URL", url)
        yield pycronofy.Client(client_secret=sandbox.client_secret, access_token=ada.access_token)


async def test_channels_are_created_listed_and_closed(client: Any, sandbox: Sandbox, ada: Account) -> None:
    hook = Hook(sandbox)
    plain = await run(client.create_notification_channel, HOOK)
    managed = await run(
        client.create_notification_channel, HOOK, calendar_ids=(ada.calendar_ids[1],), only_managed=True
    )
    assert managed["filters"] == {"calendar_ids": [ada.calendar_ids[1]], "only_managed": True}
    assert await run(client.list_notification_channels) == [plain, managed]
    assert await hook.types() == ["verification", "verification"]

    sandbox.events.add(ada)
    await sandbox.wait_for_callbacks()
    assert [notification["channel"] for notification in hook.seen] == [plain]
    change = sandbox.deliveries[-1]
    assert client.hmac_valid(change.headers["Cronofy-HMAC-SHA256"], change.body.decode())

    await run(client.close_notification_channel, plain["channel_id"])
    assert await run(client.list_notification_channels) == [managed]
    with raises_status(404):
        await run(client.close_notification_channel, "chn_unknown")
    assert sandbox.unknown_parameters == []
