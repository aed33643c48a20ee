from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async import ApiError, RateLimit, RetryPolicy, ServerError
from cronofy_async.errors import (
    ConnectError,
    RequestTimeout,
    ResponseLost,
    ResponseTooLarge,
    TransportError,
)
from cronofy_async.http import Options, RawResponse, Request
from cronofy_async.middleware.retry import RetryBudget, RetryLayer

from .support import READ, WRITE, client, json_response, link, request, script
from .virtual_clock import VirtualClock

NOW = datetime(2030, 1, 1, tzinfo=UTC)
POLICY = RetryPolicy(attempts=4, base=1, cap=5, max_retry_after=120)

BOTH = (True, False)
SENT_NO = (ConnectError("x"), RequestTimeout("x", sent="no"))
SENT_MAYBE = (ResponseLost("x"), RequestTimeout("x"), TransportError("x"))
DATE = "Tue, 01 Jan 2030 00:00:07 GMT"
PAST = "Mon, 31 Dec 2029 00:00:00 GMT"
FAR = "Wed, 02 Jan 2030 00:00:00 GMT"

JITTER = 0.5  # the random draw in the table, for a first wait of 1 s


def delay(
    outcome: RawResponse | TransportError, *, idempotent: bool, attempt: int = 1, draw: float = 0.5
) -> float | None:
    return POLICY.delay(attempt, outcome, idempotent=idempotent, now=NOW, draw=lambda: draw)


@pytest.mark.parametrize(
    ("outcome", "idempotent", "expected"),
    [
        # Requests that were never sent are always retried.
        *((error, idempotent, JITTER) for error in SENT_NO for idempotent in BOTH),
        # Requests that may have been processed are retried if idempotent.
        *((error, True, JITTER) for error in SENT_MAYBE),
        *((error, False, None) for error in SENT_MAYBE),
        *((json_response(status=status), True, JITTER) for status in (500, 502, 503, 504)),
        *((json_response(status=status), False, None) for status in (500, 502, 503, 504)),
        # Requests that were rejected unprocessed are always retried.
        *((json_response(status=429), idempotent, JITTER) for idempotent in BOTH),
        *((json_response(status=429, retry_after="7"), idempotent, 7) for idempotent in BOTH),
        *((json_response(status=503, retry_after="7"), idempotent, 7) for idempotent in BOTH),
        # Retry-After in its forms.
        (json_response(status=429, retry_after="0"), False, 0),
        (json_response(status=429, retry_after="1.5"), False, 1.5),
        (json_response(status=429, retry_after=" 7 "), False, 7),
        (json_response(status=429, retry_after=DATE), False, 7),
        (json_response(status=429, retry_after=PAST), False, 0),
        (json_response(status=429, retry_after="120"), False, 120),
        (json_response(status=429, retry_after="121"), False, None),
        (json_response(status=429, retry_after=FAR), False, None),
        (json_response(status=503, retry_after=FAR), True, None),
        (json_response(status=429, retry_after="9" * 400), False, None),
        (json_response(status=429, retry_after="soon"), False, JITTER),
        (json_response(status=429, retry_after="-3"), False, JITTER),
        (json_response(status=429, retry_after=""), False, JITTER),
        (json_response(status=503, retry_after="soon"), False, JITTER),
        (json_response(status=500, retry_after="7"), True, 7),
        (json_response(status=500, retry_after="7"), False, None),
        # Responses that would not change.
        *(
            (json_response(status=status), idempotent, None)
            for status in (400, 401, 402, 403, 404, 405, 409, 410, 418, 422, 423, 501, 505)
            for idempotent in BOTH
        ),
        *((ResponseTooLarge("x"), idempotent, None) for idempotent in BOTH),
    ],
    ids=str,
)
def test_the_retry_table(outcome: RawResponse | TransportError, idempotent: bool, expected: float | None) -> None:
    assert delay(outcome, idempotent=idempotent) == expected
    assert delay(outcome, idempotent=idempotent, attempt=4) is None


@pytest.mark.parametrize(("attempt", "longest"), [(1, 1), (2, 2), (3, 4), (4, None), (5, None)], ids=str)
def test_the_longest_wait_doubles(attempt: int, longest: float | None) -> None:
    assert delay(json_response(status=500), idempotent=True, attempt=attempt, draw=1) == longest
    if longest is not None:
        assert delay(json_response(status=500), idempotent=True, attempt=attempt, draw=0) == 0


