"""Read the links to process from the command line or from a file: CSV with a header, or JSON lines."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

import attrs

from ._json import is_object
from .call import Call
from .client import CronofyClient
from .http import path_segment
from .models.real_time_scheduling import SchedulingLink


class LinksFileError(ValueError):
    """The file cannot be read, or does not have the expected format."""


By: TypeAlias = Literal["id", "token"]

INVALID: Final = "not a valid link ID, token or URL"
Format: TypeAlias = Literal["csv", "jsonl"]
Records: TypeAlias = list[tuple[int, Mapping[str, Any]]]


@attrs.frozen
class NamedLink:
    """A link by its ID or its token. Never print a token: anyone who has it can book."""

    by: By
    name: str = attrs.field(repr=False)

    @classmethod
    def read(cls, text: str, by: By) -> NamedLink:
        """Read an ID, a token, or a URL, whose token is empty if the URL has none."""
        if not text.startswith(("http://", "https://")):
            return cls(by, text)
        try:
            return cls("token", urlsplit(text).path.rstrip("/").rpartition("/")[2])
        except ValueError:
            return cls("token", "")

    @property
    def id(self) -> str | None:
        """The link's ID; ``None`` if its token is used."""
        return self.name if self.by == "id" else None

    @property
    def is_valid(self) -> bool:
        """Whether the name can be sent in a request."""
        try:
            return bool(path_segment("name", self.name))
        except ValueError:
            return False

    def call(self, cronofy: CronofyClient) -> Call[SchedulingLink]:
        """Return the call that requests the link's status, or raise ``ValueError`` if the name is not valid."""
        if not self.is_valid:
            raise ValueError(INVALID)
        links = cronofy.real_time_scheduling
        return links.status(self.name) if self.by == "id" else links.status_by_token(self.name)


@attrs.frozen
class Item:
    """A link of a file.

    Attributes:
        line: The number of its first line, from 1.
        key: Its text in the file: an ID, a token or a URL.
        row: All columns of the line, which may hold anything.
    """

    line: int
    key: str = attrs.field(repr=False)
    link: NamedLink
    row: Mapping[str, Any] = attrs.field(repr=False)


@attrs.frozen
class LinksFile:
    """The links of a file, its columns, and the column that holds the links."""

    column: str
    columns: tuple[str, ...]
    items: tuple[Item, ...]


def read_links(file: str, *, format: Format | None, column: str | None, by: By) -> LinksFile:  # noqa: A002 - the option
    """Read a file of links, or raise ``LinksFileError``."""
    column = column or by
    try:
        with nullcontext(sys.stdin.buffer) if file == "-" else Path(file).open("rb") as stream:
            # Bytes that are not UTF-8 are kept and written unchanged.
            text = stream.read().decode("utf-8-sig", "surrogateescape")
    except OSError as error:
        raise LinksFileError(f"cannot read {file}: {error.strerror or error}") from None
    columns, records = read_table(text, format or format_of(file) or "csv")
    if text.strip() and column not in columns:
        # The first line is not repeated: it may be a token.
        raise LinksFileError(
            f"FILE has no column {column!r}. Name the column that holds the links with --column; "
            f"a plain list needs a first line that says {column}."
        )
    keys = [cell(row.get(column)).strip() for _, row in records]
    items = (Item(line, key, NamedLink.read(key, by), row) for key, (line, row) in zip(keys, records, strict=True))
    return LinksFile(column, columns, tuple(items))


def format_of(path: str) -> Format | None:
    """Return the format of a file by the extension of its name."""
    formats: dict[str, Format] = {".csv": "csv", ".jsonl": "jsonl"}
    return formats.get(Path(path).suffix.lower())


def cell(value: object) -> str:
    """Return a value as a cell of a CSV file."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def read_table(text: str, format: Format) -> tuple[tuple[str, ...], Records]:  # noqa: A002
    """Return the columns of a file, and its rows with their line numbers. Blank lines are skipped."""
    if format == "jsonl":
        rows = [(number, _json_object(line)) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        return tuple(dict.fromkeys(name for _, row in rows for name in row)), rows
    (_, header), *records = [*_csv_records(text)] or [(0, list[str]())]
    # Missing cells are empty, and surplus ones are ignored.
    return tuple(header), [(line, dict(zip(header, [*cells, *[""] * len(header)]))) for line, cells in records]  # noqa: B905


def _csv_records(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        line = 1
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise LinksFileError(f"line {reader.line_num}: {error}") from None


def _json_object(line: str) -> Mapping[str, Any]:
    """Return the JSON object in a line, or an empty one if the line contains none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if is_object(value) else {}
