"""Conferencing services that users connect.

Docs: https://docs.cronofy.com/developers/api/conferencing-services/authorization/
"""

from __future__ import annotations

from typing import Final

from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..models.conferencing_services import ConferencingProvider, ConferencingServiceAuthorization
from .base import Resource, post

__all__ = ["ConferencingServices"]

# Each response has a new URL, so a second request has no side effects.
AUTHORIZE: Final = post(
    "conferencing_services.authorize",
    "/v1/conferencing_service_authorizations",
    ConferencingServiceAuthorization,
    auth={"account"},
    envelope="authorization_request",
    idempotent=True,
)


class ConferencingServices(Resource):
    """Request pages where the user of an account connects a conferencing service."""

    __slots__ = ()

    @returns_call
    def authorize(
        self, redirect_uri: str, *, provider_name: ConferencingProvider | Unset = UNSET
    ) -> Call[ConferencingServiceAuthorization]:
        """Return the URL of a page where the user connects a conferencing service, such as Zoom.

        Send the browser of the user there. Cronofy redirects it to ``redirect_uri`` with ``last_linked_profile_id``, or with
        ``error=access_denied``. There is no code to exchange: ``identity.userinfo`` has the ``conferencing_profiles``, and
        ``Conferencing`` of an event takes the ID of one.

        Args:
            redirect_uri: Your URL that the browser is redirected to afterwards (http or https).
            provider_name: The service to preselect: ``ms_teams``, ``go_to``, ``zoom``, or one added later.

        Raises:
            PaymentRequired: The application's plan does not include it.
            ValidationFailed: Cronofy rejected a member.

        Example::

            page = await account.conferencing_services.authorize(
                "https://app.example.com/connected", provider_name="zoom"
            )
            print("send the user to", page.url)

        Docs: https://docs.cronofy.com/developers/api/conferencing-services/authorization/
        """
        return self._call(AUTHORIZE, locals())
