"""The live display of ``poll`` and ``watch``: counts, requests and the latest changes."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime, timedelta
from typing import Final

import attrs
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from .common import RequestCounts, on_terminal, printable, text

#: Seconds between two refreshes.
REFRESH_EVERY: Final = 0.5
#: The maximum number of changes to show.
MAX_CHANGES: Final = 8
#: Columns reserved for everything but a bar, and for everything but the detail of a change.
RESERVED_FOR_TEXT: Final = 50
RESERVED_FOR_COLUMNS: Final = 53

OUTAGE: Final = "Cronofy does not respond. The run continues when it does."
STYLES: Final = {"open": "blue", "completed": "green", "expired": "yellow", "disabled": "magenta", "failed": "red"}


@attrs.frozen
class ChangeRow:
    """A change of a link, which is named by its ID or its line in the file: anyone who has its token can book."""

    name: str
    status: str
    detail: str
    at: datetime = attrs.field(factory=datetime.now)

    def cells(self) -> list[Text]:
        """Return its columns."""
        style = STYLES.get(self.status, "cyan")
        cells = (f"{self.at:%H:%M:%S}", "dim"), (self.name, ""), (f"{self.status:<9}", style), (self.detail, "")
        return [Text(printable(value), style, no_wrap=True, overflow="ellipsis") for value, style in cells]


@attrs.define
class Counts(RequestCounts):
    """The counts of a run, including those of earlier runs with the same results file.

    ``done`` counts the links with a result from this run, ``skipped`` those with a result from an earlier run, and
    ``failed`` the results that are errors.
    """

    links: int = 0
    skipped: int = 0
    done: int = 0
    by_status: Counter[str] = attrs.field(factory=Counter[str])
    failed: int = 0

    @property
    def remaining(self) -> int:
        return self.links - self.skipped - self.done

    def add(self, status: str, error: object) -> None:
        """Count a result."""
        if error:
            self.failed += 1
        else:
            self.by_status[status] += 1

    def as_json(self) -> str:
        counted = attrs.asdict(self, filter=lambda field, _: field.name not in {"done", "started"})
        return json.dumps(counted | {"by_status": +self.by_status, "seconds": round(self.seconds, 3)})

    def __str__(self) -> str:
        counts = [f"{count} {printable(status)}" for status, count in (+self.by_status).most_common()]
        counts += [f"{self.failed} failed"] if self.failed else []
        return f"{self.links - self.remaining} of {self.links} links done: {', '.join(counts) or 'none'}"


@attrs.frozen
class State:
    """The state of a run.

    Attributes:
        used: The number of requests in the last minute.
        budget: The maximum number of requests in a minute.
        note: A line to show below the table.
        is_paused: Whether requests are paused because Cronofy does not respond.
    """

    used: int
    budget: int
    note: str
    is_paused: bool = False


@attrs.frozen
class Board:
    """A live table of counts, with the latest changes in it or printed above it.

    Attributes:
        console: The console that it is drawn on.
        name: The name of the file with the links.
        counts: The counts to show.
        is_shown: Whether it is drawn at all.
        scrolls: Whether changes are printed above the table, where they scroll up.
    """

    console: Console
    name: str
    counts: Counts
    is_shown: bool
    scrolls: bool = False
    _changes: deque[ChangeRow] = attrs.field(factory=lambda: deque[ChangeRow](maxlen=MAX_CHANGES), init=False)

    @classmethod
    def for_results(cls, out: str | None, name: str, counts: Counts, *, as_json: bool) -> Board:
        """Return the board for a destination of results. It is hidden if it would be mixed with JSON lines."""
        console = Console(stderr=True)
        is_read = out is None and on_terminal()
        is_shown = console.is_interactive and not (is_read and as_json)
        return cls(console, name, counts, is_shown=is_shown, scrolls=is_shown and is_read)

    def add(self, change: ChangeRow) -> None:
        """Show a change."""
        if self.scrolls:
            line = Text("  ").join(change.cells())
            line.rstrip()
            self.console.print(line, soft_wrap=True)
        else:
            self._changes.appendleft(change)

    def print(self, message: str) -> None:
        """Print a message, above the table if it is shown."""
        self.console.print(text(message), soft_wrap=True)

    @asynccontextmanager
    async def live(self, state: Callable[[], State]) -> AsyncGenerator[None]:
        """Draw the table until the context ends. If it is hidden, only print when an outage begins and ends."""

        async def refresh() -> None:
            was_paused = False
            while True:
                now = state()
                if isinstance(live, Live):
                    live.update(self.table(now), refresh=True)
                elif now.is_paused != was_paused:
                    was_paused = now.is_paused
                    self.print(OUTAGE if was_paused else "Cronofy responds again.")
                await asyncio.sleep(REFRESH_EVERY)

        display = Live(console=self.console, auto_refresh=False, transient=True, redirect_stdout=False)
        with display if self.is_shown else nullcontext() as live:
            refreshing = asyncio.create_task(refresh())
            try:
                yield
            finally:
                refreshing.cancel()

    def table(self, now: State) -> RenderableType:
        """Render the table."""
        counts = self.counts
        by_status = {**counts.by_status, "failed": counts.failed}
        rows = [status for status in STYLES if status != "failed" or counts.failed]
        rows += [status for status, count in by_status.items() if count and status not in STYLES]
        title = f": {counts.links - counts.remaining:,} of {counts.links:,} links done in {timedelta(seconds=round(counts.seconds))}"
        head = Text.assemble("\n" if self.scrolls else "", (printable(self.name), "bold"), title)
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, justify="right")
        for status in rows:
            count = by_status.get(status, 0)
            bar = self._bar(counts.links, count, STYLES.get(status, "cyan"))
            table.add_row(f"  {printable(status)}", f"{count:,}", bar)
        budget = Text(f"of {now.budget:,} in the last minute", "dim", no_wrap=True, overflow="ellipsis")
        table.add_row()
        table.add_row("  requests", f"{now.used:,}", self._bar(now.budget, now.used, "cyan"), budget)
        note = Text(f"\n  {OUTAGE}", "red") if now.is_paused else Text(f"\n  {now.note}", "dim")
        return Group(head, table, note, *self._latest(rows))

    def _bar(self, total: int, part: int, style: str) -> ProgressBar:
        width = min(max(self.console.width - RESERVED_FOR_TEXT, 8), 30)
        return ProgressBar(max(total, 1), part, width=width, complete_style=style, finished_style=style)

    def _latest(self, rows: list[str]) -> list[RenderableType]:
        changes = list(self._changes)[: max(0, self.console.height - 9 - len(rows))]
        if not changes:
            return []
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column()  # cut off where there is no room
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, max_width=max(24, self.console.width - RESERVED_FOR_COLUMNS))
        for change in changes:
            at, *cells = change.cells()
            table.add_row(Text.assemble("  ", at), *cells)
        return [Text("\nLatest changes", "bold"), table]
