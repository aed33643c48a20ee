"""Examples of Real-Time Scheduling links."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from cronofy_async import CronofyClient
from cronofy_async.models import (
    Attendees,
    AvailabilityQuery,
    BookingPage,
    CallbackUrls,
    Conferencing,
    CreatedLink,
    EventTemplate,
    Formatting,
    Invitee,
    Link,
    LinkEvent,
    Member,
    OAuth,
    ParticipantGroup,
    RedirectUrls,
    SchedulingLink,
    TargetCalendar,
    TargetEvent,
)
from cronofy_async.times import Duration, EventTime, Period

from .event_parts import EVENT, EVENT_JSON
from .example import EXTRA, Example, ModelExample

# The requests of the docs pages.
DOCS_REQUEST: dict[str, Any] = {
    "oauth": {"redirect_uri": "https://app.example.com/done"},
    "event": {
        "event_id": "qTtZdczOccgaPncGJaCiLg",
        "summary": "Product Manager Interview at Globex",
        "tzid": "Europe/London",
    },
    "availability": {
        "participants": [
            {
                "members": [{"sub": "acc_5ba21743f408617d1269ea1e", "calendar_ids": ["cal_n23kjnwrw2_jsdfjksn234"]}],
                "required": "all",
            }
        ],
        "required_duration": {"minutes": 60},
        "query_periods": [{"start": "2026-04-28T09:00:00Z", "end": "2026-04-28T18:00:00Z"}],
    },
    "target_calendars": [{"sub": "acc_5ba21743f408617d1269ea1e", "calendar_id": "cal_n23kjnwrw2_jsdfjksn234"}],
    "callback_urls": {
        "completed_url": "http://www.example.com/callback",
        "no_times_suitable_url": "http://www.example.com/callback",
    },
    "redirect_urls": {"completed_url": "http://www.example.com/success"},
    "selection_mode": "no_confirm",
}
PANEL_REQUEST: dict[str, Any] = {
    "oauth": {"redirect_uri": "https://app.example.com/done"},
    "event_creation": "single",
    "event": {
        "event_id": "ri4vch-45fsd",
        "summary": "Interview panel stage",
        "tzid": "Europe/London",
        "attendees": {"invite": [{"email": "candidate@example.com", "display_name": "Jim Candidate"}]},
    },
    "availability": {
        "participants": [
            {
                "members": [
                    {"sub": "acc_5e591ae2815c14f86ea55caf"},
                    {"sub": "acc_61092b71f5aa93c71280b010"},
                    {"sub": "acc_61115004f5aa93bb48fc5dd3"},
                ],
                "required": 2,
            }
        ],
        "required_duration": {"minutes": 60},
        "available_periods": [{"start": "2026-04-28T09:00:00Z", "end": "2026-04-28T18:00:00Z"}],
    },
    "target_calendars": [
        {
            "sub": "acc_5e591ae2815c14f86ea55caf",
            "calendar_id": "cal_Xlka34FcFPhupVxZ_K@fbCQqIXfoVEHSVR06mpg",
            "event": {"conferencing": {"profile_id": "pro_YABpIfWqk4wjcW5t"}},
            "attendee": {"email": "marty@evenitron.com", "display_name": "Marty McFly"},
        },
        {
            "sub": "acc_61092b71f5aa93c71280b010",
            "calendar_id": "cal_YQkrbPWqk8cSgLAG_o@ZiqDLP1-zjzDl6zhXwFg",
            "event": {"conferencing": {"profile_id": "integrated"}},
            "attendee": {"email": "doc@evenitron.com", "display_name": "Doc Brown"},
        },
        {
            "sub": "acc_61115004f5aa93bb48fc5dd3",
            "calendar_id": "cal_YRFQA@Wqk7tI@F3J_3X4Nll-hxnkdz-wlOTkhIw",
            "event": {"conferencing": {"profile_id": "integrated"}},
            "attendee": {"email": "sarah@evenitron.com", "display_name": "Sarah Connor"},
        },
    ],
    "redirect_urls": {"completed_url": "https://www.example.com/success"},
}

LINK_JSON: dict[str, Any] = {
    "real_time_scheduling_id": "sch_1",
    "url": "https://app.cronofy.com/rts/AbC123",
    "event": {"event_id": "intro-1", "summary": "Intro call"},
    "status": "open",
}
INTRO = LinkEvent(event_id="intro-1", summary="Intro call")
LINK = SchedulingLink(
    real_time_scheduling_id="sch_1",
    url="https://app.cronofy.com/rts/AbC123",
    status="open",
    event=INTRO,
)
CREATED_JSON = {"real_time_scheduling": {"real_time_scheduling_id": "sch_1", "url": LINK.url}}
CREATED = CreatedLink(real_time_scheduling_id="sch_1", url=LINK.url)

FIRST = datetime(2026, 4, 28, 9, tzinfo=UTC)
LAST = datetime(2026, 4, 28, 19, 0, 0, 250_000, tzinfo=ZoneInfo("Europe/London"))


def docs_arguments() -> dict[str, Any]:
    return {
        "oauth": OAuth("https://app.example.com/done"),
        "event": EventTemplate(
            event_id="qTtZdczOccgaPncGJaCiLg",
            summary="Product Manager Interview at Globex",
            tzid=ZoneInfo("Europe/London"),
        ),
        "availability": AvailabilityQuery(
            participants=[
                ParticipantGroup([Member("acc_5ba21743f408617d1269ea1e", calendar_ids=["cal_n23kjnwrw2_jsdfjksn234"])])
            ],
            required_duration=timedelta(hours=1),
            query_periods=[(FIRST, LAST)],
        ),
        "target_calendars": [
            TargetCalendar(sub="acc_5ba21743f408617d1269ea1e", calendar_id="cal_n23kjnwrw2_jsdfjksn234")
        ],
        "callback_urls": CallbackUrls(
            completed_url="http://www.example.com/callback", no_times_suitable_url="http://www.example.com/callback"
        ),
        "redirect_urls": RedirectUrls(completed_url="http://www.example.com/success"),
        "selection_mode": "no_confirm",
    }


def panel_arguments() -> dict[str, Any]:
    panel = [
        ("acc_5e591ae2815c14f86ea55caf", "cal_Xlka34FcFPhupVxZ_K@fbCQqIXfoVEHSVR06mpg", "pro_YABpIfWqk4wjcW5t"),
        ("acc_61092b71f5aa93c71280b010", "cal_YQkrbPWqk8cSgLAG_o@ZiqDLP1-zjzDl6zhXwFg", "integrated"),
        ("acc_61115004f5aa93bb48fc5dd3", "cal_YRFQA@Wqk7tI@F3J_3X4Nll-hxnkdz-wlOTkhIw", "integrated"),
    ]
    people = [("marty", "Marty McFly"), ("doc", "Doc Brown"), ("sarah", "Sarah Connor")]
    return {
        "oauth": OAuth("https://app.example.com/done"),
        "event_creation": "single",
        "event": EventTemplate(
            event_id="ri4vch-45fsd",
            summary="Interview panel stage",
            tzid="Europe/London",
            attendees=Attendees(invite=[Invitee("candidate@example.com", display_name="Jim Candidate")]),
        ),
        "availability": AvailabilityQuery(
            participants=[ParticipantGroup([Member(sub) for sub, _, _ in panel], required=2)],
            required_duration=Duration(minutes=60),
            available_periods=[Period(FIRST, LAST)],
        ),
        "target_calendars": deque(
            TargetCalendar(
                sub=sub,
                calendar_id=calendar_id,
                event=TargetEvent(conferencing=Conferencing(profile_id=profile_id)),
                attendee=Invitee(f"{name}@evenitron.com", display_name=display_name),
            )
            for (sub, calendar_id, profile_id), (name, display_name) in zip(panel, people, strict=True)
        ),
        "redirect_urls": RedirectUrls(completed_url="https://www.example.com/success"),
    }


def example(name: str, title: str = "", *, call: Callable[[CronofyClient], Any], **members: Any) -> Example:
    """Return an example of a call that returns the state of the link."""
    defaults: dict[str, Any] = {"response": {"real_time_scheduling": LINK_JSON}, "result": LINK}
    return Example(endpoint=f"real_time_scheduling.{name}", title=title, call=call, **(defaults | members))


def create(title: str, arguments: dict[str, Any], body: dict[str, Any], **members: Any) -> Example:
    return example(
        "create",
        title,
        call=lambda client: client.real_time_scheduling.create(**arguments),
        request="POST /v1/real_time_scheduling",
        json=body,
        **({"response": CREATED_JSON, "result": CREATED} | members),
    )


EXAMPLES = [
    create("models", docs_arguments(), DOCS_REQUEST),
    create("mappings", DOCS_REQUEST, DOCS_REQUEST),
    create("a panel", panel_arguments(), PANEL_REQUEST),
    create("a panel, mappings", PANEL_REQUEST, PANEL_REQUEST),
    create(
        "every parameter",
        docs_arguments()
        | {
            "event_creation": "default",
            "minimum_notice": timedelta(hours=4),
            "formatting": Formatting(hour_format="H"),
            "tzid": ZoneInfo("Europe/Berlin"),
            "callback_url": "https://x",
        },
        DOCS_REQUEST
        | {
            "event_creation": "default",
            "minimum_notice": {"minutes": 240},
            "formatting": {"hour_format": "H"},
            "tzid": "Europe/Berlin",
            "callback_url": "https://x",
        },
    ),
    create(
        "the response that an official SDK reads",
        DOCS_REQUEST,
        DOCS_REQUEST,
        response={"real_time_scheduling": LINK_JSON, "url": LINK.url},
        result=attrs.evolve(CREATED, status="open", event=INTRO),
    ),
    example(
        "status",
        call=lambda client: client.real_time_scheduling.status("sch_1"),
        request="GET /v1/real_time_scheduling/sch_1",
    ),
    example(
        "status",
        "completed, of a link",
        call=lambda client: client.real_time_scheduling.status(LINK),
        request="GET /v1/real_time_scheduling/sch_1",
        response={
            "real_time_scheduling": LINK_JSON
            | {
                "event": LINK_JSON["event"] | {"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"},
                "status": "completed",
            }
        },
        result=attrs.evolve(
            LINK,
            event=attrs.evolve(INTRO, start=EventTime("2030-02-01T09:30:00Z"), end=EventTime("2030-02-01T10:30:00Z")),
            status="completed",
        ),
    ),
    example(
        "status",
        "without the envelope, of a new link",
        call=lambda client: client.real_time_scheduling.status(CREATED),
        request="GET /v1/real_time_scheduling/sch_1",
        response=LINK_JSON,
        in_contract=False,
    ),
    example(
        "status_by_token",
        call=lambda client: client.real_time_scheduling.status_by_token(LINK.token),
        request="GET /v1/real_time_scheduling?token=AbC123",
    ),
    example(
        "disable",
        call=lambda client: client.real_time_scheduling.disable("sch_1", display_message="Gone.\nThanks é"),
        request="POST /v1/real_time_scheduling/sch_1/disable",
        json={"display_message": "Gone.\nThanks é"},
        response={"real_time_scheduling": LINK_JSON | {"status": "disabled"}},
        result=attrs.evolve(LINK, status="disabled"),
    ),
    example(
        "disable",
        "of a link, the longest message",
        call=lambda client: client.real_time_scheduling.disable(LINK, display_message="x" * 500),
        request="POST /v1/real_time_scheduling/sch_1/disable",
        json={"display_message": "x" * 500},
    ),
]

URL = "https://app.cronofy.com/add_to_calendar/scheduling/s3cret"

MODELS: list[ModelExample] = [
    (OAuth("https://x", scope="a b", state="s"), {"redirect_uri": "https://x", "scope": "a b", "state": "s"}),
    (TargetEvent(conferencing=Conferencing(profile_id="pro_1")), {"conferencing": {"profile_id": "pro_1"}}),
    (
        TargetCalendar(sub="a", calendar_id="c", attendee=Invitee("a@example.com"), event=TargetEvent()),
        {"sub": "a", "calendar_id": "c", "attendee": {"email": "a@example.com"}, "event": {}},
    ),
    (Formatting(hour_format="H"), {"hour_format": "H"}),
    (
        CallbackUrls(completed_url="a", no_times_suitable_url="b", no_times_displayed_url="c"),
        {"completed_url": "a", "no_times_suitable_url": "b", "no_times_displayed_url": "c"},
    ),
    (RedirectUrls(completed_url="a"), {"completed_url": "a"}),
    (BookingPage(url=URL, extra=EXTRA), {"url": URL, **EXTRA}),
    (
        Link(real_time_scheduling_id="sch_1", url=URL, extra=EXTRA),
        {"real_time_scheduling_id": "sch_1", "url": URL, **EXTRA},
    ),
    (
        CreatedLink(
            real_time_scheduling_id="sch_1", url=URL, status="open", event=LinkEvent(event_id="a"), extra=EXTRA
        ),
        {"real_time_scheduling_id": "sch_1", "url": URL, "status": "open", "event": {"event_id": "a"}, **EXTRA},
    ),
    (
        LinkEvent(**EVENT, start=EventTime("2030-02-01T09:30:00Z"), end=EventTime("2030-02-01T10:30:00Z")),
        {**EVENT_JSON, "start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"},
    ),
    (
        SchedulingLink(real_time_scheduling_id="sch_1", url=URL, status="open", event=LinkEvent(event_id="a")),
        {"real_time_scheduling_id": "sch_1", "url": URL, "status": "open", "event": {"event_id": "a"}},
    ),
]
