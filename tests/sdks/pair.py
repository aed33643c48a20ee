"""Calls of pycronofy and of this package that send the same request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs

from cronofy_async import CronofyAccount, CronofyClient

__all__ = ["ACCESS_TOKEN", "APP", "APPLICATION", "END", "REFRESH_TOKEN", "START", "TIMES", "Clients", "Pair"]

APPLICATION: dict[str, Any] = {"client_id": "id", "client_secret": "the client secret"}
ACCESS_TOKEN, REFRESH_TOKEN = "the access token", "the refresh token"
APP = "https://app.example.com"
START, END = datetime(2030, 2, 1, 9, tzinfo=UTC), datetime(2030, 2, 1, 17, tzinfo=UTC)
TIMES = {"start": START, "end": END, "tzid": "Etc/UTC"}


@attrs.frozen(kw_only=True)
class Clients:
    """The client of this package, and an account of it."""

    cronofy: CronofyClient
    account: CronofyAccount


@attrs.frozen(eq=False, kw_only=True)
class Pair:
    """Calls of both packages for the same request.

    Attributes:
        method: The method of pycronofy, with its arguments.
        operation: The operation that both send.
        ours: Returns the call of this package, or the URL.
        title: Distinguishes several of the same operation.
        finish: Is called with what pycronofy returned.
    """

    method: str
    arguments: Sequence[Any] = ()
    options: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    operation: str
    ours: Callable[[Clients], Any]
    title: str = ""
    finish: Callable[[Any], object] = lambda returned: returned

    def __str__(self) -> str:
        return " ".join(filter(None, (self.method, self.operation, self.title)))
