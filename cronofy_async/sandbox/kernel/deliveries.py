"""A callback that the sandbox sent, or did not send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import attrs

__all__ = ["Delivery"]


@attrs.define(eq=False, kw_only=True)
class Delivery:
    """A callback that was sent, or was not.

    Attributes:
        url: Where to.
        body: The bytes.
        headers: With the signature.
        at: When, in the sandbox's time.
        outcome: ``queued`` (not sent yet), ``answered``, ``failed`` (no answer), ``lost`` or ``held`` (by a fault) or
            ``refused`` (its origin is neither on this machine nor mounted).
        status: The status of the answer.
        problem: The failure, in a line.
        traceback: Where the application raised, if it did so in this process.
    """

    url: str
    body: bytes = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(repr=False)
    at: datetime
    outcome: Literal["queued", "answered", "failed", "lost", "held", "refused"] = "failed"
    status: int | None = None
    problem: str | None = None
    traceback: str | None = attrs.field(default=None, repr=False)

    @property
    def json(self) -> Any:
        """The body as JSON values."""
        return json.loads(self.body)
