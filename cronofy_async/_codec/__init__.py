"""JSON to models and back, through the one cattrs converter.

Reading is strict about primitives and open about the rest: unknown attributes are kept in ``extra``, unknown values of
open sets stay plain strings. Writing goes by what a value *is*, so that a mapping can stand wherever a model can.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from .._json import is_object
from .._unset import UNSET, Unset
from ..errors import DecodeError
from ..times import Duration, EventTime, read_time, wire_time

_loads: Callable[[bytes], Any]
try:
    from orjson import loads as _loads
except ImportError:  # orjson comes with the extra "speed"
    _loads = json.loads

__all__ = ["decode", "encode", "from_dict", "parse_json", "query_string", "to_dict", "wire_name"]

T = TypeVar("T")
_Structure = Callable[[Any, Any], Any]

_converter = cattrs.Converter(detailed_validation=True, unstruct_collection_overrides={tuple: list})


# Reading: primitives first, since cattrs resolves the hooks of a class when it first meets it.


def _strict(kind: type, name: str) -> _Structure:
    def structure(value: Any, _: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"expected {name}, got {_json_name(value)}")
        return value

    return structure


_JSON_NAMES: Mapping[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    list: "an array",
    tuple: "an array",
    NoneType: "null",
}


def _json_name(value: object) -> str:
    return _JSON_NAMES.get(type(value), "an object")


_structure_str = _strict(str, "a string")


def _structure_number(value: Any, _: Any) -> float:
    if type(value) not in {int, float}:
        raise TypeError(f"expected a number, got {_json_name(value)}")
    return float(value)


def _structure_time(value: Any, _: Any) -> datetime:
    text = _structure_str(value, str)
    try:
        return read_time(text)
    except ValueError:
        raise ValueError("expected a time like 2030-02-01T09:30:00Z") from None


def _structure_event_time(value: Any, _: Any) -> EventTime:
    if isinstance(value, str):
        return EventTime(value)
    if isinstance(value, EventTime):
        return value
    if is_object(value) and isinstance(value.get("time"), str):
        return EventTime(value)
    raise TypeError(f"expected a time, a date or an object with a time, got {_json_name(value)}")


def _structure_object(value: Any, _: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"expected an object, got {_json_name(value)}")
    return cast("Mapping[str, Any]", value)


def _structure_array(cls: Any) -> _Structure:
    item_type = get_args(cls)[0]
    item = _converter.get_structure_hook(item_type)
    nullable = get_origin(cls) is tuple  # an array of an answer, which is empty when it is absent

    def structure(value: Any, _: Any) -> tuple[Any, ...]:
        if value is None and nullable:
            return ()
        if not isinstance(value, list | tuple):
            raise TypeError(f"expected an array, got {_json_name(value)}")
        return tuple(_structure_items(enumerate(cast("Sequence[Any]", value)), item, item_type))

    return structure


def _structure_mapping(cls: Any) -> _Structure:
    item_type = get_args(cls)[1]
    if item_type is Any:
        return _structure_object
    item = _converter.get_structure_hook(item_type)

    def structure(value: Any, _: Any) -> dict[str, Any]:
        members = _structure_object(value, None)
        return dict(zip(members, _structure_items(members.items(), item, item_type), strict=True))

    return structure


def _structure_items(items: Iterable[tuple[int | str, Any]], hook: _Structure, item_type: Any) -> list[Any]:
    result: list[Any] = []
    for name, element in items:
        try:
            result.append(hook(element, item_type))
        except Exception as error:
            error.add_note(cattrs.IterableValidationNote(f"at {name!r}", name, item_type))
            raise _ItemError("while reading an item", [error], item_type) from None
    return result


_ItemError: Any = cattrs.IterableValidationError  # type checkers see only the __new__ of ExceptionGroup


def _is_array(cls: Any) -> bool:
    origin: Any = get_origin(cls)
    return origin is Sequence or (origin is tuple and get_args(cls)[1:] == (...,))


def _is_object(cls: Any) -> bool:
    origin: Any = get_origin(cls)
    return origin is Mapping


def _is_union(cls: Any) -> bool:
    """Every union but ``T | None``."""
    origin: Any = get_origin(cls)
    return origin in {Union, UnionType} and not _is_optional(cls)


def _is_optional(cls: Any) -> bool:
    origin: Any = get_origin(cls)
    return origin in {Union, UnionType} and len(get_args(cls)) == 2 and NoneType in get_args(cls)


def _structure_optional(cls: Any) -> _Structure:
    """As cattrs does it, with the hook found once and not at each value."""
    (kind,) = (member for member in get_args(cls) if member is not NoneType)
    hook = _converter.get_structure_hook(kind)
    return lambda value, _: None if value is None else hook(value, kind)


def _structure_union(cls: Any) -> _Structure:
    """Read by what the value is: an open set (``Literal["a", "b"] | str``), or a parameter in its forms."""
    members: tuple[Any, ...] = get_args(cls)
    classes = frozenset(member for member in members if isinstance(member, type))
    hooks = {member: _converter.get_structure_hook(member) for member in members if not _is_simple(member)}
    models = [member for member in hooks if attrs.has(member)]
    arrays = [member for member in hooks if _is_array(member)]
    objects = [member for member in hooks if _is_object(member)]
    literals = {value for member in members if get_origin(member) is Literal for value in get_args(member)}

    def structure(value: object, _: Any) -> Any:
        kind = type(value)
        if kind in classes or (kind is str and value in literals):
            return value
        if _is_mapping(kind) and (models or objects):
            present = cast("Mapping[str, Any]", value).keys()
            fitting = max(models, key=lambda model: len(_members(model) & present)) if models else objects[0]
            return hooks[fitting](value, fitting)
        if kind in {list, tuple} and arrays:
            return hooks[arrays[0]](value, arrays[0])
        raise TypeError(f"expected {expected}, got {_json_name(value)}")

    names = [_JSON_NAMES[member] for member in members if member in _JSON_NAMES]
    names += ["an array"] * bool(arrays) + ["an object"] * bool(models or objects)
    names += [f"one of {sorted(literals)}"] * (bool(literals) and str not in members)
    expected = " or ".join(names)
    return structure


def _is_simple(member: Any) -> bool:
    return member in _JSON_NAMES or member in {Unset, datetime, date} or get_origin(member) is Literal


_DICT: Any = dict  # what an object nearly always is


def _members(cls: type[Any]) -> frozenset[str]:
    return frozenset(wire_name(a.name) for a in attrs.fields(cls)) - {"extra"}


def _structure_model(cls: type[Any]) -> _Structure:
    if "extra" in attrs.fields_dict(cls):
        return _structure_answer(cls)
    inner = cast("_Structure", make_dict_structure_fn(cls, _converter, **_renames(cls)))

    def structure(value: Any, _: Any) -> Any:
        if isinstance(value, cls):
            return value
        return inner(_structure_object(value, None), cls)

    return structure


def _structure_answer(cls: type[Any]) -> _Structure:
    """Models of answers have slots and no validators: they are filled in without ``__init__``, at half the cost."""
    attrs.resolve_types(cls)
    slots: Any = cls
    members = [
        (wire_name(a.name), a.default, _read_as_they_are(a), _reader(a), a.type, getattr(slots, a.name).__set__)
        for a in attrs.fields(cls)
        if a.name != "extra"
    ]
    known = _members(cls)
    fill_extra = slots.extra.__set__

    def structure(value: Any, _: Any) -> Any:
        if type(value) is not _DICT:
            if isinstance(value, cls):
                return value
            _structure_object(value, None)
        model = slots.__new__(cls)
        name = ""
        try:
            for name, default, as_they_are, read, kind, fill in members:
                member = value.get(name, default)
                fill(model, member if type(member) in as_they_are else read(member, kind))
        except Exception as error:
            error.add_note(cattrs.AttributeValidationNote(f"at {name!r}", name, cls))
            del model  # half filled, its repr would fail in reports that show local variables
            raise _ModelError("while reading a model", [error], cls) from None
        fill_extra(model, {} if known.issuperset(value) else {it: value[it] for it in value if it not in known})
        return model

    return structure


_ModelError: Any = cattrs.ClassValidationError


def _read_as_they_are(member: Any) -> frozenset[type]:
    """The types of those values of a member that need no reading."""
    kinds = get_args(member.type) if get_origin(member.type) in {Union, UnionType} else (member.type,)
    return frozenset({str, bool, int, NoneType}.intersection(kinds if member.converter is None else ()))


def _reader(member: Any) -> _Structure:
    """What reads the other values of a member, or its default."""
    hook = _converter.get_structure_hook(member.type)
    default, convert = member.default, member.converter
    make = getattr(default, "factory", None)
    if default is None and convert is None:
        return hook

    def read(value: Any, kind: Any) -> Any:
        if value is attrs.NOTHING:
            raise KeyError(member.name)
        value = make() if make is not None and value is default else hook(value, kind)
        return value if convert is None else convert(value)

    return read


def wire_name(name: str) -> str:
    """What a member is called in JSON: the same, but for names that Python forbids, as in ``from_``."""
    return name.rstrip("_")


def _renames(cls: type[Any]) -> dict[str, Any]:
    return {a.name: override(rename=wire_name(a.name)) for a in attrs.fields(cls) if wire_name(a.name) != a.name}


for _kind, _name in ((str, "a string"), (bool, "a boolean"), (int, "an integer")):
    _converter.register_structure_hook(_kind, _strict(_kind, _name))
_converter.register_structure_hook(float, _structure_number)
_converter.register_structure_hook(datetime, _structure_time)
_converter.register_structure_hook_factory(attrs.has, _structure_model)
_converter.register_structure_hook_factory(_is_union, _structure_union)
_converter.register_structure_hook_factory(_is_optional, _structure_optional)
_converter.register_structure_hook_factory(_is_array, _structure_array)
_converter.register_structure_hook_factory(_is_object, _structure_mapping)
_converter.register_structure_hook(EventTime, _structure_event_time)


# Writing.


def _unstructure_model(cls: type[Any]) -> Callable[[Any], dict[str, Any]]:
    # Each field goes by its value, not its declared type: requests take mappings and sequences of any kind.
    members: dict[str, Any] = {
        a.name: override(
            omit_if_default=a.default is UNSET or a.default is None or a.default == (),
            rename=wire_name(a.name),
            unstruct_hook=_converter.unstructure,
        )
        for a in attrs.fields(cls)
    }
    keeps_extra = "extra" in members
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


def _type(value: object) -> type[Any]:
    return type(value)


def _is_mapping(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, Mapping)


def _is_sequence(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, Sequence) and not issubclass(cls, str | bytes | memoryview)


_converter.register_unstructure_hook_factory(attrs.has, _unstructure_model)
_converter.register_unstructure_hook(datetime, wire_time)
_converter.register_unstructure_hook(date, date.isoformat)
_converter.register_unstructure_hook(timedelta, lambda value: _converter.unstructure(Duration.of(value)))
_converter.register_unstructure_hook_func(_is_mapping, _unstructure_mapping)
_converter.register_unstructure_hook_func(_is_sequence, _unstructure_sequence)
_converter.register_unstructure_hook_func(
    lambda cls: isinstance(cls, type) and issubclass(cls, ZoneInfo), lambda zone: zone.key
)
_converter.register_unstructure_hook(EventTime, lambda value: _converter.unstructure(value.raw))


# The public face.


def to_dict(value: Any) -> Any:
    """Turn a model into plain JSON values: what Cronofy would write, or read. Members that are not set are left out.

    Args:
        value: a model, or anything made of models, mappings, sequences, datetimes and primitives.

    Raises:
        ValueError: a datetime is naive or a duration is not in whole minutes; the message names the member.
    """
    try:
        return _converter.unstructure(value)
    except ValueError as error:
        raise ValueError(f"{_find(value).removeprefix('.') or 'value'}: {error}") from None


def _find(value: Any) -> str:
    """The path of the first leaf that cannot be written."""
    for name, item in _parts(value):
        try:
            _converter.unstructure(item)
        except ValueError:
            return name + _find(item)
    return ""


def _parts(value: Any) -> Iterable[tuple[str, Any]]:
    cls = _type(value)
    if attrs.has(cls):
        return [(f".{wire_name(a.name)}", getattr(value, a.name)) for a in attrs.fields(cls)]
    if _is_mapping(cls):
        return [(f".{name}", item) for name, item in value.items()]
    if _is_sequence(cls):
        return [(f"[{index}]", item) for index, item in enumerate(value)]
    return ()


def from_dict(cls: type[T], data: Any) -> T:
    """Read a model from plain JSON values.

    Raises:
        DecodeError: the data does not fit; ``path`` says where.
    """
    return _structure(cls, data, "$")


def query_string(query: Mapping[str, Any], *, arrays: Collection[str] = ()) -> str:
    """Write a query, with a ``?`` before it if it is not empty. ``None`` and ``UNSET`` are left out."""
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        if isinstance(value, list | tuple):
            items = cast("Sequence[object]", value)
            pairs += [(f"{name}[]", _query_text(name, item)) for item in items]
        elif value is not None and value is not UNSET:
            pairs.append((name, _query_text(name, value)))
    return "?" + urlencode(pairs, quote_via=quote) if pairs else ""


def _query_text(name: str, value: object) -> str:
    if isinstance(value, datetime):
        try:
            return wire_time(value)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return str(value).lower() if isinstance(value, bool) else str(value)


def encode(value: Any) -> bytes:
    """Write a request body as JSON. ``UNSET`` is left out, ``None`` is ``null``.

    Raises:
        ValueError: as for :func:`to_dict`, or a number is not finite.
        TypeError: a value has no JSON form.
    """
    return json.dumps(to_dict(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def parse_json(body: bytes) -> Any:
    """Read JSON. Raises :class:`DecodeError` if it is not."""
    try:
        return _loads(body)
    except (ValueError, RecursionError):
        raise DecodeError("the answer is not JSON" if body else "the answer is empty") from None


def decode(cls: type[T], body: bytes, *, unwrap: str | None = None) -> T:
    """Read a model from the body of an answer.

    Args:
        cls: the model.
        body: the JSON.
        unwrap: the envelope that the docs show around the model; an answer without it is read as the model itself.

    Raises:
        DecodeError: the body is not JSON or does not fit; ``path`` says where.
    """
    data = parse_json(body)
    if unwrap is not None and is_object(data) and unwrap in data:
        return _structure(cls, data[unwrap], f"$.{unwrap}")
    return _structure(cls, data, "$")


def _structure(cls: type[T], data: Any, root: str) -> T:
    try:
        return _converter.structure(data, cls)
    except Exception as error:
        message, _, path = cattrs.transform_error(error, root, _describe)[0].rpartition(" @ ")
        path = _PYTHON_NAME.sub("", path)
        raise DecodeError(f"{path}: {message}", path=path) from None


_PYTHON_NAME = re.compile(r"_+(?=[.\[]|$)")  # the underscores that wire_name drops


def _describe(error: BaseException, _: Any) -> str:
    return "a required member is missing" if isinstance(error, KeyError) else str(error)
