"""The calendar profiles of accounts.

Docs: https://docs.cronofy.com/developers/api/identity/profile/
"""

from __future__ import annotations

from typing import Final

from ..call import Call, returns_call
from ..models.profiles import Profile, ProfileList
from .base import Resource, get, post

__all__ = ["Profiles"]

LIST: Final = get("profiles.list", "/v1/profiles", ProfileList, auth={"account"})
REVOKE: Final = post(
    "profiles.revoke", "/v1/profiles/{profile_id}/revoke", None, auth={"account"}, names={"profile": "profile_id"}
)


class Profiles(Resource):
    """List and revoke the calendar profiles of an account."""

    __slots__ = ()

    @returns_call
    def list(self) -> Call[ProfileList]:
        """Return the profiles of the account: the calendar services that its user connected.

        Raises:
            Unauthorized: The access token is not valid, and could not be refreshed.

        Example::

            for profile in await account.profiles.list():
                if profile.needs_relink:
                    print(profile.profile_name, profile.profile_relink_url)

        Docs: https://docs.cronofy.com/developers/api/identity/profile/
        """
        return self._call(LIST, locals())

    @returns_call
    def revoke(self, profile: Profile | str) -> Call[None]:
        """Disconnect one profile from the account. Its other profiles stay.

        Cronofy accepts the request and revokes the profile afterwards. ``oauth.revoke`` ends the authorization of the whole account.

        Args:
            profile: The profile, or its ID.

        Raises:
            ValueError: The ID is empty.
            NotFound: The account has no such profile.

        Example::

            await account.profiles.revoke("pro_n23kjnwrw2")

        Docs: https://docs.cronofy.com/developers/api/authorization/revoke-profile/
        """
        return self._call(REVOKE, locals())
