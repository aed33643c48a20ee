"""Read the query of a request, with the types of its parameters in the contract."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

from .contract.explain import explain
from .contract.schemas import MAX_UNKNOWN, Schema, Schemas, Unknown, hint
from .problems import Field, Problem

__all__ = ["read_query"]

#: Official SDKs spell booleans as their language does: Python's are capitalized, PHP's are 1 and nothing.
_BOOLEANS: Final = {"true": True, "True": True, "1": True, "false": False, "False": False}
_INTEGER: Final = re.compile(r"[+-]?\d{1,18}")


def read_query(
    text: str, parameters: Sequence[Mapping[str, Any]], schemas: Schemas
) -> tuple[dict[str, Any], list[Problem], Unknown]:
    """Read a query string.

    An array is sent as ``name[]=a&name[]=b``; the contract names it ``name[]``, the result ``name``. If another
    parameter is repeated, its last value is used.

    Returns:
        The values by name, their problems, and the unknown parameters.
    """
    if not text and not parameters:
        return {}, [], {}
    sent: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        sent.setdefault(name, []).append(value)
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for parameter in parameters:
        full: str = parameter["name"]
        field = Field(full.removesuffix("[]"))
        converted = _convert(sent.pop(full, []), parameter["schema"], schemas)
        if converted is None:
            if field not in sent and parameter.get("required"):
                problems.append(Problem(field, "errors.required", "must be specified"))
            elif full.endswith("[]") and sent.pop(field, []):
                problems.append(Problem(field, "errors.invalid_type", f"must be an array: {full}=…"))
            continue
        values[str(field)] = converted
        root = schemas.root(parameter["schema"])
        problems += [
            problem
            for error in schemas.validator(parameter["schema"]).iter_errors(converted)
            for problem in explain(error, root, field)
        ]
    known = [parameter["name"] for parameter in parameters]
    return values, problems, {name: hint(name, name, known) for name in list(sent)[:MAX_UNKNOWN]}


def _convert(texts: list[str], schema: Schema, schemas: Schemas) -> Any:
    """Return the value of a parameter; ``None`` if it was not given. Text of the wrong type stays text."""
    schema = schemas.resolve(schema)
    type_ = schema.get("type", "string")
    if type_ == "array":
        items = schemas.resolve(schema.get("items", {})).get("type", "string")
        return [_scalar(text, items) for text in texts] or None
    if not texts or texts[-1] == "":
        return None
    return _scalar(texts[-1], type_)


def _scalar(text: str, type_: str) -> Any:
    if type_ == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    if type_ == "boolean":
        return _BOOLEANS.get(text, text)
    return text
