"""What the sandbox knows: accounts, their calendars and events, links, and what other areas keep here."""

from __future__ import annotations

import base64
import random
from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import attrs

from .availability import Slot, expiry, length, slots
from .bookable_events import BookableEvent
from .conversations import Conversation

__all__ = ["Account", "Calendar", "Event", "Link", "State"]

Json: TypeAlias = Mapping[str, Any]
Status: TypeAlias = Literal["open", "completed", "disabled", "expired"]

TOKEN_LIFETIME = timedelta(hours=1)


@attrs.frozen(kw_only=True)
class Event:
    """An event in a calendar. ``details`` are what was written, ``start`` and ``end`` aside."""

    event_id: str | None
    event_uid: str
    start: datetime
    end: datetime
    details: Json = attrs.field(factory=dict[str, Any])


@attrs.define(eq=False, kw_only=True)
class Calendar:
    """A calendar of an account."""

    calendar_id: str
    name: str
    primary: bool
    events: list[Event] = attrs.field(factory=list[Event])


@attrs.define(eq=False, kw_only=True)
class Account:
    """An account that authorized the application.

    ``access_token`` is its newest, which ends at ``expires_at``; ``access_tokens`` are all that have not been revoked.
    """

    sub: str
    email: str
    name: str
    profile_id: str
    access_token: str = attrs.field(repr=False)
    refresh_token: str = attrs.field(repr=False)
    expires_at: datetime
    access_tokens: dict[str, datetime] = attrs.field(factory=dict[str, datetime], repr=False)
    scope: str
    calendars: list[Calendar]

    @property
    def calendar_id(self) -> str:
        """Its first calendar."""
        return self.calendars[0].calendar_id

    @property
    def calendar_ids(self) -> list[str]:
        return [calendar.calendar_id for calendar in self.calendars]

    @property
    def events(self) -> list[Event]:
        """All its events, by start."""
        return sorted((event for one in self.calendars for event in one.events), key=lambda event: event.start)

    @property
    def target_calendar(self) -> dict[str, str]:
        """An item for ``target_calendars``."""
        return {"sub": self.sub, "calendar_id": self.calendar_id}

    @property
    def member(self) -> dict[str, str]:
        """An item for ``availability.participants[].members``."""
        return {"sub": self.sub}

    def calendar(self, calendar_id: str) -> Calendar | None:
        return next((one for one in self.calendars if one.calendar_id == calendar_id), None)


@attrs.define(eq=False, kw_only=True)
class Link:
    """A Real-Time Scheduling link: the parameters it was made with, and what became of it."""

    id: str
    token: str = attrs.field(repr=False)
    params: Json = attrs.field(repr=False)
    state: Literal["open", "completed", "disabled"] = "open"
    slot: Slot | None = None
    display_message: str | None = None

    @property
    def tzid(self) -> str:
        """The zone of its event."""
        zone: str = self.params["event"].get("tzid") or self.params["tzid"]
        return zone

    @property
    def expires_at(self) -> datetime:
        return expiry(self.params["availability"])

    def status(self, now: datetime) -> Status:
        """The status that Cronofy would report."""
        return "expired" if self.state == "open" and now >= self.expires_at else self.state

    def callback_url(self, kind: Literal["completed", "no_times_suitable", "no_times_displayed"]) -> str | None:
        url = self.params.get("callback_urls", {}).get(f"{kind}_url")
        return url or (self.params.get("callback_url") if kind == "completed" else None)


