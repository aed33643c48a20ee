"""A change by a call of an official SDK, which another call shows, and the sandbox that both are sent to."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

import attrs

from cronofy_async.sandbox import Account, RunningSandbox, Sandbox

from ..sandbox.support import NOW
from .node_program import NodeError
from .support import Recording, RequestError, response_of

__all__ = [
    "APP",
    "Action",
    "Change",
    "Connect",
    "Outcome",
    "Setup",
    "Step",
    "outcome",
    "prepared",
    "value_at",
    "values_of",
]

APP = "https://app.example.com"

#: Returns a client of an official SDK for an account.
Connect: TypeAlias = Callable[[RunningSandbox, Account], Any]

#: A step that does not use the SDK.
Action: TypeAlias = Callable[["Setup"], Any]


@attrs.define(kw_only=True)
class Setup:
    """A sandbox with an account, and the client.

    Attributes:
        created: What the preparation or the change created, such as an ID.
    """

    sandbox: RunningSandbox
    ada: Account
    client: Any
    created: str = "none"

    def call(self, step: Step | Action) -> Any:
        """Return what a call returns, pages as a list."""
        if not isinstance(step, Step):
            return step(self)
        returned = getattr(self.client, step.method)(*step.arguments(self), **step.options(self))
        return list(returned) if step.method in {"read_events", "read_free_busy"} else returned


def _nothing(_: Setup) -> tuple[Any, ...]:
    return ()


def _no_options(_: Setup) -> dict[str, Any]:
    return {}


@attrs.frozen(eq=False)
class Step:
    """A call of a method; its arguments are made when it is called, because pycronofy changes them."""

    method: str
    arguments: Callable[[Setup], tuple[Any, ...]] = _nothing
    options: Callable[[Setup], Mapping[str, Any]] = _no_options


@attrs.frozen(eq=False, kw_only=True)
class Change:
    """A call that changes something, and the results of another call before and after.

    Attributes:
        write: The call, or, if the SDK can only read, an action of the sandbox.
        read: The other call, or, if the SDK can only write, what the sandbox has kept.
        extract: Returns the part of the result that is compared. For a rejected call, the status is compared.
        prepare: Is called first.
        after_write: Is called after the change, with its result.
        other_methods: Other methods that the change calls.
    """

    name: str
    write: Step | Action
    read: Step | Action
    extract: Callable[[Any], Any]
    before: Any
    after: Any
    prepare: Callable[[Setup], object] = _nothing
    after_write: Callable[[Setup, Any], object] = lambda _, __: None
    other_methods: tuple[str, ...] = ()

    @property
    def methods(self) -> set[str]:
        return {*self.other_methods, *(step.method for step in (self.write, self.read) if isinstance(step, Step))}

    def show(self, setup: Setup) -> Any:
        try:
            return self.extract(setup.call(self.read))
        except (RequestError, NodeError) as error:
            return response_of(error).status_code


def values_of(name: str) -> Callable[[Any], list[Any]]:
    return lambda result: [item[name] for item in result]


def value_at(*names: str) -> Callable[[Any], Any]:
    def read(result: Any) -> Any:
        for name in names:
            result = result.get(name)
        return result

    return read


@attrs.frozen
class Outcome:
    """The outcome of a change.

    Attributes:
        reached: The methods with the operations that accepted their requests.
        unknown: The sandbox's warnings about unknown members.
    """

    before: object
    after: object
    reached: set[tuple[str, str]]
    unknown: list[str]


def outcome(connect: Connect, change: Change) -> Outcome:
    """Make a change."""
    with prepared(connect) as setup:
        change.prepare(setup)
        before = change.show(setup)
        change.after_write(setup, setup.call(change.write))
        return Outcome(before, change.show(setup), setup.client.reached(), setup.sandbox.unknown_parameters)


@contextmanager
def prepared(connect: Connect) -> Generator[Setup]:
    """Serve a strict sandbox, and yield it with an unmodified client."""
    with Sandbox.running(now=NOW, strict=True) as sandbox:
        sandbox.mount(APP, lambda _: None)
        ada = sandbox.add_account("ada@example.com", calendars=2)
        yield Setup(sandbox=sandbox, ada=ada, client=Recording(connect(sandbox, ada), sandbox))
