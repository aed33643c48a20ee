"""An OpenTelemetry span and a measurement for each call.

There is no layer, and no cost, unless the application has imported ``opentelemetry`` before it creates its client. Spans
follow the stable HTTP conventions. They are named after the path template and hold no ID, query, header or body.

Docs: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
"""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import urlsplit

from .._clock import Clock
from .._version import __version__
from ..errors import CronofyError
from ..http import RawResponse, Request
from . import Handler

__all__ = ["TracingLayer", "tracing_layers"]

_NAME = "cronofy_async"


def tracing_layers(clock: Clock) -> list[TracingLayer]:
    """Return the tracing layer if the application uses OpenTelemetry, otherwise nothing."""
    return [TracingLayer(clock)] if "opentelemetry.trace" in sys.modules else []


class TracingLayer:
    """Creates a client span for each call, including its retries, and records ``http.client.request.duration``."""

    def __init__(self, clock: Clock) -> None:
        from opentelemetry import metrics, trace  # noqa: PLC0415 - an optional dependency

        self._clock = clock
        self._tracer = trace.get_tracer(_NAME, __version__)
        self._client = trace.SpanKind.CLIENT
        self._failed = trace.StatusCode.ERROR
        self._duration = metrics.get_meter(_NAME, __version__).create_histogram(
            "http.client.request.duration", unit="s", description="Duration of calls, including retries."
        )

    async def __call__(self, request: Request, call_next: Handler, /) -> RawResponse:
        attributes = _attributes(request)
        started = self._clock.monotonic()
        with self._tracer.start_as_current_span(
            str(request.endpoint), kind=self._client, attributes=attributes, record_exception=False
        ) as span:
            outcome: dict[str, Any] = {}
            try:
                response = await call_next(request)
                outcome["http.response.status_code"] = response.status
                if response.status >= 400:
                    outcome["error.type"] = str(response.status)
                if response.attempts > 1:
                    span.set_attribute("http.request.resend_count", response.attempts - 1)
                return response
            except CronofyError as error:
                outcome["error.type"] = type(error).__name__
                raise
            finally:
                span.set_attributes(outcome)
                if "error.type" in outcome:
                    span.set_status(self._failed)
                self._duration.record(self._clock.monotonic() - started, attributes | outcome)


def _attributes(request: Request) -> dict[str, str | int]:
    base = urlsplit(request.base_url)
    return {
        "http.request.method": request.method,
        "url.template": request.endpoint.path,
        "url.full": f"{request.base_url}{request.endpoint.path}",  # the template, since IDs and tokens do not belong in traces
        "server.address": base.hostname or "",
        "server.port": base.port or (443 if base.scheme == "https" else 80),
    }
