"""Apply rules to a request: those of the schemas that occur in it, and those of its operation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .context import Context
from .problems import Field, Problem
from .registry import Registry, Rule

__all__ = ["Rules"]


class Rules:
    """The rules of a registry, by schema and operation."""

    def __init__(self, registry: Registry) -> None:
        self._rules: dict[str, list[Rule]] = {}
        for rule in registry.rules:
            for target in rule.targets:
                self._rules.setdefault(target, []).append(rule)

    def problems(self, context: Context) -> Iterator[Problem]:
        """Yield the problems that rules find in a request that matches its schema."""
        seen: set[tuple[str, str]] = set()
        for name, value, field in _named(context):
            for rule in self._rules.get(name, ()):
                holds = rule.fidelity == "documented" or context.assumes(rule.name)
                if holds and (rule.name, str(field)) not in seen:
                    seen.add((rule.name, str(field)))
                    yield from rule.check(value, field, context)


def _named(context: Context) -> Iterator[tuple[str, Any, Field]]:
    operation, schemas = context.operation, context.operation.schemas
    if operation.body_schema is None:
        yield operation.name, context.query, Field()
    else:
        yield operation.name, context.body, Field()
        yield from schemas.named(context.body, operation.body_schema)
    for parameter in operation.parameters:
        name = parameter["name"].removesuffix("[]")
        if name in context.query:
            yield from schemas.named(context.query[name], parameter["schema"], Field(name))
