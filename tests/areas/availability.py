"""Examples of availability."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from cronofy_async import CronofyClient
from cronofy_async.models import (
    AvailabilityConstraint,
    AvailabilityParticipant,
    AvailabilityPeriod,
    AvailabilityPeriods,
    AvailabilityQuery,
    AvailabilitySequence,
    AvailabilitySequences,
    AvailabilitySlot,
    AvailabilitySlots,
    Buffer,
    BufferLength,
    ExcludedEvent,
    Member,
    MemberStatus,
    ParticipantGroup,
    QuerySlot,
    SequencedSlot,
    SequenceStep,
    Tag,
)
from cronofy_async.times import Duration, Period

from .example import END, EXTRA, START, Example, ModelExample, answering

ADA, BOB = "acc_5ba21743f408617d1269ea1e", "acc_64b17d868090ea21640c914c"
ROOMS = ("res_5ba21743f408617d12693521", "res_5ba21743f4000563a26934ea", "res_64b17d868090ea21640ad6e0")


def at(day: int, hour: int) -> datetime:
    return datetime(2031, 1, day, hour, tzinfo=UTC)


def participants(*subs: str) -> tuple[AvailabilityParticipant, ...]:
    return tuple(AvailabilityParticipant(sub=sub) for sub in subs)


def participants_json(*subs: str) -> list[dict[str, str]]:
    return [{"sub": sub} for sub in subs]


EXAMPLES = [
    Example(
        endpoint="availability.query",
        title="two people and one of three rooms",
        call=lambda client: client.availability.query(
            participants=[
                ParticipantGroup([Member(ADA, managed_availability=True), Member(BOB, managed_availability=True)]),
                ParticipantGroup([Member(room) for room in ROOMS], required=1),
            ],
            required_duration=timedelta(minutes=60),
            query_periods=[(at(21, 9), at(21, 18)), Period(at(22, 9), at(22, 18))],
            buffer=Buffer(before=timedelta(minutes=30), after=timedelta(minutes=15)),
            response_format="slots",
        ),
        request="POST /v1/availability",
        json={
            "participants": [
                {
                    "members": [
                        {"sub": ADA, "managed_availability": True},
                        {"sub": BOB, "managed_availability": True},
                    ],
                    "required": "all",
                },
                {"members": [{"sub": room} for room in ROOMS], "required": 1},
            ],
            "required_duration": {"minutes": 60},
            "query_periods": [
                {"start": "2031-01-21T09:00:00Z", "end": "2031-01-21T18:00:00Z"},
                {"start": "2031-01-22T09:00:00Z", "end": "2031-01-22T18:00:00Z"},
            ],
            "buffer": {"before": {"minutes": 30}, "after": {"minutes": 15}},
            "response_format": "slots",
        },
        response={
            "available_slots": [
                {
                    "start": "2031-01-21T09:00:00Z",
                    "end": "2031-01-21T10:00:00Z",
                    "participants": participants_json(ADA, BOB, ROOMS[0], ROOMS[1]),
                },
                {
                    "start": "2031-01-22T10:00:00Z",
                    "end": "2031-01-22T11:00:00Z",
                    "participants": participants_json(ADA, BOB, ROOMS[2]),
                },
            ]
        },
        result=AvailabilitySlots(
            available_slots=(
                AvailabilitySlot(
                    start=at(21, 9), end=at(21, 10), participants=participants(ADA, BOB, ROOMS[0], ROOMS[1])
                ),
                AvailabilitySlot(start=at(22, 10), end=at(22, 11), participants=participants(ADA, BOB, ROOMS[2])),
            )
        ),
    ),
    Example(
        endpoint="availability.query",
        title="periods, with an access token",
        call=lambda client: client.account(access_token="token").availability.query(
            participants=[{"members": [{"sub": ADA}], "required": "all"}],
            required_duration={"hours": 1},
            query_slots=[QuerySlot(START)],
            start_interval=timedelta(minutes=15),
            max_results=5,
            response_format="periods",
            include_member_statuses=True,
            excluded_events=[ExcludedEvent(event_id="moved")],
        ),
        request="POST /v1/availability",
        json={
            "participants": [{"members": [{"sub": ADA}], "required": "all"}],
            "required_duration": {"hours": 1},
            "query_slots": [{"start": "2030-02-01T09:30:00Z"}],
            "start_interval": {"minutes": 15},
            "max_results": 5,
            "response_format": "periods",
            "include_member_statuses": True,
            "excluded_events": [{"event_id": "moved"}],
        },
        response={
            "available_periods": [],
            "member_statuses": [
                {"sub": ADA, "sync_status": "active"},
                {"sub": BOB, "sync_status": "pending"},
                {"sub": "acc_126865445645615", "sync_status": "disconnected"},
            ],
        },
        result=AvailabilityPeriods(
            available_periods=(),
            member_statuses=(
                MemberStatus(sub=ADA, sync_status="active"),
                MemberStatus(sub=BOB, sync_status="pending"),
                MemberStatus(sub="acc_126865445645615", sync_status="disconnected"),
            ),
        ),
    ),
    Example(
        endpoint="availability.query_sequence",
        call=lambda client: client.availability.query_sequence(
            query_periods=[(at(22, 9), at(22, 18))],
            sequence=[
                SequenceStep(
                    sequence_id="123",
                    ordinal=1,
                    participants=[ParticipantGroup([Member(ADA), Member(BOB)])],
                    required_duration=timedelta(minutes=60),
                    buffer=Buffer(
                        after=BufferLength(minimum=timedelta(minutes=0), maximum=timedelta(minutes=60)),
                    ),
                ),
                SequenceStep(
                    sequence_id="456",
                    ordinal=2,
                    participants=[ParticipantGroup([Member(ADA)])],
                    required_duration=timedelta(minutes=60),
                ),
            ],
        ),
        request="POST /v1/sequenced_availability",
        json={
            "query_periods": [{"start": "2031-01-22T09:00:00Z", "end": "2031-01-22T18:00:00Z"}],
            "sequence": [
                {
                    "sequence_id": "123",
                    "ordinal": 1,
                    "participants": [{"members": [{"sub": ADA}, {"sub": BOB}], "required": "all"}],
                    "required_duration": {"minutes": 60},
                    "buffer": {"after": {"minimum": {"minutes": 0}, "maximum": {"minutes": 60}}},
                },
                {
                    "sequence_id": "456",
                    "ordinal": 2,
                    "participants": [{"members": [{"sub": ADA}], "required": "all"}],
                    "required_duration": {"minutes": 60},
                },
            ],
        },
        response={
            "sequences": [
                {
                    "sequence": [
                        {
                            "sequence_id": "123",
                            "start": "2031-01-22T09:00:00Z",
                            "end": "2031-01-22T10:00:00Z",
                            "participants": participants_json(ADA, BOB),
                        },
                        {
                            "sequence_id": "456",
                            "start": "2031-01-22T10:00:00Z",
                            "end": "2031-01-22T11:00:00Z",
                            "participants": participants_json(ADA),
                        },
                    ]
                }
            ]
        },
        result=AvailabilitySequences(
            sequences=(
                AvailabilitySequence(
                    sequence=(
                        SequencedSlot(
                            sequence_id="123", start=at(22, 9), end=at(22, 10), participants=participants(ADA, BOB)
                        ),
                        SequencedSlot(
                            sequence_id="456", start=at(22, 10), end=at(22, 11), participants=participants(ADA)
                        ),
                    )
                ),
            )
        ),
    ),
]

TIME_JSON: dict[str, Any] = {
    "start": "2030-02-01T09:30:00Z",
    "end": "2030-02-01T10:30:00Z",
    "participants": [{"sub": "a", **EXTRA}],
    **EXTRA,
}
FREE = (AvailabilityParticipant(sub="a", extra=EXTRA),)
SLOT = AvailabilitySlot(start=START, end=END, participants=FREE, extra=EXTRA)
SEQUENCED = SequencedSlot(sequence_id="s", start=START, end=END, participants=FREE, extra=EXTRA)

MODELS: list[ModelExample] = [
    (Tag("a"), {"value": "a"}),
    (
        BufferLength(minimum=timedelta(minutes=5), maximum=Duration(hours=1)),
        {"minimum": {"minutes": 5}, "maximum": {"hours": 1}},
    ),
    (
        Buffer(before=timedelta(minutes=5), after=BufferLength(minimum=Duration(minutes=1))),
        {"before": {"minutes": 5}, "after": {"minimum": {"minutes": 1}}},
    ),
    (
        AvailabilityConstraint(limit=2, period="day", tags={"": (Tag("a"),)}, tzid=ZoneInfo("Etc/UTC")),
        {"limit": 2, "period": "day", "tags": {"": [{"value": "a"}]}, "tzid": "Etc/UTC"},
    ),
    (
        Member(
            "acc_1",
            calendar_ids=("cal_1",),
            available_periods=[(START, END)],
            managed_availability=True,
            availability_rule_ids=("r",),
            buffer=Buffer(before=timedelta(minutes=5)),
            availability_constraints=(AvailabilityConstraint(limit=1, period="week"),),
            only_managed_events=False,
            ignore_tentative=True,
        ),
        {
            "sub": "acc_1",
            "calendar_ids": ["cal_1"],
            "available_periods": [{"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}],
            "managed_availability": True,
            "availability_rule_ids": ["r"],
            "buffer": {"before": {"minutes": 5}},
            "availability_constraints": [{"limit": 1, "period": "week"}],
            "only_managed_events": False,
            "ignore_tentative": True,
        },
    ),
    (ParticipantGroup((Member("a"),), required=1), {"members": [{"sub": "a"}], "required": 1}),
    (QuerySlot(START), {"start": "2030-02-01T09:30:00Z"}),
    (ExcludedEvent(event_id="a", event_uid="b"), {"event_id": "a", "event_uid": "b"}),
    (
        AvailabilityQuery(
            participants=(ParticipantGroup((Member("a"),)),),
            required_duration=timedelta(minutes=30),
            query_periods=[(START, END), Period(START, END)],
            available_periods=[Period(START, END)],
            query_slots=(QuerySlot(START),),
            start_interval=timedelta(minutes=15),
            buffer=Buffer(after=Duration(minutes=1)),
            max_results=3,
            response_format="slots",
            include_member_statuses=True,
            excluded_events=(ExcludedEvent(event_id="a"),),
        ),
        {
            "participants": [{"members": [{"sub": "a"}], "required": "all"}],
            "required_duration": {"minutes": 30},
            "query_periods": [{"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}] * 2,
            "available_periods": [{"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}],
            "query_slots": [{"start": "2030-02-01T09:30:00Z"}],
            "start_interval": {"minutes": 15},
            "buffer": {"after": {"minutes": 1}},
            "max_results": 3,
            "response_format": "slots",
            "include_member_statuses": True,
            "excluded_events": [{"event_id": "a"}],
        },
    ),
    (
        SequenceStep(
            sequence_id="s",
            ordinal=1,
            participants=(ParticipantGroup((Member("a"),)),),
            required_duration=timedelta(minutes=30),
            start_interval=timedelta(minutes=15),
            buffer=Buffer(after=timedelta(minutes=1)),
            query_periods=[(START, END)],
            available_periods=[(START, END)],
        ),
        {
            "sequence_id": "s",
            "ordinal": 1,
            "participants": [{"members": [{"sub": "a"}], "required": "all"}],
            "required_duration": {"minutes": 30},
            "start_interval": {"minutes": 15},
            "buffer": {"after": {"minutes": 1}},
            "query_periods": [{"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}],
            "available_periods": [{"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}],
        },
    ),
    (AvailabilityParticipant(sub="a"), {"sub": "a"}),
    (AvailabilityPeriod(start=START, end=END, participants=FREE, extra=EXTRA), TIME_JSON),
    (SLOT, TIME_JSON),
    (SEQUENCED, {"sequence_id": "s", **TIME_JSON}),
    (MemberStatus(sub="a", sync_status="new"), {"sub": "a", "sync_status": "new"}),
    (
        AvailabilityPeriods(
            available_periods=(AvailabilityPeriod(start=START, end=END, participants=FREE, extra=EXTRA),),
            member_statuses=(MemberStatus(sub="a", sync_status="active"),),
        ),
        {"available_periods": [TIME_JSON], "member_statuses": [{"sub": "a", "sync_status": "active"}]},
    ),
    (
        AvailabilitySlots(available_slots=(SLOT,), member_statuses=(MemberStatus(sub="a", sync_status="active"),)),
        {"available_slots": [TIME_JSON], "member_statuses": [{"sub": "a", "sync_status": "active"}]},
    ),
    (AvailabilitySequence(sequence=(SEQUENCED,)), {"sequence": [{"sequence_id": "s", **TIME_JSON}]}),
    (
        AvailabilitySequences(sequences=(AvailabilitySequence(sequence=(SEQUENCED,)),)),
        {"sequences": [{"sequence": [{"sequence_id": "s", **TIME_JSON}]}]},
    ),
]


def test_subs_lists_the_free_participants() -> None:
    assert AvailabilitySlot(start=START, end=END, participants=participants(ADA, BOB)).subs == (ADA, BOB)


GROUP = ParticipantGroup([Member("a")])
WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "query_periods: must not be empty. Pass query_periods or query_slots."),
    ({"query_periods": []}, "query_periods: must not be empty"),
    (
        {"query_periods": (START, END)},
        r"query_periods\[0\]: expected a period, got '2030.*Pass a list of \(start, end\)",
    ),
    ({"query_periods": [(START, END)], "participants": []}, "participants: must not be empty"),
    (
        {"query_periods": [(START, END)], "participants": [GROUP, ParticipantGroup([])]},
        r"participants\[1\].members: must not be empty",
    ),
    ({"query_periods": [(START, END)], "required_duration": timedelta()}, "required_duration: must be greater than"),
    ({"query_periods": [(START, END)], "start_interval": timedelta(minutes=7)}, "start_interval: must be 5, 10"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_an_invalid_query_is_not_sent(changes: dict[str, Any], message: str) -> None:
    client, _ = answering({})
    arguments: Any = {"participants": [GROUP], "required_duration": timedelta(minutes=30)} | changes

    with pytest.raises(ValueError, match=message):
        _ = client.availability.query(**arguments, response_format="slots")
    client.with_options(validate=False).availability.query(**arguments, response_format="slots").close()


def step(sequence_id: str = "a", **changes: Any) -> dict[str, Any]:
    return {"sequence_id": sequence_id, "participants": [GROUP], "required_duration": {"minutes": 30}} | changes


@pytest.mark.parametrize(
    ("sequence", "message"),
    [
        ([], "sequence: must not be empty"),
        ([step(), step()], r"sequence\[1\].sequence_id: must be unique in the query, got 'a' again"),
        ([step(), step("b", participants=[])], r"sequence\[1\].participants: must not be empty"),
        ([step(required_duration=timedelta())], r"sequence\[0\].required_duration: must be greater than zero"),
        ([step(start_interval={"minutes": 1})], r"sequence\[0\].start_interval: must be 5, 10"),
    ],
)
def test_an_invalid_sequence_is_not_sent(sequence: Any, message: str) -> None:
    client: CronofyClient = answering({})[0]

    with pytest.raises(ValueError, match=message):
        _ = client.availability.query_sequence(query_periods=[(START, END)], sequence=sequence)
    with pytest.raises(ValueError, match="query_periods: must not be empty"):
        _ = client.availability.query_sequence(query_periods=[], sequence=[step()])
    with pytest.raises(ValueError, match=r"query_periods\[1\]: expected a period"):
        _ = client.availability.query_sequence(query_periods=[(START, END), cast("Any", END)], sequence=[step()])


def test_a_step_that_is_not_an_object_is_not_checked() -> None:
    steps: Any = ["a"]

    answering({})[0].availability.query_sequence(query_periods=[(START, END)], sequence=steps).close()
