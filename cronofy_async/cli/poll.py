"""``cronofy-async poll``: what became of any number of links, in a file that is gone on with after an interruption."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

import attrs
import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task
from rich.text import Text

from .._clock import LoopClock
from ..bulk import Failed
from ..client import CronofyClient
from ..errors import Forbidden, PaymentRequired, TransportError, Unauthorized
from ..http import RawResponse, Request
from ..middleware import Handler
from ..middleware.rate_limit import RateLimit, WindowLimiter
from ..polling import Poll
from .common import one_line, printable, settings_of
from .interruption import Interruption
from .link import By
from .links_file import Format, Item, LinksFile, links_file, shard_of
from .memory import remembered
from .output import Earlier, Write, facts_of, results

__all__ = ["Items", "Tally", "how_to_go_on", "outages_told", "run"]

#: Seconds between two looks at whether Cronofy answers.
LOOK_EVERY: Final = 1.0


def run(
    file: str,
    *,
    format: Format | None,  # noqa: A002 - as the option is called
    column: str | None,
    by: By | None,
    shard: str | None,
    out: str | None,
    share: float,
    concurrency: int,
    data_center: str | None,
    api_url: str | None,
    as_json: bool,
) -> int:
    """Ask about all links of a file, write what is found, and give the exit status."""
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
            shown = _is_shown(out)
            interruption.run(
                lambda: _poll(items, write, tally, settings, share=share, concurrency=concurrency, shown=shown)
            )
    if interruption.status:
        click.echo(how_to_go_on(out), err=True)
    if out is not None:
        if as_json:
            click.echo(json.dumps(tally.facts()))
        else:
            click.echo(f"{tally} -> {out}", err=True)
    return interruption.status or int(bool(tally.failed or tally.left))


def how_to_go_on(out: str | None) -> str:
    """What to say after an interruption."""
    if out is None:
        return "Interrupted. With --out FILE, the same command would go on from here."
    return "Interrupted. The same command goes on from here."


@attrs.frozen
class Items:
    """The items that are left, and how many they are."""

    source: LinksFile
    earlier: Earlier
    _left: list[int] = attrs.field(factory=list[int], init=False)

    def __iter__(self) -> Generator[Item]:
        return (item for item in self.source.items() if not self.earlier.holds(item))

    def __len__(self) -> int:
        if not self._left:  # costs a pass over the file
            self._left.append(sum(1 for _ in iter(self)))
        return self._left[0]


@attrs.define
class Tally:
    """What came of it up to now, with what an earlier run had found, and what this one took."""

    links: int = 0
    skipped: int = 0
    by_status: Counter[str] = attrs.field(factory=Counter[str])
    failed: int = 0
    requests: int = 0
    rate_limited: int = 0
    began: float = attrs.field(factory=time.monotonic)
    estimate: timedelta | None = None

    def expect(self, items: Items, earlier: Earlier) -> None:
        self.skipped = earlier.links
        self.links = len(items) + earlier.links
        self.by_status += earlier.by_status
        self.failed = earlier.failed

    @property
    def done(self) -> int:
        """How many this run has found out."""
        return self.by_status.total() + self.failed - self.skipped

    @property
    def left(self) -> int:
        return self.links - self.skipped - self.done

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def facts(self) -> dict[str, object]:
        return {
            "links": self.links,
            "by_status": dict(self.by_status),
            "failed": self.failed,
            "skipped": self.skipped,
            "requests": self.requests,
            "rate_limited": self.rate_limited,
            "seconds": round(self.seconds, 3),
        }

    def __str__(self) -> str:
        counts = [f"{number} {printable(status)}" for status, number in self.by_status.most_common()]
        counts += [f"{self.failed} failed"] if self.failed else []
        return f"{self.links - self.left} of {self.links} links: {', '.join(counts) or 'none'}"

    def progress(self, *, is_held: bool) -> str:
        if is_held:
            return f"held: Cronofy does not answer ({self})"
        pace = self.done / max(self.seconds, 0.001)
        least = 0.0 if self.estimate is None else self.estimate.total_seconds() * self.left / (self.left + self.done)
        left = max(least, self.left / pace) if pace else least
        return f"{self}, {pace:.1f} a second, {timedelta(seconds=round(left))} left"

    async def __call__(self, request: Request, call_next: Handler, /) -> RawResponse:
        """Count an attempt: a middleware."""
        try:
            response = await call_next(request)
        except TransportError as error:
            self.requests += error.sent == "maybe"
            raise
        self.requests += 1
        self.rate_limited += response.status == 429
        return response


class Told(ProgressColumn):
    """A text that is asked for whenever it is shown: nothing comes to pass while Cronofy does not answer."""

    def __init__(self, tell: Callable[[], str]) -> None:
        super().__init__()
        self._tell = tell

    def render(self, task: Task) -> Text:
        return Text(self._tell())


async def _poll(
    items: Items,
    write: Write,
    tally: Tally,
    settings: dict[str, Any],
    *,
    share: float,
    concurrency: int,
    shown: bool,
) -> None:
    clock = LoopClock()
    limiter = WindowLimiter(RateLimit(share=share), clock)
    cronofy = CronofyClient.from_env(**settings, rate_limit=limiter, per_attempt=[tally])
    outcomes = Poll(
        items,
        lambda item: item.link.call(cronofy).background(),
        clock=clock,
        rate=limiter.background_rate,
        concurrency=concurrency,
    )
    tally.estimate = outcomes.estimate
    told = Told(lambda: tally.progress(is_held=outcomes.is_held))
    try:
        with remembered(limiter, settings), _progress(told, shown=shown) as progress:
            task = progress.add_task("links", total=tally.links, completed=tally.skipped)
            async with cronofy, outcomes, outages_told(lambda: outcomes.is_held, shown=shown):
                async for outcome in outcomes:
                    if isinstance(outcome, Failed):
                        tally.failed += 1
                        write(outcome.item, facts_of(outcome.item, None, one_line(outcome.error)))
                    else:
                        tally.by_status[outcome.link.status] += 1
                        write(outcome.item, facts_of(outcome.item, outcome.link))
                    progress.advance(task)
    except (Unauthorized, PaymentRequired, Forbidden) as error:  # the others would end alike
        click.echo(one_line(error), err=True)


def _is_shown(out: str | None) -> bool:
    """Whether somebody sees the progress, and no results come between."""
    return Console(stderr=True).is_interactive and not (out is None and sys.stdout.isatty())


def _progress(told: Told, *, shown: bool) -> Progress:
    columns = BarColumn(bar_width=16), MofNCompleteColumn(), told
    console = Console(stderr=True)
    return Progress(*columns, console=console, disable=not shown, transient=True, redirect_stdout=False)


@asynccontextmanager
async def outages_told(is_held: Callable[[], bool], *, shown: bool) -> AsyncGenerator[None]:
    """Where no progress is shown, say when Cronofy stops answering, and when it answers again."""

    async def tell() -> None:
        was_held = False
        while True:
            if is_held() != was_held:
                was_held = not was_held
                says = "does not answer: nothing is recorded until it does." if was_held else "answers again."
                click.echo(f"Cronofy {says}", err=True)
            await asyncio.sleep(LOOK_EVERY)

    task = None if shown else asyncio.create_task(tell())
    try:
        yield
    finally:
        if task is not None:
            task.cancel()
