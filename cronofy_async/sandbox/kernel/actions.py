"""Actions for tests: methods of an area's class, which is an attribute of ``Sandbox``, as SDK areas are of the client."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar, cast, overload

import attrs

from .marks import SandboxError, UnknownRecord, action, is_action
from .records import Account
from .runtime import Runtime
from .state import State

__all__ = ["Action", "Area", "AreaActions", "SandboxError", "UnknownRecord", "action", "actions_of"]

A = TypeVar("A", bound="AreaActions")
K = TypeVar("K")


class AreaActions:
    """The base of an area's class of actions."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    @property
    def state(self) -> State:
        return self.runtime.state

    def _record(self, kind: type[K], record: object, what: str) -> K:
        """Return a record of a kind: itself, or by its ID.

        Raises:
            SandboxError: There is no such record.
        """
        if isinstance(record, kind):
            return record
        stored = self.state.table(kind).get(record) if isinstance(record, str) else None
        if stored is None:
            raise UnknownRecord(f"the sandbox has no such {what}")
        return stored

    def _account(self, account: Account | str) -> Account:
        """Return an account: itself, or by its ``sub``.

        Raises:
            SandboxError: There is no such account.
        """
        stored = account if isinstance(account, Account) else self.state.accounts.get(account)
        if stored is None:
            raise UnknownRecord(f"the sandbox has no account {account}")
        return stored


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


@attrs.frozen(kw_only=True)
class Action:
    """An action: ``bookable_events.add``, or ``add_account`` for a method of the sandbox itself.

    Attributes:
        area: The name of the area, or of ``clock`` or ``faults``; ``None`` for the sandbox itself.
        function: The unbound method, or the getter of a property.
        is_property: Whether it is a property, which is read and not called.
    """

    name: str
    area: str | None
    function: Callable[..., Any]
    is_property: bool = False

    #: The parameter that the method is bound to.
    _BOUND: ClassVar = "self"

    @property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """The parameters, with annotations evaluated."""
        return {name: parameter for name, parameter in self._signature.parameters.items() if name != self._BOUND}

    @property
    def returns(self) -> Any:
        """The type of the result."""
        return self._signature.return_annotation

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.function)

    def bound_to(self, sandbox: object) -> Callable[..., Any]:
        """Return the method of a sandbox, or of its area; for a property, a function that returns its value."""
        holder = sandbox if self.area is None else getattr(sandbox, self.area)
        name = self.function.__name__
        return (lambda: getattr(holder, name)) if self.is_property else getattr(holder, name)

    @property
    def _signature(self) -> inspect.Signature:
        return inspect.signature(self.function, eval_str=True)


def actions_of(sandbox: type[Any]) -> dict[str, Action]:
    """Return the actions of a sandbox class, its areas, and its properties such as ``clock``, by name."""
    actions = list(_marked_actions(sandbox, None))
    for parent in [item for item in actions if item.is_property]:
        actions += _marked_actions(parent.returns, parent.name)
    for name in dir(sandbox):
        value = inspect.getattr_static(sandbox, name)
        if isinstance(value, Area):
            actions += _marked_actions(cast("Area[AreaActions]", value).actions, name)
    return {item.name: item for item in actions}


def _marked_actions(cls: type[Any], area: str | None) -> Iterator[Action]:
    for name in dir(cls):
        value = inspect.getattr_static(cls, name, None)
        is_property = isinstance(value, property)
        function = value.fget if isinstance(value, property) else value
        if is_action(function):
            full = f"{area}.{name}" if area else name
            yield Action(name=full, area=area, function=cast("Callable[..., Any]", function), is_property=is_property)
