"""The JSON schemas of models, for pydantic and FastAPI. Only pydantic calls this, so pydantic is installed."""

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
    """Return the pydantic-core schema of a model's JSON: an object with its members, and any others."""
    from pydantic_core import core_schema  # noqa: PLC0415

    attrs.resolve_types(cls)
    fields = {
        name: core_schema.typed_dict_field(_schema_of(member, generator), required=member.default is attrs.NOTHING)
        for name, member in wire_members(cls).items()
    }
    return core_schema.typed_dict_schema(fields, extra_behavior="allow")


def _schema_of(member: Any, generator: Generator) -> Any:
    schema = _schema(member.type, generator)
    # A member whose default is `None` is left out instead of being `null`.
    return schema["schema"] if member.default is None and schema["type"] == "nullable" else schema


def _schema(annotation: Any, generator: Generator) -> Any:
    """Return the schema of the JSON of a type."""
    from pydantic_core import core_schema  # noqa: PLC0415

    origin: Any = get_origin(annotation)
    arguments = get_args(annotation)
    if origin in {Union, UnionType}:
        candidates = [argument for argument in arguments if argument not in {Unset, NoneType}]
        # A mapping in a union only stands for a model.
        types = [argument for argument in candidates if get_origin(argument) is not Mapping] or candidates
        members = [_schema(argument, generator) for argument in types]
        schema = core_schema.union_schema(members) if len(members) > 1 else members[0]
        return core_schema.nullable_schema(schema) if NoneType in arguments else schema
    if annotation is EventTime:
        text = core_schema.typed_dict_field(core_schema.str_schema())
        return core_schema.union_schema(
            [core_schema.str_schema(), core_schema.typed_dict_schema({"time": text, "tzid": text})]
        )
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return core_schema.dict_schema(core_schema.str_schema(), _schema(arguments[1], generator))
    if isinstance(origin, type) and issubclass(origin, Iterable):
        return core_schema.list_schema(_schema(arguments[0], generator))
    if attrs.has(annotation) and not hasattr(annotation, "__get_pydantic_core_schema__"):
        return object_schema(annotation, generator)
    return generator.generate_schema(annotation)
