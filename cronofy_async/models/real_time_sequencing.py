"""Real-Time Sequencing: links on which people pick the times of a sequence of events (beta).

Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-sequencing/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from .._json import Json, is_array, is_object
from .._unset import UNSET, Unset
from ..times import Duration, Period, as_duration, as_periods, as_required_duration
from .availability import Buffer, ParticipantGroup, check_required_duration, check_start_interval
from .base import RequestModel
from .event_parts import EventTemplate
from .real_time_scheduling import BookingPage, LinkEvent, LinkStatus

__all__ = ["CreatedSequencingLink", "SequencingAvailability", "SequencingLink", "SequencingStep"]


# Parts of requests.


@attrs.frozen(kw_only=True)
class SequencingStep(RequestModel):
    """One event of a sequence, and the conditions that its time must meet.

    Args:
        sequence_id: Your ID of the step.
        participants: The groups that must be free.
        required_duration: The length of the event, in whole minutes. A timedelta is allowed.
        event: The event of this step.
        ordinal: The place of the step in the sequence, from 1.
        start_interval: The interval at which the step may start, as in ``AvailabilityQuery``.
        buffer: The time between this step and its neighbors.
        query_periods: When to look for this step. ``(start, end)`` pairs are allowed.
        available_periods: An older name of ``query_periods``, which Cronofy still accepts.
    """

    sequence_id: str
    participants: Sequence[ParticipantGroup | Json]
    required_duration: Duration | Json = attrs.field(converter=as_required_duration)
    event: EventTemplate | Json
    ordinal: int | Unset = UNSET
    start_interval: Duration | Json | Unset = attrs.field(default=UNSET, converter=as_duration)
    buffer: Buffer | Json | Unset = UNSET
    query_periods: Sequence[Period | Json] | Unset = attrs.field(default=UNSET, converter=as_periods)
    available_periods: Sequence[Period | Json] | Unset = attrs.field(default=UNSET, converter=as_periods)


@attrs.frozen(kw_only=True)
class SequencingAvailability(RequestModel):
    """The steps of a sequence, and the periods to search.

    Args:
        sequence: The steps.
        query_periods: When to look. ``(start, end)`` pairs are allowed.
        available_periods: An older name of ``query_periods``, which Cronofy still accepts.

    Docs: https://docs.cronofy.com/developers/api/scheduling/sequenced-availability/
    """

    sequence: Sequence[SequencingStep | Json]
    query_periods: Sequence[Period | Json] | Unset = attrs.field(default=UNSET, converter=as_periods)
    available_periods: Sequence[Period | Json] | Unset = attrs.field(default=UNSET, converter=as_periods)


# Responses.


@attrs.frozen(kw_only=True)
class CreatedSequencingLink(BookingPage):
    """A new link.

    Attributes:
        real_time_sequencing_id: Cronofy's ID of the link.
        url: The booking page, to send to the user. Anyone who has it can book, so it is hidden in a ``repr``.
    """

    real_time_sequencing_id: str

    @property
    def id(self) -> str:
        """The same as ``real_time_sequencing_id``."""
        return self.real_time_sequencing_id


@attrs.frozen(kw_only=True)
class SequencingLink(CreatedSequencingLink):
    """The state of a link.

    Attributes:
        real_time_sequencing_id: Cronofy's ID of the link.
        url: The booking page, to send to the user. Anyone who has it can book, so it is hidden in a ``repr``.
        status: ``disabled``, or another status; those of other links are ``open``, ``completed`` and ``expired``.
        event: The overall event.
    """

    status: LinkStatus
    event: LinkEvent | None = None


# Documented rules.


def check_new_sequence(link: Json) -> None:
    """Check the request that creates a link against the rules that the docs state clearly.

    Args:
        link: The body of the request, as plain JSON values.

    Raises:
        ValueError: A rule is broken. The message starts with the member.
    """
    _require(link, "oauth.redirect_uri", "event", "availability.sequence")
    steps: Any = link["availability"]["sequence"]
    if not is_array(steps) or not steps:
        raise ValueError("availability.sequence: must be an array of at least one step")
    for index, step in enumerate(steps):
        within = f"availability.sequence[{index}]."
        _require(step, "sequence_id", "participants", "required_duration", within=within)
        check_required_duration(step, within=within)
        check_start_interval(step, within=within)


def _require(value: object, *paths: str, within: str = "") -> None:
    for path in paths:
        member = value
        for name in path.split("."):
            member = member.get(name) if is_object(member) else None
        if member is None:
            raise ValueError(f"{within}{path}: is required")
