"""Spans and measurements, with OpenTelemetry's own SDK."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import Histogram, InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from cronofy_async import CronofyClient, DeadlineExceeded, NotFound, Timeout
from cronofy_async.http import RawResponse, Request

from .support import client, json_response, link, script
from .virtual_clock import VirtualClock


class Telemetry:
    """The OpenTelemetry setup of an application."""

    def __init__(self) -> None:
        self.spans = InMemorySpanExporter()
        self.metrics = InMemoryMetricReader()
        self.tracer = TracerProvider()
        self.tracer.add_span_processor(SimpleSpanProcessor(self.spans))
        self.meter = MeterProvider(metric_readers=[self.metrics])

    def span(self) -> ReadableSpan:
        (span,) = self.spans.get_finished_spans()
        return span

    def durations(self) -> Histogram:
        data = self.metrics.get_metrics_data()
        assert data is not None
        ((metric,),) = [[*scope.metrics] for resource in data.resource_metrics for scope in resource.scope_metrics]
        assert (metric.name, metric.unit) == ("http.client.request.duration", "s")
        assert isinstance(metric.data, Histogram)
        return metric.data


@pytest.fixture
def telemetry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Telemetry]:
    found = Telemetry()
    monkeypatch.setattr(trace, "get_tracer", found.tracer.get_tracer)
    monkeypatch.setattr(metrics, "get_meter", found.meter.get_meter)
    yield found
    found.tracer.shutdown()
    found.meter.shutdown()


COMMON = {
    "http.request.method": "GET",
    "url.template": "/v1/real_time_scheduling/{real_time_scheduling_id}",
    "url.full": "https://api.cronofy.com/v1/real_time_scheduling/{real_time_scheduling_id}",
    "server.address": "api.cronofy.com",
    "server.port": 443,
}


async def test_a_call_is_one_span_including_retries(clock: VirtualClock, telemetry: Telemetry) -> None:
    cronofy = client(script(json_response(status=500), json_response(link())), clock)
    async with clock.auto():
        await cronofy.real_time_scheduling.status("sch_1")
    span = telemetry.span()
    assert (span.name, span.kind) == ("GET /v1/real_time_scheduling/{real_time_scheduling_id}", SpanKind.CLIENT)
    assert span.attributes == COMMON | {"http.response.status_code": 200, "http.request.resend_count": 1}
    assert span.status.status_code is StatusCode.UNSET
    (point,) = telemetry.durations().data_points
    assert point.attributes == COMMON | {"http.response.status_code": 200}
    assert point.sum == pytest.approx(clock.monotonic() - 1000)


async def test_an_api_error(clock: VirtualClock, telemetry: Telemetry) -> None:
    cronofy = client(lambda _: json_response({"s3cret": 1}, 404), clock)
    async with clock.auto():
        with pytest.raises(NotFound):
            await cronofy.real_time_scheduling.status("sch_1")
    span = telemetry.span()
    assert span.attributes == COMMON | {"http.response.status_code": 404, "error.type": "404"}
    assert span.status.status_code is StatusCode.ERROR


async def test_a_call_without_a_response(clock: VirtualClock, telemetry: Telemetry) -> None:
    async def never(_: Request) -> RawResponse:
        await clock.sleep(10**6)
        raise AssertionError

    cronofy = client(never, clock, timeout=Timeout(attempt=None, total=5))
    async with clock.auto():
        with pytest.raises(DeadlineExceeded):
            await cronofy.real_time_scheduling.status("sch_1")
    span = telemetry.span()
    assert span.attributes == COMMON | {"error.type": "DeadlineExceeded"}
    assert (span.events, span.status.status_code) == ((), StatusCode.ERROR)


async def test_calls_inside_a_span_are_its_children(clock: VirtualClock, telemetry: Telemetry) -> None:
    cronofy = client(lambda _: json_response(link()), clock, base_url="http://127.0.0.1:8910")
    async with clock.auto():
        with telemetry.tracer.get_tracer("app").start_as_current_span("request") as parent:
            await cronofy.real_time_scheduling.status_by_token("t0ken")
    call, request = telemetry.spans.get_finished_spans()
    assert call.parent == parent.get_span_context()
    assert request.name == "request"
    assert call.attributes is not None
    assert (call.attributes["server.address"], call.attributes["server.port"]) == ("127.0.0.1", 8910)
    assert "t0ken" not in str(call.to_json())


async def test_plain_http_has_port_80(clock: VirtualClock, telemetry: Telemetry) -> None:
    async with clock.auto():
        await client(lambda _: json_response(link()), clock, base_url="http://api.test").real_time_scheduling.status(
            "sch_1"
        )
    assert (telemetry.span().attributes or {})["server.port"] == 80


def test_without_opentelemetry_there_is_no_layer() -> None:
    program = (
        "import sys; from cronofy_async import CronofyClient; CronofyClient(); "
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"
    assert isinstance(CronofyClient(), CronofyClient)
