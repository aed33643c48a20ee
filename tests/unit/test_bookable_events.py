from __future__ import annotations

from typing import Any

import pytest

from cronofy_async import from_dict
from cronofy_async.models import BookableEvent, RegistrationsPage

from .support import answer, client
from .virtual_clock import VirtualClock


@pytest.mark.parametrize(
    ("capacity", "count", "left"),
    [(5, 1, 4), (5, 5, 0), (5, 7, 0), (None, 3, None), (5, None, None)],
)
def test_seats_left(capacity: int | None, count: int | None, left: int | None) -> None:
    found = from_dict(RegistrationsPage, {"capacity": capacity, "registered_count": count, "registrations": []})
    assert found.seats_left == left


@pytest.mark.parametrize(
    ("pages", "more"),
    [
        (None, False),
        ({}, False),
        ({"current": 2, "total": 2}, False),
        ({"next_page": None}, False),
        ({"next_page": ""}, False),
        ({"next_page": "https://x"}, True),
    ],
)
def test_whether_there_is_more(pages: Any, more: bool) -> None:
    found = from_dict(RegistrationsPage, {"registrations": [], "pages": pages})
    assert (found.has_more, found.next_page is not None) == (more, more)


async def test_reading_one(clock: VirtualClock) -> None:
    """An unlimited event, and a registration that was removed: its metadata is gone."""
    body = {
        "bookable_event_id": "a/b",
        "start": "2031-03-03T17:00:00Z",
        "end": "2031-03-03T18:00:00Z",
        "status": "postponed",
        "registration": {
            "capacity": None,
            "registered_count": 0,
            "registrations": [{"registration_id": "r", "status": "removed", "metadata": None}],
        },
    }
    targets: list[str] = []

    def handler(request: Any) -> Any:
        targets.append(request.target)
        return answer(body)

    async with clock.auto():
        event = await client(handler, clock).bookable_events.read("a/b")
    assert targets == ["/v1/bookable_events/a%2Fb"]
    assert isinstance(event, BookableEvent)
    assert (event.id, event.status) == ("a/b", "postponed")
    assert event.registration.registrations[0].metadata is None
    assert event.registration.seats_left is None
