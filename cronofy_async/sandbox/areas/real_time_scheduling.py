"""Real-Time Scheduling links: operations, rules, and the actions of their visitors.

Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/
"""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

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
    UnknownRecord,
    action,
    assumption,
    invalid,
    not_found,
    ok,
    operation,
    record,
    rule,
)
from ..kernel.availability import expiry
from ..kernel.callbacks import Delivery
from ..kernel.problems import errors_of
from ..kernel.times import length, utc, written
from ..kernel.urls import with_query

__all__ = [
    "DISPLAYED_ONCE",
    "DONE_PAGE",
    "PAGE",
    "Booking",
    "CallbackKind",
    "Link",
    "RealTimeScheduling",
    "redirect_url",
]

Status: TypeAlias = Literal["open", "completed", "disabled", "expired"]
CallbackKind: TypeAlias = Literal["completed", "no_times_suitable", "no_times_displayed"]

DOCS: Final = "https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/"
PAGE: Final = "/add_to_calendar/scheduling/"
BUILT_IN: Final = ("default", "explicit", "integrated")

DONE_PAGE: Final = assumption(
    "booking_ends_on_a_page",
    "After booking, a link without redirect_urls.completed_url shows a page with the time, which links to "
    "oauth.redirect_uri. Otherwise the browser is redirected there at once.",
)
DISPLAYED_ONCE: Final = assumption(
    "reloads_are_not_reported",
    "A booking page without times to offer sends one real_time_scheduling_no_times_displayed callback for each browser, "
    "until it has times to offer again. Otherwise it sends one each time that it is loaded.",
)


@record
@attrs.define(eq=False, kw_only=True)
class Link:
    """A stored link: the parameters that it was created with, and its state."""

    id: str
    token: str = attrs.field(repr=False)
    params: Json = attrs.field(repr=False)
    state: Literal["open", "completed", "disabled"] = "open"
    slot: Slot | None = None
    display_message: str | None = None

    @property
    def tzid(self) -> str:
        """The time zone of its event."""
        zone: str = self.params["event"].get("tzid") or self.params["tzid"]
        return zone

    @cached_property
    def expires_at(self) -> datetime:
        return expiry(self.params["availability"])

    def status(self, now: datetime) -> Status:
        """Return the status that Cronofy would report."""
        return "expired" if self.state == "open" and now >= self.expires_at else self.state

    def callback_url(self, kind: CallbackKind) -> str | None:
        url = self.params.get("callback_urls", {}).get(f"{kind}_url")
        return url or (self.params.get("callback_url") if kind == "completed" else None)


@record
@attrs.frozen(kw_only=True)
class LinkToken:
    """The link that a token belongs to."""

    link_id: str


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
    for index, target in enumerate(context.body.get("target_calendars") or ()):
        sub, calendar_id = target["sub"], target["calendar_id"]
        account = context.state.accounts.get(sub)
        if account is None or account.calendar(calendar_id) is None:  # 404, as an official SDK documents
            missing = (
                f"sub: no account {sub}" if account is None else f"calendar_id: {sub} has no calendar {calendar_id}"
            )
            return not_found(f"target_calendars[{index}].{missing}")
    params = {name: value for name, value in context.body.items() if name not in {"client_id", "client_secret"}}
    state = context.state
    link = Link(id=state.new_id("sch"), token=state.new_token(20), params=deepcopy(params))
    state.table(Link)[link.id] = link
    state.table(LinkToken)[link.token] = LinkToken(link_id=link.id)
    envelope = _envelope(link, context)
    return ok({"real_time_scheduling": envelope, "url": envelope["url"]})


@operation("real_time_scheduling.status")
def status(context: Context) -> SandboxResponse:
    """Return the state of a link, by its ID."""
    return _answer(_by_id(context), context)


@operation("real_time_scheduling.status_by_token")
def status_by_token(context: Context) -> SandboxResponse:
    """Return the state of a link, by its token."""
    return _answer(_by_token(context.state, context.query["token"]), context)


@operation("real_time_scheduling.disable")
def disable(context: Context) -> SandboxResponse:
    """Disable a link that is not completed. Assumed: a completed link gets a 422, and disabling twice is allowed."""
    link = _by_id(context)
    if link is not None:
        if link.state == "completed":
            problem = Problem(Field("real_time_scheduling_id"), "errors.not_allowed", "is of a link that is completed")
            return invalid(errors_of([problem]))
        link.state, link.display_message = "disabled", context.body["display_message"]
    return _answer(link, context)


def _by_id(context: Context) -> Link | None:
    return context.state.table(Link).get(context.path["real_time_scheduling_id"])


def _by_token(state: State, token: str) -> Link | None:
    found = state.table(LinkToken).get(token)
    return state.table(Link)[found.link_id] if found else None


def _answer(link: Link | None, context: Context) -> SandboxResponse:
    return not_found() if link is None else ok({"real_time_scheduling": _envelope(link, context)})


def _envelope(link: Link, context: Context) -> dict[str, Any]:
    return {
        "real_time_scheduling_id": link.id,
        "url": context.url(f"{PAGE}{link.token}"),
        "event": _event(link),
        "status": link.status(context.now),
    }


def _event(link: Link) -> dict[str, Any]:
    """Return the event of a link as responses show it: with the times of its slot, and with attendees as an array."""
    event = {name: value for name, value in link.params["event"].items() if name not in {"start", "end"}}
    if "attendees" in event:
        invited = event["attendees"].get("invite", ())
        event["attendees"] = [{"display_name": None, "status": "needs_action", **one} for one in invited]
    if link.slot is not None:
        event |= {"start": written(link.slot.start), "end": written(link.slot.end)}
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
        words = f"must be one of {', '.join(BUILT_IN)}"
        yield Problem(field / "event" / "conferencing" / "profile_id", "errors.invalid", words)


