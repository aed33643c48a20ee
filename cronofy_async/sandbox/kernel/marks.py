"""The decorator of actions, and their errors. Every module of the kernel can import them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["SandboxError", "UnknownRecord", "action", "is_action"]

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "_is_sandbox_action"


class SandboxError(Exception):
    """An action is not possible in the current state of the sandbox."""


class UnknownRecord(SandboxError, ValueError):
    """The sandbox has no such record."""


def action(function: F) -> F:
    """Mark a method that tests call, or a property that they read (below ``@property``), as an action.

    Its keyword arguments must have a JSON form; times are written in ISO 8601. The control API and the command line are made
    from these methods: their names, signatures and docstrings.
    """
    setattr(function, _MARK, True)
    return function


def is_action(function: object) -> bool:
    """Return whether a function is marked."""
    return getattr(function, _MARK, False)
