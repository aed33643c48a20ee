"""Delegated authorizations: access to the calendars that a user can access (prerelease; Business Connect).

Docs: https://docs.cronofy.com/developers/business-connect/
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..models.service_accounts import check_authorization
from .base import Resource, post

__all__ = ["DelegatedAuthorizations"]

# A second request only leads to a second callback, with another code.
CREATE: Final = post(
    "delegated_authorizations.create",
    "/v1/delegated_authorizations",
    None,
    auth={"account"},
    space_separated=("scope",),
    check=check_authorization,
    idempotent=True,
    stability="prerelease",
)


class DelegatedAuthorizations(Resource):
    """Authorize calendars that the user of the account can access (prerelease; Business Connect)."""

    __slots__ = ()

    @returns_call
    def create(
        self,
        *,
        profile_id: str,
        email: str,
        callback_url: str,
        scope: str | Collection[str],
        state: str | Unset = UNSET,
    ) -> Call[None]:
        """Authorize your application for a calendar that the user of this account can access (prerelease).

        The account has to be connected with a ``delegated_scope``; see ``oauth.authorization_url``.
        ``accessible_calendars.list`` returns the email addresses. The result is sent to ``callback_url``, as for
        ``service_accounts.authorize``.

        Args:
            profile_id: The profile of this account through which the calendar is accessed.
            email: The email address of the person or resource.
            callback_url: Your URL that the result is sent to (http or https, publicly reachable). It is also the
                ``redirect_uri`` of ``oauth.exchange``.
            scope: The scopes to request, within the ``delegated_scope`` of the account: a list, or a string separated by
                spaces.
            state: A value that is returned unchanged.

        Raises:
            ValueError: The email address or the scope is empty, or ``callback_url`` is not an http or https URL.
            Forbidden: The account may not delegate; presumably because it was connected without a ``delegated_scope``.
            ValidationFailed: Cronofy rejected a member, such as the email address.

        Example::

            await account.delegated_authorizations.create(
                profile_id="pro_n23kjnwrw2",
                email="board-room@example.com",
                callback_url="https://app.example.com/hooks/authorized",
                scope="free_busy",
            )

        Docs: https://docs.cronofy.com/developers/business-connect/
        """
        return self._call(CREATE, locals())
