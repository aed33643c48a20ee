"""Bookable events (beta): events that people register for.

Docs: https://docs.cronofy.com/developers/api/scheduling/bookable-events/
"""

from __future__ import annotations

from typing import Final

from ..call import Call, returns_call
from ..http import Endpoint
from ..models.bookable_events import BookableEvent, Registration, RegistrationsPage
from ..pages import Paginated
from .base import Resource, read_as

__all__ = ["BookableEvents"]

PLAN: Final = "Emerging"

READ: Final = Endpoint(
    name="bookable_events.read",
    method="GET",
    path="/v1/bookable_events/{bookable_event_id}",
    credential="api_key",
    idempotent=True,
    stability="beta",
    plan=PLAN,
)
REGISTRATIONS_PAGE: Final = Endpoint(
    name="bookable_events.registrations_page",
    method="GET",
    path="/v1/bookable_events/{bookable_event_id}/registrations/pages/{page_token}",
    credential="api_key",
    idempotent=True,
    stability="beta",
    plan=PLAN,
)

#: A page may come as a bookable event, or by itself.
_PAGE: Final = read_as(RegistrationsPage, "registration")


class BookableEvents(Resource):
    """``cronofy.bookable_events``"""

    __slots__ = ()

    @returns_call
    def read(self, bookable_event_id: str) -> Call[BookableEvent]:
        """Read a bookable event, with the first page of its registrations.

        Args:
            bookable_event_id: your own id of it.

        Raises:
            ValueError: the id is empty.
            PaymentRequired: the application's plan is below "Emerging".
            NotFound, ApiError, TransportError: when it is awaited.

        Docs: https://docs.cronofy.com/developers/api/scheduling/bookable-events/read/

        Example::

            event = await cronofy.bookable_events.read("83hi8qhfiaif")
            print(event.start, event.registration.seats_left)
        """
        return self._call(READ, read_as(BookableEvent), path={"bookable_event_id": bookable_event_id})

    def registrations(self, bookable_event_id: str) -> Paginated[RegistrationsPage, Registration]:
        """Go through all registrations of a bookable event, over all pages.

        Args:
            bookable_event_id: your own id of the event.

        Raises:
            ValueError: the id is empty.
            DecodeError: a page leads to another host.
            PaymentRequired, NotFound, ApiError, TransportError: when a page is asked for.

        Docs: https://docs.cronofy.com/developers/api/scheduling/bookable-events/read/

        Example::

            async for registration in cronofy.bookable_events.registrations("83hi8qhfiaif"):
                print(registration.registration_id, registration.status)
        """
        return Paginated(
            self._call(READ, _PAGE, path={"bookable_event_id": bookable_event_id}),
            self._registrations_page,
            lambda page: page.registrations,
            lambda page: page.next_page,
        )

    def _registrations_page(self, url: str) -> Call[RegistrationsPage]:
        return self._follow(REGISTRATIONS_PAGE, _PAGE, url, found_at="$.registration.pages.next_page")
