"""Accounts and their userinfo.

Docs: https://docs.cronofy.com/developers/api/identity/
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from .._codec.wire import json_name, outside_envelope
from .base import ResponseModel
from .profiles import Profile

__all__ = [
    "Account",
    "AccountType",
    "ApplicationCalendar",
    "Authorization",
    "ServiceAccount",
    "UserInfo",
    "UserInfoData",
]

AccountType: TypeAlias = Literal["account", "service_account", "application_calendar"] | str


@attrs.frozen(kw_only=True)
class Account(ResponseModel):
    """The details of an account.

    Attributes:
        account_id: The ID of the account, which is also its ``sub``.
        email: The primary email address; of a service account it may be a user name.
        name: The name, which may be blank.
        scope: The scope that the account granted, separated by spaces.
        default_tzid: The IANA name of its time zone.
        sub: The same as ``account_id``, if Cronofy sent it.

    Docs: https://docs.cronofy.com/developers/api/identity/account/
    """

    account_id: str
    email: str
    name: str | None = None
    scope: str | None = None
    default_tzid: str | None = None
    sub: str | None = attrs.field(default=None, metadata=outside_envelope())

    @property
    def id(self) -> str:
        """The same as ``account_id``."""
        return self.account_id


@attrs.frozen(kw_only=True)
class Authorization(ResponseModel):
    """The authorization of an account.

    Attributes:
        scope: The granted scopes, separated by spaces.
        status: ``active``, or another status that the docs do not list.
        delegated_scope: The scopes that a service account may pass on to its users, separated by spaces.
    """

    scope: str | None = None
    status: str | None = None
    delegated_scope: str | None = None


@attrs.frozen(kw_only=True)
class ServiceAccount(ResponseModel):
    """The service account that a token belongs to.

    Attributes:
        provider_name: The provider, such as ``google``.
        domain: The domain of the organization.
    """

    provider_name: str | None = None
    domain: str | None = None


@attrs.frozen(kw_only=True)
class ApplicationCalendar(ResponseModel):
    """The application calendar that a token belongs to.

    Attributes:
        application_calendar_id: Your ID of the calendar.
    """

    application_calendar_id: str


@attrs.frozen(kw_only=True)
class UserInfoData(ResponseModel):
    """The ``cronofy.data`` of a ``UserInfo``.

    Attributes:
        authorization: The authorization of the account.
        profiles: The calendar profiles with their calendars.
        conferencing_profiles: The conferencing profiles.
        service_account: Details of a service account.
        application_calendar: Details of an application calendar.
    """

    authorization: Authorization | None = None
    profiles: tuple[Profile, ...] = ()
    conferencing_profiles: tuple[Profile, ...] = ()
    service_account: ServiceAccount | None = None
    application_calendar: ApplicationCalendar | None = None


@attrs.frozen(kw_only=True)
class UserInfo(ResponseModel):
    """The account that an access token belongs to, with its profiles and calendars.

    Attributes:
        sub: The ID of the account.
        email: The primary email address; ``None`` for an application calendar.
        name: The name, which may be blank.
        zoneinfo: The IANA name of the time zone; ``Etc/UTC`` if the provider does not return it.
        cronofy_type: ``account``, ``service_account``, ``application_calendar``, or a type added later.
        cronofy_data: The authorization, profiles, and calendars.
        application_calendar_id: Your ID of an application calendar.
        cronofy_service_account_domain: The domain in older responses for service accounts.
        cronofy_service_account_email: The email address in older responses for service accounts.

    The JSON names of ``cronofy_type`` and the others have a dot, as in ``cronofy.type``.

    Docs: https://docs.cronofy.com/developers/api/identity/userinfo/
    """

    sub: str
    email: str | None = None
    name: str | None = None
    zoneinfo: str | None = None
    cronofy_type: AccountType | None = attrs.field(default=None, metadata=json_name("cronofy.type"))
    cronofy_data: UserInfoData = attrs.field(factory=UserInfoData, metadata=json_name("cronofy.data"))
    application_calendar_id: str | None = None
    cronofy_service_account_domain: str | None = attrs.field(
        default=None, metadata=json_name("cronofy.service_account.domain")
    )
    cronofy_service_account_email: str | None = attrs.field(
        default=None, metadata=json_name("cronofy.service_account.email")
    )

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """The calendar profiles with their calendars."""
        return self.cronofy_data.profiles

    @property
    def conferencing_profiles(self) -> tuple[Profile, ...]:
        """The conferencing profiles."""
        return self.cronofy_data.conferencing_profiles
