"""Convert errors of the schema library to readable problems, which never quote the value that was sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, cast

import jsonschema_rs

from ..problems import Field, Problem
from .schemas import Schema

__all__ = ["explain"]

#: Keywords whose failure shows that a value was not meant for an alternative.
_DISTINCTIVE: Final = frozenset({"type", "const", "enum"})

_LIMITS: Final = {
    "maxLength": "must be at most {} characters long",
    "minLength": "must be at least {} characters long",
    "maximum": "must be at most {}",
    "minimum": "must be at least {}",
    "maxItems": "must have at most {} items",
    "minItems": "must have at least {} items",
    "minProperties": "must have at least {} members",
    "maxProperties": "must have at most {} members",
}


_EMPTY: Final = frozenset({"minLength", "minItems", "minProperties"})


def explain(error: jsonschema_rs.ValidationError, root: Schema, field: Field | None = None) -> Iterator[Problem]:
    """Yield the problems of an error. If only one alternative matches the type of the value, yield the problems of that alternative.

    Args:
        error: An error of a validator.
        root: The schema that the validator was compiled from. If a schema in it has ``x-message``, such as "must be a time
            such as 2030-02-01T09:30:00Z", that replaces the description of the problem.
        field: The path of the value. Defaults to the whole body.
    """
    branches = _branches(error)
    if len(branches) == 1:
        for inner in branches[0]:
            yield from explain(inner, root, field)
    else:
        yield _problem(error, root, field or Field())


def _branches(error: jsonschema_rs.ValidationError) -> list[list[jsonschema_rs.ValidationError]]:
    """Return the errors of each alternative that has the type of the value."""
    branches: list[list[jsonschema_rs.ValidationError]] = getattr(error.kind, "context", [])
    return [
        branch
        for branch in branches
        if branch
        and not any(
            inner.kind.name in _DISTINCTIVE and list(inner.instance_path) == list(error.instance_path)
            for inner in branch
        )
    ]


def _problem(error: jsonschema_rs.ValidationError, root: Schema, field: Field) -> Problem:
    for step in error.instance_path:
        field = field / step
    kinds = jsonschema_rs.ValidationErrorKind
    kind: Any = error.kind
    if isinstance(kind, kinds.Required):
        return Problem(field / str(kind.property), "errors.required", "must be specified")
    if isinstance(kind, kinds.Type):
        return Problem(field, "errors.invalid_type", f"must be {' or '.join(_option_texts(kind.types))}")
    if isinstance(kind, kinds.Enum):
        return Problem(field, "errors.not_included", f"must be one of {', '.join(_option_texts(kind.options))}")
    return Problem(field, "errors.invalid", _describe(error, _failing_schema(error, root)))


def _describe(error: jsonschema_rs.ValidationError, schema: Schema) -> str:
    if "x-message" in schema:
        return str(schema["x-message"])
    name = error.kind.name
    if name in _LIMITS:
        limit = schema[name]
        return "must not be empty" if limit == 1 and name in _EMPTY else _LIMITS[name].format(limit)
    if name == "const":
        return f"must be {_text(schema['const'])}"
    return f"is not valid: {name}"


def _failing_schema(error: jsonschema_rs.ValidationError, root: Schema) -> Schema:
    """Return the schema with the keyword that failed."""
    schema: Any = root
    for step in error.schema_path[:-1]:
        schema = schema[step]
    return cast("Schema", schema) if isinstance(schema, dict) else {}


def _option_texts(values: Any) -> list[str]:
    options = cast("list[object]", json.loads(values) if isinstance(values, str) else values)
    return [_text(value) for value in options]


def _text(value: object) -> str:
    """Return a value as JSON, without quotation marks."""
    return value if isinstance(value, str) else json.dumps(value)
