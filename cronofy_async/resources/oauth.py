"""OAuth: the tokens of accounts.

Docs: https://docs.cronofy.com/developers/api/authorization/
"""

from __future__ import annotations

from typing import Final

from ..call import Call, returns_call
from ..models.oauth import TokenResponse
from .base import Resource, post

__all__ = ["OAuth"]

REFRESH: Final = post(
    "oauth.refresh", "/oauth/token", TokenResponse, auth={"client_in_body"}, fixed={"grant_type": "refresh_token"}
)


class OAuth(Resource):
    """Request the tokens of accounts."""

    __slots__ = ()

    @returns_call
    def refresh(self, refresh_token: str) -> Call[TokenResponse]:
        """Return a new access token, and perhaps a new refresh token, for a refresh token.

        Accounts from ``CronofyClient.account`` refresh their own tokens, one refresh at a time, and store the result.

        Args:
            refresh_token: The account's refresh token.

        Returns:
            A call for the tokens. If there is a new refresh token, it replaces the old one: store it.

        Raises:
            OAuthError: Cronofy refused the refresh token (``invalid_grant``).

        Docs: https://docs.cronofy.com/developers/api/authorization/refresh-token/
        """
        return self._call(REFRESH, locals())
