"""The members and resources of an organizational unit of Cronofy's Scheduler (alpha).

Docs: https://docs.cronofy.com/developers/api-alpha/organizational-unit-members/
"""

from __future__ import annotations

from typing import Final

from ..models.organizational_units import (
    OrganizationalUnitMember,
    OrganizationalUnitMembersPage,
    OrganizationalUnitResource,
    OrganizationalUnitResourcesPage,
)
from ..pages import Paginated
from .base import Resource, StabilityOptions, get

__all__ = ["OrganizationalUnits"]

_ALPHA: Final[StabilityOptions] = {"stability": "alpha", "plan": "Scheduler"}

# The path of further pages is not documented: each page has the URL of the next one.
MEMBERS: Final = get(
    "organizational_units.members",
    "/v1/organizational_unit_members",
    OrganizationalUnitMembersPage,
    auth={"api_key"},
    **_ALPHA,
)
RESOURCES: Final = get(
    "organizational_units.resources",
    "/v1/organizational_unit_resources",
    OrganizationalUnitResourcesPage,
    auth={"api_key"},
    **_ALPHA,
)


class OrganizationalUnits(Resource):
    """List the people and rooms of the organizational unit that an internal application belongs to."""

    __slots__ = ()

    def members(self) -> Paginated[OrganizationalUnitMember]:
        """Iterate over the members of the organizational unit, across pages (alpha).

        This takes the secret of an internal application.

        Raises:
            DecodeError: A page leads to another host.
            PaymentRequired: The application's plan does not include the Scheduler.
            Forbidden: The application is not an internal one.

        Example::

            async for member in client.organizational_units.members():
                print(member.sub, member.email, member.roles)

        Docs: https://docs.cronofy.com/developers/api-alpha/organizational-unit-members/
        """
        return self._pages(MEMBERS, MEMBERS, locals(), found_at="$.pages.next_page")

    def resources(self) -> Paginated[OrganizationalUnitResource]:
        """Iterate over the resources of the organizational unit, such as rooms, across pages (alpha).

        This takes the secret of an internal application.

        Raises:
            DecodeError: A page leads to another host.
            PaymentRequired: The application's plan does not include the Scheduler.
            Forbidden: The application is not an internal one.

        Example::

            rooms = {room.name: room.sub async for room in client.organizational_units.resources()}

        Docs: https://docs.cronofy.com/developers/api-alpha/organizational-unit-resources/
        """
        return self._pages(RESOURCES, RESOURCES, locals(), found_at="$.pages.next_page")
