"""The README's snippets run."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import cronofy_async
from cronofy_async import CronofyClient, NotFound, models
from cronofy_async.sandbox import Booking, Delivery, Sandbox

from .snippets import ROOT, run, snippets

README = ROOT / "README.md"
SNIPPETS = snippets(README)


def test_the_first_snippet_is_a_program() -> None:
    program = SNIPPETS[0].code
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    assert re.fullmatch(r"http://\S+ open\n", done.stdout)


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


async def test_the_tour_runs() -> None:
    async with Sandbox(strict=True) as sandbox, sandbox.client() as cronofy:
        seen: dict[str, object] = {}
        printed: list[object] = []

        def show(*things: object) -> None:
            printed.extend(things)

        names: dict[str, object] = {
            "CronofyClient": CronofyClient,
            "Mapping": Mapping,
            "NotFound": NotFound,
            "ZoneInfo": ZoneInfo,
            "ada": sandbox.add_account("ada@example.com"),
            "bob": sandbox.add_account("bob@example.com"),
            "cronofy": cronofy,
            "now": datetime.now(UTC),
            "print": show,
            "sandbox": sandbox,
            "seen": seen,
            "timedelta": timedelta,
            **{name: getattr(models, name) for name in models.__all__},
        }
        ran = 0
        for snippet in SNIPPETS[2:]:
            assert snippet.kind in {"run", "fragment"}, snippet
            snippet.compile()
            if snippet.kind == "run":
                await run(snippet, names)
                ran += 1
            if "hook" in names and "hooked" not in names:
                names["hooked"] = _hook_up(sandbox, names["hook"])
        assert ran >= 8
        assert isinstance(names["booking"], Booking)
        assert names["booking"].start == seen["panel-7"]


def _hook_up(sandbox: Sandbox, hook: object) -> bool:
    assert inspect.iscoroutinefunction(hook)

    async def receive(delivery: Delivery) -> int:
        status: int = await hook(delivery.body, delivery.headers, delivery.url)
        return status

    sandbox.mount("https://app.example.com", receive)
    return True


def test_every_module_in_the_map_is_there() -> None:
    root = Path(cronofy_async.__file__).parent
    listed = re.findall(r"^  (\w+(?:\.py|/)) ", README.read_text("utf-8"), re.MULTILINE)
    assert len(listed) >= 12
    assert [name for name in listed if not (root / name).exists()] == []
