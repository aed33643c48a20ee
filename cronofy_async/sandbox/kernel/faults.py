"""Faults: failures of the sandbox on demand."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

import attrs

__all__ = ["Fault", "Faults"]

CALLBACK: Final = "callback"


@attrs.define(eq=False, kw_only=True)
class Fault:
    """A fault, made by ``Faults.add``. ``hits`` counts how often it occurred."""

    operation: str
    status: int | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    body: Any = None
    latency: float = 0.0
    reset: Literal["before", "after"] | None = None
    truncate: bool = False
    duplicates: int = 0
    hold: bool = False
    times: int | None = None
    probability: float = 1.0
    hits: int = 0


class Faults:
    """The faults of a sandbox.

    Args:
        seed: Decides which requests a fault with a probability is for.
        operations: The names of the operations.
    """

    def __init__(self, seed: int, operations: Collection[str] = ()) -> None:
        self._operations = operations
        self._random = random.Random(seed)
        self._faults: list[Fault] = []

    def add(
        self,
        operation: str = "*",
        *,
        status: int | None = None,
        retry_after: float | str | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        latency: float = 0.0,
        reset: Literal["before", "after"] | None = None,
        truncate: bool = False,
        duplicates: int = 0,
        hold: bool = False,
        times: int | None = None,
        probability: float = 1.0,
    ) -> Fault:
        """Add a fault.

        Args:
            operation: the operation, such as ``real_time_scheduling.status``; ``*`` stands for any characters.
                ``callback`` is a callback that the sandbox sends: it can be late (``latency``), lost
                (``reset="before"``), received without the sandbox knowing (``reset="after"``), repeated
                (``duplicates``) and overtaken by the next one (``hold``).
            status: answer with this status, without doing what was asked.
            retry_after: the header ``Retry-After``.
            headers: other headers.
            body: what to answer with: bytes as they are, anything else as JSON. Without ``status``, the request is
                processed and its answer replaced.
            latency: the seconds that pass before the request is looked at.
            reset: break the connection ``before`` the request is processed, or ``after``.
            truncate: send half of the answer and break the connection.
            duplicates: how many more times a callback is sent.
            hold: keep a callback back until the next one has been sent. Meanwhile its outcome is ``held``.
            times: how often; always without.
            probability: how often, of the requests that it is for, from 0 to 1.

        Returns:
            The fault, whose ``hits`` counts.

        Raises:
            ValueError: there is no such operation, or no such fault of it.
        """
        _check_name(operation, self._operations)
        all_headers = dict(headers or {})
        if retry_after is not None:
            all_headers["Retry-After"] = str(retry_after)
        if operation == CALLBACK and (status is not None or body is not None or truncate or all_headers):
            raise ValueError(
                "callback: only latency, reset, duplicates and hold are known for it; answers come from the application"
            )
        if operation != CALLBACK and (duplicates or hold):
            raise ValueError("duplicates, hold: for callbacks only")
        fault = Fault(
            operation=operation,
            status=status,
            headers=all_headers,
            body=body,
            latency=latency,
            reset=reset,
            truncate=truncate,
            duplicates=duplicates,
            hold=hold,
            times=times,
            probability=probability,
        )
        self._faults.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Remove a fault."""
        self._faults.remove(fault)

    def clear(self) -> None:
        """Remove all faults."""
        self._faults.clear()

    def take(self, operation: str) -> Fault | None:
        """Return the fault for a request of ``operation``, if any, and count a hit."""
        for fault in self._faults:
            if fault.times is not None and fault.hits >= fault.times:
                continue
            if not _is_for(fault, operation):
                continue
            if fault.probability < 1 and self._random.random() >= fault.probability:
                continue
            fault.hits += 1
            return fault
        return None


def _is_for(fault: Fault, operation: str) -> bool:
    # A pattern is for requests: a fault of the API must not be used up by a callback.
    exact = fault.operation == operation
    return exact or (operation != CALLBACK and fnmatchcase(operation, fault.operation))


def _check_name(pattern: str, operations: Collection[str]) -> None:
    known = [*operations, CALLBACK]
    if not any(fnmatchcase(name, pattern) for name in known):
        near = get_close_matches(pattern, known, n=1, cutoff=0.0)
        raise ValueError(f"operation: {pattern!r} is none of the sandbox's; did you mean {near[0]}?")
