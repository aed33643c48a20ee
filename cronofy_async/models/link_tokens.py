"""Tokens that link another calendar profile to an account (alpha).

Docs: https://docs.cronofy.com/developers/api-alpha/explicit-linking/
"""

from __future__ import annotations

import attrs

from .._redaction import hide
from .base import ResponseModel

__all__ = ["LinkToken"]


@attrs.frozen(kw_only=True)
class LinkToken(ResponseModel):
    """A token for ``oauth.authorization_url``, valid for a short time.

    Attributes:
        link_token: The token.
    """

    link_token: str = attrs.field(repr=hide)
