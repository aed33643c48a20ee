"""The live display of ``poll`` and ``watch``: counts, requests and the latest changes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import attrs
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from .common import on_terminal, printable, text

__all__ = ["Board", "ChangeRow", "Snapshot"]

#: Seconds between two refreshes.
DRAW_EVERY: Final = 0.5
#: The most changes that the board shows.
MAX_CHANGES: Final = 8
#: Columns beside a bar, and beside the detail of a change.
BESIDE_BAR: Final = 50
BESIDE_DETAIL: Final = 53

STYLES: Final = {"open": "blue", "completed": "green", "expired": "yellow", "disabled": "magenta", "failed": "red"}


@attrs.frozen
class ChangeRow:
    """A change of a link.

    Attributes:
        name: The link's ID, or its line in the file. Never its token: anyone who has it can book.
        detail: The start of the event, or the error.
    """

    name: str
    status: str
    detail: str
    at: datetime = attrs.field(factory=datetime.now)

    def cells(self) -> list[Text]:
        """Return its columns."""
        status = text(f"{self.status:<9}", STYLES.get(self.status, "cyan"))
        cells = [text(f"{self.at:%H:%M:%S}", "dim"), text(self.name), status, text(self.detail)]
        for each in cells:
            each.no_wrap, each.overflow = True, "ellipsis"
        return cells


@attrs.frozen(kw_only=True)
class Snapshot:
    """The state of a run: links by status, requests of the last minute out of a budget, and seconds since its start."""

    name: str
    done: int
    links: int
    counts: Mapping[str, int]
    seconds: float
    used: int
    budget: int
    note: str


@attrs.frozen
class Board:
    """A live table, with the latest changes in it or printed above it.

    Attributes:
        console: Where it is drawn.
        is_shown: Whether it is drawn at all.
        scrolls: Whether changes are printed above the table, where they stay.
    """

    console: Console
    is_shown: bool
    scrolls: bool = False
    _changes: deque[ChangeRow] = attrs.field(factory=lambda: deque[ChangeRow](maxlen=MAX_CHANGES), init=False)

    @classmethod
    def beside(cls, out: str | None, *, as_json: bool) -> Board:
        """Return the board that suits where results go. It is not shown where it would mix with JSON lines."""
        console = Console(stderr=True)
        is_read = out is None and on_terminal()
        is_shown = console.is_interactive and not (is_read and as_json)
        return cls(console, is_shown=is_shown, scrolls=is_shown and is_read)

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
    async def live(self, snapshot: Callable[[], Snapshot]) -> AsyncGenerator[None]:
        """Draw the table until the context ends, if it is shown."""
        if not self.is_shown:
            yield
            return
        first = self.table(snapshot())
        with Live(first, console=self.console, auto_refresh=False, transient=True, redirect_stdout=False) as live:

            async def draw() -> None:
                while True:
                    live.update(self.table(snapshot()), refresh=True)
                    await asyncio.sleep(DRAW_EVERY)

            drawing = asyncio.create_task(draw())
            try:
                yield
            finally:
                drawing.cancel()

    def table(self, now: Snapshot) -> RenderableType:
        """Render a snapshot."""
        rows = [status for status in STYLES if status != "failed" or now.counts.get(status)]
        rows += [status for status, count in now.counts.items() if count and status not in STYLES]
        took = timedelta(seconds=round(now.seconds))
        title = Text.assemble(
            "\n" if self.scrolls else "",
            (printable(now.name), "bold"),
            f": {now.done:,} of {now.links:,} links done in {took}",
        )
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, justify="right")
        for status in rows:
            count = now.counts.get(status, 0)
            bar = self._bar(now.links, count, STYLES.get(status, "cyan"))
            table.add_row(f"  {printable(status)}", f"{count:,}", bar)
        budget = Text(f"of {now.budget:,} in the last minute", "dim", no_wrap=True, overflow="ellipsis")
        table.add_row()
        table.add_row("  requests", f"{now.used:,}", self._bar(now.budget, now.used, "cyan"), budget)
        note = Text(f"\n  {now.note}", "dim")
        return Group(title, table, note, *self._latest(rows))

    def _bar(self, total: int, part: int, style: str) -> ProgressBar:
        width = min(max(self.console.width - BESIDE_BAR, 8), 30)
        return ProgressBar(max(total, 1), part, width=width, complete_style=style, finished_style=style)

    def _latest(self, rows: list[str]) -> list[RenderableType]:
        changes = list(self._changes)[: max(0, self.console.height - 9 - len(rows))]
        if not changes:
            return []
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column()  # cut off where there is no room
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, max_width=max(24, self.console.width - BESIDE_DETAIL))
        for change in changes:
            at, *rest = change.cells()
            table.add_row(Text.assemble("  ", at), *rest)
        return [Text("\nLatest changes", "bold"), table]
