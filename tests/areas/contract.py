"""Check examples against the contract of the sandbox. Nothing else in this folder uses the sandbox."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

from cronofy_async.sandbox.contract import contract

from .example import Example


def problems(example: Example) -> list[str]:
    """Return everything in the request and the response of an example that the contract does not allow."""
    method, _, target = example.request.partition(" ")
    path, _, query = target.partition("?")
    found = contract().find(method, path)
    if found is None:
        return [f"{example.request}: not in the contract"]
    operation, _ = found
    named = [] if operation.id == example.endpoint else [f"operation {operation.id} is not {example.endpoint}"]
    checks = [operation.check_query(dict(parse_qsl(query, keep_blank_values=True)))]
    if example.json is not None:
        checks.append(operation.check_body(example.json))
    operation.check_answer(example.status, json.dumps(example.response).encode())
    return [*named, *(f"{field}: {problem}" for check in checks for part in check for field, problem in part.items())]
