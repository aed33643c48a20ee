"""Bookable events: events that people register for (beta).

Docs: https://docs.cronofy.com/developers/api/scheduling/bookable-events/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from .._json import Json
from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..models.bookable_events import (
    BookableEvent,
    BookableEventStatus,
    Registration,
    RegistrationLimit,
    RegistrationsPage,
    RegistrationStatus,
    check_new_event,
    check_registration,
)
from ..pages import Paginated
from .base import Resource, StabilityOptions, delete, get, post

__all__ = ["BookableEvents"]

_EVENTS: Final = "/v1/bookable_events"
_EVENT: Final = f"{_EVENTS}/{{bookable_event_id}}"
_PAGE: Final = f"{_EVENT}/registrations/pages/{{page_token}}"
_BETA: Final[StabilityOptions] = {"stability": "beta", "plan": "Emerging"}

CREATE: Final = post("bookable_events.create", _EVENTS, BookableEvent, auth={"api_key"}, check=check_new_event, **_BETA)
READ: Final = get("bookable_events.read", _EVENT, BookableEvent, auth={"api_key"}, **_BETA)
#: Like ``READ``, but returns only the registrations of the response.
REGISTRATIONS: Final = get(READ.name, _EVENT, RegistrationsPage, auth={"api_key"}, envelope="registration", **_BETA)
#: A page may be a bookable event or only its registrations.
REGISTRATIONS_PAGE: Final = get(
    "bookable_events.registrations_page", _PAGE, RegistrationsPage, auth={"api_key"}, envelope="registration", **_BETA
)
UPSERT_REGISTRATION: Final = post(
    "bookable_events.upsert_registration",
    f"{_EVENT}/registrations",
    BookableEvent,
    auth={"api_key"},
    idempotent=True,
    check=check_registration,
    **_BETA,
)
REMOVE_REGISTRATION: Final = delete(
    "bookable_events.remove_registration",
    f"{_EVENT}/registrations/{{registration_id}}",
    BookableEvent,
    auth={"api_key"},
    **_BETA,
)


class BookableEvents(Resource):
    """Create, read, and fill bookable events."""

    __slots__ = ()

    @returns_call
    def create(
        self,
        bookable_event_id: str,
        *,
        start: datetime,
        end: datetime,
        registration: RegistrationLimit | Json,
        status: BookableEventStatus = "confirmed",
    ) -> Call[BookableEvent]:
        """Create an event that people can register for.

        If the response is lost, the request is not retried, since the docs do not describe the effect of a second one.

        Args:
            bookable_event_id: Your ID of the event: letters, digits, ``_`` and ``-``.
            start: When it starts.
            end: When it ends.
            registration: How many people can register.
            status: ``confirmed`` or ``cancelled``.

        Returns:
            A call for the event. Its ``registration`` has no ``total_count`` yet.

        Raises:
            ValueError: The ID has other characters, the capacity is out of range, or a time is naive.
            PaymentRequired: The application's plan is below Emerging.
            ValidationFailed: Cronofy rejected a member.

        Example::

            event = await client.bookable_events.create(
                "yoga-2030-01-07", start=start, end=end, registration=RegistrationLimit(12)
            )

        Docs: https://docs.cronofy.com/developers/api/scheduling/bookable-events/create/
        """
        return self._call(CREATE, locals())

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

        ``registrations`` requests all pages for you.

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

    @returns_call
    def upsert_registration(
        self,
        bookable_event_id: str,
        *,
        registration_id: str,
        status: RegistrationStatus,
        metadata: Mapping[str, str] | Unset = UNSET,
    ) -> Call[BookableEvent]:
        """Create a registration for a bookable event, or update the one with the same ``registration_id``.

        Args:
            bookable_event_id: Your ID of the event.
            registration_id: Your ID of the registration: letters, digits, ``_`` and ``-``.
            status: ``pending``, ``accepted``, ``tentative``, ``declined`` or ``removed``.
            metadata: Up to 10 pairs of your own, such as a name and an email address.

        Returns:
            A call for the event with the first page of its registrations.

        Raises:
            ValueError: An ID is empty or has other characters, or there are more than 10 pairs.
            PaymentRequired: The application's plan is below Emerging.
            NotFound: There is no such event.
            ValidationFailed: Cronofy rejected a member, or (presumably) the event is full.

        Example::

            event = await client.bookable_events.upsert_registration(
                "yoga-2030-01-07", registration_id="ada", status="accepted", metadata={"name": "Ada"}
            )
            print(event.registration.seats_left)

        Docs: https://docs.cronofy.com/developers/api/scheduling/bookable-events/registrations/upsert/
        """
        return self._call(UPSERT_REGISTRATION, locals())

    @returns_call
    def remove_registration(self, bookable_event_id: str, registration_id: str) -> Call[BookableEvent]:
        """Remove a registration from a bookable event.

        It gets the status ``removed`` and loses its metadata, but may still be listed.

        Args:
            bookable_event_id: Your ID of the event.
            registration_id: Your ID of the registration.

        Returns:
            A call for the event with the first page of its registrations.

        Raises:
            ValueError: An ID is empty.
            PaymentRequired: The application's plan is below Emerging.
            NotFound: There is no such event or registration.

        Example::

            await client.bookable_events.remove_registration("yoga-2030-01-07", "ada")

        Docs: https://docs.cronofy.com/developers/api/scheduling/bookable-events/registrations/delete/
        """
        return self._call(REMOVE_REGISTRATION, locals())
