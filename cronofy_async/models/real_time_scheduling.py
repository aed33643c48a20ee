"""Real-Time Scheduling: requests that create a link, and the states of a link.

Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlencode

import attrs

from .._codec import local
from .._json import Json, is_array, is_object
from .._redaction import hide
from .._unset import UNSET, Unset
from ..times import EventTime
from .availability import check_requirements
from .base import RequestModel, ResponseModel
from .event_parts import BaseEvent, Conferencing, Invitee

__all__ = [
    "BookingPage",
    "CallbackUrls",
    "CreatedLink",
    "Formatting",
    "Link",
    "LinkEvent",
    "LinkStatus",
    "Locale",
    "OAuth",
    "RedirectUrls",
    "SchedulingLink",
    "TargetCalendar",
    "TargetEvent",
]

LinkStatus: TypeAlias = Literal["open", "completed", "disabled", "expired"] | str
Locale: TypeAlias = (
    Literal[
        "ar", "cs", "cy", "de", "en", "es", "fr", "fr-CA", "he", "it", "ja", "nl", "pl", "pt-BR", "ru", "sv", "tr", "zh-CN"
    ]
    | str
)  # fmt: skip

TERMINAL: Final = frozenset({"completed", "disabled", "expired"})
BUILT_IN_CONFERENCING: Final = frozenset({"default", "integrated", "explicit"})


# Parts of requests.


@attrs.frozen
class OAuth(RequestModel):
    """Where the user is redirected after booking.

    ``scope`` and ``state`` are no longer documented; official SDKs still send them.
    """

    redirect_uri: str
    scope: str | Unset = attrs.field(default=UNSET, kw_only=True)
    state: str | Unset = attrs.field(default=UNSET, kw_only=True)


@attrs.frozen(kw_only=True)
class TargetEvent(RequestModel):
    """The members of the event that differ when this account is its organizer."""

    conferencing: Conferencing | Json | Unset = UNSET


@attrs.frozen(kw_only=True)
class TargetCalendar(RequestModel):
    """A calendar that the event may be written to.

    Args:
        sub: The account.
        calendar_id: One of its calendars. Of several calendars of one account, only one gets the event.
        attendee: How the account is invited when it is selected but is not the organizer. Only with
            ``event_creation="single"``.
        event: The members of the event that differ when the account is the organizer. Only with
            ``event_creation="single"``.
    """

    sub: str
    calendar_id: str
    attendee: Invitee | Json | Unset = UNSET
    event: TargetEvent | Json | Unset = UNSET


@attrs.frozen(kw_only=True)
class Formatting(RequestModel):
    """The format of times on the page: ``h`` is the 12-hour clock, ``H`` the 24-hour clock."""

    hour_format: Literal["h", "H"] | str | Unset = UNSET


@attrs.frozen(kw_only=True)
class CallbackUrls(RequestModel):
    """The URLs that Cronofy calls, with signed bodies. They may all be the same; see ``cronofy.webhooks``.

    Args:
        completed_url: Called when a time is chosen.
        no_times_suitable_url: Called when the user reports that no time suits them.
        no_times_displayed_url: Called when the page had no times to offer.
    """

    completed_url: str | Unset = UNSET
    no_times_suitable_url: str | Unset = UNSET
    no_times_displayed_url: str | Unset = UNSET


@attrs.frozen(kw_only=True)
class RedirectUrls(RequestModel):
    """Where the browser is redirected once a time is chosen. Cronofy adds a ``token`` for ``status_by_token``."""

    completed_url: str | Unset = UNSET


# Responses.


@attrs.frozen(kw_only=True)
class BookingPage(ResponseModel):
    """A page on which a user picks a time.

    Attributes:
        url: The page, to send to the user. Anyone who has it can book, so it is hidden in a ``repr``.
    """

    url: str = attrs.field(repr=hide)

    @property
    def token(self) -> str:
        """The last part of the URL's path; pass it to ``status_by_token``."""
        return self.url.partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]

    def locale_url(self, locale: Locale) -> str:
        """Return the URL of the booking page in a language, regardless of the language of the browser.

        Args:
            locale: Such as ``de`` or ``pt-BR``. Locales that Cronofy added later are allowed.

        Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/#localization
        """
        base, mark, fragment = self.url.partition("#")
        return base + ("&" if "?" in base else "?") + urlencode({"locale": locale}) + mark + fragment


@attrs.frozen(kw_only=True)
class Link(BookingPage):
    """The members that all links have.

    Attributes:
        real_time_scheduling_id: Cronofy's ID of the link.
        url: The booking page, to send to the user. Anyone who has it can book, so it is hidden in a ``repr``.
    """

    real_time_scheduling_id: str

    @property
    def id(self) -> str:
        """The same as ``real_time_scheduling_id``."""
        return self.real_time_scheduling_id


