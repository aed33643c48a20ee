"""The token endpoints.

Docs: https://docs.cronofy.com/developers/api/authorization/
"""

from __future__ import annotations

from typing import Final

from ..models.oauth import TokenResponse
from .base import post

__all__ = ["REFRESH"]

REFRESH: Final = post(
    "oauth.refresh", "/oauth/token", TokenResponse, auth={"client_in_body"}, fixed={"grant_type": "refresh_token"}
)
