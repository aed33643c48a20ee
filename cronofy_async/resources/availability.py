"""Availability: find the times at which people and resources are free.

Docs: https://docs.cronofy.com/developers/api/scheduling/availability/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal, overload

from .._json import Json
from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..models.availability import (
    AvailabilityPeriods,
    AvailabilityQuery,
    AvailabilityResult,
    AvailabilitySequences,
    AvailabilitySlots,
    Buffer,
    ExcludedEvent,
    ParticipantGroup,
    QuerySlot,
    SequenceStep,
    check_availability_query,
    check_sequenced_query,
)
from ..times import AnyDuration, AnyPeriod, as_periods
from .base import Resource, post

__all__ = ["Availability"]

QUERY: Final = post(
    "availability.query",
    "/v1/availability",
    AvailabilityPeriods,
    auth={"api_key", "account"},
    idempotent=True,
    check=check_availability_query,
)
#: For response formats with slots, whose response has another member.
QUERY_SLOTS: Final = post(
    QUERY.name,
    QUERY.path,
    AvailabilitySlots,
    auth=QUERY.auth,
    idempotent=True,
    check=check_availability_query,
)
QUERY_SEQUENCE: Final = post(
    "availability.query_sequence",
    "/v1/sequenced_availability",
    AvailabilitySequences,
    auth={"api_key", "account"},
    idempotent=True,
    check=check_sequenced_query,
    stability="beta",
)

#: The response formats whose response has slots.
SLOTS: Final = frozenset({"slots", "overlapping_slots"})


class Availability(Resource):
    """Find the times at which people and resources are free."""

    __slots__ = ()

    @overload
    def query(
        self,
        *,
        participants: Sequence[ParticipantGroup | Json],
        required_duration: AnyDuration,
        query_periods: Iterable[AnyPeriod] | Unset = UNSET,
        query_slots: Sequence[QuerySlot | Json] | Unset = UNSET,
        start_interval: AnyDuration | Unset = UNSET,
        buffer: Buffer | Json | Unset = UNSET,
        max_results: int | Unset = UNSET,
        response_format: Literal["periods"] | Unset = UNSET,
        include_member_statuses: bool | Unset = UNSET,
        excluded_events: Sequence[ExcludedEvent | Json] | Unset = UNSET,
    ) -> Call[AvailabilityPeriods]: ...

    @overload
    def query(
        self,
        *,
        participants: Sequence[ParticipantGroup | Json],
        required_duration: AnyDuration,
        query_periods: Iterable[AnyPeriod] | Unset = UNSET,
        query_slots: Sequence[QuerySlot | Json] | Unset = UNSET,
        start_interval: AnyDuration | Unset = UNSET,
        buffer: Buffer | Json | Unset = UNSET,
        max_results: int | Unset = UNSET,
        response_format: Literal["slots", "overlapping_slots"],
        include_member_statuses: bool | Unset = UNSET,
        excluded_events: Sequence[ExcludedEvent | Json] | Unset = UNSET,
    ) -> Call[AvailabilitySlots]: ...

    @returns_call
    def query(
        self,
        *,
        participants: Sequence[ParticipantGroup | Json],
        required_duration: AnyDuration,
        query_periods: Iterable[AnyPeriod] | Unset = UNSET,
        query_slots: Sequence[QuerySlot | Json] | Unset = UNSET,
        start_interval: AnyDuration | Unset = UNSET,
        buffer: Buffer | Json | Unset = UNSET,
        max_results: int | Unset = UNSET,
        response_format: Literal["periods", "slots", "overlapping_slots"] | Unset = UNSET,
        include_member_statuses: bool | Unset = UNSET,
        excluded_events: Sequence[ExcludedEvent | Json] | Unset = UNSET,
    ) -> Call[AvailabilityResult]:
        """Return the times at which enough members are free.

        It only reads, so it is retried like other reads. An account can also send it, with its access token.

        Args:
            participants: The groups that must be free.
            required_duration: The length of the event in whole minutes, for example a timedelta.
            query_periods: When to look: 1 to 50 periods within 35 days, for example ``(start, end)`` pairs.
            query_slots: The start times to check, instead of periods.
            start_interval: The interval at which slots may start: 5, 10, 15, 20, 30 or 60 minutes, or a multiple of these.
            buffer: The free time needed around the event. It is not part of the times that are returned.
            max_results: The maximum number of results.
            response_format: ``periods`` (the default) returns the free periods that are long enough, ``slots`` slots of
                ``required_duration`` that do not overlap, and ``overlapping_slots`` one at every ``start_interval``.
            include_member_statuses: Whether to return the synchronization status of each account.
            excluded_events: Events that do not count as busy, for example one that is being rescheduled.

        Returns:
            A call for ``AvailabilityPeriods`` or, with one of the formats for slots, ``AvailabilitySlots``.

        Raises:
            ValueError: There is neither a period nor a slot, no participant, or ``start_interval`` is not allowed.
            PaymentRequired: The application's plan does not include availability.
            ValidationFailed: Cronofy rejected a member.

        Example::

            availability = await client.availability.query(
                participants=[ParticipantGroup([Member("acc_1"), Member("acc_2")], required=1)],
                required_duration=timedelta(minutes=30),
                query_periods=[(start, end)],
                response_format="slots",
            )
            for slot in availability.available_slots:
                print(slot.start, slot.subs)

        Docs: https://docs.cronofy.com/developers/api/scheduling/availability/
        """
        return self._call(QUERY_SLOTS if response_format in SLOTS else QUERY, body=_query(locals()))

    @returns_call
    def query_sequence(
        self, *, query_periods: Iterable[AnyPeriod], sequence: Sequence[SequenceStep | Json]
    ) -> Call[AvailabilitySequences]:
        """Return times for several consecutive events, such as the interviews of one candidate (beta).

        Args:
            query_periods: When to look, for example ``(start, end)`` pairs.
            sequence: The steps. The buffers of a step limit the gaps to the steps before and after it.

        Raises:
            ValueError: There is no period or step, a step has no participants, an ID occurs twice, or a
                ``start_interval`` is not allowed.
            PaymentRequired: The application's plan does not include sequenced availability.
            ValidationFailed: Cronofy rejected a member.

        Example::

            availability = await client.availability.query_sequence(
                query_periods=[(start, end)],
                sequence=[
                    SequenceStep(
                        sequence_id="screening",
                        ordinal=1,
                        participants=[ParticipantGroup([Member("acc_1")])],
                        required_duration=timedelta(minutes=30),
                        buffer=Buffer(after=BufferLength(maximum=timedelta(minutes=15))),
                    ),
                    SequenceStep(
                        sequence_id="interview",
                        ordinal=2,
                        participants=[ParticipantGroup([Member("acc_2")])],
                        required_duration=timedelta(hours=1),
                    ),
                ],
            )

        Docs: https://docs.cronofy.com/developers/api/scheduling/sequenced-availability/
        """
        return self._call(QUERY_SEQUENCE, {"query_periods": as_periods(query_periods), "sequence": sequence})


def _query(arguments: Mapping[str, Any]) -> AvailabilityQuery:
    return AvailabilityQuery(**{name: value for name, value in arguments.items() if name != "self"})
