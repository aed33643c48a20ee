"""Members and resources of an organizational unit of Cronofy's Scheduler (alpha).

Docs: https://docs.cronofy.com/developers/api-alpha/organizational-unit-members/
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from .base import ResponseModel
from .pages import Page

__all__ = [
    "OrganizationalUnitMember",
    "OrganizationalUnitMembersPage",
    "OrganizationalUnitResource",
    "OrganizationalUnitResourcesPage",
    "SchedulerAccess",
]

Role: TypeAlias = Literal["member", "developer", "developer_admin", "owner"] | str


@attrs.frozen(kw_only=True)
class SchedulerAccess(ResponseModel):
    """Whether a member or resource can be scheduled.

    Attributes:
        enabled: Whether the Scheduler is enabled.
        public_url: The public booking page of a member; ``None`` if there is none.
    """

    enabled: bool | None = None
    public_url: str | None = None


@attrs.frozen(kw_only=True)
class OrganizationalUnitMember(ResponseModel):
    """A member of an organizational unit.

    Attributes:
        sub: The ID of the account (``acc_…``).
        email: The primary email address.
        roles: ``member``, ``developer``, ``developer_admin``, ``owner``, or roles added later.
        scheduler: Whether the member can be scheduled.
    """

    sub: str
    email: str | None = None
    roles: tuple[Role, ...] = ()
    scheduler: SchedulerAccess | None = None


@attrs.frozen(kw_only=True)
class OrganizationalUnitMembersPage(Page[OrganizationalUnitMember]):
    """A page of the members of an organizational unit.

    Attributes:
        organizational_unit_members: The members.
    """

    ITEMS = "organizational_unit_members"

    organizational_unit_members: tuple[OrganizationalUnitMember, ...]


@attrs.frozen(kw_only=True)
class OrganizationalUnitResource(ResponseModel):
    """A resource of an organizational unit, such as a room.

    Attributes:
        sub: The ID of the resource (``res_…``).
        email: The address of its calendar.
        name: The name.
        scheduler: Whether the resource can be scheduled.
    """

    sub: str
    email: str | None = None
    name: str | None = None
    scheduler: SchedulerAccess | None = None


@attrs.frozen(kw_only=True)
class OrganizationalUnitResourcesPage(Page[OrganizationalUnitResource]):
    """A page of the resources of an organizational unit.

    Attributes:
        organizational_unit_resources: The resources.
    """

    ITEMS = "organizational_unit_resources"

    organizational_unit_resources: tuple[OrganizationalUnitResource, ...]
