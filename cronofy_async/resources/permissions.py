"""Elevated permissions for calendars.

Docs: https://docs.cronofy.com/developers/api/authorization/extended-permissions/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .._json import Json
from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..models.permissions import CalendarPermission, PermissionsRequest, check_permissions
from .base import Resource, post

__all__ = ["Permissions"]

# Each response has a new URL, so a second request has no side effects.
REQUEST: Final = post(
    "permissions.request",
    "/v1/permissions",
    PermissionsRequest,
    auth={"account"},
    envelope="permissions_request",
    check=check_permissions,
    idempotent=True,
)


class Permissions(Resource):
    """Request elevated permissions for the calendars of an account."""

    __slots__ = ()

    @returns_call
    def request(
        self, permissions: Sequence[CalendarPermission | Json], *, redirect_uri: str | Unset = UNSET
    ) -> Call[PermissionsRequest]:
        """Request permissions for calendars, for example to change external events.

        If ``accepted`` is set, they were granted immediately: the account was authorized through a service account that may
        do so. Otherwise send the user to ``url``.

        Args:
            permissions: The calendars, each with the permission that your application needs.
            redirect_uri: Your URL that the browser is redirected to afterwards. Required, except for accounts that were
                authorized through a service account.

        Raises:
            ValueError: There are no permissions.
            ValidationFailed: Cronofy rejected a member, or requires ``redirect_uri``.

        Example::

            request = await account.permissions.request(
                [CalendarPermission("cal_…", "unrestricted")], redirect_uri="https://app.example.com/permitted"
            )
            if not request.accepted:
                print("send the user to", request.url)

        Docs: https://docs.cronofy.com/developers/api/authorization/extended-permissions/
        """
        return self._call(REQUEST, locals())
