"""What ``cronofy-async watch`` shows on a terminal: a table of how it stands, and changes as they are seen."""

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
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from .common import printable

__all__ = ["Board", "Situation", "Told"]

#: Seconds from one drawing to the next.
DRAW_EVERY: Final = 0.5
#: How many changes the table shows at most.
LAST: Final = 8
#: How much of a line is not a bar; and not what a link's change is about.
BESIDE: Final = 50
OTHERS: Final = 53

STYLES: Final = {"open": "blue", "completed": "green", "expired": "yellow", "disabled": "magenta", "failed": "red"}


@attrs.frozen
class Told:
    """A change, as people are told it.

    Attributes:
        name: the link's id, or where it is from. Not its token: whoever has it can book.
        what: when the event starts, or what went wrong.
    """

    name: str
    status: str
    what: str
    at: datetime = attrs.field(factory=datetime.now)

    def cells(self) -> list[Text]:
        """The columns of its line."""
        style = STYLES.get(self.status, "cyan")
        cells = (f"{self.at:%H:%M:%S}", "dim"), (self.name, ""), (f"{self.status:<9}", style), (self.what, "")
        return [Text(printable(text), style, no_wrap=True, overflow="ellipsis") for text, style in cells]


@attrs.frozen(kw_only=True)
class Situation:
    """How it stands.

    Attributes:
        name: where the links are from.
        links: how many they are.
        counts: how many of them are what.
        seconds: how long it has taken.
        used: the requests of the last minute.
        budget: how many they may be.
        interval: seconds from one look at an open link to the next.
        nameless: of how many links the id is found out first.
        found: of how many it was.
        failing: how many links cannot be asked about at present.
        is_held: whether Cronofy does not answer.
    """

    name: str
    links: int
    counts: Mapping[str, int]
    seconds: float
    used: int
    budget: int
    interval: float
    nameless: int = 0
    found: int = 0
    failing: int = 0
    is_held: bool = False


@attrs.frozen
class Board:
    """The table, and changes in it or, one below the other, above it.

    Attributes:
        console: where it is drawn.
        is_shown: whether it is.
        scrolls: whether changes are printed above the table, for good.
    """

    console: Console
    is_shown: bool
    scrolls: bool = False
    _last: deque[Told] = attrs.field(factory=lambda: deque[Told](maxlen=LAST), init=False)

    def tell(self, told: Told) -> None:
        """Show a change."""
        if self.scrolls:
            self._print(Text("  ").join(told.cells()))
        else:
            self._last.appendleft(told)

    def say(self, text: str) -> None:
        """Say something, above the table if there is one."""
        self._print(Text(printable(text)))

    def _print(self, line: Text) -> None:
        line.rstrip()
        self.console.print(line, soft_wrap=True)

    @asynccontextmanager
    async def drawn(self, look: Callable[[], Situation]) -> AsyncGenerator[None]:
        """Show, if anybody sees it, how it stands."""
        if not self.is_shown:
            yield
            return
        table = self.table(look())
        with Live(table, console=self.console, auto_refresh=False, transient=True, redirect_stdout=False) as live:

            async def draw() -> None:
                while True:
                    live.update(self.table(look()), refresh=True)
                    await asyncio.sleep(DRAW_EVERY)

            drawing = asyncio.create_task(draw())
            try:
                yield
            finally:
                drawing.cancel()

    def table(self, now: Situation) -> RenderableType:
        """How it stands, to be drawn."""
        rows = [status for status in STYLES if status != "failed" or now.counts.get(status)]
        rows += [status for status in now.counts if status not in STYLES]
        ended = sum(now.counts.get(status, 0) for status in STYLES if status != "open")
        took = timedelta(seconds=round(now.seconds))
        title = f": {ended:,} of {now.links:,} links have ended, {took}"
        head = Text.assemble((_last_part(printable(now.name), self.console.width - len(title)), "bold"), title)
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, justify="right")
        for status in rows:
            count = now.counts.get(status, 0)
            table.add_row(
                f"  {printable(status)}", f"{count:,}", self._bar(now.links, count, STYLES.get(status, "cyan"))
            )
        of = Text(f"of {now.budget:,} in the last minute", "dim", no_wrap=True, overflow="ellipsis")
        table.add_row()
        table.add_row("  requests", f"{now.used:,}", self._bar(now.budget, now.used, "cyan"), of)
        said = _said(now)
        room = max(0, self.console.height - 7 - len(rows) - len(said))
        if self.scrolls:
            head = Text.assemble("\n", head)
        return Group(head, table, *(Padding(each, (0, 0, 0, 2)) for each in said), *self._changes(room))

    def _bar(self, total: int, part: int, style: str) -> ProgressBar:
        width = min(max(self.console.width - BESIDE, 8), 30)
        return ProgressBar(max(total, 1), part, width=width, complete_style=style, finished_style=style)

    def _changes(self, room: int) -> list[RenderableType]:
        changes = list(self._last)[:room]
        if not changes:
            return []
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column()  # is cut off where there is no room
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, max_width=max(24, self.console.width - OTHERS))
        for told in changes:
            at, *rest = told.cells()
            table.add_row(Text.assemble("  ", at), *rest)
        return [Text("\nLast changes", "bold"), table]


def _said(now: Situation) -> list[Text]:
    """What else there is to know, in sentences."""
    said: list[Text] = []
    if now.is_held:
        said.append(Text("Cronofy does not answer: nothing is recorded until it does.", "red"))
    elif now.found < now.nameless:
        left = _about((now.nameless - now.found) * 60 / now.budget)
        said.append(Text(f"Looking up ids first: {now.found:,} of {now.nameless:,}, {left} left.", "cyan"))
    elif now.counts["open"]:
        said.append(Text(f"An open link is asked about every {_about(now.interval)} or so.", "dim"))
    if now.failing:
        said.append(Text(f"{now.failing:,} of them cannot be asked about at present, and will be again.", "yellow"))
    return said


def _last_part(path: str, room: int) -> str:
    return path if len(path) <= room else f"…{path[-max(room - 1, 7) :]}"


def _about(seconds: float) -> str:
    """A time, as exact as anybody wants to know it."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
