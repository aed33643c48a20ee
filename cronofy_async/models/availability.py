"""Availability queries: the participants, the duration, and the periods to search.

Docs: https://docs.cronofy.com/developers/api/scheduling/availability/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

import attrs

from .._json import Json, is_array, is_object
from .._unset import UNSET, Unset
from ..times import AnyDuration, Duration, Period, as_duration, as_periods, as_required_duration, as_tzid
from .base import RequestModel, ResponseModel

__all__ = [
    "AvailabilityConstraint",
    "AvailabilityParticipant",
    "AvailabilityPeriod",
    "AvailabilityPeriods",
    "AvailabilityQuery",
    "AvailabilitySequence",
    "AvailabilitySequences",
    "AvailabilitySlot",
    "AvailabilitySlots",
    "Buffer",
    "BufferLength",
    "ExcludedEvent",
    "Member",
    "MemberStatus",
    "ParticipantGroup",
    "QuerySlot",
    "SequenceStep",
    "SequencedSlot",
    "Tag",
]


@attrs.frozen
class Tag(RequestModel):
    """A tag of an event."""

    value: str


@attrs.frozen(kw_only=True)
class BufferLength(RequestModel):
    """The limits of a buffer. A plain duration is short for ``minimum``."""

    minimum: Duration | Json | Unset = attrs.field(default=UNSET, converter=as_duration)
    maximum: Duration | Json | Unset = attrs.field(default=UNSET, converter=as_duration)


AnyBufferLength: TypeAlias = BufferLength | AnyDuration


def _as_buffer_length(value: AnyBufferLength | Unset) -> BufferLength | Duration | Json | Unset:
    return value if isinstance(value, BufferLength) else as_duration(value)


@attrs.frozen(kw_only=True)
class Buffer(RequestModel):
    """The free time needed before and after a slot.

    Docs: https://docs.cronofy.com/developers/api/scheduling/availability/buffers/
    """

    before: BufferLength | Duration | Json | Unset = attrs.field(default=UNSET, converter=_as_buffer_length)
    after: BufferLength | Duration | Json | Unset = attrs.field(default=UNSET, converter=_as_buffer_length)


@attrs.frozen(kw_only=True)
class AvailabilityConstraint(RequestModel):
    """A limit on the number of a member's events in a day or a week.

    Args:
        limit: The maximum number of events.
        period: ``day`` or ``week``.
        tags: The tags of the events that count, by context. By default all events of the application count.
        tzid: The time zone in which days and weeks begin.
    """

    limit: int
    period: Literal["day", "week"] | str
    tags: Mapping[str, Sequence[Tag | Json]] | Unset = UNSET
    tzid: str | Unset = attrs.field(default=UNSET, converter=as_tzid)


@attrs.frozen
class Member(RequestModel):
    """A person or resource of a group.

    Args:
        sub: The account (``acc_...``) or resource (``res_...``).
        calendar_ids: The calendars that are checked for busy times. By default, all calendars of the account or, with
            ``managed_availability``, those of its rules. If it is empty, no event counts.
        available_periods: When the member can be booked, such as working hours. ``(start, end)`` pairs are allowed.
        managed_availability: Whether stored availability rules and available periods apply.
        availability_rule_ids: The rules that apply, with ``managed_availability``.
        buffer: The free time that this member needs around the slot.
        availability_constraints: Limits on the number of this member's events.
        only_managed_events: Whether only events that the application manages count as busy.
        ignore_tentative: Whether tentative events count as free.
    """

    sub: str
    calendar_ids: Sequence[str] | Unset = attrs.field(default=UNSET, kw_only=True)
    available_periods: Sequence[Period | Json] | Unset = attrs.field(default=UNSET, kw_only=True, converter=as_periods)
    managed_availability: bool | Unset = attrs.field(default=UNSET, kw_only=True)
    availability_rule_ids: Sequence[str] | Unset = attrs.field(default=UNSET, kw_only=True)
    buffer: Buffer | Json | Unset = attrs.field(default=UNSET, kw_only=True)
    availability_constraints: Sequence[AvailabilityConstraint | Json] | Unset = attrs.field(default=UNSET, kw_only=True)
    only_managed_events: bool | Unset = attrs.field(default=UNSET, kw_only=True)
    ignore_tentative: bool | Unset = attrs.field(default=UNSET, kw_only=True)


@attrs.frozen
class ParticipantGroup(RequestModel):
    """A group of people and resources.

    Args:
        members: The members. If only some of them are required, Cronofy prefers those that come first.
        required: The number of members who must be free, or ``"all"``.
    """

    members: Sequence[Member | Json]
    required: Literal["all"] | int = attrs.field(default="all", kw_only=True)


@attrs.frozen
class QuerySlot(RequestModel):
    """A start time to check. The slot lasts ``required_duration``."""

    start: datetime


@attrs.frozen(kw_only=True)
class ExcludedEvent(RequestModel):
    """An event that does not count as busy, for example one that is being rescheduled."""

    event_id: str | Unset = UNSET
    event_uid: str | Unset = UNSET


@attrs.frozen(kw_only=True)
class AvailabilityQuery(RequestModel):
    """The conditions that a time must meet.

    Args:
        participants: The groups that must be free.
        required_duration: The length of the event, in whole minutes. A timedelta is allowed.
        query_periods: When to look: 1 to 50 periods within 35 days, in the future. ``(start, end)`` pairs are allowed.
        available_periods: An older name of ``query_periods``, which Cronofy still accepts.
        query_slots: The start times to check, instead of periods.
        start_interval: The interval at which slots may start: 5, 10, 15, 20, 30 or 60 minutes, or a multiple of these. A
            timedelta is allowed.
        buffer: The free time needed around the slot.
        max_results: The maximum number of results.
        response_format: ``periods``, ``slots`` or ``overlapping_slots``. The default of links is ``slots``.
        include_member_statuses: Whether to report the synchronization status of each account.
        excluded_events: Events that do not count as busy.

    Docs: https://docs.cronofy.com/developers/api/scheduling/availability/
    """

    participants: Sequence[ParticipantGroup | Json]
    required_duration: Duration | Json = attrs.field(converter=as_required_duration)
    query_periods: Sequence[Period | Json] | Unset = attrs.field(default=UNSET, converter=as_periods)
    available_periods: Sequence[Period | Json] | Unset = attrs.field(default=UNSET, converter=as_periods)
    query_slots: Sequence[QuerySlot | Json] | Unset = UNSET
    start_interval: Duration | Json | Unset = attrs.field(default=UNSET, converter=as_duration)
    buffer: Buffer | Json | Unset = UNSET
    max_results: int | Unset = UNSET
    response_format: Literal["periods", "slots", "overlapping_slots"] | str | Unset = UNSET
    include_member_statuses: bool | Unset = UNSET
    excluded_events: Sequence[ExcludedEvent | Json] | Unset = UNSET


@attrs.frozen(kw_only=True)
class SequenceStep(RequestModel):
    """An event of a sequence: its participants and duration.

    Args:
        sequence_id: Your ID of the step, unique in the query.
        ordinal: The place of the step in the sequence, from 1.
        participants: The groups that must be free.
        required_duration: The length of the event, in whole minutes. A timedelta is allowed.
        start_interval: The interval at which the step may start: 5, 10, 15, 20, 30 or 60 minutes, or a multiple of these.
            A timedelta is allowed.
        buffer: The gap before and after the step, with ``minimum`` and ``maximum``.
        query_periods: When to look for this step. By default, the periods of the query. ``(start, end)`` pairs are
            allowed.
        available_periods: An older name of ``query_periods``, which Cronofy still accepts.

    Docs: https://docs.cronofy.com/developers/api/scheduling/sequenced-availability/
    """

    sequence_id: str
    ordinal: int | Unset = UNSET
    participants: Sequence[ParticipantGroup | Json]
    required_duration: Duration | Json = attrs.field(converter=as_required_duration)
    start_interval: Duration | Json | Unset = attrs.field(default=UNSET, converter=as_duration)
    buffer: Buffer | Json | Unset = UNSET
    query_periods: Sequence[Period | Json] | Unset = attrs.field(default=UNSET, converter=as_periods)
    available_periods: Sequence[Period | Json] | Unset = attrs.field(default=UNSET, converter=as_periods)


# Responses.


@attrs.frozen(kw_only=True)
class AvailabilityParticipant(ResponseModel):
    """A person or resource that is free."""

    sub: str


@attrs.frozen(kw_only=True)
class AvailabilityPeriod(ResponseModel):
    """A period in which enough members are free.

    Attributes:
        participants: The members that are free, in the order of the query. If a group requires only some of its members,
            there can be more of them than required.
    """

    start: datetime
    end: datetime
    participants: tuple[AvailabilityParticipant, ...] = ()

    @property
    def subs(self) -> tuple[str, ...]:
        """The IDs of the participants."""
        return tuple(participant.sub for participant in self.participants)


@attrs.frozen(kw_only=True)
class AvailabilitySlot(AvailabilityPeriod):
    """A time of the required duration at which enough members are free."""


@attrs.frozen(kw_only=True)
class MemberStatus(ResponseModel):
    """The synchronization status of an account.

    Attributes:
        sync_status: ``active``, ``pending`` while the first synchronization runs, or ``disconnected``.
    """

    sub: str
    sync_status: Literal["active", "pending", "disconnected"] | str


@attrs.frozen(kw_only=True)
class AvailabilityResult(ResponseModel):
    """The response to an availability query.

    Attributes:
        member_statuses: The status of each account; empty unless ``include_member_statuses`` was set.
    """

    member_statuses: tuple[MemberStatus, ...] = ()


@attrs.frozen(kw_only=True)
class AvailabilityPeriods(AvailabilityResult):
    """The response to a query for periods."""

    available_periods: tuple[AvailabilityPeriod, ...]


@attrs.frozen(kw_only=True)
class AvailabilitySlots(AvailabilityResult):
    """The response to a query for slots."""

    available_slots: tuple[AvailabilitySlot, ...]


@attrs.frozen(kw_only=True)
class SequencedSlot(AvailabilitySlot):
    """The time of one step of a sequence."""

    sequence_id: str


@attrs.frozen(kw_only=True)
class AvailabilitySequence(ResponseModel):
    """Times for all steps of a sequenced query. ``sequence`` has one for each step."""

    sequence: tuple[SequencedSlot, ...]


@attrs.frozen(kw_only=True)
class AvailabilitySequences(ResponseModel):
    """The response to a sequenced query: alternatives, of which one can be chosen."""

    sequences: tuple[AvailabilitySequence, ...]


# Checks.


def check_availability_query(query: Json, *, within: str = "") -> None:
    """Check an availability query against the rules that the docs state clearly.

    Args:
        query: The query, as plain JSON values.
        within: The path of the query in the request, for the message.

    Raises:
        ValueError: A rule is broken. The message names the member.
    """
    if not any(query.get(name) for name in ("query_periods", "available_periods", "query_slots")):
        raise ValueError(f"{within}query_periods: must not be empty. Pass query_periods or query_slots.")
    check_requirements(query, within=within)


def check_requirements(step: Json, *, within: str = "") -> None:
    """Check the participants and the duration; see ``check_availability_query``."""
    duration: object = step["required_duration"]
    if not is_object(duration):
        raise ValueError(f"{within}required_duration: expected a duration, got {duration!r}. Pass a timedelta.")
    check_periods(step, within=within)
    check_required_duration(step, within=within)
    groups: object = step["participants"]
    if not groups:
        raise ValueError(f"{within}participants: must not be empty. Pass at least one group.")
    for index, group in enumerate(groups if is_array(groups) else ()):
        path = f"{within}participants[{index}]"
        if not is_object(group) or "members" not in group:
            raise ValueError(f"{path}: expected a group, got {_name(group)}. Pass ParticipantGroup([Member(…)]).")
        members: object = group["members"]
        if is_array(members) and not members:
            raise ValueError(f"{path}.members: must not be empty. Pass at least one member.")
        for number, member in enumerate(members if is_array(members) else ()):
            if not is_object(member):
                raise ValueError(f"{path}.members[{number}]: expected a member, got {member!r}. Pass Member(…).")
    check_start_interval(step, within=within)


def check_periods(query: Json, *, within: str = "") -> None:
    """Check that the periods of a query are periods; see ``check_availability_query``."""
    for name in ("query_periods", "available_periods"):
        periods: object = query.get(name)
        for index, period in enumerate(periods if is_array(periods) else ()):
            if not is_object(period):
                path = f"{within}{name}[{index}]"
                raise ValueError(f"{path}: expected a period, got {period!r}. Pass a list of (start, end) pairs.")


def check_required_duration(step: Json, *, within: str = "") -> None:
    """Check that a ``required_duration`` is not zero; see ``check_availability_query``."""
    duration: object = step["required_duration"]
    if is_object(duration) and not any(duration.values()):
        raise ValueError(f"{within}required_duration: must be greater than zero")


def _name(group: object) -> str:
    return "a member" if is_object(group) and "sub" in group else repr(group)


def check_sequenced_query(query: Json) -> None:
    """Check a sequenced availability query; see ``check_availability_query``."""
    for name in ("query_periods", "sequence"):
        if not query.get(name):
            raise ValueError(f"{name}: must not be empty")
    check_periods(query)
    seen: set[object] = set()
    steps = query["sequence"]
    for index, step in enumerate(steps if is_array(steps) else ()):
        if not is_object(step):
            continue
        within = f"sequence[{index}]."
        check_requirements(step, within=within)
        sequence_id = step.get("sequence_id")
        if sequence_id in seen:
            raise ValueError(f"{within}sequence_id: must be unique in the query, got {sequence_id!r} again")
        seen.add(sequence_id)


def check_start_interval(query: Json, *, within: str = "") -> None:
    """Check the ``start_interval`` of an availability query.

    The docs allow an "increment of one of" 5, 10, 15, 20, 30 or 60 minutes, so only an interval that is not
    a multiple of 5 minutes is certainly wrong.

    Args:
        query: The query, as plain JSON values.
        within: The path of the query in the request, for the message.

    Raises:
        ValueError: The interval is not allowed.
    """
    interval: object = query.get("start_interval")
    if not is_object(interval) or not all(isinstance(part, int) for part in interval.values()):
        return
    minutes = interval.get("hours", 0) * 60 + interval.get("minutes", 0)
    if minutes <= 0 or minutes % 5:
        raise ValueError(
            f"{within}start_interval: must be 5, 10, 15, 20, 30 or 60 minutes, or a multiple of these, got {minutes} minutes"
        )
