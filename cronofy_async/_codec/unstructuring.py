"""The functions that write each type: a cattrs converter.

cattrs takes longer to import than the rest of the package, so this module is imported when the first value is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs
import cattrs
from cattrs.gen import make_dict_unstructure_fn, override

from .._unset import UNSET
from ..times import Duration, EventTime, wire_time
from .wire import local_members, wire_members

__all__ = ["path_of_failure", "unstructure"]

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


def _reject_offset(zone: timezone) -> str:
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
_converter.register_unstructure_hook(timezone, _reject_offset)
_converter.register_unstructure_hook(EventTime, lambda value: _converter.unstructure(value.raw))


def unstructure(value: Any) -> Any:
    """Return a value as plain JSON values."""
    return _converter.unstructure(value)


def path_of_failure(value: Any, write: Callable[[Any], object]) -> str:
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
