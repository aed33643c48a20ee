"""Merge the parts of the contract into one OpenAPI document.

The parts are ``kernel/openapi.yaml`` (shared by all areas) and ``areas/*.yaml``. In a part, a verb has an operation, or a
list of operations that share the verb and path, where all but the last have a ``when`` condition. The merge adds the
parts that all operations would repeat: path parameters, error responses, and words about fidelity. The examples of
``examples.json``, which ``generate.py`` writes, are added only to the document that others read; no request needs them.

This file imports nothing of the package, because the build runs it alone; see ``build_openapi.py``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeGuard
from urllib.parse import parse_qsl, unquote

__all__ = ["VERBS", "add_examples", "files", "merge", "merged_json"]

Json: TypeAlias = dict[str, Any]

VERBS: Final = ("get", "post", "put", "patch", "delete")

#: The members of an operation that ``x-cronofy-operations`` repeats for each operation of a verb and path.
_OWN: Final = (
    "summary",
    "description",
    "externalDocs",
    "x-fidelity",
    "x-assumed",
    "x-scopes",
    "x-scopes-unless",
    "security",
    "x-credentials",
    "parameters",
    "responses",
)


#: The text for each value of ``x-fidelity`` in the description of an operation.
_FIDELITY: Final = {
    "documented": "As documented.",
    "assumed": "Assumed, as the docs are silent.",
    "shallow": "Shallow: what is sent is kept and returned in the documented form, and has no further effect.",
}


def merged_json(folder: Path) -> str:
    """Return the merged contract as the wheel carries it."""
    base, *parts = (_read(path) for path in files(folder))
    return json.dumps(merge(base, parts), ensure_ascii=False, separators=(",", ":"))


def merge(base: Json, parts: Iterable[Json]) -> Json:
    """Return the OpenAPI document merged from a base and the parts of areas.

    Args:
        base: The part that all areas share.
        parts: The parts of areas.

    Raises:
        ValueError: Two parts define the same thing, or operations that share a verb and path cannot be distinguished.
    """
    # The copy is deep, and also separates the values that YAML aliases share.
    merged: Json = _composed(json.loads(json.dumps(base)))
    paths: Json = merged.setdefault("paths", {})
    components: Json = merged.setdefault("components", {})
    tags: Json = {}
    for part in parts:
        own: Json = _composed(json.loads(json.dumps(part)))
        _add("tags", tags, {tag["name"]: tag for tag in own.get("tags", ())})
        for path, item in own.get("paths", {}).items():
            _add("paths", paths.setdefault(path, {}), item)
        for kind, values in own.get("components", {}).items():
            _add(kind, components.setdefault(kind, {}), values)
    names = _Names(components.setdefault("schemas", {}))
    for path, item in paths.items():
        for verb in VERBS:
            if verb in item:
                item[verb] = _finished(path, item[verb], names)
    names.add_nested()
    used = {name for operation in _operations(paths) for way in operation["security"] for name in way}
    schemes: Json = components.get("securitySchemes", {})
    components["securitySchemes"] = {name: scheme for name, scheme in schemes.items() if name in used}
    areas = sorted({operation["tags"][0] for operation in _operations(paths)})
    merged["tags"] = [{"name": name, "x-displayName": _title(name), **tags.get(name, {})} for name in areas]
    return merged


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


#: The keywords that only describe a schema.
_ABOUT: Final = frozenset({"allOf", "description"})


def _is_array(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _composed(value: Any) -> Any:
    """Return schemas in which references and ``allOf`` have no other keywords beside them, which many tools ignore."""
    if _is_array(value):
        return [_composed(item) for item in value]
    if not _is_object(value):
        return value
    composed: Json = {name: _composed(member) for name, member in value.items()}
    if isinstance(composed.get("$ref"), str) and composed.keys() - {"$ref", "description"}:
        composed["allOf"] = [{"$ref": composed.pop("$ref")}, *composed.get("allOf", ())]
    if isinstance(composed.get("allOf"), list) and composed.keys() - _ABOUT:
        own = {"type": "object"} | {name: composed.pop(name) for name in composed.keys() - _ABOUT}
        composed["allOf"] = [*composed["allOf"], dict(sorted(own.items()))]
    return composed


def _operations(paths: Json) -> list[Json]:
    return [item[verb] for item in paths.values() for verb in VERBS if verb in item]


def _add(kind: str, target: Json, values: Json) -> None:
    for name, value in values.items():
        if name in target:
            raise ValueError(f"{kind}: {name} is defined twice")
        target[name] = value


def _finished(path: str, found: Json | list[Json], names: _Names) -> Json:
    operations = found if isinstance(found, list) else [found]
    for operation in operations:
        _add_words(operation)
        _add_path_parameters(path, operation)
        _add_errors(path, operation)
        names.add_bodies(operation)
        _add_credentials(operation)
    return _combined(path, operations) if isinstance(found, list) else found


def _add_words(operation: Json) -> None:
    """Add the area as a tag, and a description, which viewers and generators of OpenAPI expect."""
    operation["tags"] = [operation["operationId"].partition(".")[0]]
    assumed: Sequence[str] = operation.get("x-assumed", ())
    words = [_FIDELITY[operation["x-fidelity"]]]
    if scopes := operation.get("x-scopes"):
        words.append(f"Needs the scope {' or '.join(f'`{scope}`' for scope in scopes)}.")
    if assumed:
        words.append("Details that are assumed:\n\n" + "\n".join(f"* {' '.join(one.split())}" for one in assumed))
    operation["description"] = "\n\n".join([*_given(operation, "description"), *words])


def _given(operation: Json, name: str) -> list[str]:
    return [operation[name].strip()] if name in operation else []


def _add_credentials(operation: Json) -> None:
    """List the credentials, and leave those in the body out of ``security``: OpenAPI has no scheme for them."""
    ways: list[Json] = operation["security"]
    operation["x-credentials"] = [name for way in ways for name in (way or ("none",))]
    operation["security"] = _distinct({} if "client_in_body" in way else way for way in ways)


def _add_path_parameters(path: str, operation: Json) -> None:
    parameters: list[Json] = operation.setdefault("parameters", [])
    named = {one["name"] for one in parameters if one["in"] == "path"}
    parameters[:0] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", path)
        if name not in named
    ]
    if not parameters:
        del operation["parameters"]


def _add_errors(path: str, operation: Json) -> None:
    responses: Json = operation["responses"]
    errors = {"429": "TooManyRequests"}
    if "400" not in responses:  # OAuth uses 400 where other endpoints use 401 and 422
        errors |= {"401": "Unauthorized", "402": "PlanNeeded", "403": "Forbidden", "422": "Invalid"}
    if "{" in path:
        errors["404"] = "NotFound"
    if any("access_token" in way for way in operation["security"]):
        errors["423"] = "Locked"
    for status, name in errors.items():
        responses.setdefault(status, {"$ref": f"#/components/responses/{name}"})
    operation["responses"] = dict(sorted(responses.items()))


def _combined(path: str, operations: Sequence[Json]) -> Json:
    """Return one OpenAPI operation for several that share verb and path.

    The body is an ``anyOf``, not a ``oneOf``: schemas are open, so a body can be valid for more than one.
    """
    if ["when" in operation for operation in operations] != [True] * (len(operations) - 1) + [False]:
        raise ValueError(f"{path}: all operations but the last need `when`, the last must not have it")
    names = [operation["operationId"] for operation in operations]
    listed: list[Json] = []
    contents: Json = {}
    for operation in operations:
        content: Json = operation.get("requestBody", {}).get("content", {})
        entry = {"name": operation["operationId"]} | {
            name: operation[name] for name in ("when", *_OWN) if name in operation
        }
        if "application/json" in content:
            entry["schema"] = content["application/json"]["schema"]
            entry["body_required"] = operation["requestBody"].get("required", False)
        listed.append(entry)
        for kind, value in content.items():
            contents.setdefault(kind, []).append(value["schema"])
    combined: Json = {
        "operationId": "_or_".join([names[0], *(name.partition(".")[2] for name in names[1:])]),
        "summary": "; or ".join(operation["summary"] for operation in operations),
        "description": "\n\n".join(
            f"### {operation['summary']}\n\n{operation['description']}" for operation in operations
        ),
        "tags": operations[0]["tags"],
        "externalDocs": operations[0]["externalDocs"],
        "x-fidelity": operations[0]["x-fidelity"],
        "security": _distinct(way for operation in operations for way in operation["security"]),
        "parameters": _all_parameters(operations),
        "responses": _all_responses(operations),
    }
    if contents:
        content = {kind: {"schema": {"anyOf": _distinct(schemas)}} for kind, schemas in contents.items()}
        combined["requestBody"] = {"content": content}
    if not combined["parameters"]:
        del combined["parameters"]
    return deepcopy(combined) | {"x-cronofy-operations": listed}


def _all_parameters(operations: Sequence[Json]) -> list[Json]:
    found: dict[tuple[str, str], list[Json]] = {}
    for operation in operations:
        for parameter in operation.get("parameters", ()):
            found.setdefault((parameter["in"], parameter["name"]), []).append(parameter)
    return [
        {**same[0], "required": len(same) == len(operations) and all(operation.get("required") for operation in same)}
        for same in found.values()
    ]


def _all_responses(operations: Sequence[Json]) -> Json:
    found: dict[str, list[Json]] = {}
    for operation in operations:
        for status, response in operation["responses"].items():
            found.setdefault(status, []).append(response)
    return {status: _one_response(_distinct(responses)) for status, responses in sorted(found.items())}


def _one_response(responses: Sequence[Json]) -> Json:
    if len(responses) == 1:
        return responses[0]
    combined: Json = {"description": " Or: ".join(one.get("description", "An error.") for one in responses)}
    schemas = [one["content"]["application/json"]["schema"] for one in responses if "content" in one]
    if schemas:
        combined["content"] = {"application/json": {"schema": {"anyOf": _distinct(schemas)}}}
    return combined


# Names.


class _Names:
    """Gives each object in a body or schema a name under ``components``, from which tools derive type names.

    Args:
        schemas: The schemas that have names, to which others are added.
    """

    def __init__(self, schemas: Json) -> None:
        self._schemas = schemas
        self._of_area: dict[tuple[str, str], str] = {}

    def add_bodies(self, operation: Json) -> None:
        """Name the objects that are the bodies of an operation."""
        name, (area,) = _pascal(operation["operationId"]), operation["tags"]
        holders = [(f"{name}Request", operation.get("requestBody", {}))]
        holders += [
            (f"{name}Response{'' if status.startswith('2') else status}", response)
            for status, response in operation["responses"].items()
        ]
        for name_of_body, holder in holders:
            for media in holder.get("content", {}).values():
                media["schema"] = self._named(name_of_body, media["schema"], area)

    def add_nested(self) -> None:
        """Name the objects within named schemas, after the schema and the member that they are in."""
        left = list(self._schemas)
        while left:
            known = set(self._schemas)
            for name in left:
                self._name_within(name, self._schemas[name])
            left = [name for name in self._schemas if name not in known]

    def _name_within(self, name: str, schema: Json) -> None:
        members: Json = schema.get("properties", {})
        for key, member in members.items():
            members[key] = self._named(f"{name}{_pascal(key)}", member)
        for kind, suffix in (("items", "Item"), ("additionalProperties", "Value")):
            if isinstance(schema.get(kind), dict):
                schema[kind] = self._named(f"{name}{suffix}", schema[kind])
        for part in schema.get("allOf", ()):
            self._name_within(name, part)
        for kind in ("anyOf", "oneOf"):
            if kind in schema:
                schema[kind] = [self._named(f"{name}Object", part) for part in schema[kind]]

    def _named(self, name: str, schema: Json, area: str = "") -> Json:
        """Return a reference to an object; any other schema is returned unchanged, with the objects within it named."""
        if "allOf" not in schema and "object" not in schema.get("type", ()):  # the type can be a list
            self._name_within(name, schema)
            return schema
        if area:  # operations of an area can share bodies
            name = self._of_area.setdefault((area, json.dumps(schema)), name)
        if self._schemas.setdefault(name, schema) != schema:
            raise ValueError(f"schemas: {name} is defined twice")
        return {"$ref": f"#/components/schemas/{name}"}


def _pascal(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", name))


# Examples.


def add_examples(document: Json, examples: Iterable[Json]) -> None:
    """Add examples to a merged document.

    Args:
        document: The document, which is changed.
        examples: Calls as ``endpoint``, ``title``, ``request`` (method and target), ``json``, ``status``, ``response``.
    """
    by_name: dict[str, list[Json]] = {}
    for example in examples:
        by_name.setdefault(example["endpoint"], []).append(example)
    for path, item in document["paths"].items():
        for verb in VERBS:
            if verb in item:
                _add_examples(path, item[verb], by_name)


def _add_examples(path: str, operation: Json, by_name: Mapping[str, Sequence[Json]]) -> None:
    """Add the examples of an operation: to its parameters, its body, and its responses, under the same name."""
    names = [one["name"] for one in operation.get("x-cronofy-operations", [{"name": operation["operationId"]}])]
    seen: list[Json] = []
    for example in (example for name in names for example in by_name.get(name, ())):
        told = {name: example[name] for name in ("request", "json", "status", "response")}
        if told in seen:
            continue
        seen.append(told)
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
            kind = parameter["schema"].get("type")
            value: Any = texts if kind == "array" else texts[0] == "true" if kind == "boolean" else texts[0]
            parameter.setdefault("examples", {})[key] = summary | {"value": value}


def _add_body_example(holder: Json, key: str, example: Json) -> None:
    contents: Json = holder.get("content") or holder.get("x-optional-content", {})
    for media in contents.values():
        media.setdefault("examples", {})[key] = example


def _distinct(values: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


# Reading.


def files(folder: Path) -> list[Path]:
    """Return the files to merge: the shared part and the areas.

    Args:
        folder: The ``sandbox`` package.
    """
    areas = sorted((folder / "areas").glob("*.yaml"))
    return [folder / "kernel" / "openapi.yaml", *areas]


def _read(path: Path) -> Json:
    try:
        import yaml  # noqa: PLC0415 - a wheel works without
    except ImportError as error:  # pragma: no cover - the tests have it
        raise ImportError(
            "the sandbox of a checkout reads its contract from YAML: pip install pyyaml, or pip install -e '.[sandbox]'"
        ) from error
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: Json = yaml.load(path.read_bytes(), loader)  # noqa: S506 - both loaders are safe
    return found
