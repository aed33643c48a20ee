"""Schemas of the contract: validators compiled at first use, unknown members, and the named schemas within a value.

Schemas are open and compose with ``allOf``. Unknown members are found by walking value and schema, because
``unevaluatedProperties`` reports known members as well whenever a part of a schema fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Final, TypeAlias

import attrs
import jsonschema_rs

from ...._json import is_array, is_object
from ..problems import Field

__all__ = ["MAX_UNKNOWN", "Schema", "Schemas", "Unknown", "hint"]

Schema: TypeAlias = Mapping[str, Any]
Validator: TypeAlias = jsonschema_rs.Draft202012Validator
#: Hints for members and parameters that are not known, by field.
Unknown: TypeAlias = dict[str, str]

#: The maximum number of unknown members that are reported, and of those that get a suggestion: the search for similar
#: names is slow, and a request may have hundreds of thousands of unknown members.
MAX_UNKNOWN: Final = 100
_MAX_HINTS: Final = 20
_MAX_NAME: Final = 64

#: The formats of strings that contain a date or a time. The pattern beside them decides which forms are allowed.
_TIMES: Final = ("date", "date-time", "cronofy-time")
_ALTERNATIVES: Final = ("anyOf", "oneOf")


@attrs.frozen(eq=False)
class _Known:
    """The members and items that a schema and its parts describe."""

    members: Mapping[str, Sequence[Schema]]
    additional: Sequence[Schema]
    items: Sequence[Schema]
    is_closed: bool


class Schemas:
    """The schemas of a contract.

    Args:
        components: The ``components`` of the OpenAPI document.
    """

    def __init__(self, components: Mapping[str, Any]) -> None:
        self._named: Mapping[str, Schema] = components.get("schemas", {})
        # Keyed by `id`, which is fast. Each schema is kept alive, so that no other one gets the same ID.
        self._kept: list[Any] = []
        self._roots: dict[int, Schema] = {}
        self._validators: dict[int, Validator] = {}
        self._known: dict[tuple[int, ...], _Known] = {}
        self._references: dict[int, bool] = {}

    def root(self, schema: Schema) -> Schema:
        """Return a schema together with the components that it refers to, as its validator is compiled."""
        root = self._roots.get(id(schema))
        if root is None:
            named = {name: self._named[name] for name in self._referenced(schema)}
            self._kept.append(schema)
            root = self._roots[id(schema)] = {**schema, "components": {"schemas": named}}
        return root

    def validator(self, schema: Schema) -> Validator:
        """Return the validator of a schema, which is compiled when it is first needed."""
        validator = self._validators.get(id(schema))
        if validator is None:
            validator = self._validators[id(schema)] = jsonschema_rs.Draft202012Validator(
                dict(self.root(schema)), formats=dict.fromkeys(_TIMES, _is_valid_date), validate_formats=True
            )
        return validator

    def resolve(self, schema: Schema) -> Schema:
        """Return the schema that a reference points to, and any other schema unchanged."""
        return self._named[_name(schema["$ref"])] if "$ref" in schema else schema

    def _referenced(self, schema: Schema) -> set[str]:
        referenced: set[str] = set()
        pending: list[Any] = [schema]
        while pending:
            value = pending.pop()
            if is_object(value):
                members = value
                if isinstance(reference := members.get("$ref"), str):
                    name = _name(reference)
                    if name not in referenced:
                        referenced.add(name)
                        pending.append(self._named[name])
                pending += members.values()
            elif is_array(value):
                pending += value
        return referenced

    # Unknown members.

    def unknown(self, value: Any, schema: Schema) -> Unknown:
        """Return the members of a value that its schema does not know, up to ``MAX_UNKNOWN``."""
        unknown: Unknown = {}
        for field, name, known in self._walk(value, (schema,), Field()):
            unknown[str(field)] = hint(field, name, known if len(unknown) < _MAX_HINTS else ())
            if len(unknown) == MAX_UNKNOWN:
                break
        return unknown

    def _walk(self, value: Any, schemas: Sequence[Schema], field: Field) -> Iterator[tuple[Field, str, Sequence[str]]]:
        if is_object(value):
            known = self._known_of(schemas)
            for name, member in value.items():
                if name in known.members:
                    yield from self._walk(member, known.members[name], field / name)
                elif known.additional:
                    yield from self._walk(member, known.additional, field / name)
                elif known.is_closed:
                    yield field / name[:_MAX_NAME], name, list(known.members)
        elif is_array(value):
            known = self._known_of(schemas)
            if known.items:
                for index, item in enumerate(value):
                    yield from self._walk(item, known.items, field / index)

    def _known_of(self, schemas: Sequence[Schema]) -> _Known:
        key = tuple(map(id, schemas))
        known = self._known.get(key)
        if known is None:
            self._kept.append(schemas)
            parts = [part for schema in schemas for part in self._parts(schema)]
            members: dict[str, list[Schema]] = {}
            for part in parts:
                for name, member in part.get("properties", {}).items():
                    members.setdefault(name, []).append(member)
            additional = [part["additionalProperties"] for part in parts if "additionalProperties" in part]
            known = self._known[key] = _Known(
                members=members,
                additional=[schema for schema in additional if is_object(schema)],
                items=[part["items"] for part in parts if "items" in part],
                is_closed=bool(members) and not additional,
            )
        return known

    def _parts(self, schema: Schema) -> Iterator[Schema]:
        """Yield a schema and all its subschemas that apply to the same value."""
        yield schema
        if "$ref" in schema:
            yield from self._parts(self._named[_name(schema["$ref"])])
        for keyword in ("allOf", *_ALTERNATIVES):
            for part in schema.get(keyword, ()):
                yield from self._parts(part)
        for keyword in ("then", "else"):
            if keyword in schema:
                yield from self._parts(schema[keyword])

    # Named schemas.

    def named(self, value: Any, schema: Schema, field: Field | None = None) -> Iterator[tuple[str, Any, Field]]:
        """Yield the named schemas that apply within a valid value: name, value, and field.

        An alternative applies only if the value is valid for it.
        """
        field = Field() if field is None else field
        if not self._refers(schema):
            return
        if "$ref" in schema:
            name = _name(schema["$ref"])
            yield name, value, field
            yield from self.named(value, self._named[name], field)
        for part in schema.get("allOf", ()):
            yield from self.named(value, part, field)
        for keyword in _ALTERNATIVES:
            for part in schema.get(keyword, ()):
                if self._refers(part) and self.validator(part).is_valid(value):
                    yield from self.named(value, part, field)
        if is_object(value):
            members: Mapping[str, Schema] = schema.get("properties", {})
            additional: Any = schema.get("additionalProperties")
            for name, member in value.items():
                if name in members:
                    yield from self.named(member, members[name], field / name)
                elif is_object(additional):
                    yield from self.named(member, additional, field / name)
        elif is_array(value) and "items" in schema:
            for index, item in enumerate(value):
                yield from self.named(item, schema["items"], field / index)

    def _refers(self, schema: Schema) -> bool:
        refers = self._references.get(id(schema))
        if refers is None:
            self._kept.append(schema)
            refers = self._references[id(schema)] = bool(self._referenced(schema))
        return refers


def hint(field: str, name: str, known: Sequence[str]) -> str:
    """Return a message for an unknown member or parameter, with the most similar known name."""
    matches = get_close_matches(name, known, n=1) if len(name) <= _MAX_NAME else ()
    return f"{field} is not known" + (f"; did you mean {matches[0]}?" if matches else "")


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]


def _is_valid_date(time: str) -> bool:
    """Return whether a date and time exists. (The pattern of the schema checks the format.)"""
    try:
        datetime.fromisoformat(time)
    except ValueError:
        return False
    return True
