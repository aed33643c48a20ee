"""Tokens that link another calendar profile to an account (alpha).

Docs: https://docs.cronofy.com/developers/api-alpha/explicit-linking/
"""

from __future__ import annotations

from typing import Final

from ..call import Call, returns_call
from ..models.link_tokens import LinkToken
from .base import Resource, post

__all__ = ["LinkTokens"]

# Each response has a new token, so a second request has no side effects.
CREATE: Final = post(
    "link_tokens.create", "/v1/link_tokens", LinkToken, auth={"account"}, idempotent=True, stability="alpha"
)


class LinkTokens(Resource):
    """Create tokens that link another profile to an account (alpha)."""

    __slots__ = ()

    @returns_call
    def create(self) -> Call[LinkToken]:
        """Return a token that links the profile of the next authorization to this account (alpha).

        Cronofy enables this for each application. The token is valid for a short time, so create it when the user
        asks to connect another calendar.

        Raises:
            Forbidden: The application may not link accounts.

        Example::

            token = await account.link_tokens.create()
            url = client.oauth.authorization_url(
                redirect_uri="https://app.example.com/connected", scope="read_write", link_token=token.link_token
            )

        Docs: https://docs.cronofy.com/developers/api-alpha/explicit-linking/
        """
        return self._call(CREATE, locals())
