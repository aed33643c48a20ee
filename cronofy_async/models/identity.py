"""Who an account is.

Docs: https://docs.cronofy.com/developers/api/identity/
"""

from __future__ import annotations

import attrs

from .base import ResponseModel

__all__ = ["Account"]


@attrs.frozen(kw_only=True)
class Account(ResponseModel):
    """An account, and what it lets the application do.

    Attributes:
        account_id: The ID of the account, which is also its ``sub``.
        email: The primary email address; of a service account it may be a user name.
        name: The name, which may be blank.
        scope: The scope that the account granted, separated by spaces.
        default_tzid: The IANA name of its time zone.

    Docs: https://docs.cronofy.com/developers/api/identity/account/
    """

    account_id: str
    email: str
    name: str | None = None
    scope: str | None = None
    default_tzid: str | None = None

    @property
    def id(self) -> str:
        """The same as ``account_id``."""
        return self.account_id
