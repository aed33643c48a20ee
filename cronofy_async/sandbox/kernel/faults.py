"""Faults: failures that tests inject into the sandbox."""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

import attrs

from .marks import UnknownRecord, action

__all__ = ["Fault", "Faults"]

CALLBACK: Final = "callback"

_HEADER_NAME: Final = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@attrs.define(eq=False, kw_only=True)
class Fault:
    """A fault, returned by ``Faults.add``. ``hits`` counts how often it occurred."""

    id: str = ""
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
        seed: The seed that decides which requests are affected by a fault with a probability.
        operations: The names of the operations.
    """

    def __init__(self, seed: int, operations: Collection[str] = ()) -> None:
        self._operations = operations
        self._random = random.Random(seed)
        self._faults: list[Fault] = []
        self._added = 0

    def __iter__(self) -> Iterator[Fault]:
        return iter(tuple(self._faults))

    @action
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
            operation: The operation, such as ``real_time_scheduling.status``; ``*`` matches any characters.
                ``callback`` is a callback that the sandbox sends: it can be delayed (``latency``), lost
                (``reset="before"``), received but recorded as failed (``reset="after"``), repeated (``duplicates``) or
                sent after the next one (``hold``).
            status: Return this status without processing the request.
            retry_after: The value of the ``Retry-After`` header, in seconds or as an HTTP date.
            headers: Other response headers.
            body: The response body: bytes are sent unchanged, anything else as JSON. Without ``status``, the request is
                processed and only the body is replaced.
            latency: The number of seconds to wait before processing the request.
            reset: Break the connection ``before`` the request is processed, or ``after``.
            truncate: Send half of the response and break the connection.
            duplicates: The number of additional times that a callback is sent.
            hold: Hold a callback until the next one has been sent. Meanwhile its outcome is ``held``.
            times: The maximum number of hits; unlimited by default.
            probability: The probability of a hit for each matching request, from 0 to 1.

        Returns:
            The fault. Its ``hits`` counts how often it occurred.

        Raises:
            ValueError: There is no such operation, the operation does not support the fault, or a value is out of range.
        """
        _check_name(operation, self._operations)
        _check_range("status", status, 200, 599)
        _check_range("latency", latency, 0, 86_400)
        _check_range("duplicates", duplicates, 0, 100)
        _check_range("times", times, 0, 1_000_000)
        _check_range("probability", probability, 0, 1)
        all_headers = dict(headers or {})
        if retry_after is not None:
            all_headers["Retry-After"] = str(retry_after)
        for name, value in all_headers.items():
            if not _HEADER_NAME.fullmatch(name) or _CONTROL.search(value):
                raise ValueError(f"headers: {name!a} must be a name, and its value have no control characters")
        if operation == CALLBACK and (status is not None or body is not None or truncate or all_headers):
            raise ValueError(
                "operation: callbacks support only latency, reset, duplicates and hold. "
                "Their responses come from your application."
            )
        if operation != CALLBACK and (duplicates or hold):
            raise ValueError("duplicates, hold: supported for callbacks only. Pass operation='callback'.")
        self._added += 1
        fault = Fault(
            id=f"flt_{self._added}",
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

    @action
    def remove(self, fault: Fault | str) -> None:
        """Remove a fault.

        Args:
            fault: The fault, or its ID.

        Raises:
            ValueError: There is no such fault.
        """
        match = next((candidate for candidate in self._faults if candidate is fault or candidate.id == fault), None)
        if match is None:
            raise UnknownRecord(f"fault: the sandbox has no fault {fault}")
        self._faults.remove(match)

    @action
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
    # Patterns match only requests: a callback must not use up a fault that is meant for the API.
    exact = fault.operation == operation
    return exact or (operation != CALLBACK and fnmatchcase(operation, fault.operation))


def _check_range(name: str, value: float | None, minimum: int, maximum: int) -> None:
    if value is not None and not minimum <= value <= maximum:
        raise ValueError(f"{name}: must be from {minimum} to {maximum:,}, got {value}")


def _check_name(pattern: str, operations: Collection[str]) -> None:
    known = [*operations, CALLBACK]
    if not any(fnmatchcase(name, pattern) for name in known):
        matches = get_close_matches(pattern, known, n=1, cutoff=0.0)
        raise ValueError(f"operation: the sandbox has no operation {pattern!r}. Did you mean {matches[0]}?")
