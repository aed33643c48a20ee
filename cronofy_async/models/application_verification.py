"""The verification of an application (prerelease).

Docs: https://docs.cronofy.com/developers/admin-api/
"""

from __future__ import annotations

import attrs

from .._unset import UNSET, Unset
from .base import RequestModel

__all__ = ["VerificationContact"]


@attrs.frozen
class VerificationContact(RequestModel):
    """The person that Cronofy contacts about the verification.

    Args:
        email: The email address.
        display_name: The name.
    """

    email: str
    display_name: str | Unset = attrs.field(default=UNSET, kw_only=True)
