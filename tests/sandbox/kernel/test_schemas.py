"""Unknown members, and the descriptions of schema violations."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async.sandbox.kernel.contract.explain import explain
from cronofy_async.sandbox.kernel.contract.schemas import Schemas

COMPONENTS: Any = {
    "schemas": {
        "Place": {"type": "object", "properties": {"description": {"type": "string"}}},
        "Details": {
            "type": "object",
            "properties": {"summary": {"type": "string"}, "location": {"$ref": "#/components/schemas/Place"}},
        },
        "Upsert": {
            "allOf": [{"$ref": "#/components/schemas/Details"}],
            "required": ["event_id"],
            "properties": {
                "event_id": {"type": "string"},
                "location": {"properties": {"lat": {"description": "Anything."}}},
            },
        },
        "Tree": {
            "type": "object",
            "properties": {"children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
        },
        "Open": {"type": "object", "properties": {"a": {"description": "Anything."}}, "additionalProperties": True},
        "Map": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Place"}},
        "Any": {"type": "object"},
        "Either": {
            "oneOf": [
                {"properties": {"before": {"description": "Anything."}}},
                {"properties": {"after": {"description": "Anything."}}},
            ],
            "if": {"required": ["kind"]},
            "then": {"properties": {"kind": {"description": "Anything."}}},
        },
    }
}
SCHEMAS = Schemas(COMPONENTS)


@pytest.mark.parametrize(
    ("name", "value", "unknown"),
    [
        ("Upsert", {"event_id": "e", "summary": "s", "location": {"description": "d", "lat": 1}}, []),
        ("Upsert", {"event_id": 5, "sumary": "s", "location": {"descripton": "d"}}, ["sumary", "location.descripton"]),
        ("Upsert", [1], []),
        (
            "Tree",
            {"children": [{"children": [{"children": [{"chidren": 1}]}]}]},
            ["children[0].children[0].children[0].chidren"],
        ),
        ("Open", {"b": 1}, []),
        ("Map", {"x": {"descripton": "d"}, "y": 5}, ["x.descripton"]),
        ("Any", {"x": {"y": 1}}, []),
        ("Either", {"before": 1, "after": 2, "kind": 3, "while": 4}, ["while"]),
    ],
)
def test_unknown_members(name: str, value: Any, unknown: list[str]) -> None:
    assert list(SCHEMAS.unknown(value, {"$ref": f"#/components/schemas/{name}"})) == unknown


def test_the_closest_known_name_is_suggested() -> None:
    result = SCHEMAS.unknown({"sumary": 1, "zzz": 1}, {"$ref": "#/components/schemas/Upsert"})
    assert result == {"sumary": "sumary is not known; did you mean summary?", "zzz": "zzz is not known"}


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"required": ["a"]}, {}, "errors.required a must be specified"),
        ({"type": "string"}, 5, "errors.invalid_type  must be string"),
        ({"enum": ["x", "y"]}, "z", "errors.not_included  must be one of x, y"),
        ({"const": "x"}, "z", "errors.invalid  must be x"),
        ({"minLength": 1}, "", "errors.invalid  must not be empty"),
        ({"minLength": 2}, "x", "errors.invalid  must be at least 2 characters long"),
        ({"maxItems": 1}, [1, 2], "errors.invalid  must have at most 1 items"),
        ({"maximum": 5}, 6, "errors.invalid  must be at most 5"),
        ({"pattern": "^a", "x-message": "must begin with a"}, "b", "errors.invalid  must begin with a"),
        ({"pattern": "^a"}, "b", "errors.invalid  is not valid: pattern"),
        (
            {"properties": {"a": {"items": {"type": "string"}}}},
            {"a": ["x", 5]},
            "errors.invalid_type a[1] must be string",
        ),
        # Among alternatives, the one with the type of the value describes the problem.
        (
            {"anyOf": [{"type": "null"}, {"type": "object", "properties": {"a": {"type": "string"}}}]},
            {"a": 5},
            "errors.invalid_type a must be string",
        ),
        ({"anyOf": [{"const": "all"}, {"type": "integer", "minimum": 1}]}, 0, "errors.invalid  must be at least 1"),
        ({"anyOf": [{"type": "null"}, {"type": "object"}]}, 5, "errors.invalid  is not valid: anyOf"),
        ({"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}, {}, "errors.invalid  is not valid: oneOf"),
    ],
)
def test_descriptions_of_violations(schema: Any, value: Any, message: str) -> None:
    root = SCHEMAS.root(schema)
    (problem,) = (item for error in SCHEMAS.validator(schema).iter_errors(value) for item in explain(error, root))
    assert f"{problem.key} {problem.field} {problem.message}" == message


def test_a_validator_includes_only_referenced_components() -> None:
    assert set(SCHEMAS.root({"$ref": "#/components/schemas/Details"})["components"]["schemas"]) == {"Details", "Place"}
