"""Elevated permissions for calendars.

Docs: https://docs.cronofy.com/developers/api/authorization/extended-permissions/
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import attrs

from .._json import Json, is_array
from .base import RequestModel, ResponseModel

__all__ = ["CalendarPermission", "PermissionLevel", "PermissionsRequest"]

PermissionLevel: TypeAlias = Literal["unrestricted", "sandbox"] | str


@attrs.frozen
class CalendarPermission(RequestModel):
    """A permission for a calendar.

    Args:
        calendar_id: The ID of the calendar.
        permission_level: ``unrestricted`` allows your application to change external events, which it did not create;
            ``sandbox`` does not.
    """

    calendar_id: str
    permission_level: PermissionLevel


@attrs.frozen(kw_only=True)
class PermissionsRequest(ResponseModel):
    """The response to a request for permissions: they were granted immediately, or the user decides.

    Attributes:
        accepted: Whether the permissions were granted immediately; otherwise ``None``.
        url: The page where the user decides; ``None`` if no decision is needed.
    """

    accepted: bool | None = None
    url: str | None = None


# Documented rules.

_NAME: Final = "permissions"


def check_permissions(body: Json) -> None:
    """Check the request for permissions against the documented rules.

    Args:
        body: The body of the request, as plain JSON values.

    Raises:
        ValueError: A rule is broken. The message starts with the member.
    """
    permissions = body[_NAME]
    if not is_array(permissions) or not permissions:
        raise ValueError(f"{_NAME}: at least one permission is required, got {permissions!r}. Pass a list.")
