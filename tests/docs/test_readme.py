"""The README's snippets run."""

from __future__ import annotations

import asyncio
import inspect
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

import cronofy_async
from cronofy_async import CronofyClient, models
from cronofy_async.sandbox import Delivery, Sandbox

from .snippets import ROOT, run, snippets

README = ROOT / "README.md"
SNIPPETS = snippets(README)


def test_the_first_snippet_is_a_program() -> None:
    program = SNIPPETS[0].code
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    assert re.fullmatch(r"completed \d{4}-\d\d-\d\d \S+\+00:00\n", done.stdout)


async def test_the_second_snippet_is_a_test() -> None:
    names: dict[str, object] = {"Sandbox": Sandbox}
    await run(SNIPPETS[1], names)
    seen: list[str | None] = []

    async def make_link(sandbox: Sandbox) -> models.CreatedLink:
        ada, now = sandbox.add_account("ada@example.com"), sandbox.clock.now()
        cronofy = sandbox.client()

        def my_app(delivery: Delivery) -> None:
            seen.append(cronofy.webhooks.parse(delivery.body, delivery.headers).type)

        sandbox.mount("https://app.example.com", my_app)
        return await cronofy.real_time_scheduling.create(
            oauth={"redirect_uri": "https://app.example.com"},
            event={"event_id": "1", "summary": "Intro", "tzid": "Etc/UTC"},
            availability=models.AvailabilityQuery(
                participants=[models.ParticipantGroup([models.Member(ada.sub)])],
                required_duration=timedelta(minutes=30),
                query_periods=[(now, now + timedelta(days=2))],
            ),
            callback_urls={"completed_url": "https://app.example.com/hook"},
        )

    test = names["test_a_booking_is_noticed"]
    assert inspect.iscoroutinefunction(test)
    await test(make_link, seen.append)
    assert seen == ["real_time_scheduling_time_chosen"]


async def test_the_functions_of_an_application_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The last snippet opens the client and the watcher that the one before uses."""
    assert [snippet.kind for snippet in SNIPPETS[2:]] == ["run", "run"]
    monkeypatch.chdir(tmp_path)
    async with Sandbox() as sandbox:
        ada = sandbox.add_account("ada@example.com")
        printed: asyncio.Queue[tuple[object, ...]] = asyncio.Queue()

        def request_for(candidate: str) -> dict[str, object]:
            now = sandbox.clock.now()
            return {
                "oauth": {"redirect_uri": "https://app.example.com"},
                "event": {"event_id": candidate, "summary": "Intro", "tzid": "Etc/UTC"},
                "availability": models.AvailabilityQuery(
                    participants=[models.ParticipantGroup([models.Member(ada.sub)])],
                    required_duration=timedelta(minutes=30),
                    query_periods=[(now, now + timedelta(days=2))],
                ),
            }

        def show(*values: object) -> None:
            printed.put_nowait(values)

        names: dict[str, Any] = {"Mapping": Mapping, "print": show, "request_for": request_for}
        for snippet in SNIPPETS[2:]:
            await run(snippet, names)

        async def receive(delivery: Delivery) -> int:
            status: int = await names["called_back"](delivery.body, delivery.headers, delivery.url)
            return status

        sandbox.mount("https://app.example.com", receive)
        monkeypatch.setattr(CronofyClient, "from_env", sandbox.client)
        async with names["lifespan"]() as (cronofy, watcher):
            names |= {"cronofy": cronofy, "watcher": watcher}
            following = asyncio.create_task(names["follow"]())
            booking = await sandbox.book(await names["invite"]("jim"))
            assert booking.delivery.status == 200
            without_reference = attrs.evolve(booking.delivery, url="https://app.example.com/hook")
            assert (await sandbox.redeliver(without_reference)).status == 401
            async with asyncio.timeout(30):
                assert await printed.get() == ("jim", "completed", booking.start)
            following.cancel()


def test_links_to_files_lead_somewhere() -> None:
    targets = re.findall(r"\]\(((?:docs|examples)/[\w./-]+)\)", README.read_text("utf-8"))
    assert len(targets) >= 10
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_map_names_every_public_module() -> None:
    root = Path(cronofy_async.__file__).parent
    listed = re.findall(r"^  (\w+(?:\.py|/)) ", README.read_text("utf-8"), re.MULTILINE)
    there = {f"{one.name}/" if one.is_dir() else one.name for one in root.iterdir()}
    assert set(listed) <= there
    assert {one for one in there if one[0] != "_" and one != "py.typed"} <= set(listed)
