"""Check examples against the contract of the sandbox. Nothing else in this folder uses the sandbox."""

from __future__ import annotations

import json
from typing import Any

from cronofy_async.http import Endpoint
from cronofy_async.sandbox.kernel.contract.contract import contract
from cronofy_async.sandbox.kernel.contract.schemas import Schema

from .example import Example


def problems(example: Example) -> list[str]:
    """Return everything in the request and the response of an example that the contract does not allow."""
    method, _, target = example.request.partition(" ")
    path, _, query = target.partition("?")
    route = contract().find(method, path)
    if route is None:
        return [f"{example.request}: not in the contract"]
    operation = route.choose(query, example.json)
    wrong_name = [] if operation.name == example.endpoint else [f"{operation.name} is not {example.endpoint}"]
    _, wrong, unknown = operation.read_query(query)
    if example.json is not None:
        wrong_members, unknown_members = operation.check_body(example.json)
        wrong, unknown = [*wrong, *wrong_members], unknown | unknown_members
    body = b"" if example.response is None else json.dumps(example.response).encode()
    operation.check_response(example.status, body)
    wrong_values = [f"{problem.field}: {problem.message}" for problem in wrong]
    return [*wrong_name, *wrong_values, *(f"{name}: not in the contract" for name in unknown)]


def members(endpoint: Endpoint[Any]) -> set[str]:
    """Return the names of all query parameters or body members of an endpoint."""
    operation = contract().operations[endpoint.name]
    if operation.body_schema is None:
        return {
            parameter["name"].removesuffix("[]") for parameter in operation.parameters if parameter["in"] == "query"
        }
    return _properties(operation.body_schema)


def _properties(schema: Schema) -> set[str]:
    schema = contract().schemas.resolve(schema)
    return set(schema.get("properties", {})).union(*map(_properties, schema.get("allOf", ())))
