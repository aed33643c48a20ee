from __future__ import annotations

import warnings
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from cronofy_async import CronofyClient, Done, Failed, NotFound, Outcome, each
from cronofy_async.http import RawResponse, Request
from cronofy_async.models import SchedulingLink

from .support import client, json_response, link, other_tasks
from .virtual_clock import VirtualClock


@pytest.fixture
def cronofy(clock: VirtualClock) -> CronofyClient:
    async def handler(request: Request) -> RawResponse:
        await clock.sleep(0.1)
        ident = request.target.rpartition("/")[2]
        return json_response({}, 404) if ident.endswith("3") else json_response(link(ident=ident))

    return client(handler, clock)


@pytest.mark.parametrize("of", ["client", "package"])
async def test_calls_in_bulk(cronofy: CronofyClient, clock: VirtualClock, of: str) -> None:
    calls = (cronofy.real_time_scheduling.status(f"sch_{number}") for number in range(10))
    run = cronofy.each if of == "client" else each
    statuses: dict[str, Outcome[Request, SchedulingLink]] = {}
    async with clock.auto(), run(calls, concurrency=4) as outcomes:
        async for outcome in outcomes:
            statuses[outcome.item.target.rpartition("/")[2]] = outcome
    assert len(statuses) == 10
    for ident, outcome in statuses.items():
        if ident == "sch_3":
            assert isinstance(outcome, Failed)
            assert isinstance(outcome.error, NotFound)
        else:
            assert isinstance(outcome, Done)
            assert isinstance(outcome.value, SchedulingLink)
            assert outcome.value.real_time_scheduling_id == ident


async def test_iterating_without_a_context(cronofy: CronofyClient, clock: VirtualClock) -> None:
    calls = [cronofy.real_time_scheduling.status(f"sch_{number}") for number in range(5)]
    async with clock.auto():
        assert len([outcome async for outcome in cronofy.each(calls)]) == 5


async def test_leaving_early_closes_unused_calls(cronofy: CronofyClient, clock: VirtualClock) -> None:
    """Every call that was read was started, so none warns that it was never awaited."""
    created = 0

    def calls() -> Iterator[Coroutine[Any, Any, SchedulingLink]]:
        nonlocal created
        for created in range(1, 1_000_000):
            yield cronofy.real_time_scheduling.status(f"sch_{created}")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        generated: Any = calls()
        async with clock.auto(), cronofy.each(generated, concurrency=8) as outcomes:
            async for _ in outcomes:
                break
        assert created <= 16 + 1
        assert not other_tasks()


async def test_a_used_call_does_not_stop_the_others(cronofy: CronofyClient, clock: VirtualClock) -> None:
    used, fine = cronofy.real_time_scheduling.status("sch_1"), cronofy.real_time_scheduling.status("sch_2")
    used.close()
    async with clock.auto():
        outcomes = [outcome async for outcome in each([used, fine], concurrency=1)]
    assert isinstance(outcomes[0], Failed)
    assert isinstance(outcomes[0].error, RuntimeError)
    assert isinstance(outcomes[1], Done)


def test_each_validates_its_arguments_when_called(cronofy: CronofyClient) -> None:
    with pytest.raises(ValueError, match="concurrency"):
        cronofy.each([], concurrency=0)


async def test_items_of_the_caller(cronofy: CronofyClient, clock: VirtualClock) -> None:
    pairs = ((number, cronofy.real_time_scheduling.status("sch_1")) for number in range(5))
    async with clock.auto():
        statuses = {outcome.item: outcome.result().status async for outcome in cronofy.each(pairs)}
    assert statuses.keys() == set(range(5))


async def test_an_item_that_is_not_a_call_raises(cronofy: CronofyClient, clock: VirtualClock) -> None:
    nonsense: Any = ["sch_1"]
    async with clock.auto():
        with pytest.raises(TypeError, match=r"calls: expected calls, or pairs of an item and its call, got str"):
            async for _ in cronofy.each(nonsense):
                pass
