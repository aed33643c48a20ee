"""``cronofy-async watch``: what becomes of a file of links, as it happens."""

from __future__ import annotations

import json
import logging
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
import click
from rich.console import Console

from .._clock import LoopClock
from ..bulk import Failed
from ..client import CronofyClient
from ..errors import Forbidden, PaymentRequired, Unauthorized
from ..http import path_segment
from ..middleware.rate_limit import RateLimit, WindowLimiter
from ..models.real_time_scheduling import TERMINAL, SchedulingLink
from ..polling import GONE, Poll, Watched, Watcher
from ..times import read_time
from .board import Board, Situation, Told
from .common import for_people, one_line, settings_of
from .interruption import Interruption
from .link import NO_LINK, By
from .links_file import Format, Item, LinksFile, links_file, shard_of
from .memory import remembered
from .output import Earlier, Write, facts_of, results
from .poll import Items, Tally, how_to_go_on, outages_told

__all__ = ["board_for", "run"]

#: How long ago a link was sent, if the file does not say: long enough that something may have become of it already.
SENT_AGO: Final = timedelta(hours=1)

UNKNOWN: Final = "not known to Cronofy"


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
    counts = Counts()
    with Interruption() as interruption:
        settings = settings_of(data_center, api_url)
        board = board_for(out, as_json=as_json)
        with (
            links_file(file, format=format, column=column, by=by, shard=shard_of(shard)) as source,
            _results(out, source, board, as_json=as_json) as (earlier, write),
        ):
            items = Items(source, earlier)
            counts.expect(items, earlier)
            if counts.skipped:
                click.echo(f"{counts.skipped} of {counts.links} are in {out} already.", err=True)
            book = Book(items, _times_of(source), counts, write, board, only_ends=out is not None)
            name = "standard input" if file == "-" else file
            interruption.run(lambda: _watch(book, name, settings, share=share, min_interval=min_interval))
    if interruption.status:
        click.echo(how_to_go_on(out), err=True)
    if out is None:
        click.echo(str(counts), err=True)
    elif as_json:
        click.echo(json.dumps(counts.facts()))
    else:
        click.echo(f"{counts} -> {out}", err=True)
    return interruption.status or int(bool(counts.failed or counts.left))


def board_for(out: str | None, *, as_json: bool) -> Board:
    """Results on a terminal are for people, unless JSON is asked for, which a table would get mixed up with."""
    console = Console(stderr=True)
    is_read = out is None and sys.stdout.isatty()
    is_shown = console.is_interactive and not (is_read and as_json)
    return Board(console, is_shown=is_shown, scrolls=is_shown and is_read)


@contextmanager
def _results(out: str | None, source: LinksFile, board: Board, *, as_json: bool) -> Generator[tuple[Earlier, Write]]:
    """What an earlier run wrote, and how to write more, unless the board has it.

    Raises:
        UsageError: as :func:`results`, or what is written are no ends.
    """
    if board.scrolls:
        yield Earlier(), _not_written
        return
    with results(out, source, as_json=as_json) as (earlier, write):
        if not earlier.by_status.keys() <= TERMINAL:
            raise click.UsageError(f"--out: {out} holds links that were open, as `poll` writes it; give another --out")
        yield earlier, write


def _not_written(item: Item, facts: Mapping[str, object]) -> None:
    pass


@attrs.define
class Counts(Tally):
    """How many links became what.

    Attributes:
        others: how many of those that have not ended are something else than open.
    """

    others: Counter[str] = attrs.field(factory=Counter[str])

    def by_now(self) -> dict[str, int]:
        return {"open": self.left - self.others.total(), **self.others, **self.by_status}

    def facts(self) -> dict[str, object]:
        return super().facts() | {"by_status": {status: count for status, count in self.by_now().items() if count}}


