"""``cronofy-async conform``: compare the sandbox's assumptions with a real account."""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from typing import Any, Final

import attrs
import click
from rich.console import Console

from ..client import CronofyClient
from ..conformance import Finding, conform
from .common import settings_of

STYLES: Final = {"confirmed": "green", "as documented": "green", "refuted": "red", "different": "red"}


def run(*, data_center: str | None, api_url: str | None, as_json: bool) -> int:
    """Print a finding for each assumption and each response, and return the exit status."""
    counts = asyncio.run(_conform(settings_of(data_center, api_url), as_json=as_json))
    return 1 if counts["refuted"] or counts["different"] else 0


async def _conform(settings: dict[str, Any], *, as_json: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    console = Console(highlight=False)
    token = os.environ.get("CRONOFY_ACCESS_TOKEN")
    async with CronofyClient(**settings) as client:
        async for finding in conform(client, client.account(access_token=token) if token else None):
            counts[finding.verdict] += 1
            if as_json:
                click.echo(json.dumps(attrs.asdict(finding)))
            else:
                _show(console, finding)
    if not as_json:
        console.print("\n" + ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) + ".")
        if not token:
            console.print("To test more, set CRONOFY_ACCESS_TOKEN to the access token of an account.")
        console.print("This report contains nothing from your account. Please send it to the project.")
    return counts


def _show(console: Console, finding: Finding) -> None:
    style = STYLES.get(finding.verdict, "dim")
    reason = f"  {finding.reason}" if finding.reason else ""
    console.print(f"[{style}]{finding.verdict:<14}[/] {finding.name}[dim]{reason}[/]", soft_wrap=True)
