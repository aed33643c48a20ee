"""Write the pictures in ``docs/pictures/``: screenshots of a sandbox's pages in Chromium.

Run this after changing a page. With names, only these pictures are written; ``--to`` names another folder::

    python -m tests.browser.pictures
    python -m tests.browser.pictures booking booking-dark --to /tmp/pictures
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Final, Literal

import attrs
from playwright.async_api import Browser, async_playwright

from cronofy_async.sandbox import Sandbox

from . import dashboard_scenes, scenes
from .conftest import ARGUMENTS

FOLDER: Final = Path(__file__).parents[2] / "docs" / "pictures"


@attrs.frozen
class Picture:
    """A picture of a page.

    Attributes:
        reach: Sets up a sandbox in the state that the picture shows, and returns the path of the page.
        width: The width of the window in pixels.
        height: Its height; with 0, the picture shows the whole page.
        scheme: The color scheme.
    """

    reach: Callable[[Sandbox], Awaitable[str]]
    width: int = 1280
    height: int = 0
    scheme: Literal["light", "dark"] = "light"


#: All pictures, by name.
PICTURES: Final = {
    "booking": Picture(scenes.booking),
    "booking-dark": Picture(scenes.booking, 375, 1000, "dark"),
    "booking-arabic": Picture(scenes.booking_arabic),
    "dashboard": Picture(dashboard_scenes.dashboard, 1280, 900),
    "dashboard-dark": Picture(dashboard_scenes.dashboard, 375, 1000, "dark"),
    "account": Picture(dashboard_scenes.account),
}


async def take(browser: Browser, picture: Picture, path: Path) -> None:
    """Write a picture to a file."""
    async with Sandbox(now=scenes.NOW) as sandbox, sandbox.serve() as url:
        target = url + await picture.reach(sandbox)
        context = await browser.new_context(
            viewport={"width": picture.width, "height": picture.height or 600},
            color_scheme=picture.scheme,
            locale="en-US",
            timezone_id="Europe/Lisbon",
        )
        page = await context.new_page()
        await page.goto(target)
        await page.screenshot(path=path, full_page=not picture.height)
        await context.close()


async def main(names: Iterable[str], folder: Path) -> None:
    """Write pictures to a folder."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), headless=True, args=ARGUMENTS
        )
        for name in names:
            await take(browser, PICTURES[name], folder / f"{name}.png")
        await browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write pictures of the sandbox's pages.")
    parser.add_argument("names", nargs="*", choices=[[], *PICTURES], metavar="NAME", help=", ".join(PICTURES))
    parser.add_argument("--to", type=Path, default=FOLDER, metavar="FOLDER")
    arguments = parser.parse_args()
    arguments.to.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(arguments.names or PICTURES, arguments.to))
