"""Write results to a file that a later run resumes: one record per link, written as soon as it is known."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

import attrs
import click

from .._files import lock
from .._links_file import Format, Item, LinksFile, LinksFileError, cell, format_of, read_table
from ..models.real_time_scheduling import SchedulingLink
from .common import link_members, on_terminal, printable, unusable

Row: TypeAlias = Mapping[str, Any]

#: The members of a result, which follow the line and columns of the input.
FIELDS: Final = ("id", "status", "start", "end", "event_id", "error")
#: Unpaired surrogates, which JSON allows and UTF-8 does not, except those that represent invalid bytes of the input.
_UNPAIRED: Final = re.compile("[\ud800-\udc7f]")


@attrs.frozen
class Results:
    """The results of links.

    Attributes:
        write: Writes the result of an item.
        earlier: The results of earlier runs.
        key: The member of a result that holds the key of its item.
    """

    write: Callable[[Item, Row], None]
    earlier: tuple[Row, ...] = ()
    key: str = "id"

    def remaining(self, items: Iterable[Item]) -> list[Item]:
        """Return the items that have no result yet. A link that occurs twice in the input has two results."""
        counts = Counter(cell(row.get(self.key)).strip() for row in self.earlier)
        remaining: list[Item] = []
        for item in items:
            if counts[item.key]:
                counts[item.key] -= 1
            else:
                remaining.append(item)
        return remaining


def result_of(item: Item, link: SchedulingLink | None, error: str | None = None) -> Row:
    """Return the result of a link."""
    members: Row = dict.fromkeys(FIELDS) if link is None else link_members(link)
    return {**members, "id": item.link.id or members["id"], "error": error}


@contextmanager
def open_results(out: str | None, links: LinksFile, *, as_json: bool) -> Generator[Results]:
    """Open the results of a file of links, in a file or on standard output, or raise a usage error.

    Standard output gets no columns of the input, since they may hold tokens.
    """
    if out is None:
        layout = _Layout("jsonl" if as_json else "csv")
        clean = printable if on_terminal() else str
        click.echo(layout.header(), nl=False)
        yield Results(lambda item, row: click.echo(layout.line(item, row, clean), nl=False))
        return
    format = format_of(out)  # noqa: A001
    if format is None:
        raise click.UsageError(f"--out: the name must end in .csv or .jsonl, got {out}")
    layout = _Layout.of(links, format)
    try:
        # Readable by the user only, as columns of the input may hold tokens.
        file = open(out, "ab", buffering=0, opener=lambda path, flags: os.open(path, flags, 0o600))  # noqa: SIM115
    except OSError as error:
        raise unusable(f"cannot write {out}", error) from None
    with file:
        if not lock(file):
            raise click.UsageError(f"another run is writing to {out}. Wait until it ends, or give another --out.")
        earlier = _recover(out, layout)
        if not file.seek(0, io.SEEK_END):
            write_all(file, layout.header(), out)
        yield Results(lambda item, row: write_all(file, layout.line(item, row), out), earlier, layout.key)


def write_all(file: io.FileIO, content: bytes, path: str) -> None:
    """Write all of the content now, or raise a usage error."""
    try:
        while content:
            content = content[file.write(content) :]
    except OSError as error:
        raise unusable(f"cannot write {path}", error) from None


@attrs.frozen
class _Layout:
    """The format of results.

    Attributes:
        names: The columns of the input that are kept, and the members that hold them.
        key: The member that holds the column that names the links.
    """

    format: Format
    names: Mapping[str, str] = attrs.field(factory=dict[str, str])
    key: str = "id"

    @classmethod
    def of(cls, links: LinksFile, format: Format) -> _Layout:  # noqa: A002
        names = {name: f"input_{name}" if name in {"line", *FIELDS} else name for name in links.columns}
        if links.column == "id" and all(item.link.by == "id" for item in links.items):
            names.pop("id", None)  # it would be there twice
        return cls(format, names, names.get(links.column, "id"))

    def members(self) -> list[str]:
        return ["line", *self.names.values(), *FIELDS]

    def header(self) -> bytes:
        return _csv_line(self.members()) if self.format == "csv" else b""

    def line(self, item: Item, row: Row, clean: Callable[[str], str] = str) -> bytes:
        columns = {name: item.row[column] for column, name in self.names.items() if column in item.row}
        row = {"line": item.line, **columns, **row}
        if self.format == "csv":
            return _csv_line(clean(cell(row.get(name))) for name in self.members())
        return f"{json.dumps(row)}\n".encode()


def _csv_line(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return _UNPAIRED.sub(lambda half: f"\\u{ord(half[0]):04x}", text.getvalue()).encode("utf-8", "surrogateescape")


def _recover(path: str, layout: _Layout) -> tuple[Row, ...]:
    """Read what earlier runs wrote, and cut off a last record that is incomplete, or raise a usage error."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise unusable(f"cannot read {path}", error) from None
    end = content.rfind(b"\n") + 1
    while layout.format == "csv" and content.count(b'"', 0, end) % 2:  # within a cell of several lines
        end = content.rfind(b"\n", 0, end - 1) + 1
    start = layout.header() or b'{"line": '
    try:
        _, records = read_table(content[:end].decode("utf-8", "surrogateescape"), layout.format)
    except LinksFileError as error:
        raise click.UsageError(str(error)) from None
    rows = tuple(row for _, row in records)
    is_start = content.startswith(start) or start.startswith(content)
    if not (is_start and all({"line", *FIELDS} <= row.keys() for row in rows)):
        raise click.UsageError(
            f"--out: {path} exists and was not written for this FILE. Give another --out; it is left unchanged."
        )
    os.truncate(path, end)
    return rows
