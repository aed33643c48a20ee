"""The OpenAPI document of the control API, made from the signatures and docstrings of actions."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin

import attrs

from ..._version import __version__
from ..kernel.clock import SandboxClock
from ..kernel.faults import Fault, Faults
from .calls import Call
from .docstrings import parse_docstring
from .forms import ADDED, LEFT_OUT
from .kinds import kind_of
from .table import PREFIX, TABLE, WHOLE_BODY

__all__ = ["calls_by_route", "openapi"]

_ERRORS: Final = {
    "404": "There is no such record.",
    "409": "This is not possible in the current state of the sandbox, for example because the link is completed.",
    "422": "An argument is missing, unknown or invalid. `errors` has the message for each one.",
}
_ERROR: Final = {
    "type": "object",
    "required": ["error", "error_description"],
    "properties": {
        "error": {"type": "string"},
        "error_description": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
_LAST: Final = {
    "name": "last",
    "in": "query",
    "description": "The number of items to return from the end; all by default.",
    "schema": {"type": "integer", "minimum": 0},
}


def calls_by_route(calls: Mapping[str, Call]) -> dict[str, Call]:
    """Return every call by its method and path, such as ``POST links/{link}/book``; below ``actions/`` if not in the table."""
    by_line = {line: calls[name] for line, name in TABLE.items()}
    named = {call.action.name for call in by_line.values()}
    return by_line | {f"POST actions/{name}": call for name, call in calls.items() if name not in named}


def openapi(calls: Mapping[str, Call]) -> dict[str, Any]:
    """Return the document."""
    records = _Records()
    paths: dict[str, dict[str, Any]] = {}
    for line, call in calls_by_route(calls).items():
        method, _, path = line.partition(" ")
        paths.setdefault(f"/{path}", {})[method.lower()] = _operation(line, call, records)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The control API of the sandbox of cronofy_async",
            "version": __version__,
            "description": "Actions of tests on the sandbox, beside the Cronofy API. Every operation is also available "
            "as `POST /actions/{operationId}`, with all parameters in the body. There are no credentials.",
        },
        "servers": [{"url": PREFIX.rstrip("/")}],
        "paths": paths,
        "components": {"schemas": {**records.schemas, "Error": _ERROR}},
    }


def _operation(line: str, call: Call, records: _Records) -> dict[str, Any]:
    method, _, path = line.partition(" ")
    in_path = re.findall(r"\{(\w+)\}", path)
    result = records.schema(call.action.returns)
    operation: dict[str, Any] = {
        "operationId": call.action.name,
        "tags": [path.partition("/")[0] if not path.startswith("actions/") else call.action.area or "sandbox"],
        "summary": call.docs.summary,
        "description": call.docs.description,
        "parameters": [
            {"name": name, "in": "path", "required": True, **_description(call, name), "schema": {"type": "string"}}
            for name in in_path
        ],
        "responses": {
            "200": {
                "description": call.docs.returns or "The result.",
                "content": {"application/json": {"schema": result}},
            },
            **{status: _error(text) for status, text in _ERRORS.items()},
        },
    }
    if method == "GET" and result.get("type") == "array":
        operation["parameters"].append(_LAST)
    body_names = [name for name in call.parameters if name not in in_path]
    if method == "POST" and (body_names or call.accepts_extra):
        operation["requestBody"] = _body(call, body_names)
    return operation


def _body(call: Call, names: list[str]) -> dict[str, Any]:
    required = [name for name in names if call.is_required(name)]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            name: {**call.kinds[name].schema, **_description(call, name), **_default(call, name)} for name in names
        },
        "additionalProperties": call.accepts_extra,
    }
    if required:
        schema["required"] = required
    if call.action.name in WHOLE_BODY:
        schema = {"type": "object", **_description(call, WHOLE_BODY[call.action.name])}
    return {"required": bool(required), "content": {"application/json": {"schema": schema}}}


def _description(call: Call, name: str) -> dict[str, str]:
    text = call.docs.arguments.get(name)
    return {"description": text} if text else {}


def _default(call: Call, name: str) -> dict[str, Any]:
    default = call.parameters[name].default
    return {"default": default} if isinstance(default, str | int | float) else {}


def _error(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }


class _Records:
    """The schemas of records, collected while results are described."""

    def __init__(self) -> None:
        self.schemas: dict[str, Any] = {}

    def schema(self, annotation: Any) -> dict[str, Any]:
        """Return the schema of a result."""
        if annotation is None:
            return {"type": "null"}
        if annotation is Faults:
            return {"type": "array", "items": self.schema(Fault)}
        if annotation is bytes:
            return {"type": "string"}
        if attrs.has(annotation) or annotation is SandboxClock:
            return self._record(annotation)
        arguments = get_args(annotation)
        origin = get_origin(annotation)
        if origin in {Union, UnionType}:
            return {"anyOf": [self.schema(None if argument is NoneType else argument) for argument in arguments]}
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.schema(arguments[1])}
        if isinstance(origin, type) and issubclass(origin, list | deque | tuple):
            items = [argument for argument in arguments if argument is not ...]
            return {"type": "array", "items": self.schema(items[0]) if len({*items}) == 1 else {}}
        try:
            return dict(kind_of(annotation).schema)
        except TypeError:
            return {}

    def _record(self, cls: type[Any]) -> dict[str, Any]:
        reference = {"$ref": f"#/components/schemas/{cls.__name__}"}
        if cls.__name__ not in self.schemas:
            texts = parse_docstring(cls)
            schema: dict[str, Any] = {"type": "object", "description": texts.summary}
            self.schemas[cls.__name__] = schema
            properties: dict[str, Any] = {}
            for name, annotation in self._members(cls):
                text = texts.arguments.get(name)
                properties[name] = self.schema(annotation) | ({"description": text} if text else {})
            schema["properties"] = properties
        return reference

    def _members(self, cls: type[Any]) -> Iterable[tuple[str, Any]]:
        if attrs.has(cls):
            for field in attrs.fields(attrs.resolve_types(cls)):
                if field.name not in LEFT_OUT.get(cls, ()) and not field.name.startswith("_"):
                    yield field.name, field.type
        yield from ADDED.get(cls, {}).items()
