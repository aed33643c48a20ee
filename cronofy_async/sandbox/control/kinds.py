"""The kinds of arguments: read the annotated type from JSON, and describe it by a JSON Schema."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final, Literal, Union, get_args, get_origin

import attrs

from ..._json import is_array, is_object
from ..kernel.records import Account

__all__ = ["Kind", "kind_of"]


@attrs.frozen(eq=False, kw_only=True)
class Kind:
    """A kind of argument.

    Attributes:
        description: The expected value, in words.
        schema: The expected value, as a JSON Schema.
        read: Returns the argument for a JSON value, or raises ``ValueError``.
        is_account: Whether it is an account, which is given by its ``sub`` or email address.
    """

    description: str
    schema: Mapping[str, Any]
    read: Callable[[Any], Any] = attrs.field(repr=False)
    is_account: bool = False

    @property
    def takes_text(self) -> bool:
        """Whether any text is valid."""
        parts = self.schema.get("anyOf", [self.schema])
        return any(part == {"type": "string"} for part in parts)


def _instance(description: str, schema: str, *types: type[Any], example: str | None = None) -> Kind:
    def read(value: Any) -> Any:
        if isinstance(value, types) and (bool in types or not isinstance(value, bool)):
            return value
        raise ValueError

    return Kind(description=description, schema={"type": schema}, read=read)


def _read_time(value: Any) -> datetime:
    if not isinstance(value, str) or (moment := datetime.fromisoformat(value)).tzinfo is None:
        raise ValueError
    try:
        moment.astimezone(UTC)
    except OverflowError:  # in UTC, the year is 0 or 10000
        raise ValueError from None
    return moment


def _read_date(value: Any) -> date:
    if not isinstance(value, str) or len(value) != len("2030-01-07"):
        raise ValueError
    return date.fromisoformat(value)


def _read_seconds(value: Any) -> timedelta:
    try:
        return timedelta(seconds=_NUMBER.read(value))
    except OverflowError:
        raise ValueError from None


def _anything(value: Any) -> Any:
    return value


_NUMBER: Final = _instance("a number", "number", int, float)

_SIMPLE: Final[Mapping[Any, Kind]] = {
    str: _instance("text", "string", str),
    bool: _instance("true or false", "boolean", bool),
    int: _instance("a whole number", "integer", int),
    float: _NUMBER,
    types.NoneType: _instance("null", "null", types.NoneType),
    object: _instance("an ID", "string", str),
    Any: Kind(description="any value", schema={}, read=_anything),
    datetime: Kind(
        description="a time with an offset, such as 2030-01-07T09:00:00Z",
        schema={"type": "string", "format": "date-time"},
        read=_read_time,
    ),
    date: Kind(description="a date, such as 2030-01-07", schema={"type": "string", "format": "date"}, read=_read_date),
    timedelta: Kind(description="a number of seconds", schema={"type": "number"}, read=_read_seconds),
}
#: Accounts are looked up by the caller, who knows the sandbox.
_ACCOUNT: Final = attrs.evolve(_instance("the sub or email address of an account", "string", str), is_account=True)


@cache
def kind_of(annotation: Any) -> Kind:
    """Return the kind of an annotation.

    Raises:
        TypeError: The annotation has no JSON form, so the method cannot be an action.
    """
    if annotation in _SIMPLE:
        return _SIMPLE[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in {Union, types.UnionType}:
        return _union(arguments)
    if origin is Literal:
        return _one_of(arguments)
    if origin is tuple:
        return _pair(*map(kind_of, arguments))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _object(kind_of(arguments[1]))
    if isinstance(origin, type) and issubclass(origin, Iterable):
        return _array(kind_of(arguments[0]))
    raise TypeError(f"{annotation}: has no JSON form")


def _union(members: Sequence[Any]) -> Kind:
    """Return the kind of a union without its records, which are for callers in the same process."""
    if Account in members and str in members:
        return _any_of([_ACCOUNT, *([_SIMPLE[types.NoneType]] if types.NoneType in members else [])])
    texts = {datetime, date} & set(members)  # in process they may be text, which is read here
    remaining: list[Any] = [member for member in members if not attrs.has(member) and not (member is str and texts)]
    return _any_of([kind_of(member) for member in remaining])


def _any_of(kinds: Sequence[Kind]) -> Kind:
    if len(kinds) == 1:
        return kinds[0]

    def read(value: Any) -> Any:
        for kind in kinds:
            try:
                return kind.read(value)
            except ValueError:
                continue
        raise ValueError

    return Kind(
        description=" or ".join(kind.description for kind in kinds),
        schema={"anyOf": [kind.schema for kind in kinds]},
        read=read,
        is_account=any(kind.is_account for kind in kinds),
    )


def _one_of(values: Sequence[Any]) -> Kind:
    def read(value: Any) -> Any:
        if value not in values:
            raise ValueError
        return value

    return Kind(description=f"one of {', '.join(map(str, values))}", schema={"enum": list(values)}, read=read)


def _pair(first: Kind, second: Kind) -> Kind:
    def read(value: Any) -> Any:
        if not is_array(value) or len(value) != len(("start", "end")):
            raise ValueError
        return first.read(value[0]), second.read(value[1])

    schema = {"type": "array", "prefixItems": [first.schema, second.schema], "minItems": 2, "maxItems": 2}
    return Kind(description=f"a pair [{first.description}, {second.description}]", schema=schema, read=read)


def _array(item: Kind) -> Kind:
    def read(value: Any) -> Any:
        if not is_array(value):
            raise ValueError
        return [item.read(element) for element in value]

    return Kind(
        description=f"an array, each item {item.description}", schema={"type": "array", "items": item.schema}, read=read
    )


def _object(member: Kind) -> Kind:
    def read(value: Any) -> Any:
        if not is_object(value):
            raise ValueError
        return {name: member.read(item) for name, item in value.items()}

    schema = {"type": "object", "additionalProperties": member.schema}
    return Kind(
        description="an object" + (f", each member {member.description}" if member.schema else ""),
        schema=schema,
        read=read,
    )
