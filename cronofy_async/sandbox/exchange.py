"""A request to the sandbox and its answer, whatever they travel on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from .contract import Errors
from .state import Account, State

__all__ = ["Answer", "Incoming", "Recorded", "Task", "invalid", "not_emulated", "oauth_error"]


@attrs.frozen(kw_only=True)
class Incoming:
    """A request as it came: ``base_url`` is how it reached the sandbox, ``headers`` are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    base_url: str


@attrs.frozen(kw_only=True)
class Answer:
    """What the sandbox answers. ``reset`` breaks the connection instead, ``truncate`` in the middle of it."""

    status: int
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    body: bytes = attrs.field(default=b"", repr=False)
    reset: bool = False
    truncate: bool = False

    @classmethod
    def of(cls, status: int, value: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """An answer with a JSON body, or with none."""
        if value is None:
            return cls(status=status, headers=headers or {})
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return cls(
            status=status, headers={"Content-Type": "application/json; charset=utf-8", **(headers or {})}, body=body
        )


def invalid(errors: Errors) -> Answer:
    """Cronofy's 422."""
    return Answer.of(422, {"errors": errors})


def oauth_error(error: str, description: str | None = None) -> Answer:
    """An error of the token endpoint (RFC 6749, section 5.2)."""
    return Answer.of(400, {"error": error} | ({"error_description": description} if description else {}))


def not_emulated(what: str) -> Answer:
    """What the sandbox does not know is never faked."""
    return Answer.of(501, {"error": "not_emulated", "error_description": f"the sandbox does not know {what}"})


@attrs.frozen(kw_only=True)
class Task:
    """What a handler works on: a request that was found to be in order."""

    state: State
    now: datetime
    base_url: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    account: Account | None


@attrs.frozen(kw_only=True)
class Recorded:
    """A request that reached the sandbox.

    Attributes:
        operation: which one; ``None`` if the sandbox does not know it.
        json: its body, as JSON values.
        unknown: hints to what is in it that the contract does not know.
        status: the status it was answered with; ``None`` if the connection was broken.
    """

    operation: str | None
    method: str
    path: str
    query: str = attrs.field(repr=False)
    json: Any = attrs.field(repr=False)
    unknown: tuple[str, ...] = ()
    status: int | None
