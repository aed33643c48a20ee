"""The part that ``poll`` and ``watch`` share: a run over the links of a file, with its counts, display and summary."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import attrs
import click

from .._clock import LoopClock
from .._links_file import By, Format, Item, LinksFileError, read_links
from ..client import CronofyClient
from ..middleware.rate_limit import RateLimit, WindowLimiter
from ..models.real_time_scheduling import SchedulingLink
from ..polling import Poll
from .common import FATAL, human_time, one_line, settings_of
from .interruption import Interruption
from .live_display import Board, ChangeRow, Counts, State
from .results import Results, open_results, result_of


@attrs.define
class LinksRun:
    """A run of a command over the links that have no result yet.

    Attributes:
        is_paused: Returns whether requests are paused because Cronofy does not respond. Set by the command.
        note: Returns the line to show below the table. Set by the command.
    """

    items: list[Item]
    counts: Counts
    results: Results
    board: Board
    cronofy: CronofyClient
    limiter: WindowLimiter
    is_paused: Callable[[], bool] = bool
    note: Callable[[], str] = str

    @property
    def rate(self) -> float:
        """The maximum number of requests per second."""
        return self.limiter.background_rate

    def poll(self, items: Iterable[Item], concurrency: int | None = None) -> Poll[Item]:
        """Return a pass over the links of items in the background lane."""
        return Poll(
            items,
            lambda item, on_sent: item.link.call(self.cronofy).background(on_sent),
            clock=LoopClock(),
            rate=self.rate,
            concurrency=concurrency,
        )

    def write(self, item: Item, link: SchedulingLink | None, error: str | None = None) -> None:
        """Write, count and show the result of a link."""
        self.results.write(item, result_of(item, link, error))
        self.counts.add("" if link is None else link.status, error)
        self.counts.done += 1
        self.show(item, link, error)

    def show(self, item: Item, link: SchedulingLink | None, error: str | None = None) -> None:
        """Show the status of a link."""
        event = None if link is None else link.event
        start = "" if event is None or event.start is None else human_time(event.start, None)
        name = item.link.id or (link and link.id) or f"line {item.line}"
        self.board.add(ChangeRow(name, "failed" if link is None else link.status, error or start))

    async def execute(self, command: Callable[[LinksRun], Coroutine[Any, Any, None]]) -> None:
        """Run a command with the display, and print the error that ends it for all links."""
        budget = round(self.rate * 60)

        def state() -> State:
            return State(self.limiter.used()[1], budget, self.note(), is_paused=self.is_paused())

        try:
            async with self.cronofy, self.board.live(state):
                await command(self)
        except FATAL as error:
            click.echo(one_line(error), err=True)


def run_links(
    command: Callable[[LinksRun], Coroutine[Any, Any, None]],
    *,
    file: str,
    format_: Format | None,
    column: str | None,
    by: By,
    out: str | None,
    share: float,
    data_center: str | None,
    api_url: str | None,
    as_json: bool,
    statuses: Iterable[str] | None = None,
) -> int:
    """Run a command on the links of a file that have no result yet, print a summary, and return the exit status.

    ``statuses`` are the statuses that earlier runs may have written, any by default. All other arguments are options of
    the command line.
    """
    counts = Counts()
    with Interruption() as interruption:
        settings = settings_of(data_center, api_url)
        try:
            links = read_links(file, format=format_, column=column, by=by)
        except LinksFileError as error:
            raise click.UsageError(str(error)) from None
        name = "standard input" if file == "-" else Path(file).name
        board = Board.for_results(out, name, counts, as_json=as_json)
        # A terminal gets readable lines instead of results.
        opened = (
            nullcontext(Results(lambda _item, _row: None))
            if board.scrolls
            else open_results(out, links, as_json=as_json)
        )
        with opened as results:
            for row in results.earlier:
                counts.add(row["status"], row["error"])
            if statuses is not None and not counts.by_status.keys() <= {*statuses}:
                raise click.UsageError(f"--out: {out} was written by `poll` and holds open links. Give another --out.")
            items = results.remaining(links.items)
            counts.links, counts.skipped = len(links.items), len(links.items) - len(items)
            if counts.skipped:
                click.echo(f"{counts.skipped} of {counts.links} links already have a result in {out}.", err=True)

            async def main() -> None:
                limiter = WindowLimiter(RateLimit(share=share), LoopClock())
                cronofy = CronofyClient.from_env(**settings, rate_limit=limiter, per_attempt=[counts])
                await LinksRun(items, counts, results, board, cronofy, limiter).execute(command)

            interruption.run(main)
    if interruption.status:
        hint = "Run the same command again to resume." if out else "With --out FILE, a run can be resumed."
        click.echo(f"Interrupted. {hint}", err=True)
    if out and as_json:
        click.echo(counts.as_json())
    else:
        click.echo(f"{counts} -> {out}" if out else str(counts), err=True)
    return interruption.status or int(bool(counts.failed or counts.remaining))
