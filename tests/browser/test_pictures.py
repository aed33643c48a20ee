"""The docs show the pictures that the script writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser

from .pictures import FOLDER, PICTURES, take

PNG = b"\x89PNG\r\n\x1a\n"


async def test_the_docs_show_every_picture() -> None:
    texts = [page.read_text("utf-8") for page in [*FOLDER.parent.glob("*.md"), FOLDER.parents[1] / "README.md"]]
    names = {name for text in texts for name in re.findall(r"pictures/([\w-]+)\.png", text)}

    assert names == set(PICTURES) == {file.stem for file in FOLDER.glob("*.png")}


@pytest.mark.parametrize("name", PICTURES)
async def test_a_picture_is_written(browser: Browser, tmp_path: Path, name: str) -> None:
    file = tmp_path / "picture.png"

    await take(browser, PICTURES[name], file)

    assert file.read_bytes().startswith(PNG)