# Booking.


def _write_events(state: State, link: Link, slot: Slot) -> list[Event]:
    """Write the event of a link to its target calendars, as documented."""
    targets = _one_for_each_account(state, link.params.get("target_calendars") or ())
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


def _one_for_each_account(state: State, targets: Any) -> dict[str, Json]:
    """Return one target for each account. Assumed: of several calendars, the first existing one gets the event."""
    found: dict[str, Json] = {}
    for target in targets:
        if state.calendar(target["sub"], target["calendar_id"]) is not None:
            found.setdefault(target["sub"], target)
    return found


def _single_event(template: Json, targets: dict[str, Json], organizer: str, slot: Slot) -> dict[str, Any]:
    event: dict[str, Any] = deepcopy(dict(template)) | targets[organizer].get("event", {})
    others = [
        targets[sub]["attendee"] for sub in slot.participants if sub != organizer and "attendee" in targets.get(sub, {})
    ]
    invited = event.get("attendees", {}).get("invite", [])
    if invited or others:
        event["attendees"] = {**event.get("attendees", {}), "invite": [*invited, *others]}
    return event


def _time_chosen(link: Link, slot: Slot, tzid: str) -> dict[str, Any]:
    """Return the callback of a booking. As in the docs, the event's time zone is part of its times."""
    event = {name: value for name, value in _event(link).items() if name != "tzid"}
    return {
        "notification": {"type": "real_time_scheduling_time_chosen"},
        "user": {"tzid": tzid},
        "event": {
            **event,
            "start": {"time": written(slot.start), "tzid": link.tzid},
            "end": {"time": written(slot.end), "tzid": link.tzid},
        },
        "participants": [{"sub": sub} for sub in slot.participants],
    }


def redirect_url(link: Link) -> str:
    """Return the URL that the browser is redirected to after booking, with the token for the status endpoint.

    Without ``redirect_urls`` it is ``oauth.redirect_uri``, unchanged; see ``booking_ends_on_a_page``.
    """
    url: str | None = link.params.get("redirect_urls", {}).get("completed_url")
    if url is None:
        return str(link.params["oauth"]["redirect_uri"])
    return with_query(url, token=link.token)


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
        name = getattr(link, "real_time_scheduling_id", link)
        if isinstance(name, Link):
            return name
        if isinstance(name, str):
            token = urlsplit(name).path.rpartition("/")[2]
            found = self.state.table(Link).get(name) or _by_token(self.state, token)
            if found is not None:
                return found
        raise UnknownRecord("the sandbox has no such link")

    def by_token(self, token: str) -> Link | None:
        """Return the link with a token, which is the last part of its URL."""
        return _by_token(self.state, token)

    @action
    def slots(self, link: object) -> list[Slot]:
        """Return the slots that the booking page of a link offers now."""
        params = self.find(link).params
        return self.state.suitable(params["availability"], length(params.get("minimum_notice")))

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
        start = start and utc("start", start)
        found = self._open(link)
        offered = self.slots(found)
        slot = next((one for one in offered if start is None or one.start == start), None)
        if slot is None:
            raise SandboxError(
                f"{found.id} offers no slot"
                + (f" that starts at {start}" if start else "")
                + f". It offers {len(offered)} slots: see slots()."
            )
        found.state, found.slot = "completed", slot
        events = _write_events(self.state, found, slot)
        delivery = await self._call_back(found, "completed", _time_chosen(found, slot, tzid or found.tzid))
        return Booking(
            start=slot.start,
            end=slot.end,
            participants=slot.participants,
            events=tuple(events),
            redirect_url=redirect_url(found),
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
        found = self.find(link)
        if found.state == "completed":
            raise SandboxError(f"{found.id} is completed")
        found.state, found.display_message = "disabled", display_message
        return found

    @action
    async def no_times_suitable(self, link: object, *, tzid: str | None = None) -> Delivery:
        """Report that no time suits, as a visitor would. The link stays open.

        Raises:
            SandboxError: The link is not open.
        """
        return await self._no_times(self._open(link), "no_times_suitable", tzid)

    @action
    async def no_times_displayed(self, link: object, *, tzid: str | None = None) -> Delivery:
        """Open the booking page when it has no times to offer, as a visitor would. The link stays open.

        Raises:
            SandboxError: The link is not open, or its page has times to offer.
        """
        found = self._open(link)
        if offered := self.slots(found):
            raise SandboxError(f"{found.id} has {len(offered)} times to offer")
        return await self._no_times(found, "no_times_displayed", tzid)

    def _open(self, link: object) -> Link:
        found = self.find(link)
        status = found.status(self.runtime.now)
        if status != "open":
            raise SandboxError(f"{found.id} is {status}")
        return found

    async def _no_times(
        self, link: Link, kind: Literal["no_times_suitable", "no_times_displayed"], tzid: str | None
    ) -> Delivery:
        message = {"notification": {"type": f"real_time_scheduling_{kind}"}, "user": {"tzid": tzid or link.tzid}}
        return await self._call_back(link, kind, message)

    async def _call_back(self, link: Link, kind: CallbackKind, message: dict[str, Any]) -> Delivery:
        if url := link.callback_url(kind):
            return await self.runtime.callbacks.send(url, message, about=link.id)
        problem = f"{link.id} has no {kind}_url, so no callback was sent. Create links with callback_urls.{kind}_url."
        return self.runtime.callbacks.unsent(message["notification"]["type"], problem)
