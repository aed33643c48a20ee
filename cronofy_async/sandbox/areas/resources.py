"""The rooms and equipment of an organization.

Assumed: the application has the required plan. To test one without it, use
``sandbox.faults.add("resources.list", status=402)``.

Docs: https://docs.cronofy.com/developers/api/enterprise-connect/list-resources/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..kernel.area import (
    AreaActions,
    Context,
    KeptRecord,
    SandboxResponse,
    action,
    keep_in,
    kept_records,
    ok,
    operation,
)

__all__ = ["Resources"]

_LIST: Final = "resources.list"
_ALWAYS: Final = frozenset({"email", "name"})


@operation(_LIST)
def list_resources(context: Context) -> SandboxResponse:
    """Return the resources with the requested details."""
    details = _ALWAYS | set(context.query.get("include_details", "").split())
    return ok(
        {
            "resources": [
                {name: value for name, value in record.members.items() if name in details}
                for record in kept_records(context.state, _LIST)
            ]
        }
    )


class Resources(AreaActions):
    """Actions for tests: ``sandbox.resources``."""

    @action
    def add(
        self,
        email: str,
        name: str | None = None,
        *,
        capacity: int | None = None,
        location: Mapping[str, Any] | None = None,
    ) -> KeptRecord:
        """Add a room or a piece of equipment, which all service accounts can list.

        Args:
            email: The email address.
            name: The name. Defaults to one derived from the email address.
            capacity: The number of people.
            location: The location in the form of the response, such as ``{"building_name": "HQ"}``.
        """
        members = {
            "email": email,
            "name": name or email.partition("@")[0].title(),
            "capacity": capacity,
            "location": None if location is None else dict(location),
        }
        return keep_in(self.state, _LIST, "rsc", {key: value for key, value in members.items() if value is not None})
