"""The server's texts in errors: its description, and the errors of each rejected field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import attrs

from ._json import is_array, is_object

__all__ = ["FieldError", "field_errors", "field_lines", "quoted"]


@attrs.frozen
class FieldError:
    """An error in one field of a request.

    Attributes:
        key: Cronofy's identifier of the error, such as ``errors.required``.
        description: Cronofy's English description.
    """

    key: str
    description: str


_LONGEST_QUOTE: Final = 300


def quoted(text: str) -> str:
    """Return a text of the server for use within one line, without control characters, and truncated."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text[: 2 * _LONGEST_QUOTE]).split())
    return line if len(line) <= _LONGEST_QUOTE else f"{line[:_LONGEST_QUOTE]}…"


def field_errors(found: object) -> Iterable[FieldError]:
    """Yield the errors of a field, in whatever form the server sent them."""
    for item in found if is_array(found) else [found]:
        if is_object(item):
            yield FieldError(str(item.get("key") or ""), str(item.get("description") or ""))
        else:
            yield FieldError("", str(item))


def field_lines(field: str, errors: Iterable[FieldError]) -> Iterable[str]:
    """Yield the line for each error of a field. The sandbox's descriptions begin with the field."""
    field = quoted(field)
    for error in errors:
        key, text = quoted(error.key), quoted(error.description)
        line = text if text.startswith(field) else f"{field}: {text or key}"
        yield f"{line} ({key})" if text and key else line
