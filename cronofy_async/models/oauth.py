"""Responses of the token endpoints.

Docs: https://docs.cronofy.com/developers/api/authorization/
"""

from __future__ import annotations

import attrs

from .._redaction import hide
from .base import ResponseModel

__all__ = ["TokenResponse"]


@attrs.frozen(kw_only=True)
class TokenResponse(ResponseModel):
    """The response of a token endpoint. All other members are optional and are in ``extra``."""

    access_token: str = attrs.field(repr=hide)
