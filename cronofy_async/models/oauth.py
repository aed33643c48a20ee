"""Tokens as the token endpoints return them.

Docs: https://docs.cronofy.com/developers/api/authorization/
"""

from __future__ import annotations

import attrs

from .._redaction import hide
from .base import ResponseModel

__all__ = ["TokenResponse"]


@attrs.frozen(kw_only=True)
class TokenResponse(ResponseModel):
    """The response of a token endpoint. Everything but the access token may be missing, and is in ``extra``."""

    access_token: str = attrs.field(repr=hide)
