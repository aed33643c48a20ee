"""JSON for people: indented, with short values on one line and with highlighted members."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any, Final

from markupsafe import Markup, escape

from ...._json import is_array, is_object
from ...kernel.problems import Field

__all__ = ["MAX_CHARACTERS", "pretty"]

#: The longest line that an object or array may be on, in characters without the indentation.
_MAX_LINE: Final = 72
#: The deepest level of indentation. Values that are nested deeper stay on one line.
_MAX_DEPTH: Final = 40
#: The maximum length of a text.
MAX_CHARACTERS: Final = 200_000


def pretty(value: Any, marked: Collection[str] = ()) -> Markup:
    """Return JSON as HTML.

    Args:
        value: The JSON values, without secrets.
        marked: The paths of the members to highlight, such as ``availability.start_intervall``.
    """
    return Markup("").join(_lines(value, Field(""), 0, frozenset(marked)))


def _lines(value: Any, path: Field, depth: int, marked: frozenset[str]) -> Iterator[Markup]:
    if not (is_object(value) or is_array(value)) or not value:
        yield _leaf(value)
        return
    compact = _compact(value)
    has_mark = any(mark != path and mark.startswith(path) for mark in marked)
    if depth >= _MAX_DEPTH or (compact is not None and not has_mark):
        yield _one_line(value, depth) if compact is not None else escape(json.dumps(value, ensure_ascii=False))
        return
    pairs: list[tuple[str | int, Any]] = list(value.items()) if is_object(value) else list(enumerate(value))
    start, end = "{}" if is_object(value) else "[]"
    yield escape(f"{start}\n")
    for number, (step, item) in enumerate(pairs):
        inner = path / step
        text = Markup("").join(_lines(item, inner, depth + 1, marked))
        if isinstance(step, str):
            text = _key(step) + text
        if inner in marked:
            text = Markup("<mark>{}</mark>").format(text)
        yield escape("  " * (depth + 1)) + text + (",\n" if number < len(pairs) - 1 else "\n")
    yield escape("  " * depth + end)


def _one_line(value: Any, depth: int) -> Markup:
    if is_object(value) and value:
        return (
            Markup("{") + Markup(", ").join(_key(name) + _one_line(item, depth) for name, item in value.items()) + "}"
        )
    if is_array(value) and value:
        return Markup("[") + Markup(", ").join(_one_line(item, depth) for item in value) + "]"
    return _leaf(value)


def _compact(value: Any) -> str | None:
    """Return the JSON of a value if it is short enough for one line, and contains no nested objects or arrays."""
    items = value.values() if is_object(value) else value
    if any((is_object(item) or is_array(item)) and item for item in items):
        return None
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_LINE else None


def _key(name: str) -> Markup:
    return Markup('<span class="k">{}</span>: ').format(json.dumps(name, ensure_ascii=False))


def _leaf(value: Any) -> Markup:
    css_class = "s" if isinstance(value, str) else "n"
    return Markup('<span class="{}">{}</span>').format(css_class, json.dumps(value, ensure_ascii=False))
