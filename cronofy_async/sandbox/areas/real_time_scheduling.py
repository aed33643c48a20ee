"""Real-Time Scheduling links: operations, rules, and the actions of their visitors.

Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/
"""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

import attrs

from ..kernel.area import (
    AreaActions,
    Context,
    Event,
    Field,
    Json,
    Problem,
    Problems,
    SandboxError,
    SandboxResponse,
    Slot,
    State,
    action,
    assumption,
    not_found,
    ok,
    operation,
    rule,
    stored,
)
from ..kernel.callbacks.callbacks import Delivery
from ..kernel.links import (
    PageLink,
    add_link,
    disable_link,
    find_link,
    link_by_token,
    link_params,
    missing_target,
    targets_by_account,
)
from ..kernel.times import format_time, parse_duration, to_utc

__all__ = [
    "DISPLAYED_ONCE",
    "DONE_PAGE",
    "PAGE",
    "Booking",
    "CallbackKind",
    "Link",
    "RealTimeScheduling",
]

CallbackKind: TypeAlias = Literal["completed", "no_times_suitable", "no_times_displayed"]

DOCS: Final = "https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/"
PAGE: Final = "/add_to_calendar/scheduling/"
BUILT_IN: Final = ("default", "explicit", "integrated")

DONE_PAGE: Final = assumption(
    "booking_ends_on_a_page",
    "After booking, a link without redirect_urls.completed_url shows a page with the time, which links to "
    "oauth.redirect_uri. Otherwise the browser is redirected there immediately.",
)
DISPLAYED_ONCE: Final = assumption(
    "reloads_are_not_reported",
    "A booking page without times to offer sends one real_time_scheduling_no_times_displayed callback for each browser, "
    "until it has times to offer again. Otherwise it sends one each time that it is loaded.",
)


@stored
@attrs.define(eq=False, kw_only=True)
class Link(PageLink):
    """A Real-Time Scheduling link. ``slot`` is the one that was chosen."""

    operation = "real_time_scheduling.create"
    slot: Slot | None = None

    @property
    def tzid(self) -> str:
        """The time zone of its event."""
        zone: str = self.params["event"].get("tzid") or self.params["tzid"]
        return zone

    def callback_url(self, kind: CallbackKind) -> str | None:
        url = self.params.get("callback_urls", {}).get(f"{kind}_url")
        return url or (self.params.get("callback_url") if kind == "completed" else None)


@attrs.frozen(kw_only=True)
class Booking:
    """The result of choosing a slot.

    Attributes:
        start: The start of the slot.
        end: The end of the slot.
        participants: The accounts that were selected.
        events: The events that were written to calendars.
        redirect_url: The URL that the visitor's browser is redirected to.
        delivery: The callback; its ``outcome`` is ``none`` if the link has no URL for it.
    """

    start: datetime
    end: datetime
    participants: tuple[str, ...]
    events: tuple[Event, ...]
    redirect_url: str = attrs.field(repr=False)
    delivery: Delivery


# Operations.


@operation("real_time_scheduling.create")
def create(context: Context) -> SandboxResponse:
    """Create a link."""
    if (missing := missing_target(context)) is not None:
        return missing
    state = context.state
    link = add_link(state, Link(id=state.new_id("sch"), token=state.new_token(20), params=link_params(context)))
    envelope = _envelope(link, context)
    return ok({"real_time_scheduling": envelope, "url": envelope["url"]})


@operation("real_time_scheduling.status")
def status(context: Context) -> SandboxResponse:
    """Return the state of a link, by its ID."""
    return _respond(_by_id(context), context)


@operation("real_time_scheduling.status_by_token")
def status_by_token(context: Context) -> SandboxResponse:
    """Return the state of a link, by its token."""
    return _respond(link_by_token(context.state, Link, context.query["token"]), context)


@operation("real_time_scheduling.disable")
def disable(context: Context) -> SandboxResponse:
    """Disable a link that is not completed."""
    link = _by_id(context)
    rejection = None if link is None else disable_link(link, context, "real_time_scheduling_id")
    return rejection or _respond(link, context)


def _by_id(context: Context) -> Link | None:
    return context.state.table(Link).get(context.path["real_time_scheduling_id"])


def _respond(link: Link | None, context: Context) -> SandboxResponse:
    return not_found() if link is None else ok({"real_time_scheduling": _envelope(link, context)})


