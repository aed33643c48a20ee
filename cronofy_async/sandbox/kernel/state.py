"""The state of a sandbox: the clock, the accounts with their calendars and events, and the records of all areas."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar, cast

import attrs

from .availability import Slot, search
from .clock import SandboxClock
from .diary import Diary
from .managed import AvailabilityRule, AvailablePeriod
from .records import Account, AccountKind, Calendar, Event, EventChange, Json, converter, kind_name
from .sequences import SequencedSlot, sequences

__all__ = ["TOKEN_LIFETIME", "State"]

K = TypeVar("K")

TOKEN_LIFETIME: Final = timedelta(hours=1)


class State:
    """The state of a sandbox. The same seed generates the same IDs and tokens.

    Args:
        seed: The seed for IDs and tokens.
        clock: The clock.
        on_change: Called with each change of an event.
        assumed: The names of the assumptions that hold.

    Attributes:
        accounts: The accounts, by ``sub``.
    """

    def __init__(
        self,
        seed: int,
        clock: SandboxClock,
        on_change: Callable[[EventChange], None] = lambda _: None,
        assumed: Collection[str] = (),
    ) -> None:
        self.clock = clock
        self._assumed = assumed
        self._on_change = on_change
        self._seed = seed
        self._made = 0
        self.accounts: dict[str, Account] = {}
        self._by_access_token: dict[str, Account] = {}
        self._by_refresh_token: dict[str, Account] = {}
        self._tables: dict[type[Any], dict[str, Any]] = {}
        #: Tables from a snapshot that no area has used yet, as JSON values.
        self._restored: dict[str, dict[str, Any]] = {}

    def table(self, kind: type[K]) -> dict[str, K]:
        """Return the records of a kind, by ID. The kind is an attrs class whose attributes have a JSON form."""
        found = self._tables.get(kind)
        if found is None:
            restored = self._restored.pop(kind_name(kind), {})
            found = self._tables[kind] = {key: converter.structure(value, kind) for key, value in restored.items()}
        return cast("dict[str, K]", found)

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{self._random_bytes(12).hex()}"

    def new_token(self, size: int = 24) -> str:
        return base64.urlsafe_b64encode(self._random_bytes(size)).decode().rstrip("=")

    def keyed_token(self, text: str) -> str:
        """Return a token that is the same for the same text, and does not reveal the text."""
        return hashlib.blake2b(text.encode(), key=f"{self._seed} pages".encode(), digest_size=8).hexdigest()

    def _random_bytes(self, size: int) -> bytes:
        self._made += 1
        return hashlib.shake_128(f"{self._seed}/{self._made}".encode()).digest(size)

    # Accounts.

    def add_account(self, email: str, name: str, *, calendars: int = 1, kind: AccountKind = "user") -> Account:
        """Add an account with new tokens."""
        account = Account(
            sub=self.new_id("acc"),
            email=email,
            name=name,
            profile_id=self.new_id("pro"),
            kind=kind,
            access_token="",
            refresh_token="",
            expires_at=self.clock.now(),
            scope="read_write",
            calendars=[],
        )
        for number in range(calendars):
            self.add_calendar(account, "Calendar" if number == 0 else f"Calendar {number + 1}")
        self.accounts[account.sub] = account
        self.refresh_tokens(account)
        return account

    def add_calendar(self, account: Account, name: str) -> Calendar:
        """Add a calendar to an account; the first one is its primary calendar."""
        calendar = Calendar(
            calendar_id=f"cal_{self.new_token(12)}_{self.new_token(15)}", name=name, primary=not account.calendars
        )
        account.calendars.append(calendar)
        return calendar

    def refresh_tokens(self, account: Account, *, end_old: bool = True) -> None:
        """Create a new access token for an account and, if ``end_old`` is set, a new refresh token."""
        if end_old:
            self.revoke(account)
        if end_old or not account.refresh_token:
            account.refresh_token = f"sbx_rt_{self.new_token()}"
        account.access_token = f"sbx_at_{self.new_token()}"
        account.expires_at = self.clock.now() + TOKEN_LIFETIME
        account.access_tokens[account.access_token] = account.expires_at
        self._index(account)

    def revoke(self, account: Account) -> None:
        """Invalidate the tokens of an account, as when its user revokes the authorization."""
        for token in account.access_tokens:
            self._by_access_token.pop(token, None)
        account.access_tokens.clear()
        self._by_refresh_token.pop(account.refresh_token, None)

    def by_access_token(self, token: str) -> Account | None:
        account = self._by_access_token.get(token)
        return account if account is not None and self.clock.now() < account.access_tokens[token] else None

    def by_refresh_token(self, token: str) -> Account | None:
        return self._by_refresh_token.get(token)

    def _index(self, account: Account) -> None:
        self._by_access_token.update(dict.fromkeys(account.access_tokens, account))
        self._by_refresh_token[account.refresh_token] = account

    # Events.

    def write_event(
        self,
        sub: str,
        calendar_id: str,
        details: Json,
        start: datetime,
        end: datetime,
        *,
        all_day: bool = False,
        by_application: bool = True,
    ) -> Event:
        """Create an event, or update the one with the same ``event_id``.

        Raises:
            LookupError: There is no such calendar.
        """
        calendar = self._calendar(sub, calendar_id)
        details = dict(details)
        event_id = details.pop("event_id", None)
        old = calendar.event(event_id=event_id)
        now = self.clock.now()
        event = Event(
            event_id=event_id,
            event_uid=old.event_uid if old else self.new_id("evt_external"),
            start=start,
            end=end,
            details=details,
            all_day=all_day,
            created=old.created if old else now,
            updated=now,
        )
        if old:
            calendar.events.remove(old)
        calendar.events.append(event)
        self._on_change(EventChange(sub=sub, calendar_id=calendar_id, event=event, by_application=by_application))
        return event

    def delete_event(self, sub: str, calendar_id: str, event: Event, *, by_application: bool = True) -> Event:
        """Delete an event, and return the record that is kept of it.

        Raises:
            LookupError: There is no such calendar.
        """
        calendar = self._calendar(sub, calendar_id)
        calendar.events.remove(event)
        deleted = attrs.evolve(event, deleted=True, updated=self.clock.now())
        calendar.deleted_events.append(deleted)
        self._on_change(EventChange(sub=sub, calendar_id=calendar_id, event=deleted, by_application=by_application))
        return deleted

    def _calendar(self, sub: str, calendar_id: str) -> Calendar:
        calendar = self.accounts[sub].calendar(calendar_id)
        if calendar is None:
            raise LookupError(f"calendar_id: {sub} has no calendar {calendar_id}")
        return calendar

    def suitable(self, query: Json, notice: timedelta = timedelta()) -> list[Slot]:
        """Return the slots of an availability query, given the events in the calendars."""
        return search(query, self._diary(query).times, self.clock.now(), notice, self._assumed)

    def sequences(self, query: Json) -> Iterator[list[SequencedSlot]]:
        """Yield the sequences of a sequenced availability query."""
        return sequences(query, self._diary(query).times, self.clock.now(), self._assumed)

    def _diary(self, query: Json) -> Diary:
        excluded = {one.get(name) for one in query.get("excluded_events", ()) for name in ("event_id", "event_uid")}
        return Diary(
            events=self.events_within,
            rules=self.table(AvailabilityRule).values(),
            periods=self.table(AvailablePeriod).values(),
            excluded=excluded - {None},
            assumed=self._assumed,
        )

    def events_within(self, sub: str, since: datetime, until: datetime) -> Iterator[tuple[str, Event]]:
        """Yield the events of an account that touch a window, each with the ID of its calendar."""
        account = self.accounts.get(sub)
        for calendar in account.calendars if account else ():
            for event in calendar.events:
                if event.start < until and event.end >= since:
                    yield calendar.calendar_id, event

    # As JSON.

    def to_json(self) -> dict[str, Any]:
        """Return the state as JSON values."""
        tables = {kind_name(kind): converter.unstructure(records) for kind, records in self._tables.items()}
        return {
            "seed": self._seed,
            "made": self._made,
            "accounts": converter.unstructure(list(self.accounts.values())),
            "tables": self._restored | tables,
        }

    def restore(self, document: Json) -> None:
        """Restore the state from the result of ``to_json``."""
        self._seed, self._made = document["seed"], document["made"]
        for account in converter.structure(document["accounts"], list[Account]):
            self.accounts[account.sub] = account
            if account.access_tokens:
                self._index(account)
        self._restored = dict(document["tables"])
