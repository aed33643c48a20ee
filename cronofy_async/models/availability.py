"""Availability queries: who must be free, for how long, and when.

Docs: https://docs.cronofy.com/developers/api/scheduling/availability/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

import attrs

from .._json import Json
from .._unset import UNSET, Unset
from ..times import AnyDuration, Duration, Period, as_duration, as_periods, as_required_duration, as_tzid
from .base import RequestModel

__all__ = [
    "AvailabilityConstraint",
    "AvailabilityQuery",
    "Buffer",
    "BufferLength",
    "ExcludedEvent",
    "Member",
    "ParticipantGroup",
    "QuerySlot",
    "Tag",
]


@attrs.frozen
class Tag(RequestModel):
    """A tag of an event."""

    value: str


@attrs.frozen(kw_only=True)
class BufferLength(RequestModel):
    """How long a buffer is, in the long form."""

    minimum: Duration | Json | Unset = attrs.field(default=UNSET, converter=as_duration)
    maximum: Duration | Json | Unset = attrs.field(default=UNSET, converter=as_duration)


AnyBufferLength: TypeAlias = BufferLength | AnyDuration


def _as_buffer_length(value: AnyBufferLength | Unset) -> BufferLength | Duration | Json | Unset:
    return value if isinstance(value, BufferLength) else as_duration(value)


@attrs.frozen(kw_only=True)
class Buffer(RequestModel):
    """Free time that is needed before and after a slot.

    Docs: https://docs.cronofy.com/developers/api/scheduling/availability/buffers/
    """

    before: BufferLength | Duration | Json | Unset = attrs.field(default=UNSET, converter=_as_buffer_length)
    after: BufferLength | Duration | Json | Unset = attrs.field(default=UNSET, converter=_as_buffer_length)


@attrs.frozen(kw_only=True)
class AvailabilityConstraint(RequestModel):
    """A cap on somebody's events in a day or a week.

    Args:
        limit: how many events at most.
        period: ``day`` or ``week``.
        tags: count only events with these tags, by context; without, all events of the application count.
        tzid: the zone in which days and weeks begin.
    """

    limit: int
    period: Literal["day", "week"] | str
    tags: Mapping[str, Sequence[Tag | Json]] | Unset = UNSET
    tzid: str | Unset = attrs.field(default=UNSET, converter=as_tzid)


@attrs.frozen
class Member(RequestModel):
    """One person or resource of a group.

    Args:
        sub: the account (``acc_…``) or resource (``res_…``).
        calendar_ids: the calendars that count as busy; all of the account's without.
        available_periods: when the member may be booked at all, such as working hours; pairs do as well.
        managed_availability: whether stored availability rules and available periods apply.
        availability_rule_ids: which rules apply, with ``managed_availability``.
        buffer: free time this member needs around the slot.
        availability_constraints: caps on this member's events.
        only_managed_events: whether only events that the application manages count as busy.
        ignore_tentative: whether tentative events do not count as busy.
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
    """People and resources, and how many of them are needed.

    Args:
        members: the group; where only some are needed, their order is a soft preference.
        required: ``"all"`` or a number.
    """

    members: Sequence[Member | Json]
    required: Literal["all"] | int = attrs.field(default="all", kw_only=True)


@attrs.frozen
class QuerySlot(RequestModel):
    """An exact start to ask about; the slot is ``required_duration`` long."""

    start: datetime


@attrs.frozen(kw_only=True)
class ExcludedEvent(RequestModel):
    """An event that does not count as busy, for rescheduling."""

    event_id: str | Unset = UNSET
    event_uid: str | Unset = UNSET


@attrs.frozen(kw_only=True)
class AvailabilityQuery(RequestModel):
    """Which times suit.

    Args:
        participants: the groups that must be free.
        required_duration: how long; a timedelta does as well.
        query_periods: where to look: 1 to 50 periods within 35 days, in the future; ``(start, end)`` pairs do as well.
        available_periods: an older name of ``query_periods``, which Cronofy still takes.
        query_slots: exact starts to ask about, instead of periods.
        start_interval: how often a slot may start: 5, 10, 15, 20, 30 or 60 minutes.
        buffer: free time needed around the slot.
        max_results: how many results at most.
        response_format: ``periods``, ``slots`` or ``overlapping_slots``. Links offer ``slots`` unless told otherwise.
        include_member_statuses: whether to report how each account is synchronized.
        excluded_events: events that do not count as busy.

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
