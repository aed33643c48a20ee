"""The table of all hostile responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .responses import HostileResponse
from .responses_bodies import COMPRESSION, ERRORS, RETRY_AFTER, TEXT
from .responses_framing import CHUNKS, HEADERS, INTERIM, LENGTHS, STATUS_LINES, TIME

__all__ = ["GROUPS", "RESPONSES"]

#: The groups, named as in the docs.
GROUPS: Final[Mapping[str, Mapping[str, HostileResponse]]] = {
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
RESPONSES: Final[Mapping[str, HostileResponse]] = {
    name: response for group in GROUPS.values() for name, response in group.items()
}
