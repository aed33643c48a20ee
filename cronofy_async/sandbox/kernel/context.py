"""The argument of operations: a valid request, and the services of the kernel."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

import attrs

from .callbacks.callbacks import Delivery
from .contract.contract import Operation
from .messages import SandboxRequest, SandboxResponse
from .records import Account
from .runtime import Runtime
from .state import State
from .tables import stored

__all__ = ["PAGES_EXPIRE", "Context", "Page", "PageCursor"]

#: The assumption about the page URLs of a listing with a snapshot.
PAGES_EXPIRE: Final = "page_urls_expire"
PAGE_LIFETIME: Final = timedelta(minutes=10)

T = TypeVar("T")


@stored
@attrs.define(kw_only=True)
class PageCursor:
    """A page after the first one, stored under its token: the parameters of the list, and the page number."""

    template: str
    path: dict[str, str]
    query: dict[str, Any]
    sub: str | None
    number: int
    listing: str | None = None


@stored
@attrs.define(kw_only=True)
class Listing:
    """The items of a listing when its first page was read, so that its pages are consistent."""

    items: list[Any]
    read_at: datetime


@attrs.frozen
class Page(Generic[T]):
    """The items of one page.

    Attributes:
        pages: The ``pages`` member of a response: ``current``, ``total`` and, if there is one, the ``next_page`` URL.
    """

    items: Sequence[T]
    pages: Mapping[str, Any]

    @property
    def is_all(self) -> bool:
        """Whether there is only this page."""
        return bool(self.pages["total"] == 1)


@attrs.define(kw_only=True, eq=False)
class Context:
    """A valid request.

    Attributes:
        operation: The operation of the contract.
        runtime: The services that are also available without a request.
        path: The path parameters, decoded.
        query: The query parameters, with the types of the contract; arrays are lists, without ``[]`` in their names.
        body: The body as JSON values; ``{}`` if there was none.
        account_or_none: The account that sent the request; ``None`` if the application did.
        now: The time in the sandbox, in UTC. It is the same for the whole request.
        page_number: The number of the requested page of a listing; see ``page``.
        listing: The ID of the listing, if it has a snapshot; see ``snapshot_page``.
    """

    operation: Operation
    request: SandboxRequest
    runtime: Runtime
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    account_or_none: Account | None
    now: datetime
    page_number: int = 1
    listing: str | None = None
    _perform: Callable[[SandboxRequest], SandboxResponse] = attrs.field(repr=False, alias="perform")

    @property
    def account(self) -> Account:
        """The account that sent the request.

        Raises:
            LookupError: The application sent it. If both are allowed, use ``account_or_none``.
        """
        if self.account_or_none is None:
            raise LookupError(f"{self.operation.name}: sent by the application, not an account. Use account_or_none.")
        return self.account_or_none

    @property
    def state(self) -> State:
        return self.runtime.state

    def assumes(self, name: str) -> bool:
        """See ``Runtime.assumes``."""
        return self.runtime.assumes(name)

    def url(self, path: str) -> str:
        """Return the URL of a path, on the host that the client used."""
        return f"{self.request.base_url}{path}"

    def later(self, effect: Callable[..., None], /, **arguments: Any) -> None:
        """See ``Runtime.later``."""
        self.runtime.later(effect, **arguments)

    def notify(self, url: str, message: Mapping[str, Any]) -> Delivery:
        """See ``Runtime.notify``."""
        return self.runtime.notify(url, message)

    def perform(self, method: str, target: str, body: Any = None) -> SandboxResponse:
        """Perform a request inside this one, with its credentials, as a batch does.

        It is part of this request: faults and limits do not apply to it, and it is not recorded.

        Args:
            method: The HTTP method.
            target: The path, optionally with a query.
            body: JSON values; ``None`` sends no body.
        """
        path, _, query = target.partition("?")
        authorization = self.request.headers.get("authorization")
        return self._perform(
            attrs.evolve(
                self.request,
                method=method,
                path=path,
                query=query,
                headers={} if authorization is None else {"authorization": authorization},
                body=b"" if body is None else json.dumps(body).encode(),
            )
        )

    def page(self, items: Sequence[T], path: str) -> Page[T]:
        """Return the requested page of a listing.

        Args:
            items: All items of the listing.
            path: The path template of the other pages, with ``{page_token}`` and optionally parameters of this path. The
                operation at that path calls ``resume_listing``.
        """
        size, number = self.runtime.page_size, self.page_number
        total = max(1, -(-len(items) // size))
        pages: dict[str, Any] = {"current": number, "total": total}
        if number < total:
            token = self._token(path, number + 1)
            values = {**self.path, "page_token": token}
            pages["next_page"] = self.url(path.format_map(values))
        return Page(items[(number - 1) * size : number * size], pages)

    def snapshot_page(self, items: Callable[[], Sequence[T]], path: str) -> Page[T]:
        """Return the requested page of a listing whose items are read once, for its first page.

        Args:
            items: Returns all items, as JSON values.
            path: As for ``page``.
        """
        listings = self.state.table(Listing)
        if self.listing is not None:
            return self.page(listings[self.listing].items, path)
        for name in [name for name in listings if self._find_listing(name) is None]:
            del listings[name]
        all_items = list(items())
        if len(all_items) <= self.runtime.page_size:
            return self.page(all_items, path)
        name = self.state.keyed_token(f"{self._sub} {self.now.isoformat()} {self.request.query} {len(listings)}")
        listings[name] = Listing(items=all_items, read_at=self.now)
        return attrs.evolve(self, listing=name).page(all_items, path)

    def _find_listing(self, listing: str) -> Listing | None:
        record = self.state.table(Listing).get(listing)
        expired = record is not None and self.now - record.read_at > PAGE_LIFETIME and self.assumes(PAGES_EXPIRE)
        return None if expired else record

    def resume_listing(self) -> Context | None:
        """Return the context of the first page's request, with ``page_number`` set to the requested page.

        Return ``None`` if the ``page_token`` in the path does not belong to this listing and account, or has expired.
        """
        cursor = self.state.table(PageCursor).get(self.path["page_token"])
        parameters = {name: value for name, value in self.path.items() if name != "page_token"}
        if (
            cursor is None
            or cursor.template != self.operation.path
            or cursor.sub != self._sub
            or any(cursor.path.get(name) != value for name, value in parameters.items())
        ):
            return None
        if cursor.listing is not None and self._find_listing(cursor.listing) is None:
            return None
        return attrs.evolve(
            self, path=cursor.path, query=cursor.query, page_number=cursor.number, listing=cursor.listing
        )

    @property
    def _sub(self) -> str | None:
        return self.account_or_none.sub if self.account_or_none else None

    def _token(self, template: str, number: int) -> str:
        path = {name: value for name, value in self.path.items() if name != "page_token"}
        cursor = PageCursor(
            template=template,
            path=path,
            query=dict(self.query),
            sub=self._sub,
            number=number,
            listing=self.listing,
        )
        token = self.state.keyed_token(json.dumps(attrs.asdict(cursor), sort_keys=True))
        self.state.table(PageCursor)[token] = cursor
        return token
