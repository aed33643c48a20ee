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

from ..._json import is_array, is_object
from .problems import Field

__all__ = ["MOST_UNKNOWN", "Schema", "Schemas", "Unknown", "hint"]

Schema: TypeAlias = Mapping[str, Any]
Validator: TypeAlias = jsonschema_rs.Draft202012Validator
#: Hints for members and parameters that are not known, by field.
Unknown: TypeAlias = dict[str, str]

#: The maximum number of unknown members that are reported, and of those that get a suggestion: the search for similar
#: names is slow, and a request may have hundreds of thousands of unknown members.
MOST_UNKNOWN: Final = 100
_MOST_HINTS: Final = 20
_LONGEST_NAME: Final = 64

#: The formats of strings that contain a date or a time. The pattern beside them decides which forms are allowed.
_TIMES: Final = ("date", "date-time", "cronofy-time")
_ALTERNATIVES: Final = ("anyOf", "oneOf")


@attrs.frozen(eq=False)
class _Known:
    """The members and items that a schema and its parts describe."""

    members: Mapping[str, Sequence[Schema]]
    others: Sequence[Schema]
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
        found = self._roots.get(id(schema))
        if found is None:
            named = {name: self._named[name] for name in self._reached(schema)}
            self._kept.append(schema)
            found = self._roots[id(schema)] = {**schema, "components": {"schemas": named}}
        return found

    def validator(self, schema: Schema) -> Validator:
        """Return the validator of a schema, which is compiled when it is first needed."""
        found = self._validators.get(id(schema))
        if found is None:
            found = self._validators[id(schema)] = jsonschema_rs.Draft202012Validator(
                dict(self.root(schema)), formats=dict.fromkeys(_TIMES, _exists), validate_formats=True
            )
        return found

    def resolved(self, schema: Schema) -> Schema:
        """Return the schema that a reference points to, and any other schema unchanged."""
        return self._named[_name(schema["$ref"])] if "$ref" in schema else schema

    def _reached(self, schema: Schema) -> set[str]:
        reached: set[str] = set()
        left: list[Any] = [schema]
        while left:
            value = left.pop()
            if is_object(value):
                members = value
                if isinstance(reference := members.get("$ref"), str):
                    name = _name(reference)
                    if name not in reached:
                        reached.add(name)
                        left.append(self._named[name])
                left += members.values()
            elif is_array(value):
                left += value
        return reached

    # Unknown members.

    def unknown(self, value: Any, schema: Schema) -> Unknown:
        """Return the members of a value that its schema does not know, up to ``MOST_UNKNOWN``."""
        found: Unknown = {}
        for field, name, known in self._walk(value, (schema,), Field()):
            found[str(field)] = hint(field, name, known if len(found) < _MOST_HINTS else ())
            if len(found) == MOST_UNKNOWN:
                break
        return found

    def _walk(self, value: Any, schemas: Sequence[Schema], field: Field) -> Iterator[tuple[Field, str, Sequence[str]]]:
        if is_object(value):
            known = self._known_of(schemas)
            for name, member in value.items():
                if name in known.members:
                    yield from self._walk(member, known.members[name], field / name)
                elif known.others:
                    yield from self._walk(member, known.others, field / name)
                elif known.is_closed:
                    yield field / name[:_LONGEST_NAME], name, list(known.members)
        elif is_array(value):
            known = self._known_of(schemas)
            if known.items:
                for index, item in enumerate(value):
                    yield from self._walk(item, known.items, field / index)

    def _known_of(self, schemas: Sequence[Schema]) -> _Known:
        key = tuple(map(id, schemas))
        found = self._known.get(key)
        if found is None:
            self._kept.append(schemas)
            parts = [part for schema in schemas for part in self._parts(schema)]
            members: dict[str, list[Schema]] = {}
            for part in parts:
                for name, member in part.get("properties", {}).items():
                    members.setdefault(name, []).append(member)
            others = [part["additionalProperties"] for part in parts if "additionalProperties" in part]
            found = self._known[key] = _Known(
                members=members,
                others=[one for one in others if is_object(one)],
                items=[part["items"] for part in parts if "items" in part],
                is_closed=bool(members) and not others,
            )
        return found

    def _parts(self, schema: Schema) -> Iterator[Schema]:
        """Yield a schema and all its subschemas that apply to the same value."""
        yield schema
        if "$ref" in schema:
            yield from self._parts(self._named[_name(schema["$ref"])])
        for kind in ("allOf", *_ALTERNATIVES):
            for part in schema.get(kind, ()):
                yield from self._parts(part)
        for kind in ("then", "else"):
            if kind in schema:
                yield from self._parts(schema[kind])

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
        for kind in _ALTERNATIVES:
            for part in schema.get(kind, ()):
                if self._refers(part) and self.validator(part).is_valid(value):
                    yield from self.named(value, part, field)
        if is_object(value):
            members: Mapping[str, Schema] = schema.get("properties", {})
            others: Any = schema.get("additionalProperties")
            for name, member in value.items():
                if name in members:
                    yield from self.named(member, members[name], field / name)
                elif is_object(others):
                    yield from self.named(member, others, field / name)
        elif is_array(value) and "items" in schema:
            for index, item in enumerate(value):
                yield from self.named(item, schema["items"], field / index)

    def _refers(self, schema: Schema) -> bool:
        found = self._references.get(id(schema))
        if found is None:
            self._kept.append(schema)
            found = self._references[id(schema)] = bool(self._reached(schema))
        return found


def hint(field: str, name: str, known: Sequence[str]) -> str:
    """Return a message for an unknown member or parameter, with the most similar known name."""
    near = get_close_matches(name, known, n=1) if len(name) <= _LONGEST_NAME else ()
    return f"{field} is not known" + (f"; did you mean {near[0]}?" if near else "")


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]


def _exists(time: str) -> bool:
    """Return whether a date and time exists. (The pattern of the schema checks the format.)"""
    try:
        datetime.fromisoformat(time)
    except ValueError:
        return False
    return True
