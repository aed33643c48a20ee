"""Free/busy periods.

Docs: https://docs.cronofy.com/developers/api/events/free-busy/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ..kernel.area import (
    Calendar,
    Context,
    Json,
    SandboxResponse,
    assumption,
    not_found,
    ok,
    operation,
)
from ..kernel.events.details import free_busy_status
from ..kernel.events.occurrences import Occurrence
from ..kernel.events.reading import find_events, render_times

__all__: list[str] = []

PAGES: Final = "/v1/free_busy/pages/{page_token}"

FREE_IS_LISTED: Final = assumption(
    "free_periods_are_listed",
    "Free periods are listed unless ``include_free`` is false, as the docs show one. Otherwise they are listed only if it is true.",
)


@operation("free_busy.read")
def read(context: Context) -> SandboxResponse:
    """Return the first page of the free/busy periods of the account."""
    page = context.snapshot_page(lambda: list(_periods(context)), PAGES)
    return ok({"pages": page.pages, "free_busy": page.items})


@operation("free_busy.read_page")
def read_page(context: Context) -> SandboxResponse:
    """Return another page."""
    first = context.resume_listing()
    return not_found() if first is None else read(first)


def _periods(context: Context) -> Iterator[Json]:
    wants_free = context.query.get("include_free", context.assumes(FREE_IS_LISTED))
    for calendar, occurrence in find_events(context.account, context.query, context.now):
        status = free_busy_status(occurrence.event)
        if status is not None and (wants_free or status != "free"):
            yield _render(calendar, occurrence, status, context.query)


def _render(calendar: Calendar, occurrence: Occurrence, status: str, query: Json) -> Json:
    event = occurrence.event
    period: dict[str, Any] = {
        "calendar_id": calendar.calendar_id,
        **render_times(occurrence, localized=query.get("localized_times", False)),
        "free_busy_status": status,
    }
    if query.get("include_ids"):
        period["event_uid"] = occurrence.event_uid
        if event.event_id is not None and occurrence.is_first:
            period["event_id"] = event.event_id
    if query.get("include_deleted"):
        period["deleted"] = event.deleted
    return period
