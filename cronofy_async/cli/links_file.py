"""A file of links: CSV with a header, JSON lines, or plain text. It is read line by line, as often as it takes."""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, TypeAlias, cast

import attrs
import click

from .._json import is_object
from .common import unusable
from .link import By, NamedLink, is_url

__all__ = ["FORMATS", "Format", "Item", "LinksFile", "json_object", "links_file", "shard_of"]

Format: TypeAlias = Literal["csv", "jsonl", "text"]

#: What the name of a file says.
FORMATS: Final[Mapping[str, Format]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "jsonl",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "text",
}

#: The columns that hold an id, and those that hold a token, the surest first.
IDS: Final = ("real_time_scheduling_id", "link_id", "id")
TOKENS: Final = ("token", "url")


@attrs.frozen
class Item:
    """A link of a file.

    Attributes:
        line: where it begins, counted from 1.
        link: the link; its name is empty if there is none.
        row: all columns, or members, of the line. They are the user's, and may hold anything.
    """

    line: int
    link: NamedLink
    row: Mapping[str, Any] = attrs.field(repr=False)


@attrs.frozen
class LinksFile:
    """A file that is open.

    Attributes:
        columns: those of the first line, which others have as well; none in plain text.
        column: the one that names the link.
        by: what that holds.
    """

    columns: tuple[str, ...]
    column: str
    by: By
    _file: BinaryIO
    _format: Format
    _delimiter: str
    _shard: tuple[int, int]

    def items(self) -> Generator[Item]:
        """Its links, or those of the shard, from the first on."""
        part, parts = self._shard
        for position, (line, row) in enumerate(self._rows()):
            if position % parts == part - 1:
                value = row.get(self.column)
                yield Item(line, NamedLink.read(value.strip() if isinstance(value, str) else "", self.by), row)

    def _rows(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        if self._format == "csv":
            return _csv_rows(self._file, self._delimiter)
        return _json_rows(self._file) if self._format == "jsonl" else _text_rows(self._file, self.column)


@contextmanager
def links_file(
    file: str,
    *,
    format: Format | None = None,  # noqa: A002 - as the option is called
    column: str | None = None,
    by: By | None = None,
    shard: tuple[int, int] = (1, 1),
) -> Generator[LinksFile]:
    """Open a file of links. Its name and its first line tell what the arguments do not.

    Args:
        file: its path; ``-`` is standard input, which, as any pipe, is read to its end first.
        format: what it is.
        column: the column, or member, that names the link.
        by: whether that holds ids or tokens; URLs are recognized in any case.
        shard: the part of it that is read: (2, 4) is the second of four.

    Raises:
        UsageError: it cannot be read, or the first line does not have the column. Errors in later lines are raised
            while it is read.
    """
    with _readable(file) as readable:
        yield _opened(readable, Path(file), format, column, by, shard)


def shard_of(text: str | None) -> tuple[int, int]:
    """Read the option ``--shard``."""
    part, slash, parts = (text or "1/1").partition("/")
    if slash and part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts):
        return int(part), int(parts)
    raise click.BadParameter(f"{text!r} is none, such as 2/4 for the second of four", param_hint="--shard")


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
        raise unusable(f"cannot read {file}", error) from None
    return kept


def _opened(  # noqa: PLR0917 - the options, as they are
    file: BinaryIO,
    path: Path,
    format: Format | None,  # noqa: A002
    column: str | None,
    by: By | None,
    shard: tuple[int, int],
) -> LinksFile:
    first = next((line for _, line in _lines(file) if not _is_empty(line)), "")
    delimiter = max(",;\t", key=first.count)
    format = format or FORMATS.get(path.suffix.lower()) or _format_of(first, column)  # noqa: A001
    columns: tuple[str, ...] = ()
    if format == "text":
        column, by = "", by or "id"
    elif first:
        columns = _columns(file, format, delimiter)
        column = _column(columns, column, by)
    by = by or ("token" if (column or "").strip().lower() in TOKENS else "id")
    return LinksFile(columns, column or "", by, file, format, delimiter, shard)


def _format_of(first: str, column: str | None) -> Format:
    if first.startswith("{"):
        return "jsonl"
    name = first.strip().strip('"').lower()
    is_header = name in {*IDS, *TOKENS} or (any(mark in name for mark in ",;\t") and not is_url(name))
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
            yield number, json_object(line) or {}


def json_object(line: str | bytes) -> Mapping[str, Any] | None:
    """The JSON object of a line, if it is one."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if is_object(value) else None


def _text_rows(file: BinaryIO, column: str) -> Generator[tuple[int, Mapping[str, Any]]]:
    for number, line in _lines(file):
        if not _is_empty(line):
            yield number, {column: line}
