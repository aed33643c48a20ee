"""Batches: several writes in one request.

Docs: https://docs.cronofy.com/developers/api/batch/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import attrs

from .base import RequestModel, ResponseModel

__all__ = ["BatchRequest", "BatchResponse", "BatchResult"]


@attrs.frozen
class BatchRequest(RequestModel):
    """One request of a batch.

    Args:
        method: ``POST`` or ``DELETE``.
        relative_url: Its path, such as ``/v1/calendars/cal_…/events``.
        data: Its JSON body.
    """

    method: Literal["POST", "DELETE"] | str
    relative_url: str
    data: Mapping[str, Any] = attrs.field(hash=False, repr=False)


@attrs.frozen(kw_only=True)
class BatchResponse(ResponseModel):
    """The response to one request of a batch.

    Attributes:
        status: Its HTTP status: 202 for most writes that Cronofy accepted.
        headers: Its headers, if Cronofy sent any.
        data: Its JSON body, such as the ``errors`` of a 422; ``None`` if it is empty.
    """

    status: int
    headers: Mapping[str, Any] | None = attrs.field(default=None, hash=False, repr=False)
    data: Any = attrs.field(default=None, hash=False, repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


@attrs.frozen(kw_only=True)
class BatchResult(ResponseModel):
    """The responses to the requests of a batch, in the order of the requests. It can be iterated over.

    Attributes:
        batch: The responses.
    """

    batch: tuple[BatchResponse, ...]

    def __iter__(self) -> Iterator[BatchResponse]:
        return iter(self.batch)

    def __len__(self) -> int:
        return len(self.batch)
