"""The services of the kernel for the code of areas, whether it is run by a request, a test or the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import Any

import attrs

from .callbacks.callbacks import Callbacks, Delivery
from .effects import Effects
from .marks import UnknownRecord
from .registry import Registry
from .state import State

__all__ = ["Runtime"]


@attrs.define(eq=False, kw_only=True)
class Runtime:
    """The state, effects and callbacks of a sandbox. Effects and listeners get it as their first argument.

    Attributes:
        state: The state.
        callbacks: Sends callbacks. Use ``notify`` for those that nothing waits for.
        assumed: The names of the assumptions that hold. The state shares this set.
        page_size: The number of items on a page.
        client_id: The application's ID.
    """

    state: State
    callbacks: Callbacks
    effects: Effects
    registry: Registry
    assumed: set[str]
    page_size: int
    client_id: str

    @property
    def now(self) -> datetime:
        """The time in the sandbox, in UTC."""
        return self.state.clock.now()

    def assumes(self, name: str) -> bool:
        """Return whether an assumption holds.

        Raises:
            LookupError: No assumption has that name.
        """
        if name not in self.registry.assumptions:
            raise LookupError(f"{name}: no such assumption. Declare it with assumption(name, text).")
        return name in self.assumed

    def assume(self, name: str, holds: bool) -> None:
        """Switch an assumption on or off.

        Raises:
            ValueError: There is no such assumption.
        """
        if name not in self.registry.assumptions:
            (near,) = get_close_matches(name, self.registry.assumptions, n=1, cutoff=0.0)
            raise UnknownRecord(f"assume: the sandbox has no assumption {name!r}. Did you mean {near}?")
        (self.assumed.add if holds else self.assumed.discard)(name)

    def later(self, effect: Callable[..., None], /, **arguments: Any) -> None:
        """Apply an effect after ``Sandbox(write_delay=…)``; without a delay, apply it immediately.

        Args:
            effect: A function that is marked with ``@effect(name)``. It takes the runtime and the arguments.
            arguments: JSON values.
        """
        self.effects.add(self.registry.effect_name(effect), arguments)

    def notify_account(self, sub: str, notification: Mapping[str, Any]) -> None:
        """Pass a notification for an account to the functions that are marked with ``@on_account_notification``.

        Args:
            sub: The account.
            notification: The ``notification`` member of the callback.
        """
        for listener in self.registry.account_listeners:
            listener(self, sub, notification)

    def at(self, moment: datetime, effect: Callable[..., None], /, **arguments: Any) -> None:
        """Apply an effect at a moment on the sandbox's clock; see ``later``."""
        self.effects.add(self.registry.effect_name(effect), arguments, moment)

    def notify(
        self, url: str, message: Mapping[str, Any], effect: Callable[..., None] | None = None, /, **arguments: Any
    ) -> Delivery:
        """Queue a callback and return immediately. Callbacks are sent one at a time, in this order.

        Args:
            url: The URL to call.
            message: The body.
            effect: The effect to apply once it has been sent. It takes the runtime, the arguments, and ``status``: that of
                the response, or ``None`` if there was none.
            arguments: JSON values.
        """
        return self.callbacks.queue(url, message, effect and (self.registry.effect_name(effect), arguments))
