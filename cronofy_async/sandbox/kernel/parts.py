"""Merge the parts of the contract into one OpenAPI document.

The parts are ``kernel/openapi.yaml`` (shared by all areas) and ``areas/*.yaml``. In a part, a verb has an operation, or a
list of operations that share the verb and path, where all but the last have a ``when`` condition. The merge adds the
parts that all operations would repeat: path parameters and error responses.

This file imports nothing of the package, because the build runs it alone; see ``build_openapi.py``.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeAlias

__all__ = ["document", "merge", "merged_json"]

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
    "parameters",
    "responses",
)


#: The values of ``x-fidelity``, and what the description of an operation says of each.
_FIDELITY: Final = {
    "documented": "As documented.",
    "assumed": "Assumed, as the docs are silent.",
    "shallow": "Shallow: what is sent is kept and returned in the documented form, and has no further effect.",
}


def document(folder: Path) -> Json:
    """Return the contract: merged from its parts in a checkout, or as merged by the build in a wheel.

    Args:
        folder: The ``sandbox`` package.
    """
    parts = _parts(folder)
    if not parts[0].exists():
        found: Json = json.loads((folder / "openapi.json").read_text("utf-8"))
        return found
    return _cached(folder, parts)


def merged_json(folder: Path) -> str:
    """Return the merged contract as the wheel carries it."""
    base, *parts = (_read(path) for path in _parts(folder))
    return json.dumps(merge(base, parts), ensure_ascii=False, separators=(",", ":"))


def merge(base: Json, parts: Iterable[Json]) -> Json:
    """Return the OpenAPI document merged from a base and the parts of areas.

    Raises:
        ValueError: Two parts define the same thing, or operations that share a verb and path cannot be distinguished.
    """
    merged: Json = json.loads(json.dumps(base))  # a deep copy, which also separates the values that YAML aliases share
    paths: Json = merged.setdefault("paths", {})
    components: Json = merged.setdefault("components", {})
    for part in parts:
        own: Json = json.loads(json.dumps(part))
        for path, item in own.get("paths", {}).items():
            _add("paths", paths.setdefault(path, {}), item)
        for kind, values in own.get("components", {}).items():
            _add(kind, components.setdefault(kind, {}), values)
    for path, item in paths.items():
        for verb in VERBS:
            if verb in item:
                item[verb] = _finished(path, item[verb])
    used = {name for operation in _operations(paths) for way in operation["security"] for name in way}
    schemes: Json = components.get("securitySchemes", {})
    components["securitySchemes"] = {name: scheme for name, scheme in schemes.items() if name in used}
    areas = sorted({operation["tags"][0] for operation in _operations(paths)})
    merged["tags"] = [{"name": name, "description": f"The area `{name}`."} for name in areas]
    return merged


def _operations(paths: Json) -> list[Json]:
    return [item[verb] for item in paths.values() for verb in VERBS if verb in item]


def _add(kind: str, target: Json, values: Json) -> None:
    for name, value in values.items():
        if name in target:
            raise ValueError(f"{kind}: {name} is defined twice")
        target[name] = value


def _finished(path: str, found: Json | list[Json]) -> Json:
    operations = found if isinstance(found, list) else [found]
    for operation in operations:
        _add_words(operation)
        _add_path_parameters(path, operation)
        _add_errors(path, operation)
    return _combined(path, operations) if isinstance(found, list) else found


def _add_words(operation: Json) -> None:
    """Add the area as a tag, and a description, which readers and generators of OpenAPI expect."""
    operation["tags"] = [operation["operationId"].partition(".")[0]]
    operation["description"] = " ".join(
        [_FIDELITY[operation["x-fidelity"]]] + [f"Assumed: {one}" for one in operation.get("x-assumed", ())]
    )


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

    The body is an ``anyOf``, not a ``oneOf``: schemas are open, so that a body can be valid for more than one.
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
        "description": "\n\n".join(f"{operation['summary']}: {operation['description']}" for operation in operations),
        "tags": operations[0]["tags"],
        "externalDocs": operations[0]["externalDocs"],
        "x-fidelity": operations[0]["x-fidelity"],
        "security": _distinct(way for operation in operations for way in operation["security"]),
        "parameters": _all_parameters(operations),
        "responses": _all_responses(operations),
        "x-cronofy-operations": listed,
    }
    if contents:
        content = {kind: {"schema": {"anyOf": _distinct(schemas)}} for kind, schemas in contents.items()}
        combined["requestBody"] = {"content": content}
    if not combined["parameters"]:
        del combined["parameters"]
    return combined


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


def _distinct(values: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


# Reading.


def _parts(folder: Path) -> list[Path]:
    return [folder / "kernel" / "openapi.yaml", *sorted((folder / "areas").glob("*.yaml"))]


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


def _cached(folder: Path, parts: Sequence[Path]) -> Json:
    """Merge the parts, or return the cached document if none of them has changed."""
    stamps = [[str(path), path.stat().st_mtime_ns, path.stat().st_size] for path in (*parts, Path(__file__))]
    name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    file = _cache_folder() / f"contract-{name}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(file.read_text("utf-8"))
        if kept["stamps"] == stamps:
            found: Json = kept["document"]
            return found
    text = merged_json(folder)
    with suppress(OSError):  # no home directory, disk space, or permission: the parts are merged again next time
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(f".{os.getpid()}")
        new.write_text(f'{{"stamps":{json.dumps(stamps)},"document":{text}}}', "utf-8")
        new.replace(file)
    merged: Json = json.loads(text)
    return merged


def _cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    home = environment.get("LOCALAPPDATA") if sys.platform == "win32" else environment.get("XDG_CACHE_HOME")
    return Path(home or Path("~/.cache").expanduser()) / "cronofy_async"
