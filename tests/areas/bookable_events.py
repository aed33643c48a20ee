"""Examples of bookable events."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from cronofy_async import CronofyClient, from_dict
from cronofy_async.models import BookableEvent, PageInfo, Registration, RegistrationLimit, RegistrationsPage

from .example import END, EXTRA, START, Example, ModelExample, answering

NEXT_PAGE = "https://api.cronofy.com/v1/bookable_events/83hi8qhfiaif/registrations/pages/08a07b034306679e"
EVENT = BookableEvent(
    bookable_event_id="83hi8qhfiaif",
    start=datetime(2025, 1, 20, 15, 30, tzinfo=UTC),
    end=datetime(2025, 1, 20, 17, tzinfo=UTC),
    status="confirmed",
    registration=RegistrationsPage(
        capacity=5,
        registered_count=1,
        total_count=2,
        registrations=(
            Registration(registration_id="328746", status="accepted", metadata={"name": "Lashmi Sundar"}),
            Registration(registration_id="247629", status="pending", metadata={"name": "Sarah Overly"}),
        ),
        pages=PageInfo(current=1, total=2, next_page=NEXT_PAGE),
    ),
)
EVENT_JSON: dict[str, Any] = {
    "bookable_event_id": "83hi8qhfiaif",
    "start": "2025-01-20T15:30:00Z",
    "end": "2025-01-20T17:00:00Z",
    "status": "confirmed",
    "registration": {
        "capacity": 5,
        "registered_count": 1,
        "total_count": 2,
        "registrations": [
            {"registration_id": "328746", "status": "accepted", "metadata": {"name": "Lashmi Sundar"}},
            {"registration_id": "247629", "status": "pending", "metadata": {"name": "Sarah Overly"}},
        ],
        "pages": {"current": 1, "total": 2, "next_page": NEXT_PAGE},
    },
}
LAST_PAGE_JSON: dict[str, Any] = {
    "registrations": [{"registration_id": "247629", "status": "pending", "metadata": {"name": "Sarah Overly"}}],
    "pages": {"current": 2, "total": 2},
}

NEW_JSON: dict[str, Any] = {
    "bookable_event_id": "83hi8qhfiaif",
    "start": "2030-02-01T09:30:00Z",
    "end": "2030-02-01T10:30:00Z",
    "status": "confirmed",
    "registration": {"capacity": 5},
}
FILLED = BookableEvent(
    bookable_event_id="83hi8qhfiaif",
    start=START,
    end=END,
    status="confirmed",
    registration=RegistrationsPage(
        capacity=5,
        registered_count=1,
        total_count=1,
        registrations=(Registration(registration_id="328746", status="accepted", metadata={"name": "Lashmi"}),),
    ),
)
FILLED_JSON = NEW_JSON | {
    "registration": {
        "capacity": 5,
        "registered_count": 1,
        "total_count": 1,
        "registrations": [{"registration_id": "328746", "status": "accepted", "metadata": {"name": "Lashmi"}}],
    }
}

EXAMPLES = [
    Example(
        endpoint="bookable_events.create",
        call=lambda client: client.bookable_events.create(
            "83hi8qhfiaif", start=START, end=END, registration=RegistrationLimit(5)
        ),
        request="POST /v1/bookable_events",
        json=NEW_JSON,
        response=NEW_JSON | {"registration": {"capacity": 5, "registered_count": 0, "registrations": []}},
        result=BookableEvent(
            bookable_event_id="83hi8qhfiaif",
            start=START,
            end=END,
            status="confirmed",
            registration=RegistrationsPage(capacity=5, registered_count=0, registrations=()),
        ),
    ),
    Example(
        endpoint="bookable_events.upsert_registration",
        call=lambda client: client.bookable_events.upsert_registration(
            "83hi8qhfiaif", registration_id="328746", status="accepted", metadata={"name": "Lashmi"}
        ),
        request="POST /v1/bookable_events/83hi8qhfiaif/registrations",
        json={"registration_id": "328746", "status": "accepted", "metadata": {"name": "Lashmi"}},
        response=FILLED_JSON,
        result=FILLED,
    ),
    Example(
        endpoint="bookable_events.remove_registration",
        call=lambda client: client.bookable_events.remove_registration("83hi8qhfiaif", "328746"),
        request="DELETE /v1/bookable_events/83hi8qhfiaif/registrations/328746",
        response=FILLED_JSON,
        result=FILLED,
    ),
    Example(
        endpoint="bookable_events.read",
        call=lambda client: client.bookable_events.read("83hi8qhfiaif"),
        request="GET /v1/bookable_events/83hi8qhfiaif",
        response=EVENT_JSON,
        result=EVENT,
    ),
    Example(
        endpoint="bookable_events.read",
        title="no limit, and a removed registration",
        call=lambda client: client.bookable_events.read("yoga"),
        request="GET /v1/bookable_events/yoga",
        response={
            "bookable_event_id": "yoga",
            "start": "2030-02-01T09:30:00Z",
            "end": "2030-02-01T10:30:00Z",
            "status": "cancelled",
            "registration": {
                "capacity": None,
                "registered_count": 0,
                "total_count": 1,
                "registrations": [{"registration_id": "r", "status": "removed", "metadata": None}],
            },
        },
        result=BookableEvent(
            bookable_event_id="yoga",
            start=START,
            end=END,
            status="cancelled",
            registration=RegistrationsPage(
                registered_count=0,
                total_count=1,
                registrations=(Registration(registration_id="r", status="removed"),),
            ),
        ),
    ),
    Example(
        endpoint="bookable_events.read",
        title="registrations",
        method="bookable_events.registrations",
        call=lambda client: client.bookable_events.registrations("83hi8qhfiaif"),
        request="GET /v1/bookable_events/83hi8qhfiaif",
        response={"registration": EVENT_JSON["registration"]},
        result=EVENT.registration,
        in_contract=False,  # members outside the envelope are omitted, as they would end up in `extra`
    ),
    Example(
        endpoint="bookable_events.registrations_page",
        call=lambda client: client.bookable_events.registrations_page("83hi8qhfiaif", "08a07b034306679e"),
        request="GET /v1/bookable_events/83hi8qhfiaif/registrations/pages/08a07b034306679e",
        response={"registration": EVENT_JSON["registration"]},
        result=EVENT.registration,
        in_contract=False,
    ),
    Example(
        endpoint="bookable_events.registrations_page",
        title="only the page",
        call=lambda client: client.bookable_events.registrations_page("83hi8qhfiaif", "08a07b034306679e"),
        request="GET /v1/bookable_events/83hi8qhfiaif/registrations/pages/08a07b034306679e",
        response=LAST_PAGE_JSON,
        result=RegistrationsPage(
            registrations=(
                Registration(registration_id="247629", status="pending", metadata={"name": "Sarah Overly"}),
            ),
            pages=PageInfo(current=2, total=2),
        ),
    ),
]

MODELS: list[ModelExample] = [
    (RegistrationLimit(256), {"capacity": 256}),
    (
        Registration(registration_id="r", status="pending", metadata={"name": "Ada"}, extra=EXTRA),
        {"registration_id": "r", "status": "pending", "metadata": {"name": "Ada"}, **EXTRA},
    ),
    (
        RegistrationsPage(
            capacity=5,
            registered_count=1,
            total_count=2,
            registrations=(Registration(registration_id="r", status="accepted"),),
            pages=PageInfo(current=1),
        ),
        {
            "capacity": 5,
            "registered_count": 1,
            "total_count": 2,
            "registrations": [{"registration_id": "r", "status": "accepted"}],
            "pages": {"current": 1},
        },
    ),
    (
        BookableEvent(
            bookable_event_id="b",
            start=START,
            end=END,
            status="confirmed",
            registration=RegistrationsPage(registrations=()),
        ),
        {
            "bookable_event_id": "b",
            "start": "2030-02-01T09:30:00Z",
            "end": "2030-02-01T10:30:00Z",
            "status": "confirmed",
            "registration": {"registrations": []},
        },
    ),
]


@pytest.mark.parametrize(
    ("capacity", "count", "remaining"),
    [(5, 1, 4), (5, 5, 0), (5, 7, 0), (None, 3, None), (5, None, None)],
)
def test_seats_left(capacity: int | None, count: int | None, remaining: int | None) -> None:
    page = from_dict(RegistrationsPage, {"capacity": capacity, "registered_count": count, "registrations": []})

    assert page.seats_left == remaining


def test_an_event_has_an_id() -> None:
    assert EVENT.id == EVENT.bookable_event_id == "83hi8qhfiaif"


BROKEN: list[tuple[str, Callable[[CronofyClient], object]]] = [
    (
        "bookable_event_id: must have only letters, digits, _ and -, and at least one of them, got 'a b'",
        lambda client: client.bookable_events.create(
            "a b", start=START, end=END, registration=RegistrationLimit(capacity=1)
        ),
    ),
    *(
        (
            f"registration.capacity: must be from 1 to 256, got {capacity}",
            lambda client, capacity=capacity: client.bookable_events.create(
                "a", start=START, end=END, registration={"capacity": capacity}
            ),
        )
        for capacity in (0, 257)
    ),
    (
        "start: 2030-02-01T09:30:00 has no time zone",
        lambda client: client.bookable_events.create(
            "a", start=START.replace(tzinfo=None), end=END, registration=RegistrationLimit(1)
        ),
    ),
    (
        "registration_id: must have only letters",
        lambda client: client.bookable_events.upsert_registration("a", registration_id="", status="accepted"),
    ),
    (
        "metadata: must have at most 10 pairs, got 11",
        lambda client: client.bookable_events.upsert_registration(
            "a", registration_id="b", status="accepted", metadata={str(number): "" for number in range(11)}
        ),
    ),
]


@pytest.mark.parametrize(("message", "call"), BROKEN, ids=[message for message, _ in BROKEN])
def test_an_invalid_argument_raises_before_a_request_is_sent(
    message: str, call: Callable[[CronofyClient], object]
) -> None:
    client, transport = answering({})

    with pytest.raises(ValueError, match=re.escape(message)):
        call(client)

    assert transport.requests == []


@pytest.mark.parametrize("registration", [{"capacity": None}, {}, None])
def test_an_event_without_a_capacity_is_not_checked(registration: Any) -> None:
    call = answering({})[0].bookable_events.create("a", start=START, end=END, registration=registration)

    assert json.loads(call.request.body or b"")["registration"] == registration
    call.close()
