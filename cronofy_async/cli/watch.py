"""``cronofy-async watch``: write the changes of the links in a file until each link is terminal."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
import click

from .._links_file import INVALID, Item, NamedLink
from ..bulk import Failed
from ..models.real_time_scheduling import TERMINAL, SchedulingLink
from ..polling import GONE, Poll, Watched, Watcher
from ..times import read_time
from .common import one_line
from .links_run import LinksRun, run_links
from .live_display import Board
from .results import result_of

#: The assumed age of a link without ``sent_at``: old enough to have been answered, so that it is checked soon.
DEFAULT_AGE: Final = timedelta(hours=1)

NOT_FOUND: Final = "not known to Cronofy"


def run(*, out: str | None, min_interval: float, **options: Any) -> int:
    """Watch the links in a file until all are terminal, and return the exit status."""

    async def watch(links_run: LinksRun) -> None:
        await _LinksWatch(links_run, only_terminal=out is not None).run(min_interval)

    return run_links(watch, out=out, statuses=TERMINAL, **options)


@attrs.define
class _LinksWatch:
    """Watches links and writes their changes.

    Attributes:
        only_terminal: Whether only terminal statuses are written, so that a later run can skip links with a result.
        lookups: The links that are named by a token. Their ID is looked up first, by ``lookup``.
    """

    links_run: LinksRun
    only_terminal: bool
    lookups: list[Item] = attrs.field(factory=list[Item])
    lookup: Poll[Item] | None = None
    _by_id: dict[str, list[Item]] = attrs.field(factory=dict[str, list[Item]])
    _statuses: dict[int, str] = attrs.field(factory=dict[int, str])

    async def run(self, min_interval: float) -> None:
        run, counts = self.links_run, self.links_run.counts
        counts.by_status["open"] += counts.remaining
        times = {item.line: _times_of(item) for item in run.items}  # fails before anything is sent
        watcher = run.cronofy.real_time_scheduling.watch(self._watched(times), min_interval=min_interval)

        def note() -> str:
            if self.lookup is not None and (remaining := len(self.lookups) - self.lookup.position.done):
                return f"Looking up IDs first: {remaining:,} left."
            failing = len(watcher.stats.failing)
            retries = f" The last request failed for {failing:,} of them; it will be retried." if failing else ""
            interval = timedelta(seconds=max(round(max(counts.remaining / run.rate, min_interval)), 1))
            return f"Each open link is checked about every {interval}.{retries}"

        run.is_paused = lambda: watcher.stats.is_paused or (self.lookup is not None and self.lookup.is_paused)
        run.note = note
        logger, handler = logging.getLogger("cronofy_async"), _FailureLogHandler(run.board)
        logger.addHandler(handler)
        try:
            async with watcher:
                await self._follow(watcher)
        finally:
            logger.removeHandler(handler)

    async def _watched(self, times: dict[int, dict[str, datetime]]) -> AsyncGenerator[Watched]:
        """Yield the links to watch: first those that are named by ID, then those by token once their ID is looked up."""
        run = self.links_run
        for item in run.items:
            if not item.link.is_valid:
                self._end(item, None, INVALID)
            elif item.link.id:
                yield self._add(item, item.link.id, times[item.line])
            else:
                self.lookups.append(item)
        self.lookup = run.poll(self.lookups)
        async with self.lookup as outcomes:
            async for outcome in outcomes:
                if isinstance(outcome, Failed):
                    self._end(outcome.item, None, one_line(outcome.error))
                elif not NamedLink("id", outcome.link.id).is_valid:
                    self._end(outcome.item, None, "the response has an invalid ID")
                elif outcome.link.is_terminal:
                    self._end(outcome.item, outcome.link)
                else:
                    yield self._add(outcome.item, outcome.link.id, times[outcome.item.line])

    def _add(self, item: Item, link_id: str, times: dict[str, datetime]) -> Watched:
        self._by_id.setdefault(link_id, []).append(item)
        sent_at = times.get("sent_at", datetime.now(UTC) - DEFAULT_AGE)
        return Watched(link_id, sent_at=sent_at, expires_at=times.get("expires_at"))

    async def _follow(self, watcher: Watcher) -> None:
        async for change in watcher:
            for item in self._by_id[change.id]:
                if change.link is None or change.status == GONE:
                    self._end(item, None, NOT_FOUND)
                elif change.is_terminal:
                    self._end(item, change.link)
                else:
                    self._set_status(item, change.status)
                    self.links_run.counts.by_status[change.status] += 1
                    self.links_run.show(item, change.link)
                    if not self.only_terminal:
                        self.links_run.results.write(item, result_of(item, change.link))

    def _end(self, item: Item, link: SchedulingLink | None, error: str | None = None) -> None:
        self._set_status(item, "")
        self.links_run.write(item, link, error)

    def _set_status(self, item: Item, status: str) -> None:
        """Record the status of an item, and no longer count it under its previous status."""
        self.links_run.counts.by_status[self._statuses.get(item.line, "open")] -= 1
        self._statuses[item.line] = status


def _times_of(item: Item) -> dict[str, datetime]:
    """Return the times of a link in the file, or raise a usage error."""
    times: dict[str, datetime] = {}
    for column in ("sent_at", "expires_at"):
        value = item.row.get(column)
        text = "" if value is None else str(value).strip()
        try:
            if text:
                times[column] = read_time(text)
                datetime.fromtimestamp(times[column].timestamp(), UTC)  # as the watcher does when it stores the link
        except (ValueError, OverflowError, OSError):  # the value is not repeated: it may be a token
            raise click.UsageError(
                f"line {item.line}: {column}: expected a time with an offset, such as 2030-01-07T09:00:00Z, "
                "in the years 1 to 9999"
            ) from None
    return times


class _FailureLogHandler(logging.Handler):
    """Prints the warnings about links whose status could not be read."""

    def __init__(self, board: Board) -> None:
        super().__init__(logging.WARNING)
        self._board = board

    def emit(self, record: logging.LogRecord) -> None:
        if hasattr(record, "link"):  # others are about single requests, which are retried
            self._board.print(record.getMessage())
