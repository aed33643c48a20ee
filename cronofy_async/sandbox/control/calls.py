"""Calls of actions with arguments in JSON."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache, cached_property
from typing import Any, Protocol

import attrs

from ..kernel.actions import Action, UnknownRecord
from ..kernel.records import Account
from .docstrings import Docstring, parse_docstring
from .kinds import Kind, kind_of
from .table import TABLE

__all__ = ["Call", "Controlled", "InvalidArguments", "call_named", "calls_of"]


class InvalidArguments(ValueError):
    """An argument is missing, unknown, or of the wrong kind.

    Attributes:
        errors: The error message of each argument.
    """

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(". ".join(f"{name}: {text}" for name, text in errors.items()))
        self.errors = errors


class Controlled(Protocol):
    """The part of a sandbox that the control API needs."""

    @classmethod
    def actions(cls) -> dict[str, Action]: ...

    def account(self, account: str) -> Account: ...


@attrs.frozen(slots=False)
class Call:
    """An action that is called with arguments in JSON."""

    action: Action

    @cached_property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """The parameters that have names."""
        return {
            name: parameter
            for name, parameter in self.action.parameters.items()
            if parameter.kind is not parameter.VAR_KEYWORD
        }

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """The kinds of the parameters."""
        return {name: kind_of(parameter.annotation) for name, parameter in self.parameters.items()}

    @cached_property
    def accepts_extra(self) -> bool:
        """Whether it also takes arguments with other names."""
        return len(self.parameters) < len(self.action.parameters)

    @cached_property
    def docs(self) -> Docstring:
        return parse_docstring(self.action.function)

    def is_required(self, name: str) -> bool:
        return self.parameters[name].default is inspect.Parameter.empty

    async def perform(self, sandbox: Controlled, values: Mapping[str, Any]) -> Any:
        """Perform the action, and return its result.

        Args:
            sandbox: The sandbox.
            values: The arguments as JSON values.

        Raises:
            InvalidArguments: An argument is missing, unknown, or of the wrong kind.
            SandboxError: The action is not possible.
            ValueError: The action rejects an argument.
        """
        errors: dict[str, str] = {}
        arguments: dict[str, Any] = {}
        for name, value in values.items():
            if name in self.kinds:
                try:
                    arguments[name] = self._read(name, value, sandbox)
                except UnknownRecord:
                    raise
                except ValueError:
                    errors[name] = f"must be {self.kinds[name].description}, got {_quote(value)}"
            elif self.accepts_extra:
                arguments[name] = value
            else:
                errors[name[:64]] = "is not known" + self._near(name)
        for name in self.parameters:
            if self.is_required(name) and name not in values:
                errors[name] = "is required"
        if errors:
            raise InvalidArguments(errors)
        result = self.action.bound_to(sandbox)(**arguments)
        return await result if inspect.isawaitable(result) else result

    def _read(self, name: str, value: Any, sandbox: Controlled) -> Any:
        kind = self.kinds[name]
        argument = kind.read(value)
        return sandbox.account(argument) if kind.is_account and argument is not None else argument

    def _near(self, name: str) -> str:
        near = get_close_matches(name, self.parameters, n=1)
        if near:
            return f". Did you mean {near[0]}?"
        return f". Known are {', '.join(self.parameters)}." if self.parameters else ". There are no arguments."


def _quote(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= 64 else f"{text[:61]}..."


@cache
def calls_of(sandbox: type[Controlled]) -> Mapping[str, Call]:
    """Return the calls of all actions of a sandbox class, by name."""
    return {name: Call(action) for name, action in sorted(sandbox.actions().items())}


def call_named(name: str, calls: Mapping[str, Call]) -> Call:
    """Return the call of an action.

    Raises:
        LookupError: There is no such action; the message suggests the nearest one.
    """
    if name not in calls:
        raise LookupError(f"the sandbox has no action {_quote(name)}. Did you mean {_nearest(name, calls)}?")
    return calls[name]


def _nearest(name: str, calls: Mapping[str, Call]) -> str:
    """Return the action whose path or name ends with a name, otherwise the one with the most similar name."""
    by_suffix = {
        target.rpartition("/")[2]: action for target, action in TABLE.items() if "}/" in target and action in calls
    }
    by_suffix = {action.rpartition(".")[2]: action for action in reversed(list(calls))} | by_suffix
    if name in by_suffix:
        return by_suffix[name]
    (near,) = get_close_matches(name, calls, n=1, cutoff=0.0)
    return near
