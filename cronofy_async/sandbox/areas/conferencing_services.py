"""Conferencing services that users connect.

Docs: https://docs.cronofy.com/developers/api/conferencing-services/authorization/
"""

from __future__ import annotations

from typing import Final

from ..kernel.area import (
    Context,
    KeptRecordPages,
    Profile,
    SandboxResponse,
    action,
    keep,
    ok,
    operation,
)
from ..kernel.urls import with_query

__all__ = ["PAGE", "ConferencingServices"]

#: The path of the pages; the ID of the request follows.
PAGE: Final = "/conferencing_services/"
_AUTHORIZE: Final = "conferencing_services.authorize"


@operation(_AUTHORIZE)
def authorize(context: Context) -> SandboxResponse:
    """Return the URL of a page where the user connects a conferencing service."""
    record = keep(context, "csa")
    return ok({"authorization_request": {"url": context.url(f"{PAGE}{record.id}")}})


class ConferencingServices(KeptRecordPages):
    """Actions for tests: ``sandbox.conferencing_services``."""

    operation_name = _AUTHORIZE

    @action
    def connect(self, url: str, name: str | None = None, *, provider_name: str | None = None) -> str:
        """Connect a conferencing service, as the user would on the page of the URL.

        Args:
            url: The URL of the page.
            name: The name of the profile. Defaults to the email address of the account.
            provider_name: The service. Defaults to the requested one, or ``zoom``.

        Returns:
            The URL that the browser is redirected to, with ``last_linked_profile_id``.

        Raises:
            SandboxError: There is no such page.
        """
        request = self.find(url)
        account = self.state.accounts[request.sub or ""]
        provider = provider_name or request.members.get("provider_name") or "zoom"
        name = name or account.email
        profile = next(
            (
                profile
                for profile in account.conferencing_profiles
                if (profile.provider_name, profile.name) == (provider, name)
            ),
            None,
        )
        if profile is None:
            profile = Profile(
                profile_id=self.state.new_id("pro"), name=name, provider_name=provider, provider_service=None
            )
            account.conferencing_profiles.append(profile)
        profile.connected = True
        return with_query(request.members["redirect_uri"], last_linked_profile_id=profile.profile_id)

    @action
    def deny(self, url: str) -> str:
        """Connect no service, and return the URL that the browser is redirected to, with ``error=access_denied``.

        Args:
            url: The URL of the page.

        Raises:
            SandboxError: There is no such page.
        """
        return with_query(self.find(url).members["redirect_uri"], error="access_denied")
