"""Exercises of operations: typed calls over HTTP, and later reads that show what they did.

Each module of this folder has the exercises of some areas; ``../test_every_operation.py`` runs them.
"""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeAlias

import attrs

from cronofy_async import CronofyAccount, CronofyClient
from cronofy_async.models import Event
from cronofy_async.sandbox import Account, Sandbox

__all__ = ["EXERCISES", "Exercise", "Site", "exercise", "load"]


@attrs.frozen
class Site:
    """A sandbox that is served over HTTP, and a client of it.

    Attributes:
        ada: An account of the sandbox.
        account: The same account of the client.
    """

    sandbox: Sandbox
    url: str
    cronofy: CronofyClient
    ada: Account
    account: CronofyAccount

    def of(self, account: Account) -> CronofyAccount:
        """Return the client for an account of the sandbox."""
        return self.cronofy.account(access_token=account.access_token)

    async def events(self, *, include_deleted: bool = False) -> list[Event]:
        """Return Ada's events, across pages."""
        pages = self.account.events.read(include_managed=True, include_deleted=include_deleted)
        return [event async for event in pages]


Function: TypeAlias = Callable[[Site], Awaitable[None]]


@attrs.frozen
class Exercise:
    """A function that calls some operations, and checks what they did."""

    operations: frozenset[str]
    run: Function


EXERCISES: Final[dict[str, Exercise]] = {}


def exercise(*operations: str) -> Callable[[Function], Function]:
    """Register the exercise of some operations."""

    def register(function: Function) -> Function:
        name = function.__name__
        assert name not in EXERCISES, name
        EXERCISES[name] = Exercise(frozenset(operations), function)
        return function

    return register


def load() -> dict[str, Exercise]:
    """Import the modules of this folder, and return the exercises by name."""
    for path in sorted(Path(__file__).parent.glob("*.py")):
        importlib.import_module(f"{__package__}.{path.stem}")
    return EXERCISES
