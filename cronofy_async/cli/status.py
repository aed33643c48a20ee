"""``cronofy-async status``: what became of links."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Any, Final

import attrs
import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from .._clock import LoopClock
from ..bulk import Outcome
from ..client import CronofyClient
from ..errors import Forbidden, PaymentRequired, Unauthorized
from ..http import path_segment
from ..middleware.rate_limit import RateLimit, WindowLimiter
from ..models.real_time_scheduling import SchedulingLink
from .common import for_people, for_programs, one_line, printable, settings_of
from .interruption import Interruption
from .link import NO_LINK, By, NamedLink
from .memory import remembered

__all__ = ["run"]

#: From how many links on it is shown how far it is.
MANY: Final = 20

#: Leaves a fifth of the limits to the application itself, which does not know of this process.
POLITE: Final = RateLimit(per_second=40, per_minute=400)

STYLES: Final = {"completed": "green", "disabled": "dim", "expired": "dim"}


@attrs.frozen
class Asked:
    """A link of the command line, and the number of its argument."""

    number: int
    link: NamedLink

    def __str__(self) -> str:
        return self.link.id or f"link {self.number}"


def run(
    links: Sequence[str],
    *,
    by: By,
    tz: tzinfo | None,
    data_center: str | None,
    api_url: str | None,
    fail_unless: str | None,
    as_json: bool,
) -> int:
    """Print the state of links, and give the exit status."""
    asked = [_asked(number, name, by) for number, name in enumerate(_names(links), 1)]
    settings = settings_of(data_center, api_url)
    with Interruption() as interruption:
        found, errors = interruption.run(lambda: _ask(settings, asked, as_json=as_json))
        if found and not as_json:
            _show(found, tz)
        others = sum(link.status != fail_unless for link in found) if fail_unless else 0
        if others:
            errors.append(f"{others} of {len(asked)} not {fail_unless}")
        for error in errors:
            click.echo(error, err=True)
        return 1 if errors else 0
    return interruption.status


def _names(links: Sequence[str]) -> Iterator[str]:
    for link in links:
        if link == "-":
            # What is not UTF-8 names no link, which is said of it later.
            lines = (line.decode("utf-8", "surrogateescape").strip() for line in sys.stdin.buffer)
            yield from filter(None, lines)
        else:
            yield link


def _asked(number: int, text: str, by: By) -> Asked:
    link = NamedLink.read(text, by)
    try:
        path_segment("it", link.name)
    except ValueError:
        raise click.UsageError(f"LINK {number} is {NO_LINK}") from None
    return Asked(number, link)


async def _ask(
    settings: dict[str, Any], asked: Sequence[Asked], *, as_json: bool
) -> tuple[list[SchedulingLink], list[str]]:
    """Ask for all, and give the links that were found and the errors, both in the order of the arguments."""
    found: list[SchedulingLink] = []
    errors: list[str] = []
    waiting: dict[int, Outcome[Asked, SchedulingLink]] = {}
    due = 1
    limiter = WindowLimiter(POLITE, LoopClock())
    cronofy = CronofyClient.from_env(**settings, rate_limit=limiter)
    with remembered(limiter, settings), _progress(len(asked), as_json=as_json) as progress:
        if limiter.used()[1] >= POLITE.per_minute and progress.console.is_terminal:
            told = "The requests of the last minute used up the limit: this waits until there is room."
            progress.console.print(told, soft_wrap=True, highlight=False)  # above the bar
        async with cronofy, cronofy.each((one, one.link.call(cronofy)) for one in asked) as outcomes:
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
            Text(printable(link.id)),
            Text(printable(link.status), STYLES.get(link.status, "")),
            Text(printable(for_people(event.start, tz)) if event and event.start else ""),
            Text(printable((event and event.event_id) or "")),
        )
    Console().print(table)