def _envelope(link: Link, context: Context) -> dict[str, Any]:
    return {
        "real_time_scheduling_id": link.id,
        "url": context.url(f"{PAGE}{link.token}"),
        "event": _event(link),
        "status": link.status(context.now),
    }


def _event(link: Link) -> dict[str, Any]:
    """Return the event of a link as responses show it, with the times of its slot and an array of attendees."""
    event = {name: value for name, value in link.params["event"].items() if name not in {"start", "end"}}
    if "attendees" in event:
        invited = event["attendees"].get("invite", ())
        event["attendees"] = [{"display_name": None, "status": "needs_action", **person} for person in invited]
    if link.slot is not None:
        event |= {"start": format_time(link.slot.start), "end": format_time(link.slot.end)}
    return event


# Rules.


@rule("NewLink", docs=DOCS)
def event_has_a_zone(link: Json, field: Field, context: Context) -> Problems:
    """An event has a time zone; official SDKs send it in an older position, next to the event."""
    if link["event"].get("tzid") is None and link.get("tzid") is None:
        yield Problem(field / "event" / "tzid", "errors.required", "must be specified")


@rule("NewLink", docs=DOCS)
def targets_of_single_only(link: Json, field: Field, context: Context) -> Problems:
    """``attendee`` and ``event`` of a target calendar are only allowed when ``event_creation`` is ``single``."""
    if link.get("event_creation") == "single":
        return
    for index, target in enumerate(link.get("target_calendars") or ()):
        for name in ("attendee", "event"):
            if name in target:
                yield _single_only(field / "target_calendars" / index / name)


@rule("NewLink", docs=DOCS, fidelity="assumed")
def attendees_of_single_only(link: Json, field: Field, context: Context) -> Problems:
    """``event.attendees``, which only ``event_creation: single`` supports, is rejected otherwise."""
    if link.get("event_creation") != "single" and "attendees" in link["event"]:
        yield _single_only(field / "event" / "attendees")


def _single_only(field: Field) -> Problem:
    return Problem(field, "errors.not_allowed", "is only allowed when event_creation is single")


@rule("NewLink", docs=DOCS, fidelity="assumed")
def no_start_or_end(link: Json, field: Field, context: Context) -> Problems:
    """``start`` and ``end``, which should be omitted, are rejected: the slot determines the times of a link's event."""
    for name in ("start", "end"):
        if name in link["event"]:
            yield Problem(field / "event" / name, "errors.not_allowed", "should be omitted")


@rule("NewLink", docs=DOCS, fidelity="assumed")
def built_in_conferencing_only(link: Json, field: Field, context: Context) -> Problems:
    """Conferencing profiles of people, which only ``target_calendars`` supports, are rejected in the event."""
    profile = link["event"].get("conferencing", {}).get("profile_id")
    if profile is not None and profile not in BUILT_IN:
        message = f"must be one of {', '.join(BUILT_IN)}"
        yield Problem(field / "event" / "conferencing" / "profile_id", "errors.invalid", message)


# Booking.


def _write_events(state: State, link: Link, slot: Slot) -> list[Event]:
    """Write the event of a link to its target calendars, as documented."""
    targets = targets_by_account(state, link)
    template: Json = link.params["event"]
    if link.params.get("event_creation") == "single":
        organizer = next((sub for sub in slot.participants if sub in targets), None)
        if organizer is None:
            return []
        template = _single_event(template, targets, organizer, slot)
        targets = {organizer: targets[organizer]}
    return [
        state.write_event(sub, target["calendar_id"], template, slot.start, slot.end) for sub, target in targets.items()
    ]


def _single_event(template: Json, targets: dict[str, Json], organizer: str, slot: Slot) -> dict[str, Any]:
    event: dict[str, Any] = deepcopy(dict(template)) | targets[organizer].get("event", {})
    attendees = [
        targets[sub]["attendee"] for sub in slot.participants if sub != organizer and "attendee" in targets.get(sub, {})
    ]
    invited = event.get("attendees", {}).get("invite", [])
    if invited or attendees:
        event["attendees"] = {**event.get("attendees", {}), "invite": [*invited, *attendees]}
    return event


