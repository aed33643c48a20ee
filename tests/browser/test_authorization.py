"""The authorization page in a browser: a person connects a calendar or refuses access, for a served application."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Page, expect

from cronofy_async import CronofyClient
from cronofy_async.errors import OAuthError
from cronofy_async.sandbox import Sandbox

from .conftest import Check, NewPage

SCOPE = "read_events create_event delete_event"


@pytest_asyncio.fixture(loop_scope="session")
async def app(served: Sandbox) -> AsyncGenerator[str]:
    """The URL of an application with a "connect your calendar" button."""

    async def connect(request: web.Request) -> web.Response:
        back = str(request.url.with_path("/back").with_query(None))
        url = cronofy.oauth.authorization_url(redirect_uri=back, scope=SCOPE, state="s-1")
        return web.Response(
            text=f'<title>App</title><a href="{url.replace("&", "&amp;")}">Connect</a>', content_type="text/html"
        )

    async def back(request: web.Request) -> web.Response:
        assert request.query["state"] == "s-1"
        if "error" in request.query:
            return web.Response(text=f"Not connected: {request.query['error']}")
        tokens = await cronofy.oauth.exchange(
            code=request.query["code"], redirect_uri=str(request.url.with_query(None))
        )
        return web.Response(text=f"Connected {tokens.linking_profile.profile_name if tokens.linking_profile else ''}")

    application = web.Application()
    application.add_routes([web.get("/", connect), web.get("/back", back)])
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    options: dict[str, Any] = {"base_url": served.url, "app_url": served.url}
    async with CronofyClient(client_id=served.client_id, client_secret=served.client_secret, **options) as cronofy:
        yield "http://{}:{}/".format(*runner.addresses[0][:2])
        await runner.cleanup()


async def start(page: Page, app: str) -> None:
    await page.goto(app)
    await page.get_by_role("link", name="Connect").click()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()


async def test_a_person_chooses_an_account_and_allows_access(page: Page, served: Sandbox, app: str) -> None:
    served.add_account("ada@example.com", "Ada Lovelace")
    served.add_account("bob@example.com", "Bob")
    await start(page, app)

    await page.get_by_label("Bob").check()
    await page.get_by_role("button", name="Allow").click()

    await expect(page.locator("body")).to_have_text("Connected bob@example.com")


async def test_a_person_denies_access(page: Page, served: Sandbox, app: str) -> None:
    await start(page, app)

    await page.get_by_role("button", name="Cancel").click()

    await expect(page.locator("body")).to_have_text("Not connected: access_denied")
    assert served.accounts == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
async def test_a_person_creates_an_account_and_then_adds_a_calendar(
    new_page: NewPage, served: Sandbox, app: str, scripts: bool
) -> None:
    page = await new_page(java_script_enabled=scripts)
    await start(page, app)
    await page.get_by_label("Name").fill("Kim Novak")
    await page.get_by_label("Email").fill("kim@example.org")
    await page.get_by_label("Calendar service").select_option("Microsoft 365")
    await page.get_by_role("button", name="Allow").click()
    await expect(page.locator("body")).to_have_text("Connected kim@example.org")

    await start(page, app)
    await page.get_by_label("Another calendar of Kim Novak").check()
    await page.get_by_label("Email").fill("kim@home.example")
    await page.get_by_role("button", name="Allow").click()
    await expect(page.locator("body")).to_have_text("Connected kim@home.example")

    (kim,) = served.accounts
    assert [profile.provider_name for profile in kim.profiles] == ["office365", "google"]


async def test_the_page_is_used_with_the_keyboard_only(page: Page, served: Sandbox, app: str) -> None:
    served.add_account("ada@example.com", "Ada")
    served.add_account("bob@example.com", "Bob")
    await page.goto(app)

    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.get_by_label("Ada")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_label("Bob")).to_be_checked()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Allow")).to_be_focused()
    assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    await page.keyboard.press("Enter")

    await expect(page.locator("body")).to_have_text("Connected bob@example.com")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
async def test_the_page_is_accessible(
    new_page: NewPage, served: Sandbox, app: str, check_accessibility: Check, *, scheme: str, width: int
) -> None:
    served.add_account("ada@example.com", "Ada Lovelace")
    page = await new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    await start(page, app)

    async def submit_nothing() -> None:
        await page.get_by_label("A new account").check()
        await page.get_by_role("button", name="Allow").click()
        await expect(page.get_by_role("alert")).to_be_visible()

    async def leave_out_the_client() -> None:
        await page.goto(page.url.replace(f"client_id={served.client_id}", "client_id=other"))

    steps: list[Callable[[], Awaitable[None]]] = [submit_nothing, leave_out_the_client]
    for step in (None, *steps):
        if step:
            await step()
        await check_accessibility(page)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_a_code_works_once(page: Page, served: Sandbox, app: str) -> None:
    served.add_account("ada@example.com", "Ada Lovelace")
    await start(page, app)
    await page.get_by_role("button", name="Allow").click()
    await expect(page.locator("body")).to_have_text("Connected ada@example.com")
    code = page.url.partition("code=")[2].partition("&")[0]

    async with served.client() as cronofy:
        with pytest.raises(OAuthError):
            await cronofy.oauth.exchange(code=code, redirect_uri=f"{app}back")
