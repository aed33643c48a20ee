"""Paginated responses, and the URLs that lead to the next page."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import SplitResult, urlsplit

from .call import Call, Response
from .errors import DecodeError
from .http import Request, Timeout

if TYPE_CHECKING:
    from .models.pages import Page

__all__ = ["Paginated", "target_on"]

T = TypeVar("T")


class Paginated(Generic[T]):
    """Items across any number of pages. Like a call, it can be used only once.

    ``async for`` yields all items, and requests each page when it is needed. Awaiting it returns only the first page;
    ``pages`` yields page by page::

        async for registration in client.bookable_events.registrations("yoga-2030-01-07"):
            ...
    """

    def __init__(self, first: Call[Page[T]], follow: Callable[[Page[T]], Call[Page[T]]]) -> None:
        self._first = first
        self._follow = follow

    @property
    def request(self) -> Request:
        """The request of the first page, as a value."""
        return self._first.request

    def with_options(
        self,
        *,
        timeout: Timeout | float | None = None,
        retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        idempotent: bool | None = None,
        query: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> Paginated[T]:
        """Return a copy whose requests have other options; see ``Call.with_options``.

        ``query`` and ``json`` are added only to the request of the first page.
        """

        def with_options(call: Call[Page[T]]) -> Call[Page[T]]:
            return call.with_options(timeout=timeout, retries=retries, headers=headers, idempotent=idempotent)

        first = self._first.with_options(query=query, json=json)
        return Paginated(with_options(first), lambda page: with_options(self._follow(page)))

    def response(self) -> Coroutine[Any, Any, Response[Page[T]]]:
        """Send the request of the first page and return the decoded page with the status, headers, and body."""
        return self._first.response()

    def __await__(self) -> Generator[Any, Any, Page[T]]:
        return self._first.__await__()

    async def pages(self) -> AsyncGenerator[Page[T], None]:
        """Yield the pages one by one.

        Raises:
            DecodeError: A page leads to another host, or back to an earlier page.
        """
        page = await self._first
        yield page
        seen: set[int] = set()  # hashes, since the URLs hold tokens that no traceback should show
        while page.next_page is not None:
            if hash(page.next_page) in seen:
                raise DecodeError("$.pages.next_page: leads back to an earlier page", path="$.pages.next_page")
            seen.add(hash(page.next_page))
            page = await self._follow(page)
            yield page

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in page.items:
                yield item


def target_on(base_url: str, url: str) -> str | None:
    """Return the path and query of a URL if it is on the host of ``base_url``, else ``None``.

    A URL from a response is requested with credentials, so it must not lead to another host.
    """
    try:
        base, parts = urlsplit(base_url), urlsplit(url)
        has_same_origin = _origin(base) == _origin(parts)
    except ValueError:
        return None
    if not has_same_origin or parts.username is not None or not parts.path.startswith(f"{base.path}/"):
        return None
    target = parts.path.removeprefix(base.path) + (f"?{parts.query}" if parts.query else "")
    return target if target.isascii() and target.isprintable() and " " not in target else None


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or default
