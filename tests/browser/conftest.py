"""A headless Chromium in one event loop for all browser tests, because it takes two seconds to start."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

from cronofy_async.sandbox import Sandbox

#: A public name that resolves to this machine, as that of a malicious site could.
REBOUND = "rebound.cronofy-sandbox.com"

#: By default, Chromium connects to other hosts.
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1",
]

#: The icon, and what it is redirected to.
ICONS = ("/favicon.ico", "/icon.svg")

NewPage = Callable[..., Awaitable[Page]]
Check = Callable[[Page], Awaitable[None]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of this folder in the loop of the browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncGenerator[Browser]:
    path = shutil.which("chromium")
    assert path, "browser tests need Chromium, for example Debian's package chromium"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, headless=True, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def new_page(browser: Browser) -> AsyncGenerator[NewPage]:
    """A function that opens a page in a browser context of its own.

    Its arguments are those of ``Browser.new_context``: ``locale``, ``timezone_id``, ``color_scheme``, ``viewport``,
    ``java_script_enabled`` and so on. An error in a script or a message on the console fails the test.
    """
    problems: list[str] = []
    contexts: list[BrowserContext] = []
    defaults: dict[str, Any] = {"locale": "en-US", "timezone_id": "Europe/Berlin"}

    async def open_page(**options: Any) -> Page:
        context = await browser.new_context(**(defaults | options))
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = await context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", note)
        return page

    def note(message: ConsoleMessage) -> None:
        # Chromium reports the status of every page that is not a 2xx; tests look at it where it matters. It asks for the
        # icon of a plain text at any time, perhaps after the sandbox has stopped.
        is_status = re.search("the server responded with a status of (4|501)", message.text)
        if message.type == "error" and not is_status and not message.location["url"].endswith(ICONS):
            problems.append(message.text)

    yield open_page
    for context in contexts:
        await context.close()
    assert problems == []


@pytest_asyncio.fixture(loop_scope="session")
async def page(new_page: NewPage) -> Page:
    """A page of 1280 × 800 pixels, in English, in Berlin."""
    return await new_page(viewport={"width": 1280, "height": 800})


@pytest_asyncio.fixture(loop_scope="session")
async def served() -> AsyncGenerator[Sandbox]:
    """A strict sandbox that is served over HTTP; its URL is ``served.url``."""
    async with Sandbox(strict=True) as sandbox, sandbox.serve():
        yield sandbox


@pytest.fixture
def check_accessibility() -> Check:
    """A function that fails if axe-core finds a violation on a page."""
    axe = Axe()

    async def check(page: Page) -> None:
        results = await axe.run(page)
        assert results.violations_count == 0, results.generate_report()

    return check
