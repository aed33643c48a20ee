"""The contract as the OpenAPI document that others read: with examples, and without what only the sandbox has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote

from ...._json import is_array, is_object
from .merging import VERBS

__all__ = ["publish"]

Json: TypeAlias = dict[str, Any]


def publish(document: Mapping[str, Any], examples: Iterable[Json]) -> Json:
    """Return the document to publish.

    Args:
        document: The merged contract.
        examples: Calls as ``endpoint``, ``title``, ``request`` (method and target), ``json``, ``status``, ``response``.
    """
    by_name: dict[str, list[Json]] = {}
    for example in examples:
        by_name.setdefault(example["endpoint"], []).append(example)
    paths: Json = {}
    for path, item in _remove_sandbox_only(document["paths"]).items():
        verbs = [verb for verb in VERBS if verb in item]
        if verbs:
            paths[path] = item
        for verb in verbs:
            _add_examples(path, item[verb], by_name)
    return {**document, "paths": paths}


def _remove_sandbox_only(value: Any) -> Any:
    if is_array(value):
        return [_remove_sandbox_only(item) for item in value if not _is_sandbox_only(item)]
    if is_object(value):
        return {name: _remove_sandbox_only(member) for name, member in value.items() if not _is_sandbox_only(member)}
    return value


def _is_sandbox_only(value: object) -> bool:
    return is_object(value) and value.get("x-sandbox") is True


def _add_examples(path: str, operation: Json, by_name: Mapping[str, Sequence[Json]]) -> None:
    """Add the examples of an operation: to its parameters, its body, and its responses, under the same name."""
    names = [variant["name"] for variant in operation.get("x-cronofy-operations", [{"name": operation["operationId"]}])]
    seen: list[Json] = []
    for example in (example for name in names for example in by_name.get(name, ())):
        exchange = {name: example[name] for name in ("request", "json", "status", "response")}
        if exchange in seen:
            continue
        seen.append(exchange)
        key = re.sub(r"[^a-z0-9_.]+", "-", f"{example['endpoint']} {example['title']}".lower()).strip("-")
        summary = {"summary": example["title"]} if example["title"] else {}
        _add_parameter_examples(path, operation, example["request"], key, summary)
        if example["json"] is not None:
            _add_body_example(operation["requestBody"], key, summary | {"value": example["json"]})
        if example["response"] is not None:
            response = operation["responses"][str(example["status"])]
            _add_body_example(response, key, summary | {"value": example["response"]})


def _add_parameter_examples(path: str, operation: Json, request: str, key: str, summary: Json) -> None:
    target, _, query = request.partition(" ")[2].partition("?")
    sent: dict[str, list[str]] = {}
    for name, text in parse_qsl(query, keep_blank_values=True):
        sent.setdefault(name, []).append(text)
    for step, segment in zip(path.split("/"), target.split("/"), strict=True):
        if step.startswith("{"):
            sent[step[1:-1]] = [unquote(segment)]
    for parameter in operation.get("parameters", ()):
        if texts := sent.get(parameter["name"]):
            type_ = parameter["schema"].get("type")
            value: Any = texts if type_ == "array" else texts[0] == "true" if type_ == "boolean" else texts[0]
            parameter.setdefault("examples", {})[key] = summary | {"value": value}


def _add_body_example(holder: Json, key: str, example: Json) -> None:
    contents: Json = holder.get("content") or holder.get("x-optional-content", {})
    for media in contents.values():
        media.setdefault("examples", {})[key] = example
