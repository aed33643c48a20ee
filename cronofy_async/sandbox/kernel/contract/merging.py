"""Merge the parts of the contract into one OpenAPI document.

The parts are ``openapi.yaml`` (shared by all areas) and ``areas/*.yaml``. In a part, a verb has an operation, or a
list of operations that share the verb and path, where all but the last have a ``when`` condition. The merge adds the
parts that all operations would repeat: path parameters, error responses, and notes on fidelity. Examples are added only to
the document that is published; see ``publishing.py``.

This file imports nothing of the package, because the build runs it alone; see ``build_contract.py``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeGuard

__all__ = ["VERBS", "files", "merge", "merged_json"]

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
    """Return the merged contract as JSON."""
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
    merged: Json = _compose(json.loads(json.dumps(base)))
    paths: Json = merged.setdefault("paths", {})
    components: Json = merged.setdefault("components", {})
    tags: Json = {}
    for part in parts:
        composed: Json = _compose(json.loads(json.dumps(part)))
        _add("tags", tags, {tag["name"]: tag for tag in composed.get("tags", ())})
        for path, item in composed.get("paths", {}).items():
            _add("paths", paths.setdefault(path, {}), item)
        for kind, values in composed.get("components", {}).items():
            _add(kind, components.setdefault(kind, {}), values)
    names = _Names(components.setdefault("schemas", {}))
    for path, item in paths.items():
        for verb in VERBS:
            if verb in item:
                item[verb] = _complete(path, item[verb], names)
    names.add_nested()
    used = {name for operation in _operations(paths) for requirement in operation["security"] for name in requirement}
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


def _compose(value: Any) -> Any:
    """Return schemas in which references and ``allOf`` have no other keywords beside them, which many tools ignore."""
    if _is_array(value):
        return [_compose(item) for item in value]
    if not _is_object(value):
        return value
    composed: Json = {name: _compose(member) for name, member in value.items()}
    if isinstance(composed.get("$ref"), str) and composed.keys() - {"$ref", "description"}:
        composed["allOf"] = [{"$ref": composed.pop("$ref")}, *composed.get("allOf", ())]
    if isinstance(composed.get("allOf"), list) and composed.keys() - _ABOUT:
        keywords = {"type": "object"} | {name: composed.pop(name) for name in composed.keys() - _ABOUT}
        composed["allOf"] = [*composed["allOf"], dict(sorted(keywords.items()))]
    return composed


def _operations(paths: Json) -> list[Json]:
    return [item[verb] for item in paths.values() for verb in VERBS if verb in item]


def _add(kind: str, target: Json, values: Json) -> None:
    for name, value in values.items():
        if name in target:
            raise ValueError(f"{kind}: {name} is defined twice")
        target[name] = value


def _complete(path: str, declared: Json | list[Json], names: _Names) -> Json:
    operations = declared if isinstance(declared, list) else [declared]
    for operation in operations:
        _add_words(operation)
        _add_path_parameters(path, operation)
        _add_errors(path, operation)
        names.add_bodies(operation)
        _add_credentials(operation)
    return _combine(path, operations) if isinstance(declared, list) else declared


def _add_words(operation: Json) -> None:
    """Add the area as a tag, and a description, which viewers and generators of OpenAPI expect."""
    operation["tags"] = [operation["operationId"].partition(".")[0]]
    assumed: Sequence[str] = operation.get("x-assumed", ())
    paragraphs = [_FIDELITY[operation["x-fidelity"]]]
    if scopes := operation.get("x-scopes"):
        paragraphs.append(f"Needs the scope {' or '.join(f'`{scope}`' for scope in scopes)}.")
    if assumed:
        paragraphs.append(
            "Details that are assumed:\n\n" + "\n".join(f"* {' '.join(detail.split())}" for detail in assumed)
        )
    operation["description"] = "\n\n".join([*_optional_text(operation, "description"), *paragraphs])


def _optional_text(operation: Json, name: str) -> list[str]:
    return [operation[name].strip()] if name in operation else []


def _add_credentials(operation: Json) -> None:
    """List the credentials, and leave those in the body out of ``security``: OpenAPI has no scheme for them."""
    requirements: list[Json] = operation["security"]
    operation["x-credentials"] = [name for requirement in requirements for name in (requirement or ("none",))]
    operation["security"] = _distinct(
        {} if "client_in_body" in requirement else requirement for requirement in requirements
    )


def _add_path_parameters(path: str, operation: Json) -> None:
    parameters: list[Json] = operation.setdefault("parameters", [])
    named = {parameter["name"] for parameter in parameters if parameter["in"] == "path"}
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
    if any("access_token" in requirement for requirement in operation["security"]):
        errors["423"] = "Locked"
    for status, name in errors.items():
        responses.setdefault(status, {"$ref": f"#/components/responses/{name}"})
    operation["responses"] = dict(sorted(responses.items()))


def _combine(path: str, operations: Sequence[Json]) -> Json:
    """Return one OpenAPI operation for several that share verb and path.

    The body is an ``anyOf``, not a ``oneOf``: schemas are open, so a body can be valid for more than one.
    """
    if ["when" in operation for operation in operations] != [True] * (len(operations) - 1) + [False]:
        raise ValueError(f"{path}: all operations but the last need `when`, the last must not have it")
    names = [operation["operationId"] for operation in operations]
    entries: list[Json] = []
    contents: Json = {}
    for operation in operations:
        content: Json = operation.get("requestBody", {}).get("content", {})
        entry = {"name": operation["operationId"]} | {
            name: operation[name] for name in ("when", *_OWN) if name in operation
        }
        if "application/json" in content:
            entry["schema"] = content["application/json"]["schema"]
            entry["body_required"] = operation["requestBody"].get("required", False)
        entries.append(entry)
        for media_type, value in content.items():
            contents.setdefault(media_type, []).append(value["schema"])
    combined: Json = {
        "operationId": "_or_".join([names[0], *(name.partition(".")[2] for name in names[1:])]),
        "summary": "; or ".join(operation["summary"] for operation in operations),
        "description": "\n\n".join(
            f"### {operation['summary']}\n\n{operation['description']}" for operation in operations
        ),
        "tags": operations[0]["tags"],
        "externalDocs": operations[0]["externalDocs"],
        "x-fidelity": operations[0]["x-fidelity"],
        "security": _distinct(requirement for operation in operations for requirement in operation["security"]),
        "parameters": _all_parameters(operations),
        "responses": _all_responses(operations),
    }
    if contents:
        content = {media_type: {"schema": {"anyOf": _distinct(schemas)}} for media_type, schemas in contents.items()}
        combined["requestBody"] = {"content": content}
    if not combined["parameters"]:
        del combined["parameters"]
    return deepcopy(combined) | {"x-cronofy-operations": entries}


def _all_parameters(operations: Sequence[Json]) -> list[Json]:
    by_key: dict[tuple[str, str], list[Json]] = {}
    for operation in operations:
        for parameter in operation.get("parameters", ()):
            by_key.setdefault((parameter["in"], parameter["name"]), []).append(parameter)
    return [
        {**same[0], "required": len(same) == len(operations) and all(operation.get("required") for operation in same)}
        for same in by_key.values()
    ]


def _all_responses(operations: Sequence[Json]) -> Json:
    by_status: dict[str, list[Json]] = {}
    for operation in operations:
        for status, response in operation["responses"].items():
            by_status.setdefault(status, []).append(response)
    return {status: _combine_responses(_distinct(responses)) for status, responses in sorted(by_status.items())}


def _combine_responses(responses: Sequence[Json]) -> Json:
    if len(responses) == 1:
        return responses[0]
    combined: Json = {"description": " Or: ".join(response.get("description", "An error.") for response in responses)}
    schemas = [response["content"]["application/json"]["schema"] for response in responses if "content" in response]
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
                media["schema"] = self._name_object(name_of_body, media["schema"], area)

    def add_nested(self) -> None:
        """Name the objects within named schemas, after the schema and the member that they are in."""
        pending = list(self._schemas)
        while pending:
            known = set(self._schemas)
            for name in pending:
                self._name_within(name, self._schemas[name])
            pending = [name for name in self._schemas if name not in known]

    def _name_within(self, name: str, schema: Json) -> None:
        members: Json = schema.get("properties", {})
        for key, member in members.items():
            members[key] = self._name_object(f"{name}{_pascal(key)}", member)
        for keyword, suffix in (("items", "Item"), ("additionalProperties", "Value")):
            if isinstance(schema.get(keyword), dict):
                schema[keyword] = self._name_object(f"{name}{suffix}", schema[keyword])
        for part in schema.get("allOf", ()):
            self._name_within(name, part)
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                schema[keyword] = [self._name_object(f"{name}Object", part) for part in schema[keyword]]

    def _name_object(self, name: str, schema: Json, area: str = "") -> Json:
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


def _distinct(values: Iterable[Any]) -> list[Any]:
    distinct: list[Any] = []
    for value in values:
        if value not in distinct:
            distinct.append(value)
    return distinct


# Reading.


def files(folder: Path) -> list[Path]:
    """Return the files to merge: the shared part and the areas.

    Args:
        folder: The ``sandbox`` package.
    """
    areas = sorted((folder / "areas").glob("*.yaml"))
    return [folder / "kernel" / "contract" / "openapi.yaml", *areas]


def _read(path: Path) -> Json:
    try:
        import yaml  # noqa: PLC0415 - a wheel works without
    except ImportError as error:  # pragma: no cover - the tests have it
        raise ImportError(
            "the sandbox of a checkout reads its contract from YAML: pip install pyyaml, or pip install -e '.[sandbox]'"
        ) from error
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: Json = yaml.load(path.read_bytes(), loader)  # noqa: S506 - both loaders are safe
    return document
