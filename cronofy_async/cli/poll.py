"""``cronofy-async poll``: what became of any number of links, in a file that is gone on with after an interruption."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
import os
import shutil
import sys
import tempfile
import time
from array import array
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection, Generator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, TypeAlias, cast
from urllib.parse import urlsplit

import attrs
import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task
from rich.text import Text

from ..bulk import Failed
from ..call import Call
from ..client import CronofyClient
from ..clock import LoopClock
from ..config import hosts, settings_from
from ..errors import ConfigurationError, Forbidden, PaymentRequired, TransportError, Unauthorized
from ..http import RawResponse, Request
from ..middleware import Handler
from ..middleware.rate_limit import RateLimit, WindowLimiter
from ..models.real_time_scheduling import SchedulingLink
from ..polling import Poll, Polled
from ..types import is_array, is_object
from .common import client_secrets, for_programs, one_line

__all__ = ["append", "keep", "memory_of", "remembered", "run"]

By: TypeAlias = Literal["id", "token"]
Format: TypeAlias = Literal["csv", "jsonl", "text"]
Write: TypeAlias = Callable[["Item", Mapping[str, object]], None]

#: The columns that hold an id, and those that hold a token, the surest first.
IDS: Final = ("real_time_scheduling_id", "link_id", "id")
TOKENS: Final = ("token", "url")

FORMATS: Final[Mapping[str, Format]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "jsonl",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "text",
}

#: What is told about a link, after the line of the input that it is from.
RESULTS: Final = ("id", "status", "start", "end", "event_id", "error")

#: How long a request counts, in seconds.
MINUTE: Final = 60.0

#: Seconds between two looks at whether Cronofy answers.
LOOK_EVERY: Final = 1.0

NO_LINK: Final = "neither an id, a token nor the URL of a link"


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
    interrupted = False
    try:
        settings = _settings(data_center, api_url)
        with _readable(file) as readable:
            source = _source(readable, Path(file), format=format, column=column, by=by, shard=_shard(shard))
            with _results(out, source, as_json=as_json) as (earlier, write):
                items = Items(source, earlier)
                tally.expect(items, earlier)
                if tally.skipped:
                    click.echo(f"{tally.skipped} of {tally.links} are in {out} already.", err=True)
                shown = _is_shown(out)
                asyncio.run(_poll(items, write, tally, settings, share=share, concurrency=concurrency, shown=shown))
    except KeyboardInterrupt:
        interrupted = True
        click.echo(_how_to_go_on(out), err=True)
    if out is not None:
        if as_json:
            click.echo(json.dumps(tally.facts()))
        else:
            click.echo(f"{tally} -> {out}", err=True)
    if interrupted:
        return 130
    return 1 if tally.failed or tally.left else 0


def _shard(value: str | None) -> tuple[int, int]:
    part, slash, parts = (value or "1/1").partition("/")
    if slash and part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts):
        return int(part), int(parts)
    raise click.BadParameter(f"{value!r} is none, such as 2/4 for the second of four", param_hint="--shard")


def _how_to_go_on(out: str | None) -> str:
    if out is None:
        return "Interrupted. With --out FILE, the same command would go on from here."
    return "Interrupted. The same command goes on from here."


# ---------------------------------------------------------------------------------------------------------------------
# What is asked about


@attrs.frozen
class Item:
    """A link as the input names it. A token lets whoever reads it book, as may anything else of the user's."""

    line: int
    by: By
    name: str = attrs.field(repr=False)
    row: Mapping[str, Any] = attrs.field(repr=False)

    def call(self, cronofy: CronofyClient) -> Call[SchedulingLink]:
        if not self.name:
            raise ValueError(NO_LINK)
        links = cronofy.real_time_scheduling
        return links.status(self.name) if self.by == "id" else links.status_by_token(self.name)


