"""Service accounts and the accounts that they authorize, permissions, and conferencing services."""

from __future__ import annotations

import pytest

from cronofy_async import Forbidden
from cronofy_async.models import CalendarPermission, ServiceAccountAuthorization

from .connecting import visit
from .exercise import Site, exercise

BACK = "https://app.example.com/connected"
HOOK = "https://app.example.com/hooks/authorized"


async def codes(site: Site) -> list[str]:
    """Return the codes in the callbacks to the application, which is not mounted."""
    await site.sandbox.wait_for_callbacks()
    return [delivery.json["authorization"]["code"] for delivery in site.sandbox.deliveries]


@exercise("service_accounts.authorize", "service_accounts.authorize_many", "service_accounts.authorize_inline")
async def users_are_authorized(site: Site) -> None:
    company = site.of(site.sandbox.add_account("admin@corp.example", kind="service_account"))
    people = [
        ServiceAccountAuthorization(email=email, callback_url=HOOK, scope="read_only")
        for email in ("b@corp.example", "c@corp.example")
    ]

    await company.service_accounts.authorize("a@corp.example", callback_url=HOOK, scope=["read_events"])
    await company.service_accounts.authorize_many(people)
    tokens = [await site.cronofy.oauth.exchange(code, redirect_uri=HOOK) for code in await codes(site)]
    tokens.append(await company.service_accounts.authorize_inline("d@corp.example", scope="free_busy"))

    result = [await site.cronofy.account(token).identity.userinfo() for token in tokens]
    assert [attendee.email for attendee in result] == [f"{name}@corp.example" for name in "abcd"]
    granted = [item.cronofy_data.authorization for item in result]
    assert [item and item.scope for item in granted] == ["read_events", "read_only", "read_only", "free_busy"]


@exercise("delegated_authorizations.create", "accessible_calendars.list")
async def access_is_passed_on(site: Site) -> None:
    site.ada.delegated_scope = "free_busy"
    site.sandbox.accessible_calendars.add(site.ada, "room-1@corp.example", calendar_type="resource")
    (room,) = await site.account.accessible_calendars.list(profile_id=site.ada.profile_id, calendar_type="resource")

    await site.account.delegated_authorizations.create(
        profile_id=site.ada.profile_id, email=room.email, callback_url=HOOK, scope="free_busy"
    )

    (code,) = await codes(site)
    tokens = await site.cronofy.oauth.exchange(code, redirect_uri=HOOK)
    assert (await site.cronofy.account(tokens).identity.userinfo()).email == "room-1@corp.example"


@exercise("resources.list")
async def resources_are_listed(site: Site) -> None:
    company = site.of(site.sandbox.add_account("admin@corp.example", kind="service_account"))
    assert len(await company.resources.list()) == 0

    site.sandbox.resources.add("room-1@corp.example", capacity=8)

    (room,) = await company.resources.list(include_details={"capacity", "location"})
    assert (room.email, room.capacity, room.location) == ("room-1@corp.example", 8, None)


@exercise("permissions.request")
async def permissions_are_granted(site: Site) -> None:
    permission = CalendarPermission(site.ada.calendar_id, "unrestricted")

    request = await site.account.permissions.request([permission], redirect_uri=BACK)

    assert (request.accepted, site.sandbox.permissions.accept(request.url or "")) == (None, BACK)
    (calendar,) = (await site.account.calendars.list()).calendars
    assert calendar.permission_level == "unrestricted"


@exercise("conferencing_services.authorize")
async def a_service_is_connected(site: Site) -> None:
    page = await site.account.conferencing_services.authorize(BACK, provider_name="zoom")

    back = site.sandbox.conferencing_services.connect(page.url)

    (profile,) = (await site.account.identity.userinfo()).conferencing_profiles
    assert back == f"{BACK}?last_linked_profile_id={profile.profile_id}"
    (record,) = site.sandbox.kept_records("conferencing_services")
    assert (record.sub, record.members) == (site.ada.sub, {"redirect_uri": BACK, "provider_name": "zoom"})


@exercise("oauth.organization_connect_url")
async def an_organizational_unit_is_connected(site: Site) -> None:
    url = site.cronofy.oauth.organization_connect_url(redirect_uri=BACK)

    tokens = await site.cronofy.oauth.exchange(await visit(f"{url}&login_hint=unit@corp.example"), redirect_uri=BACK)

    unit = site.cronofy.account(tokens)
    assert (await unit.identity.userinfo()).sub == site.sandbox.accounts[-1].sub
    with pytest.raises(Forbidden):
        await unit.calendars.create(profile_id="pro_1", name="Calendar")
