"""Helpers for links that several people may host. Pure: nothing is sent."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, MutableSequence
from typing import Any, Literal

import attrs

from ._json import Json
from ._unset import UNSET, Unset
from .models.availability import Member, ParticipantGroup
from .models.events import Conferencing
from .models.real_time_scheduling import TargetAttendee, TargetCalendar, TargetEvent

__all__ = ["Interviewer", "Panel", "panel"]


@attrs.frozen(kw_only=True)
class Interviewer:
    """Somebody who may host an event.

    Args:
        sub: their account.
        calendar_id: the calendar that the event is written to when they are its organizer.
        email: how they are invited when they are not; without, they are not invited.
        display_name: their name in the invitation.
        conferencing: how people meet online when they are the organizer.
        calendar_ids: the calendars that count as busy; all of the account's without.
    """

    sub: str
    calendar_id: str
    email: str | None = None
    display_name: str | None = None
    conferencing: Conferencing | Json | None = None
    calendar_ids: tuple[str, ...] | None = None


@attrs.frozen
class Panel:
    """What a link needs to know of its hosts.

    Attributes:
        group: for ``availability.participants``.
        target_calendars: for ``target_calendars``; in the same order.
    """

    group: ParticipantGroup
    target_calendars: tuple[TargetCalendar, ...]


def panel(
    interviewers: Iterable[Interviewer],
    *,
    required: Literal["all"] | int = "all",
    shuffle: bool = False,
    shuffler: Callable[[MutableSequence[Any]], None] = random.shuffle,
) -> Panel:
    """Make the availability group and the target calendars of a link from one list of people.

    Use them together with ``event_creation="single"``: one event, organized by the first who is selected, with the
    others invited.

    Args:
        interviewers: the people who may host.
        required: how many of them are needed, or ``"all"``.
        shuffle: whether to mix them. Where only some are needed, Cronofy prefers those who come first, so its docs
            advise to mix them for each link, which spreads the load.
        shuffler: what mixes a list in place.

    Raises:
        ValueError: nobody is on the panel, somebody is twice, or more are required than there are.

    Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/

    Example::

        hosts = panel(interviewers, required=2, shuffle=True)
        link = await cronofy.real_time_scheduling.create(
            event_creation="single",
            availability=AvailabilityQuery(participants=[hosts.group], ...),
            target_calendars=hosts.target_calendars,
            ...,
        )
    """
    people = list(interviewers)
    if not people:
        raise ValueError("interviewers: nobody is on the panel")
    if len({one.sub for one in people}) < len(people):
        raise ValueError("interviewers: somebody is on the panel twice")
    if required != "all" and not 1 <= required <= len(people):
        raise ValueError(f"required: must be from 1 to {len(people)}, or 'all', got {required!r}")
    if shuffle:
        shuffler(people)
    members = [Member(one.sub, calendar_ids=one.calendar_ids or UNSET) for one in people]
    return Panel(ParticipantGroup(members, required=required), tuple(map(_target, people)))


def _target(one: Interviewer) -> TargetCalendar:
    attendee: TargetAttendee | Unset = UNSET
    if one.email is not None:
        attendee = TargetAttendee(one.email, display_name=one.display_name or UNSET)
    event = UNSET if one.conferencing is None else TargetEvent(conferencing=one.conferencing)
    return TargetCalendar(sub=one.sub, calendar_id=one.calendar_id, attendee=attendee, event=event)
