"""The state of a sandbox: the clock, the accounts with their calendars and events, and the records of all areas."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar, cast

import attrs

from .availability.managed import AvailabilityRule, AvailablePeriod
from .availability.minutes import Range
from .availability.schedules import MemberTimes, Schedules
from .availability.search import Slot, count, search
from .availability.sequences import SequencedSlot, sequences
from .clock import SandboxClock
from .events.details import merge_details
from .events.occurrences import has_other_occurrences, is_recurring, occurrences
from .records import Account, AccountKind, Calendar, Event, EventChange, Json, Profile, converter
from .tables import place_of, read_tables, type_name

__all__ = ["TOKEN_LIFETIME", "State", "StateSnapshot"]

K = TypeVar("K")

TOKEN_LIFETIME: Final = timedelta(hours=1)
SERVICE_TOKEN_LIFETIME: Final = timedelta(minutes=30)

_SERVICE_SCOPE: Final = "service_account/accounts/manage service_account/resources/manage"
_PREFIXES: Final[dict[AccountKind, str]] = {"service_account": "ser", "application_calendar": "apc"}


@attrs.frozen(kw_only=True)
class StateSnapshot:
    """The state in a snapshot, as ``State.to_json`` returns it. The records in ``tables`` are JSON values."""

    seed: int
    generated: int
    tokens: list[str] = attrs.field(factory=list[str])  # older snapshots have none
    accounts: list[Account]
    tables: dict[str, dict[str, Any]]


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
        self._generated = 0
        #: All tokens by length, to find them in texts.
        self._tokens: dict[int, set[str]] = {}
        self.accounts: dict[str, Account] = {}
        self._by_access_token: dict[str, Account] = {}
        self._by_refresh_token: dict[str, Account] = {}
        self._tables: dict[type[Any], dict[str, Any]] = {}

    def table(self, record_type: type[K]) -> dict[str, K]:
        """Return the records of a type, by ID. The type is a class that is declared with ``record``."""
        records = self._tables.get(record_type)
        if records is None:
            type_name(record_type)  # raises an error for any other class
            records = self._tables[record_type] = {}
        return cast("dict[str, K]", records)

    def records(self) -> Iterator[tuple[str, object]]:
        """Yield the records of all tables, each with its place in a snapshot."""
        for record_type, records in self._tables.items():
            name = type_name(record_type)
            for ident, record in records.items():
                yield place_of(name, ident), record

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{self._random_bytes(12).hex()}"

    def new_token(self, size: int = 24) -> str:
        """Return a new secret; see ``has_secret``."""
        token = self._base64(size)
        self._tokens.setdefault(len(token), set()).add(token)
        return token

    def has_secret(self, text: str) -> bool:
        """Return whether a text contains a token of this sandbox."""
        return any(
            text[start : start + length] in tokens
            for length, tokens in self._tokens.items()
            for start in range(len(text) - length + 1)
        )

    def _base64(self, size: int) -> str:
        return base64.urlsafe_b64encode(self._random_bytes(size)).decode().rstrip("=")

    def keyed_token(self, text: str) -> str:
        """Return a token that is the same for the same text, and does not reveal the text."""
        return hashlib.blake2b(text.encode(), key=f"{self._seed} pages".encode(), digest_size=8).hexdigest()

    def _random_bytes(self, size: int) -> bytes:
        self._generated += 1
        return hashlib.shake_128(f"{self._seed}/{self._generated}".encode()).digest(size)

    # Accounts.

    def add_account(
        self,
        email: str,
        name: str,
        *,
        calendars: int = 1,
        kind: AccountKind = "user",
        provider_name: str = "google",
    ) -> Account:
        """Add an account with new tokens."""
        account = Account(
            sub=self.new_id(_PREFIXES.get(kind, "acc")),
            email=email,
            name=name,
            profiles=[],
            kind=kind,
            access_token="",
            refresh_token="",
            expires_at=self.clock.now(),
            scope=_SERVICE_SCOPE if kind == "service_account" else "read_write",
            delegated_scope="read_write" if kind == "service_account" else None,
            calendars=[],
        )
        self.add_profile(account, email, provider_name)
        for number in range(calendars):
            self.add_calendar(account, "Calendar" if number == 0 else f"Calendar {number + 1}")
        self.accounts[account.sub] = account
        self.refresh_tokens(account)
        return account

    def add_profile(self, account: Account, name: str | None, provider_name: str = "google") -> Profile:
        """Add a profile to an account."""
        service = "gsuite" if provider_name == "google" else None
        profile = Profile(
            profile_id=self.new_id("pro"), name=name, provider_name=provider_name, provider_service=service
        )
        account.profiles.append(profile)
        return profile

    def add_calendar(self, account: Account, name: str, profile: Profile | None = None) -> Calendar:
        """Add a calendar to a profile of an account, by default the first profile. The first calendar of a profile is primary."""
        profile_id = profile.profile_id if profile else account.profile_id
        calendar = Calendar(
            calendar_id=f"cal_{self._base64(12)}_{self._base64(15)}",
            profile_id=profile_id,
            name=name,
            primary=all(calendar.profile_id != profile_id for calendar in account.calendars),
        )
        account.calendars.append(calendar)
        return calendar

    def refresh_tokens(self, account: Account, *, rotate: bool = False) -> None:
        """Create a new access token for an account; also a new refresh token if ``rotate`` is set or it has none.

        Access tokens remain valid until they expire. A replaced refresh token is invalid immediately.
        """
        if rotate or account.refresh_token not in self._by_refresh_token:
            self._by_refresh_token.pop(account.refresh_token, None)
            account.refresh_token = f"sbx_rt_{self.new_token()}"
        account.access_token = f"sbx_at_{self.new_token()}"
        account.expires_at = self.clock.now() + (
            SERVICE_TOKEN_LIFETIME if account.kind == "service_account" else TOKEN_LIFETIME
        )
        account.access_tokens[account.access_token] = account.expires_at
        self._index(account)

    def revoke(self, account: Account) -> None:
        """Invalidate the tokens of an account, as if its user had revoked the authorization.

        With a service account, the accounts that were authorized through it are invalidated too.
        """
        for token in account.access_tokens:
            self._by_access_token.pop(token, None)
        account.access_tokens.clear()
        self._by_refresh_token.pop(account.refresh_token, None)
        for other in self.accounts.values():
            if other.authorized_by == account.sub:
                self.revoke(other)

    def by_access_token(self, token: str) -> Account | None:
        account = self._by_access_token.get(token)
        return account if account is not None and self.clock.now() < account.access_tokens[token] else None

    def owner_of(self, token: str) -> Account | None:
        """Return the account that an access token belongs to, also after the token has expired."""
        return self._by_access_token.get(token)

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
        tzid: str | None = None,
        event_uid: str | None = None,
        by_application: bool = True,
    ) -> Event:
        """Create an event, or update the one with the same ``event_id`` or ``event_uid``; see ``merge_details``.

        Raises:
            LookupError: There is no such calendar.
        """
        calendar = self._calendar(sub, calendar_id)
        details = dict(details)
        event_id = details.pop("event_id", None)
        old = calendar.event(event_id=event_id, event_uid=event_uid)
        now = self.clock.now()
        event = Event(
            event_id=old.event_id if old else event_id,
            event_uid=old.event_uid if old else self.new_id("evt_external"),
            start=start,
            end=end,
            details=merge_details(old.details if old else {}, details),
            all_day=all_day,
            tzid=tzid or details.get("tzid") or "Etc/UTC",
            earlier=_earlier(old, start, end) if old else (),
            created=old.created if old else now,
            updated=now,
        )
        if old:
            calendar.events[calendar.events.index(old)] = event
            if is_recurring(old) and has_other_occurrences(old, event):
                calendar.deleted_events.append(attrs.evolve(old, deleted=True, updated=now))
        else:
            calendar.events.append(event)
        self._on_change(EventChange(sub=sub, calendar_id=calendar_id, event=event, by_application=by_application))
        return event

    def touch_event(self, sub: str, calendar_id: str, event: Event) -> Event:
        """Mark an event as changed by Cronofy itself, and return it. Its details in another table have changed."""
        return self.write_event(
            sub,
            calendar_id,
            {},
            event.start,
            event.end,
            all_day=event.all_day,
            tzid=event.tzid,
            event_uid=event.event_uid,
        )

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

    def calendar(self, sub: str, calendar_id: str) -> Calendar | None:
        account = self.accounts.get(sub)
        return account.calendar(calendar_id) if account else None

    def event(
        self, sub: str, calendar_id: str, *, event_id: str | None = None, event_uid: str | None = None
    ) -> Event | None:
        """Return an event by the application's ID or Cronofy's ID."""
        calendar = self.calendar(sub, calendar_id)
        return calendar.event(event_id=event_id, event_uid=event_uid) if calendar else None

    def _calendar(self, sub: str, calendar_id: str) -> Calendar:
        calendar = self.calendar(sub, calendar_id)
        if calendar is None:
            raise LookupError(f"calendar_id: {sub} has no calendar {calendar_id}")
        return calendar

    def available_slots(self, query: Json, notice: timedelta = timedelta()) -> list[Slot]:
        """Return the slots of an availability query, given the events in the calendars."""
        return search(query, self._schedules(query).times, self.clock.now(), notice, self._assumed)

    def count_available(self, query: Json, notice: timedelta = timedelta()) -> int:
        """Return the number of slots of an availability query, ignoring its ``max_results``."""
        return count(query, self._schedules(query).times, self.clock.now(), notice, self._assumed)

    def count_possible(self, query: Json, now: datetime) -> int:
        """Return the number of slots of an availability query if everyone were always available.

        Args:
            query: The query.
            now: The time of the query.
        """

        def always(member: Json, within: Range, of_events: Range) -> MemberTimes:
            return MemberTimes()

        return count(query, always, now, assumed=self._assumed)

    def sequences(self, query: Json) -> Iterator[list[SequencedSlot]]:
        """Yield the sequences of a sequenced availability query."""
        return sequences(query, self._schedules(query).times, self.clock.now(), self._assumed)

    def _schedules(self, query: Json) -> Schedules:
        excluded = {event.get(name) for event in query.get("excluded_events", ()) for name in ("event_id", "event_uid")}
        return Schedules(
            events=self.events_within,
            rules=self.table(AvailabilityRule).values(),
            periods=self.table(AvailablePeriod).values(),
            excluded=excluded - {None},
            assumed=self._assumed,
        )

    def events_within(self, sub: str, since: datetime, until: datetime) -> Iterator[tuple[str, Event]]:
        """Yield the events of an account that overlap a window, each with the ID of its calendar.

        An occurrence of a series is an event with an ``event_uid`` and times of its own.
        """
        account = self.accounts.get(sub)
        for calendar in account.calendars if account else ():
            for event in () if calendar.deleted else calendar.events:
                if is_recurring(event):
                    for occurrence in occurrences(event, since, until):
                        yield (
                            calendar.calendar_id,
                            attrs.evolve(
                                event, event_uid=occurrence.event_uid, start=occurrence.start, end=occurrence.end
                            ),
                        )
                elif event.start < until and event.end >= since:
                    yield calendar.calendar_id, event

    # As JSON.

    def to_json(self) -> dict[str, Any]:
        """Return the state as JSON values."""
        tables = {
            type_name(record_type): converter.unstructure(records) for record_type, records in self._tables.items()
        }
        return {
            "seed": self._seed,
            "generated": self._generated,
            "tokens": sorted(token for tokens in self._tokens.values() for token in tokens),
            "accounts": converter.unstructure(list(self.accounts.values())),
            "tables": tables,
        }

    def restore(self, snapshot: StateSnapshot) -> None:
        """Restore the state from a snapshot.

        Raises:
            ValueError: A table or a record is invalid. Nothing is restored.
        """
        self._tables = read_tables(snapshot.tables)
        self._seed, self._generated = snapshot.seed, snapshot.generated
        for token in snapshot.tokens:
            self._tokens.setdefault(len(token), set()).add(token)
        for account in snapshot.accounts:
            self.accounts[account.sub] = account
            if account.access_tokens:
                self._index(account)


def _earlier(old: Event, start: datetime, end: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """Return the earlier times of an event, which include the old ones if it moves."""
    return old.earlier if (old.start, old.end) == (start, end) else (*old.earlier, (old.start, old.end))
