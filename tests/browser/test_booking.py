"""The booking page in a browser: with a mouse, by keyboard, on a phone, without scripts, and checked by axe-core."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Locator, Page, expect

from cronofy_async.sandbox import Sandbox

from ..sandbox.callbacks import APP, Receiver
from ..sandbox.support import period
from . import scenes
from .conftest import Check, NewPage

Scene = Callable[[Sandbox], Awaitable[str]]

SCHEMES: Final = ("light", "dark")
PHONE: Final = {"width": 375, "height": 800}
HOOKS: Final = {f"{kind}_url": f"{APP}/{kind}" for kind in ("completed", "no_times_suitable", "no_times_displayed")}


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox() -> AsyncGenerator[Sandbox]:
    async with Sandbox(now=scenes.NOW, strict=True) as sandbox, sandbox.serve():
        yield sandbox


@pytest.fixture
def app(sandbox: Sandbox) -> Receiver:
    receiver = Receiver(200)
    sandbox.mount(APP, receiver)
    return receiver


async def open_link(page: Page, sandbox: Sandbox, *, query: dict[str, str] | None = None, **changes: Any) -> str:
    """Open the page of a new link, and return the ID of the link."""
    link = await scenes.new_link(sandbox, *scenes.people(sandbox), **{"callback_urls": HOOKS} | changes)
    await page.goto(sandbox.url + scenes.path_of(sandbox, link, **query or {"tzid": "Europe/Lisbon"}))
    return link


def kinds(app: Receiver) -> list[str]:
    prefix = "real_time_scheduling_"
    return [callback.json["notification"]["type"].removeprefix(prefix) for callback in app.seen]


def slot(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name)


async def taken(sandbox: Sandbox) -> str:
    """A time that another booking takes while the visitor looks at the page."""
    link = await scenes.new_link(sandbox, *scenes.people(sandbox))
    return scenes.path_of(sandbox, link, slot="2027-01-18T10:00:00Z", tzid="Europe/Lisbon")


async def unknown_zone(sandbox: Sandbox) -> str:
    """A page with an unknown time zone."""
    return scenes.path_of(sandbox, await scenes.new_link(sandbox, *scenes.people(sandbox)), tzid="Nowhere")


async def reported(sandbox: Sandbox) -> str:
    """The page after "none of these suit"."""
    return scenes.path_of(sandbox, await scenes.new_link(sandbox, *scenes.people(sandbox)), reported="1")


async def long_texts(sandbox: Sandbox) -> str:
    """A page with very long words."""
    host = sandbox.add_account("host@example.com", "N" * 300)
    event = {"summary": "S" * 1_000, "description": "D" * 2_000, "location": {"description": "L" * 500}}
    link = await scenes.new_link(sandbox, host, event=event, formatting={"hour_format": "h"})
    return scenes.path_of(sandbox, link, tzid="Europe/Lisbon")


STATES: Final[dict[str, Scene]] = {
    "times": scenes.booking,
    "arabic": scenes.booking_arabic,
    "confirm": scenes.booking_confirm,
    "done": scenes.booking_done,
    "empty": scenes.booking_empty,
    "disabled": scenes.booking_disabled,
    "expired": scenes.booking_expired,
    "unknown": scenes.booking_unknown,
    "taken": taken,
    "unknown zone": unknown_zone,
    "reported": reported,
    "long texts": long_texts,
}


async def test_a_time_is_booked_and_its_calendar_file_downloaded(page: Page, sandbox: Sandbox, app: Receiver) -> None:
    link = await open_link(page, sandbox, selection_mode="no_confirm")

    await slot(page, "09:00 – 10:00, Mon, Jan 18").click()

    await expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    await expect(page.locator("time.big")).to_have_text("09:00 – 10:00")
    assert kinds(app) == ["time_chosen"]
    assert app.seen[0].json["user"] == {"tzid": "Europe/Lisbon"}
    assert sandbox.real_time_scheduling.find(link).state == "completed"
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download calendar file").click()
    file = await download.value
    assert file.suggested_filename == "event.ics"
    assert "SUMMARY:Product engineer interview" in (await file.path()).read_text("utf-8")


async def test_a_time_is_confirmed_and_the_application_gets_the_token(page: Page, sandbox: Sandbox) -> None:
    statuses: list[str] = []

    async def done(request: web.Request) -> web.Response:
        async with sandbox.client() as cronofy:
            result = await cronofy.real_time_scheduling.status_by_token(request.query["token"])
        statuses.append(result.status)
        return web.Response(text="<title>Thanks</title>", content_type="text/html")

    application = web.Application()
    application.router.add_get("/done", done)
    async with TestServer(application) as server:
        await open_link(page, sandbox, redirect_urls={"completed_url": str(server.make_url("/done?id=7"))})
        await slot(page, "11:00 – 12:00, Thu, Jan 21").click()
        await expect(page.get_by_role("heading", name="Check the details")).to_be_visible()
        await page.get_by_role("link", name="Choose another time").click()
        await slot(page, "14:00 – 15:00, Thu, Jan 21").click()
        await page.get_by_role("button", name="Book this time").click()
        await expect(page).to_have_title("Thanks")

    assert "id=7&token=" in page.url
    assert statuses == ["completed"]
    assert [len(account.events) for account in sandbox.accounts] == [1 + busy for busy in (3, 3, 2)]


async def test_a_visitor_reports_that_no_time_suits(page: Page, sandbox: Sandbox, app: Receiver) -> None:
    await open_link(page, sandbox)

    await page.get_by_role("button", name="None of these times work for me").click()
    await expect(page.get_by_role("heading", name="The organizer has been notified")).to_be_visible()
    await page.reload()
    await page.get_by_role("link", name="Check again").click()

    await expect(slot(page, "09:00 – 10:00, Mon, Jan 18")).to_be_visible()
    assert kinds(app) == ["no_times_suitable"]


async def test_the_page_shows_that_there_are_no_times(page: Page, sandbox: Sandbox, app: Receiver) -> None:
    accounts = scenes.people(sandbox)
    sandbox.add_busy(accounts[0], scenes.MONDAY, scenes.MONDAY + timedelta(days=14))
    link = await scenes.new_link(sandbox, *accounts, callback_urls=HOOKS)

    await page.goto(sandbox.url + scenes.path_of(sandbox, link))

    await expect(page.get_by_role("heading", name="There are no times available")).to_be_visible()
    await page.reload()
    await page.get_by_role("link", name="Check again").click()
    assert kinds(app) == ["no_times_displayed"]
    await page.get_by_role("button", name="Notify the organizer").click()
    await expect(page.get_by_role("heading", name="The organizer has been notified")).to_be_visible()
    assert kinds(app) == ["no_times_displayed", "no_times_suitable"]


async def test_a_taken_time_is_replaced_by_the_remaining_ones(page: Page, sandbox: Sandbox) -> None:
    await open_link(page, sandbox, selection_mode="no_confirm", query={"tzid": "Asia/Tokyo", "locale": "de"})
    sandbox.add_busy(sandbox.accounts[0], scenes.MONDAY + timedelta(hours=9), scenes.MONDAY + timedelta(hours=10))

    await slot(page, "18:00 – 19:00, Mo., 18. Jan.").click()

    await expect(page.get_by_role("alert")).to_contain_text("Dieser Termin wurde soeben vergeben")
    await expect(slot(page, "18:00 – 19:00, Mo., 18. Jan.")).to_have_count(0)
    await slot(page, "20:00 – 21:00, Mo., 18. Jan.").click()
    await expect(page.get_by_role("heading", name="Ihr Termin ist gebucht")).to_be_visible()


async def test_two_clicks_book_once(page: Page, sandbox: Sandbox, app: Receiver) -> None:
    await open_link(page, sandbox, selection_mode="no_confirm")

    await slot(page, "09:00 – 10:00, Mon, Jan 18").dblclick()

    await expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    assert kinds(app) == ["time_chosen"]


async def test_a_disabled_link(page: Page, sandbox: Sandbox) -> None:
    await page.goto(sandbox.url + await scenes.booking_disabled(sandbox))

    await expect(page.get_by_role("heading", name="This link is no longer in use")).to_be_visible()
    message = await page.locator("blockquote").inner_text()
    assert message.startswith("We have filled this role. Thank you for your time!\n\nDo keep")


async def test_an_expired_link(page: Page, sandbox: Sandbox) -> None:
    await page.goto(sandbox.url + await scenes.booking_expired(sandbox))

    await expect(page.get_by_role("heading", name="This link has expired")).to_be_visible()
    await expect(page.get_by_text("Friday, January 29, 2027")).to_be_visible()


async def test_weeks_are_paged(page: Page, sandbox: Sandbox) -> None:
    await open_link(page, sandbox)

    await expect(page.get_by_role("link", name="Earlier")).to_have_count(0)
    await page.get_by_role("link", name="Later").click()
    await expect(slot(page, "09:00 – 10:00, Mon, Jan 25")).to_be_visible()
    await expect(page.get_by_role("link", name="Later")).to_have_count(0)
    await page.get_by_role("link", name="Earlier").click()
    await expect(slot(page, "09:00 – 10:00, Mon, Jan 18")).to_be_visible()


# The visitor's time zone.


async def test_the_zone_of_the_browser_is_used(new_page: NewPage, sandbox: Sandbox, app: Receiver) -> None:
    page = await new_page(timezone_id="America/New_York")
    link = await scenes.new_link(sandbox, *scenes.people(sandbox), selection_mode="no_confirm", callback_urls=HOOKS)

    await page.goto(sandbox.url + scenes.path_of(sandbox, link))

    await expect(page.get_by_label("Time zone")).to_have_value("America/New_York")
    await page.wait_for_url("**tzid=America%2FNew_York**")
    await slot(page, "04:00 – 05:00, Mon, Jan 18").click()
    await expect(page.get_by_text("New York (UTC−5)")).to_be_visible()
    assert app.seen[0].json["user"] == {"tzid": "America/New_York"}


async def test_a_visitor_changes_the_time_zone(page: Page, sandbox: Sandbox) -> None:
    await open_link(page, sandbox, query={"tzid": "Europe/Lisbon", "locale": "fr", "week": "2027-01-25"})

    await page.get_by_label("Fuseau horaire").select_option("Asia/Kolkata")
    await page.get_by_role("button", name="Actualiser").click()

    await expect(page.get_by_label("Fuseau horaire")).to_have_value("Asia/Kolkata")
    await expect(slot(page, "14:30 – 15:30, lun. 25 janv.")).to_be_visible()
    await expect(page.get_by_text("Il y est actuellement 20:02.")).to_be_visible()


async def test_a_week_in_which_the_clocks_change(new_page: NewPage) -> None:
    change = datetime(2027, 10, 31, 1, tzinfo=UTC)
    page = await new_page(timezone_id="Europe/Berlin", locale="de-DE")
    async with Sandbox(now=change - timedelta(days=8)) as sandbox, sandbox.serve() as url:
        host = sandbox.add_account("host@example.com", "Host")
        periods = [period(change - timedelta(hours=3), change + timedelta(hours=3))]
        periods.append(period(change - timedelta(days=2), change - timedelta(days=2) + timedelta(hours=1)))
        link = await scenes.new_link(
            sandbox, host, availability={"query_periods": periods, "start_interval": {"minutes": 60}}
        )

        await page.goto(url + scenes.path_of(sandbox, link))
        await page.wait_for_url("**tzid=Europe%2FBerlin**")

        sunday = page.get_by_role("region", name="31 Sonntag")
        assert [" ".join(text.split()) for text in await sunday.locator(".slot").all_inner_texts()] == [
            "00:00 – 01:00, So., 31. Okt.",
            "01:00 – 02:00, So., 31. Okt.",
            "02:00 UTC+2 – 02:00, So., 31. Okt.",
            "02:00 UTC+1 – 03:00, So., 31. Okt.",
            "03:00 – 04:00, So., 31. Okt.",
            "04:00 – 05:00, So., 31. Okt.",
        ]
        assert "UTC+2, UTC+1" in await sunday.get_by_role("heading").inner_text()
        await sunday.locator(".slot").nth(3).click()
        await expect(page.get_by_text("Berlin (UTC+1)")).to_be_visible()
        await page.get_by_role("button", name="Diesen Termin buchen").click()
        await expect(page.get_by_role("heading", name="Ihr Termin ist gebucht")).to_be_visible()
        assert [event.start for event in host.events] == [change]


# Keyboard, phone, right to left, dark, without scripts.

_FOCUSED: Final = """() => {
  const found = document.activeElement;
  if (!found || found === document.body) return null;
  const style = getComputedStyle(found);
  const box = found.getBoundingClientRect();
  return {
    name: found.id || found.innerText.trim().split("\\n")[0],
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    seen: box.width > 4 && box.height > 4 && box.bottom > 0 && box.top < innerHeight,
  };
}"""


async def test_a_time_is_booked_by_keyboard(new_page: NewPage, sandbox: Sandbox, app: Receiver) -> None:
    page = await new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    await open_link(page, sandbox)
    names: list[str] = []
    for _ in range(60):
        await page.keyboard.press("Tab")
        focused = await page.evaluate(_FOCUSED)
        if focused is None:
            break
        assert focused["ring"], focused
        assert focused["seen"], focused
        names.append(focused["name"].partition(" –")[0])
    assert names[:5] == ["Skip to the times", "tzid", "Update", "Later", "09:00"]
    assert names[-2:] == ["None of these times work for me", "Sandbox details"]
    assert len(names) == 6 + await page.locator(".slot").count()

    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")  # skips to the times
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Check the details")).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    assert kinds(app) == ["time_chosen"]


@pytest.mark.parametrize("state", STATES)
async def test_a_phone_shows_everything_without_scrolling_sideways(
    new_page: NewPage, sandbox: Sandbox, state: str
) -> None:
    page = await new_page(viewport=PHONE, has_touch=True, is_mobile=True)
    await page.goto(sandbox.url + await STATES[state](sandbox))
    if state != "unknown":
        await page.locator("summary").first.click()

    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    small = await page.evaluate(
        """() => [...document.querySelectorAll("button, select, .button, .strip a")]
            .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 44).map((one) => one.outerHTML)"""
    )
    assert small == []


async def test_a_phone_has_links_to_the_days(new_page: NewPage, sandbox: Sandbox) -> None:
    page = await new_page(viewport=PHONE)
    await page.goto(sandbox.url + await scenes.booking(sandbox))

    await page.get_by_role("navigation", name="Days").get_by_role("link", name="Thu 21 4 times").click()

    await expect(page.get_by_role("region", name="21 Thursday")).to_be_in_viewport()


async def test_arabic_runs_from_right_to_left(new_page: NewPage, sandbox: Sandbox) -> None:
    page = await new_page(locale="ar", timezone_id="Asia/Riyadh", viewport={"width": 1280, "height": 900})
    await page.goto(sandbox.url + await scenes.booking_arabic(sandbox))

    assert await page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
    days = [await tag.bounding_box() for tag in await page.locator(".day").all()]
    lefts = [box["x"] for box in days if box]
    assert len(lefts) == 5
    assert lefts == sorted(lefts, reverse=True)
    arrow = page.get_by_role("link", name="التالي").locator("svg")
    assert await arrow.evaluate("one => getComputedStyle(one).transform") == "matrix(-1, 0, 0, 1, 0, 0)"
    await slot(page, "12:00 – 13:00, الاثنين، 18 يناير").click()
    await page.get_by_role("button", name="حجز هذا الموعد").click()
    await expect(page.get_by_role("heading", name="تم حجز موعدك")).to_be_visible()


async def test_the_page_follows_the_color_scheme_of_the_system(new_page: NewPage, sandbox: Sandbox) -> None:
    path = await scenes.booking(sandbox)
    grounds: list[str] = []
    for scheme in SCHEMES:
        page = await new_page(color_scheme=scheme)
        await page.goto(sandbox.url + path)
        grounds.append(await page.evaluate("getComputedStyle(document.body).backgroundColor"))

    assert grounds == ["rgb(243, 246, 247)", "rgb(13, 22, 27)"]


@pytest.mark.parametrize("mode", ["confirm", "no_confirm"])
async def test_booking_works_without_scripts(new_page: NewPage, sandbox: Sandbox, app: Receiver, mode: str) -> None:
    page = await new_page(java_script_enabled=False, timezone_id="Asia/Tokyo")
    await open_link(page, sandbox, selection_mode=mode, query={"locale": "en"})
    await expect(page.get_by_label("Time zone")).to_have_value("Europe/Lisbon")

    await page.get_by_label("Time zone").select_option("Asia/Tokyo")
    await page.get_by_role("button", name="Update").click()
    await page.get_by_role("link", name="Later").click()
    await page.get_by_role("button", name="None of these times work for me").click()
    await page.get_by_role("link", name="Check again").click()
    await slot(page, "18:00 – 19:00, Mon, Jan 25").click()
    if mode == "confirm":
        await page.get_by_role("button", name="Book this time").click()

    await expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    await expect(page.get_by_text("Tokyo (UTC+9)")).to_be_visible()
    assert kinds(app) == ["no_times_suitable", "time_chosen"]


async def test_the_details_tell_a_developer_what_happened(page: Page, sandbox: Sandbox, app: Receiver) -> None:
    app.answer = 500
    link = await open_link(page, sandbox, selection_mode="no_confirm", minimum_notice={"hours": 164})
    await page.get_by_text("Sandbox details").click()
    details = page.locator("footer")
    await expect(details).to_contain_text(link)
    await expect(details).to_contain_text("are hidden by minimum_notice")

    await page.locator(".slot").first.click()
    await page.get_by_text("Sandbox details").click()

    await expect(details).to_contain_text("real_time_scheduling_time_chosen 500")
    await expect(details.get_by_role("link", name="Open the dashboard")).to_have_attribute("href", "/__sandbox__/")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("state", STATES)
async def test_axe_finds_no_violation(
    new_page: NewPage, sandbox: Sandbox, check_accessibility: Check, state: str, scheme: str
) -> None:
    page = await new_page(color_scheme=scheme, viewport={"width": 1280, "height": 900})
    await page.goto(sandbox.url + await STATES[state](sandbox))
    if state != "unknown":
        await page.locator("summary").first.click()

    await check_accessibility(page)
    await page.set_viewport_size({"width": 375, "height": 800})
    await check_accessibility(page)
