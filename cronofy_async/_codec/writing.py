"""Models and Python values to JSON values, request bodies and queries."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from math import isfinite
from typing import Any, cast
from urllib.parse import quote, urlencode

from .._unset import UNSET

__all__ = ["encode", "join_names", "query_items", "query_string", "to_dict"]


def to_dict(value: Any) -> Any:
    """Return a model as plain JSON values, as Cronofy sends or accepts it. Members that are not set are left out.

    Args:
        value: A model, or anything made of models, mappings, sequences, datetimes, and primitives.

    Raises:
        ValueError: A datetime is naive, or a duration is not in whole minutes. The message names the member.
    """
    write = _unstructure()
    try:
        return write(value)
    except ValueError as error:
        raise ValueError(f"{_path_of_failure(value, write)}: {error}") from None


def encode(value: Any) -> bytes:
    """Return a request body as JSON. ``UNSET`` is left out, ``None`` is ``null``.

    Raises:
        ValueError: As for ``to_dict``, or a number is not finite.
        TypeError: A value has no JSON form. The message names the member.
    """
    written = to_dict(value)
    try:
        return _dumps(written)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{_path_of_failure(written, _dumps)}: {error}") from None


def _dumps(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _path_of_failure(value: Any, write: Callable[[Any], object]) -> str:
    from .unstructuring import path_of_failure  # noqa: PLC0415 - see `_unstructure`

    return path_of_failure(value, write)


@cache
def _unstructure() -> Callable[[Any], Any]:
    from .unstructuring import unstructure  # noqa: PLC0415 - imports cattrs, which takes time, with the first value

    return unstructure


# Queries.


def query_items(query: Mapping[str, Any], *, arrays: Collection[str] = ()) -> list[tuple[str, str]]:
    """Return the names and values of a query, not yet percent-encoded.

    Values are written as in a body, booleans as ``true`` and ``false``. An iterable becomes one ``name[]`` for each item.
    The items of a set are sorted, so that equal queries give equal URLs. ``None`` and ``UNSET`` are left out, and so is an
    empty iterable, which the API cannot represent.

    Args:
        query: The values, by name.
        arrays: The parameters that must be arrays.

    Raises:
        ValueError: A datetime is naive, a number is not finite, or a parameter of ``arrays`` is a single value. The
            message names the parameter.
        TypeError: A value cannot be sent in a query, such as a mapping. The message names the parameter.

    Example::

        query_items({"tzid": ZoneInfo("Europe/Berlin"), "calendar_ids": {"cal_2", "cal_1"}, "include_geo": True})
        # [("tzid", "Europe/Berlin"), ("calendar_ids[]", "cal_1"), ("calendar_ids[]", "cal_2"), ("include_geo", "true")]
    """
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        if value is None or value is UNSET:
            continue
        if _is_single(value):
            if name in arrays:
                raise ValueError(f"{name}: expected an array, got {value!r}. Pass a list, even for one value.")
            pairs.append((name, _query_text(name, value)))
            continue
        items = cast("Iterable[object]", value)
        texts = [_query_text(name, item) for item in items if item is not None and item is not UNSET]
        pairs += [(f"{name}[]", text) for text in (sorted(texts) if isinstance(value, AbstractSet) else texts)]
    return pairs


def _is_single(value: object) -> bool:
    return not isinstance(value, Iterable) or isinstance(value, str | bytes | bytearray | memoryview | Mapping)


def join_names(name: str, values: object) -> str:
    """Return names as one string separated by spaces, as the API takes scopes. A string is returned unchanged.

    Args:
        name: The parameter.
        values: Its value.

    Raises:
        ValueError: It is neither a string nor a collection of strings.
    """
    if isinstance(values, str):
        return values
    items = cast("Collection[object]", values) if isinstance(values, Collection) else [values]
    names = [item for item in items if isinstance(item, str)]
    if len(names) != len(items):
        raise ValueError(f"{name}: expected a list of names, or a string separated by spaces, got {values!r}")
    return " ".join(sorted(names) if isinstance(values, AbstractSet) else names)


def query_string(query: Mapping[str, Any], *, arrays: Collection[str] = ()) -> str:
    """Return a query, percent-encoded and with the ``?`` in front; an empty string if there is nothing to send.

    See ``query_items`` for the arguments and errors.
    """
    items = query_items(query, arrays=arrays)
    return "?" + urlencode(items, quote_via=quote) if items else ""


def _query_text(name: str, value: object) -> str:
    try:
        written = to_dict(value)
    except ValueError as error:
        raise ValueError(f"{name}: {str(error).removeprefix('value: ')}") from None
    if isinstance(written, bool):
        return "true" if written else "false"
    if isinstance(written, float) and not isfinite(written):
        raise ValueError(f"{name}: expected a finite number, got {written}")
    if not isinstance(written, str | int | float):
        raise TypeError(f"{name}: {type(value).__name__} cannot be sent in a query. Pass a string, a number or a date.")
    return str(written)
