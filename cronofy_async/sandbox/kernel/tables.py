"""Tables of records: the classes that have one, and reading a snapshot of them.

A snapshot can be edited, so each value is checked when it is read, and an error names the table, record, and field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sized
from difflib import get_close_matches
from typing import Any, Final, Literal, TypeVar, get_args, get_origin

import attrs
from cattrs import ClassValidationError, IterableValidationError, transform_error
from cattrs.errors import ForbiddenExtraKeysError

from .records import converter

__all__ = ["and_more", "place_of", "read", "read_tables", "stored", "type_name"]

K = TypeVar("K")

_RECORD_TYPES: Final[dict[str, type[Any]]] = {}


def stored(cls: type[K]) -> type[K]:
    """Declare that records of an attrs class are stored in a table. Its attributes must have a JSON form."""
    name = f"{cls.__module__.rpartition('.')[2]}.{cls.__qualname__}"
    if name in _RECORD_TYPES:
        raise ValueError(f"{name}: two record types have this name. Rename one of them.")
    _RECORD_TYPES[name] = cls
    return cls


def type_name(record_type: type[Any]) -> str:
    """Return the name of a table in a snapshot: the class, qualified by its module.

    Raises:
        TypeError: The class was not declared with ``stored``.
    """
    for name, registered in _RECORD_TYPES.items():
        if registered is record_type:
            return name
    raise TypeError(f"{record_type.__qualname__}: is not a record type. Declare it with @stored.")


def read_tables(tables: Mapping[str, Mapping[str, Any]]) -> dict[type[Any], dict[str, Any]]:
    """Return the tables of a snapshot with their records.

    Raises:
        ValueError: There is no such table, or a record is invalid.
    """
    result: dict[type[Any], dict[str, Any]] = {}
    for name, rows in tables.items():
        record_type = _record_type(name)
        result[record_type] = {ident: read(value, record_type, place_of(name, ident)) for ident, value in rows.items()}
    return result


def place_of(name: str, ident: str) -> str:
    """Return the place of a record in a snapshot."""
    return f"state.tables[{name!r}][{ident!r}]"


def _record_type(name: str) -> type[Any]:
    record_type = _RECORD_TYPES.get(name)
    if record_type is None:
        matches = get_close_matches(name, _RECORD_TYPES, n=1)
        raise ValueError(f"state.tables: unknown table {name!r}.{f' Did you mean {matches[0]!r}?' if matches else ''}")
    return record_type


def read(value: Any, cls: type[K], path: str) -> K:
    """Return an attrs object from its JSON value.

    Args:
        value: The value.
        cls: The class.
        path: Its path in the snapshot, with which errors begin.

    Raises:
        ValueError: It is invalid. The message names the first invalid field.
    """
    try:
        return converter.structure(value, cls)
    except (ClassValidationError, IterableValidationError) as error:
        problems = transform_error(error, path, _problem)
        text, _, field = problems[0].rpartition(" @ ")
        raise ValueError(f"{field.lstrip('.') or 'document'}: {text}{and_more(problems)}") from None
    except (TypeError, AttributeError):  # it has no members
        raise ValueError(f"{path or 'document'}: must be an object, got {type(value).__name__}") from None


def and_more(problems: Sized) -> str:
    """Return the end of a message that names the first of several problems."""
    return f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""


def _problem(error: BaseException, expected: Any) -> str:
    if isinstance(error, KeyError):
        return "is missing"
    if isinstance(error, ForbiddenExtraKeysError):
        return f"unknown field {', '.join(sorted(map(repr, error.extra_fields)))}"
    if get_origin(expected) is Literal:
        return f"must be one of {', '.join(map(repr, get_args(expected)))}"
    if isinstance(error, AttributeError) or (isinstance(error, TypeError) and attrs.has(expected)):
        return "must be an object"
    return str(error)
