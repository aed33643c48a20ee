"""The clients of an account and of the admin API, which a ``CronofyClient`` returns. Their areas are in ``resources``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ._area import Area
from ._pipeline import Pipeline
from .call import Call
from .http import AccountToken, AdminKey, Credential, CredentialKind, Method

if TYPE_CHECKING:
    from .resources.accessible_calendars import AccessibleCalendars
    from .resources.applications import Applications
    from .resources.availability import Availability
    from .resources.availability_rules import AvailabilityRules
    from .resources.available_periods import AvailablePeriods
    from .resources.batch import Batch
    from .resources.calendars import Calendars
    from .resources.channels import Channels
    from .resources.conferencing_services import ConferencingServices
    from .resources.delegated_authorizations import DelegatedAuthorizations
    from .resources.events import Events
    from .resources.free_busy import FreeBusy
    from .resources.identity import Identity
    from .resources.link_tokens import LinkTokens
    from .resources.permissions import Permissions
    from .resources.profiles import Profiles
    from .resources.resources import Resources
    from .resources.scheduling_conversations import SchedulingConversations
    from .resources.scheduling_requests import SchedulingRequests
    from .resources.service_accounts import ServiceAccounts

__all__ = ["CronofyAccount", "CronofyAdmin"]


class CronofyAccount:
    """An account, which has its own access token; returned by ``CronofyClient.account``."""

    availability: Area[Availability] = Area("availability", "Availability")
    """The times at which people and resources are free."""
    availability_rules: Area[AvailabilityRules] = Area("availability_rules", "AvailabilityRules")
    """Weekly working hours."""
    available_periods: Area[AvailablePeriods] = Area("available_periods", "AvailablePeriods")
    """Single periods in which the account can be booked."""
    identity: Area[Identity] = Area("identity", "Identity")
    """The identity of the account."""
    profiles: Area[Profiles] = Area("profiles", "Profiles")
    """The calendar services that the account is connected to."""
    link_tokens: Area[LinkTokens] = Area("link_tokens", "LinkTokens")
    """Tokens that link another profile to the account (alpha)."""
    permissions: Area[Permissions] = Area("permissions", "Permissions")
    """Elevated permissions for its calendars."""
    conferencing_services: Area[ConferencingServices] = Area("conferencing_services", "ConferencingServices")
    """Conferencing services that its user connects."""
    service_accounts: Area[ServiceAccounts] = Area("service_accounts", "ServiceAccounts")
    """Authorizes the users and resources of an organization, if the account is a service account."""
    resources: Area[Resources] = Area("resources", "Resources")
    """The rooms and equipment of an organization, if the account is a service account."""
    delegated_authorizations: Area[DelegatedAuthorizations] = Area(
        "delegated_authorizations", "DelegatedAuthorizations"
    )
    """Authorizes calendars that its user can access (prerelease)."""
    accessible_calendars: Area[AccessibleCalendars] = Area("accessible_calendars", "AccessibleCalendars")
    """The calendars that its user can access (prerelease)."""
    calendars: Area[Calendars] = Area("calendars", "Calendars")
    """The account's calendars."""
    events: Area[Events] = Area("events", "Events")
    """The events in its calendars."""
    free_busy: Area[FreeBusy] = Area("free_busy", "FreeBusy")
    """The times at which it is free or busy."""
    channels: Area[Channels] = Area("channels", "Channels")
    """The URLs that Cronofy sends its notifications to."""
    batch: Area[Batch] = Area("batch", "Batch")
    """Several writes in one request: ``async with account.batch() as batch``."""
    scheduling_conversations: Area[SchedulingConversations] = Area(
        "scheduling_conversations", "SchedulingConversations"
    )
    """Two people agree on a time (alpha)."""
    scheduling_requests: Area[SchedulingRequests] = Area("scheduling_requests", "SchedulingRequests")
    """People pick a time with members of an organizational unit, whose account this is (beta)."""

    def __init__(self, sender: Pipeline, credential: AccountToken) -> None:
        self._sender = sender
        self._credential = credential
        self._credentials: Mapping[CredentialKind, Credential] = {"account": credential}

    def request(
        self, method: Method, path: str, *, query: Mapping[str, Any] | None = None, json: Any = None
    ) -> Call[Any]:
        """Return a call of an endpoint that this package does not model (yet), with the account's access token.

        See ``CronofyClient.request`` for the arguments.
        """
        return self._sender.raw(method, path, query, json, self._credential)

    def __repr__(self) -> str:
        return f"CronofyAccount({self._credential.account!r})"


class CronofyAdmin:
    """The admin API, which provisions applications; returned by ``CronofyClient.admin``."""

    applications: Area[Applications] = Area("applications", "Applications")
    """Create applications (prerelease)."""

    def __init__(self, sender: Pipeline) -> None:
        self._sender = sender
        self._credentials: Mapping[CredentialKind, Credential] = {"admin": AdminKey()}

    def request(
        self, method: Method, path: str, *, query: Mapping[str, Any] | None = None, json: Any = None
    ) -> Call[Any]:
        """Return a call of an endpoint that this package does not model (yet), with the admin API key.

        See ``CronofyClient.request`` for the arguments.
        """
        return self._sender.raw(method, path, query, json, AdminKey())

    def __repr__(self) -> str:
        return f"CronofyAdmin(base_url={self._sender.config.hosts.api!r})"
