"""Bookable events: events that people register for (beta).

Assumed: the application has the required plan. To test an application without it, use
``sandbox.faults.add("bookable_events.*", status=402)``.

Docs: https://docs.cronofy.com/developers/api/scheduling/bookable-events/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias

import attrs

from ..kernel.area import (
    AreaActions,
    Context,
    Field,
    Json,
    Problem,
    Problems,
    SandboxError,
    SandboxResponse,
    UnknownRecord,
    action,
    assumption,
    errors_of,
    invalid,
    not_found,
    ok,
    operation,
    rule,
    stored,
)
from ..kernel.times import format_time, parse_time, span

__all__ = ["BookableEvent", "BookableEvents", "Registration"]

RegistrationStatus: TypeAlias = Literal["pending", "accepted", "tentative", "declined", "removed"]
Status: TypeAlias = Literal["confirmed", "cancelled"]

CREATE_DOCS: Final = "https://docs.cronofy.com/developers/api/scheduling/bookable-events/create/"
MAX_METADATA: Final = 10
CAPACITIES: Final = range(1, 257)
PAGES: Final = "/v1/bookable_events/{bookable_event_id}/registrations/pages/{page_token}"

PAGES_ARE_EVENTS: Final = assumption(
    "registration_pages_are_events",
    "Pages after the first are the whole bookable event. Otherwise they are only ``registrations`` and ``pages``.",
)
CREATING_AGAIN_UPDATES: Final = assumption(
    "creating_a_bookable_event_again_updates_it",
    "Creating an event whose ID is taken updates it, and keeps its registrations. Otherwise it gets a 422.",
)
FULL_EVENTS_REFUSE: Final = assumption(
    "full_events_refuse_registrations",
    "A registration that needs a seat of a full event gets a 422. Otherwise it is stored.",
)


@attrs.define(eq=False, kw_only=True)
class Registration:
    """A registration for a bookable event. ``metadata`` is ``None`` once it is removed."""

    registration_id: str
    status: RegistrationStatus
    metadata: Mapping[str, str] | None

    @property
    def takes_seat(self) -> bool:
        """Whether it takes up a seat."""
        return self.status not in {"declined", "removed"}


@stored
@attrs.define(eq=False, kw_only=True)
class BookableEvent:
    """A stored bookable event. Tests can set its attributes, for example ``status`` to ``cancelled``.

    Attributes:
        capacity: The maximum number of registrations; ``None`` is no limit.
        registrations: All registrations, including removed ones, by ID, oldest first.
    """

    bookable_event_id: str
    start: datetime
    end: datetime
    status: Status
    capacity: int | None
    registrations: dict[str, Registration] = attrs.field(factory=dict[str, Registration])

    @property
    def id(self) -> str:
        return self.bookable_event_id

    @property
    def registered_count(self) -> int:
        """The number of registrations that are neither declined nor removed."""
        return sum(registration.takes_seat for registration in self.registrations.values())

    @property
    def is_full(self) -> bool:
        return self.capacity is not None and self.registered_count >= self.capacity

    def has_seat_for(self, registration: Registration) -> bool:
        """Return whether a registration has a seat, needs none, or can get one."""
        old = self.registrations.get(registration.registration_id)
        return not registration.takes_seat or not self.is_full or (old is not None and old.takes_seat)

    def registration(
        self, registration_id: str, status: RegistrationStatus, metadata: Mapping[str, str] | None
    ) -> Registration:
        """Return a new registration, or an existing one with changes. Without ``metadata``, it keeps its own."""
        old = self.registrations.get(registration_id)
        new_metadata = dict(metadata if metadata is not None else (old and old.metadata) or {})
        return Registration(
            registration_id=registration_id, status=status, metadata=None if status == "removed" else new_metadata
        )


@operation("bookable_events.create")
def create(context: Context) -> SandboxResponse:
    """Create an event."""
    body, events = context.body, context.state.table(BookableEvent)
    ident = body["bookable_event_id"]
    old = events.get(ident)
    if old is not None and not context.assumes(CREATING_AGAIN_UPDATES):
        return invalid(errors_of([Problem(Field("bookable_event_id"), "errors.taken", "is taken")]))
    event = events[ident] = BookableEvent(
        bookable_event_id=ident,
        start=parse_time(body["start"]),
        end=parse_time(body["end"]),
        status=body["status"],
        capacity=body["registration"]["capacity"],
        registrations=old.registrations if old else {},
    )
    rendered = _render(event, attrs.evolve(context, path={"bookable_event_id": ident}))  # pages are below the event
    del rendered["registration"]["total_count"]  # as in the docs
    return ok(rendered)


@operation("bookable_events.read")
def read(context: Context) -> SandboxResponse:
    """Return an event with the first page of its registrations."""
    event = _event(context)
    return not_found() if event is None else ok(_render(event, context))


@operation("bookable_events.registrations_page")
def registrations_page(context: Context) -> SandboxResponse:
    """Return another page of registrations."""
    first = context.resume_listing()
    event = _event(context)
    if first is None or event is None:
        return not_found()
    rendered = _render(event, first)
    if not context.assumes(PAGES_ARE_EVENTS):
        rendered = {name: rendered["registration"][name] for name in ("registrations", "pages")}
    return ok(rendered)


@operation("bookable_events.upsert_registration")
def upsert_registration(context: Context) -> SandboxResponse:
    """Store a registration, and return the event."""
    event, body = _event(context), context.body
    if event is None:
        return not_found()
    registration = event.registration(body["registration_id"], body["status"], body.get("metadata"))
    if not event.has_seat_for(registration) and context.assumes(FULL_EVENTS_REFUSE):
        return invalid(errors_of([Problem(Field("registration"), "errors.full", "is full")]))
    event.registrations[registration.registration_id] = registration
    return ok(_render(event, context))


@operation("bookable_events.remove_registration")
def remove_registration(context: Context) -> SandboxResponse:
    """Set the status of a registration to ``removed``, and return the event."""
    event, ident = _event(context), context.path["registration_id"]
    if event is None or ident not in event.registrations:
        return not_found()
    event.registrations[ident] = event.registration(ident, "removed", None)
    return ok(_render(event, context))


@rule("NewBookableEvent", docs=CREATE_DOCS, fidelity="assumed")
def bookable_events_end_after_their_start(event: Json, field: Field, context: Context) -> Problems:
    """A bookable event ends after it starts."""
    if parse_time(event["end"]) <= parse_time(event["start"]):
        yield Problem(field / "end", "errors.invalid_time_pair", "must be after start")


def _event(context: Context) -> BookableEvent | None:
    return context.state.table(BookableEvent).get(context.path["bookable_event_id"])


def _render(event: BookableEvent, context: Context) -> dict[str, Any]:
    page = context.page(list(event.registrations.values()), PAGES)
    registration: dict[str, Any] = {
        "capacity": event.capacity,
        "registered_count": event.registered_count,
        "total_count": len(event.registrations),
        "registrations": [
            {"registration_id": entry.registration_id, "status": entry.status, "metadata": entry.metadata}
            for entry in page.items
        ],
    }
    if not page.is_all:
        registration["pages"] = page.pages
    return {
        "bookable_event_id": event.bookable_event_id,
        "start": format_time(event.start),
        "end": format_time(event.end),
        "status": event.status,
        "registration": registration,
    }


class BookableEvents(AreaActions):
    """Actions for tests: ``sandbox.bookable_events``."""

    @action
    def add(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        bookable_event_id: str | None = None,
        capacity: int | None = None,
        status: Status = "confirmed",
    ) -> BookableEvent:
        """Create a bookable event.

        Args:
            start: The start, with a time zone. Defaults to one day from now.
            end: The end, with a time zone. Defaults to one hour after the start.
            bookable_event_id: The application's ID of the event. Defaults to a generated one.
            capacity: The maximum number of registrations, 1 to 256; ``None`` is no limit.
            status: ``confirmed`` or ``cancelled``.

        Raises:
            ValueError: A time is naive, the event ends before it starts, the ID is invalid or taken, or the capacity is
                out of range.
        """
        start = start or self.runtime.now.replace(microsecond=0) + timedelta(days=1)
        start, end = span(start, end or start + timedelta(hours=1))
        ident = _check_id("bookable_event_id", bookable_event_id or self.state.new_id("bookable"))
        events = self.state.table(BookableEvent)
        if ident in events:
            raise ValueError(f"bookable_event_id: {ident} is taken")
        if capacity is not None and capacity not in CAPACITIES:
            raise ValueError(f"capacity: must be from 1 to 256, or None, got {capacity}")
        events[ident] = BookableEvent(bookable_event_id=ident, start=start, end=end, status=status, capacity=capacity)
        return events[ident]

    @action
    def all(self) -> list[BookableEvent]:
        """Return all bookable events, oldest first."""
        return list(self.state.table(BookableEvent).values())

    @action
    def find(self, bookable_event_id: str) -> BookableEvent:
        """Return a bookable event.

        Raises:
            SandboxError: There is no such event.
        """
        event = self.state.table(BookableEvent).get(bookable_event_id)
        if event is None:
            raise UnknownRecord(f"the sandbox has no bookable event {bookable_event_id}")
        return event

    @action
    def register(
        self,
        event: BookableEvent | str,
        registration_id: str | None = None,
        *,
        status: RegistrationStatus = "accepted",
        metadata: Mapping[str, str] | None = None,
    ) -> Registration:
        """Create a registration for a bookable event, or update one.

        Args:
            event: The event, or its ID.
            registration_id: The application's ID of a new or existing registration. Defaults to a generated one.
            status: The status; ``removed`` deletes the metadata.
            metadata: Up to 10 pairs to store. By default, an existing registration keeps its metadata.

        Raises:
            ValueError: The ID contains invalid characters, or there are more than 10 pairs.
            SandboxError: There is no such event, or it is full.
        """
        event = event if isinstance(event, BookableEvent) else self.find(event)
        ident = _check_id("registration_id", registration_id or self.state.new_id("registration"))
        if len(metadata or {}) > MAX_METADATA:
            raise ValueError(f"metadata: must have at most {MAX_METADATA} pairs, got {len(metadata or {})}")
        new = event.registration(ident, status, metadata)
        if not event.has_seat_for(new):
            raise SandboxError(f"{event.bookable_event_id} is full")
        event.registrations[ident] = new
        return new


def _check_id(name: str, value: str) -> str:
    """Return an ID of the application, if it contains only the characters that the docs allow."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", value):
        raise ValueError(f"{name}: only letters, digits, _ and - are allowed, got {value!r}")
    return value
