"""The kernel of one sandbox, which creates and connects its parts."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import attrs

from .area import assumption
from .callbacks.callbacks import Callbacks
from .callbacks.delivery import StoredDelivery
from .clock import SandboxClock
from .context import PAGES_EXPIRE
from .contract.contract import Contract
from .dispatch import WRONG_KIND, Credentials, Dispatcher
from .effects import Effects, PendingEffect
from .faults import Faults
from .journal import Journal
from .limits import RateLimits
from .links import PageLink
from .messages import Recorded
from .records import EventChange, Json
from .registry import REGISTRY, Registry
from .rules import Rules
from .runtime import Runtime
from .scopes import SCOPES_ARE_CHECKED
from .shallow import CREDENTIALS, KeptRecord
from .state import State, StateSnapshot
from .tables import and_more, read

__all__ = ["Kernel", "Settings"]

_MAX_REQUESTS: Final = 100_000
_VERSION: Final = 1

assumption(WRONG_KIND, "A known credential of the wrong kind gets a 403. Otherwise it gets a 401.")
assumption(
    SCOPES_ARE_CHECKED,
    "An access token without a scope that the operation needs gets a 403. read_write, read_only, write_only, free_busy, and "
    "free_busy_write include the scopes that their names suggest. Otherwise any scope is sufficient.",
)
assumption(
    PAGES_EXPIRE,
    "The page URLs of events, free/busy periods, and available periods get a 404 after 10 minutes. Otherwise they do not "
    "expire.",
)


@attrs.frozen(kw_only=True)
class Settings:
    """The settings of a sandbox; see ``Sandbox``."""

    credentials: Credentials
    seed: int = 0
    strict: bool = False
    limits: bool = False
    page_size: int = 2
    write_delay: float | None = None
    assume: Mapping[str, bool] = attrs.field(factory=dict[str, bool])


@attrs.frozen(kw_only=True)
class _Clock:
    """The clock in a snapshot."""

    now: datetime
    ahead: float | None


@attrs.frozen(kw_only=True)
class _Snapshot:
    """A snapshot."""

    version: int
    clock: _Clock
    state: StateSnapshot
    effects: list[PendingEffect]
    deliveries: list[StoredDelivery]


class Kernel:
    """State, effects, callbacks, faults and the dispatcher of one sandbox.

    Args:
        contract: The contract.
        settings: The settings.
        clock: The clock, which a reset keeps.
        registry: The operations, rules and effects.

    Raises:
        ValueError: ``page_size`` is less than 1, or there is no such assumption.
    """

    def __init__(
        self, contract: Contract, settings: Settings, clock: SandboxClock, registry: Registry = REGISTRY
    ) -> None:
        if settings.page_size < 1:
            raise ValueError(f"page_size: must be at least 1, got {settings.page_size}")
        self.contract = contract
        self.settings = settings
        self.clock = clock
        self.registry = registry
        self._rules = Rules(registry)
        self.journal = Journal()
        secrets = list(settings.credentials.client_secrets)
        self.callbacks = Callbacks(secrets, clock, self._new_faults(), self.journal, self._perform)
        self.effects = Effects(clock, settings.write_delay, self._perform)
        self.reset()

    def reset(self) -> None:
        """Delete all state, requests, deliveries, pending effects and faults, and restart the IDs.

        The assumptions of the settings hold again.
        """
        self.effects.clear()
        self.journal.clear()
        self.faults = self._new_faults()
        self.callbacks.restart(self.faults)
        self.requests: deque[Recorded] = deque(maxlen=_MAX_REQUESTS)
        self.unknown_parameters: list[str] = []
        assumed = set(self.registry.assumptions)
        self.state = State(self.settings.seed, self.clock, self._notify_listeners, assumed)
        self.runtime = Runtime(
            state=self.state,
            callbacks=self.callbacks,
            effects=self.effects,
            registry=self.registry,
            assumed=assumed,
            page_size=self.settings.page_size,
            client_id=self.settings.credentials.client_id,
        )
        for name, holds in self.settings.assume.items():
            self.runtime.assume(name, holds)
        self.dispatcher = Dispatcher(
            contract=self.contract,
            registry=self.registry,
            runtime=self.runtime,
            credentials=self.settings.credentials,
            rules=self._rules,
            faults=self.faults,
            rate_limits=RateLimits(self.clock) if self.settings.limits else None,
            strict=self.settings.strict,
            requests=self.requests,
            journal=self.journal,
            unknown_parameters=self.unknown_parameters,
        )

    def snapshot(self) -> dict[str, Any]:
        """Return the state, time, pending effects and deliveries as one JSON document."""
        return {
            "version": _VERSION,
            "clock": self.clock.to_json(),
            "state": self.state.to_json(),
            "effects": self.effects.to_json(),
            "deliveries": self.callbacks.to_json(),
        }

    def restore(self, document: Json) -> None:
        """Replace the state, time, pending effects and deliveries with those of a snapshot.

        Raises:
            ValueError: The document is not a snapshot of this version, or part of it is invalid. Nothing is replaced.
        """
        if document.get("version") != _VERSION:
            raise ValueError(f"version: must be {_VERSION}, got {document.get('version')!r}. Take a new snapshot.")
        snapshot = read(document, _Snapshot, "")
        SandboxClock(snapshot.clock.now).restore(document["clock"])
        state = State(0, self.clock)
        state.restore(snapshot.state)
        for place, record in state.records():
            if isinstance(record, PageLink):
                self._check_body(record.operation, record.params, f"{place}.params")
            elif isinstance(record, KeptRecord):
                self._check_body(record.operation, record.members, f"{place}.members")
        for index, effect in enumerate(snapshot.effects):
            self._check_effect(effect, f"effects[{index}]")
        self.reset()
        self.clock.restore(document["clock"])
        self.state.restore(snapshot.state)
        self.effects.restore(snapshot.effects)
        self.callbacks.restore(snapshot.deliveries)

    def _check_body(self, name: str, body: Json, place: str) -> None:
        """Check the body of a request that a record keeps, without the credentials."""
        operation = self.contract.operations.get(name)
        if operation is None:
            raise ValueError(f"{place}: of an unknown operation {name!r}")
        problems = operation.problems_of({**dict.fromkeys(CREDENTIALS, ""), **body})
        if problems:
            raise ValueError(f"{place}.{problems[0].field}: {problems[0].message}{and_more(problems)}")

    def _check_effect(self, effect: PendingEffect, path: str) -> None:
        function = self.registry.effects.get(effect.name)
        if function is None:
            raise ValueError(f"{path}.name: unknown effect {effect.name!r}")
        try:
            inspect.signature(function).bind(self.runtime, **effect.arguments)
        except TypeError as error:
            raise ValueError(f"{path}.arguments: {error}") from None

    def _perform(self, name: str, arguments: Json) -> None:
        self.registry.effects[name](self.runtime, **arguments)

    def _notify_listeners(self, change: EventChange) -> None:
        for listener in self.registry.listeners:
            listener(self.runtime, change)

    def _new_faults(self) -> Faults:
        return Faults(self.settings.seed, self.contract.operations)
