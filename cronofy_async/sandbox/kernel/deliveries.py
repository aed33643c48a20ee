"""Records of the callbacks that the sandbox sends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import attrs

__all__ = ["Delivery"]


@attrs.define(eq=False, kw_only=True)
class Delivery:
    """The delivery of a callback.

    Attributes:
        id: Its ID in the sandbox.
        url: The callback URL.
        body: The body, as bytes.
        headers: The headers, including the signature.
        at: When it was sent, in the sandbox's time.
        outcome: ``queued`` (not sent yet), ``answered``, ``failed`` (no response), ``lost`` or ``held`` (by a fault),
            ``refused`` (its origin is neither on this machine nor mounted) or ``none`` (the link has no URL for it, so
            nothing is sent or recorded).
        status: The status of the response; ``None`` if there was none.
        problem: The reason of a failure, in one line.
        traceback: The traceback of the application's exception, if it was raised in this process.
        then: The effect that follows once it was sent, and its arguments.
    """

    id: str = ""
    url: str
    body: bytes = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(repr=False)
    at: datetime
    outcome: Literal["queued", "answered", "failed", "lost", "held", "refused", "none"] = "failed"
    status: int | None = None
    problem: str | None = None
    traceback: str | None = attrs.field(default=None, repr=False)
    then: tuple[str, Mapping[str, Any]] | None = attrs.field(default=None, repr=False)

    @property
    def json(self) -> Any:
        """The body as JSON values; ``None`` if nothing was sent."""
        return json.loads(self.body) if self.body else None
