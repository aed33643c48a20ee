"""``cronofy-async demo``: the SDK at work, over HTTP, against a local Cronofy."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from .._demo import demonstrate
from .common import RequestCounts


def run(*, links: int, faults: bool, seed: int, as_json: bool) -> int:
    """Run the demo, print its report, and return the exit status."""
    console = Console(stderr=True)
    console.print(
        f"A local Cronofy, {links:,} links, two weeks in a few seconds. "
        "The client's rate limit is off, because this Cronofy runs on your machine."
    )
    columns = TextColumn("{task.description:<13}"), BarColumn(bar_width=16), MofNCompleteColumn()
    note, counter = TextColumn("[dim]{task.fields[note]}"), RequestCounts()
    with Progress(*columns, note, console=console, redirect_stdout=False) as progress:
        outcome = asyncio.run(demonstrate(links, progress, faults=faults, seed=seed, per_attempt=counter))
    report = {
        "links": links,
        "by_status": outcome.by_status,
        "requests": counter.requests,
        "rate_limited": counter.rate_limited,
        "retries": counter.retries,
        "callbacks_verified": outcome.callbacks_verified,
        "seconds": round(counter.seconds, 3),
    }
    if as_json:
        print(json.dumps(report))  # noqa: T201 - for programs
    else:
        _print(report)
    for problem in outcome.problems:
        console.print(f"[red]Not every link is accounted for:[/] {problem}")
    return 1 if outcome.problems else 0


def _print(report: dict[str, Any]) -> None:
    seconds, by_status = report.pop("seconds"), report.pop("by_status")
    rows = {**by_status, **report, "requests per link": round(report["requests"] / report["links"], 1)}
    console = Console()
    console.print("Result", style="bold")
    for name, count in rows.items():
        console.print(f"  {name.replace('_', ' '):<18} {count:>9,}")
    console.print(
        f"Two simulated weeks took {seconds:.1f} s, with the client's rate limit off. Against Cronofy it is on: 500 requests "
        f"per minute, so these requests take at least {-(-report['requests'] // 500)} min of the two weeks.",
        style="dim",
    )
    console.print("Next", style="bold")
    console.print("  docs/quickstart.md creates a link in your own program and tests a booking.")
    console.print("  `cronofy-async sandbox` runs this local Cronofy for your application.")
