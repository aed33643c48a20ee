"""The README's snippets run, and its first screen contains the essentials."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import cronofy_async
from cronofy_async import CronofyClient, models
from cronofy_async.sandbox import Booking, Sandbox

from .snippets import ROOT, run, snippets

README = ROOT / "README.md"
TEXT = README.read_text("utf-8")
REAL, IN_SANDBOX, PROGRAM = snippets(README)


def test_the_last_snippet_is_a_program() -> None:
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM.code], capture_output=True, text=True, timeout=60, check=False
    )
    assert process.stderr == ""
    assert re.fullmatch(r"completed \d{4}-\d\d-\d\d \S+\+00:00\n", process.stdout)


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=datetime.now(UTC))


@pytest.fixture
def names(sandbox: Sandbox) -> dict[str, Any]:
    """Return the values that the snippets take from the program."""
    now = sandbox.clock.now()
    ada = sandbox.add_account("ada@example.com")
    return {
        "oauth": models.OAuth("https://app.example.com"),
        "event": models.EventTemplate(event_id="1", summary="Intro", tzid="Etc/UTC"),
        "availability": models.AvailabilityQuery(
            participants=[models.ParticipantGroup([models.Member(ada.sub)])],
            required_duration=timedelta(minutes=30),
            query_periods=[(now, now + timedelta(days=2))],
        ),
    }


async def test_the_account_snippet_reports_the_booking(
    sandbox: Sandbox, names: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CronofyClient, "from_env", sandbox.client)
    printed: list[tuple[object, ...]] = []
    bookings: list[asyncio.Task[Booking]] = []

    def show(*values: object) -> None:
        if not printed:  # the URL, which its invitee opens
            bookings.append(asyncio.create_task(sandbox.book(values[0])))
        printed.append(values)

    async def pass_time() -> None:  # the watcher waits between two requests
        while True:
            sandbox.clock.advance(seconds=1)
            await asyncio.sleep(0)

    passing = asyncio.create_task(pass_time())
    async with sandbox, asyncio.timeout(30):
        await run(REAL, {**names, "print": show})
    passing.cancel()

    assert printed[1:] == [("completed", bookings[0].result().start)]


async def test_the_sandbox_snippet_prints_the_status(
    sandbox: Sandbox, names: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cronofy_async.sandbox.Sandbox", lambda: sandbox)
    printed: list[tuple[object, ...]] = []

    def show(*values: object) -> None:
        printed.append(values)

    await run(IN_SANDBOX, {**names, "print": show})

    assert [status for status, _ in printed] == ["completed"]


def test_the_first_screen_has_install_snippets_and_commands() -> None:
    """The install line, the two snippets, and the two commands that CI runs."""
    screen = TEXT.splitlines()[:44]

    assert sum(line == "```python" for line in screen) == 2
    assert len([line for line in screen if line.startswith("python3 -m venv .venv && ")]) == 2
    assert any(line.startswith("pip install ") for line in screen)
    assert len(TEXT.splitlines()) <= 200


def test_links_to_files_have_targets() -> None:
    targets = re.findall(r"\]\(((?:docs|examples)/[\w./-]+)\)", TEXT)
    assert len(targets) >= 10
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_module_list_names_every_public_module() -> None:
    root = Path(cronofy_async.__file__).parent
    listed = re.findall(r"^  (\w+(?:\.py|/)) ", TEXT, re.MULTILINE)
    modules = {f"{path.name}/" if path.is_dir() else path.name for path in root.iterdir()}
    assert set(listed) <= modules
    assert {path for path in modules if path[0] != "_" and path != "py.typed"} <= set(listed)
