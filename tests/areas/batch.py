"""Examples of batches. The calls that a batch collects are tested in ``../unit/test_batching.py``."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async.models import BatchRequest, BatchResponse, BatchResult

from .example import EXTRA, Example, ModelExample, answering

EVENTS = "/v1/calendars/cal_n23kjnwrw2_jsdfjksn234/events"
MEETING: dict[str, Any] = {
    "event_id": "qTtZdczOccgaPncGJaCiLg",
    "summary": "Board meeting",
    "description": "Discuss plans for the next quarter.",
    "start": "2024-10-31T15:30:00Z",
    "end": "2024-10-31T17:00:00Z",
}
BOARD: dict[str, Any] = {
    "event_id": "qTtZdczOccgaPncGJaCiLg",
    "description": "Discuss plans for the next quarter.",
    "start": "2014-08-05T15:30:00Z",
    "end": "2014-08-05T17:00:00Z",
    "location": {"description": "Board room"},
}
NO_SUMMARY = {"event_id": "no-summary", "start": "2024-10-31T15:30:00Z", "end": "2024-10-31T17:00:00Z"}
ERRORS = {"errors": {"summary": [{"key": "errors.required", "description": "summary must be specified"}]}}

EXAMPLES = [
    Example(
        endpoint="batch.execute",
        call=lambda client: client.account(access_token="token").batch.execute(
            [
                BatchRequest("POST", EVENTS, MEETING),
                BatchRequest("DELETE", EVENTS, {"event_id": "asd1knkjsndk123123"}),
                {"method": "POST", "relative_url": EVENTS, "data": NO_SUMMARY},
            ]
        ),
        request="POST /v1/batch",
        json={
            "batch": [
                {"method": "POST", "relative_url": EVENTS, "data": MEETING},
                {"method": "DELETE", "relative_url": EVENTS, "data": {"event_id": "asd1knkjsndk123123"}},
                {"method": "POST", "relative_url": EVENTS, "data": NO_SUMMARY},
            ]
        },
        status=207,
        response={"batch": [{"status": 202}, {"status": 202}, {"status": 422, "data": ERRORS}]},
        result=BatchResult(
            batch=(BatchResponse(status=202), BatchResponse(status=202), BatchResponse(status=422, data=ERRORS))
        ),
    ),
    Example(
        endpoint="batch.execute",
        title="an error",
        call=lambda client: client.account(access_token="token").batch.execute(
            [
                BatchRequest("DELETE", "/v1/calendars/cal_123_abc/events", {"event_id": "456"}),
                BatchRequest("POST", "/v1/calendars/cal_123_abc/events", BOARD),
            ]
        ),
        request="POST /v1/batch",
        json={
            "batch": [
                {"method": "DELETE", "relative_url": "/v1/calendars/cal_123_abc/events", "data": {"event_id": "456"}},
                {"method": "POST", "relative_url": "/v1/calendars/cal_123_abc/events", "data": BOARD},
            ]
        },
        status=207,
        response={"batch": [{"status": 202}, {"status": 422, "data": ERRORS}]},
        result=BatchResult(batch=(BatchResponse(status=202), BatchResponse(status=422, data=ERRORS))),
    ),
]

MODELS: list[ModelExample] = [
    (
        BatchRequest("DELETE", EVENTS, {"event_id": "a"}),
        {"method": "DELETE", "relative_url": EVENTS, "data": {"event_id": "a"}},
    ),
    (
        BatchResponse(status=422, headers={"X-Request-Id": "1"}, data=ERRORS, extra=EXTRA),
        {"status": 422, "headers": {"X-Request-Id": "1"}, "data": ERRORS, **EXTRA},
    ),
    (BatchResult(batch=(BatchResponse(status=202),)), {"batch": [{"status": 202}]}),
]


@pytest.mark.parametrize(
    ("status", "is_success"), [(199, False), (200, True), (202, True), (302, False), (402, False), (502, False)]
)
def test_a_response_of_a_batch_is_a_success_or_not(status: int, is_success: bool) -> None:
    assert BatchResponse(status=status).is_success is is_success


def test_the_responses_of_a_batch_are_iterated_over() -> None:
    responses = (BatchResponse(status=202), BatchResponse(status=404))
    result = BatchResult(batch=responses)

    assert (tuple(result), len(result)) == (responses, 2)


async def test_a_batch_has_at_most_50_requests() -> None:
    client, transport = answering({"batch": []}, 207)
    account = client.account(access_token="token")
    requests = [BatchRequest("DELETE", EVENTS, {"event_id": str(number)}) for number in range(51)]

    with pytest.raises(ValueError, match=r"^batch: at most 50 requests are allowed, got 51"):
        _ = account.batch.execute(requests)
    await account.batch.execute(requests[:50])

    assert len(transport.requests) == 1
