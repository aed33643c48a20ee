"""The token endpoints.

Docs: https://docs.cronofy.com/developers/api/authorization/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .._codec import parse_json
from .._json import is_object
from ..call import Call, returns_call
from ..errors import DecodeError
from ..http import Endpoint, RawResponse
from .base import Resource

__all__ = ["OAuth"]

REFRESH: Final = Endpoint(
    name="oauth.refresh",
    method="POST",
    path="/oauth/token",
    credential="body",
    idempotent=False,
)


class OAuth(Resource):
    """The token endpoints, as the client itself uses them."""

    __slots__ = ()

    @returns_call
    def refresh(self, refresh_token: str) -> Call[Mapping[str, Any]]:
        """Trade a refresh token for an access token, and perhaps a new refresh token.

        Docs: https://docs.cronofy.com/developers/api/authorization/refresh-token/
        """
        return self._call(REFRESH, _tokens, json={"grant_type": "refresh_token", "refresh_token": refresh_token})


def _tokens(response: RawResponse) -> Mapping[str, Any]:
    answer = parse_json(response.body)
    if not is_object(answer) or not isinstance(answer.get("access_token"), str):
        raise DecodeError("$.access_token: a required member is missing", path="$.access_token")
    return answer
