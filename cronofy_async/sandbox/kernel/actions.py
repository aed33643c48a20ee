"""Actions for tests: methods of an area's class, which is an attribute of ``Sandbox``, as SDK areas are of the client."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar, cast, overload

import attrs

from .runtime import Runtime
from .state import State

__all__ = ["Action", "Area", "AreaActions", "SandboxError", "action", "actions_of"]

A = TypeVar("A", bound="AreaActions")
F = TypeVar("F", bound=Callable[..., Any])

_MARK = "_is_sandbox_action"


class SandboxError(Exception):
    """An action is not possible in the current state of the sandbox."""


class AreaActions:
    """The base of an area's class of actions."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    @property
    def state(self) -> State:
        return self.runtime.state


class HasRuntime(Protocol):
    """The part of a sandbox that areas need."""

    @property
    def runtime(self) -> Runtime: ...


class Area(Generic[A]):
    """Binds an area's class to the sandbox: ``bookable_events = Area(BookableEvents)``."""

    def __init__(self, actions: type[A]) -> None:
        self.actions = actions

    @overload
    def __get__(self, sandbox: None, owner: type) -> Self: ...
    @overload
    def __get__(self, sandbox: HasRuntime, owner: type) -> A: ...
    def __get__(self, sandbox: HasRuntime | None, owner: type) -> Self | A:
        return self if sandbox is None else self.actions(sandbox.runtime)


def action(function: F) -> F:
    """Mark a method that tests call. Its keyword arguments must have a JSON form; times are written in ISO 8601.

    The control API and the command line are made from these methods: their names, signatures and docstrings.
    """
    setattr(function, _MARK, True)
    return function


@attrs.frozen(kw_only=True)
class Action:
    """An action: ``bookable_events.add``, or ``add_account`` for a method of the sandbox itself.

    Attributes:
        area: The name of the area; ``None`` for the sandbox itself.
        function: The unbound method.
    """

    name: str
    area: str | None
    function: Callable[..., Any]

    #: The parameter that the method is bound to.
    _BOUND: ClassVar = "self"

    @property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """The parameters, with annotations evaluated."""
        signature = inspect.signature(self.function, eval_str=True)
        return {name: one for name, one in signature.parameters.items() if name != self._BOUND}

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.function)

    def bound_to(self, sandbox: object) -> Callable[..., Any]:
        """Return the method of a sandbox, or of its area."""
        holder = sandbox if self.area is None else getattr(sandbox, self.area)
        method: Callable[..., Any] = getattr(holder, self.function.__name__)
        return method


def actions_of(sandbox: type[Any]) -> dict[str, Action]:
    """Return the actions of a sandbox class and its areas, by name."""
    found: dict[str, Action] = {}
    for name in dir(sandbox):
        value = inspect.getattr_static(sandbox, name)
        if isinstance(value, Area):
            for method in _marked(cast("Area[AreaActions]", value).actions):
                full = f"{name}.{method.__name__}"
                found[full] = Action(name=full, area=name, function=method)
    for method in _marked(sandbox):
        found[method.__name__] = Action(name=method.__name__, area=None, function=method)
    return found


def _marked(kind: type[Any]) -> list[Callable[..., Any]]:
    methods = [inspect.getattr_static(kind, name) for name in dir(kind)]
    return [method for method in methods if getattr(method, _MARK, False)]
