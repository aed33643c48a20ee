from __future__ import annotations

import json
from typing import Any

import pytest

from cronofy_async.sandbox import Faults, Sandbox

from ..support import LINKS, NOW, call, create, link_body, raw

STATUS = "real_time_scheduling.status"


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW)


async def statuses(sandbox: Sandbox, times: int) -> list[int]:
    return [(await call(sandbox, "GET", f"{LINKS}/sch_0")).status for _ in range(times)]


async def test_a_status_fault_applies_a_limited_number_of_times(sandbox: Sandbox) -> None:
    fault = sandbox.faults.add(STATUS, status=429, retry_after=1.5, times=2, headers={"X-Made-Up": "1"})
    reply = await call(sandbox, "GET", f"{LINKS}/sch_0")
    assert (reply.status, reply.json) == (429, None)
    assert reply.headers == {"X-Made-Up": "1", "Retry-After": "1.5"}
    assert await statuses(sandbox, 3) == [429, 404, 404]
    assert fault.hits == 2


async def test_a_status_fault_prevents_the_operation(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada@example.com")
    sandbox.faults.add("real_time_scheduling.create", status=503)
    assert (await call(sandbox, "POST", LINKS, link_body(ada))).status == 503
    assert sandbox.links == []


@pytest.mark.parametrize(
    ("pattern", "hit"),
    [
        ("*", True),
        ("real_time_scheduling.*", True),
        ("*.status", True),
        (STATUS, True),
        ("calendars.list", False),
        ("*.status_by_token", False),
    ],
)
async def test_operation_patterns(sandbox: Sandbox, pattern: str, hit: bool) -> None:
    sandbox.faults.add(pattern, status=500)
    assert await statuses(sandbox, 1) == [500 if hit else 404]


async def test_the_first_matching_fault_applies(sandbox: Sandbox) -> None:
    sandbox.faults.add("oauth.refresh", status=500)
    first = sandbox.faults.add(status=502, times=1)
    second = sandbox.faults.add(status=503)
    assert await statuses(sandbox, 3) == [502, 503, 503]
    assert (first.hits, second.hits) == (1, 2)
    sandbox.faults.remove(second)
    assert await statuses(sandbox, 1) == [404]
    sandbox.faults.add(status=500)
    sandbox.faults.clear()
    assert await statuses(sandbox, 1) == [404]


async def test_a_body_replaces_the_response(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada@example.com")
    sandbox.faults.add("real_time_scheduling.create", body=b"<html>", times=1)
    answer = await raw(sandbox, "POST", LINKS, link_body(ada))
    assert (answer.status, answer.body) == (200, b"<html>")
    assert len(sandbox.links) == 1
    sandbox.faults.add(STATUS, status=200, body={"surprise": None})
    answer = await raw(sandbox, "GET", f"{LINKS}/sch_0")
    assert (answer.status, json.loads(answer.body)) == (200, {"surprise": None})


async def test_only_a_reset_after_performs_the_operation(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada@example.com")
    sandbox.faults.add("real_time_scheduling.create", reset="before", times=1)
    sandbox.faults.add("real_time_scheduling.create", reset="after", times=1)
    assert (await raw(sandbox, "POST", LINKS, link_body(ada))).reset
    assert sandbox.links == []
    assert (await raw(sandbox, "POST", LINKS, link_body(ada))).reset
    assert len(sandbox.links) == 1
    assert [request.status for request in sandbox.requests] == [None, None]


async def test_a_truncated_response(sandbox: Sandbox) -> None:
    ident = await create(sandbox, sandbox.add_account("ada@example.com"))
    sandbox.faults.add(STATUS, truncate=True)
    answer = await raw(sandbox, "GET", f"{LINKS}/{ident}")
    assert (answer.truncate, answer.reset) == (True, False)


async def test_latency_takes_no_real_time(sandbox: Sandbox) -> None:
    sandbox.faults.add(STATUS, latency=3600)
    assert await statuses(sandbox, 1) == [404]
    assert sandbox.clock.monotonic() == 3600


async def test_random_faults_repeat_with_the_same_seed() -> None:
    async def run(seed: int) -> list[int]:
        sandbox = Sandbox(now=NOW, seed=seed)
        fault = sandbox.faults.add(STATUS, status=500, probability=0.5)
        result = await statuses(sandbox, 200)
        assert fault.hits == result.count(500)
        return result

    first, again, other = await run(1), await run(1), await run(2)
    assert first == again != other
    assert 60 < first.count(500) < 140


@pytest.mark.parametrize(("probability", "expected"), [(0, 404), (1, 500)])
async def test_a_probability_of_one_always_applies(sandbox: Sandbox, probability: float, expected: int) -> None:
    sandbox.faults.add(STATUS, status=500, probability=probability)
    assert set(await statuses(sandbox, 20)) == {expected}


@pytest.mark.parametrize("name", ["real_time_scheduling.stauts", "status", "x*", ""])
def test_a_fault_that_cannot_match_is_an_error(name: str) -> None:
    with pytest.raises(ValueError, match=r"operation: the sandbox has no operation .*Did you mean"):
        Faults(0).add(name)


@pytest.mark.parametrize("fault", [{"status": 500}, {"body": b"x"}, {"truncate": True}, {"retry_after": 1}])
def test_request_faults_are_rejected_for_callbacks(fault: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="callbacks support only latency, reset, duplicates and hold"):
        Faults(0).add("callback", **fault)


@pytest.mark.parametrize("fault", [{"duplicates": 1}, {"hold": True}])
@pytest.mark.parametrize("operation", ["*", STATUS])
def test_callback_faults_are_rejected_for_requests(operation: str, fault: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="duplicates, hold: supported for callbacks only"):
        Faults(0, [STATUS]).add(operation, **fault)
