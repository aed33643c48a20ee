"""Run many calls with bounded concurrency, and yield each outcome as it completes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from types import TracebackType
from typing import Any, Generic, TypeAlias, TypeVar, overload

import attrs

from .call import Call
from .http import Request

__all__ = ["Done", "Failed", "Outcome", "Outcomes", "aiter_any", "each", "fan_out", "wait_cancelled"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
I = TypeVar("I")  # noqa: E741 - an item
I_co = TypeVar("I_co", covariant=True)


@attrs.frozen
class Done(Generic[I_co, T_co]):
    """An item whose call succeeded, with its result.

    Attributes:
        item: Your item, or the request of the call.
        value: The result of the call.
    """

    item: I_co
    value: T_co

    def result(self) -> T_co:
        """Return the value."""
        return self.value


@attrs.frozen
class Failed(Generic[I_co]):
    """An item whose call failed, with its error.

    Attributes:
        item: Your item, or the request of the call.
        error: The exception that the call raised.
    """

    item: I_co
    error: Exception

    def result(self) -> Any:
        """Raise the error."""
        raise self.error


Outcome: TypeAlias = Done[I_co, T_co] | Failed[I_co]


class Outcomes(Generic[I_co, T_co]):
    """The outcomes of many calls, in the order in which they complete.

    Use it with ``async with``, so that leaving the loop early cancels the calls in flight::

        async with cronofy.each(calls) as outcomes:
            async for outcome in outcomes:
                ...

    A plain ``async for`` works as well; after a ``break``, the calls are canceled once the iterator is garbage-collected.
    """

    def __init__(self, outcomes: AsyncGenerator[Outcome[I_co, T_co], None]) -> None:
        self._outcomes = outcomes

    def __aiter__(self) -> AsyncIterator[Outcome[I_co, T_co]]:
        return self._outcomes

    async def __aenter__(self) -> Outcomes[I_co, T_co]:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._outcomes.aclose()


@overload
def each(calls: Iterable[Call[T]] | AsyncIterable[Call[T]], *, concurrency: int = 64) -> Outcomes[Request, T]: ...


@overload
def each(
    calls: Iterable[tuple[I, Call[T]]] | AsyncIterable[tuple[I, Call[T]]], *, concurrency: int = 64
) -> Outcomes[I, T]: ...


def each(calls: Iterable[Any] | AsyncIterable[Any], *, concurrency: int = 64) -> Outcomes[Any, Any]:
    """Run calls with bounded concurrency and yield each outcome as it completes.

    If a call fails, its outcome is a ``Failed``, and the other calls are not affected. An exception of the iterable is
    raised, as no further calls can be read; so is a ``TypeError`` for an item that is not a call.

    Args:
        calls: Calls, or pairs of an item of yours and its call; any iterable, plain or async, of any size. It is read
            only as fast as needed. If creating a call may fail for a single item (for example, for an invalid ID), use
            ``poll`` with ``key``.
        concurrency: The maximum number of calls in flight.

    Returns:
        An object to iterate over. It yields a ``Done`` with ``item`` and ``value``, or a ``Failed`` with ``item`` and
        ``error``, for each call. The item is yours, or the request of the call.

    Raises:
        ValueError: ``concurrency`` is less than 1.
        TypeError: Raised by the iteration: an item is neither a call nor a pair of an item and its call.

    Example::

        pairs = ((row, cronofy.real_time_scheduling.status(row.link_id)) for row in rows)
        async with cronofy.each(pairs) as outcomes:
            async for outcome in outcomes:
                print(outcome.item, outcome.result().status)
    """
    return Outcomes(fan_out(calls, _item_and_call, concurrency=concurrency))


def _item_and_call(entry: Any) -> tuple[Any, Call[Any]]:
    call: Any = entry[1] if _is_pair(entry) else entry
    if not _is_call(call):
        raise TypeError(f"calls: expected calls, or pairs of an item and its call, got {type(entry).__name__}")
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
    concurrency: int | Callable[[], int],
    is_full: Callable[[], bool] = lambda: False,
) -> AsyncGenerator[Outcome[I_co, T], None]:
    """Process items with bounded concurrency and yield each outcome as it completes.

    Closing the generator cancels the items in progress and waits for them. If it is abandoned instead, the items in
    progress complete, and no task is left.

    Args:
        items: Any iterable, plain or async, of any size.
        start: Returns the item to put into the outcome, and the awaitable that processes it.
        concurrency: The maximum number of items in progress, and of outcomes that wait to be yielded; a function if it
            varies.
        is_full: Whether to stop reading items until the next outcome has been yielded.

    Raises:
        ValueError: ``concurrency`` is less than 1.
    """
    if not callable(concurrency):
        if concurrency < 1:
            raise ValueError(f"concurrency: must be at least 1, got {concurrency}")
        return _fan_out(aiter_any(items), start, lambda: concurrency, is_full)
    return _fan_out(aiter_any(items), start, concurrency, is_full)


async def _fan_out(
    source: AsyncGenerator[X, None],
    start: Callable[[X], tuple[I_co, Awaitable[T]]],
    limit: Callable[[], int],
    is_full: Callable[[], bool],
) -> AsyncGenerator[Outcome[I_co, T], None]:
    # The workers share one iterator, so a lock serializes reads. While many outcomes are waiting to be yielded, workers end
    # instead of waiting: if the consumer never returned, they would wait forever.
    read_lock = asyncio.Lock()
    workers: set[asyncio.Task[None]] = set()
    results: asyncio.Queue[Outcome[I_co, T] | BaseException | None] = asyncio.Queue()
    is_exhausted = False

    async def work() -> None:
        nonlocal is_exhausted
        while len(workers) <= limit() and results.qsize() < limit() and not is_full():
            async with read_lock:
                try:
                    item = await anext(source)
                except StopAsyncIteration:
                    is_exhausted = True
                    return
            key, pending = start(item)
            result: Outcome[I_co, T] | BaseException
            try:
                result = Done(key, await pending)
            except Exception as error:
                result = Failed(key, error)
            except asyncio.CancelledError as error:
                result = error
            if _is_being_cancelled():  # even if the call suppressed the cancellation
                raise asyncio.CancelledError
            results.put_nowait(result)

    def on_worker_done(worker: asyncio.Task[None]) -> None:
        workers.discard(worker)
        results.put_nowait(None if worker.cancelled() else worker.exception())

    try:
        while True:
            while not is_exhausted and len(workers) < limit() and results.qsize() < limit() and not is_full():
                worker = asyncio.create_task(work())
                workers.add(worker)
                worker.add_done_callback(on_worker_done)
            if not workers and results.empty():
                return
            result = await results.get()
            if isinstance(result, BaseException):
                raise result
            if result is not None:
                yield result
    finally:
        for worker in workers:
            worker.cancel()
        try:
            await wait_cancelled(asyncio.gather(*workers, return_exceptions=True))
        finally:
            await source.aclose()


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def wait_cancelled(task: asyncio.Future[Any]) -> None:
    """Wait until a task or future is done. If this wait is canceled, raise the cancellation only then."""
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled


async def aiter_any(items: Iterable[X] | AsyncIterable[X]) -> AsyncGenerator[X, None]:
    """Iterate over a plain or an async iterable. Closing this closes the async generator that it reads.

    Raises:
        TypeError: ``items`` is a single string, which would be iterated character by character.
    """
    if isinstance(items, str | bytes):
        raise TypeError("items: expected an iterable of items, got one string. Put it into a list.")
    if isinstance(items, AsyncIterable):
        iterator = aiter(items)
        try:
            async for item in iterator:
                yield item
        finally:
            if isinstance(iterator, AsyncGenerator):
                await iterator.aclose()  # otherwise the event loop would finalize it later, in another task
    else:
        for item in items:
            yield item
