"""Answers that come in pages, and the URLs in answers that lead to the next."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Sequence
from typing import Any, Generic, TypeVar
from urllib.parse import SplitResult, urlsplit

from .call import Call
from .errors import DecodeError

__all__ = ["Paginated", "target_on"]

Page = TypeVar("Page")
Item = TypeVar("Item")


class Paginated(Generic[Page, Item]):
    """Items over any number of pages; used once, like a call.

    ``async for`` goes through all items and asks for the next page when it is needed. Awaiting it gives the first
    page only, and :meth:`pages` goes page by page::

        async for registration in cronofy.bookable_events.registrations("83hi8qhfiaif"):
            ...
    """

    def __init__(
        self,
        first: Call[Page],
        following: Callable[[str], Call[Page]],
        items: Callable[[Page], Sequence[Item]],
        next_page: Callable[[Page], str | None],
    ) -> None:
        self._first = first
        self._following = following
        self._items = items
        self._next_page = next_page

    def __await__(self) -> Generator[Any, Any, Page]:
        return self._first.__await__()

    async def pages(self) -> AsyncGenerator[Page, None]:
        """The pages, one after the other.

        Raises:
            DecodeError: a page leads to another host, or back to a page that was there before.
        """
        page = await self._first
        yield page
        seen: set[str] = set()
        while url := self._next_page(page):
            if url in seen:
                raise DecodeError("$.pages.next_page: the pages go round in a circle", path="$.pages.next_page")
            seen.add(url)
            page = await self._following(url)
            yield page

    async def __aiter__(self) -> AsyncIterator[Item]:
        async for page in self.pages():
            for item in self._items(page):
                yield item


def target_on(base_url: str, url: str) -> str | None:
    """The path and query of a URL that an answer holds, if it is on the host of ``base_url``; else ``None``.

    What an answer names is asked for with credentials, so that it must not lead anywhere else.
    """
    try:
        base, found = urlsplit(base_url), urlsplit(url)
        same = _origin(base) == _origin(found)
    except ValueError:
        return None
    if not same or found.username is not None or not found.path.startswith(f"{base.path}/"):
        return None
    target = found.path.removeprefix(base.path) + (f"?{found.query}" if found.query else "")
    return target if target.isascii() and target.isprintable() and " " not in target else None


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or default
