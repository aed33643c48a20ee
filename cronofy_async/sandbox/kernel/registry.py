"""The registry of operations, rules, effects, assumptions and listeners, which areas fill with decorators."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias

import attrs

from .messages import SandboxResponse

__all__ = ["REGISTRY", "Fidelity", "Registry", "Rule"]

Fidelity: TypeAlias = Literal["documented", "assumed"]


@attrs.frozen(kw_only=True)
class Rule:
    """A rule that involves several members, other data or the clock, so that a schema cannot express it.

    Attributes:
        targets: The schemas that it applies to, wherever they occur; or operations, for their whole body or query.
        check: The function, which takes a value, its path and the context, and yields problems.
        docs: The docs page that states it, or does not specify it.
        fidelity: Whether the docs state it. An assumed rule can be switched off by its name.
    """

    targets: tuple[str, ...]
    check: Callable[[Any, Any, Any], Any]
    docs: str
    fidelity: Fidelity

    @property
    def name(self) -> str:
        return self.check.__name__

    @property
    def description(self) -> str:
        return inspect.cleandoc(self.check.__doc__ or "")


class Registry:
    """The operations, rules, effects, assumptions and listeners of a kernel."""

    def __init__(self) -> None:
        self.operations: dict[str, Callable[[Any], SandboxResponse]] = {}
        self.rules: list[Rule] = []
        self.effects: dict[str, Callable[..., None]] = {}
        self.assumptions: dict[str, str] = {}
        self.listeners: list[Callable[[Any, Any], None]] = []
        self.account_listeners: list[Callable[[Any, str, Mapping[str, Any]], None]] = []

    def add_operation(self, name: str, function: Callable[[Any], SandboxResponse]) -> None:
        _add(self.operations, "operation", name, function)

    def add_effect(self, name: str, function: Callable[..., None]) -> None:
        _add(self.effects, "effect", name, function)

    def add_assumption(self, name: str, text: str) -> None:
        _add(self.assumptions, "assumption", name, text)

    def add_rule(self, rule: Rule) -> None:
        if rule.fidelity == "assumed":
            self.add_assumption(rule.name, rule.description)
        self.rules.append(rule)

    def effect_name(self, function: Callable[..., None]) -> str:
        """Return the name that an effect was registered with.

        Raises:
            LookupError: It was not registered.
        """
        for name, registered in self.effects.items():
            if registered is function:
                return name
        raise LookupError(f"{function.__name__}: not registered as an effect. Mark the function with @effect(name).")


def _add(table: dict[str, Any], kind: str, name: str, value: Any) -> None:
    if name in table:
        raise ValueError(f"{kind}: {name} is registered twice")
    table[name] = value


#: The registry of the sandbox itself; tests of the kernel create their own.
REGISTRY: Final = Registry()
