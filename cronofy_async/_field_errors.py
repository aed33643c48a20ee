"""The server's texts in errors: its description, and the errors of each rejected field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import attrs

from ._json import is_array, is_object

__all__ = ["FieldError", "field_errors", "field_lines", "quote"]


@attrs.frozen
class FieldError:
    """An error in one field of a request.

    Attributes:
        key: Cronofy's identifier of the error, such as ``errors.required``.
        description: Cronofy's English description.
    """

    key: str
    description: str


_MAX_QUOTE_LENGTH: Final = 300


def quote(text: str) -> str:
    """Return the server's text as one line, without control characters, and truncated."""
    printable = "".join(char if char.isprintable() else " " for char in text[: 2 * _MAX_QUOTE_LENGTH])
    line = " ".join(printable.split())
    return line if len(line) <= _MAX_QUOTE_LENGTH else f"{line[:_MAX_QUOTE_LENGTH]}…"


def field_errors(errors: object) -> Iterable[FieldError]:
    """Yield the errors of a field, in any form that the server may send."""
    for item in errors if is_array(errors) else [errors]:
        if is_object(item):
            yield FieldError(str(item.get("key") or ""), str(item.get("description") or ""))
        else:
            yield FieldError("", str(item))


def field_lines(field: str, errors: Iterable[FieldError]) -> Iterable[str]:
    """Yield the line for each error of a field. The sandbox's descriptions begin with the field."""
    field = quote(field)
    for error in errors:
        key, text = quote(error.key), quote(error.description)
        line = text if text.startswith(field) else f"{field}: {text or key}"
        yield f"{line} ({key})" if text and key else line
