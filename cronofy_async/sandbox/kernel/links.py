"""Links to pages where a visitor chooses a time, shared by Real-Time Scheduling and Real-Time Sequencing."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Literal, TypeAlias, TypeVar
from urllib.parse import urlsplit

import attrs

from .availability.search import expiry
from .context import Context
from .marks import SandboxError, UnknownRecord
from .messages import SandboxResponse, invalid, not_found
from .problems import Field, Problem, errors_of
from .records import Json
from .shallow import CREDENTIALS
from .state import State
from .tables import stored
from .urls import with_query

__all__ = [
    "LinkStatus",
    "PageLink",
    "PageToken",
    "add_link",
    "disable_link",
    "find_link",
    "link_by_token",
    "link_params",
    "missing_target",
    "targets_by_account",
]

LinkStatus: TypeAlias = Literal["open", "completed", "disabled", "expired"]
L = TypeVar("L", bound="PageLink")


@attrs.define(eq=False, kw_only=True)
class PageLink:
    """A stored link: the parameters that it was created with, and its state. Its token is the last part of its URL."""

    #: The operation that creates links of this kind.
    operation: ClassVar[str]

    id: str
    token: str = attrs.field(repr=False)
    params: Json = attrs.field(repr=False)
    state: Literal["open", "completed", "disabled"] = "open"
    display_message: str | None = None

    @cached_property
    def expires_at(self) -> datetime:
        """The end of the last period."""
        return expiry(self.params["availability"])

    def status(self, now: datetime) -> LinkStatus:
        """Return the status that Cronofy would report."""
        return "expired" if self.state == "open" and now >= self.expires_at else self.state

    def check_open(self, now: datetime) -> None:
        """Raise a ``SandboxError`` if nothing can be chosen on its page."""
        status = self.status(now)
        if status != "open":
            raise SandboxError(f"{self.id} is {status}")

    @property
    def redirect_url(self) -> str:
        """The URL that the browser is redirected to after booking, with the token for the status endpoint.

        Without ``redirect_urls`` it is ``oauth.redirect_uri``, unchanged; see ``booking_ends_on_a_page``.
        """
        url: str | None = self.params.get("redirect_urls", {}).get("completed_url")
        if url is None:
            return str(self.params["oauth"]["redirect_uri"])
        return with_query(url, token=self.token)


@stored
@attrs.frozen(kw_only=True)
class PageToken:
    """The link that a token belongs to."""

    link_id: str


def link_params(context: Context) -> dict[str, Any]:
    """Return the parameters of a request for a link, without credentials."""
    return deepcopy({name: value for name, value in context.body.items() if name not in CREDENTIALS})


def add_link(state: State, link: L) -> L:
    """Store a new link, and return it."""
    state.table(type(link))[link.id] = link
    state.table(PageToken)[link.token] = PageToken(link_id=link.id)
    return link


def link_by_token(state: State, link_type: type[L], token: str) -> L | None:
    """Return the link of a type with a token."""
    page_token = state.table(PageToken).get(token)
    return state.table(link_type).get(page_token.link_id) if page_token else None


def find_link(state: State, link_type: type[L], link: object, noun: str) -> L:
    """Return a link of a type: the link itself, or the one with an ID, URL, or token.

    Args:
        state: The state.
        link_type: The type.
        link: The link, or its ID, URL, or token.
        noun: What errors call a link of this type.

    Raises:
        SandboxError: There is no such link.
    """
    if isinstance(link, link_type):
        return link
    if isinstance(link, str):
        token = urlsplit(link).path.rpartition("/")[2]
        match = state.table(link_type).get(link) or link_by_token(state, link_type, token)
        if match is not None:
            return match
    raise UnknownRecord(f"the sandbox has no such {noun}")


def missing_target(context: Context) -> SandboxResponse | None:
    """Return the response to a request with a target calendar that does not exist: a 404, as an official SDK documents."""
    for index, target in enumerate(context.body.get("target_calendars") or ()):
        sub, calendar_id = target["sub"], target["calendar_id"]
        account = context.state.accounts.get(sub)
        if account is None:
            return not_found(f"target_calendars[{index}].sub: no account {sub}")
        if account.calendar(calendar_id) is None:
            return not_found(f"target_calendars[{index}].calendar_id: {sub} has no calendar {calendar_id}")
    return None


def disable_link(link: PageLink, context: Context, name: str) -> SandboxResponse | None:
    """Disable a link, or return the response if it is completed.

    Assumed: a completed link gets a 422, and disabling twice is allowed.

    Args:
        link: The link.
        context: The request.
        name: The parameter with the link's ID.
    """
    if link.state == "completed":
        return invalid(errors_of([Problem(Field(name), "errors.not_allowed", "is of a link that is completed")]))
    link.state, link.display_message = "disabled", context.body["display_message"]
    return None


def targets_by_account(state: State, link: PageLink) -> dict[str, Json]:
    """Return one target for each account. Assumed: if it has several calendars, the first existing one is the target."""
    targets: dict[str, Json] = {}
    for target in link.params.get("target_calendars") or ():
        if state.calendar(target["sub"], target["calendar_id"]) is not None:
            targets.setdefault(target["sub"], target)
    return targets
