"""The calendar profiles of accounts.

Docs: https://docs.cronofy.com/developers/api/identity/profile/
"""

from __future__ import annotations

from typing import Final

from ..kernel.accounts import profile_json
from ..kernel.area import (
    Account,
    AreaActions,
    Context,
    Profile,
    Runtime,
    SandboxResponse,
    UnknownRecord,
    accepted,
    action,
    assumption,
    effect,
    not_found,
    ok,
    operation,
)

__all__ = ["Profiles"]

ACCOUNTS_STAY: Final = assumption(
    "accounts_stay_without_profiles",
    "An account whose last profile is revoked remains authorized. Otherwise its authorization ends.",
)


@operation("profiles.list")
def list_profiles(context: Context) -> SandboxResponse:
    """Return the profiles of the account."""
    return ok({"profiles": [profile_json(profile, context.request.base_url) for profile in context.account.profiles]})


@operation("profiles.revoke")
def revoke(context: Context) -> SandboxResponse:
    """Remove a profile with its calendars."""
    account, profile_id = context.account, context.path["profile_id"]
    if account.profile(profile_id) is None:
        return not_found()
    context.later(remove, sub=account.sub, profile_id=profile_id)
    return accepted()


@effect("profiles.revoke")
def remove(runtime: Runtime, *, sub: str, profile_id: str) -> None:
    """Remove a profile, its calendars, and their events."""
    account = runtime.state.accounts[sub]
    account.profiles = [profile for profile in account.profiles if profile.profile_id != profile_id]
    account.calendars = [calendar for calendar in account.calendars if calendar.profile_id != profile_id]
    if not account.profiles and not runtime.assumes(ACCOUNTS_STAY):
        runtime.state.revoke(account)


class Profiles(AreaActions):
    """Actions for tests: ``sandbox.profiles``."""

    @action
    def add(self, account: Account | str, name: str, *, provider_name: str = "google") -> Profile:
        """Connect another profile with one calendar to an account, as its user would.

        Its first synchronization completes immediately, and channels are notified.

        Args:
            account: The account, or its ``sub``.
            name: The name of the profile, usually an email address.
            provider_name: The calendar provider.

        Raises:
            SandboxError: There is no such account.
        """
        account = self._account(account)
        profile = self.state.add_profile(account, name, provider_name)
        self.state.add_calendar(account, "Calendar", profile)
        self.runtime.notify_account(account.sub, {"type": "profile_initial_sync_completed"})
        return profile

    @action
    def disconnect(self, account: Account | str, profile_id: str | None = None) -> Profile:
        """Disconnect a profile, as if its user had changed the password. It must then be reconnected.

        Channels are notified immediately, as if Cronofy had just tried to use it.

        Args:
            account: The account, or its ``sub``.
            profile_id: The profile, which may be a conferencing profile. Defaults to the first one.

        Raises:
            SandboxError: There is no such account or profile.
        """
        account = self._account(account)
        profile = self._connect(account, profile_id, connected=False)
        prefix = "conferencing_profile" if profile in account.conferencing_profiles else "profile"
        self.runtime.notify_account(account.sub, {"type": f"{prefix}_disconnected"})
        return profile

    @action
    def reconnect(self, account: Account | str, profile_id: str | None = None) -> Profile:
        """Reconnect a disconnected profile, as its user would on the page of its ``profile_relink_url``.

        Args:
            account: The account, or its ``sub``.
            profile_id: The profile. Defaults to the first one.

        Raises:
            SandboxError: There is no such account or profile.
        """
        return self._connect(account, profile_id, connected=True)

    def _connect(self, account: Account | str, profile_id: str | None, *, connected: bool) -> Profile:
        account = self._account(account)
        profiles = [*account.profiles, *account.conferencing_profiles]
        profile = next((profile for profile in profiles if profile_id in {None, profile.profile_id}), None)
        if profile is None:
            raise UnknownRecord(f"{account.email} has no profile {profile_id or ''}".rstrip())
        profile.connected = connected
        return profile