class State:
    """All of it, with ids and tokens that are the same for the same seed.

    ``assumed`` are the names of the assumptions that hold, see ``rules.py``; ``page_size`` is how much a page holds.
    """

    def __init__(self, seed: int, assumed: Collection[str], page_size: int) -> None:
        self._random = random.Random(seed)
        self.assumed = assumed
        self.page_size = page_size
        self.accounts: dict[str, Account] = {}
        self.links: dict[str, Link] = {}
        self.conversations: dict[str, Conversation] = {}
        self.bookable_events: dict[str, BookableEvent] = {}
        self._by_access_token: dict[str, Account] = {}
        self._by_refresh_token: dict[str, Account] = {}
        self._by_link_token: dict[str, Link] = {}

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{self._random.randbytes(12).hex()}"

    def new_token(self, size: int = 24) -> str:
        return base64.urlsafe_b64encode(self._random.randbytes(size)).decode().rstrip("=")

    def add_account(self, email: str, name: str, calendars: int, now: datetime) -> Account:
        account = Account(
            sub=self.new_id("acc"),
            email=email,
            name=name,
            profile_id=self.new_id("pro"),
            access_token="",
            refresh_token="",
            expires_at=now,
            scope="read_write",
            calendars=[
                Calendar(
                    calendar_id=f"cal_{self.new_token(12)}_{self.new_token(15)}",
                    name="Calendar" if number == 0 else f"Calendar {number + 1}",
                    primary=number == 0,
                )
                for number in range(calendars)
            ],
        )
        self.accounts[account.sub] = account
        self.renew(account, now)
        return account

    def renew(self, account: Account, now: datetime) -> None:
        """Give an account new tokens."""
        strict = "refresh_ends_old_tokens" in self.assumed
        if strict:
            self.revoke(account)
        if strict or not account.refresh_token:
            account.refresh_token = f"sbx_rt_{self.new_token()}"
        account.access_token = f"sbx_at_{self.new_token()}"
        account.expires_at = now + TOKEN_LIFETIME
        account.access_tokens[account.access_token] = account.expires_at
        self._by_access_token[account.access_token] = account
        self._by_refresh_token[account.refresh_token] = account

    def revoke(self, account: Account) -> None:
        """Let the tokens of an account end, as when its user withdraws the authorization."""
        for token in account.access_tokens:
            self._by_access_token.pop(token, None)
        account.access_tokens.clear()
        self._by_refresh_token.pop(account.refresh_token, None)

    def by_access_token(self, token: str, now: datetime) -> Account | None:
        account = self._by_access_token.get(token)
        return account if account is not None and now < account.access_tokens[token] else None

    def by_refresh_token(self, token: str) -> Account | None:
        return self._by_refresh_token.get(token)

    def add_link(self, params: Json) -> Link:
        link = Link(id=self.new_id("sch"), token=self.new_token(20), params=deepcopy(dict(params)))
        self.links[link.id] = self._by_link_token[link.token] = link
        return link

    def by_link_token(self, token: str) -> Link | None:
        return self._by_link_token.get(token)

    def slots(self, link: Link, now: datetime) -> list[Slot]:
        """What the page of a link offers now."""
        return self.suitable(link.params["availability"], now, length(link.params.get("minimum_notice")))

    def suitable(self, query: Json, now: datetime, notice: timedelta = timedelta()) -> list[Slot]:
        """The slots of an availability query, given what is in the calendars."""
        excluded = {one.get(name) for one in query.get("excluded_events", ()) for name in ("event_id", "event_uid")}
        return slots(query, lambda member: self._busy(member, excluded - {None}), now, notice)

    def _busy(self, member: Json, excluded: set[str]) -> Iterator[tuple[datetime, datetime]]:
        account = self.accounts.get(member["sub"])
        wanted = member.get("calendar_ids")
        for calendar in account.calendars if account else ():
            for event in calendar.events:
                if (
                    (not wanted or calendar.calendar_id in wanted)
                    and event.details.get("transparency") != "transparent"
                    and excluded.isdisjoint({event.event_id, event.event_uid})
                ):
                    yield event.start, event.end

    def write_event(self, sub: str, calendar_id: str, details: Json, start: datetime, end: datetime) -> Event:
        """Create an event, or update the one with the same id."""
        calendar = self.accounts[sub].calendar(calendar_id)
        assert calendar is not None  # when a link is created, its target calendars are there
        details = dict(details)
        event_id = details.pop("event_id", None)
        old = next((one for one in calendar.events if event_id is not None and one.event_id == event_id), None)
        event = Event(
            event_id=event_id,
            event_uid=old.event_uid if old else self.new_id("evt_external"),
            start=start,
            end=end,
            details=details,
        )
        if old:
            calendar.events.remove(old)
        calendar.events.append(event)
        return event
