"""Many calls: run so many at a time, and give what came of each as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from types import TracebackType
from typing import Any, Generic, TypeAlias, TypeVar, overload

import attrs

from .call import Call
from .http import Request

__all__ = ["Done", "Failed", "Outcome", "Outcomes", "each", "end_of", "fan_out", "read_any"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
I = TypeVar("I")  # noqa: E741 - an item
I_co = TypeVar("I_co", covariant=True)


@attrs.frozen
class Done(Generic[I_co, T_co]):
    """An item that was worked off, and what came of it."""

    item: I_co
    value: T_co

    def result(self) -> T_co:
        """The value."""
        return self.value


@attrs.frozen
class Failed(Generic[I_co]):
    """An item that failed, and the error."""

    item: I_co
    error: Exception

    def result(self) -> Any:
        """Raise the error."""
        raise self.error


Outcome: TypeAlias = Done[I_co, T_co] | Failed[I_co]


class Outcomes(Generic[I_co, T_co]):
    """Outcomes as they come.

    Enter it with ``async with`` so that leaving the loop early leaves nothing running::

        async with cronofy.each(calls) as outcomes:
            async for outcome in outcomes:
                ...

    A bare ``async for`` works as well; after a ``break`` it ends as soon as the iterator is dropped.
    """

    def __init__(self, outcomes: AsyncGenerator[Outcome[I_co, T_co], None]) -> None:
        self._outcomes = outcomes

    def __aiter__(self) -> AsyncIterator[Outcome[I_co, T_co]]:
        return self._outcomes

    async def __aenter__(self) -> Outcomes[I_co, T_co]:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._outcomes.aclose()


@overload
def each(calls: Iterable[Call[T]] | AsyncIterable[Call[T]], *, concurrency: int = 64) -> Outcomes[Request, T]: ...


@overload
def each(
    calls: Iterable[tuple[I, Call[T]]] | AsyncIterable[tuple[I, Call[T]]], *, concurrency: int = 64
) -> Outcomes[I, T]: ...


def each(calls: Iterable[Any] | AsyncIterable[Any], *, concurrency: int = 64) -> Outcomes[Any, Any]:
    """Run calls, so many at a time, and give an outcome for each as it comes.

    Args:
        calls: calls, or pairs of an item of yours and its call; any iterable, plain or async, of any size. It is read
            as far as needed.
        concurrency: how many calls are under way at once.

    Returns:
        What to iterate over: :class:`Done` with ``item`` and ``value``, or :class:`Failed` with ``item`` and
        ``error``. The item is yours, or the request of the call. An error of a call is the outcome of its item and
        ends nothing. An error of the iterable is raised, and so is a ``TypeError`` for an item that is no call: no
        further items can be read then. To have a bad id fail alone, use ``poll`` with ``key``.

    Raises:
        ValueError: ``concurrency`` is less than 1.

    Example::

        pairs = ((row, cronofy.real_time_scheduling.status(row.link_id)) for row in rows)
        async with cronofy.each(pairs) as outcomes:
            async for outcome in outcomes:
                print(outcome.item, outcome.result().status)
    """
    return Outcomes(fan_out(calls, _named, concurrency=concurrency))


def _named(entry: Any) -> tuple[Any, Call[Any]]:
    call: Any = entry[1] if _is_pair(entry) else entry
    if not _is_call(call):
        raise TypeError(f"each takes calls, or pairs of an item and a call, not a {type(entry).__name__}")
    return (entry[0] if _is_pair(entry) else call._request), call  # noqa: SLF001


def _is_pair(entry: object) -> bool:
    return isinstance(entry, tuple)


def _is_call(entry: object) -> bool:
    return isinstance(entry, Call)


X = TypeVar("X")


def fan_out(
    items: Iterable[X] | AsyncIterable[X],
    start: Callable[[X], tuple[I_co, Awaitable[T]]],
    *,
    concurrency: int,
) -> AsyncGenerator[Outcome[I_co, T], None]:
    """Work items off, so many at a time: ``start`` gives what to call the item in its outcome, and what to await.

    Closing the generator cancels what is under way and waits for it.
    """
    if concurrency < 1:
        raise ValueError(f"concurrency: must be at least 1, got {concurrency}")
    return _fan_out(read_any(items), start, concurrency)


async def _fan_out(
    source: AsyncGenerator[X, None], start: Callable[[X], tuple[I_co, Awaitable[T]]], concurrency: int
) -> AsyncGenerator[Outcome[I_co, T], None]:
    # Workers share one iterator, whose reads a lock puts in a row; for its outcome each waits until there is room.
    reading = asyncio.Lock()
    room = asyncio.Semaphore(concurrency)
    results: asyncio.Queue[Outcome[I_co, T] | BaseException | None] = asyncio.Queue()

    async def work() -> None:
        while True:
            async with reading:
                try:
                    item = await anext(source)
                except StopAsyncIteration:
                    break
            name, pending = start(item)
            result: Outcome[I_co, T] | BaseException
            try:
                result = Done(name, await pending)
            except Exception as error:
                result = Failed(name, error)
            except asyncio.CancelledError as error:
                result = error
            if _is_being_cancelled():  # whatever the call made of it
                raise asyncio.CancelledError
            await room.acquire()
            results.put_nowait(result)

    async def supervise() -> None:
        end: BaseException | None = None
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(concurrency):
                    group.create_task(work())
        except BaseExceptionGroup as errors:
            end = errors.exceptions[0]
        results.put_nowait(end)

    supervisor = asyncio.create_task(supervise())
    try:
        while (result := await results.get()) is not None:
            if isinstance(result, BaseException):
                raise result
            room.release()
            yield result
    finally:
        supervisor.cancel()
        try:
            await end_of(supervisor)
        finally:
            await source.aclose()


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def end_of(task: asyncio.Task[None]) -> None:
    """Wait for a task that was cancelled, and be cancelled only after it."""
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled


async def read_any(items: Iterable[X] | AsyncIterable[X]) -> AsyncGenerator[X, None]:
    """Read a plain or an async iterable; closing this closes an async generator that it reads.

    Raises:
        TypeError: it is a string, whose items would be its letters.
    """
    if isinstance(items, str | bytes):
        raise TypeError("expected an iterable of items, got one string: put it into a list")
    if isinstance(items, AsyncIterable):
        iterator = aiter(items)
        try:
            async for item in iterator:
                yield item
        finally:
            if isinstance(iterator, AsyncGenerator):
                await iterator.aclose()  # else it would end in a task of its own, some time later
    else:
        for item in items:
            yield item
