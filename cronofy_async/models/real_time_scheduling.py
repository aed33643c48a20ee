"""Real-Time Scheduling links: what one is made of, and what became of it.

Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlencode

import attrs

from .._json import Json, is_array, is_object
from .._redaction import hide
from .._unset import UNSET, Unset
from ..times import EventTime
from .base import RequestModel, ResponseModel
from .events import Conferencing

__all__ = [
    "CallbackUrls",
    "CreatedLink",
    "Formatting",
    "LinkEvent",
    "LinkStatus",
    "OAuth",
    "RedirectUrls",
    "SchedulingLink",
    "TargetAttendee",
    "TargetCalendar",
    "TargetEvent",
]

LinkStatus: TypeAlias = Literal["open", "completed", "disabled", "expired"] | str

TERMINAL: Final = frozenset({"completed", "disabled", "expired"})
BUILT_IN_CONFERENCING: Final = frozenset({"default", "integrated", "explicit"})


# What a link is made of.


@attrs.frozen
class OAuth(RequestModel):
    """Where the user goes after the journey.

    ``scope`` and ``state`` are not documented any more; official SDKs still send them.
    """

    redirect_uri: str
    scope: str | Unset = attrs.field(default=UNSET, kw_only=True)
    state: str | Unset = attrs.field(default=UNSET, kw_only=True)


@attrs.frozen
class TargetAttendee(RequestModel):
    """How an account is invited when it is selected but not the organizer."""

    email: str
    display_name: str | Unset | None = attrs.field(default=UNSET, kw_only=True)


@attrs.frozen(kw_only=True)
class TargetEvent(RequestModel):
    """What is different about the event when this account is its organizer."""

    conferencing: Conferencing | Json | Unset = UNSET


@attrs.frozen(kw_only=True)
class TargetCalendar(RequestModel):
    """A calendar that the event may be written to.

    Args:
        sub: the account.
        calendar_id: one of its calendars. Of several calendars of one account, only one gets the event.
        attendee: how the account is invited when it is selected but not the organizer. Only with
            ``event_creation="single"``.
        event: what is different when it is the organizer. Only with ``event_creation="single"``.
    """

    sub: str
    calendar_id: str
    attendee: TargetAttendee | Json | Unset = UNSET
    event: TargetEvent | Json | Unset = UNSET


@attrs.frozen(kw_only=True)
class Formatting(RequestModel):
    """How the page shows times: ``h`` is the 12-hour clock, ``H`` the 24-hour one."""

    hour_format: Literal["h", "H"] | str | Unset = UNSET


@attrs.frozen(kw_only=True)
class CallbackUrls(RequestModel):
    """What Cronofy calls, signed, as things happen. One URL may serve for all; see ``cronofy.webhooks``.

    Args:
        completed_url: when a time was chosen.
        no_times_suitable_url: when the user says that no time suits.
        no_times_displayed_url: when the page had nothing to offer.
    """

    completed_url: str | Unset = UNSET
    no_times_suitable_url: str | Unset = UNSET
    no_times_displayed_url: str | Unset = UNSET


@attrs.frozen(kw_only=True)
class RedirectUrls(RequestModel):
    """Where the browser goes; Cronofy adds a ``token``, which ``status_by_token`` takes."""

    completed_url: str | Unset = UNSET


# What became of it.


def _token(url: str) -> str:
    return url.partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]


def _locale_url(url: str, locale: str) -> str:
    base, mark, fragment = url.partition("#")
    return base + ("&" if "?" in base else "?") + urlencode({"locale": locale}) + mark + fragment


@attrs.frozen(kw_only=True)
class CreatedLink(ResponseModel):
    """A link that was just made.

    Attributes:
        real_time_scheduling_id: Cronofy's id of the link.
        url: the page to send the user to. Whoever has it can book: it does not show in a ``repr``.
    """

    real_time_scheduling_id: str
    url: str = attrs.field(repr=hide)

    @property
    def id(self) -> str:
        """The same as ``real_time_scheduling_id``."""
        return self.real_time_scheduling_id

    @property
    def token(self) -> str:
        """The last part of the URL's path, which ``status_by_token`` takes."""
        return _token(self.url)

    def locale_url(self, locale: str) -> str:
        """The page in a language, such as ``de`` or ``pt-BR``, whatever the browser asks for.

        Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/#localization
        """
        return _locale_url(self.url, locale)


@attrs.frozen(kw_only=True)
class LinkEvent(ResponseModel):
    """The event of a link, as it stands. ``start`` and ``end`` are there once a time was chosen."""

    event_id: str | None = None
    summary: str | None = None
    description: str | None = None
    tzid: str | None = None
    start: EventTime | None = None
    end: EventTime | None = None
    event_private: bool | None = None


@attrs.frozen(kw_only=True)
class SchedulingLink(ResponseModel):
    """The state of a link.

    Attributes:
        real_time_scheduling_id: Cronofy's id of the link.
        url: the page to send the user to. Whoever has it can book: it does not show in a ``repr``.
        status: ``open``, ``completed``, ``disabled`` or ``expired``; others may come.
        event: the event as it stands.

    Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/status/
    """

    real_time_scheduling_id: str
    url: str = attrs.field(repr=hide)
    status: LinkStatus
    event: LinkEvent | None = None

    @property
    def id(self) -> str:
        """The same as ``real_time_scheduling_id``."""
        return self.real_time_scheduling_id

    @property
    def token(self) -> str:
        """The last part of the URL's path, which ``status_by_token`` takes."""
        return _token(self.url)

    @property
    def is_terminal(self) -> bool:
        """Whether the link is ``completed``, ``disabled`` or ``expired``, and so will not change any more."""
        return self.status in TERMINAL

    def locale_url(self, locale: str) -> str:
        """The page in a language, such as ``de`` or ``pt-BR``, whatever the browser asks for.

        Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/#localization
        """
        return _locale_url(self.url, locale)


# The rules that the docs state.


def check_new_link(link: Mapping[str, Any]) -> None:
    """Check a link that is about to be created for what the docs state as certain.

    Args:
        link: the body of the request, as plain JSON values.

    Raises:
        ValueError: a rule is broken; the message starts with the member.
    """
    _require(link, "oauth", "event", "availability")
    _require(link["oauth"], "redirect_uri", within="oauth.")
    event = link["event"]
    _require(event, "event_id", "summary", "tzid", within="event.")
    _require(link["availability"], "participants", "required_duration", within="availability.")
    for name in ("start", "end"):
        if name in event:
            raise ValueError(f"event.{name}: a link has no {name}, it comes with the slot that is chosen")
    profile = _member(event.get("conferencing"), "profile_id")
    if isinstance(profile, str) and profile not in BUILT_IN_CONFERENCING:
        raise ValueError(
            "event.conferencing.profile_id: only default, integrated and explicit; "
            "a person's own profile goes into target_calendars[].event.conferencing"
        )
    single = link.get("event_creation") == "single"
    if "attendees" in event and not single:
        raise ValueError(f"event.attendees: {_ONLY_WITH_SINGLE}")
    calendars = link.get("target_calendars")
    for index, calendar in enumerate(calendars if is_array(calendars) else ()):
        _check_target(calendar, f"target_calendars[{index}].", single=single)


_ONLY_WITH_SINGLE: Final = "only with event_creation='single'"


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
