from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async import Done, Failed
from cronofy_async.bulk import fan_out

from .support import other_tasks
from .virtual_clock import VirtualClock, ready, settle

Start = Callable[[int], tuple[int, Awaitable[int]]]


class Work:
    """The work for each item: it takes some time, may fail, and is counted."""

    def __init__(self, clock: VirtualClock, seconds: Callable[[int], float] = lambda _: 1.0) -> None:
        self.clock = clock
        self.seconds = seconds
        self.started: list[int] = []
        self.cancelled: list[int] = []
        self.in_flight = 0
        self.max_in_flight = 0

    def __call__(self, item: int) -> tuple[int, Awaitable[int]]:
        return item, self.work(item)

    async def work(self, item: int) -> int:
        self.started.append(item)
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        try:
            await self.clock.sleep(self.seconds(item))
        except asyncio.CancelledError:
            self.cancelled.append(item)
            raise
        finally:
            self.in_flight -= 1
        return item * 10


class Source:
    """An iterable that counts how many items were read, and records whether it was closed."""

    def __init__(self, items: Iterable[int]) -> None:
        self._items = items
        self.read = 0
        self.closed = False

    def plain(self) -> Iterator[int]:
        for item in self._items:
            self.read += 1
            yield item

    async def generator(self) -> AsyncGenerator[int]:
        try:
            for item in self._items:
                await asyncio.sleep(0)
                self.read += 1
                yield item
        finally:
            self.closed = True


class Bare:
    """An async iterable that is not a generator."""

    def __init__(self, number: int) -> None:
        self._items = iter(range(number))

    def __aiter__(self) -> AsyncIterator[int]:
        return self

    async def __anext__(self) -> int:
        for item in self._items:
            return item
        raise StopAsyncIteration


@pytest.fixture(autouse=True)
async def nothing_is_left() -> AsyncGenerator[None]:
    yield
    assert not other_tasks()


# ---------------------------------------------------------------------------------------------------------------------
# Outcomes, their order, and concurrency


async def test_outcomes_are_yielded_in_order_of_completion(clock: VirtualClock) -> None:
    work = Work(clock, lambda item: [3.0, 1.0, 2.0][item])
    async with clock.auto():
        outcomes = [outcome async for outcome in fan_out(range(3), work, concurrency=3)]
    assert outcomes == [Done(1, 10), Done(2, 20), Done(0, 0)]
    assert [outcome.result() for outcome in outcomes] == [10, 20, 0]


@pytest.mark.parametrize(
    "items",
    [list(range(7)), range(7), iter(range(7)), Source(range(7)).plain()],
    ids=["list", "range", "iterator", "generator"],
)
async def test_any_plain_iterable(clock: VirtualClock, items: Iterable[int]) -> None:
    async with clock.auto():
        completed = [outcome.item async for outcome in fan_out(items, Work(clock), concurrency=2)]
    assert completed == list(range(7))


async def test_any_async_iterable(clock: VirtualClock) -> None:
    source = Source(range(7))
    async with clock.auto():
        assert [outcome.item async for outcome in fan_out(source.generator(), Work(clock), concurrency=2)] == [
            *range(7)
        ]
        assert [outcome.item async for outcome in fan_out(Bare(7), Work(clock), concurrency=2)] == [*range(7)]
    assert source.closed


async def test_an_empty_iterable(clock: VirtualClock) -> None:
    assert [outcome async for outcome in fan_out([], Work(clock), concurrency=2)] == []


