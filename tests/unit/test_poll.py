from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async import (
    ConnectError,
    CronofyClient,
    Failed,
    Forbidden,
    NotFound,
    PaymentRequired,
    RateLimit,
    ResponseLost,
    ServerError,
    Unauthorized,
)
from cronofy_async.http import RawResponse, Request
from cronofy_async.models import CreatedLink
from cronofy_async.polling import Poll, Polled, Position

from .support import client, json_response, link, other_tasks
from .virtual_clock import VirtualClock, settle


class Cronofy:
    """Responds to status requests. Some links do not exist, some always fail, and the whole server may be down."""

    def __init__(self, clock: VirtualClock, seconds: float = 0.1) -> None:
        self.clock = clock
        self.seconds = seconds
        self.requested: list[str] = []
        self.lanes: set[str] = set()
        self.down: Exception | RawResponse | None = None
        self.faults: dict[str, Exception | RawResponse] = {}
        self.in_flight = 0
        self.max_in_flight = 0

    async def __call__(self, request: Request) -> RawResponse:
        name = request.target.rpartition("/")[2].rpartition("=")[2]
        self.requested.append(name)
        self.lanes.add(request.options.lane)
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        try:
            await self.clock.sleep(self.seconds)
        finally:
            self.in_flight -= 1
        for fault in (self.down, self.faults.get(name)):
            if isinstance(fault, Exception):
                raise fault
            if fault is not None:
                return fault
        return json_response(status=404) if name.startswith("gone") else json_response(link("completed", name))


@pytest.fixture
def server(clock: VirtualClock) -> Cronofy:
    return Cronofy(clock)


def polling(server: Cronofy, **options: Any) -> CronofyClient:
    return client(server, server.clock, **({"rate_limit": None} | options))


async def run(poll: Poll[Any]) -> list[Polled[Any] | Failed[Any]]:
    async with poll as outcomes:
        return [outcome async for outcome in outcomes]


async def test_every_item_has_an_outcome(clock: VirtualClock, server: Cronofy) -> None:
    items = ["a", "b", "gone", "c"]
    async with clock.auto():
        outcomes = await run(polling(server).real_time_scheduling.poll(items))
    assert sorted(outcome.item for outcome in outcomes) == sorted(items)
    states = {outcome.item: outcome.link.status for outcome in outcomes if isinstance(outcome, Polled)}
    assert states == dict.fromkeys("abc", "completed")
    (failed,) = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    assert (failed.item, type(failed.error)) == ("gone", NotFound)
    with pytest.raises(NotFound):
        failed.result()
    assert outcomes[0].result().is_terminal
    assert server.lanes == {"background"}


async def test_items_of_the_caller_and_tokens(clock: VirtualClock, server: Cronofy) -> None:
    created = CreatedLink(real_time_scheduling_id="sch_9", url="https://app.test/rts/t0ken")
    links = polling(server).real_time_scheduling
    async with clock.auto():
        by_key = await run(links.poll([{"id": "a"}, {"id": "b"}], key=lambda row: row["id"]))
        assert sorted(outcome.item["id"] for outcome in by_key) == ["a", "b"]
        await run(links.poll([created]))
        await run(links.poll([created, "t1"], by="token", ordered=True))
    assert server.requested[2:] == ["sch_9", "t0ken", "t1"]


async def test_any_iterable_is_read_lazily(clock: VirtualClock, server: Cronofy) -> None:
    read = 0

    def million() -> Iterator[str]:
        nonlocal read
        for read in range(1, 1_000_001):
            yield f"sch_{read}"

    async with clock.auto():
        async with polling(server).real_time_scheduling.poll(million(), concurrency=8) as outcomes:
            assert outcomes.estimate is None
            count = 0
            async for _ in outcomes:
                count += 1
                if count == 20:
                    break
        assert not other_tasks()
    assert read < 60
    assert server.max_in_flight == 8


async def test_async_iterables_are_accepted(clock: VirtualClock, server: Cronofy) -> None:
    async def rows() -> AsyncIterator[str]:
        for name in "abc":
            await clock.sleep(5)
            yield name

    async with clock.auto():
        outcomes = await run(polling(server).real_time_scheduling.poll(rows(), ordered=True))
    assert [outcome.item for outcome in outcomes] == ["a", "b", "c"]


