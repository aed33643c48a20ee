"""Responses of the token endpoints.

Docs: https://docs.cronofy.com/developers/api/authorization/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from .._codec.wire import local
from .._redaction import hide
from ..tokens import Tokens
from .base import Model, ResponseModel

__all__ = ["LinkingProfile", "TokenResponse"]


@attrs.frozen(kw_only=True)
class LinkingProfile(ResponseModel):
    """The profile that an authorization connected.

    Attributes:
        provider_name: The calendar provider, such as ``google``; with restricted access ``google_free_busy``,
            ``ms_graph_free_busy``, or ``cronofy``.
        provider_service: The provider's service, such as ``gsuite``.
        profile_id: The ID of the profile.
        profile_name: The name of the profile, usually an email address.
    """

    provider_name: str
    provider_service: str | None = None
    profile_id: str
    profile_name: str | None = None


@attrs.frozen(kw_only=True)
class TokenResponse(Tokens, Model):
    """The tokens of an account as Cronofy sent them. ``CronofyClient.account`` takes them unchanged.

    Attributes:
        access_token: The bearer token that calls are made with.
        refresh_token: The token that a new access token is requested with.
        token_type: ``bearer``.
        expires_in: The lifetime of the access token in seconds, as it was sent.
        expires_at: When the access token expires, counted from the arrival of the response.
        scope: The granted scopes, separated by spaces. They may differ from the requested ones.
        sub: The ID of the account. A response to a refresh may lack it.
        account_id: The same as ``sub``.
        linking_profile: The profile that was connected; ``None`` for service accounts and after a refresh.
        application_calendar_id: Your ID of the application calendar, if the tokens are those of one.
        extra: Members that the server sent and this class does not declare.
    """

    expires_at: datetime | None = attrs.field(default=None, eq=False, metadata=local())
    token_type: str | None = None
    expires_in: int | None = None
    account_id: str | None = None
    linking_profile: LinkingProfile | None = None
    application_calendar_id: str | None = None
    extra: Mapping[str, Any] = attrs.field(factory=dict[str, Any], repr=False, hash=False)


@attrs.frozen(kw_only=True)
class RefreshedTokens(ResponseModel):
    """The response to a refresh. Other members are not validated, since an invalid one must not lose the new tokens."""

    access_token: str = attrs.field(repr=hide)
