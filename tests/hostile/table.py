"""The table of all hostile answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .answers import Answer
from .answers_bodies import COMPRESSION, ERRORS, RETRY_AFTER, TEXT
from .answers_framing import CHUNKS, HEADERS, INTERIM, LENGTHS, STATUS_LINES, TIME

__all__ = ["ANSWERS", "GROUPS"]

#: The groups, named as in the docs.
GROUPS: Final[Mapping[str, Mapping[str, Answer]]] = {
    "status lines": STATUS_LINES,
    "headers": HEADERS,
    "lengths and ends": LENGTHS,
    "chunks": CHUNKS,
    "interim responses and those without a body": INTERIM,
    "timing, and data after a response": TIME,
    "compression": COMPRESSION,
    "text and JSON": TEXT,
    "error responses": ERRORS,
    "`Retry-After`": RETRY_AFTER,
}
ANSWERS: Final[Mapping[str, Answer]] = {name: answer for group in GROUPS.values() for name, answer in group.items()}
