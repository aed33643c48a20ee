from __future__ import annotations

import asyncio
import logging

import pytest

from cronofy_async.errors import ConnectError, DeadlineExceeded
from cronofy_async.http import RawResponse, Request
from cronofy_async.middleware.logging import LoggingLayer

from .support import json_response, request
from .virtual_clock import VirtualClock


def unchanged(_: Request, text: str) -> str:
    return text


ANSWERS: list[tuple[RawResponse | BaseException, int, str, dict[str, object]]] = [
    (
        RawResponse(status=200, headers={"x-request-id": "req-1"}, attempts=2),
        logging.DEBUG,
        "GET /v1/things/{id}: 200 in 1.500 s",
        {"status": 200, "request_id": "req-1", "attempts": 2},
    ),
    (json_response(status=302), logging.DEBUG, "GET /v1/things/{id}: 302 in 1.500 s", {"status": 302}),
    (
        json_response(status=404),
        logging.INFO,
        "GET /v1/things/{id}: 404 in 1.500 s",
        {"status": 404, "request_id": None},
    ),
    (json_response(status=500), logging.INFO, "GET /v1/things/{id}: 500 in 1.500 s", {"status": 500}),
    (ConnectError("x"), logging.WARNING, "GET /v1/things/{id}: ConnectError in 1.500 s", {"error": "ConnectError"}),
    (DeadlineExceeded("x"), logging.WARNING, "GET /v1/things/{id}: DeadlineExceeded in 1.500 s", {}),
]


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/v1/things/sch_64b1859e8090ea21640c915f?token=hidden", "/v1/things/sch_64b1859e8090ea21640c915f"),
        ("/v1/things/PG5NnqAbCdEfGhIjKlMn", "/v1/things/{id}"),
        ("/v1/pages/of/things/1", "/v1/things/{id}"),
    ],
)
async def test_cronofy_ids_are_logged(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture, target: str, path: str
) -> None:
    async def send(_: Request) -> RawResponse:
        return json_response(status=404)

    with caplog.at_level(logging.INFO, logger="cronofy_async"):
        await LoggingLayer(clock, unchanged)(request(target=target), send)

    assert caplog.messages == [f"GET {path}: 404 in 0.000 s"]


@pytest.mark.parametrize(("outcome", "level", "message", "details"), ANSWERS, ids=lambda value: str(value)[:40])
async def test_each_call_is_one_record(
    *,
    clock: VirtualClock,
    caplog: pytest.LogCaptureFixture,
    outcome: RawResponse | BaseException,
    level: int,
    message: str,
    details: dict[str, object],
) -> None:
    caplog.set_level(logging.DEBUG, logger="cronofy_async")

    async def send(_: Request) -> RawResponse:
        clock.advance(1.5)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    sending = LoggingLayer(clock, unchanged)(request(target="/v1/things/1?token=hidden"), send)
    if isinstance(outcome, BaseException):
        with pytest.raises(type(outcome)):
            await sending
    else:
        assert await sending is outcome
    (record,) = caplog.records
    assert (record.name, record.levelno, record.getMessage()) == ("cronofy_async", level, message)
    expected = {"endpoint": "things.read", "elapsed": 1.5, **details}
    assert expected.items() <= record.__dict__.items()
    assert "hidden" not in str(record.__dict__)


@pytest.mark.parametrize(("level", "logged"), [(logging.DEBUG, 2), (logging.INFO, 1), (logging.WARNING, 0)])
async def test_configured_levels_are_respected(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture, level: int, logged: int
) -> None:
    caplog.set_level(level, logger="cronofy_async")

    async def succeed(_: Request) -> RawResponse:
        return json_response()

    async def failed(_: Request) -> RawResponse:
        return json_response(status=500)

    await LoggingLayer(clock, unchanged)(request(), succeed)
    await LoggingLayer(clock, unchanged)(request(), failed)
    assert len(caplog.records) == logged


@pytest.mark.parametrize("error", [asyncio.CancelledError(), KeyError("a bug")])
async def test_unrelated_errors_are_not_logged(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    caplog.set_level(logging.DEBUG, logger="cronofy_async")

    async def send(_: Request) -> RawResponse:
        raise error

    with pytest.raises(type(error)):
        await LoggingLayer(clock, unchanged)(request(), send)
    assert not caplog.records


async def test_a_request_id_is_logged_without_secrets(clock: VirtualClock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="cronofy_async")
    outgoing = request()

    async def send(_: Request) -> RawResponse:
        return json_response(x_request_id="id-s3cret")

    def hide(of: Request, text: str) -> str:
        assert of is outgoing
        return text.replace("s3cret", "…")

    await LoggingLayer(clock, hide)(outgoing, send)
    assert vars(caplog.records[-1])["request_id"] == "id-…"
