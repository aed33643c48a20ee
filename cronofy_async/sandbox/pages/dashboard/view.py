"""The filters and page numbers of the dashboard's lists, from the query of the URL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar, Final, Generic, Self, TypeVar
from urllib.parse import urlencode

import attrs

__all__ = ["EventsView", "Filters", "ListPage", "View", "paginate"]

T = TypeVar("T")
U = TypeVar("U")

PATH: Final = "/__sandbox__/"
#: Rows on a page: of exchanges, and of other lists.
EXCHANGES: Final = 100
OTHERS: Final = 25


@attrs.frozen(kw_only=True)
class Filters:
    """The filters and page numbers of a page. Each attribute is a parameter of the query; page numbers default to 1.

    Attributes:
        path: The path of the page; empty if URLs are relative to it.
    """

    path: ClassVar[str] = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Return the filters of a query. Values that they cannot have are ignored."""
        values: dict[str, Any] = {}
        for field in attrs.fields(cls):
            value = query.get(field.name, "").strip()
            if field.default == 1:
                values[field.name] = int(value) if value.isdecimal() and 0 < len(value) < 6 and int(value) else 1
            else:
                values[field.name] = value[:200]
        return cls(**values)

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters that differ from the defaults."""
        return attrs.asdict(self, filter=lambda field, value: value != field.default)

    def url(self, anchor: str = "", **changes: Any) -> str:
        """Return the URL of the page with changes."""
        query = urlencode(attrs.evolve(self, **changes).parameters)
        return f"{self.path}{'?' if query or not self.path else ''}{query}{'#' if anchor else ''}{anchor}"

    def other_parameters(self, *names: str) -> dict[str, Any]:
        """Return the parameters that a filter form keeps: all except some, and except the page numbers."""
        pages = {field.name for field in attrs.fields(type(self)) if field.default == 1}
        return {name: value for name, value in self.parameters.items() if name not in {*names, *pages}}


@attrs.frozen(kw_only=True)
class View(Filters):
    """The filters and page numbers of the dashboard.

    Attributes:
        q: A text that exchanges contain: path, operation, status, ID.
        direction: ``in`` for requests, ``out`` for callbacks.
        flagged: Whether to show only exchanges with a flag.
        x: The page of the exchanges; ``c``, ``l`` and ``a`` are those of callbacks, links and accounts.
        link: A text that links contain: ID, summary, event ID.
        state: The state of the links.
        account: A text that accounts contain: name, email, sub.
    """

    path: ClassVar[str] = PATH

    q: str = ""
    direction: str = ""
    flagged: str = ""
    x: int = 1
    c: int = 1
    link: str = ""
    state: str = ""
    l: int = 1  # noqa: E741 - short, as it is part of URLs
    account: str = ""
    a: int = 1


@attrs.frozen(kw_only=True)
class EventsView(Filters):
    """The filters and the page number of the page of an account.

    Attributes:
        q: A text that events contain: summary, ID.
        calendar: The ID of their calendar.
        e: The page of the events.
    """

    q: str = ""
    calendar: str = ""
    e: int = 1


@attrs.frozen(kw_only=True)
class ListPage(Generic[T]):
    """A page of a list.

    Attributes:
        number: The number of the page, from 1.
        first: The number of its first item, from 1.
        has_more: Whether there is another page.
    """

    items: list[T]
    number: int
    first: int
    has_more: bool

    def map(self, function: Callable[[T], U]) -> ListPage[U]:
        """Return the page with the results of a function for its items."""
        return ListPage(
            items=[function(item) for item in self.items], number=self.number, first=self.first, has_more=self.has_more
        )

    @property
    def last(self) -> int:
        return self.first + len(self.items) - 1


def paginate(items: Iterable[T], number: int, size: int) -> ListPage[T]:
    """Return a page of a list, which is iterated over only as far as needed."""
    remaining: Iterator[T] = islice(items, (number - 1) * size, None)
    page = list(islice(remaining, size))
    return ListPage(
        items=page, number=number, first=(number - 1) * size + 1, has_more=next(remaining, None) is not None
    )
