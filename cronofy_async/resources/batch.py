"""Batches: several writes to an account's calendars in one request.

Docs: https://docs.cronofy.com/developers/api/batch/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from .._batching import MAX_ITEMS, CallBatch, UnreadItems
from .._json import Json, is_array
from ..call import Call, returns_call
from ..models.batch import BatchRequest, BatchResult
from .base import Resource, post

__all__ = ["Batch"]


def check_batch(body: Json) -> None:
    """Check that a batch is not too large.

    Raises:
        ValueError: It is.
    """
    items = body.get("batch")
    if is_array(items) and len(items) > MAX_ITEMS:
        raise ValueError(
            f"batch: at most {MAX_ITEMS} requests are allowed, got {len(items)}. `async with account.batch()` sends any "
            "number."
        )


EXECUTE: Final = post("batch.execute", "/v1/batch", BatchResult, auth={"account"}, items="batch", check=check_batch)
#: For collected calls, whose items are decoded one by one.
EXECUTE_COLLECTED: Final = post(
    EXECUTE.name, EXECUTE.path, UnreadItems, auth=EXECUTE.auth, items="batch", check=check_batch
)


class Batch(Resource):
    """Send several writes in one request. Calling it collects calls: ``async with account.batch() as batch``."""

    __slots__ = ()

    def __call__(self) -> CallBatch:
        """Return a batch that collects calls of this account in an ``async with`` block.

        Cronofy allows ``events.upsert``, ``events.delete``, ``events.edit_external``, ``events.delete_external``,
        ``available_periods.upsert``, and ``available_periods.delete``.

        Example::

            async with account.batch() as batch:
                for event_id in event_ids:
                    batch.add(account.events.delete("cal_…", event_id=event_id))
            for handle in batch.failed:
                print(handle.request.endpoint, handle.error)

        Docs: https://docs.cronofy.com/developers/api/batch/
        """
        return CallBatch(
            self._sender,
            self._credentials["account"],
            lambda items: self._call(EXECUTE_COLLECTED, {"batch": items}),
        )

    @returns_call
    def execute(self, batch: Sequence[BatchRequest | Mapping[str, Any]]) -> Call[BatchResult]:
        """Send up to 50 requests as one, and return their responses. ``account.batch()`` is easier to use.

        The requests succeed or fail one by one, and a request that fails raises nothing. The call is not retried if it
        may have reached Cronofy; pass ``with_options(idempotent=True)`` if each request may be sent twice.

        Args:
            batch: The requests.

        Raises:
            ValueError: There are more than 50 requests.
            DecodeError: An item of the response cannot be read. The other items are in the ``response`` of the error; with
                ``account.batch()``, each has its own outcome.

        Example::

            result = await account.batch.execute(
                [BatchRequest("DELETE", "/v1/calendars/cal_…/events", {"event_id": "order-77"})]
            )
            print([response.status for response in result])

        Docs: https://docs.cronofy.com/developers/api/batch/
        """
        return self._call(EXECUTE, locals())
