"""Warn about misspelled members of mappings that are passed instead of models.

The mapping is sent unchanged, since Cronofy may have added the member. Only names that resemble a known one are
reported.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Final, Union, cast, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import attrs

from .._unset import Unset
from .._warnings import UnknownMemberWarning, user_stacklevel
from .wire import wire_members

__all__ = ["warn_of_misspelled"]


def warn_of_misspelled(arguments: Mapping[str, Any], method: Callable[..., Any] | None) -> None:
    """Warn once for each place in the user's code.

    Args:
        arguments: The arguments of a method, by parameter.
        method: The method, whose annotations contain the models.
    """
    for name, value in arguments.items():
        if type(value) in _SCALARS or not _holds_mapping(value):  # fast, as most calls end here
            continue
        for message in _misspelled(value, get_type_hints(method).get(name) if method else None, name):
            warnings.warn(message, UnknownMemberWarning, stacklevel=user_stacklevel())


_SCALARS: Final = frozenset({Unset, NoneType, str, int, bool, float, datetime, date, timedelta, ZoneInfo})


def _holds_mapping(value: Any) -> bool:
    get_parts = _parts_getter(cast("Any", type(value)))
    if get_parts is None:
        return True
    parts = get_parts(value)
    if not _SCALARS.issuperset(map(type, parts)):
        for part in parts:
            if type(part) not in _SCALARS and _holds_mapping(part):
                return True
    return False


@cache
def _parts_getter(cls: type[Any]) -> Callable[[Any], Iterable[Any]] | None:
    """Return a function that returns the parts of a value, or ``None`` for mappings."""
    if issubclass(cls, Mapping):
        return None
    if issubclass(cls, list | tuple):
        return _unchanged
    names = [field.name for field in attrs.fields(cls)] if attrs.has(cls) else []
    return attrgetter(*names) if len(names) > 1 else lambda model: [getattr(model, name) for name in names]


def _unchanged(value: Any) -> Any:
    return value


def _misspelled(value: object, annotation: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from _misspelled_in_mapping(cast("Mapping[str, object]", value), annotation, path)
    elif isinstance(value, list | tuple):
        items = [item for member in _members_of_union(annotation) if _is_array(member) for item in get_args(member)[:1]]
        for index, item in enumerate(cast("list[object]", value) if items else ()):
            yield from _misspelled(item, items[0], f"{path}[{index}]")
    elif attrs.has(type(value)):
        model: Any = type(value)
        for name, (attribute, member) in _members(model).items():
            yield from _misspelled(getattr(value, attribute), member, f"{path}.{name}")


def _misspelled_in_mapping(value: Mapping[str, object], annotation: Any, path: str) -> Iterator[str]:
    union = _members_of_union(annotation)
    models = [member for member in union if isinstance(member, type) and attrs.has(member)]
    if not models:
        objects = [get_args(member)[1] for member in union if get_origin(member) is Mapping]
        for name, item in value.items() if objects else ():
            yield from _misspelled(item, objects[0], f"{path}.{name}")
        return
    from difflib import get_close_matches  # noqa: PLC0415 - rarely used, and slow to import

    model = max(models, key=lambda candidate: len(_members(candidate).keys() & value.keys()))
    members = _members(model)
    for name, item in value.items():
        if name in members:
            yield from _misspelled(item, members[name][1], f"{path}.{name}")
        elif suggestions := get_close_matches(name, members.keys() - value.keys(), n=1, cutoff=0.8):
            yield f"{path}.{name}: not a member of {model.__name__}, sent unchanged. Did you mean {suggestions[0]!r}?"


@cache
def _members(model: type[Any]) -> dict[str, tuple[str, Any]]:
    """Return the attributes and types of a model, by their names in JSON."""
    attrs.resolve_types(model)
    return {name: (attribute.name, attribute.type) for name, attribute in wire_members(model).items()}


def _members_of_union(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in {Union, UnionType} else (annotation,)


def _is_array(annotation: Any) -> bool:
    origin: Any = get_origin(annotation)
    return isinstance(origin, type) and issubclass(origin, Iterable) and not issubclass(origin, Mapping)
