"""JSON values to models.

A cattrs converter dispatches on types and reports errors by path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Any, Final, Literal, TypeVar, Union, cast, get_args, get_origin

import attrs
import cattrs

from .._json import is_object
from .._unset import Unset
from ..errors import DecodeError
from ..times import EventTime, read_time
from .parsing import parse_json
from .wire import local_members, wire_members

__all__ = ["decode", "from_dict"]

T = TypeVar("T")
_Structure = Callable[[Any, Any], Any]

_converter: Final = cattrs.Converter(detailed_validation=True)


# Primitives. Their hooks are registered first, since cattrs resolves the hooks of a class when it first meets it.


def _strict(kind: type, name: str) -> _Structure:
    def structure(value: Any, _: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"expected {name}, got {_json_name(value)}")
        return value

    return structure


_JSON_NAMES: Final[Mapping[type, str]] = {
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


# Arrays and mappings.


def _structure_array(cls: Any) -> _Structure:
    item_type = get_args(cls)[0]
    item = _converter.get_structure_hook(item_type)
    nullable = get_origin(cls) is tuple  # an array of a response, which is empty when it is absent

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


_ItemError: Final[Any] = cattrs.IterableValidationError  # type checkers see only the __new__ of ExceptionGroup


# Unions.


def _is_array(cls: Any) -> bool:
    origin: Any = get_origin(cls)
    return origin is Sequence or (origin is tuple and get_args(cls)[1:] == (...,))


def _is_object_type(cls: Any) -> bool:
    origin: Any = get_origin(cls)
    return origin is Mapping


def _is_union(cls: Any) -> bool:
    """Return whether a type is a union other than ``T | None``."""
    origin: Any = get_origin(cls)
    return origin in {Union, UnionType} and not _is_optional(cls)


def _is_optional(cls: Any) -> bool:
    origin: Any = get_origin(cls)
    return origin in {Union, UnionType} and len(get_args(cls)) == 2 and NoneType in get_args(cls)


def _structure_optional(cls: Any) -> _Structure:
    """Return the hook of ``T | None``. The one of cattrs looks up the hook of ``T`` for each value."""
    (kind,) = (member for member in get_args(cls) if member is not NoneType)
    hook = _converter.get_structure_hook(kind)
    return lambda value, _: None if value is None else hook(value, kind)


def _structure_union(cls: Any) -> _Structure:
    """Return the hook of an open set (``Literal["a", "b"] | str``) or of a parameter that takes several types."""
    members: tuple[Any, ...] = get_args(cls)
    classes = frozenset(member for member in members if isinstance(member, type))
    hooks = {member: _converter.get_structure_hook(member) for member in members if not _is_simple(member)}
    models = [member for member in hooks if attrs.has(member)]
    arrays = [member for member in hooks if _is_array(member)]
    objects = [member for member in hooks if _is_object_type(member)]
    literals = {value for member in members if get_origin(member) is Literal for value in get_args(member)}

    def structure(value: object, _: Any) -> Any:
        kind = type(value)
        if kind in classes or (kind is str and value in literals):
            return value
        if issubclass(kind, Mapping) and (models or objects):
            present = cast("Mapping[str, Any]", value).keys()
            fitting = max(models, key=lambda model: len(wire_members(model).keys() & present)) if models else objects[0]
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


# Models.


def _structure_model(cls: type[Any]) -> _Structure:
    """Return a function that reads a model.

    It fills the slots in directly, which takes half the time of ``__init__``: a status response is decoded once for each
    polled link. Validators and ``__attrs_post_init__`` then run for the classes that have them.
    """
    attrs.resolve_types(cls)
    slots: Any = cls
    known = frozenset(wire_members(cls))
    members = [
        (name, it.default, _plain_default(it), _plain_types(it), _reader(it), it.type, getattr(slots, it.name).__set__)
        for name, it in wire_members(cls).items()
    ]
    not_in_json = [(getattr(slots, it.name).__set__, it.default) for it in local_members(cls)]
    fill_extra = slots.extra.__set__ if "extra" in attrs.fields_dict(cls) else None
    is_checked = hasattr(cls, "__attrs_post_init__") or any(it.validator for it in attrs.fields(cls))

    def structure(value: Any, _: Any) -> Any:
        if type(value) is not _DICT:
            if isinstance(value, cls):
                return value
            _structure_object(value, None)
        model = slots.__new__(cls)
        name = ""
        try:
            for name, default, plain_default, plain, read, kind, fill in members:
                member = value.get(name, default)
                fill(model, member if member is plain_default or type(member) in plain else read(member, kind))
        except Exception as error:
            del model  # half filled in: its `repr` would fail in a report that shows local variables
            error.add_note(cattrs.AttributeValidationNote(f"at {name!r}", name, cls))
            raise _ModelError("while reading a model", [error], cls) from None
        for fill, default in not_in_json:
            fill(model, default)
        if fill_extra is not None:
            fill_extra(model, {} if known.issuperset(value) else {it: value[it] for it in value if it not in known})
        if is_checked:
            attrs.validate(model)
            getattr(model, "__attrs_post_init__", _nothing)()
        return model

    return structure


_DICT: Final[Any] = dict  # the type of nearly every object
_ModelError: Final[Any] = cattrs.ClassValidationError


def _nothing() -> None:
    """Stand in for an absent ``__attrs_post_init__``."""


# The functions below take an `attrs.Attribute`. It is annotated as Any, since its stubs leave `converter` partly unknown.


def _plain_default(attribute: Any) -> object:
    """Return the default if it can be stored unchanged, else an object that is identical to no member."""
    needs_reading = attribute.default is attrs.NOTHING or hasattr(attribute.default, "factory") or attribute.converter
    return object() if needs_reading else attribute.default


def _plain_types(attribute: Any) -> frozenset[type]:
    """Return the types whose values are stored unchanged."""
    kind: Any = attribute.type
    kinds = get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)
    return frozenset({str, bool, int, NoneType, Unset}.intersection(kinds if attribute.converter is None else ()))


def _reader(attribute: Any) -> _Structure:
    """Return the function that reads all other values and defaults."""
    hook = _converter.get_structure_hook(attribute.type)
    default, convert = attribute.default, attribute.converter
    if default is None and convert is None:
        return hook
    make = getattr(default, "factory", lambda: default)

    def read(value: Any, kind: Any) -> Any:
        if value is attrs.NOTHING:
            raise KeyError(attribute.name)
        value = make() if value is default else hook(value, kind)
        return value if convert is None else convert(value)

    return read


for _kind, _name in ((str, "a string"), (bool, "a boolean"), (int, "an integer")):
    _converter.register_structure_hook(_kind, _strict(_kind, _name))
_converter.register_structure_hook(float, _structure_number)
_converter.register_structure_hook(datetime, _structure_time)
_converter.register_structure_hook_factory(attrs.has, _structure_model)
_converter.register_structure_hook_factory(_is_union, _structure_union)
_converter.register_structure_hook_factory(_is_optional, _structure_optional)
_converter.register_structure_hook_factory(_is_array, _structure_array)
_converter.register_structure_hook_factory(_is_object_type, _structure_mapping)
_converter.register_structure_hook(EventTime, _structure_event_time)


# The public face.


def from_dict(cls: type[T], data: Any) -> T:
    """Return a model read from plain JSON values.

    Raises:
        DecodeError: The data does not fit the model. ``path`` is the JSON path of the member.
    """
    return _structure(cls, data, "$")


def decode(cls: type[T], body: bytes, *, envelope: str | None = None) -> T:
    """Return a model read from the body of a response.

    Members outside the envelope are kept in ``extra`` of the model. If the model has a member of the same name, the one
    outside the envelope is kept under its path, such as ``extra["$.url"]``, unless both are equal. Only models of
    responses have ``extra``: if a response has an array and other members, declare a model with a member for the array.

    Args:
        cls: The model.
        body: The JSON.
        envelope: The member that the docs show around the model. A body without it is read as the model.

    Raises:
        DecodeError: The body is not JSON or does not fit the model. ``path`` is the JSON path of the member.
    """
    data = parse_json(body)
    if envelope is None or not is_object(data) or envelope not in data:
        return _structure(cls, data, "$")
    inner: object = data[envelope]
    if len(data) > 1 and is_object(inner) and attrs.has(cls):
        inner = inner | _outside_envelope(data, envelope, inner, taken=wire_members(cls).keys() | inner.keys())
    return _structure(cls, inner, f"$.{envelope}")


def _outside_envelope(data: dict[str, Any], envelope: str, inner: dict[str, Any], taken: set[str]) -> dict[str, Any]:
    """Return the members outside an envelope. Those whose name is taken are returned under their path."""
    return {
        f"$.{name}" if name in taken else name: value
        for name, value in data.items()
        if name != envelope and not (name in inner and inner[name] == value)
    }


def _structure(cls: type[T], data: Any, root: str) -> T:
    try:
        return _converter.structure(data, cls)
    except Exception as error:
        message, _, path = cattrs.transform_error(error, root, _describe)[0].rpartition(" @ ")
    raise DecodeError(f"{path}: {message}", path=path)  # without the context, whose frames hold the data


def _describe(error: BaseException, _: Any) -> str:
    return "a required member is missing" if isinstance(error, KeyError) else str(error)
