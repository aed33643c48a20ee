"""One log record for each call, on the logger ``cronofy_async``.

What is logged is chosen, not filtered: the endpoint's template, the status, the request id, times and counts. No URL,
no header, no body, no token.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from .._clock import Clock
from ..errors import CronofyError
from ..http import RawResponse, Request
from . import Handler

__all__ = ["LoggingLayer"]

logger = logging.getLogger("cronofy_async")


class LoggingLayer:
    """Logs successes at DEBUG, errors of Cronofy at INFO, and calls that got no answer at WARNING.

    ``hide`` takes the secrets of a request out of what a server may have put them into: its request id.
    """

    def __init__(self, clock: Clock, hide: Callable[[Request, str], str]) -> None:
        self._clock = clock
        self._hide = hide

    async def __call__(self, request: Request, call_next: Handler, /) -> RawResponse:
        started = self._clock.monotonic()
        try:
            response = await call_next(request)
        except CronofyError as error:
            self._log(logging.WARNING, request, type(error).__name__, started, {"error": type(error).__name__})
            raise
        level = logging.DEBUG if response.status < 400 else logging.INFO
        if logger.isEnabledFor(level):
            name = response.request_id and self._hide(request, response.request_id)
            details = {"status": response.status, "request_id": name, "attempts": response.attempts}
            self._log(level, request, str(response.status), started, details)
        return response

    def _log(self, level: int, request: Request, result: str, started: float, details: Mapping[str, object]) -> None:
        elapsed = self._clock.monotonic() - started
        extra = {"endpoint": request.endpoint.name, "elapsed": elapsed, **details}
        logger.log(level, "%s: %s in %.3f s", request.endpoint, result, elapsed, extra=extra)
