"""The verification of an application (prerelease).

Docs: https://docs.cronofy.com/developers/admin-api/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .._json import Json
from ..call import Call, returns_call
from ..models.application_verification import VerificationContact
from .base import Resource, check_array, post

__all__ = ["ApplicationVerification"]

SUBMIT: Final = post(
    "application_verification.submit",
    "/v1/application_verification",
    None,
    auth={"api_key"},
    check=check_array("redirect_uris"),
    stability="prerelease",
)


class ApplicationVerification(Resource):
    """Ask Cronofy to verify the application."""

    __slots__ = ()

    @returns_call
    def submit(self, *, redirect_uris: Sequence[str], contact: VerificationContact | Json) -> Call[None]:
        """Ask Cronofy to verify the application (prerelease).

        Args:
            redirect_uris: URLs of the application that users are redirected to; they are added to the known ones.
            contact: The person that Cronofy contacts.

        Raises:
            ValueError: ``redirect_uris`` is a string.
            ValidationFailed: Cronofy rejected a member, such as a URL that begins with neither ``https`` nor ``http``.

        Example::

            await client.application_verification.submit(
                redirect_uris=["https://app.example.com/connected"], contact=VerificationContact("dev@example.com")
            )

        Docs: https://docs.cronofy.com/developers/admin-api/
        """
        return self._call(SUBMIT, locals())
