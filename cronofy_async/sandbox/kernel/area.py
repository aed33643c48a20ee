"""The names that modules of areas import: decorators that register their code, and the types that they use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias, TypeVar

from .actions import AreaActions, SandboxError, UnknownRecord, action
from .availability.search import Slot
from .context import Context, Page
from .messages import SandboxResponse, accepted, invalid, not_emulated, not_found, oauth_error, ok, plain
from .problems import Field, Problem, errors_of
from .records import Account, Calendar, Event, EventChange, Json, Profile
from .registry import REGISTRY, Fidelity, Registry, Rule
from .runtime import Runtime
from .shallow import KeptRecord, KeptRecordPages, keep, keep_in, kept_records
from .state import State
from .tables import stored

__all__ = [
    "Account",
    "AreaActions",
    "Calendar",
    "Context",
    "Event",
    "EventChange",
    "Field",
    "Json",
    "KeptRecord",
    "KeptRecordPages",
    "Page",
    "Problem",
    "Problems",
    "Profile",
    "Runtime",
    "SandboxError",
    "SandboxResponse",
    "Slot",
    "State",
    "UnknownRecord",
    "accepted",
    "action",
    "assumption",
    "effect",
    "errors_of",
    "invalid",
    "keep",
    "keep_in",
    "kept_records",
    "not_emulated",
    "not_found",
    "oauth_error",
    "ok",
    "on_account_notification",
    "on_event_change",
    "operation",
    "plain",
    "rule",
    "stored",
]

Problems: TypeAlias = Iterator[Problem]
OperationFunction: TypeAlias = Callable[[Context], SandboxResponse]
RuleFunction: TypeAlias = Callable[[Any, Field, Context], Problems]
AccountListener: TypeAlias = Callable[[Runtime, str, Json], None]
Listener: TypeAlias = Callable[[Runtime, EventChange], None]
E = TypeVar("E", bound=Callable[..., None])


def operation(name: str, *, registry: Registry = REGISTRY) -> Callable[[OperationFunction], OperationFunction]:
    """Register the function of an operation of the contract. It takes a context and returns a response.

    Args:
        name: The operation, such as ``events.upsert``. Faults and recorded requests use this name.
        registry: For tests of the kernel.
    """

    def register(function: OperationFunction) -> OperationFunction:
        registry.add_operation(name, function)
        return function

    return register


def rule(
    *targets: str, docs: str, fidelity: Fidelity = "documented", registry: Registry = REGISTRY
) -> Callable[[RuleFunction], RuleFunction]:
    """Register a rule: a function that takes a value, its field and the context, and yields problems.

    Its docstring states the rule.

    Args:
        targets: Schemas, wherever they occur in a request; or operations, for their whole body, or query if they have no
            body.
        docs: The docs page that states the rule, or does not specify it.
        fidelity: ``documented`` or ``assumed``. An assumed rule can be switched off by the function's name.
        registry: For tests of the kernel.
    """

    def register(function: RuleFunction) -> RuleFunction:
        registry.add_rule(Rule(targets=targets, check=function, docs=docs, fidelity=fidelity))
        return function

    return register


def effect(name: str, *, registry: Registry = REGISTRY) -> Callable[[E], E]:
    """Register a module-level function for ``context.later(function, …)``. It takes the runtime and JSON values."""

    def register(function: E) -> E:
        registry.add_effect(name, function)
        return function

    return register


def assumption(name: str, text: str, *, registry: Registry = REGISTRY) -> str:
    """Declare an assumption where the docs are silent, and return its name for ``context.assumes(name)``."""
    registry.add_assumption(name, text)
    return name


def on_event_change(function: Listener, *, registry: Registry = REGISTRY) -> Listener:
    """Register a function that is called with each change of an event, by the application or a user."""
    registry.listeners.append(function)
    return function


def on_account_notification(function: AccountListener, *, registry: Registry = REGISTRY) -> AccountListener:
    """Register a function that is called with each notification of an account, for channels to pass on."""
    registry.account_listeners.append(function)
    return function
