"""Bookable events and the pages of their registrations.

Assumed: the application has the plan that they need. One that has not:
``sandbox.faults.add("bookable_events.*", status=402)``.
"""

from __future__ import annotations

from typing import Any

from ..bookable_events import BookableEvent
from ..exchange import Answer, Task
from .times import written

__all__ = ["HANDLERS"]


def read(task: Task) -> Answer:
    """An event, with the first page of its registrations."""
    event = task.state.bookable_events.get(task.path["bookable_event_id"])
    return Answer.of(404) if event is None else Answer.of(200, _event(event, task, 1))


def registrations_page(task: Task) -> Answer:
    """A further page of registrations."""
    event = task.state.bookable_events.get(task.path["bookable_event_id"])
    for page in range(2, 1 + (0 if event is None else _pages(event, task))):
        assert event is not None
        if event.page_token(page) == task.path["page_token"]:
            shown = _event(event, task, page)
            if "registration_pages_are_events" not in task.state.assumed:
                shown = {name: shown["registration"][name] for name in ("registrations", "pages")}
            return Answer.of(200, shown)
    return Answer.of(404)


def _pages(event: BookableEvent, task: Task) -> int:
    return -(-len(event.registrations) // task.state.page_size)


def _event(event: BookableEvent, task: Task, page: int) -> dict[str, Any]:
    size, total = task.state.page_size, _pages(event, task)
    shown = list(event.registrations.values())[(page - 1) * size : page * size]
    registration: dict[str, Any] = {
        "capacity": event.capacity,
        "registered_count": event.registered_count,
        "total_count": len(event.registrations),
        "registrations": [
            {"registration_id": one.registration_id, "status": one.status, "metadata": one.metadata} for one in shown
        ],
    }
    if total > 1:
        pages: dict[str, Any] = {"current": page, "total": total}
        if page < total:
            token = event.page_token(page + 1)
            path = f"/v1/bookable_events/{event.bookable_event_id}/registrations/pages/{token}"
            pages["next_page"] = f"{task.base_url}{path}"
        registration["pages"] = pages
    return {
        "bookable_event_id": event.bookable_event_id,
        "start": written(event.start),
        "end": written(event.end),
        "status": event.status,
        "registration": registration,
    }


HANDLERS = {
    "bookable_events.read": read,
    "bookable_events.registrations_page": registrations_page,
}
