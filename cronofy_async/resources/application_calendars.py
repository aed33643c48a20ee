"""Application calendars: calendars that Cronofy hosts for an application.

Docs: https://docs.cronofy.com/developers/api/calendars/application-calendars/
"""

from __future__ import annotations

from typing import Final

from ..call import Call, returns_call
from ..models.oauth import TokenResponse
from .base import Resource, post
from .oauth import store_tokens

__all__ = ["ApplicationCalendars"]

UPSERT: Final = post(
    "application_calendars.upsert",
    "/v1/application_calendars",
    TokenResponse,
    auth={"client_in_body"},
    idempotent=True,
    after=store_tokens,
)


class ApplicationCalendars(Resource):
    """Create calendars that Cronofy hosts for the application, and get their tokens."""

    __slots__ = ()

    @returns_call
    def upsert(self, application_calendar_id: str) -> Call[TokenResponse]:
        """Return the tokens of an application calendar, which is created if it does not exist.

        The calendar belongs to no user, and cannot invite attendees or be invited. As with ``oauth.exchange``, the
        tokens are stored in the client's token store. ``oauth.revoke`` revokes them.

        Args:
            application_calendar_id: Your ID of the calendar, unique in your application.

        Raises:
            ValidationFailed: The ID is not accepted.

        Example::

            tokens = await client.application_calendars.upsert("meeting-room-7")
            room = client.account(tokens)

        Docs: https://docs.cronofy.com/developers/api/calendars/application-calendars/
        """
        return self._call(UPSERT, locals())
