"""The organizational unit of the sandbox: its members are the accounts of users, its resources are added by tests.

Docs: https://docs.cronofy.com/developers/api-alpha/organizational-unit-members/
"""

from __future__ import annotations

from typing import Final

from ..kernel.area import (
    AreaActions,
    Context,
    KeptRecord,
    SandboxResponse,
    action,
    keep_in,
    kept_records,
    not_found,
    ok,
    operation,
)

__all__ = ["OrganizationalUnits"]

RESOURCES: Final = "organizational_units.resources"


@operation("organizational_units.members")
def members(context: Context) -> SandboxResponse:
    """Return a page of the members."""
    users = [account for account in context.state.accounts.values() if account.kind == "user"]
    unit_members = [
        {
            "sub": account.sub,
            "email": account.email,
            "roles": ["owner" if account is users[0] else "member"],
            "scheduler": {"enabled": True, "public_url": None},
        }
        for account in users
    ]
    page = context.page(unit_members, "/v1/organizational_unit_members/pages/{page_token}")
    return ok({"organizational_unit_members": page.items, "pages": page.pages})


@operation("organizational_units.members_page")
def members_page(context: Context) -> SandboxResponse:
    """Return another page of the members."""
    first = context.resume_listing()
    return not_found() if first is None else members(first)


@operation(RESOURCES)
def resources(context: Context) -> SandboxResponse:
    """Return a page of the resources."""
    unit_resources = [
        {"sub": record.id, **record.members, "scheduler": {"enabled": True}}
        for record in kept_records(context.state, RESOURCES)
    ]
    page = context.page(unit_resources, "/v1/organizational_unit_resources/pages/{page_token}")
    return ok({"organizational_unit_resources": page.items, "pages": page.pages})


@operation("organizational_units.resources_page")
def resources_page(context: Context) -> SandboxResponse:
    """Return another page of the resources."""
    first = context.resume_listing()
    return not_found() if first is None else resources(first)


class OrganizationalUnits(AreaActions):
    """Actions for tests: ``sandbox.organizational_units``."""

    @action
    def add_resource(self, name: str, email: str) -> KeptRecord:
        """Add a resource, such as a room.

        Args:
            name: Its name.
            email: The address of its calendar.
        """
        return keep_in(self.state, RESOURCES, "res", {"name": name, "email": email})