@attrs.frozen
class Source:
    """The input, which is read line by line, as often as it takes."""

    file: BinaryIO
    format: Format
    column: str
    by: By
    shard: tuple[int, int]
    delimiter: str = ","
    #: The user's own, which are kept.
    columns: tuple[str, ...] = ()

    def items(self) -> Generator[Item]:
        part, parts = self.shard
        for position, (line, row) in enumerate(self._rows()):
            if position % parts == part - 1:
                value = row.get(self.column)
                name, by = _read(value.strip(), self.by) if isinstance(value, str) else ("", self.by)
                yield Item(line, by, name, row)

    def _rows(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        if self.format == "csv":
            return _csv_rows(self.file, self.delimiter)
        return _json_rows(self.file) if self.format == "jsonl" else _text_rows(self.file, self.column)


@attrs.frozen
class Items:
    """The items that are left, and how many they are."""

    source: Source
    earlier: Earlier
    _left: list[int] = attrs.field(factory=list[int], init=False)

    def __iter__(self) -> Generator[Item]:
        return (item for item in self.source.items() if not self.earlier.holds(item))

    def __len__(self) -> int:
        if not self._left:  # costs a pass over the file
            self._left.append(sum(1 for _ in iter(self)))
        return self._left[0]


def _readable(file: str) -> BinaryIO:
    """The input as something that can be read twice: a pipe is read to its end first."""
    try:
        opened = cast("BinaryIO", click.open_file(file, "rb"))
        if file != "-" and opened.seekable():
            return opened
        kept = cast("BinaryIO", tempfile.SpooledTemporaryFile(1 << 20))  # noqa: SIM115 - closed by who reads it
        with opened:
            shutil.copyfileobj(opened, kept)
    except OSError as error:
        raise _unusable(f"cannot read {file}", error) from None
    return kept


def _source(
    file: BinaryIO,
    path: Path,
    *,
    format: Format | None,  # noqa: A002 - as the option is called
    column: str | None,
    by: By | None,
    shard: tuple[int, int],
) -> Source:
    first = next((line for _, line in _lines(file) if not _is_empty(line)), "")
    delimiter = max(",;\t", key=first.count)
    format = format or FORMATS.get(path.suffix.lower()) or _format_of(first, column)  # noqa: A001
    if format == "text":
        return Source(file, format, "", by or "id", shard)
    columns: tuple[str, ...] = ()
    if first:
        columns = _columns(file, format, delimiter)
        column = _column(columns, column, by)
    by = by or ("token" if (column or "").strip().lower() in TOKENS else "id")
    return Source(file, format, column or "", by, shard, delimiter, columns)


def _format_of(first: str, column: str | None) -> Format:
    if first.startswith("{"):
        return "jsonl"
    name = first.strip().strip('"').lower()
    is_header = name in {*IDS, *TOKENS} or (any(mark in name for mark in ",;\t") and not _is_url(name))
    return "csv" if column is not None or is_header else "text"


def _columns(file: BinaryIO, format: Format, delimiter: str) -> tuple[str, ...]:  # noqa: A002
    if format == "csv":
        return tuple(next(_cells(file, delimiter))[1])
    row = next(_json_rows(file))[1]
    if not row:
        raise click.UsageError("the first line is not a JSON object")
    return tuple(row)


def _column(columns: Collection[str], wanted: str | None, by: By | None) -> str:
    # Without a header there are tokens in its place: it is not repeated in what is said.
    if wanted is not None:
        if wanted not in columns:
            raise click.UsageError(f"there is no column {wanted!r} in the first line")
        return wanted
    known = {name.strip().lower(): name for name in columns}
    names = (*TOKENS, *IDS) if by == "token" else (*IDS, *TOKENS)
    for name in names:
        if name in known:
            return known[name]
    raise click.UsageError(f"the first line names no column {', '.join(names)}: say which it is with --column")


def _lines(file: BinaryIO) -> Generator[tuple[int, str]]:
    file.seek(0)
    for number, line in enumerate(file, 1):
        # Whatever the encoding of the user's columns, they are written as they came.
        yield number, line.decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape")


def _is_empty(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _csv_rows(file: BinaryIO, delimiter: str) -> Generator[tuple[int, Mapping[str, Any]]]:
    rows = _cells(file, delimiter)
    _, header = next(rows, (0, list[str]()))
    for line, cells in rows:
        yield line, dict(zip(header, [*cells, *[""] * len(header)], strict=False))


def _cells(file: BinaryIO, delimiter: str) -> Generator[tuple[int, list[str]]]:
    reader = csv.reader((line for _, line in _lines(file)), delimiter=delimiter)
    try:
        line = 1
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise click.UsageError(f"line {reader.line_num} of the input: {error}") from None


def _json_rows(file: BinaryIO) -> Generator[tuple[int, Mapping[str, Any]]]:
    for number, line in _lines(file):
        if line.strip():
            yield number, _json_object(line) or {}


def _json_object(line: str | bytes) -> Mapping[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if is_object(value) else None


def _text_rows(file: BinaryIO, column: str) -> Generator[tuple[int, Mapping[str, Any]]]:
    for number, line in _lines(file):
        if not _is_empty(line):
            yield number, {column: line}


def _is_url(name: str) -> bool:
    return name.startswith(("http://", "https://"))


def _read(name: str, by: By) -> tuple[str, By]:
    """An id or token as it is, or the token of a URL; an empty one if there is none."""
    if not _is_url(name):
        return name, by
    try:
        return urlsplit(name).path.rstrip("/").rpartition("/")[2], "token"
    except ValueError:
        return "", "token"


# ---------------------------------------------------------------------------------------------------------------------
# What is written


class Earlier:
    """What an earlier run wrote: of which lines, and what became of them. A few bytes a line."""

    def __init__(self, path: str = "") -> None:
        self.path = path
        self.by_status: Counter[str] = Counter()
        self.failed = 0
        self._marks = array("Q")

    @property
    def links(self) -> int:
        return self.by_status.total() + self.failed

    def add(self, row: Mapping[str, Any]) -> None:
        line = int(row["line"])
        if line < 1 or not {*RESULTS} <= {*row}:
            raise ValueError("not written by this command")
        self._marks.extend([0] * (line + 1 - len(self._marks)))
        self._marks[line] = _mark(row["id"])
        if row["error"]:
            self.failed += 1
        else:
            self.by_status[row["status"]] += 1

    def holds(self, item: Item) -> bool:
        """Whether an item is written.

        Raises:
            UsageError: it was another when that was written.
        """
        mark = self._marks[item.line] if item.line < len(self._marks) else 0
        if mark and item.by == "id" and mark != _mark(item.name):
            raise click.UsageError(
                f"{self.path} was written for another input, which differs in line {item.line}: give another --out"
            )
        return bool(mark)


def _mark(name: str | None) -> int:
    return hash(name or "") & 0xFFFF_FFFF_FFFF_FFFF | 1  # 0 is for lines that are not there


@contextmanager
def _results(out: str | None, source: Source, *, as_json: bool) -> Generator[tuple[Earlier, Write]]:
    """What an earlier run wrote, and how to write more."""
    if out is None:
        # Columns of the user's may hold tokens, which are not for terminals and logs.
        table = Table("jsonl" if as_json else "csv")
        click.echo(table.header(), nl=False)
        yield Earlier(), lambda item, facts: click.echo(table.line(item, facts), nl=False)
        return
    format = FORMATS.get(Path(out).suffix.lower())  # noqa: A001
    if format not in {"csv", "jsonl"} or out.lower().endswith(".tsv"):
        raise click.UsageError(f"--out: {out} must end in .csv or .jsonl, which says what is written")
    table = Table(format, source.columns, (source.column, source.by))
    try:
        earlier = _recover(out, table)
        file = Path(out).open("ab", buffering=0)  # noqa: SIM115 - a line is there as soon as it is known
    except OSError as error:
        raise _unusable(f"cannot write {out}", error) from None

    def write(item: Item, facts: Mapping[str, object]) -> None:
        append(file, table.line(item, facts), out)

    with file:
        if not file.tell():
            append(file, table.header(), out)
        yield earlier, write


def append(file: io.FileIO, text: bytes, path: str) -> None:
    """Write all of it now."""
    try:
        while text:
            text = text[file.write(text) :]
    except OSError as error:
        raise _unusable(f"cannot write {path}", error) from None


def _unusable(what: str, error: OSError) -> click.UsageError:
    return click.UsageError(f"{what}: {error.strerror or error}")


@attrs.frozen
class Table:
    """How items are written: as CSV or JSON lines, with the user's columns."""

    format: Format | None
    columns: tuple[str, ...] = ()
    key: tuple[str, By] | None = None

    def names(self) -> list[str]:
        return ["line", *(self._name(column) for column in self.columns if self._is_kept(column)), *RESULTS]

    def header(self) -> bytes:
        return _csv_line(self.names()) if self.format == "csv" else b""

    def line(self, item: Item, facts: Mapping[str, object]) -> bytes:
        row: dict[str, object] = {"line": item.line}
        if self.columns:
            row |= {self._name(column): value for column, value in item.row.items() if self._is_kept(column)}
        row |= facts
        if self.format == "csv":
            return _csv_line([_cell(row.get(name)) for name in self.names()])
        return f"{json.dumps(row)}\n".encode()

    def _is_kept(self, column: str) -> bool:
        return column != "id" or self.key != ("id", "id")  # else it would be there twice

    def _name(self, column: str) -> str:
        return f"input_{column}" if column in {"line", *RESULTS} else column


def _csv_line(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode("utf-8", "surrogateescape")


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _recover(out: str, table: Table) -> Earlier:
    """Read what an earlier run wrote, and cut off a last line that is not whole.

    Raises:
        UsageError: it is something else, which is left alone.
    """
    earlier = Earlier(out)
    path = Path(out)
    if not path.exists():
        return earlier
    end = 0
    names: list[str] | None = None
    rest = b""
    with path.open("rb") as file:
        for record, is_whole in _records(file, table.format):
            if not is_whole:
                rest = record
                break
            end += len(record)
            try:
                if table.format == "csv":
                    cells = next(csv.reader(io.StringIO(record.decode("utf-8", "surrogateescape"), newline="")))
                    if names is None:
                        names = table.names()
                        if cells != names:
                            raise ValueError("another header")
                        continue
                    earlier.add(dict(zip(names, cells, strict=True)))
                else:
                    earlier.add(_json_object(record) or {})
            except (ValueError, KeyError, TypeError, csv.Error):
                raise _not_ours(out) from None
    begin = table.header() or b'{"line": '
    if end == 0 and not (rest.startswith(begin) or begin.startswith(rest)):
        raise _not_ours(out)
    if rest:
        with path.open("r+b") as file:
            file.truncate(end)
    return earlier


def _not_ours(out: str) -> click.UsageError:
    return click.UsageError(f"--out: {out} is there already, and was not written for this input; it is left alone")


def _records(file: BinaryIO, format: Format | None) -> Generator[tuple[bytes, bool]]:  # noqa: A002
    """The records, and whether they are whole; in CSV, one may go over several lines."""
    record, quotes = b"", 0
    for line in file:
        record += line
        quotes += line.count(b'"') if format == "csv" else 0
        if line.endswith(b"\n") and quotes % 2 == 0:
            yield record, True
            record, quotes = b"", 0
    if record:
        yield record, False


# ---------------------------------------------------------------------------------------------------------------------
# The pass


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
        counts = [f"{number} {status}" for status, number in self.by_status.most_common()]
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


def _settings(data_center: str | None, api_url: str | None) -> dict[str, Any]:
    client_secrets()
    settings: dict[str, Any] = {**settings_from()}
    if data_center is not None:
        settings |= {"data_center": data_center, "base_url": None}  # rather than the URL of the environment
    if api_url is not None:
        settings["base_url"] = api_url
    try:
        hosts(settings.get("data_center", "us"), settings.get("base_url"), settings.get("app_url"))
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from None
    return settings


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
        lambda item: item.call(cronofy).background(),
        clock=clock,
        rate=limiter.background_rate,
        concurrency=concurrency,
    )
    tally.estimate = outcomes.estimate
    told = Told(lambda: tally.progress(is_held=outcomes.is_held))
    with remembered(limiter, settings), _progress(told, shown=shown) as progress:
        task = progress.add_task("links", total=tally.links, completed=tally.skipped)
        try:
            async with cronofy, outcomes, _outages_told(outcomes, shown=shown):
                async for outcome in outcomes:
                    if isinstance(outcome, Failed):
                        tally.failed += 1
                    else:
                        tally.by_status[outcome.link.status] += 1
                    write(outcome.item, _facts(outcome))
                    progress.advance(task)
        except (Unauthorized, PaymentRequired, Forbidden) as error:
            click.echo(one_line(error), err=True)  # the others would end alike


def _facts(outcome: Polled[Item] | Failed[Item]) -> Mapping[str, object]:
    """What is written about a link. Not its URL: whoever has it can book."""
    item = outcome.item
    if isinstance(outcome, Failed):
        named = {"id": item.name if item.by == "id" else None}
        return {**dict.fromkeys(RESULTS), **named, "error": one_line(outcome.error)}
    link, event = outcome.link, outcome.link.event
    return {
        "id": item.name if item.by == "id" else link.id,
        "status": link.status,
        "start": event and for_programs(event.start),
        "end": event and for_programs(event.end),
        "event_id": event and event.event_id,
        "error": None,
    }


def _is_shown(out: str | None) -> bool:
    """Whether somebody sees the progress, and no results come between."""
    return Console(stderr=True).is_terminal and not (out is None and sys.stdout.isatty())


def _progress(told: Told, *, shown: bool) -> Progress:
    columns = BarColumn(bar_width=16), MofNCompleteColumn(), told
    console = Console(stderr=True)
    return Progress(*columns, console=console, disable=not shown, transient=True, redirect_stdout=False)


@asynccontextmanager
async def _outages_told(outcomes: Poll[Item], *, shown: bool) -> AsyncGenerator[None]:
    """Where no progress is shown, say when Cronofy stops answering, and when it answers again."""

    async def tell() -> None:
        was_held = False
        while True:
            if outcomes.is_held != was_held:
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


# ---------------------------------------------------------------------------------------------------------------------
# What the run before has sent


@contextmanager
def remembered(limiter: WindowLimiter, settings: Mapping[str, Any]) -> Generator[None]:
    """Count what other runs have sent in the last minute, and leave them what this one has."""
    path = memory_of(settings)
    began = time.monotonic()
    limiter.remember(_ages(path))
    try:
        yield
    finally:
        took = time.monotonic() - began
        own = [age for age in limiter.recent() if age < took]
        keep(path, [*_ages(path), *own])  # another run may have ended in between


def memory_of(settings: Mapping[str, Any]) -> Path | None:
    """Where that is kept, for an application at a host; nothing in it is secret."""
    api = hosts(settings.get("data_center", "us"), settings.get("base_url")).api
    name = hashlib.sha256(json.dumps([settings.get("client_id"), api]).encode()).hexdigest()[:32]
    cache = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache") / "cronofy_async" / f"{name}.json"
    except RuntimeError:  # nobody's home
        return None


def _ages(path: Path | None) -> list[float]:
    """How many seconds ago the requests were that are kept, if that can be read."""
    try:
        kept = None if path is None else json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return []
    times = kept.get("times") if is_object(kept) else None
    now = time.time()
    ages = [now - moment for moment in times if isinstance(moment, float)] if is_array(times) else []
    return [age for age in ages if 0 <= age < MINUTE]


def keep(path: Path | None, ages: Iterable[float]) -> None:
    """Leave to the next run how many seconds ago requests were made."""
    now = time.time()
    text = json.dumps({"times": sorted(now - age for age in ages)})
    if path is None:
        return
    # It is of use, not needed: where it cannot be written, Cronofy itself says when it is too much.
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = path.with_name(f"{path.stem}.{os.getpid()}")
        with open(new, "x", encoding="ascii", opener=_private) as file:
            file.write(text)
        new.replace(path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
