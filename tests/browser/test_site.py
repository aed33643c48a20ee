"""All pages in a browser: pages of other sites can neither submit forms to the sandbox nor reach it by a name."""

from __future__ import annotations

from playwright.async_api import Page

from cronofy_async.sandbox import Sandbox

from .conftest import REBOUND


async def test_a_form_of_another_site_is_rejected(page: Page, served: Sandbox) -> None:
    await page.set_content(f'<form method="post" action="{served.url}/__sandbox__/"><button>Reset</button></form>')

    async with page.expect_navigation() as navigation:
        await page.get_by_role("button").click()

    response = await navigation.value
    assert response is not None
    assert response.status == 403
    assert "another site" in await response.text()


async def test_a_name_of_another_site_that_resolves_to_this_machine_is_rejected(page: Page, served: Sandbox) -> None:
    port = served.url.rpartition(":")[2]

    response = await page.goto(f"http://{REBOUND}:{port}/__sandbox__/static/base.css")

    assert response is not None
    assert response.status == 403
    assert REBOUND in await response.text()


async def test_a_link_from_another_site_leads_to_the_sandbox(page: Page, served: Sandbox) -> None:
    await page.set_content(f'<a href="{served.url}/__sandbox__/static/base.css">Open</a>')

    async with page.expect_navigation() as navigation:
        await page.get_by_role("link").click()

    response = await navigation.value
    assert response is not None
    assert response.status == 200
