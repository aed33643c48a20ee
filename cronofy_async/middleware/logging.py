"""One log record for each call, on the logger ``cronofy_async``.

A record holds the path template, status, request ID, times and counts: no URL, header, body or token.
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
    """Logs successes at DEBUG, error responses at INFO, and calls without a response at WARNING.

    Args:
        clock: The clock that calls are timed with.
        redact: A function that removes the secrets of a request from a text, here the server's request ID.
    """

    def __init__(self, clock: Clock, redact: Callable[[Request, str], str]) -> None:
        self._clock = clock
        self._redact = redact

    async def __call__(self, request: Request, call_next: Handler, /) -> RawResponse:
        started = self._clock.monotonic()
        try:
            response = await call_next(request)
        except CronofyError as error:
            self._log(logging.WARNING, request, type(error).__name__, started, {"error": type(error).__name__})
            raise
        level = logging.DEBUG if response.status < 400 else logging.INFO
        if logger.isEnabledFor(level):
            request_id = response.request_id and self._redact(request, response.request_id)
            details = {"status": response.status, "request_id": request_id, "attempts": response.attempts}
            self._log(level, request, str(response.status), started, details)
        return response

    def _log(self, level: int, request: Request, result: str, started: float, details: Mapping[str, object]) -> None:
        elapsed = self._clock.monotonic() - started
        extra = {"endpoint": request.endpoint.name, "elapsed": elapsed, **details}
        logger.log(level, "%s: %s in %.3f s", request.endpoint, result, elapsed, extra=extra)
