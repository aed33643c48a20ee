"""A sandbox for tests of pages, its account, and an application that receives callbacks."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from cronofy_async.sandbox import Account, Sandbox

from ..callbacks import APP, Receiver
from ..support import NOW


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com", "Ada Lovelace")


@pytest.fixture
def app(sandbox: Sandbox) -> Receiver:
    receiver = Receiver()
    sandbox.mount(APP, receiver)
    return receiver