@attrs.frozen(kw_only=True)
class LinkEvent(BaseEvent):
    """The event of a link. ``start`` and ``end`` are set once a time was chosen."""

    start: EventTime | None = None
    end: EventTime | None = None


@attrs.frozen(kw_only=True)
class CreatedLink(Link):
    """A new link.

    The docs show ``real_time_scheduling_id`` and ``url`` only; an official SDK reads ``status`` and ``event`` as well. The
    last three attributes come from the request that created the link. They are not part of its JSON and do not
    count when links are compared.

    Attributes:
        real_time_scheduling_id: Cronofy's ID of the link.
        url: The booking page, to send to the user. Anyone who has it can book, so it is hidden in a ``repr``.
        status: Its status, if the response has it.
        event: Its event, if the response has it.
        event_id: Your ID of its event; ``None`` if unknown.
        expires_at: When it expires: at the end of its last query period or slot; ``None`` if unknown.
        ref: The signed reference in its callback URL (``cronofy.webhooks.url``); ``None`` if it has none.
    """

    status: LinkStatus | None = None
    event: LinkEvent | None = None
    event_id: str | None = attrs.field(default=None, eq=False, repr=False, metadata=local())
    expires_at: datetime | None = attrs.field(default=None, eq=False, repr=False, metadata=local())
    ref: str | None = attrs.field(default=None, eq=False, repr=False, metadata=local())


@attrs.frozen(kw_only=True)
class SchedulingLink(Link):
    """The state of a link.

    Attributes:
        real_time_scheduling_id: Cronofy's ID of the link.
        url: The booking page, to send to the user. Anyone who has it can book, so it is hidden in a ``repr``.
        status: ``open``, ``completed``, ``disabled``, ``expired``, or a status added later.
        event: The current state of its event.

    Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/status/
    """

    status: LinkStatus
    event: LinkEvent | None = None

    @property
    def start(self) -> datetime | None:
        """When the chosen slot starts, in UTC; ``None`` while no time is chosen."""
        return self.event.start.utc if self.event and self.event.start else None

    @property
    def is_terminal(self) -> bool:
        """Whether the link is ``completed``, ``disabled`` or ``expired``, so its status no longer changes."""
        return self.status in TERMINAL


# Documented rules.


def check_new_link(link: Mapping[str, Any]) -> None:
    """Check the request that creates a link against the rules that the docs state clearly.

    Args:
        link: The body of the request, as plain JSON values.

    Raises:
        ValueError: A rule is broken. The message starts with the member.
    """
    _require(link, "oauth", "event", "availability")
    _require(link["oauth"], "redirect_uri", within="oauth.")
    event = link["event"]
    _require(event, "event_id", "summary", "tzid", within="event.")
    _require(link["availability"], "participants", "required_duration", within="availability.")
    check_requirements(link["availability"], within="availability.")
    for name in ("start", "end"):
        if name in event:
            raise ValueError(f"event.{name}: not allowed in a link; the chosen slot sets it")
    profile = _member(event.get("conferencing"), "profile_id")
    if isinstance(profile, str) and profile not in BUILT_IN_CONFERENCING:
        raise ValueError(
            f"event.conferencing.profile_id: must be default, integrated or explicit, got {profile!r}. "
            "A person's own profile goes into target_calendars[].event.conferencing."
        )
    single = link.get("event_creation") == "single"
    if "attendees" in event and not single:
        raise ValueError(f"event.attendees: {_ONLY_WITH_SINGLE}")
    calendars = link.get("target_calendars")
    for index, calendar in enumerate(calendars if is_array(calendars) else ()):
        _check_target(calendar, f"target_calendars[{index}].", single=single)


def check_display_message(body: Json) -> None:
    """Check the length of the text that a disabled link shows.

    Raises:
        ValueError: It is empty, or longer than 500 characters.
    """
    if not 0 < (length := len(body["display_message"])) <= 500:
        raise ValueError(f"display_message: must have 1 to 500 characters, has {length}")


_ONLY_WITH_SINGLE: Final = "needs event_creation='single'"


def _check_target(calendar: object, within: str, *, single: bool) -> None:
    _require(calendar, "sub", "calendar_id", within=within)
    for name in ("attendee", "event"):
        if _member(calendar, name) is not None and not single:
            raise ValueError(f"{within}{name}: {_ONLY_WITH_SINGLE}")
    attendee = _member(calendar, "attendee")
    if attendee is not None:
        _require(attendee, "email", within=f"{within}attendee.")


def _require(value: object, *names: str, within: str = "") -> None:
    if not is_object(value):
        raise ValueError(f"{within.rstrip('.')}: must be an object")
    for name in names:
        if value.get(name) is None:
            raise ValueError(f"{within}{name}: is required")


def _member(value: object, name: str) -> Any:
    return value.get(name) if is_object(value) else None