@attrs.define
class Book:
    """The items, and what became of them.

    Attributes:
        times: the columns that say when a link was sent, and when it expires.
        only_ends: whether only what an item ends with is written, so that a later run can leave it out.
        nameless: how many items are asked about first, as the id of their link is not known.
        found: how many of them were.
    """

    items: Items
    times: Mapping[str, str]
    counts: Counts
    write: Write
    board: Board
    only_ends: bool
    nameless: int = 0
    found: int = 0
    _first_pass: Poll[Item] | None = None
    _by_id: dict[str, list[Item]] = attrs.field(factory=dict[str, list[Item]])

    @property
    def is_held(self) -> bool:
        """Whether Cronofy does not answer when those are asked about."""
        return self._first_pass is not None and self._first_pass.is_held

    async def watched(self, cronofy: CronofyClient, *, rate: float) -> AsyncGenerator[Watched]:
        """What to watch.

        Raises:
            UsageError: a time is none. Nothing was sent then.
        """
        nameless: list[Item] = []
        for item in self.items:
            if not _is_path_segment(item.link.name):
                self._end(item, None, "failed", NO_LINK)
            elif item.link.id:
                yield self._watched(item, item.link.id)
            else:
                for name in self.times:
                    self._time(item, name)  # what is wrong is said before anything is sent
                nameless.append(item)
        self.nameless = len(nameless)
        self._first_pass = Poll(
            nameless, lambda item: item.link.call(cronofy).background(), clock=LoopClock(), rate=rate
        )
        async with self._first_pass as outcomes:
            async for outcome in outcomes:
                self.found += 1
                if isinstance(outcome, Failed):
                    self._end(outcome.item, None, "failed", one_line(outcome.error))
                elif not _is_path_segment(outcome.link.id):
                    self._end(outcome.item, None, "failed", "the response holds an id that no request can hold")
                elif outcome.link.is_terminal:
                    self._end(outcome.item, outcome.link, outcome.link.status)
                else:
                    yield self._watched(outcome.item, outcome.link.id)

    def _watched(self, item: Item, link: str) -> Watched:
        self._by_id.setdefault(link, []).append(item)
        sent_at = self._time(item, "sent_at") or datetime.now(UTC) - SENT_AGO
        return Watched(link, sent_at=sent_at, expires_at=self._time(item, "expires_at"))

    def _time(self, item: Item, name: str) -> datetime | None:
        """A time that the file has for a link."""
        column = self.times[name]
        value = item.row.get(column)
        text = "" if value is None else str(value).strip()
        try:
            time = read_time(text) if text else None
            if time is not None:
                datetime.fromtimestamp(time.timestamp(), UTC)  # as the watcher does when it stores the link
        except (ValueError, OverflowError, OSError):  # the value is not repeated: it may be a token
            raise click.UsageError(
                f"line {item.line}: {column} holds no time with an offset, such as 2030-01-07T09:00:00Z, "
                "between the years 1 and 9999"
            ) from None
        return time

    async def follow(self, watcher: Watcher) -> None:
        """Take each change."""
        async for change in watcher:
            for item in self._by_id[change.id]:
                if change.previous in self.counts.others:
                    self.counts.others[change.previous] -= 1
                if change.status == GONE:
                    self._end(item, None, "failed", UNKNOWN)
                elif change.is_terminal:
                    self._end(item, change.link, change.status)
                else:
                    if change.status != "open":
                        self.counts.others[change.status] += 1
                    self._tell(item, change.link, change.status)
                    if not self.only_ends:
                        self.write(item, facts_of(item, change.link))

    def _end(self, item: Item, link: SchedulingLink | None, status: str, error: str | None = None) -> None:
        self.write(item, facts_of(item, link, error))
        if error is None:
            self.counts.by_status[status] += 1
        else:
            self.counts.failed += 1
        self._tell(item, link, status, error)

    def _tell(self, item: Item, link: SchedulingLink | None, status: str, error: str | None = None) -> None:
        event = None if link is None else link.event
        start = "" if event is None or event.start is None else for_people(event.start, None)
        name = item.link.id or (link and link.id) or f"line {item.line}"
        self.board.tell(Told(name, status, error or start))


def _times_of(source: LinksFile) -> dict[str, str]:
    """The columns that say when a link was sent, and when it expires."""
    known = {name.strip().lower(): name for name in source.columns}
    return {name: known.get(name, name) for name in ("sent_at", "expires_at")}


def _is_path_segment(name: str) -> bool:
    try:
        return bool(path_segment("it", name))
    except ValueError:
        return False


class _Said(logging.Handler):
    """Says about which links nothing could be found out."""

    def __init__(self, say: Callable[[str], object]) -> None:
        super().__init__(logging.WARNING)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        if hasattr(record, "link"):  # others are about single requests, which are tried again
            self._say(record.getMessage())


@contextmanager
def _failures_said(board: Board) -> Generator[None]:
    logger, said = logging.getLogger("cronofy_async"), _Said(board.say)
    logger.addHandler(said)
    try:
        yield
    finally:
        logger.removeHandler(said)


async def _watch(book: Book, name: str, settings: dict[str, Any], *, share: float, min_interval: float) -> None:
    counts, board = book.counts, book.board
    limiter = WindowLimiter(RateLimit(share=share), LoopClock())
    cronofy = CronofyClient.from_env(**settings, rate_limit=limiter, per_attempt=[counts])
    rate = limiter.background_rate
    watcher = cronofy.real_time_scheduling.watch(book.watched(cronofy, rate=rate), min_interval=min_interval)

    def is_held() -> bool:
        return book.is_held or watcher.stats.is_held

    def look() -> Situation:
        return Situation(
            name=name,
            links=counts.links,
            counts=counts.by_now() | {"failed": counts.failed},
            seconds=counts.seconds,
            used=limiter.used()[1],
            budget=round(rate * 60),
            interval=max(counts.left / rate, min_interval),
            nameless=book.nameless,
            found=book.found,
            failing=len(watcher.stats.failing),
            is_held=is_held(),
        )

    try:
        with remembered(limiter, settings), _failures_said(board):
            async with cronofy, board.drawn(look), outages_told(is_held, shown=board.is_shown), watcher:
                await book.follow(watcher)
    except (Unauthorized, PaymentRequired, Forbidden) as error:
        click.echo(one_line(error), err=True)  # the others would end alike
