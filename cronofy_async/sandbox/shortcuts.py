"""Shortcuts for the most common actions: adding accounts and busy times, and booking links."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from .areas.real_time_scheduling import Booking, Link, RealTimeScheduling
from .kernel.actions import UnknownRecord, action
from .kernel.availability.search import Slot
from .kernel.callbacks.delivery import Delivery
from .kernel.records import Account, AccountKind, Event
from .kernel.runtime import Runtime
from .kernel.shallow import KeptRecord, kept_records
from .kernel.times import span

__all__ = ["AsyncShortcuts", "Shortcuts"]

#: The maximum number of calendars that an account begins with.
MAX_CALENDARS: Final = 1_000


class Shortcuts:
    """The synchronous shortcuts."""

    @property
    def runtime(self) -> Runtime:
        """The services of the kernel for areas."""
        raise NotImplementedError

    @action
    def add_account(
        self, email: str, name: str | None = None, *, calendars: int = 1, kind: AccountKind = "user"
    ) -> Account:
        """Add an account that has authorized the application.

        Args:
            email: The email address.
            name: The name. Defaults to one derived from the email address.
            calendars: The number of calendars, from 1 to 1,000.
            kind: The kind of account.

        Raises:
            ValueError: ``email`` has control characters, or ``calendars`` is out of range.
        """
        if not email.isprintable():
            raise ValueError(f"email: must have no control characters, got {email!a}")
        if not 1 <= calendars <= MAX_CALENDARS:
            raise ValueError(f"calendars: must be from 1 to {MAX_CALENDARS:,}, got {calendars}")
        name = name or email.partition("@")[0].title()
        return self.runtime.state.add_account(email, name, calendars=calendars, kind=kind)

    @action
    def add_busy(
        self,
        account: Account | str,
        start: datetime,
        end: datetime,
        summary: str = "Busy",
        *,
        calendar_id: str | None = None,
    ) -> Event:
        """Add an event to a calendar, as its user would. The account is busy during it.

        Args:
            account: The account, its ``sub`` or its email address.
            start: The start, with a time zone.
            end: The end, with a time zone.
            summary: The summary.
            calendar_id: The calendar. Defaults to the account's first one.

        Raises:
            ValueError: A time is naive, the event ends before it starts, or there is no such account or calendar.
        """
        account = self._account(account)
        start, end = span(start, end)
        calendar_id = calendar_id or account.calendar_id
        if calendar_id not in account.calendar_ids:
            raise ValueError(f"calendar_id: {account.email} has no calendar {calendar_id}")
        details = {"summary": summary}
        return self.runtime.state.write_event(account.sub, calendar_id, details, start, end, by_application=False)

    @action
    def revoke(self, account: Account | str) -> None:
        """Revoke the authorization, as the user would: the account's tokens become invalid."""
        self.runtime.state.revoke(self._account(account))

    @action
    def assume(self, name: str, holds: bool) -> None:
        """Switch an assumption on or off, as ``Sandbox(assume={name: holds})`` does from the start.

        A reset or a restored snapshot undoes it.

        Args:
            name: The name of the assumption, one of ``Sandbox.assumptions``.
            holds: Whether it holds from now on.

        Raises:
            ValueError: There is no such assumption.
        """
        self.runtime.assume(name, holds)

    @property
    @action
    def assumed(self) -> dict[str, bool]:
        """The assumptions, each with whether it holds now."""
        return {name: self.runtime.assumes(name) for name in self.runtime.registry.assumptions}

    @action
    def kept_records(self, name: str) -> list[KeptRecord]:
        """Return what shallow operations have kept, oldest first.

        Args:
            name: An operation, such as ``conferencing_services.authorize``, or an area for all of its operations.

        Raises:
            SandboxError: There is no such operation or area.
        """
        operations = self.runtime.registry.operations
        if not any(operation == name or operation.startswith(f"{name}.") for operation in operations):
            raise UnknownRecord(f"name: the sandbox has no operation or area {name}")
        return kept_records(self.runtime.state, name)

    @property
    @action
    def accounts(self) -> list[Account]:
        """The accounts, oldest first."""
        return list(self.runtime.state.accounts.values())

    @action
    def account(self, account: str) -> Account:
        """Return an account.

        Args:
            account: Its ``sub`` or email address. If several have the address, the oldest one is returned.

        Raises:
            ValueError: There is no such account.
        """
        accounts = self.runtime.state.accounts
        match = accounts.get(account) or next(
            (candidate for candidate in accounts.values() if candidate.email == account), None
        )
        if match is None:
            raise UnknownRecord(f"account: the sandbox has no account {account}")
        return match

    @property
    def links(self) -> list[Link]:
        """The links, oldest first."""
        return self._links.all()

    @action
    def delivery(self, delivery: Delivery | str) -> Delivery:
        """Return a callback by its ID.

        Raises:
            ValueError: There is no such delivery.
        """
        return self.runtime.callbacks.find(delivery)

    def link(self, link: object) -> Link:
        """Return a link by its ID, URL or token, or by the object that the SDK returned.

        Raises:
            SandboxError: There is no such link.
        """
        return self._links.find(link)

    def slots(self, link: object) -> list[Slot]:
        """Return the slots that the booking page of a link offers now."""
        return self._links.slots(link)

    @property
    def _links(self) -> RealTimeScheduling:
        return RealTimeScheduling(self.runtime)

    def _account(self, account: Account | str) -> Account:
        return account if isinstance(account, Account) else self.account(account)


class AsyncShortcuts(Shortcuts):
    """All shortcuts, including those that wait for the response to a callback."""

    async def book(self, link: object, start: datetime | None = None, *, tzid: str | None = None) -> Booking:
        """Book a slot, as a visitor would, and wait for the response to the callback.

        Args:
            link: The link, its ID, its URL or its token.
            start: The start of the slot, with a time zone. Defaults to the first slot.
            tzid: The visitor's time zone. Defaults to that of the event.

        Raises:
            ValueError: The start is naive.
            SandboxError: The link is not open, or there is no such slot.
        """
        return await self._links.book(link, start, tzid=tzid)

    async def no_times_suitable(self, link: object, *, tzid: str | None = None) -> Delivery:
        """Report that no time suits, as a visitor would. The link stays open.

        Raises:
            SandboxError: The link is not open.
        """
        return await self._links.no_times_suitable(link, tzid=tzid)

    async def no_times_displayed(self, link: object, *, tzid: str | None = None) -> Delivery:
        """Open the booking page when it has no times to offer, as a visitor would. The link stays open.

        Raises:
            SandboxError: The link is not open, or its page has times to offer.
        """
        return await self._links.no_times_displayed(link, tzid=tzid)

    @action
    async def redeliver(self, delivery: Delivery | str) -> Delivery:
        """Send a callback again, byte for byte.

        Args:
            delivery: The delivery, or its ID.

        Raises:
            ValueError: There is no such delivery.
        """
        return await self.runtime.callbacks.resend(self.delivery(delivery))

    @action
    async def wait_for_callbacks(self) -> None:
        """Wait until all queued callbacks have been sent."""
        await self.runtime.callbacks.wait()
