"""Examples of pages."""

from __future__ import annotations

from typing import Any, cast

import pytest

from cronofy_async import from_dict, models
from cronofy_async.models import Page, PageInfo

from .example import EXTRA, ModelExample

MODELS: list[ModelExample] = [
    (PageInfo(current=1, total=2, next_page="https://x"), {"current": 1, "total": 2, "next_page": "https://x"}),
    (Page[Any](pages=PageInfo(current=1), extra=EXTRA), {"pages": {"current": 1}, **EXTRA}),
]


@pytest.mark.parametrize(
    ("pages", "url"),
    [
        (None, None),
        ({}, None),
        ({"current": 2, "total": 2}, None),
        ({"next_page": None}, None),
        ({"next_page": ""}, None),
        ({"next_page": "/2"}, "/2"),
    ],
)
def test_next_page_and_has_more(pages: Any, url: str | None) -> None:
    page: Page[Any] = from_dict(cast("type[Page[Any]]", Page), {"pages": pages})

    assert (page.next_page, page.has_more) == (url, url is not None)


def _is_page(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, Page) and cls is not Page


PAGES: list[Any] = [cls for name in models.__all__ if _is_page(cls := getattr(models, name))]


@pytest.mark.parametrize("cls", PAGES)
def test_items_returns_the_member_that_holds_the_items(cls: type[Page[Any]]) -> None:
    assert from_dict(cls, {cls.ITEMS: []}).items == ()
