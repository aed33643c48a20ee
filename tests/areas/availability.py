"""Examples of availability."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from cronofy_async.models import (
    AvailabilityConstraint,
    AvailabilityQuery,
    Buffer,
    BufferLength,
    ExcludedEvent,
    Member,
    ParticipantGroup,
    QuerySlot,
    Tag,
)
from cronofy_async.times import Duration, Period

from .example import END, START, ModelExample

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
]