@given(
    attempt=st.integers(1, 2000),
    base=st.floats(0.001, 100),
    cap=st.floats(0.001, 100),
    draw=st.floats(0, 1),
)
def test_jitter_is_full_and_bounded(attempt: int, base: float, cap: float, draw: float) -> None:
    policy = RetryPolicy(attempts=3000, base=base, cap=cap)
    wait = policy.delay(attempt, json_response(status=500), idempotent=True, now=NOW, draw=lambda: draw)
    assert wait is not None
    assert wait == draw * min(cap, base * 2 ** min(attempt - 1, 200))


@pytest.mark.parametrize("attempt", [1, 10, 1024, 1025, 100_000])
def test_waits_stay_finite_for_any_number_of_attempts(attempt: int) -> None:
    policy = RetryPolicy(attempts=200_000, cap=30)
    wait = policy.delay(attempt, json_response(status=500), idempotent=True, now=NOW, draw=lambda: 1.0)
    assert wait == min(30, 0.5 * 2.0 ** min(attempt - 1, 99))


@pytest.mark.parametrize(
    "wrong", [{"attempts": 0}, {"base": -1}, {"cap": -1}, {"max_retry_after": -1}, {"budget": -1}, {"reserve": -1}]
)
def test_invalid_settings(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        RetryPolicy(**wrong)


@given(
    ratio=st.floats(0, 2),
    reserve=st.floats(0, 30),
    failures=st.lists(st.integers(0, 5), max_size=200),
)
def test_the_budget_is_never_exceeded(ratio: float, reserve: float, failures: list[int]) -> None:
    budget = RetryBudget(ratio, reserve)
    retries = 0
    for calls, failure_count in enumerate(failures, start=1):
        budget.earn()
        for _ in range(failure_count):
            retries += budget.spend()
        assert retries <= reserve + ratio * calls + 1e-6


def test_the_budget_refills_up_to_its_maximum() -> None:
    budget = RetryBudget(0.5, 2)
    budget.earn()
    spent = 0
    while budget.spend():
        spent += 1
    assert spent == 2
    for _ in range(1000):
        budget.earn()
    spent = 0
    while budget.spend():
        spent += 1
    assert spent == 2


class Sent:
    """A handler that records the requests."""

    def __init__(self, *responses: RawResponse | TransportError) -> None:
        self.attempts: list[int] = []
        self._script = script(*responses)

    async def __call__(self, request: Request) -> RawResponse:
        self.attempts.append(request.attempt)
        response = self._script(request)
        assert isinstance(response, RawResponse)
        return response


def layer(clock: VirtualClock, **settings: Any) -> RetryLayer:
    return RetryLayer(RetryPolicy(**settings), clock, draw=lambda: 1.0)


FAILED = json_response(status=500)
FINE = json_response({})


@pytest.mark.parametrize(
    ("responses", "options", "status", "attempts"),
    [
        ([FINE], Options(), 200, 1),
        ([FAILED, FINE], Options(), 200, 2),
        ([ConnectError("x"), ResponseLost("x"), FAILED, FINE], Options(), 200, 4),
        ([FAILED] * 4, Options(), 500, 4),
        ([FAILED], Options(retries=0), 500, 1),
        ([FAILED] * 2, Options(retries=1), 500, 2),
        ([FAILED] * 7, Options(retries=6), 500, 7),
        ([FAILED], Options(idempotent=False), 500, 1),
        ([json_response(status=429), FINE], Options(idempotent=False), 200, 2),
        ([json_response(status=404)], Options(), 404, 1),
    ],
)
async def test_retries_of_a_read(
    clock: VirtualClock, responses: list[Any], options: Options, status: int, attempts: int
) -> None:
    sent = Sent(*responses)
    async with clock.auto():
        response = await layer(clock)(request(READ, options=options), sent)
    assert (response.status, response.attempts) == (status, attempts)
    assert sent.attempts == list(range(1, attempts + 1))


@pytest.mark.parametrize(
    ("responses", "options", "status", "attempts"),
    [
        ([FAILED], Options(), 500, 1),
        ([FAILED, FINE], Options(idempotent=True), 200, 2),
        ([json_response(status=429), FINE], Options(), 200, 2),
        ([json_response(status=503)], Options(), 503, 1),
        ([json_response(status=503, retry_after="1"), FINE], Options(), 200, 2),
        ([ConnectError("x"), FINE], Options(), 200, 2),
    ],
)
async def test_retries_of_a_write(
    clock: VirtualClock, responses: list[Any], options: Options, status: int, attempts: int
) -> None:
    async with clock.auto():
        response = await layer(clock)(request(WRITE, options=options), Sent(*responses))
    assert (response.status, response.attempts) == (status, attempts)


async def test_the_last_error_is_raised(clock: VirtualClock) -> None:
    lost = ResponseLost("the last")
    async with clock.auto():
        with pytest.raises(ResponseLost) as caught:
            await layer(clock)(request(), Sent(ConnectError("x"), ConnectError("x"), ConnectError("x"), lost))
    assert caught.value is lost
    with pytest.raises(ResponseLost):
        await layer(clock)(request(WRITE), Sent(ResponseLost("x")))


async def test_the_waits_between_attempts(clock: VirtualClock) -> None:
    async with clock.auto():
        await layer(clock, base=1)(request(), Sent(FAILED, json_response(status=429, retry_after="20"), FAILED, FINE))
    assert clock.monotonic() - 1000 == 1 + 20 + 4


async def test_retries_do_not_multiply_an_outage(clock: VirtualClock) -> None:
    retry = layer(clock, budget=0.1, reserve=5)
    sent = 0

    async def down(_: Request) -> RawResponse:
        nonlocal sent
        sent += 1
        return FAILED

    async with clock.auto():
        for _ in range(1000):
            assert (await retry(request(), down)).status == 500
    assert 1000 < sent <= 1000 + 5 + 100


async def test_429s_use_no_retry_budget(clock: VirtualClock) -> None:
    retry = layer(clock, budget=0, reserve=0)
    async with clock.auto():
        assert (await retry(request(), Sent(json_response(status=429), json_response(status=429), FINE))).attempts == 3
        failed = await retry(request(), Sent(FAILED))
        assert (failed.attempts, failed.not_retried) == (
            1,
            "too many other calls were retried (RetryPolicy.budget).",
        )
        with pytest.raises(ConnectError):
            await retry(request(), Sent(ConnectError("x")))


async def test_attempts_of_inner_layers_are_counted(clock: VirtualClock) -> None:
    """The second request after a 401 counts as an attempt."""
    sent = Sent(RawResponse(status=500, attempts=2), ConnectError("x"), RawResponse(status=200, attempts=2))
    async with clock.auto():
        assert (await layer(clock)(request(), sent)).attempts == 5


async def test_retries_are_logged_without_the_url(clock: VirtualClock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="cronofy_async")
    async with clock.auto():
        await layer(clock)(request(target="/v1/things/1?token=hidden"), Sent(FAILED, ConnectError("x"), FINE))
    assert [record.getMessage() for record in caplog.records] == [
        "GET /v1/things/{id}: status 500; attempt 2 in 0.50 s",
        "GET /v1/things/{id}: ConnectError; attempt 3 in 1.00 s",
    ]


async def test_the_number_of_attempts_is_configurable(clock: VirtualClock) -> None:
    handler = script(
        FAILED, ConnectError("x"), json_response(link()), *[FAILED] * 4, FAILED, json_response(link()), FAILED
    )
    cronofy = client(handler, clock, retry=RetryPolicy(), rate_limit=RateLimit())
    links = cronofy.real_time_scheduling
    async with clock.auto():
        assert (await links.status("a").response()).attempts == 3
        with pytest.raises(ServerError) as caught:
            await links.status("b")
        assert caught.value.attempts == 4
        assert "4 attempts" in str(caught.value)
        assert (await links.status("c").with_options(retries=1).response()).attempts == 2
        with pytest.raises(ApiError) as once:
            await links.status("d").with_options(retries=0)
        assert once.value.attempts == 1


async def test_without_retries_a_request_is_sent_once(clock: VirtualClock) -> None:
    cronofy = client(script(FAILED), clock, retry=None)
    with pytest.raises(ServerError) as caught:
        await cronofy.real_time_scheduling.status("a")
    assert caught.value.attempts == 1
