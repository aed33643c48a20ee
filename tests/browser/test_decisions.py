"""The pages on which people decide, and that of a scheduling request, in a browser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from cronofy_async import CronofyClient
from cronofy_async.models import CalendarPermission, NewRecipient, RequestedEvent
from cronofy_async.sandbox import Sandbox

from .conftest import Check, NewPage

HOUR = timedelta(hours=1)


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


async def event_page(served: Sandbox, cronofy: CronofyClient) -> str:
    """Return the URL of a page to add an event to a calendar."""
    start = served.clock.now().replace(microsecond=0) + timedelta(days=1)
    times = {name: f"{moment:%Y-%m-%dT%H:%M:%SZ}" for name, moment in (("start", start), ("end", start + HOUR))}
    event = {"event_id": "talk-1", "summary": "Talk", "tzid": "Europe/Lisbon", **times}
    oauth = {"redirect_uri": f"{served.url}/__sandbox__/static/icon.svg", "scope": "create_event"}
    answer = await cronofy.request(
        "POST", "/v1/add_to_calendar", json={"oauth": oauth, "event": event}, credential="body"
    )
    url: str = answer["url"]
    return url


async def test_a_person_adds_an_event_to_a_calendar(page: Page, served: Sandbox, check_accessibility: Check) -> None:
    async with client(served) as cronofy:
        await page.goto(await event_page(served, cronofy))
        await check_accessibility(page)
        ada = served.add_account("ada@example.com", "Ada", calendars=2)
        await page.reload()
        await check_accessibility(page)

    await page.get_by_label("Calendar").select_option("Calendar 2, ada@example.com")
    await page.get_by_role("button", name="Add").click()

    await expect(page).to_have_url(f"{served.url}/__sandbox__/static/icon.svg")
    assert [event.event_id for event in ada.calendars[1].events] == ["talk-1"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_recipient_of_a_scheduling_request_chooses_a_time(
    new_page: NewPage, served: Sandbox, check_accessibility: Check, scheme: str
) -> None:
    page = await new_page(viewport={"width": 375, "height": 800}, color_scheme=scheme)
    ada = served.add_account("ada@example.com", "Ada")
    async with client(served) as cronofy:
        request = await cronofy.scheduling_requests.create(
            host={"sub": ada.sub},
            recipients=[NewRecipient("kim@example.com", slot_selector=True)],
            event=RequestedEvent(summary="Interview"),
        )
    await page.goto(request.dashboard_url or "")
    await expect(page.locator("h1")).to_have_text("The sandbox does not emulate this page")
    await check_accessibility(page)

    await page.goto(request.primary_select_url or "")
    await check_accessibility(page)
    await page.locator("button[name=slot]").first.click()

    await expect(page.get_by_role("link", name="calendar file")).to_be_visible()
    await check_accessibility(page)
    assert await page.evaluate("document.documentElement.scrollWidth") == 375
