"""The contract of the sandbox: which operation a request is for, and whether it and its answer have the right shape.

Shapes are checked with jsonschema-rs against ``openapi.yaml``, and become Cronofy's 422 body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeAlias
from urllib.parse import unquote

import attrs
import jsonschema_rs

__all__ = ["Contract", "Errors", "Operation", "contract"]

Errors: TypeAlias = dict[str, list[dict[str, str]]]
Schema: TypeAlias = dict[str, Any]

_VERBS: Final = ("get", "post", "delete")


@attrs.frozen(eq=False)
class Operation:
    """One operation of the contract: an endpoint, by the name of its area and method."""

    id: str
    method: str
    path: str
    credentials: frozenset[str]
    docs: str
    fidelity: str
    query: Mapping[str, Schema]
    _pattern: re.Pattern[str]
    _body: jsonschema_rs.Draft202012Validator | None
    _body_schema: Schema
    _answers: Mapping[str, jsonschema_rs.Draft202012Validator]

    def match(self, path: str) -> dict[str, str] | None:
        """The path parameters, decoded, if ``path`` (as it came, percent-encoded) is this operation's."""
        found = self._pattern.fullmatch(path)
        return found and {name: unquote(value) for name, value in found.groupdict().items()}

    def check_query(self, query: Mapping[str, str]) -> Errors:
        """What is wrong with the query."""
        return {
            name: [_problem("errors.required", f"{name} must be specified")]
            for name, parameter in self.query.items()
            if parameter.get("required") and not query.get(name)
        }

    def check_body(self, body: Any) -> tuple[Errors, list[str]]:
        """What is wrong with the body, and which of its members are not known."""
        errors: Errors = {}
        unknown: list[str] = []
        for error in self._body.iter_errors(body) if self._body is not None else ():
            if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
                known = self._known(error.schema_path[:-1])
                unknown += [_hint(_field(error.instance_path, name), name, known) for name in error.kind.unexpected]
            else:
                field, problem = _explain(error)
                errors.setdefault(field, []).append(problem)
        return errors, unknown

    def check_answer(self, status: int, body: Any) -> None:
        """Fail if an answer of the sandbox itself breaks the contract."""
        validator = self._answers.get(str(status))
        if validator is not None:
            validator.validate(body)

    def _known(self, schema_path: list[str | int]) -> list[str]:
        schema: Any = self._body_schema
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
    text = files(__package__).joinpath("openapi.json").read_text("utf-8")
    return Contract(json.loads(text))


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    components = {"components": document["components"]}
    for path, item in document["paths"].items():
        for verb in _VERBS:
            if verb in item:
                yield _operation(path, verb, item[verb], components)


def _operation(path: str, verb: str, item: Mapping[str, Any], components: Schema) -> Operation:
    content = item.get("requestBody", {}).get("content", {}).get("application/json")
    body_schema = {**content["schema"], **components} if content else {}
    answers = {
        status: jsonschema_rs.Draft202012Validator({**answer["content"]["application/json"]["schema"], **components})
        for status, answer in item["responses"].items()
        if "content" in answer
    }
    return Operation(
        id=item["operationId"],
        method=verb.upper(),
        path=path,
        credentials=frozenset(name for way in item["security"] for name in way),
        docs=item["externalDocs"]["url"],
        fidelity=item["x-fidelity"],
        query={one["name"]: one for one in item.get("parameters", ()) if one["in"] == "query"},
        pattern=re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))),
        body=jsonschema_rs.Draft202012Validator(body_schema) if content else None,
        body_schema=body_schema,
        answers=answers,
    )


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
    return [str(value) for value in (json.loads(values) if isinstance(values, str) else values)]


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
