"""Faults: what goes wrong in the sandbox, on demand."""

from __future__ import annotations

import random
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Literal

import attrs

__all__ = ["Fault", "Faults"]


@attrs.define(eq=False, kw_only=True)
class Fault:
    """One thing that goes wrong; made by :meth:`Faults.add`. ``hits`` counts how often it did."""

    operation: str
    status: int | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict)
    body: Any = None
    latency: float = 0.0
    reset: Literal["before", "after"] | None = None
    truncate: bool = False
    times: int | None = None
    probability: float = 1.0
    hits: int = 0


class Faults:
    """The faults of a sandbox."""

    def __init__(self, seed: int) -> None:
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
        times: int | None = None,
        probability: float = 1.0,
    ) -> Fault:
        """Let something go wrong.

        Args:
            operation: the operation, such as ``real_time_scheduling.status``; ``*`` stands for any characters.
            status: answer with this status, without doing what was asked.
            retry_after: the header ``Retry-After``.
            headers: other headers.
            body: what to answer with: bytes as they are, anything else as JSON. Without ``status``, the request is
                processed and its answer replaced.
            latency: the seconds that pass before the request is looked at.
            reset: break the connection ``before`` the request is processed, or ``after``.
            truncate: send half of the answer and break the connection.
            times: how often; always without.
            probability: how often, of the requests that it is for, from 0 to 1.

        Returns:
            The fault, whose ``hits`` counts.
        """
        all_headers = dict(headers or {})
        if retry_after is not None:
            all_headers["Retry-After"] = str(retry_after)
        fault = Fault(
            operation=operation,
            status=status,
            headers=all_headers,
            body=body,
            latency=latency,
            reset=reset,
            truncate=truncate,
            times=times,
            probability=probability,
        )
        self._faults.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Let it go right again."""
        self._faults.remove(fault)

    def clear(self) -> None:
        """Remove all faults."""
        self._faults.clear()

    def take(self, operation: str) -> Fault | None:
        """The fault that befalls a request for ``operation``, if any; it counts as a hit."""
        for fault in self._faults:
            if fault.times is not None and fault.hits >= fault.times:
                continue
            if not fnmatchcase(operation, fault.operation):
                continue
            if fault.probability < 1 and self._random.random() >= fault.probability:
                continue
            fault.hits += 1
            return fault
        return None
