"""``cronofy-async status``: print the status of the links on the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress
from rich.table import Table

from .._links_file import INVALID, By, NamedLink
from ..bulk import Failed, Outcome
from ..client import CronofyClient
from ..errors import NotFound
from ..middleware.rate_limit import RateLimit
from ..models.real_time_scheduling import SchedulingLink
from .common import FATAL, human_time, link_members, on_terminal, one_line, settings_of, text, zone_of
from .interruption import Interruption

#: The minimum number of links for a progress bar.
PROGRESS_FROM: Final = 20
#: 80% of the limits, which leaves the rest to the application.
RATE_LIMIT: Final = RateLimit(per_second=40, per_minute=400)
STYLES: Final = {"completed": "green", "disabled": "dim", "expired": "dim"}


def run(
    *,
    links: Sequence[str],
    by: By,
    tz: str | None,
    fail_unless: str | None,
    data_center: str | None,
    api_url: str | None,
    as_json: bool,
) -> int:
    """Print the status of links, and return the exit status."""
    zone = None if tz is None else zone_of(tz)
    if tz is not None and zone is None:
        raise click.BadParameter(f"{tz!r} is not an IANA time zone, such as Europe/London", param_hint="--tz")
    parsed = [NamedLink.read(name, by) for name in _names(links)]
    for number, link in enumerate(parsed, 1):
        if not link.is_valid:
            raise click.UsageError(f"LINK {number} is {INVALID}")
    settings = settings_of(data_center, api_url)
    console = Console(stderr=True)
    is_shown = console.is_terminal and len(parsed) >= PROGRESS_FROM and not (as_json and on_terminal())
    bar = Progress(BarColumn(bar_width=16), MofNCompleteColumn(), console=console, disable=not is_shown, transient=True)
    with Interruption() as interruption:
        results: list[SchedulingLink] = []
        errors: list[str] = []
        for number, outcome in interruption.run(lambda: _request_all(settings, parsed, bar)):
            if not isinstance(outcome, Failed):
                results.append(outcome.value)
                if as_json:
                    click.echo(json.dumps({"number": number, **link_members(outcome.value)}))
            elif isinstance(outcome.error, FATAL):
                errors.append(one_line(outcome.error))
            else:
                errors.append(_problem(parsed[number - 1], number, outcome.error))
        if results and not as_json:
            _show(results, zone)
        mismatches = sum(link.status != fail_unless for link in results) if fail_unless else 0
        if mismatches:
            errors.append(f"{mismatches} of {len(parsed)} links are not {fail_unless}")
        for error in errors:
            click.echo(error, err=True)
        return 1 if errors else 0
    return interruption.status


def _problem(link: NamedLink, number: int, error: Exception) -> str:
    if link.id is not None and isinstance(error, NotFound):
        return f"{link.id}: not found (status 404). Check the ID and the data center. For a token, pass --by token."
    return f"{link.id or f'link {number}'}: {one_line(error)}"


def _names(links: Sequence[str]) -> Iterator[str]:
    for link in links:
        if link == "-":
            # Bytes that are not UTF-8 result in an invalid name.
            yield from filter(None, (line.decode("utf-8", "surrogateescape").strip() for line in sys.stdin.buffer))
        else:
            yield link


async def _request_all(
    settings: dict[str, Any], links: Sequence[NamedLink], bar: Progress
) -> list[tuple[int, Outcome[int, SchedulingLink]]]:
    """Return the outcomes in the order of the links. Stop at an error that all other links would get as well."""
    results: list[tuple[int, Outcome[int, SchedulingLink]]] = []
    cronofy = CronofyClient.from_env(**settings, rate_limit=RATE_LIMIT)
    calls = ((number, link.call(cronofy)) for number, link in enumerate(links, 1))
    with bar:
        task = bar.add_task("links", total=len(links))
        async with cronofy, cronofy.each(calls) as outcomes:
            async for outcome in outcomes:
                results.append((outcome.item, outcome))
                bar.advance(task)
                if isinstance(outcome, Failed) and isinstance(outcome.error, FATAL):
                    break
    return sorted(results, key=lambda pair: pair[0])


def _show(links: Sequence[SchedulingLink], tz: tzinfo | None) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("id", "status", "start"):
        table.add_column(name, no_wrap=True)
    table.add_column("event id", overflow="fold")
    for link in links:
        event = link.event
        start = human_time(event.start, tz) if event and event.start else ""
        event_id = event.event_id if event else None
        table.add_row(text(link.id), text(link.status, STYLES.get(link.status, "")), text(start), text(event_id))
    Console().print(table)
