"""The base of all paginated responses.

Docs: https://docs.cronofy.com/developers/api/events/read-events/
"""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar

import attrs

from .._redaction import hide
from .base import ResponseModel

__all__ = ["Page", "PageInfo"]

T_co = TypeVar("T_co", covariant=True)


@attrs.frozen(kw_only=True)
class PageInfo(ResponseModel):
    """The position of a page among all pages.

    Attributes:
        current: The number of the page, from 1.
        total: The number of pages.
        next_page: The URL of the next page; ``None`` on the last one. It is valid for a short time only.
    """

    current: int | None = None
    total: int | None = None
    next_page: str | None = attrs.field(default=None, repr=hide)


@attrs.frozen(kw_only=True)
class Page(ResponseModel, Generic[T_co]):
    """One page of items.

    A subclass declares the array under its name in the API, and sets ``ITEMS`` to that name::

        @attrs.frozen(kw_only=True)
        class EventsPage(Page[Event]):
            ITEMS = "events"

            events: tuple[Event, ...]

    Attributes:
        pages: The position of the page; ``None`` if it is the only one.
    """

    ITEMS: ClassVar[str]

    pages: PageInfo | None = None

    @property
    def items(self) -> tuple[T_co, ...]:
        """The items of this page."""
        value: Any = getattr(self, self.ITEMS)
        items: tuple[T_co, ...] = value
        return items

    @property
    def next_page(self) -> str | None:
        """The URL of the next page; ``None`` on the last one."""
        return (self.pages.next_page or None) if self.pages is not None else None

    @property
    def has_more(self) -> bool:
        """Whether there is a next page."""
        return self.next_page is not None
