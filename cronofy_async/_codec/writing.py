"""Models and Python values to JSON values, request bodies and queries."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta, timezone
from math import isfinite
from typing import Any, Final, cast
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import attrs
import cattrs
from cattrs.gen import make_dict_unstructure_fn, override

from .._unset import UNSET
from ..times import Duration, EventTime, wire_time
from .wire import local_members, wire_members

__all__ = ["encode", "join_names", "query_items", "query_string", "to_dict"]

_converter: Final = cattrs.Converter(unstruct_collection_overrides={tuple: list})


def _unstructure_model(cls: type[Any]) -> Callable[[Any], dict[str, Any]]:
    # Each member is written by its value, not its declared type: requests take mappings and sequences of any kind.
    members: dict[str, Any] = {
        attribute.name: override(
            omit_if_default=attribute.default is UNSET or attribute.default is None or attribute.default == (),
            rename=name,
            unstruct_hook=_converter.unstructure,
        )
        for name, attribute in wire_members(cls).items()
    }
    members |= {attribute.name: override(omit=True) for attribute in local_members(cls)}
    keeps_extra = "extra" in attrs.fields_dict(cls)
    if keeps_extra:
        members["extra"] = override(omit=True)
    inner = make_dict_unstructure_fn(cls, _converter, **members)
    if not keeps_extra:
        return inner
    return lambda model: inner(model) | _converter.unstructure(model.extra)


def _unstructure_mapping(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _converter.unstructure(item) for name, item in value.items() if item is not UNSET}


def _unstructure_sequence(value: Sequence[Any]) -> list[Any]:
    return [_converter.unstructure(item) for item in value if item is not UNSET]


def _refuse_offset(zone: timezone) -> str:
    raise ValueError(f"expected a time zone with a name, got {zone!r}. Pass a ZoneInfo, or a name such as 'Etc/UTC'.")


def _type(value: object) -> type[Any]:
    return type(value)


def _is_mapping(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, Mapping)


def _is_sequence(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, Sequence) and not issubclass(cls, str | bytes | memoryview)


def _is_zone(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, ZoneInfo)


_converter.register_unstructure_hook_factory(attrs.has, _unstructure_model)
_converter.register_unstructure_hook(datetime, wire_time)
_converter.register_unstructure_hook(date, date.isoformat)
_converter.register_unstructure_hook(timedelta, lambda value: _converter.unstructure(Duration.of(value)))
_converter.register_unstructure_hook_func(_is_mapping, _unstructure_mapping)
_converter.register_unstructure_hook_func(_is_sequence, _unstructure_sequence)
_converter.register_unstructure_hook_func(_is_zone, lambda zone: zone.key)
_converter.register_unstructure_hook(timezone, _refuse_offset)
_converter.register_unstructure_hook(EventTime, lambda value: _converter.unstructure(value.raw))


def to_dict(value: Any) -> Any:
    """Return a model as plain JSON values, as Cronofy sends or accepts it. Members that are not set are left out.

    Args:
        value: A model, or anything made of models, mappings, sequences, datetimes, and primitives.

    Raises:
        ValueError: A datetime is naive, or a duration is not in whole minutes. The message names the member.
    """
    try:
        return _converter.unstructure(value)
    except ValueError as error:
        raise ValueError(f"{_path_of_failure(value, _converter.unstructure)}: {error}") from None


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
    """Return the path of the first part of a value that cannot be written."""
    return _failing_part(value, write).removeprefix(".") or "value"


def _failing_part(value: Any, write: Callable[[Any], object]) -> str:
    for name, item in _parts(value):
        try:
            write(item)
        except (TypeError, ValueError):
            return name + _failing_part(item, write)
    return ""


def _parts(value: Any) -> Iterable[tuple[str, Any]]:
    cls = _type(value)
    if attrs.has(cls):
        members = [(f".{name}", getattr(value, attribute.name)) for name, attribute in wire_members(cls).items()]
        return [*members, (".extra", getattr(value, "extra", {}))]
    if _is_mapping(cls):
        return [(f".{name}", item) for name, item in value.items() if item is not UNSET]
    if _is_sequence(cls):
        return [(f"[{index}]", item) for index, item in enumerate(value)]
    return ()


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
