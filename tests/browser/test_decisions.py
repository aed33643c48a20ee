"""The pages for permissions and conferencing services in a browser."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page, expect

from cronofy_async import CronofyClient
from cronofy_async.models import CalendarPermission
from cronofy_async.sandbox import Sandbox

from .conftest import Check


def client(served: Sandbox) -> CronofyClient:
    options: dict[str, Any] = {"base_url": served.url, "app_url": served.url}
    return CronofyClient(client_id=served.client_id, client_secret=served.client_secret, **options)


async def test_a_person_grants_permissions(page: Page, served: Sandbox, check_accessibility: Check) -> None:
    ada = served.add_account("ada@example.com", "Ada")
    back = f"{served.url}/__sandbox__/static/icon.svg"
    async with client(served) as cronofy:
        request = await cronofy.account(access_token=ada.access_token).permissions.request(
            [CalendarPermission(ada.calendar_id, "unrestricted")], redirect_uri=back
        )
    await page.goto(request.url or "")
    await check_accessibility(page)

    await page.get_by_role("button", name="Allow").click()

    await expect(page).to_have_url(back)
    assert ada.calendars[0].permission_level == "unrestricted"


async def test_a_person_connects_a_conferencing_service(
    page: Page, served: Sandbox, check_accessibility: Check
) -> None:
    ada = served.add_account("ada@example.com", "Ada")
    back = f"{served.url}/__sandbox__/static/icon.svg"
    async with client(served) as cronofy:
        requested = await cronofy.account(access_token=ada.access_token).conferencing_services.authorize(back)
    await page.goto(requested.url)
    await check_accessibility(page)

    await page.get_by_label("Conferencing service").select_option("Microsoft Teams")
    await page.get_by_role("button", name="Connect").click()

    (profile,) = ada.conferencing_profiles
    await expect(page).to_have_url(f"{back}?last_linked_profile_id={profile.profile_id}")
    assert profile.provider_name == "ms_teams"
