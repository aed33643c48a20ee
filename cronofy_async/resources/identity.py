"""Who an account is.

Docs: https://docs.cronofy.com/developers/api/identity/
"""

from __future__ import annotations

from typing import Final

from ..call import Call, returns_call
from ..models.identity import Account
from .base import Resource, get

__all__ = ["Identity"]

ACCOUNT: Final = get("identity.account", "/v1/account", Account, auth={"account"}, envelope="account")


class Identity(Resource):
    """Read who an account is."""

    __slots__ = ()

    @returns_call
    def account(self) -> Call[Account]:
        """Return the details of the account.

        Raises:
            Forbidden: The access token lacks the scope, or is of an application calendar.

        Example::

            details = await account.identity.account()
            print(details.email, details.default_tzid)

        Docs: https://docs.cronofy.com/developers/api/identity/account/
        """
        return self._call(ACCOUNT, locals())
