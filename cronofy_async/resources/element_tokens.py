"""Tokens for UI elements in a browser.

Docs: https://docs.cronofy.com/developers/ui-elements/authentication/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..models.element_tokens import ElementPermission, ElementToken, check_element_token
from .base import Resource, post

__all__ = ["ElementTokens"]

CREATE: Final = post(
    "element_tokens.create",
    "/v1/element_tokens",
    ElementToken,
    auth={"api_key"},
    envelope="element_token",
    fixed={"version": "1"},
    idempotent=True,
    check=check_element_token,
)


class ElementTokens(Resource):
    """Create tokens for UI elements, which run in the browser of a user."""

    __slots__ = ()

    @returns_call
    def create(
        self,
        *,
        permissions: Sequence[ElementPermission],
        origin: str,
        subs: Sequence[str] | Unset = UNSET,
        bookable_event_ids: Sequence[str] | Unset = UNSET,
    ) -> Call[ElementToken]:
        """Return a token for UI elements on a page of your application.

        It is safe to retry: a second request returns another token.

        Args:
            permissions: What the elements may do: ``agenda``, ``account_management``, ``availability``, or
                ``managed_availability``.
            origin: The scheme and host of the page, as in ``https://app.example.com``.
            subs: The accounts (``acc_…``) that the elements may use.
            bookable_event_ids: The bookable events that the elements may use.

        Raises:
            ValueError: ``origin`` has a path, or an array is a string.
            ValidationFailed: Cronofy rejected a member, such as an unknown account.

        Example::

            token = await client.element_tokens.create(
                permissions=["agenda"], origin="https://app.example.com", subs=["acc_…"]
            )
            return {"element_token": token.token}  # to the page

        Docs: https://docs.cronofy.com/developers/ui-elements/authentication/
        """
        return self._call(CREATE, locals())
