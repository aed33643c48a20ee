from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Awaitable, Callable, Generator
from typing import Any

import pytest

from cronofy_async import Call, CronofyClient, Response
from cronofy_async._clock import Clock, LoopClock
from cronofy_async.http import Credential, Endpoint, RawResponse, Request
from cronofy_async.transports import ResponseStream

from .support import Status, other_tasks, status
from .virtual_clock import VirtualClock, settle

# ---------------------------------------------------------------------------------------------------------------------
# A call runs once


async def use_by_await(call: Status) -> None:
    await call


async def use_by_task(call: Status) -> None:
    await asyncio.create_task(call)


async def use_by_response(call: Status) -> None:
    await call.response()


async def use_by_options(call: Status) -> None:
    call.with_options().close()


async def use_by_close(call: Status) -> None:
    call.close()


USES: list[Callable[[Status], Awaitable[None]]] = [
    use_by_await,
    use_by_task,
    use_by_response,
    use_by_options,
    use_by_close,
]


async def test_inspecting_a_call_does_not_use_it(cronofy: CronofyClient, clock: VirtualClock) -> None:
    looked_at = cronofy.real_time_scheduling.status("sch_1")
    assert looked_at.request == looked_at.request
    del looked_at  # and does not warn

    call = cronofy.real_time_scheduling.status("sch_1")
    assert call.request.target.endswith("/sch_1")
    async with clock.auto():
        assert (await call).status == "open"


@pytest.mark.parametrize("second", USES[:-1])
@pytest.mark.parametrize("first", USES)
async def test_a_call_is_used_once(
    cronofy: CronofyClient,
    clock: VirtualClock,
    sent: list[Request],
    first: Callable[[Status], Awaitable[None]],
    second: Callable[[Status], Awaitable[None]],
) -> None:
    call = status(cronofy)
    async with clock.auto():
        await first(call)
        before = len(sent)
        with pytest.raises(RuntimeError, match="already used"):
            await second(call)
    assert len(sent) == before


async def test_awaiting_a_call_that_runs_as_a_task(cronofy: CronofyClient, clock: VirtualClock) -> None:
    call = status(cronofy)
    task = asyncio.create_task(call)
    await settle()
    with pytest.raises(RuntimeError, match="already used"):
        await call
    async with clock.auto():
        assert (await task).status == "open"


async def test_a_call_in_two_tasks_runs_in_the_first(
    cronofy: CronofyClient, clock: VirtualClock, sent: list[Request]
) -> None:
    call = status(cronofy)
    first, second = asyncio.create_task(call), asyncio.create_task(call)
    async with clock.auto():
        with pytest.raises(RuntimeError, match="already used"):
            await second
        assert (await first).status == "open"
    assert len(sent) == 1


@pytest.mark.parametrize("number", [0, 1])
async def test_the_first_of_two_tasks_may_be_canceled(cronofy: CronofyClient, clock: VirtualClock, number: int) -> None:
    call = status(cronofy)
    tasks = [asyncio.create_task(call), asyncio.create_task(call)]
    tasks[number].cancel()
    async with clock.auto():
        await asyncio.wait(tasks)
    assert tasks[number].cancelled() or number == 1
    assert not other_tasks()
    for task in tasks:
        if not task.cancelled():
            task.exception()


def drop(call: object) -> None:
    del call


def test_a_call_that_was_never_used_warns(cronofy: CronofyClient) -> None:
    with pytest.warns(
        RuntimeWarning, match=r"<Call GET /v1/real_time_scheduling/\{real_time_scheduling_id\}> was never awaited"
    ):
        drop(status(cronofy))


@pytest.mark.parametrize("use", USES)
async def test_a_call_that_was_used_does_not_warn(
    cronofy: CronofyClient, clock: VirtualClock, use: Callable[[Status], Awaitable[None]]
) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        async with clock.auto():
            await use(status(cronofy))
        gc.collect()
    assert [str(warning.message) for warning in caught if warning.category is RuntimeWarning] == []


def test_an_uninitialized_call_does_not_warn() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        kind: type[Call[Any]] = Call
        drop(kind.__new__(kind))
        gc.collect()
    assert caught == []


# ---------------------------------------------------------------------------------------------------------------------
# Cancellation


async def test_a_task_canceled_before_it_started(cronofy: CronofyClient, sent: list[Request]) -> None:
    task = asyncio.create_task(status(cronofy))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sent == []


async def test_a_task_canceled_while_it_runs(cronofy: CronofyClient, clock: VirtualClock, sent: list[Request]) -> None:
    task = asyncio.create_task(status(cronofy))
    await settle()
    assert len(sent) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert clock.pending == 1  # the timer, which has no effect


def test_a_call_driven_with_send_and_throw(clock: VirtualClock) -> None:
    """The test does what an event loop does: send, throw, and close."""

    class Pause:
        def __await__(self) -> Generator[str, str, str]:
            return (yield "paused")

    class Paused(ReadySender):
        async def send(self, request: Request) -> Any:
            return {"heard": await Pause()}

    def call() -> Call[Any]:
        return Call(plain_request(), Paused())

    first = call()
    assert first.send(None) == "paused"
    with pytest.raises(StopIteration) as stopped:
        first.send("hello")
    assert stopped.value.value == {"heard": "hello"}
    second = call()
    second.send(None)
    with pytest.raises(KeyError):
        second.throw(KeyError("thrown"))
    third = call()
    third.send(None)
    third.close()
    with pytest.raises(RuntimeError):
        third.send(None)
    fourth = call()
    with pytest.raises(KeyError):
        fourth.throw(KeyError("before it began"))


class ReadySender:
    """A sender of which tests override the methods that are used."""

    base_url = "https://api.test"
    app_url = "https://app.test"
    client_id: str | None = None
    validate = True
    warn_unstable = False
    clock: Clock = LoopClock()
    background_rate: float | None = None

    def prepare(self, endpoint: Endpoint[Any], target: str, body: bytes | None, credential: Credential) -> Request:
        raise AssertionError

    async def send(self, request: Request) -> Any:
        raise AssertionError

    async def respond(self, request: Request) -> Response[Any]:
        raise AssertionError

    def decode(self, request: Request, response: RawResponse) -> Any:
        raise AssertionError

    async def stream(self, request: Request) -> ResponseStream:
        raise AssertionError


def plain_request() -> Request:
    from .support import request

    return request()
