"""The JSON schemas of models, for pydantic and FastAPI. Only pydantic calls this, so it is installed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import NoneType, UnionType
from typing import Any, Protocol, Union, get_args, get_origin

import attrs

from .._unset import Unset
from ..times import EventTime
from .wire import wire_members

__all__ = ["object_schema"]


class Generator(Protocol):
    """The part of ``pydantic.GetCoreSchemaHandler`` that is used."""

    def generate_schema(self, source_type: Any, /) -> Any: ...


def object_schema(cls: type[Any], generator: Generator) -> Any:
    """Return the pydantic-core schema of the JSON of a model: an object with its members, and any others."""
    from pydantic_core import core_schema  # noqa: PLC0415

    attrs.resolve_types(cls)
    fields = {
        name: core_schema.typed_dict_field(_schema_of(member, generator), required=member.default is attrs.NOTHING)
        for name, member in wire_members(cls).items()
    }
    return core_schema.typed_dict_schema(fields, extra_behavior="allow")


def _schema_of(member: Any, generator: Generator) -> Any:
    schema = _schema(member.type, generator)
    # If `None` is the default, the member is left out instead.
    return schema["schema"] if member.default is None and schema["type"] == "nullable" else schema


def _schema(kind: Any, generator: Generator) -> Any:
    """Return the schema of the JSON of a type."""
    from pydantic_core import core_schema  # noqa: PLC0415

    origin: Any = get_origin(kind)
    arguments = get_args(kind)
    if origin in {Union, UnionType}:
        present = [argument for argument in arguments if argument not in {Unset, NoneType}]
        # A mapping is another way to write a model.
        named = [argument for argument in present if get_origin(argument) is not Mapping] or present
        members = [_schema(argument, generator) for argument in named]
        schema = core_schema.union_schema(members) if len(members) > 1 else members[0]
        return core_schema.nullable_schema(schema) if NoneType in arguments else schema
    if kind is EventTime:
        text = core_schema.typed_dict_field(core_schema.str_schema())
        return core_schema.union_schema(
            [core_schema.str_schema(), core_schema.typed_dict_schema({"time": text, "tzid": text})]
        )
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return core_schema.dict_schema(core_schema.str_schema(), _schema(arguments[1], generator))
    if isinstance(origin, type) and issubclass(origin, Iterable):
        return core_schema.list_schema(_schema(arguments[0], generator))
    if attrs.has(kind) and not hasattr(kind, "__get_pydantic_core_schema__"):
        return object_schema(kind, generator)
    return generator.generate_schema(kind)
