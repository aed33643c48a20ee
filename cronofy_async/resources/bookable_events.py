"""Bookable events: events that people register for (beta).

Docs: https://docs.cronofy.com/developers/api/scheduling/bookable-events/
"""

from __future__ import annotations

from typing import Final

from ..call import Call, returns_call
from ..models.bookable_events import BookableEvent, Registration, RegistrationsPage
from ..pages import Paginated
from .base import Resource, Stage, get

__all__ = ["BookableEvents"]

_EVENT: Final = "/v1/bookable_events/{bookable_event_id}"
_PAGE: Final = f"{_EVENT}/registrations/pages/{{page_token}}"
_BETA: Final[Stage] = {"stability": "beta", "plan": "Emerging"}

READ: Final = get("bookable_events.read", _EVENT, BookableEvent, auth={"api_key"}, **_BETA)
#: The same, of which only the registrations are kept.
REGISTRATIONS: Final = get(READ.name, _EVENT, RegistrationsPage, auth={"api_key"}, envelope="registration", **_BETA)
#: A page may come as a bookable event or bare.
REGISTRATIONS_PAGE: Final = get(
    "bookable_events.registrations_page", _PAGE, RegistrationsPage, auth={"api_key"}, envelope="registration", **_BETA
)


class BookableEvents(Resource):
    """Read bookable events and their registrations."""

    __slots__ = ()

    @returns_call
    def read(self, bookable_event_id: str) -> Call[BookableEvent]:
        """Return a bookable event with the first page of its registrations.

        Args:
            bookable_event_id: Your ID of the event.

        Raises:
            ValueError: The ID is empty.
            PaymentRequired: The application's plan is below Emerging.
            NotFound: There is no such event.

        Example::

            event = await client.bookable_events.read("yoga-2030-01-07")
            print(event.start, event.registration.seats_left)

        Docs: https://docs.cronofy.com/developers/api/scheduling/bookable-events/read/
        """
        return self._call(READ, locals())

    @returns_call
    def registrations_page(self, bookable_event_id: str, page_token: str) -> Call[RegistrationsPage]:
        """Return one page of the registrations of a bookable event.

        ``registrations`` follows the pages for you.

        Args:
            bookable_event_id: Your ID of the event.
            page_token: The last part of the ``next_page`` URL of another page. It is valid for a short time.

        Raises:
            ValueError: An ID is empty.
            PaymentRequired: The application's plan is below Emerging.
            NotFound: There is no such event, or the token has expired.

        Docs: https://docs.cronofy.com/developers/api/scheduling/bookable-events/read/
        """
        return self._call(REGISTRATIONS_PAGE, locals())

    def registrations(self, bookable_event_id: str) -> Paginated[Registration]:
        """Iterate over all registrations of a bookable event, across pages.

        Args:
            bookable_event_id: Your ID of the event.

        Raises:
            ValueError: The ID is empty.
            DecodeError: A page leads to another host.
            PaymentRequired: The application's plan is below Emerging.
            NotFound: There is no such event.

        Example::

            async for registration in client.bookable_events.registrations("yoga-2030-01-07"):
                print(registration.registration_id, registration.status)

        Docs: https://docs.cronofy.com/developers/api/scheduling/bookable-events/read/
        """
        return self._pages(REGISTRATIONS, REGISTRATIONS_PAGE, locals(), found_at="$.registration.pages.next_page")
