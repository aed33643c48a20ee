"""Several writes in one request. Each item succeeds or fails independently.

Docs: https://docs.cronofy.com/developers/api/batch/
"""

from __future__ import annotations

import re
from typing import Final

from ..kernel.area import Context, Json, SandboxResponse, assumption, invalid, not_found, operation

__all__: list[str] = []

#: What the docs list as supported: the methods and paths, and the member that distinguishes a deletion from a bulk deletion.
_METHODS: Final = frozenset({"POST", "DELETE"})
_EVENTS: Final = re.compile(r"/v1/calendars/[^/?]+/events")
_PERIODS: Final = "/v1/available_periods"
_PERIOD_ID: Final = "available_period_id"

NOT_FOUND: Final = assumption(
    "unsupported_batch_items_are_not_found",
    "A batch item that is not on the docs' list gets a 404. Otherwise it gets a 422.",
)


@operation("batch.execute")
def execute(context: Context) -> SandboxResponse:
    """Perform the items in order, and return their responses."""
    responses = [_perform(context, item) for item in context.body["batch"]]
    return SandboxResponse.of(207, {"batch": [_render(response) for response in responses]})


def _perform(context: Context, item: Json) -> SandboxResponse:
    if _is_supported(item):
        return context.perform(item["method"], item["relative_url"], item.get("data"))
    if context.assumes(NOT_FOUND):
        return not_found()
    problem = {"key": "errors.not_supported", "description": "relative_url is not supported in a batch"}
    return invalid({"relative_url": [problem]})


def _is_supported(item: Json) -> bool:
    if item["method"] not in _METHODS:
        return False
    if item["relative_url"] == _PERIODS:
        return item["method"] == "POST" or _PERIOD_ID in item.get("data", {})
    return _EVENTS.fullmatch(item["relative_url"]) is not None


def _render(response: SandboxResponse) -> Json:
    data = {"data": response.json} if response.body else {}
    return {"status": response.status, **data}
