"""Links as booking pages show them: Real-Time Scheduling and Real-Time Sequencing links in one form."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final, Protocol

import attrs

from ..areas import real_time_scheduling as scheduling
from ..areas import real_time_sequencing as sequencing
from ..areas.real_time_scheduling import CallbackKind, Link, RealTimeScheduling
from ..areas.real_time_sequencing import BookedStep, RealTimeSequencing, SequencingLink
from ..kernel.callbacks.delivery import Delivery
from ..kernel.links import PageLink
from ..kernel.records import Json
from ..kernel.runtime import Runtime
from ..kernel.times import parse_duration

__all__ = ["Bookable", "EventPage", "Hosts", "Offer", "SchedulingPage", "SequencingPage", "Step"]

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Step:
    """An event of a sequence."""

    summary: str
    start: datetime
    end: datetime


class Offer(Protocol):
    """A time that can be chosen, or was chosen."""

    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...
    @property
    def participants(self) -> Sequence[str]: ...


@attrs.frozen(kw_only=True)
class SequenceOffer:
    """A sequence that can be chosen, or was chosen."""

    start: datetime
    end: datetime
    participants: Sequence[str]
    steps: Sequence[Step]


@attrs.frozen(kw_only=True)
class Hosts:
    """The people that a visitor meets: names with initials, of which ``needed`` people take part."""

    names: Mapping[str, str]
    needed: int

    @property
    def are_all_needed(self) -> bool:
        return self.needed >= len(self.names)


class Bookable(ABC):
    """A link with a booking page.

    Args:
        runtime: The services of the kernel.
        link: The link.
    """

    #: The path of its page, without the token.
    base: ClassVar[str]

    def __init__(self, runtime: Runtime, link: PageLink) -> None:
        self.runtime = runtime
        self.id = link.id
        self.path = self.base + link.token
        self.params: Json = link.params
        self.event: Json = link.params["event"]
        self.display_message = link.display_message
        self.expires_at = link.expires_at
        self._status = link.status

    @property
    def status(self) -> str:
        """The status that Cronofy would report now."""
        return self._status(self.runtime.now)

    @property
    def summary(self) -> str:
        return str(self.event["summary"])

    @property
    def description(self) -> str | None:
        description: str | None = self.event.get("description")
        return description

    @property
    def place(self) -> str | None:
        """The location of its event."""
        location: Json = self.event.get("location") or {}
        return location.get("description")

    @property
    def is_call(self) -> bool:
        """Whether its event is a conference."""
        return bool(self.event.get("conferencing"))

    @property
    def tzid(self) -> str:
        """The time zone of its event."""
        return str(self.event.get("tzid") or self.params.get("tzid") or "Etc/UTC")

    @property
    def needs_confirmation(self) -> bool:
        """Whether a page to confirm a time comes before it is booked."""
        return self.params.get("selection_mode") == "confirm"

    @property
    def hour_format(self) -> str | None:
        formatting: Json = self.params.get("formatting") or {}
        return formatting.get("hour_format")

    @property
    def completed_url(self) -> str | None:
        """The URL that the application wants the browser to be redirected to after booking."""
        urls: Json = self.params.get("redirect_urls") or {}
        return urls.get("completed_url")

    @property
    def deliveries(self) -> list[Delivery]:
        """The callbacks so far, oldest first."""
        return [delivery for delivery in self.runtime.callbacks.deliveries if delivery.link_id == self.id]

    def names(self, subs: Sequence[str]) -> list[str]:
        """Return the names of accounts, without those that the sandbox does not have."""
        accounts = self.runtime.state.accounts
        return [accounts[sub].name for sub in subs if sub in accounts]

    @property
    def hosts(self) -> Hosts:
        """The people that the visitor meets."""
        subs = dict.fromkeys(member["sub"] for group in self.groups for member in group["members"])
        required = [(group.get("required", "all"), len(group["members"])) for group in self.groups]
        needed = sum(size if count == "all" else int(count) for count, size in required)
        return Hosts(names={name: _initials(name) for name in self.names(list(subs))}, needed=needed)

    def steps(self, offer: Offer) -> Sequence[Step]:
        """Return the events of a sequence."""
        return ()

    # Differences between the kinds of links.

    #: Whether visitors can report that no time suits them.
    takes_reports: ClassVar[bool]

    @property
    @abstractmethod
    def groups(self) -> Sequence[Json]:
        """The groups of the availability query, of all its steps."""

    @property
    @abstractmethod
    def length(self) -> timedelta | None:
        """The duration of its event; ``None`` if it has several."""

    @property
    @abstractmethod
    def chosen(self) -> Offer | None:
        """The chosen time."""

    @property
    @abstractmethod
    def redirect_url(self) -> str | None:
        """The URL that the browser is redirected to after booking, if any."""

    @abstractmethod
    def offers(self) -> Sequence[Offer]:
        """Return the times that can be chosen now, first to last."""

    @abstractmethod
    def reasons(self, shown: int) -> list[str]:
        """Return the reasons why no further times are shown, for developers.

        Args:
            shown: The number of times that are shown.
        """

    @property
    @abstractmethod
    def missing_callbacks(self) -> str:
        """The callbacks that are never sent, and why, for developers."""

    @abstractmethod
    async def book(self, start: datetime, tzid: str) -> None:
        """Book a time.

        Raises:
            SandboxError: It is not, or no longer, offered.
        """


class EventPage(Bookable):
    """A link for one event."""

    @property
    def groups(self) -> Sequence[Json]:
        groups: Sequence[Json] = self.params["availability"]["participants"]
        return groups

    @property
    def length(self) -> timedelta:
        return parse_duration(self.params["availability"]["required_duration"])


class SchedulingPage(EventPage):
    """A Real-Time Scheduling link."""

    base = scheduling.PAGE
    takes_reports = True

    def __init__(self, runtime: Runtime, link: Link) -> None:
        super().__init__(runtime, link)
        self._link = link
        self._area = RealTimeScheduling(runtime)

    @property
    def chosen(self) -> Offer | None:
        return self._link.slot

    @property
    def redirect_url(self) -> str:
        return self._link.redirect_url

    def offers(self) -> Sequence[Offer]:
        return self._area.slots(self._link)

    def reasons(self, shown: int) -> list[str]:
        query, state, now = self.params["availability"], self.runtime.state, self.runtime.now
        possible = state.count_possible(query, now)
        counts = {
            "are in the past": possible,
            "are hidden because members are busy, or not available by their rules": state.count_available(query),
            "are hidden by minimum_notice": state.count_available(
                query, parse_duration(self.params.get("minimum_notice"))
            ),
            "are hidden by max_results": shown,
        }
        reasons: list[str] = []
        before = state.count_possible(query, _LONG_AGO)
        for text, remaining in counts.items():
            if before > remaining:
                reasons.append(f"{before - remaining} {text}")
            before = remaining
        return reasons if shown else [*reasons, *self._members(possible)]

    @property
    def missing_callbacks(self) -> str:
        kinds: tuple[CallbackKind, ...] = ("completed", "no_times_suitable", "no_times_displayed")
        missing = [f"{kind}_url" for kind in kinds if not self._link.callback_url(kind)]
        return f"the link has no {', '.join(missing)}" if missing else ""

    def _members(self, possible: int) -> list[str]:
        """Return how many of the possible times each member alone would have."""
        reasons: list[str] = []
        for member in {member["sub"]: member for group in self.groups for member in group["members"]}.values():
            query = {**self.params["availability"], "participants": [{"members": [member], "required": 1}]}
            name = next(iter(self.names([member["sub"]])), member["sub"])
            reasons.append(f"{name} alone has {self.runtime.state.count_available(query)} of {possible}")
        return reasons

    async def book(self, start: datetime, tzid: str) -> None:
        await self._area.book(self._link, start, tzid=tzid)

    async def no_times_suitable(self, tzid: str) -> None:
        """Report that no time suits the visitor."""
        await self._area.no_times_suitable(self._link, tzid=tzid)

    async def no_times_displayed(self, tzid: str) -> None:
        """Report that the page was shown without times."""
        await self._area.no_times_displayed(self._link, tzid=tzid)


class SequencingPage(Bookable):
    """A Real-Time Sequencing link."""

    base = sequencing.PAGE
    takes_reports = False

    def __init__(self, runtime: Runtime, link: SequencingLink) -> None:
        super().__init__(runtime, link)
        self._link = link
        self._area = RealTimeSequencing(runtime)

    @property
    def groups(self) -> Sequence[Json]:
        return [group for step in self.params["availability"]["sequence"] for group in step["participants"]]

    @property
    def length(self) -> timedelta | None:
        return None

    @property
    def chosen(self) -> Offer | None:
        return self._offer(self._link.steps) if self._link.steps else None

    @property
    def redirect_url(self) -> str:
        return self._link.redirect_url

    def offers(self) -> Sequence[Offer]:
        return [self._offer(steps) for steps in self._area.sequences(self._link)]

    def reasons(self, shown: int) -> list[str]:
        return []

    @property
    def missing_callbacks(self) -> str:
        return "none is sent for sequences, because its body is not documented"

    async def book(self, start: datetime, tzid: str) -> None:
        self._area.book(self._link, start)

    def steps(self, offer: Offer) -> Sequence[Step]:
        return offer.steps if isinstance(offer, SequenceOffer) else ()

    def _offer(self, steps: Sequence[BookedStep]) -> SequenceOffer:
        sequence: Sequence[Json] = self.params["availability"]["sequence"]
        names = {str(step["sequence_id"]): str(step["event"]["summary"]) for step in sequence}
        return SequenceOffer(
            start=min(step.start for step in steps),
            end=max(step.end for step in steps),
            participants=list(dict.fromkeys(sub for step in steps for sub in step.participants)),
            steps=[Step(summary=names[step.sequence_id], start=step.start, end=step.end) for step in steps],
        )


def _initials(name: str) -> str:
    """Return the initials of a name; only the first letter in scripts without capitals, such as Arabic."""
    letters = [word[0] for word in name.split() if word[0].isalnum()][:2]
    has_capitals = all(letter.lower() != letter.upper() for letter in letters)
    return "".join(letters if has_capitals else letters[:1]).upper()