async def test_ordered_outcomes_follow_the_items(clock: VirtualClock, server: Cronofy) -> None:
    """The first one is late, and the number of outcomes that wait for it is bounded."""
    server.faults["sch_0"] = json_response(status=500)
    items = [f"sch_{number}" for number in range(100)]
    async with clock.auto():
        cronofy = polling(server)
        async with cronofy.real_time_scheduling.poll(items, ordered=True, concurrency=4) as outcomes:
            first = await anext(aiter(outcomes))
            assert first.item == "sch_0"
            assert isinstance(first, Failed)
            assert len(set(server.requested)) <= 2 * 4 + 4
            assert [outcome.item async for outcome in outcomes] == items[1:]


# The position.


@given(st.permutations(range(12)), st.integers(0, 12))
def test_a_position_contains_the_numbers_of_yielded_outcomes(order: list[int], steps: int) -> None:
    position = Position()
    for number in order[:steps]:
        position = position.including(number)
    assert [number for number in range(12) if position.includes(number)] == sorted(order[:steps])
    assert position.done not in position.beyond
    assert Position.read(str(position)) == position


@pytest.mark.parametrize("text", ["", "x", "1,,2", "-1", "+1", "1_0", " 1", "²"])
def test_an_invalid_position(text: str) -> None:
    with pytest.raises(ValueError, match="position: expected numbers such as '12,14,15', got '"):
        Position.read(text)


async def test_a_position_of_the_wrong_type(clock: VirtualClock, server: Cronofy) -> None:
    position: Any = 5

    with pytest.raises(TypeError, match="position: expected a Position or its text, got int"):
        polling(server).real_time_scheduling.poll([], position=position)


@pytest.mark.parametrize("by", ["url", None])
async def test_an_unknown_kind_of_key(clock: VirtualClock, server: Cronofy, by: Any) -> None:
    with pytest.raises(ValueError, match=f"by: expected 'id' or 'token', got {by!r}"):
        polling(server).real_time_scheduling.poll([], by=by)


async def test_the_status_of_a_value_that_is_not_a_link(clock: VirtualClock, server: Cronofy) -> None:
    link: Any = None

    with pytest.raises(ValueError, match="link: expected a link or its ID, got None"):
        await polling(server).real_time_scheduling.status(link)


async def test_only_an_invalid_item_fails(clock: VirtualClock, server: Cronofy) -> None:
    """So does an item for which ``key`` raises: a row without an ID must not end a pass over a million others."""
    ids: list[Any] = ["a", "", "sch_\ud83d", None, 7, "b"]
    rows: list[dict[str, Any]] = [{"id": ident} for ident in ids] + [{}, {"id": "c"}]

    async with clock.auto():
        outcomes = await run(polling(server).real_time_scheduling.poll(rows, key=lambda row: row["id"]))

    assert {outcome.item["id"] for outcome in outcomes if isinstance(outcome, Polled)} == {"a", "b", "c"}
    failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    assert [outcome.item for outcome in failed] == [row for row in rows if row.get("id") not in {"a", "b", "c"}]
    assert isinstance(failed[-1].error, KeyError)


@pytest.mark.parametrize("member", ["status", "url", "new"])
async def test_an_unusual_response_does_not_stop_the_pass(clock: VirtualClock, server: Cronofy, member: str) -> None:
    for name, value in (("deep", json.loads("[" * 480 + "]" * 480)), ("null", None)):
        state = link("completed", name)["real_time_scheduling"] | {member: value}
        server.faults[name] = json_response({"real_time_scheduling": state})

    async with clock.auto():
        outcomes = await run(polling(server).real_time_scheduling.poll(["deep", "null", "a"]))

    assert {outcome.item for outcome in outcomes} == {"deep", "null", "a"}
    assert "a" in {outcome.item for outcome in outcomes if isinstance(outcome, Polled)}


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("stop", [0, 1, 7, 30])
async def test_a_resumed_pass_repeats_no_yielded_item(
    clock: VirtualClock,
    server: Cronofy,
    stop: int,
    ordered: bool,
) -> None:
    items = [f"sch_{number}" for number in range(30)]
    links = polling(server).real_time_scheduling
    async with clock.auto():
        handed_out: list[str] = []
        position = "0"
        async with links.poll(items, concurrency=8, ordered=ordered) as outcomes:
            async for outcome in outcomes:
                if len(handed_out) == stop:
                    break
                handed_out.append(outcome.item)
                position = str(outcomes.position)
        server.requested.clear()
        remaining = [
            outcome.item for outcome in await run(links.poll(items, concurrency=8, ordered=ordered, position=position))
        ]
    assert sorted(handed_out + remaining) == sorted(items)
    assert set(server.requested).isdisjoint(handed_out)
    if ordered:
        assert handed_out + remaining == items


