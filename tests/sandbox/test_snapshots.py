"""What every operation leaves behind survives a snapshot, done or pending: a restored sandbox answers like the original."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from cronofy_async import CronofyClient
from cronofy_async.sandbox import Sandbox
from cronofy_async.sandbox.kernel.messages import SandboxRequest, SandboxResponse

from .operations.exercise import Exercise, Site, load
from .support import NOW, Json

EXERCISES = load()
DELAY = 60
#: What is stored, and what is to happen to it. Callbacks are sent in the background.
COMPARED = ("clock", "state", "effects")


class RecordingSandbox(Sandbox):
    """A sandbox that keeps its requests as they arrived."""

    def __init__(self) -> None:
        super().__init__(now=NOW)
        self.received: list[SandboxRequest] = []

    async def handle(self, request: SandboxRequest) -> SandboxResponse:
        self.received.append(request)
        return await super().handle(request)


async def exercised(exercise: Exercise) -> tuple[Json, list[SandboxRequest]]:
    """Return the snapshot of a sandbox after an exercise, and the requests of the exercise."""
    async with RecordingSandbox() as sandbox, sandbox.serve() as url:
        ada = sandbox.add_account("ada@example.com")
        async with CronofyClient(
            client_id=sandbox.client_id, client_secret=sandbox.client_secret, base_url=url, app_url=url
        ) as cronofy:
            await exercise.run(Site(sandbox, url, cronofy, ada, cronofy.account(access_token=ada.access_token)))
        return document(sandbox), sandbox.received


def document(sandbox: Sandbox) -> Json:
    result: Json = json.loads(json.dumps(sandbox.snapshot()))
    return result


def restored(snapshot: Json) -> Sandbox:
    sandbox = Sandbox(now=NOW, write_delay=DELAY)
    sandbox.restore(snapshot)
    return sandbox


async def answers(sandbox: Sandbox, requests: list[SandboxRequest]) -> list[SandboxResponse]:
    return [await sandbox.handle(request) for request in requests]


@pytest.mark.parametrize("name", EXERCISES)
async def test_a_restored_sandbox_answers_like_the_original(name: str) -> None:
    snapshot, requests = await exercised(EXERCISES[name])
    async with restored(snapshot) as original:
        await answers(original, requests)  # what they write is pending now
        async with restored(document(original)) as copy:
            for later in (0, DELAY / 2, DELAY, 3600):
                for sandbox in (original, copy):
                    sandbox.clock.advance(timedelta(seconds=later))
                assert await answers(copy, requests) == await answers(original, requests)
            for part in COMPARED:
                assert document(copy)[part] == document(original)[part]


async def test_writes_that_are_pending_are_part_of_a_snapshot() -> None:
    snapshot, requests = await exercised(EXERCISES["events_are_written_read_and_deleted"])
    async with restored(snapshot) as original:
        await answers(original, requests)
        pending = [effect["name"] for effect in document(original)["effects"]]

    assert pending == ["events.write"] * 4 + ["events.remove"]
