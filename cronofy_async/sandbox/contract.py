"""The contract of the sandbox: which operation a request is for, and whether it and its answer have the right shape.

Shapes are checked with jsonschema-rs against ``openapi.yaml``, and become Cronofy's 422 body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeAlias, cast
from urllib.parse import unquote

import attrs
import jsonschema_rs

__all__ = ["Contract", "Errors", "Operation", "Unknown", "contract"]

Errors: TypeAlias = dict[str, list[dict[str, str]]]
#: What is not known, by field, with a hint.
Unknown: TypeAlias = dict[str, str]
Schema: TypeAlias = dict[str, Any]
Validator: TypeAlias = jsonschema_rs.Draft202012Validator

_VERBS: Final = ("get", "post", "delete")


@attrs.frozen(eq=False, kw_only=True)
class Operation:
    """One operation of the contract: an endpoint, by the name of its area and method."""

    id: str
    method: str
    path: str
    credentials: frozenset[str]
    docs: str
    fidelity: str
    query: Mapping[str, Schema]
    pattern: re.Pattern[str]
    body: Validator | None
    body_schema: Schema
    answers: Mapping[int, Validator | None]

    @property
    def is_of_oauth(self) -> bool:
        """Whether its errors are those of RFC 6749."""
        return self.credentials == frozenset({"client_in_body"})

    def match(self, path: str) -> dict[str, str] | None:
        """The path parameters, decoded, if ``path`` (as it came, percent-encoded) is this operation's."""
        found = self.pattern.fullmatch(path)
        return found and {name: unquote(value) for name, value in found.groupdict().items()}

    def check_query(self, query: Mapping[str, str]) -> tuple[Errors, Unknown]:
        """What is wrong with the query, and which of its parameters are not known."""
        errors: Errors = {
            name: [_problem("errors.required", f"{name} must be specified")]
            for name, parameter in self.query.items()
            if parameter.get("required") and not query.get(name)
        }
        return errors, {name: _hint(name, name, list(self.query)) for name in query if name not in self.query}

    def check_body(self, body: Any) -> tuple[Errors, Unknown]:
        """What is wrong with the body, and which of its members are not known."""
        errors: Errors = {}
        unknown: Unknown = {}
        for error in self.body.iter_errors(body) if self.body is not None else ():
            if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
                known = self._known(error.schema_path[:-1])
                for name in error.kind.unexpected:
                    field = _field(error.instance_path, name)
                    unknown[field] = _hint(field, name, known)
            else:
                field, problem = _explain(error)
                errors.setdefault(field, []).append(problem)
        return errors, unknown

    def check_answer(self, status: int, body: bytes) -> None:
        """Fail if an answer of the sandbox itself breaks the contract."""
        if status not in self.answers:
            raise LookupError(f"{self.id}: {status} is not in the contract")
        validator = self.answers[status]
        if validator is not None:
            validator.validate(json.loads(body))

    def _known(self, schema_path: list[str | int]) -> list[str]:
        schema: Any = self.body_schema
        for step in schema_path:
            schema = schema[step]
        return list(schema["properties"])


class Contract:
    """All operations."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.operations: Mapping[str, Operation] = {operation.id: operation for operation in _operations(document)}

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation that a request is for, with its path parameters."""
        for operation in self.operations.values():
            if operation.method == method and (found := operation.match(path)) is not None:
                return operation, found
        return None


@cache
def contract() -> Contract:
    """The contract that comes with the package."""
    text = files("cronofy_async.sandbox").joinpath("openapi.json").read_text("utf-8")
    return Contract(json.loads(text))


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for verb in _VERBS:
            if verb in item:
                yield _operation(path, verb, item[verb], document["components"])


def _operation(path: str, verb: str, item: Mapping[str, Any], components: Schema) -> Operation:
    body_schema = _schema(item.get("requestBody", {}), components)
    answers: dict[int, Validator | None] = {}
    for status, response in item["responses"].items():
        name = response.get("$ref", "").rpartition("/")[2]
        schema = _schema(components["responses"][name] if name else response, components)
        answers[int(status)] = _validator(schema) if schema else None
    return Operation(
        id=item["operationId"],
        method=verb.upper(),
        path=path,
        credentials=frozenset(name for way in item["security"] for name in way),
        docs=item["externalDocs"]["url"],
        fidelity=item["x-fidelity"],
        query={one["name"]: one for one in item.get("parameters", ()) if one["in"] == "query"},
        pattern=re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))),
        body=_validator(body_schema) if body_schema else None,
        body_schema=body_schema,
        answers=answers,
    )


def _schema(holder: Mapping[str, Any], components: Schema) -> Schema:
    content = holder.get("content", {}).get("application/json")
    return {**content["schema"], "components": components} if content else {}


def _validator(schema: Schema) -> Validator:
    return jsonschema_rs.Draft202012Validator(schema, formats={"cronofy-time": _exists}, validate_formats=True)


def _exists(time: str) -> bool:
    """Whether the calendar and the clock have a time. (How it is written is the business of the pattern.)"""
    try:
        datetime.fromisoformat(time)
    except ValueError:
        return False
    return True


def _explain(error: jsonschema_rs.ValidationError) -> tuple[str, dict[str, str]]:
    kinds = jsonschema_rs.ValidationErrorKind
    kind: Any = error.kind
    if isinstance(kind, kinds.Required):
        field = _field(error.instance_path, kind.property)
        return field, _problem("errors.required", f"{field} must be specified")
    field = _field(error.instance_path)
    if isinstance(kind, kinds.Type):
        return field, _problem("errors.invalid_type", f"{field} must be {' or '.join(_listed(kind.types))}")
    if isinstance(kind, kinds.Enum):
        return field, _problem("errors.not_included", f"{field} must be one of {', '.join(_listed(kind.options))}")
    return field, _problem("errors.invalid", f"{field} is not valid: {_rule(error)}")


def _listed(values: Any) -> list[str]:
    listed = cast("list[object]", json.loads(values) if isinstance(values, str) else values)
    return [str(value) for value in listed]


def _rule(error: jsonschema_rs.ValidationError) -> str:
    # Not the library's message, which quotes the value that was sent.
    rule = error.kind.as_dict()
    limits = {name: value for name, value in rule.items() if name not in {"value", "context"}}
    return error.kind.name + (f" {json.dumps(limits)}" if limits else "")


def _field(path: list[str | int], *names: str) -> str:
    field = ""
    for step in (*path, *names):
        field += f"[{step}]" if isinstance(step, int) else f".{step}" if field else step
    return field or "body"


def _problem(key: str, description: str) -> dict[str, str]:
    return {"key": key, "description": description}


def _hint(field: str, name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"{field} is not known" + (f"; did you mean {near[0]}?" if near else "")
