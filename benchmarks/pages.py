"""CPU time of the sandbox's pages with many records, compared with the same pages with few, in process."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from cronofy_async.sandbox import Sandbox
from cronofy_async.sandbox.kernel.messages import SandboxRequest

from .report import Row

TITLE = "Pages of the sandbox with many records, compared with few"

MANY: Final = 10_000
FEW: Final = 10
#: The dashboard shows a part of each list, and the booking page a week, so that their sizes matter little.
GOAL: Final = 3.0


def _link(sub: str, now: datetime, days: int, minutes: int) -> dict[str, Any]:
    end = now + timedelta(days=days)
    return {
        "oauth": {"redirect_uri": "https://app.example.com/done"},
        "event": {"event_id": "call", "summary": "Intro call", "tzid": "Etc/UTC"},
        "availability": {
            "participants": [{"members": [{"sub": sub}], "required": "all"}],
            "required_duration": {"minutes": minutes},
            "start_interval": {"minutes": minutes},
            "query_periods": [{"start": f"{now:%Y-%m-%dT%H:%M:%SZ}", "end": f"{end:%Y-%m-%dT%H:%M:%SZ}"}],
        },
    }


async def _sandbox(links: int, *, days: int, minutes: int) -> tuple[Sandbox, str]:
    """Return a sandbox with links, and the path of the last one's page."""
    sandbox = Sandbox(now=datetime(2027, 1, 11, tzinfo=UTC))
    ada = sandbox.add_account("ada@example.com")
    async with sandbox.client(rate_limit=None, validate=False) as cronofy:
        for _ in range(links):
            link = await cronofy.request(
                "POST", "/v1/real_time_scheduling", json=_link(ada.sub, sandbox.clock.now(), days, minutes)
            )
    return sandbox, urlsplit(link["url"]).path


async def _cpu(sandbox: Sandbox, path: str, rounds: int) -> float:
    """Return the median CPU seconds of a page, after it was shown once."""
    request = SandboxRequest(
        method="GET", path=path, query="tzid=Etc/UTC", headers={}, body=b"", base_url="http://sandbox.invalid"
    )
    times: list[float] = []
    for _ in range(rounds + 1):
        started = time.process_time()
        response = await sandbox.handle(request)
        times.append(time.process_time() - started)
        assert response.status == 200, response
    return statistics.median(times[1:])


async def _measure(many: int, rounds: int) -> list[Row]:
    few_links, page_of_few = await _sandbox(FEW, days=1, minutes=60)
    many_links, _ = await _sandbox(many, days=1, minutes=60)
    many_times, page_of_many = await _sandbox(1, days=35, minutes=5)
    rows: list[Row] = []
    for label, small, large in [
        (f"dashboard, {FEW} or {many:,} links", (few_links, "/__sandbox__/"), (many_links, "/__sandbox__/")),
        ("booking page, 24 or 10,080 times", (few_links, page_of_few), (many_times, page_of_many)),
    ]:
        few_cpu, many_cpu = await _cpu(*small, rounds), await _cpu(*large, rounds)
        is_dashboard = label.startswith("dashboard")
        rows += [
            Row(label=f"{label}: few", value=few_cpu * 1e3, unit="ms"),
            Row(
                label=f"{label}: many",
                value=many_cpu * 1e3,
                unit="ms",
                ratio=many_cpu / few_cpu,
                goal=f"<= {GOAL:.0f}" if is_dashboard else "",
                met=many_cpu / few_cpu <= GOAL if is_dashboard else None,
            ),
        ]
    return rows


def run(*, quick: bool) -> Sequence[Row]:
    return asyncio.run(_measure(200 if quick else MANY, 3 if quick else 25))
