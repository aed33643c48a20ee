"""The rooms and equipment of an organization.

Docs: https://docs.cronofy.com/developers/api/enterprise-connect/list-resources/
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..models.resources import ResourceList
from .base import Resource, get

__all__ = ["Resources"]

LIST: Final = get(
    "resources.list",
    "/v1/resources",
    ResourceList,
    auth={"account"},
    scope="service_account/resources/manage",
    space_separated=("include_details",),
    plan="Growth",
)


class Resources(Resource):
    """List the rooms and equipment of an organization, with the access token of a service account."""

    __slots__ = ()

    @returns_call
    def list(self, *, include_details: str | Collection[str] | Unset = UNSET) -> Call[ResourceList]:
        """Return the rooms and equipment that a service account has access to.

        ``service_accounts.authorize`` authorizes your application for their calendars.

        Args:
            include_details: The details to include: ``capacity``, ``location``, or both; a list, or a string separated by
                spaces.

        Raises:
            PaymentRequired: The application's plan is below Growth.
            Forbidden: The account is not a service account, or lacks the scope ``service_account/resources/manage``.

        Example::

            for resource in await company.resources.list(include_details=["capacity"]):
                print(resource.name, resource.email, resource.capacity)

        Docs: https://docs.cronofy.com/developers/api/enterprise-connect/list-resources/
        """
        return self._call(LIST, locals())
