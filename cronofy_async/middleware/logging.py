"""One log record for each call, on the logger ``cronofy_async``.

A record holds the path, status, request ID, times and counts, but no query, header, body or token. The path shows only
IDs that are recognizably Cronofy's, since a token may have been passed as an ID by mistake.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from typing import Final

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
        redact: A function that removes the secrets of a request from a text; used for the server's request ID.
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
        logger.log(level, "%s %s: %s in %.3f s", request.method, _path(request), result, elapsed, extra=extra)


#: Cronofy's IDs, such as ``sch_64b1859e8090ea21640c915f``.
_ID: Final = re.compile(r"(?:acc|apc|cal|chn|evt|pro|res|sch|scv)_\w+")


def _path(request: Request) -> str:
    """Return the path template with the IDs that are certainly not secrets."""
    template = request.endpoint.path.split("/")
    segments = request.target.partition("?")[0].split("/")
    if len(segments) != len(template):  # a page URL from a response, which has another path
        return request.endpoint.path
    return "/".join(value if _ID.fullmatch(value) else name for name, value in zip(template, segments, strict=True))