def _time_chosen(link: Link, slot: Slot, tzid: str) -> dict[str, Any]:
    """Return the callback of a booking. As in the docs, the event's time zone is part of its times."""
    event = {name: value for name, value in _event(link).items() if name != "tzid"}
    return {
        "notification": {"type": "real_time_scheduling_time_chosen"},
        "user": {"tzid": tzid},
        "event": {
            **event,
            "start": {"time": format_time(slot.start), "tzid": link.tzid},
            "end": {"time": format_time(slot.end), "tzid": link.tzid},
        },
        "participants": [{"sub": sub} for sub in slot.participants],
    }


class RealTimeScheduling(AreaActions):
    """Actions for tests: ``sandbox.real_time_scheduling``."""

    @action
    def all(self) -> list[Link]:
        """Return all links, oldest first."""
        return list(self.state.table(Link).values())

    @action
    def find(self, link: object) -> Link:
        """Return a link by its ID, URL or token, or by the object that the SDK returned.

        Raises:
            SandboxError: There is no such link.
        """
        return find_link(self.state, Link, getattr(link, "real_time_scheduling_id", link), "link")

    def by_token(self, token: str) -> Link | None:
        """Return the link with a token, which is the last part of its URL."""
        return link_by_token(self.state, Link, token)

    @action
    def slots(self, link: object) -> list[Slot]:
        """Return the slots that the booking page of a link offers now."""
        params = self.find(link).params
        return self.state.available_slots(params["availability"], parse_duration(params.get("minimum_notice")))

    @action
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
        start = start and to_utc("start", start)
        record = self._find_open(link)
        offered = self.slots(record)
        slot = next((candidate for candidate in offered if start is None or candidate.start == start), None)
        if slot is None:
            raise SandboxError(
                f"{record.id} offers no slot"
                + (f" that starts at {start}" if start else "")
                + f". It offers {len(offered)} slots: see slots()."
            )
        record.state, record.slot = "completed", slot
        events = _write_events(self.state, record, slot)
        delivery = await self._call_back(record, "completed", _time_chosen(record, slot, tzid or record.tzid))
        return Booking(
            start=slot.start,
            end=slot.end,
            participants=slot.participants,
            events=tuple(events),
            redirect_url=record.redirect_url,
            delivery=delivery,
        )

    @action
    def disable(self, link: object, display_message: str = "This link is no longer available.") -> Link:
        """Disable a link, as the application would.

        Args:
            link: The link, its ID, its URL or its token.
            display_message: The message that its page shows from now on.

        Raises:
            SandboxError: There is no such link, or it is completed.
        """
        record = self.find(link)
        if record.state == "completed":
            raise SandboxError(f"{record.id} is completed")
        record.state, record.display_message = "disabled", display_message
        return record

    @action
    async def no_times_suitable(self, link: object, *, tzid: str | None = None) -> Delivery:
        """Report that no time suits, as a visitor would. The link stays open.

        Raises:
            SandboxError: The link is not open.
        """
        return await self._no_times(self._find_open(link), "no_times_suitable", tzid)

    @action
    async def no_times_displayed(self, link: object, *, tzid: str | None = None) -> Delivery:
        """Open the booking page when it has no times to offer, as a visitor would. The link stays open.

        Raises:
            SandboxError: The link is not open, or its page has times to offer.
        """
        record = self._find_open(link)
        if offered := self.slots(record):
            raise SandboxError(f"{record.id} has {len(offered)} times to offer")
        return await self._no_times(record, "no_times_displayed", tzid)

    def _find_open(self, link: object) -> Link:
        record = self.find(link)
        record.check_open(self.runtime.now)
        return record

    async def _no_times(
        self, link: Link, kind: Literal["no_times_suitable", "no_times_displayed"], tzid: str | None
    ) -> Delivery:
        message = {"notification": {"type": f"real_time_scheduling_{kind}"}, "user": {"tzid": tzid or link.tzid}}
        return await self._call_back(link, kind, message)

    async def _call_back(self, link: Link, kind: CallbackKind, message: dict[str, Any]) -> Delivery:
        if url := link.callback_url(kind):
            return await self.runtime.callbacks.send(url, message, link_id=link.id)
        problem = f"{link.id} has no {kind}_url, so no callback was sent. Create links with callback_urls.{kind}_url."
        return self.runtime.callbacks.record_unsent(message["notification"]["type"], problem)
