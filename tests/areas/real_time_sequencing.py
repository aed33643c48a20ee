"""Examples of Real-Time Sequencing links."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cronofy_async.models import (
    Buffer,
    BufferLength,
    CreatedSequencingLink,
    EventTemplate,
    Formatting,
    LinkEvent,
    Member,
    OAuth,
    ParticipantGroup,
    RedirectUrls,
    SequencingAvailability,
    SequencingLink,
    SequencingStep,
    TargetCalendar,
)
from cronofy_async.times import Duration, Period

from .example import END, EXTRA, START, Example, ModelExample, answering

URL = "https://app.cronofy.com/rts/LOiwlKXQ"
PERIOD = {"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}
CREATED = CreatedSequencingLink(real_time_sequencing_id="seq_1", url=URL)
LINK = SequencingLink(
    real_time_sequencing_id="seq_1",
    url=URL,
    status="disabled",
    event=LinkEvent(event_id="loop-9", summary="Interviews", tzid="Europe/London"),
)
LINK_JSON: dict[str, Any] = {
    "real_time_sequencing_id": "seq_1",
    "url": URL,
    "event": {"event_id": "loop-9", "summary": "Interviews", "tzid": "Europe/London"},
    "status": "disabled",
}


def step(number: int, **changes: Any) -> SequencingStep:
    return SequencingStep(
        sequence_id=str(number),
        ordinal=number,
        participants=[ParticipantGroup([Member(f"acc_{number}")])],
        required_duration=timedelta(minutes=30),
        event=EventTemplate(event_id=f"loop-9-{number}", summary="Interview"),
        **changes,
    )


def step_json(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "sequence_id": str(number),
        "ordinal": number,
        "participants": [{"members": [{"sub": f"acc_{number}"}], "required": "all"}],
        "required_duration": {"minutes": 30},
        "event": {"event_id": f"loop-9-{number}", "summary": "Interview"},
        **changes,
    }


REQUEST: dict[str, Any] = {
    "oauth": {"redirect_uri": "https://app.example.com/done"},
    "event": {"event_id": "loop-9", "summary": "Interviews", "tzid": "Europe/London"},
    "availability": {
        "sequence": [
            step_json(1, buffer={"after": {"minimum": {"minutes": 0}, "maximum": {"minutes": 30}}}),
            step_json(2),
        ],
        "query_periods": [PERIOD],
    },
    "target_calendars": [{"sub": "acc_1", "calendar_id": "cal_1"}],
    "callback_url": "https://app.example.com/hooks",
    "redirect_urls": {"completed_url": "https://app.example.com/success"},
    "selection_mode": "no_confirm",
    "minimum_notice": {"minutes": 240},
    "formatting": {"hour_format": "H"},
    "tzid": "Europe/London",
}

EXAMPLES = [
    Example(
        endpoint="real_time_sequencing.create",
        call=lambda client: client.real_time_sequencing.create(
            oauth=OAuth("https://app.example.com/done"),
            event=EventTemplate(event_id="loop-9", summary="Interviews", tzid=ZoneInfo("Europe/London")),
            availability=SequencingAvailability(
                sequence=[
                    step(
                        1,
                        buffer=Buffer(after=BufferLength(minimum=timedelta(), maximum=timedelta(minutes=30))),
                    ),
                    step(2),
                ],
                query_periods=[(START, END)],
            ),
            target_calendars=[TargetCalendar(sub="acc_1", calendar_id="cal_1")],
            callback_url="https://app.example.com/hooks",
            redirect_urls=RedirectUrls(completed_url="https://app.example.com/success"),
            selection_mode="no_confirm",
            minimum_notice=timedelta(hours=4),
            formatting=Formatting(hour_format="H"),
            tzid=ZoneInfo("Europe/London"),
        ),
        request="POST /v1/real_time_sequencing",
        json=REQUEST,
        response={"real_time_sequencing": {"real_time_sequencing_id": "seq_1", "url": URL}},
        result=CREATED,
    ),
    Example(
        endpoint="real_time_sequencing.create",
        title="mappings",
        call=lambda client: client.real_time_sequencing.create(**REQUEST),
        request="POST /v1/real_time_sequencing",
        json=REQUEST,
        response={"real_time_sequencing": {"real_time_sequencing_id": "seq_1", "url": URL}},
        result=CREATED,
    ),
    Example(
        endpoint="real_time_sequencing.disable",
        call=lambda client: client.real_time_sequencing.disable("seq_1", display_message="Until next month."),
        request="POST /v1/real_time_sequencing/seq_1/disable",
        json={"display_message": "Until next month."},
        response={"real_time_sequencing": LINK_JSON},
        result=LINK,
    ),
    Example(
        endpoint="real_time_sequencing.disable",
        title="of a link",
        call=lambda client: client.real_time_sequencing.disable(CREATED, display_message="x" * 500),
        request="POST /v1/real_time_sequencing/seq_1/disable",
        json={"display_message": "x" * 500},
        response={"real_time_sequencing": LINK_JSON},
        result=LINK,
    ),
]

MODELS: list[ModelExample] = [
    (
        SequencingStep(
            sequence_id="1",
            participants=(ParticipantGroup((Member("acc_1"),)),),
            required_duration=Duration(minutes=30),
            event=EventTemplate(event_id="a", summary="b"),
            ordinal=1,
            start_interval=Duration(minutes=15),
            buffer=Buffer(before=Duration(minutes=5)),
            query_periods=(Period(START, END),),
            available_periods=(Period(START, END),),
        ),
        {
            "sequence_id": "1",
            "participants": [{"members": [{"sub": "acc_1"}], "required": "all"}],
            "required_duration": {"minutes": 30},
            "event": {"event_id": "a", "summary": "b"},
            "ordinal": 1,
            "start_interval": {"minutes": 15},
            "buffer": {"before": {"minutes": 5}},
            "query_periods": [PERIOD],
            "available_periods": [PERIOD],
        },
    ),
    (
        SequencingAvailability(
            sequence=(), query_periods=(Period(START, END),), available_periods=(Period(START, END),)
        ),
        {"sequence": [], "query_periods": [PERIOD], "available_periods": [PERIOD]},
    ),
    (
        CreatedSequencingLink(real_time_sequencing_id="seq_1", url=URL, extra=EXTRA),
        {"real_time_sequencing_id": "seq_1", "url": URL, **EXTRA},
    ),
    (LINK, LINK_JSON),
]

WRONG: list[tuple[str, Any, str]] = [
    ("oauth.redirect_uri", ..., "oauth.redirect_uri: is required"),
    ("oauth", "https://app.example.com", "oauth.redirect_uri: is required"),
    ("event", None, "event: is required"),
    ("availability.sequence", ..., "availability.sequence: is required"),
    ("availability.sequence", [], "availability.sequence: must be an array of at least one step"),
    ("availability.sequence[0].sequence_id", ..., r"availability.sequence\[0\].sequence_id: is required"),
    ("availability.sequence[1].participants", ..., r"availability.sequence\[1\].participants: is required"),
    (
        "availability.sequence[1].required_duration",
        {"minutes": 0},
        r"availability.sequence\[1\].required_duration: must be greater than zero",
    ),
    ("event.summary", "x" * 1025, r"event\.summary: must have at most 1024 characters"),
    (
        "availability.sequence[0].event.reminders",
        [{"minutes": 1}] * 6,
        r"availability.sequence\[0\].event.reminders: at most 5 are allowed, got 6",
    ),
    (
        "availability.sequence[1].start_interval",
        {"minutes": 7},
        r"availability.sequence\[1\].start_interval: must be 5, 10",
    ),
]


def changed(member: str, value: Any) -> dict[str, Any]:
    """Return the request with another value of a member, as in ``a.b[0].c``; ``...`` removes it."""
    request = copy.deepcopy(REQUEST)
    *steps, last = (
        int(part) if part.isdigit() else part for part in member.replace("]", "").replace("[", ".").split(".")
    )
    holder: Any = request
    for name in steps:
        holder = holder[name]
    if value is ...:
        del holder[last]
    else:
        holder[last] = value
    return request


@pytest.mark.parametrize(("member", "value", "message"), WRONG)
def test_an_invalid_argument_raises_before_a_request_is_sent(member: str, value: Any, message: str) -> None:
    client, transport = answering({})

    with pytest.raises(ValueError, match=message):
        _ = client.real_time_sequencing.create(**changed(member, value))

    assert transport.requests == []


def test_undocumented_values_are_sent() -> None:
    body = changed("availability.sequence[0].required_duration", "PT30M")
    del body["availability"]["sequence"][1]["event"]

    answering({})[0].real_time_sequencing.create(**body).close()


@pytest.mark.parametrize("message", ["", "x" * 501])
def test_the_length_of_a_message_is_checked(message: str) -> None:
    with pytest.raises(ValueError, match="display_message: must have 1 to 500 characters"):
        _ = answering({})[0].real_time_sequencing.disable("seq_1", display_message=message)


def test_a_sequencing_link_has_the_members_of_a_booking_page() -> None:
    assert (LINK.id, LINK.token) == ("seq_1", "LOiwlKXQ")
    assert LINK.locale_url("de") == f"{URL}?locale=de"
    assert URL not in repr(LINK)
