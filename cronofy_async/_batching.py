"""Collect calls, and send them as the items of batches."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Generic, Literal, Self, TypeVar

import attrs

from ._codec import from_dict, parse_json
from .bulk import Done, Failed, Outcome
from .call import Call, Response, Sender
from .errors import ConfigurationError, DecodeError
from .http import Credential, Options, RawResponse, Request

__all__ = ["MAX_ITEMS", "BatchedCall", "CallBatch", "UnreadItems"]

#: The maximum number of items in one request.
MAX_ITEMS: Final = 50

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@attrs.frozen
class UnreadItems:
    """The response to a batch. Its items are decoded one by one: one that cannot be decoded does not affect the others."""

    batch: tuple[Any, ...] = attrs.field(repr=False)


class BatchedCall(Generic[T_co]):
    """A call that was added to a batch. It is done once the ``async with`` block has ended.

    Attributes:
        request: The request of the call.
        outcome: What ``each`` would yield for the call, a ``Done`` or a ``Failed``; ``None`` if it is not done.
    """

    __slots__ = ("outcome", "request")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.outcome: Outcome[Request, T_co] | None = None

    @property
    def done(self) -> bool:
        """Whether there is a result or an error.

        There is neither before the block has ended, nor if an exception ended it, nor if the request of the batch was
        not sent or was cancelled.
        """
        return self.outcome is not None

    def result(self) -> T_co:
        """Return what awaiting the call would return.

        Raises:
            CronofyError: Whatever awaiting the call would raise. If the whole request failed, its error.
            RuntimeError: The call is not done.
        """
        return self._finished.result()

    @property
    def error(self) -> Exception | None:
        """The exception that ``result`` raises; ``None`` if the call succeeded.

        Raises:
            RuntimeError: The call is not done.
        """
        outcome = self._finished
        return outcome.error if isinstance(outcome, Failed) else None

    @property
    def _finished(self) -> Outcome[Request, T_co]:
        if self.outcome is None:
            raise RuntimeError(
                f"{self!r} has no result. Read it after the `async with` block, which sends the batch when it ends "
                "without an exception."
            )
        return self.outcome

    def __repr__(self) -> str:
        state = "not sent or unknown" if self.outcome is None else "failed" if self.error else "succeeded"
        return f"<BatchedCall {self.request.endpoint} {state}>"


class CallBatch:
    """Calls of one account that are sent in batches of up to 50 when the ``async with`` block ends.

    Iterating over it yields the handles that ``add`` returned, in the same order.

    * An item that fails does not affect the others and raises nothing: look at ``failed``, or call ``result()``.
    * An exception in the block sends nothing.
    * The batches are sent one after another. If one of them fails as a whole, its items get the error, the block raises
      it, and the batches after it are not sent: their items are not ``done``.
    * A batch is retried like any other request, if all its items may be sent twice. Items are not retried by themselves.
    """

    def __init__(
        self,
        sender: Sender,
        credential: Credential,
        execute: Callable[[Sequence[Mapping[str, Any]]], Call[UnreadItems]],
    ) -> None:
        self._sender = sender
        self._credential = credential
        self._execute = execute
        self._handles: list[BatchedCall[Any]] = []
        self._state: Literal["new", "open", "ended"] = "new"

    def add(self, call: Call[T]) -> BatchedCall[T]:
        """Add a call, which this uses up. A call that is rejected can still be awaited.

        Args:
            call: A call of the same account object or an equal one, without its own options.

        Returns:
            A handle, which has the result once the block has ended.

        Raises:
            ValueError: Cronofy does not allow the endpoint in a batch, or the call has options.
            ConfigurationError: The call belongs to another account or client.
            RuntimeError: The call was already used, or the block is not open.
            TypeError: It is not a call.
        """
        if self._state != "open":
            raise RuntimeError("add: the batch is not open. Use it within its `async with` block.")
        if not _is_call(call):
            raise TypeError(f"call: expected a call, got {type(call).__name__}. Do not await it before adding it.")
        request = call.request
        if not request.endpoint.batchable:
            raise ValueError(f"call: {request.endpoint.name} is not allowed in a batch. Await the call instead.")
        sender = call._sender  # pyright: ignore[reportPrivateUsage] # noqa: SLF001
        if sender is not self._sender or request.credential != self._credential:
            raise ConfigurationError("call: belongs to another account than this batch. Use a batch of its account.")
        if request.options != Options():
            raise ValueError(
                "call: has its own options, but an item of a batch is not sent on its own. Leave out with_options() "
                "and background(), or await the call."
            )
        call._use()  # pyright: ignore[reportPrivateUsage] # noqa: SLF001 - as awaiting it would
        handle = BatchedCall[T](request)
        self._handles.append(handle)
        return handle

    @property
    def failed(self) -> tuple[BatchedCall[Any], ...]:
        """The handles of the calls that failed, in the order of ``add``."""
        return tuple(handle for handle in self._handles if handle.done and handle.error is not None)

    def __iter__(self) -> Iterator[BatchedCall[Any]]:
        return iter(self._handles)

    def __len__(self) -> int:
        return len(self._handles)

    async def __aenter__(self) -> Self:
        if self._state != "new":
            raise RuntimeError("the batch was already used. Call batch() again.")
        self._state = "open"
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._state = "ended"
        if exc is None:
            for first in range(0, len(self._handles), MAX_ITEMS):
                await self._send(self._handles[first : first + MAX_ITEMS])

    async def _send(self, handles: Sequence[BatchedCall[Any]]) -> None:
        idempotent = all(handle.request.idempotent for handle in handles)
        call = self._execute([_item(handle.request) for handle in handles]).with_options(idempotent=idempotent)
        try:
            response = await call.response()
            count = len(response.data.batch)
            if count != len(handles):
                message = f"$.batch: expected {len(handles)} items, got {count}"
                raise DecodeError(message, path="$.batch")
        except Exception as error:
            for handle in handles:
                handle.outcome = Failed(handle.request, error)
            raise
        for index, handle in enumerate(handles):
            handle.outcome = self._outcome(handle.request, index, response)

    def _outcome(self, request: Request, index: int, batch: Response[UnreadItems]) -> Outcome[Request, Any]:
        """Return the outcome of an item, decoded as the response to its call would be."""
        item = _raw(index, batch)
        if isinstance(item, DecodeError):
            return Failed(request, item)
        try:
            return Done(request, self._sender.decode(request, item))
        except Exception as error:
            return Failed(request, error)

    def __repr__(self) -> str:
        return f"<CallBatch of {len(self._handles)} calls, {self._state}>"


def _is_call(value: object) -> bool:
    return isinstance(value, Call)


def _item(request: Request) -> Mapping[str, Any]:
    data = parse_json(request.body or b"{}")
    return {"method": request.method, "relative_url": request.target, "data": data}


def _raw(index: int, batch: Response[UnreadItems]) -> RawResponse | DecodeError:
    """Return an item as a response, or the error. A separate function, so that no frame of an error holds the item."""
    from .models.batch import BatchResponse  # noqa: PLC0415 - models load at their first use

    try:
        item = from_dict(BatchResponse, batch.data.batch[index])
    except DecodeError as error:
        path = f"$.batch[{index}]"
        return DecodeError(f"{path}{str(error)[1:]}", path=f"{path}{error.path[1:]}")  # both begin with $
    headers = {name.lower(): str(value) for name, value in (item.headers or {}).items()}
    if batch.request_id is not None:
        headers.setdefault("x-request-id", batch.request_id)
    # `json` can also write what only `json` can read, such as a lone surrogate
    body = b"" if item.data is None else json.dumps(item.data).encode()
    return RawResponse(status=item.status, headers=headers, body=body, attempts=batch.attempts)
