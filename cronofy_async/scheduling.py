"""Helpers for creating links. They are pure functions: nothing is sent."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, MutableSequence
from datetime import datetime, timedelta
from typing import Any, Literal

import attrs

from ._json import Json, is_array, is_object
from ._unset import UNSET, Unset
from .models.availability import Member, ParticipantGroup
from .models.event_parts import Conferencing, Invitee
from .models.real_time_scheduling import CreatedLink, TargetCalendar, TargetEvent
from .times import read_time
from .webhooks import ref_of

__all__ = ["Interviewer", "Panel", "panel"]


@attrs.frozen(kw_only=True)
class Interviewer:
    """A person who can host an event.

    Args:
        sub: Their account.
        calendar_id: The calendar that the event is written to if they are its organizer.
        email: The email address to invite them at if they are not the organizer. Without one, they are not invited.
        display_name: Their name in the invitation.
        conferencing: How people meet online if they are the organizer.
        calendar_ids: The calendars that are checked for busy times. By default, all calendars of the account.
    """

    sub: str
    calendar_id: str
    email: str | None = None
    display_name: str | None = None
    conferencing: Conferencing | Json | None = None
    calendar_ids: tuple[str, ...] | None = None


@attrs.frozen
class Panel:
    """The hosts of a link, in the two forms that ``real_time_scheduling.create`` takes.

    Attributes:
        group: An item of ``availability.participants``.
        target_calendars: The value of ``target_calendars``, in the same order.
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
    """Return the availability group and the target calendars for a list of people.

    Use them with ``event_creation="single"``: Cronofy creates one event, organized by the first person who is selected,
    and invites the others.

    Args:
        interviewers: The people who can host.
        required: The number of people who must be free, or ``"all"``.
        shuffle: Whether to shuffle the people. If only some are required, Cronofy prefers those who come first, so its
            docs recommend shuffling them for each link to distribute the load.
        shuffler: A function that shuffles a list in place, for tests.

    Returns:
        The panel, whose attributes are arguments of ``real_time_scheduling.create``.

    Raises:
        ValueError: The panel is empty, a person is on it twice, or more people are required than are on it.

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
        raise ValueError("interviewers: must not be empty")
    duplicates = [sub for sub, count in Counter(person.sub for person in people).items() if count > 1]
    if duplicates:
        raise ValueError(f"interviewers: {duplicates[0]} is on the panel twice")
    if required != "all" and not 1 <= required <= len(people):
        raise ValueError(f"required: must be from 1 to {len(people)}, or 'all', got {required!r}")
    if shuffle:
        shuffler(people)
    members = [Member(person.sub, calendar_ids=person.calendar_ids or UNSET) for person in people]
    return Panel(ParticipantGroup(members, required=required), tuple(map(_target, people)))


def _target(person: Interviewer) -> TargetCalendar:
    attendee: Invitee | Unset = UNSET
    if person.email is not None:
        attendee = Invitee(person.email, display_name=person.display_name or UNSET)
    event = UNSET if person.conferencing is None else TargetEvent(conferencing=person.conferencing)
    return TargetCalendar(sub=person.sub, calendar_id=person.calendar_id, attendee=attendee, event=event)


def remember(link: CreatedLink, request: Json) -> CreatedLink:
    """Return a new link with the attributes that come from the request that created it.

    Args:
        link: The link from the response.
        request: The body of the request, as plain JSON values. Attributes that it does not contain in a documented form
            stay ``None``.
    """
    event: object = request.get("event")
    event_id: object = event.get("event_id") if is_object(event) else None
    return attrs.evolve(
        link,
        event_id=event_id if isinstance(event_id, str) else None,
        expires_at=_expiry(request.get("availability")),
        ref=next(filter(None, map(ref_of, _callback_urls(request))), None),
    )


def _callback_urls(request: Json) -> Iterator[str]:
    urls: object = request.get("callback_urls")
    yield from (url for url in (urls.values() if is_object(urls) else ()) if isinstance(url, str))
    url: object = request.get("callback_url")
    if isinstance(url, str):
        yield url


def _expiry(availability: object) -> datetime | None:
    """Return the end of the last period or slot; ``None`` if no end can be read."""
    if not is_object(availability):
        return None
    periods = [item for name in ("query_periods", "available_periods") for item in _objects(availability.get(name))]
    ends = [_moment(period.get("end")) for period in periods]
    duration: object = availability.get("required_duration")
    length = duration if is_object(duration) else {}
    ends += [_moment(slot.get("start"), length) for slot in _objects(availability.get("query_slots"))]
    return max(filter(None, ends), default=None)


def _moment(time: object, after: Json | None = None) -> datetime | None:
    try:
        return read_time(str(time)) + timedelta(**(after or {}))
    except (TypeError, ValueError, OverflowError):
        return None


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if is_object(item)] if is_array(value) else []
