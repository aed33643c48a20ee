"""The types of the calls that connect people. Type checkers read this; it is never run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import assert_type

from cronofy_async import CronofyAccount, CronofyClient, Tokens
from cronofy_async.models import (
    AccessibleCalendar,
    AccessibleCalendarList,
    CalendarPermission,
    Channel,
    ChannelList,
    ConferencingServiceAuthorization,
    EventsChanged,
    EventSubscriptionNotified,
    Filters,
    LinkingProfile,
    LinkToken,
    Notification,
    PermissionsRequest,
    Profile,
    ProfileCalendar,
    ProfileList,
    Resource,
    ResourceList,
    ServiceAccountAuthorization,
    TokenResponse,
    UserInfo,
)

START = datetime(2031, 3, 4, 9, tzinfo=UTC)


async def connecting(cronofy: CronofyClient) -> None:
    oauth = cronofy.oauth
    assert_type(oauth.authorization_url(redirect_uri="https://x", scope="read_write"), str)
    oauth.authorization_url(redirect_uri="https://x", scope={"read_write"}, state="s", avoid_linking=True)
    oauth.authorization_url("https://x", scope="a")  # type: ignore[call-arg]
    oauth.authorization_url(redirect_uri="https://x")  # type: ignore[call-arg]
    assert_type(oauth.enterprise_connect_url(redirect_uri="https://x", scope=["a"], delegated_scope=["b"]), str)
    oauth.enterprise_connect_url(redirect_uri="https://x", scope=["a"])  # type: ignore[call-arg]
    assert_type(oauth.organization_connect_url(redirect_uri="https://x", state="s"), str)

    tokens = await oauth.exchange("code", redirect_uri="https://x")
    assert_type(tokens, TokenResponse)
    plain: Tokens = tokens
    assert_type(plain.expires_at, datetime | None)
    assert_type(tokens.expires_in, int | None)
    assert_type(tokens.linking_profile, LinkingProfile | None)
    assert_type(cronofy.account(tokens), CronofyAccount)
    await oauth.exchange("code")  # type: ignore[call-arg]
    assert_type(await oauth.refresh("r"), TokenResponse)
    assert_type(await oauth.revoke("r"), None)
    await oauth.revoke(sub="acc_1", request_pii_erasure=True)
    assert_type(await cronofy.application_calendars.upsert("room-7"), TokenResponse)


async def connected(account: CronofyAccount) -> None:
    profiles = await account.profiles.list()
    assert_type(profiles, ProfileList)
    assert_type(iter(profiles), Iterator[Profile])
    assert_type(await account.profiles.revoke(profiles.profiles[0]), None)
    await account.profiles.revoke("pro_1")
    assert_type(await account.link_tokens.create(), LinkToken)
    info = await account.identity.userinfo()
    assert_type(info, UserInfo)
    assert_type(info.profiles[0].profile_calendars, tuple[ProfileCalendar, ...])
    channel = await account.channels.create("https://x", filters=Filters(calendar_ids=["cal_1"], only_managed=True))
    assert_type(channel, Channel)
    assert_type(await account.channels.ensure("https://x", scheduling_conversations={"enabled": True}), Channel)
    await account.channels.ensure("https://x", filters={"only_managed": True})
    await account.channels.ensure()  # type: ignore[call-arg]
    await account.channels.create("https://x", Filters())  # type: ignore[call-arg]
    channels = await account.channels.list()
    assert_type(channels, ChannelList)
    assert_type(iter(channels), Iterator[Channel])
    assert_type(await account.channels.close(channel), None)
    await account.channels.close("chn_1")
    upserted = account.events.upsert("c", event_id="e", summary="s", start=START, end=START, include_userinfo=True)
    assert_type(await upserted, UserInfo)
    assert_type(await account.events.delete("c", event_id="e", include_userinfo=True), UserInfo)
    assert_type(await account.events.delete("c", event_id="e"), None)
    permission = CalendarPermission("cal_1", "unrestricted")
    asked = await account.permissions.request([permission, {"calendar_id": "c"}], redirect_uri="https://x")
    assert_type(asked, PermissionsRequest)
    assert_type((asked.accepted, asked.url), tuple[bool | None, str | None])
    await account.permissions.request(permission)  # type: ignore[arg-type]
    conferencing = await account.conferencing_services.authorize("https://x", provider_name="zoom")
    assert_type(conferencing, ConferencingServiceAuthorization)
    account.oauth  # type: ignore[attr-defined] # noqa: B018


async def authorizing(company: CronofyAccount) -> None:
    accounts = company.service_accounts
    assert_type(await accounts.authorize("a@b.example", callback_url="https://x", scope={"read_write"}), None)
    await accounts.authorize("a@b.example", scope="read_write")  # type: ignore[call-arg]
    assert_type(await accounts.authorize_inline("a@b.example", scope=["read_write"]), TokenResponse)
    authorization = ServiceAccountAuthorization(
        email="a@b.example", callback_url="https://x", scope=("a", "b"), state="s"
    )
    assert_type(authorization.scope, str)
    assert_type(await accounts.authorize_many([authorization, {"email": "a@b.example"}]), None)
    resources = await company.resources.list(include_details="capacity")
    assert_type(resources, ResourceList)
    assert_type(iter(resources), Iterator[Resource])
    await company.resources.list(include_details=["capacity", "location"])
    calendars = await company.accessible_calendars.list(profile_id="pro_1", calendar_type="resource")
    assert_type(calendars, AccessibleCalendarList)
    assert_type(iter(calendars), Iterator[AccessibleCalendar])
    delegated = company.delegated_authorizations
    assert_type(
        await delegated.create(profile_id="pro_1", email="a@b.example", callback_url="https://x", scope="free_busy"),
        None,
    )


async def notified(account: CronofyAccount, notification: Notification) -> None:
    match notification:
        case EventsChanged(ref=str(ref)):
            assert_type(ref, str)
            assert_type(notification.changes_since, datetime)
            assert_type(notification.channel, Channel)
            account.events.changes(since=notification.changes_since)
        case EventSubscriptionNotified():
            assert_type(notification.interactions, tuple[str, ...])
        case _:
            assert_type(notification.type, str | None)
