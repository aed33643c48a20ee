"""The dashboard in a browser: it updates itself without a reload, and can be used with the keyboard only."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import Locator, Page, expect

from cronofy_async.models import AvailabilityQuery, Member, ParticipantGroup
from cronofy_async.sandbox import Account, Sandbox
from cronofy_async.sandbox.kernel.journal import MAX_ENTRIES
from cronofy_async.sandbox.kernel.messages import SandboxRequest

from .conftest import Check, NewPage

APP = "https://app.example.com"
HOOK = f"{APP}/hook"
HOSTILE = '<img src=x onerror="document.title=1">'


async def create(sandbox: Sandbox, account: Account, summary: str = "Interview", url: str | None = HOOK) -> str:
    """Create a link with the SDK over HTTP, and return its ID."""
    now = sandbox.clock.now()
    async with sandbox.client(transport=None, base_url=sandbox.url, clock=None) as cronofy:
        link = await cronofy.real_time_scheduling.create(
            oauth={"redirect_uri": APP},
            event={"event_id": "intro-1", "summary": summary, "tzid": "Europe/London"},
            availability=AvailabilityQuery(
                participants=[ParticipantGroup([Member(account.sub)])],
                required_duration=timedelta(minutes=30),
                query_periods=[(now + timedelta(days=1), now + timedelta(days=2))],
            ),
            callback_urls={"completed_url": url} if url else {},
        )
    return link.id


async def open_dashboard(page: Page, sandbox: Sandbox, query: str = "") -> None:
    await page.goto(f"{sandbox.url}/__sandbox__/{query}")
    await expect(page.locator("#live")).to_have_text("Live")


def exchanges(page: Page) -> Locator:
    return page.locator("[data-list=exchanges] > li")


async def test_a_booking_is_followed_live(page: Page, served: Sandbox) -> None:
    ada = served.add_account("ada@example.com")
    served.mount(APP, lambda _: 204)
    await open_dashboard(page, served)
    await expect(page.get_by_text("No requests yet.")).to_be_visible()
    await page.evaluate("window.loaded = true")

    ident = await create(served, ada)

    await expect(exchanges(page)).to_have_count(1)
    await expect(exchanges(page).first).to_contain_text("real_time_scheduling.create")
    link = page.locator(f"#l-{ident}")
    await expect(link).to_contain_text("open")
    await expect(page.get_by_text("No requests yet.")).to_be_hidden()

    await served.book(ident)

    await expect(link).to_contain_text("completed")
    callback = page.locator("[data-list=callbacks] > tr")
    await expect(callback).to_contain_text("real_time_scheduling_time_chosen")
    await expect(callback).to_contain_text("204")
    await expect(page.locator("#count-exchanges")).to_have_text("2")
    assert await page.evaluate("window.loaded"), "the page was loaded again"


async def test_an_opened_exchange_stays_open_and_focused(page: Page, served: Sandbox) -> None:
    ada = served.add_account("ada@example.com")
    await create(served, ada)
    await open_dashboard(page, served)
    row = page.locator("#x1")

    await row.locator("summary").focus()
    await page.keyboard.press("Enter")
    await expect(row).to_contain_text("Bearer …, the API key")
    await expect(row).to_contain_text('"summary": "Interview"')
    await expect(row.get_by_role("region", name="Response: body")).to_be_visible()
    await create(served, ada)

    await expect(exchanges(page)).to_have_count(2)
    assert await row.locator("details").get_attribute("open") is not None
    await expect(row.locator("summary")).to_be_focused()


async def test_a_failed_callback_is_sent_again(page: Page, served: Sandbox) -> None:
    ada = served.add_account("ada@example.com")
    await served.book(await create(served, ada))
    await open_dashboard(page, served)
    rows = page.locator("[data-list=callbacks] > tr")
    await expect(rows).to_contain_text("https://app.example.com is not on this machine.")
    await expect(page.locator("#count-callbacks")).to_have_text("1 failed")

    served.mount(APP, lambda _: 204)
    await rows.get_by_role("button", name="Send again").click()

    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("204")


async def test_the_clock_is_advanced_until_a_link_expires(page: Page, served: Sandbox) -> None:
    ident = await create(served, served.add_account("ada@example.com"))
    await open_dashboard(page, served)
    link = page.locator(f"#l-{ident}")
    await expect(link).to_contain_text("open")

    await page.get_by_label("Advance by, such as 90 min").fill("3 d")
    await page.get_by_role("button", name="Advance", exact=True).click()

    await expect(link).to_contain_text("expired")
    await page.get_by_label("Advance by, such as 90 min").fill("soon")
    await page.get_by_role("button", name="Advance", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("must be a duration such as 90 min")
    await page.get_by_role("button", name="Freeze").click()
    await expect(page.locator("#clock")).to_contain_text("frozen")


async def test_a_fault_and_an_assumption_are_switched_with_the_keyboard(page: Page, served: Sandbox) -> None:
    await open_dashboard(page, served)
    fault = page.get_by_role("switch", name="Callbacks are lost")

    await fault.focus()
    await page.keyboard.press("Space")
    await expect(fault).to_be_checked()
    await expect(fault).to_be_focused()
    assert [fault.reset for fault in served.faults] == ["before"]
    await page.keyboard.press("Space")
    await expect(fault).not_to_be_checked()
    assert list(served.faults) == []

    assumption = page.get_by_role("switch", name="codes_expire")
    await assumption.click()
    await expect(assumption).not_to_be_checked()
    await expect(page.locator("#count-assumptions")).to_have_text("1 off")
    assert not served.runtime.assumes("codes_expire")


async def test_a_link_is_booked_and_an_account_added(page: Page, served: Sandbox) -> None:
    await open_dashboard(page, served)
    await page.get_by_label("Email address", exact=True).fill("ada@example.com")
    await page.get_by_role("button", name="Add account").click()
    await expect(page.locator("[data-list=accounts] > tr")).to_contain_text("ada@example.com")
    await expect(page.get_by_label("Email address", exact=True)).to_have_value("")

    ident = await create(served, served.accounts[0], url=None)
    link = page.locator(f"#l-{ident}")
    await link.get_by_role("button", name="Book earliest").click()
    await expect(link).to_contain_text("booked:")
    await expect(page.locator("[data-list=callbacks]")).to_contain_text("has no completed_url")


async def test_busy_time_is_added_while_updates_arrive(page: Page, served: Sandbox) -> None:
    ada = served.add_account("ada@example.com")
    await open_dashboard(page, served)
    row = page.locator(f"#a-{ada.sub}")
    await row.get_by_text("Add busy time").click()
    await row.get_by_label("Start, UTC").fill("2031-03-03T09:00")
    served.clock.advance(hours=2)
    await expect(row).to_contain_text("expired")
    await expect(row.get_by_label("Start, UTC")).to_have_value("2031-03-03T09:00")
    await row.get_by_label("End, UTC").fill("2031-03-03T10:00")
    await row.get_by_role("button", name="Add", exact=True).click()
    await expect(row.get_by_label("Start, UTC")).to_be_hidden()
    assert len(ada.events) == 1


async def test_hostile_values_are_shown_as_text(page: Page, served: Sandbox) -> None:
    eve = served.add_account("eve@example.com", HOSTILE)
    await open_dashboard(page, served)
    ident = await create(served, eve, HOSTILE)
    await expect(page.locator(f"#l-{ident}")).to_contain_text(HOSTILE)
    await page.locator("#x1 summary").click()
    await expect(page.locator("#x1")).to_contain_text('<img src=x onerror=\\"document.title=1\\">')
    assert await page.locator("img").count() == 0
    assert await page.title() == "Dashboard · Sandbox"


async def test_a_paused_page_shows_missed_updates_when_resumed(page: Page, served: Sandbox) -> None:
    ada = served.add_account("ada@example.com")
    await open_dashboard(page, served)
    await page.locator("#live").click()
    await expect(page.locator("#live")).to_have_text("Paused")
    await create(served, ada)
    await create(served, ada)
    await expect(exchanges(page)).to_have_count(0)
    await page.locator("#live").click()
    await expect(exchanges(page)).to_have_count(2)


async def test_the_page_reloads_after_a_restart_of_the_sandbox(page: Page) -> None:
    async with Sandbox() as first:
        async with first.serve() as url:
            first.add_account("ada@example.com")
            await open_dashboard(page, first)
        port = int(url.rpartition(":")[2])
    async with Sandbox() as second, second.serve(port=port):
        second.add_account("bob@example.com")
        await expect(page.locator("[data-list=accounts]")).to_contain_text("bob@example.com")
        await expect(page.locator("[data-list=accounts]")).not_to_contain_text("ada@example.com")


async def test_the_page_recovers_from_more_requests_than_the_journal_keeps(page: Page, served: Sandbox) -> None:
    await open_dashboard(page, served)
    request = SandboxRequest(method="GET", path="/v1/userinfo", query="", headers={}, body=b"", base_url=served.url)
    for _ in range(MAX_ENTRIES + 5):
        await served.handle(request)
    await expect(page.locator("#count-exchanges")).to_have_text("1,000")
    assert await exchanges(page).count() <= MAX_ENTRIES
    await expect(exchanges(page).first).to_have_attribute("id", f"x{MAX_ENTRIES + 5}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
async def test_every_state_is_accessible(
    new_page: NewPage, served: Sandbox, check_accessibility: Check, width: int, scheme: str
) -> None:
    page = await new_page(
        viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce", has_touch=True
    )
    await open_dashboard(page, served)
    await check_accessibility(page)

    ada = served.add_account("ada@example.com")
    served.add_account("bob@example.com")
    served.revoke(served.accounts[1])
    for url in (None, HOOK, "http://127.0.0.1:9/hook"):
        await served.book(await create(served, ada, url=url))
    await create(served, ada)
    served.faults.add("events.read", status=503)
    served.assume("codes_expire", False)
    await expect(page.locator("#count-faults")).to_have_text("1 on")
    for row in ("#x1", "#x2"):
        await page.locator(f"{row} summary").click()
        await expect(page.locator(f"{row} .panes")).to_be_visible()
    await page.get_by_text("Add busy time").first.click()
    await page.get_by_text("Delete everything").click()
    await check_accessibility(page)
    assert await page.evaluate("document.documentElement.scrollWidth") == width

    for path in ("exchanges/1", "exchanges/2", "exchanges/99", "?q=nothing&link=nothing&account=nothing"):
        await page.goto(f"{served.url}/__sandbox__/{path}")
        await check_accessibility(page)
        assert await page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
async def test_the_page_of_an_account_is_accessible(
    new_page: NewPage, served: Sandbox, check_accessibility: Check, width: int, scheme: str
) -> None:
    page = await new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    eve = served.add_account("eve@example.com", HOSTILE, calendars=2)
    await open_dashboard(page, served)
    await page.get_by_role("link", name=HOSTILE).click()
    await expect(page.get_by_text("No event yet.")).to_be_visible()
    await check_accessibility(page)

    async with served.client(transport=None, base_url=served.url, clock=None) as cronofy:
        account = cronofy.account(access_token=eve.access_token)
        start = served.clock.now() + timedelta(days=1)
        await account.events.upsert(
            eve.calendar_id,
            event_id="plan",
            summary=HOSTILE,
            description="",
            start=start,
            end=start + timedelta(hours=1),
        )
    for number in range(30):
        served.events.add(eve, summary=f"Gym {number}", calendar_id=eve.calendar_ids[1])
    await page.get_by_label("Summary or ID").fill("gym")
    await page.get_by_role("button", name="Filter").click()
    await page.get_by_role("link", name="Older").click()
    await expect(page.locator("[data-list=events] > tr")).to_have_count(5)
    await check_accessibility(page)
    assert await page.evaluate("document.documentElement.scrollWidth") == width

    await page.get_by_role("link", name="Show all").click()
    await page.get_by_label("Calendar", exact=True).select_option(eve.calendar_id)
    await page.get_by_role("button", name="Filter").click()
    await expect(page.locator("[data-list=events] > tr")).to_contain_text(HOSTILE)
    await page.get_by_role("link", name="events.upsert").click()
    await expect(page.locator("h1")).to_contain_text("Request at")


async def test_the_dashboard_works_without_scripts(new_page: NewPage, served: Sandbox) -> None:
    ada = served.add_account("ada@example.com")
    ident = await create(served, ada)
    page = await new_page(java_script_enabled=False)
    await page.goto(f"{served.url}/__sandbox__/")
    await expect(page.locator("#live")).to_be_hidden()

    await page.locator("#x1 summary").click()
    await page.locator("#x1").get_by_role("link", name="Show request and response").click()
    await expect(page.locator("h1")).to_contain_text("Request at")
    await page.go_back()
    await page.locator(f"#l-{ident}").get_by_role("button", name="Book earliest").click()
    await expect(page.locator(f"#l-{ident}")).to_contain_text("completed")
    await page.get_by_role("switch", name="codes_expire").click()
    await expect(page.get_by_role("switch", name="codes_expire")).not_to_be_checked()
    await page.get_by_label("Advance by, such as 90 min").fill("soon")
    await page.get_by_role("button", name="Advance", exact=True).click()
    await expect(page.locator("h1")).to_have_text("That is not possible")