@pytest.mark.parametrize(("items", "concurrency", "most"), [(100, 8, 8), (100, 1, 1), (5, 64, 5)])
async def test_concurrency_is_reached_and_never_exceeded(
    clock: VirtualClock, items: int, concurrency: int, most: int
) -> None:
    work = Work(clock)
    async with clock.auto():
        assert len([1 async for _ in fan_out(range(items), work, concurrency=concurrency)]) == items
    assert work.max_in_flight == most
    assert clock.monotonic() - 1000 == -(-items // concurrency)  # always full


@given(durations=st.lists(st.integers(0, 5), max_size=40), concurrency=st.integers(1, 8), pause=st.integers(0, 3))
def test_every_item_is_yielded_once(durations: list[int], concurrency: int, pause: int) -> None:
    clock = VirtualClock()
    work = Work(clock, lambda item: durations[item])

    async def run() -> list[int]:
        completed: list[int] = []
        async with clock.auto():
            async for outcome in fan_out(range(len(durations)), work, concurrency=concurrency):
                completed.append(outcome.item)
                if pause:
                    await clock.sleep(pause)
        assert not other_tasks()
        return completed

    assert sorted(asyncio.run(run())) == list(range(len(durations)))
    assert work.max_in_flight <= concurrency
    assert work.started == list(range(len(durations)))


async def test_a_slow_consumer_delays_further_calls(clock: VirtualClock) -> None:
    """The number of outcomes that are not yet consumed is also bounded."""
    source = Source(range(1000))
    work = Work(clock, lambda _: 0.01)
    outcomes = fan_out(source.plain(), work, concurrency=4)
    async with clock.auto():
        started = 0
        async for _ in outcomes:
            started += 1
            await clock.sleep(10)
            assert source.read <= started + 8
            if started == 20:
                break
        await outcomes.aclose()


async def test_a_million_items_are_read_as_needed(clock: VirtualClock) -> None:
    for make in (Source.plain, Source.generator):
        source = Source(itertools.count())
        items: Any = make(source)
        outcomes = fan_out(items, Work(clock), concurrency=5)
        async with clock.auto():
            completed = 0
            async for _ in outcomes:
                completed += 1
                if completed == 30:
                    break
            await outcomes.aclose()
        assert source.read <= 30 + 10


@pytest.mark.parametrize("concurrency", [0, -1])
def test_an_invalid_concurrency(clock: VirtualClock, concurrency: int) -> None:
    with pytest.raises(ValueError, match="concurrency"):
        fan_out([], Work(clock), concurrency=concurrency)


# ---------------------------------------------------------------------------------------------------------------------
# Errors


async def test_an_error_in_one_call_does_not_stop_the_others(clock: VirtualClock) -> None:
    errors = {2: KeyError("two"), 3: TimeoutError("three")}

    async def work(item: int) -> int:
        await clock.sleep(1)
        if item in errors:
            raise errors[item]
        return item

    async with clock.auto():
        outcomes = [outcome async for outcome in fan_out(range(6), lambda item: (item, work(item)), concurrency=2)]
    assert [type(outcome) for outcome in outcomes] == [Done, Done, Failed, Failed, Done, Done]
    assert outcomes[2] == Failed(2, errors[2])
    with pytest.raises(KeyError, match="two"):
        outcomes[2].result()


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_an_error_of_the_iterable_is_raised(clock: VirtualClock, asynchronous: bool) -> None:
    def plain() -> Iterator[int]:
        yield from range(3)
        raise OSError("the file ends here")

    async def generator() -> AsyncGenerator[int]:
        for item in plain():
            yield item

    work = Work(clock)
    completed: list[int] = []

    async def run() -> None:
        async for outcome in fan_out(generator() if asynchronous else plain(), work, concurrency=2):
            completed.append(outcome.item)  # noqa: PERF401 - what came before the error counts

    async with clock.auto():
        with pytest.raises(OSError, match="the file ends here"):
            await run()
    assert completed == [0, 1]
    assert work.cancelled == [2]


async def test_an_error_while_starting_a_call_is_raised(clock: VirtualClock) -> None:
    def start(item: int) -> tuple[int, Awaitable[int]]:
        raise TypeError("not an item")

    with pytest.raises(TypeError, match="not an item"):
        await anext(fan_out(range(3), start, concurrency=2))


async def test_a_call_that_cancels_itself_raises_in_the_consumer(clock: VirtualClock) -> None:
    """As when the call is awaited."""

    async def work(item: int) -> int:
        raise asyncio.CancelledError("within")

    outcomes = fan_out(range(3), lambda item: (item, work(item)), concurrency=1)
    with pytest.raises(asyncio.CancelledError, match="within"):
        await anext(outcomes)


async def test_an_error_in_the_body_of_the_consumer(clock: VirtualClock) -> None:
    work = Work(clock)

    async def run() -> None:
        async with cronofy_each(fan_out(range(10), work, concurrency=3)) as outcomes:
            async for _ in outcomes:
                raise KeyError("in the body")

    async with clock.auto():
        with pytest.raises(KeyError, match="in the body"):
            await run()
        assert not other_tasks()
    assert work.in_flight == 0


class cronofy_each:  # noqa: N801
    """Wrap a generator in ``async with``, as ``Outcomes`` does."""

    def __init__(self, outcomes: AsyncGenerator[Any]) -> None:
        self._outcomes = outcomes

    async def __aenter__(self) -> AsyncGenerator[Any]:
        return self._outcomes

    async def __aexit__(self, *_: object) -> None:
        await self._outcomes.aclose()


# ---------------------------------------------------------------------------------------------------------------------
# Leaving early


@pytest.mark.parametrize("after", [0, 1, 5])
async def test_leaving_early_leaves_no_tasks(clock: VirtualClock, after: int) -> None:
    source = Source(range(1000))
    work = Work(clock, lambda item: 1 + item % 3)
    async with clock.auto():
        outcomes = fan_out(source.generator(), work, concurrency=4)
        for _ in range(after):
            await anext(outcomes)
        await outcomes.aclose()
        assert not other_tasks()
    assert work.in_flight == 0
    assert source.closed == (after > 0)
    assert clock.pending == 0


async def test_a_call_that_raises_an_error_when_canceled(clock: VirtualClock) -> None:
    """The iterator must neither wait for the call forever nor start another one."""
    work = Work(clock)

    async def stubborn(item: int) -> int:
        try:
            return await work.work(item)
        except asyncio.CancelledError:
            raise OSError("connection closed") from None

    outcomes = fan_out(itertools.count(), lambda item: (item, stubborn(item)), concurrency=3)
    async with clock.auto():
        await anext(outcomes)
        await outcomes.aclose()
    assert work.in_flight == 0
    assert len(work.started) <= 6


async def test_an_iterable_that_raises_an_error_when_canceled(clock: VirtualClock) -> None:
    async def source() -> AsyncGenerator[int]:
        yield 1
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise OSError("connection closed") from None

    outcomes = fan_out(source(), Work(clock), concurrency=3)
    async with clock.auto():
        await anext(outcomes)
        await outcomes.aclose()


async def consume(clock: VirtualClock, work: Work, log: list[int]) -> None:
    source = Source(range(8))
    async with cronofy_each(fan_out(source.generator(), work, concurrency=3)) as outcomes:
        async for outcome in outcomes:
            log.append(outcome.item)
            await clock.sleep(0.5)
            if len(log) == 6:
                break


@pytest.mark.parametrize("times", [1, 2])
async def test_cancellation_at_any_step(clock: VirtualClock, times: int) -> None:
    """Cancel the consumer at its n-th step, for every n, and again while it cleans up."""
    ended = 0
    for step in itertools.count():
        work = Work(clock, lambda item: 0.3 + item % 3)
        log: list[int] = []
        task = asyncio.create_task(consume(clock, work, log))
        for _ in range(step):
            if not task.done():
                await one_step(clock)
        if task.done():
            await task
            ended = step
            break
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
        async with clock.auto():
            await asyncio.wait([task])
        assert task.cancelled() or len(log) == 6
        assert work.in_flight == 0
        assert not other_tasks()
        assert clock.pending == 0
    assert ended > 20


async def one_step(clock: VirtualClock) -> None:
    """Run one iteration of the loop, or advance to the next timer if the loop is idle."""
    await asyncio.sleep(0)
    if not ready(asyncio.get_running_loop()):
        clock.advance_to_next()


async def test_dropping_the_iterator_ends_it(clock: VirtualClock) -> None:
    work = Work(clock)

    async def run() -> None:
        async for _ in fan_out(range(100), work, concurrency=3):
            break

    async with clock.auto():
        await run()
    await settle()
    assert not other_tasks()
    assert work.in_flight == 0
