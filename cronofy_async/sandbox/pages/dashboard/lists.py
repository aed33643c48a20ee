"""Links, accounts, faults, assumptions and the clock as the dashboard shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from ...areas.channels import Channel
from ...areas.real_time_scheduling import Link
from ...kernel.callbacks.delivery import Delivery
from ...kernel.faults import CALLBACK, Fault
from ...kernel.kernel import Kernel
from ...kernel.links import LinkStatus
from ...kernel.records import Account
from ..times_text import format_day
from .entries import describe
from .redactor import Redactor
from .view import View

__all__ = ["KINDS", "PRESETS", "Lists", "Preset", "parse_duration"]


@attrs.frozen(kw_only=True)
class Preset:
    """A fault that a switch adds and removes."""

    title: str
    description: str
    options: Mapping[str, Any]

    def fault(self, kernel: Kernel) -> Fault | None:
        """Return the fault of the switch, if it is on."""
        for fault in kernel.faults:
            if all(getattr(fault, name) == value for name, value in self.options.items()) and fault.times is None:
                return fault
        return None


#: The faults with a switch, by name.
PRESETS: Final[dict[str, Preset]] = {
    "unavailable": Preset(
        title="Requests get 503",
        description="Every request gets a 503 and is not processed.",
        options={"operation": "*", "status": 503},
    ),
    "slow": Preset(
        title="Requests are slow",
        description="Every response is delayed by 2 s.",
        options={"operation": "*", "latency": 2.0},
    ),
    "lost_responses": Preset(
        title="Responses are lost",
        description="Every request is processed, but its connection is broken before the response.",
        options={"operation": "*", "reset": "after"},
    ),
    "lost_callbacks": Preset(
        title="Callbacks are lost",
        description="No callback is sent.",
        options={"operation": CALLBACK, "reset": "before"},
    ),
    "duplicate_callbacks": Preset(
        title="Callbacks arrive twice",
        description="Every callback is sent twice.",
        options={"operation": CALLBACK, "duplicates": 1},
    ),
}


#: The faults that the form adds, by the name of its option.
KINDS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "429": ("Status 429", {"status": 429, "retry_after": 1}),
    "500": ("Status 500", {"status": 500}),
    "503": ("Status 503", {"status": 503}),
    "latency": ("2 s of latency", {"latency": 2.0}),
    "reset_before": ("Connection broken before processing", {"reset": "before"}),
    "reset_after": ("Connection broken after processing", {"reset": "after"}),
    "truncate": ("Truncated response", {"truncate": True}),
    "duplicate": ("Callback sent twice", {"duplicates": 1}),
    "hold": ("Callback held until the next one", {"hold": True}),
}


@attrs.frozen(kw_only=True)
class LinkRow:
    """A link. It has no token: the page is opened by the link's ID.

    Attributes:
        lacks_callback: Whether no callback is sent when it is booked.
        lacks_event: Whether no event is created when it is booked.
    """

    id: str
    summary: str
    event_id: str
    status: LinkStatus
    times: str
    lacks_callback: bool
    lacks_event: bool


@attrs.frozen(kw_only=True)
class AccountRow:
    """An account."""

    sub: str
    name: str
    email: str
    kind: str
    calendars: int
    scope: str
    access: tuple[str, str, str]
    channels: int


@attrs.frozen(kw_only=True)
class FaultRow:
    """A fault that was added without a switch."""

    id: str
    operation: str
    description: str
    hits: str


@attrs.frozen
class Lists:
    """Makes the rows of the lists."""

    kernel: Kernel
    redactor: Redactor

    # Links.

    def links(self, view: View) -> Iterator[Link]:
        """Yield the links that a view shows, newest first."""
        now, text = self.kernel.clock.now(), view.link.lower()
        for link in reversed(self.kernel.state.table(Link).values()):
            if view.state and link.status(now) != view.state:
                continue
            event = link.params["event"]
            if text and text not in f"{link.id} {event.get('summary', '')} {event.get('event_id', '')}".lower():
                continue
            yield link

    def link(self, link: Link) -> LinkRow:
        """Return the row of a link."""
        event, now = link.params["event"], self.kernel.clock.now()
        status = link.status(now)
        if link.slot is not None:
            times = f"booked: {format_day(link.slot.start)}, {link.slot.start:%H:%M} to {link.slot.end:%H:%M} UTC"
        elif status == "expired":
            times = f"since {_format_time(link.expires_at)}"
        else:
            times = f"until {_format_time(link.expires_at)}"
        return LinkRow(
            id=link.id,
            summary=self.redactor.text(event.get("summary", "")) or "(no summary)",
            event_id=self.redactor.text(event.get("event_id", "")),
            status=status,
            times=times,
            lacks_callback=link.callback_url("completed") is None,
            lacks_event=not link.params.get("target_calendars"),
        )

    # Accounts.

    def accounts(self, view: View) -> Iterator[Account]:
        """Yield the accounts that a view shows, newest first."""
        text = view.account.lower()
        for account in reversed(self.kernel.state.accounts.values()):
            if text in f"{account.name} {account.email} {account.sub}".lower():
                yield account

    def account(self, account: Account) -> AccountRow:
        """Return the row of an account."""
        channels = self.kernel.state.table(Channel).values()
        return AccountRow(
            sub=account.sub,
            name=account.name,
            email=account.email,
            kind=account.kind.replace("_", " "),
            calendars=sum(not calendar.deleted for calendar in account.calendars),
            scope=account.scope,
            access=self._access(account),
            channels=sum(channel.sub == account.sub and not channel.closed for channel in channels),
        )

    def _access(self, account: Account) -> tuple[str, str, str]:
        """Return the color, the state and the details of an account's authorization."""
        if not account.access_tokens:
            return "bad", "revoked", "its tokens are invalid"
        remaining = account.expires_at - self.kernel.clock.now()
        if remaining <= timedelta():
            return "warn", "expired", "refresh the access token"
        return "ok", "authorized", f"token for {_format_remaining(remaining)}"

    # Faults and assumptions.

    def faults(self) -> list[FaultRow]:
        """Return the faults without a switch."""
        switched = {id(preset.fault(self.kernel)) for preset in PRESETS.values()}
        return [self._fault(fault) for fault in self.kernel.faults if id(fault) not in switched]

    def _fault(self, fault: Fault) -> FaultRow:
        limit = f" of {fault.times}" if fault.times is not None else ""
        return FaultRow(
            id=fault.id,
            operation=fault.operation,
            description=self.redactor.text(describe(fault)),
            hits=f"{fault.hits}{limit} times so far",
        )

    def presets(self) -> dict[str, tuple[Preset, Fault | None]]:
        """Return the faults with a switch, by name."""
        return {name: (preset, preset.fault(self.kernel)) for name, preset in PRESETS.items()}

    def assumptions(self) -> list[tuple[str, str, bool]]:
        """Return name, text and state of all assumptions; those that do not hold come first."""
        runtime = self.kernel.runtime
        assumptions = [(name, text, name in runtime.assumed) for name, text in runtime.registry.assumptions.items()]
        initial = self.kernel.settings.assume
        return sorted(assumptions, key=lambda assumption: (initial.get(assumption[0], True), assumption[0]))

    def counts(self) -> dict[str, tuple[str, str]]:
        """Return the count of each section, and its color."""
        kernel, journal = self.kernel, self.kernel.journal
        failed = sum(
            delivery.status is None or not 200 <= delivery.status < 300 for delivery in _sent_deliveries(kernel)
        )
        faults = sum(1 for _ in kernel.faults)
        changed = len(kernel.registry.assumptions) - len(kernel.runtime.assumed)
        return {
            "exchanges": (_format_count(journal.count), ""),
            "callbacks": (f"{failed} failed", "bad") if failed else (_format_count(journal.callback_count), ""),
            "links": (_format_count(len(kernel.state.table(Link))), ""),
            "accounts": (_format_count(len(kernel.state.accounts)), ""),
            "faults": (f"{faults} on", "warn") if faults else ("0", ""),
            "assumptions": (f"{changed} off", "info") if changed else ("", ""),
        }


def _sent_deliveries(kernel: Kernel) -> Iterator[Delivery]:
    return (
        delivery for delivery in kernel.journal.deliveries() if delivery.outcome != "none" and not delivery.is_pending
    )


def _format_count(count: int) -> str:
    return f"{count:,}"


def _format_time(moment: datetime) -> str:
    return f"{format_day(moment)}, {moment:%H:%M} UTC"


def _format_remaining(remaining: timedelta) -> str:
    minutes = int(remaining.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"


#: The letters that names of units begin with, and their seconds.
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_NAMES: Final = re.compile(r"s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?")
_DURATION: Final = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*([a-z]+)")


def parse_duration(text: str) -> timedelta:
    """Return a duration such as ``90 min``, ``2 h`` or ``1 d 12 h``.

    Raises:
        ValueError: The text is not a duration.
    """
    parts = _DURATION.findall(text.lower())
    is_known = all(_NAMES.fullmatch(unit) for _, unit in parts)
    if not parts or not is_known or _DURATION.sub("", text.lower()).strip(" ,"):
        raise ValueError(f"by: must be a duration such as 90 min, 2 h or 1 d, got {text!r}.")
    return timedelta(seconds=sum(float(number) * _UNITS[unit[0]] for number, unit in parts))
