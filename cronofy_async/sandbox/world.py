"""What tests set up and look at in a sandbox: accounts and calendars, links, conversations, bookable events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

import attrs

from .availability import Slot
from .bookable_events import CAPACITIES, MOST_METADATA, BookableEvent, Registration, RegistrationStatus, check_id
from .clock import SandboxClock
from .conversations import Conversation, ConversationSlot, Participant
from .handlers import scheduling_conversations as talks
from .state import Account, Event, Link, State

__all__ = ["SandboxError", "World", "utc"]

DAY = timedelta(days=1)


class SandboxError(Exception):
    """The sandbox cannot do what a test asked of it, as Cronofy's page could not."""


class World:
    """The part of :class:`Sandbox` that waits for nothing."""

    clock: SandboxClock
    _state: State

    def add_account(self, email: str, name: str | None = None, *, calendars: int = 1) -> Account:
        """Let somebody have authorized the application.

        Args:
            email: their address.
            name: their name; made from the address without.
            calendars: how many calendars they have, at least one.
        """
        if calendars < 1:
            raise ValueError("calendars: at least one")
        return self._state.add_account(email, name or email.partition("@")[0].title(), calendars, self.clock.now())

    def add_busy(
        self, account: Account, start: datetime, end: datetime, summary: str = "Busy", *, calendar_id: str | None = None
    ) -> Event:
        """Put an event into a calendar of an account, so that it is busy then.

        Args:
            account: whose.
            start: when it begins, with a time zone.
            end: when it ends.
            summary: what it is called.
            calendar_id: which calendar; the first one without.

        Raises:
            ValueError: a time has no zone, the event ends before it starts, or there is no such calendar.
        """
        start, end = span(start, end)
        calendar_id = calendar_id or account.calendar_id
        if calendar_id not in account.calendar_ids:
            raise ValueError(f"calendar_id: {account.email} has no calendar {calendar_id}")
        return self._state.write_event(account.sub, calendar_id, {"summary": summary}, start, end)

    def revoke(self, account: Account) -> None:
        """Let the user withdraw the authorization: the account's tokens end."""
        self._state.revoke(account)

    @property
    def accounts(self) -> list[Account]:
        return list(self._state.accounts.values())

    # Links.

    @property
    def links(self) -> list[Link]:
        return list(self._state.links.values())

    def link(self, link: object) -> Link:
        """Find a link by what the SDK gave, its id, its URL or its token.

        Raises:
            SandboxError: there is no such link.
        """
        name = getattr(link, "real_time_scheduling_id", link)
        if isinstance(name, Link):
            return name
        if isinstance(name, str):
            token = urlsplit(name).path.rpartition("/")[2]
            found = self._state.links.get(name) or self._state.by_link_token(token)
            if found is not None:
                return found
        raise SandboxError("the sandbox has no such link")

    def slots(self, link: object) -> list[Slot]:
        """What the page of a link offers now."""
        return self._state.slots(self.link(link), self.clock.now())

    # Scheduling conversations.

    def add_conversation(
        self,
        *participants: Account | Participant,
        periods: Iterable[tuple[datetime, datetime]] = (),
        duration: timedelta = timedelta(hours=1),
        tzid: str = "Etc/UTC",
        subject: str = "Meeting",
        made_by: Account | None = None,
    ) -> Conversation:
        """Let a scheduling conversation have begun.

        Args:
            participants: who takes part, the organizer first. Of accounts, the availability of the organizer decides,
                and others are asked; for all else, and for people without an account, give a :class:`Participant`.
            periods: when it could be: pairs of times with a time zone. Without, tomorrow from 9 to 18 o'clock, UTC.
            duration: how long it takes, in whole minutes.
            tzid: its time zone.
            subject: what the event is called that comes of it.
            made_by: the account whose token made it; the first account that takes part without.

        Raises:
            ValueError: nobody who takes part has an account and ``made_by`` is missing, so that nobody could read it; a
                period is none; or it takes no time.
        """
        accounts = [one for one in (made_by, *participants) if isinstance(one, Account)]
        if not participants or not accounts:
            raise ValueError("participants: at least one must be an account, or made_by be given")
        if duration < timedelta(minutes=1):
            raise ValueError("duration: at least a minute")
        tomorrow = self.clock.now().replace(hour=0, minute=0, second=0, microsecond=0) + DAY
        conversation = Conversation(
            id=self._state.new_id("scv"),
            participants=[_participant(one, organizes=index == 0) for index, one in enumerate(participants)],
            periods=[span(*one) for one in periods]
            or [(tomorrow + timedelta(hours=9), tomorrow + timedelta(hours=18))],
            duration=duration,
            tzid=tzid,
            subject=subject,
            made_by=accounts[0].sub,
        )
        talks.start(self._state, conversation, self.clock.now())
        return conversation

    @property
    def conversations(self) -> list[Conversation]:
        return list(self._state.conversations.values())

    def conversation(self, conversation: object) -> Conversation:
        """Find a conversation by what the SDK gave, or its id.

        Raises:
            SandboxError: there is no such conversation.
        """
        name = getattr(conversation, "scheduling_conversation_id", conversation)
        if isinstance(name, Conversation):
            return name
        found = self._state.conversations.get(name) if isinstance(name, str) else None
        if found is None:
            raise SandboxError("the sandbox has no such conversation")
        return found

    def selectable_slots(self, conversation: object) -> list[ConversationSlot]:
        """What the participant whose turn it is can choose now; nothing if it is nobody's."""
        found = self.conversation(conversation)
        return talks.selectable(self._state, found, self.clock.now()) if found.asked else []

    def select_slot(self, conversation: object, start: datetime | None = None) -> ConversationSlot:
        """Choose a slot, as the participant does whose turn it is. With the last choice the conversation is complete.

        Args:
            conversation: the conversation, or its id.
            start: the start of the slot, with a time zone; the first one without.

        Raises:
            ValueError: the start has no time zone.
            SandboxError: nobody is asked, or there is no such slot.
        """
        start = start and utc("start", start)
        found = self.conversation(conversation)
        if found.asked is None:
            raise SandboxError(f"{found.id} is {found.status}, and nobody is asked for a slot")
        offered = self.selectable_slots(found)
        slot = next((one for one in offered if start is None or one.start == start), None)
        if slot is None:
            raise SandboxError(
                f"{found.id} offers no slot"
                + (f" that starts at {start}" if start else "")
                + f" ({len(offered)} others)"
            )
        talks.select(self._state, found, slot)
        return slot

    # Bookable events.

    def add_bookable_event(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        bookable_event_id: str | None = None,
        capacity: int | None = None,
        status: Literal["confirmed", "cancelled"] = "confirmed",
    ) -> BookableEvent:
        """Let there be a bookable event. What the object holds may be set later, for example its ``status``.

        Args:
            start: when it begins, with a time zone; in a day without.
            end: when it ends; an hour later without.
            bookable_event_id: the application's id of it; made up without.
            capacity: how many may register, 1 to 256; ``None`` is no limit.
            status: ``confirmed`` or ``cancelled``.

        Raises:
            ValueError: a time has no zone, it ends before it starts, or the id or the capacity is not allowed or taken.
        """
        start = start or self.clock.now().replace(microsecond=0) + DAY
        start, end = span(start, end or start + timedelta(hours=1))
        ident = check_id("bookable_event_id", bookable_event_id or self._state.new_id("bookable"))
        if ident in self._state.bookable_events:
            raise ValueError(f"bookable_event_id: {ident} is taken")
        if capacity is not None and capacity not in CAPACITIES:
            raise ValueError("capacity: 1 to 256, or None")
        event = BookableEvent(
            bookable_event_id=ident,
            start=start,
            end=end,
            status=status,
            capacity=capacity,
            page_key=self._state.new_token(),
        )
        self._state.bookable_events[ident] = event
        return event

    @property
    def bookable_events(self) -> list[BookableEvent]:
        return list(self._state.bookable_events.values())

    def register(
        self,
        event: BookableEvent,
        registration_id: str | None = None,
        *,
        status: RegistrationStatus = "accepted",
        metadata: Mapping[str, str] | None = None,
    ) -> Registration:
        """Register somebody for a bookable event, or change a registration.

        Args:
            event: what for.
            registration_id: the application's id of it, which may be there already; made up without.
            status: ``removed`` takes the metadata away.
            metadata: what is stored with it, up to 10 pairs; a registration keeps what it has without.

        Raises:
            ValueError: the id has other characters than are allowed, or there are too many pairs.
            SandboxError: the event is full.
        """
        ident = check_id("registration_id", registration_id or self._state.new_id("registration"))
        if len(metadata or {}) > MOST_METADATA:
            raise ValueError(f"metadata: {MOST_METADATA} pairs at most")
        old = event.registrations.get(ident)
        kept = dict(metadata if metadata is not None else (old and old.metadata) or {})
        new = Registration(registration_id=ident, status=status, metadata=None if status == "removed" else kept)
        if new.counts and event.is_full and not (old and old.counts):
            raise SandboxError(f"{event.bookable_event_id} is full")
        event.registrations[ident] = new
        return new


def _participant(one: Account | Participant, *, organizes: bool) -> Participant:
    if isinstance(one, Participant):
        return attrs.evolve(one)  # it may be in another conversation too
    return Participant(
        sub=one.sub, email=one.email, common_name=one.name, selection_method="auto" if organizes else "manual"
    )


def utc(name: str, moment: datetime) -> datetime:
    """The same moment in UTC; a moment without a zone is a ``ValueError``."""
    if moment.tzinfo is None:
        raise ValueError(f"{name}: must have a time zone, for example datetime(..., tzinfo=UTC)")
    return moment.astimezone(UTC)


def span(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Both in UTC, if the one is after the other."""
    start, end = utc("start", start), utc("end", end)
    if end <= start:
        raise ValueError("end: must be after the start")
    return start, end
