"""Every operation of the contract, called over HTTP by a typed call and seen to do what a later read shows.

The exercises are in ``operations/``. A new operation needs one there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from cronofy_async import CronofyClient
from cronofy_async.sandbox import Sandbox
from cronofy_async.sandbox.kernel.contract.contract import contract

from .operations.exercise import Site, load
from .support import NOW

EXERCISES = load()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Sandbox(now=NOW, strict=True) as sandbox, sandbox.serve() as url:
        ada = sandbox.add_account("ada@example.com")
        async with CronofyClient(
            client_id=sandbox.client_id, client_secret=sandbox.client_secret, base_url=url, app_url=url
        ) as cronofy:
            yield Site(sandbox, url, cronofy, ada, cronofy.account(access_token=ada.access_token))


def test_every_operation_has_an_exercise() -> None:
    exercised = {name for exercise in EXERCISES.values() for name in exercise.operations}
    assert exercised == contract().operations.keys(), "add the exercise of a new operation to tests/sandbox/operations"


@pytest.mark.parametrize("name", EXERCISES)
async def test_an_operation_does_what_it_says(name: str, site: Site) -> None:
    await EXERCISES[name].run(site)

    succeeded = {
        request.operation for request in site.sandbox.requests if request.status is not None and request.status < 400
    }
    assert EXERCISES[name].operations <= succeeded
    assert all(request.unknown == () for request in site.sandbox.requests)
