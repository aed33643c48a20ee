"""Applications, which the admin API provisions (prerelease).

Docs: https://docs.cronofy.com/developers/admin-api/
"""

from __future__ import annotations

from typing import Final

from ..call import Call, returns_call
from ..models.applications import ProvisionedApplication
from .base import Resource, post

__all__ = ["Applications"]

PROVISION: Final = post(
    "applications.provision",
    "/v1/applications",
    ProvisionedApplication,
    auth={"admin"},
    envelope="oauth_client",
    stability="prerelease",
)


class Applications(Resource):
    """Create applications."""

    __slots__ = ()

    @returns_call
    def provision(self, *, name: str, url: str) -> Call[ProvisionedApplication]:
        """Create an application, and return its credentials (prerelease).

        If the response is lost, the request is not retried, since it would create another application.

        Args:
            name: The name that users see.
            url: The URL of its website.

        Raises:
            Forbidden: The key is not an admin API key.
            ValidationFailed: Cronofy rejected a member.

        Example::

            created = await client.admin(api_key="…").applications.provision(
                name="Shop", url="https://shop.example.com"
            )
            shop = CronofyClient(client_id=created.client_id, client_secret=created.client_secret)

        Docs: https://docs.cronofy.com/developers/admin-api/
        """
        return self._call(PROVISION, locals())
