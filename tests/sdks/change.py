"""A change that one call makes and another one shows, with the unmodified client and the sandbox that serve for it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs
import pytest

from cronofy_async.sandbox import Account, RunningSandbox, Sandbox

from ..sandbox.support import NOW
from .support import Recording, RequestError, pycronofy, response_of, settings

__all__ = ["APP", "Change", "Setup", "Step", "prepared"]

APP = "https://app.example.com"


@attrs.define(kw_only=True)
class Setup:
    """A sandbox with an account, and the client.

    Attributes:
        made: What the preparation or the change made, such as an ID.
    """

    sandbox: RunningSandbox
    ada: Account
    client: Any
    made: str = "none"

    def call(self, step: Step) -> Any:
        """Return what a call returns, pages as a list."""
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
    """A call that changes something, and what another one shows before and after.

    Attributes:
        sees: Returns the part of what the reading call returns that is compared. A refused call shows its status.
        prepare: Is called first.
        then: Is called after the change, with what it returned.
    """

    name: str
    write: Step
    read: Step
    sees: Callable[[Any], Any]
    before: Any
    after: Any
    prepare: Callable[[Setup], object] = _nothing
    then: Callable[[Setup, Any], object] = lambda _, __: None

    @property
    def methods(self) -> set[str]:
        return {self.write.method, self.read.method}

    def show(self, setup: Setup) -> Any:
        try:
            return self.sees(setup.call(self.read))
        except RequestError as error:
            return response_of(error).status_code


@contextmanager
def prepared() -> Generator[Setup]:
    """Serve a strict sandbox, and yield it with an unmodified client."""
    with Sandbox.running(now=NOW, strict=True) as sandbox, pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "API_BASE_URL", sandbox.url)
        patch.setattr(settings, "APP_BASE_URL", sandbox.url)
        sandbox.mount(APP, lambda _: None)
        ada = sandbox.add_account("ada@example.com", calendars=2)
        client = pycronofy.Client(
            client_id=sandbox.client_id,
            client_secret=sandbox.client_secret,
            access_token=ada.access_token,
            refresh_token=ada.refresh_token,
        )
        yield Setup(sandbox=sandbox, ada=ada, client=Recording(client, sandbox))
