"""A file of results that a later run goes on with: a line for each link, whole as soon as it is known."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
from array import array
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias

import attrs
import click

from ..models.real_time_scheduling import SchedulingLink
from .common import for_programs, printable, unusable
from .links_file import FORMATS, Format, Item, LinksFile, json_object

__all__ = ["RESULTS", "Earlier", "Write", "append", "facts_of", "results"]

Write: TypeAlias = Callable[[Item, Mapping[str, object]], None]

#: What is told about a link, after the line of the input that it is from.
RESULTS: Final = ("id", "status", "start", "end", "event_id", "error")

#: Unpaired surrogates, which JSON may hold and UTF-8 may not, except those that stand for bytes of the input.
_UNPAIRED: Final = re.compile("[\ud800-\udc7f]")


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
        if mark and item.link.id is not None and mark != _mark(item.link.id):
            raise click.UsageError(
                f"{self.path} was written for another input, which differs in line {item.line}: give another --out"
            )
        return bool(mark)


def _mark(name: str | None) -> int:
    return hash(name or "") & 0xFFFF_FFFF_FFFF_FFFF | 1  # 0 is for lines that are not there


@contextmanager
def results(out: str | None, source: LinksFile, *, as_json: bool) -> Generator[tuple[Earlier, Write]]:
    """What an earlier run wrote, and how to write more.

    Args:
        out: the file; ``None`` is standard output.
        source: what the results are of.
        as_json: whether standard output gets JSON lines rather than CSV.

    Raises:
        UsageError: the file is something else, cannot be written, or another run is writing to it.
    """
    if out is None:
        # Columns of the user's may hold tokens, which are not for terminals and logs.
        table = _Table("jsonl" if as_json else "csv")
        click.echo(table.header(), nl=False)
        on_terminal = _is_terminal()

        def show(item: Item, facts: Mapping[str, object]) -> None:
            if on_terminal:
                facts = {name: printable(value) if isinstance(value, str) else value for name, value in facts.items()}
            click.echo(table.line(item, facts), nl=False)

        yield Earlier(), show
        return
    format = FORMATS.get(Path(out).suffix.lower())  # noqa: A001
    if format not in {"csv", "jsonl"} or out.lower().endswith(".tsv"):
        raise click.UsageError(f"--out: {out} must end in .csv or .jsonl, which says what is written")
    table = _Table(format, source.columns, source.column if source.by == "id" else None)
    try:
        file = open(out, "ab", buffering=0, opener=_open_private)  # noqa: SIM115 - has no opener; closed below
    except OSError as error:
        raise unusable(f"cannot write {out}", error) from None

    def write(item: Item, facts: Mapping[str, object]) -> None:
        append(file, table.line(item, facts), out)

    with file:
        _lock(file, out)
        try:
            earlier = _recover(out, table)
        except OSError as error:
            raise unusable(f"cannot read {out}", error) from None
        if not file.seek(0, io.SEEK_END):
            append(file, table.header(), out)
        yield earlier, write


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)  # the user's columns may hold tokens


def facts_of(item: Item, link: SchedulingLink | None, error: str | None = None) -> Mapping[str, object]:
    """What is written about a link, or about what went wrong. Not its URL: whoever has it can book."""
    event = None if link is None else link.event
    values = (
        item.link.id or (link and link.id),
        link and link.status,
        event and for_programs(event.start),
        event and for_programs(event.end),
        event and event.event_id,
        error,
    )
    return dict(zip(RESULTS, values, strict=True))


def append(file: io.FileIO, text: bytes, path: str) -> None:
    """Write all of it now."""
    try:
        while text:
            text = text[file.write(text) :]
    except OSError as error:
        raise unusable(f"cannot write {path}", error) from None


def _lock(file: io.FileIO, path: str) -> None:
    """Keep other runs from this file, until it is closed or this process ends, however that comes to pass."""
    if sys.platform == "win32":  # pragma: no cover
        return  # a lock there would keep the user from reading what is written
    import fcntl  # noqa: PLC0415 - not there on Windows

    with suppress(OSError):  # some network file systems have no locks
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise click.UsageError(
                f"another run is writing to {path}: wait for its end, or give another --out"
            ) from None


@attrs.frozen
class _Table:
    """How items are written: as CSV or JSON lines, with the user's columns.

    Attributes:
        id_column: the user's column that holds the id.
    """

    format: Format | None
    columns: tuple[str, ...] = ()
    id_column: str | None = None

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
        return column != "id" or self.id_column != "id"  # else it would be there twice

    def _name(self, column: str) -> str:
        return f"input_{column}" if column in {"line", *RESULTS} else column


def _csv_line(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return _UNPAIRED.sub(lambda half: f"\\u{ord(half[0]):04x}", text.getvalue()).encode("utf-8", "surrogateescape")


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _recover(out: str, table: _Table) -> Earlier:
    """Read what an earlier run wrote, and cut off a last line that is not whole.

    Raises:
        UsageError: it is something else, which is left alone.
    """
    earlier = Earlier(out)
    path = Path(out)
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
                    earlier.add(json_object(record) or {})
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