async def test_the_estimate_is_the_minimum_duration(clock: VirtualClock, server: Cronofy) -> None:
    links = polling(server, rate_limit=RateLimit(per_minute=500, share=0.8)).real_time_scheduling
    assert links.poll(["a"] * 4000).estimate == timedelta(minutes=10)
    assert links.poll(["a"] * 4000, position="2000").estimate == timedelta(minutes=5)
    assert links.poll(["a"], position="2000").estimate == timedelta()
    assert links.poll(["a"] * 4000, position=Position(done=2000)).estimate == timedelta(minutes=5)
    assert links.poll(iter(["a"])).estimate is None
    assert polling(server).real_time_scheduling.poll(["a"]).estimate is None


async def test_the_estimated_duration_is_accurate(clock: VirtualClock, server: Cronofy) -> None:
    links = polling(server, rate_limit=RateLimit(per_minute=500, share=1.0, max_wait=0.01)).real_time_scheduling
    poll = links.poll([f"sch_{number}" for number in range(1500)])
    estimate = poll.estimate
    before = clock.monotonic()
    async with clock.auto():
        outcomes = await run(poll)
    assert all(isinstance(outcome, Polled) for outcome in outcomes)
    assert estimate is not None
    assert 0.99 <= (clock.monotonic() - before) / estimate.total_seconds() <= 1.02


# The end of a pass.


@pytest.mark.parametrize(("status", "kind"), [(401, Unauthorized), (402, PaymentRequired), (403, Forbidden)])
async def test_an_error_that_affects_all_links_ends_the_pass(
    clock: VirtualClock, server: Cronofy, status: int, kind: type[Exception]
) -> None:
    server.down = json_response(status=status)
    async with clock.auto():
        with pytest.raises(kind):
            await run(polling(server).real_time_scheduling.poll([f"sch_{n}" for n in range(100)], concurrency=4))
        assert not other_tasks()
    assert len(server.requested) <= 8  # those in flight, and one more each


async def test_poll_must_be_entered_and_is_used_once(clock: VirtualClock, server: Cronofy) -> None:
    poll = polling(server).real_time_scheduling.poll(["a"])
    with pytest.raises(RuntimeError, match="async with"):
        aiter(poll)
    with pytest.raises(TypeError, match="async with"), poll:
        pass
    async with clock.auto():
        await run(poll)
        with pytest.raises(RuntimeError, match="once"):
            await run(poll)
    await poll.__aexit__(None, None, None)
    await polling(server).real_time_scheduling.poll(["a"]).__aexit__(None, None, None)
    with pytest.raises(ValueError, match="concurrency"):
        polling(server).real_time_scheduling.poll([], concurrency=0)


async def test_an_error_in_the_body_leaves_no_tasks(clock: VirtualClock, server: Cronofy) -> None:
    cronofy = polling(server)

    async def body() -> None:
        async with cronofy.real_time_scheduling.poll(str(number) for number in range(1000)) as outcomes:
            async for _ in outcomes:
                raise KeyError("of the body")

    async with clock.auto():
        with pytest.raises(KeyError, match="of the body"):
            await body()
        assert not other_tasks()
    assert server.in_flight == 0


@pytest.mark.parametrize("steps", [*range(1, 40), 60, 90])
async def test_cancellation_at_any_step_leaves_no_tasks(clock: VirtualClock, server: Cronofy, steps: int) -> None:
    limit = RateLimit(per_second=3, per_minute=60)
    cronofy = polling(server, rate_limit=limit)

    async def consume() -> None:
        async with cronofy.real_time_scheduling.poll([str(n) for n in range(12)], concurrency=3) as outcomes:
            async for _ in outcomes:
                await clock.sleep(0.01)

    task = asyncio.create_task(consume())
    for _ in range(steps):
        await settle()
        if clock.pending:
            clock.advance(0.07)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled() or task.exception() is None
    assert not other_tasks()
    assert server.in_flight == 0
    # Every permit was returned: after a minute the full limit is available again.
    clock.advance(61)
    async with clock.auto():
        before = clock.monotonic()
        async with cronofy.each(cronofy.real_time_scheduling.status("a") for _ in range(3)) as outcomes:
            assert len([outcome async for outcome in outcomes]) == 3
        assert clock.monotonic() - before == pytest.approx(0.1)


