"""``cronofy-async watch``: what becomes of a file of links, as it happens."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import attrs
import click
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ..bulk import Failed
from ..client import CronofyClient
from ..clock import LoopClock
from ..errors import Forbidden, PaymentRequired, Unauthorized
from ..middleware.rate_limit import RateLimit, WindowLimiter
from ..models.real_time_scheduling import SchedulingLink
from ..polling import GONE, Poll, Watched, Watcher
from ..types import read_time
from .common import for_people, for_programs, one_line, settings_of
from .interruption import Interruption
from .link import By
from .links_file import Format, Item, links_file, shard_of
from .memory import remembered
from .output import RESULTS, Write, results
from .poll import Items, Tally, how_to_go_on

__all__ = ["run"]

#: How often the table is drawn, in seconds, and how many changes it shows.
DRAW_EVERY: Final = 0.5
LAST: Final = 8

COLOURS: Final = {"open": "blue", "completed": "green", "expired": "yellow", "disabled": "magenta", "failed": "red"}


def run(
    file: str,
    *,
    format: Format | None,  # noqa: A002 - as the option is called
    column: str | None,
    by: By | None,
    shard: str | None,
    out: str | None,
    share: float,
    min_interval: float,
    data_center: str | None,
    api_url: str | None,
    as_json: bool,
) -> int:
    """Follow the links of a file until nothing more can become of them, and give the exit status."""
    tally = Tally()
    with Interruption() as interruption:
        settings = settings_of(data_center, api_url)
        with (
            links_file(file, format=format, column=column, by=by, shard=shard_of(shard)) as source,
            results(out, source, as_json=as_json) as (earlier, write),
        ):
            items = Items(source, earlier)
            tally.expect(items, earlier)
            if tally.skipped:
                click.echo(f"{tally.skipped} of {tally.links} are in {out} already.", err=True)
            book = Book(items, tally, write, only_ends=out is not None)
            interruption.run(
                lambda: _watch(book, file, settings, share=share, min_interval=min_interval, shown=_is_shown(out))
            )
    if interruption.status:
        click.echo(how_to_go_on(out), err=True)
    if out is None:
        click.echo(str(tally), err=True)
    elif as_json:
        click.echo(json.dumps(tally.facts()))
    else:
        click.echo(f"{tally} -> {out}", err=True)
    return interruption.status or int(bool(tally.failed or tally.left))


@attrs.frozen
class Told:
    """A change, as the table shows it."""

    at: float
    name: str
    status: str
    start: str


@attrs.define
class Book:
    """The items, and what became of them.

    Attributes:
        only_ends: whether only what an item ends with is written, so that a later run can leave it out.
    """

    items: Items
    tally: Tally
    write: Write
    only_ends: bool
    last: deque[Told] = attrs.field(factory=lambda: deque[Told](maxlen=LAST))
    _by_id: dict[str, list[Item]] = attrs.field(factory=dict[str, list[Item]])

    async def watched(self, cronofy: CronofyClient, *, rate: float) -> AsyncGenerator[Watched]:
        """What to watch: an item that names its link by a token, or not at all, is asked about first."""
        others: list[Item] = []
        for item in self.items:
            if item.link.id:
                yield self._watched(item, item.link.id)
            else:
                others.append(item)
        pass_ = Poll(others, lambda item: item.link.call(cronofy).background(), clock=LoopClock(), rate=rate)
        async with pass_ as outcomes:
            async for outcome in outcomes:
                if isinstance(outcome, Failed):
                    self._end(outcome.item, None, "failed", one_line(outcome.error))
                elif outcome.link.is_terminal:
                    self._end(outcome.item, outcome.link, outcome.link.status, None)
                else:
                    yield self._watched(outcome.item, outcome.link.id)

    def _watched(self, item: Item, link: str) -> Watched:
        self._by_id.setdefault(link, []).append(item)
        return Watched(link, sent_at=_time(item, "sent_at"), expires_at=_time(item, "expires_at"))

    async def follow(self, watcher: Watcher) -> None:
        """Take each change."""
        async for change in watcher:
            for item in self._by_id[change.id]:
                if change.is_terminal:
                    error = "Cronofy does not know this link any more" if change.status == GONE else None
                    self._end(item, change.link, change.status, error)
                elif not self.only_ends:
                    self._tell(item, change.link, change.status, None)

    def _end(self, item: Item, link: SchedulingLink | None, status: str, error: str | None) -> None:
        if error is None:
            self.tally.by_status[status] += 1
        else:
            self.tally.failed += 1
        self._tell(item, link, status, error)

    def _tell(self, item: Item, link: SchedulingLink | None, status: str, error: str | None) -> None:
        self.write(item, _facts(item, link, None if link is None else status, error))
        event = link.event if link is not None else None
        start = for_people(event.start, None) if event is not None and event.start is not None else error or ""
        self.last.appendleft(Told(time.monotonic(), item.link.id or (link.id if link else "?"), status, start))


def _facts(item: Item, link: SchedulingLink | None, status: str | None, error: str | None) -> Mapping[str, object]:
    """What is written about a link. Not its URL: whoever has it can book."""
    event = link.event if link is not None else None
    values = (
        item.link.id or (link and link.id),
        status,
        event and for_programs(event.start),
        event and for_programs(event.end),
        event and event.event_id,
        error,
    )
    return dict(zip(RESULTS, values, strict=True))


def _time(item: Item, column: str) -> datetime | None:
    """A time that the file has for a link."""
    value = item.row.get(column)
    if value is None or value == "":
        return None
    try:
        return read_time(value if isinstance(value, str) else str(value))
    except ValueError:
        raise click.UsageError(
            f"line {item.line}: {column}: {value!r} is not a time with an offset, such as 2030-01-07T09:00:00Z"
        ) from None


async def _watch(
    book: Book, file: str, settings: dict[str, Any], *, share: float, min_interval: float, shown: bool
) -> None:
    limiter = WindowLimiter(RateLimit(share=share), LoopClock())
    cronofy = CronofyClient.from_env(**settings, rate_limit=limiter, per_attempt=[book.tally])
    rate = limiter.background_rate
    try:
        with remembered(limiter, settings):
            async with cronofy:
                watcher = cronofy.real_time_scheduling.watch(
                    book.watched(cronofy, rate=rate), min_interval=min_interval
                )
                board = Board(book, watcher, limiter, file, budget=round(rate * 60))
                async with board.drawn(shown=shown), watcher:
                    await book.follow(watcher)
    except (Unauthorized, PaymentRequired, Forbidden) as error:
        click.echo(one_line(error), err=True)


def _is_shown(out: str | None) -> bool:
    """Whether somebody sees the table, and no results come between."""
    return Console(stderr=True).is_terminal and not (out is None and sys.stdout.isatty())


@attrs.frozen
class Board:
    """The table that is shown on a terminal."""

    book: Book
    watcher: Watcher
    limiter: WindowLimiter
    file: str
    budget: int

    @asynccontextmanager
    async def drawn(self, *, shown: bool) -> AsyncGenerator[None]:
        if not shown:
            yield
            return
        console = Console(stderr=True)
        with Live(self.table(), console=console, auto_refresh=False, transient=True, redirect_stdout=False) as live:

            async def draw() -> None:
                while True:
                    live.update(self.table(), refresh=True)
                    await asyncio.sleep(DRAW_EVERY)

            drawing = asyncio.create_task(draw())
            try:
                yield
            finally:
                drawing.cancel()

    def table(self) -> RenderableType:
        tally, stats = self.book.tally, self.watcher.stats
        counts = {"open": tally.left, **tally.by_status, "failed": tally.failed}
        by_status = Table.grid(padding=(0, 2))
        for status, count in counts.items():
            if count or status == "open":
                bar = ProgressBar(max(tally.links, 1), count, width=30, complete_style=COLOURS.get(status, "cyan"))
                by_status.add_row(f"  {status}", f"{count:,}", bar)
        by_status.columns[1].justify = "right"
        used = self.limiter.used()[1]
        spent = Table.grid(padding=(0, 2))
        spent.add_row(
            "Requests in the last minute", ProgressBar(self.budget, used, width=20), f"{used} of {self.budget}"
        )
        state = "held: Cronofy does not answer" if stats.is_held else f"{stats.asked:,} answers"
        took = timedelta(seconds=round(tally.seconds))
        parts: list[RenderableType] = [
            Text.assemble((self.file, "bold"), f"  {tally.links:,} links, {state}, {took}"),
            by_status,
            spent,
        ]
        if self.book.last:
            parts += [Text("Last changes", style="bold"), self._last()]
        return Group(*parts)

    def _last(self) -> Table:
        table = Table.grid(padding=(0, 2))
        now = time.monotonic()
        for told in self.book.last:
            ago = f"  {timedelta(seconds=round(now - told.at))} ago"
            table.add_row(ago, told.name, Text(told.status, COLOURS.get(told.status, "red")), told.start)
        return table
