"""Accounts and their userinfo.

Docs: https://docs.cronofy.com/developers/api/identity/
"""

from __future__ import annotations

from typing import Final

from ..call import Call, returns_call
from ..models.identity import Account, UserInfo
from .base import Resource, get

__all__ = ["Identity"]

ACCOUNT: Final = get("identity.account", "/v1/account", Account, auth={"account"}, envelope="account")
USERINFO: Final = get("identity.userinfo", "/v1/userinfo", UserInfo, auth={"account"})


class Identity(Resource):
    """Read the details of an account."""

    __slots__ = ()

    @returns_call
    def account(self) -> Call[Account]:
        """Return the details of the account.

        Raises:
            Forbidden: The access token lacks the scope, or belongs to an application calendar.

        Example::

            details = await account.identity.account()
            print(details.email, details.default_tzid)

        Docs: https://docs.cronofy.com/developers/api/identity/account/
        """
        return self._call(ACCOUNT, locals())

    @returns_call
    def userinfo(self) -> Call[UserInfo]:
        """Return the account that the access token belongs to, with its profiles and calendars.

        It works with the access token of a user, a service account, or an application calendar.

        Raises:
            Unauthorized: The access token is not valid, and could not be refreshed.

        Example::

            info = await account.identity.userinfo()
            for profile in info.profiles:
                print(profile.profile_name, [calendar.calendar_name for calendar in profile.profile_calendars])

        Docs: https://docs.cronofy.com/developers/api/identity/userinfo/
        """
        return self._call(USERINFO, locals())