async def test_the_consumers_own_work_is_not_canceled(clock: VirtualClock, server: Cronofy) -> None:
    async with clock.auto():
        mine = asyncio.create_task(clock.sleep(50))
        async with polling(server).real_time_scheduling.poll(str(n) for n in range(100)) as outcomes:
            async for _ in outcomes:
                break
        assert not mine.done()
        await mine


# Outages.

DOWN = [
    ConnectError("refused"),
    ResponseLost("broke"),
    json_response(status=503),
    json_response(status=500),
    json_response(status=429),
]


@pytest.mark.parametrize("down", DOWN, ids=["refused", "broke", "503", "500", "429"])
@pytest.mark.parametrize("concurrency", [1, 5, 16])
async def test_a_pass_waits_for_the_end_of_an_outage_and_records_no_failure(
    clock: VirtualClock, server: Cronofy, down: Any, concurrency: int
) -> None:
    items = [f"sch_{number}" for number in range(60)]
    async with clock.auto():
        poll = polling(server, retry=None).real_time_scheduling.poll(items, concurrency=concurrency)
        async with poll as outcomes:
            results: list[Any] = []
            before = 0
            async for outcome in outcomes:
                results.append(outcome)
                if len(results) == 20:
                    server.down = down
                    asyncio.get_running_loop().call_soon(clock.call_at, clock.monotonic() + 3600, lambda: _end(server))
                    before = len(server.requested)
        assert all(isinstance(result, Polled) for result in results)
        assert sorted(outcome.item for outcome in results) == items or sorted(one.item for one in results) == sorted(
            items
        )
    # An outage of an hour took little more than one request a minute.
    assert len(server.requested) - before < 60 + 75 + 4 * concurrency
    assert not poll.is_paused


def _end(server: Cronofy) -> None:
    server.down = None


async def test_is_held_is_true_during_an_outage(clock: VirtualClock, server: Cronofy) -> None:
    server.down = ConnectError("refused")
    poll = polling(server, retry=None).real_time_scheduling.poll([str(n) for n in range(10)])
    task = asyncio.create_task(run(poll))
    for _ in range(5):
        await settle()
        clock.advance(0.5)
    assert poll.is_paused
    server.down = None
    async with clock.auto():
        assert len(await task) == 10
    assert not poll.is_paused


POISON = [ResponseLost("broke"), json_response(status=500)]


@pytest.mark.parametrize("poison", POISON, ids=["lost", "500"])
async def test_an_item_that_always_fails_is_not_an_outage(clock: VirtualClock, server: Cronofy, poison: Any) -> None:
    server.faults["sch_7"] = poison
    items = [f"sch_{number}" for number in range(200)]
    async with clock.auto():
        outcomes = await run(polling(server, retry=None).real_time_scheduling.poll(items, concurrency=4))
    failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    assert [outcome.item for outcome in failed] == ["sch_7"]
    assert isinstance(failed[0].error, ResponseLost | ServerError)
    assert server.requested.count("sch_7") == 3
    assert len(outcomes) == 200


async def test_an_item_that_always_gets_a_server_error_fails(clock: VirtualClock, server: Cronofy) -> None:
    server.faults["sch_1"] = json_response(status=500)
    async with clock.auto():
        (outcome,) = await run(polling(server, retry=None).real_time_scheduling.poll(["sch_1"]))
    assert isinstance(outcome, Failed)


async def test_an_ordered_pass_resumes_an_unordered_one(clock: VirtualClock, server: Cronofy) -> None:
    links = polling(server).real_time_scheduling
    async with clock.auto():
        outcomes = await run(links.poll([str(number) for number in range(8)], ordered=True, position="2,4,5,7"))
    assert [outcome.item for outcome in outcomes] == ["2", "3", "6"]


async def test_an_async_generator_is_closed_when_the_pass_ends_early(clock: VirtualClock, server: Cronofy) -> None:
    closed: list[bool] = []

    async def rows() -> AsyncIterator[str]:
        try:
            for number in range(100):
                yield f"sch_{number}"
        finally:
            closed.append(True)

    async with clock.auto():
        async with polling(server).real_time_scheduling.poll(rows(), concurrency=2) as outcomes:
            async for _ in outcomes:
                break
        assert closed == [True]
        assert not other_tasks()
