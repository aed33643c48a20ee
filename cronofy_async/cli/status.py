"""``cronofy-async status``: what became of links."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import attrs
import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from ..bulk import Outcome
from ..call import Call
from ..client import CronofyClient
from ..errors import ConfigurationError, Forbidden, PaymentRequired, Unauthorized
from ..http import path_segment
from ..middleware.rate_limit import RateLimit
from ..models.real_time_scheduling import SchedulingLink
from .common import client_secrets, for_people, for_programs, one_line

__all__ = ["run"]

#: From how many links on it is shown how far it is.
MANY: Final = 20

#: Leaves a fifth of the limits to the application itself, which does not know of this process.
POLITE: Final = RateLimit(per_second=40, per_minute=400)

STYLES: Final = {"completed": "green", "disabled": "dim", "expired": "dim"}


@attrs.frozen
class Asked:
    """A link as it was named: the number of its argument, and its id or token."""

    number: int
    by: Literal["id", "token"]
    name: str = attrs.field(repr=False)

    def __str__(self) -> str:
        # A token lets whoever reads it book.
        return self.name if self.by == "id" else f"link {self.number}"

    def call(self, cronofy: CronofyClient) -> Call[SchedulingLink]:
        links = cronofy.real_time_scheduling
        return links.status(self.name) if self.by == "id" else links.status_by_token(self.name)


def run(
    links: Sequence[str],
    *,
    by: Literal["id", "token"],
    tz: tzinfo | None,
    data_center: str | None,
    api_url: str | None,
    fail_unless: str | None,
    as_json: bool,
) -> int:
    """Print the state of links, and give the exit status."""
    asked = [_asked(number, name, by) for number, name in enumerate(_names(links), 1)]
    cronofy = _client(data_center, api_url)
    found, errors = asyncio.run(_ask(cronofy, asked, as_json=as_json))
    if found and not as_json:
        _show(found, tz)
    others = sum(link.status != fail_unless for link in found) if fail_unless else 0
    if others:
        errors.append(f"{others} of {len(asked)} not {fail_unless}")
    for error in errors:
        click.echo(error, err=True)
    return 1 if errors else 0


def _names(links: Sequence[str]) -> Iterator[str]:
    for link in links:
        if link == "-":
            yield from filter(None, map(str.strip, sys.stdin))
        else:
            yield link


def _asked(number: int, name: str, by: Literal["id", "token"]) -> Asked:
    try:
        if name.startswith(("http://", "https://")):
            name, by = urlsplit(name).path.rstrip("/").rpartition("/")[2], "token"
        path_segment("it", name)
    except ValueError:
        raise click.UsageError(f"LINK {number} is neither an id, a token nor the URL of a link") from None
    return Asked(number, by, name)


def _client(data_center: str | None, api_url: str | None) -> CronofyClient:
    client_secrets()
    options: dict[str, Any] = {"rate_limit": POLITE}
    if data_center is not None:
        options |= {"data_center": data_center, "base_url": None}  # rather than the URL of the environment
    if api_url is not None:
        options["base_url"] = api_url
    try:
        return CronofyClient.from_env(**options)
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from None


async def _ask(
    cronofy: CronofyClient, asked: Sequence[Asked], *, as_json: bool
) -> tuple[list[SchedulingLink], list[str]]:
    """Ask for all, and give the links that were found and the errors, both in the order of the arguments."""
    found: list[SchedulingLink] = []
    errors: list[str] = []
    waiting: dict[int, Outcome[Asked, SchedulingLink]] = {}
    due = 1
    with _progress(len(asked), as_json=as_json) as progress:
        async with cronofy, cronofy.each((one, one.call(cronofy)) for one in asked) as outcomes:
            task = progress.add_task("links", total=len(asked))
            async for outcome in outcomes:
                progress.advance(task)
                waiting[outcome.item.number] = outcome
                while (next_one := waiting.pop(due, None)) is not None:
                    due += 1
                    try:
                        link = next_one.result()
                    except (Unauthorized, PaymentRequired, Forbidden) as error:
                        return found, [*errors, one_line(error)]  # the others would end alike
                    except Exception as error:
                        errors.append(f"{next_one.item}: {one_line(error)}")
                        continue
                    found.append(link)
                    if as_json:
                        click.echo(json.dumps(_facts(next_one.item, link)))
    return found, errors


def _progress(links: int, *, as_json: bool) -> Progress:
    console = Console(stderr=True)
    seen = console.is_terminal and links >= MANY and not (as_json and sys.stdout.isatty())
    columns = TextColumn("{task.description}"), BarColumn(bar_width=16), MofNCompleteColumn()
    return Progress(*columns, console=console, disable=not seen, transient=True, redirect_stdout=False)


def _facts(asked: Asked, link: SchedulingLink) -> dict[str, object]:
    """What programs are told. Not the URL: whoever has it can book."""
    event = link.event
    return {
        "number": asked.number,
        "id": link.id,
        "status": link.status,
        "event_id": event and event.event_id,
        "start": event and for_programs(event.start),
        "end": event and for_programs(event.end),
    }


def _show(links: Sequence[SchedulingLink], tz: tzinfo | None) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("id", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("start", no_wrap=True)
    table.add_column("event id", overflow="fold")
    for link in links:
        event = link.event
        table.add_row(
            Text(link.id),
            Text(link.status, STYLES.get(link.status, "")),
            Text(for_people(event.start, tz) if event and event.start else ""),
            Text((event and event.event_id) or ""),
        )
    Console().print(table)
