"""The filters and page numbers of the dashboard's lists, from the query of the URL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlencode

import attrs

__all__ = ["ListPage", "View", "paginate"]

T = TypeVar("T")
U = TypeVar("U")

PATH: Final = "/__sandbox__/"
#: Rows on a page: of exchanges, and of other lists.
EXCHANGES: Final = 100
OTHERS: Final = 25


@attrs.frozen(kw_only=True)
class View:
    """The filters and page numbers. Each attribute is a parameter of the query.

    Attributes:
        q: A text that exchanges contain: path, operation, status, ID.
        direction: ``in`` for requests, ``out`` for callbacks.
        flagged: Whether to show only exchanges with a flag.
        x: The page of the exchanges; ``c``, ``l`` and ``a`` are those of callbacks, links and accounts.
        link: A text that links contain: ID, summary, event ID.
        state: The state of the links.
        account: A text that accounts contain: name, email, sub.
    """

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

    @classmethod
    def of(cls, query: Mapping[str, str]) -> View:
        """Return the view of a query. Values that it cannot have are ignored."""
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
        """Return the URL of this view with changes."""
        query = urlencode(attrs.evolve(self, **changes).parameters)
        return f"{PATH}{'?' if query else ''}{query}{'#' if anchor else ''}{anchor}"

    def other_parameters(self, *names: str) -> dict[str, Any]:
        """Return the parameters that a filter form keeps: all except some, and except the page numbers."""
        pages = {"x", "c", "l", "a"}
        return {name: value for name, value in self.parameters.items() if name not in {*names, *pages}}


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
