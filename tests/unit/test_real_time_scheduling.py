from __future__ import annotations

import copy
import json
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import attrs
import pytest

from cronofy_async import Call, CronofyClient, DecodeError, Duration, EventTime, NotFound, Period, RawResponse, Request
from cronofy_async.http import ApiKey, ClientInBody
from cronofy_async.models import (
    Attendees,
    AvailabilityQuery,
    CallbackUrls,
    Conferencing,
    CreatedLink,
    EventTemplate,
    Formatting,
    Invitee,
    Member,
    OAuth,
    ParticipantGroup,
    RedirectUrls,
    SchedulingLink,
    TargetCalendar,
    TargetEvent,
)
from cronofy_async.resources import oauth
from cronofy_async.resources import real_time_scheduling as resource
from cronofy_async.resources.real_time_scheduling import RealTimeScheduling
from cronofy_async.transports.memory import MemoryTransport

# The examples of the docs. Commas that JSON does not take are left out, and {...} stands filled in.
FIRST_REQUEST: dict[str, Any] = {
    "oauth": {"redirect_uri": "{REDIRECT_URI}"},
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
SECOND_REQUEST: dict[str, Any] = {
    "oauth": {"redirect_uri": "{REDIRECT_URI}"},
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
CREATED: dict[str, Any] = {
    "real_time_scheduling": {
        "real_time_scheduling_id": "sch_64b1859e8090ea21640c915f",
        "url": "{REAL_TIME_SCHEDULING_URL}",
    }
}
STATUS: dict[str, Any] = {
    "real_time_scheduling": {
        "real_time_scheduling_id": "sch_64b1859e8090ea21640c915f",
        "url": "{REAL_TIME_SCHEDULING_URL}",
        "event": {"event_id": "qTtZdczOccgaPncGJaCiLg", "start": "2026-04-28T10:00:00Z", "end": "2026-04-28T11:00:00Z"},
        "status": "completed",
    }
}
OPEN = SchedulingLink(real_time_scheduling_id="sch_1", url="https://app.cronofy.com/rts/AbC123", status="open")

START = datetime(2026, 4, 28, 9, tzinfo=UTC)
END = datetime(2026, 4, 28, 19, 0, 0, 250_000, tzinfo=ZoneInfo("Europe/London"))


def answering(answer: object = STATUS, status: int = 200, **options: Any) -> tuple[CronofyClient, MemoryTransport]:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    transport = MemoryTransport(lambda _: RawResponse(status=status, body=body))
    return CronofyClient(client_secret="s3cret", transport=transport, **options), transport


def links(**options: Any) -> RealTimeScheduling:
    return answering(**options)[0].real_time_scheduling


def body_of(call: Call[Any]) -> Any:
    body = call.request.body
    assert body is not None
    return json.loads(body)


def changed(arguments: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return arguments | changes


def first_from_models() -> dict[str, Any]:
    return {
        "oauth": OAuth("{REDIRECT_URI}"),
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
            query_periods=[(START, END)],
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


def second_from_models() -> dict[str, Any]:
    panel = [
        ("acc_5e591ae2815c14f86ea55caf", "cal_Xlka34FcFPhupVxZ_K@fbCQqIXfoVEHSVR06mpg", "pro_YABpIfWqk4wjcW5t"),
        ("acc_61092b71f5aa93c71280b010", "cal_YQkrbPWqk8cSgLAG_o@ZiqDLP1-zjzDl6zhXwFg", "integrated"),
        ("acc_61115004f5aa93bb48fc5dd3", "cal_YRFQA@Wqk7tI@F3J_3X4Nll-hxnkdz-wlOTkhIw", "integrated"),
    ]
    people = [("marty", "Marty McFly"), ("doc", "Doc Brown"), ("sarah", "Sarah Connor")]
    return {
        "oauth": OAuth("{REDIRECT_URI}"),
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
            available_periods=[Period(START, END)],
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


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        (first_from_models, FIRST_REQUEST),
        (second_from_models, SECOND_REQUEST),
        (lambda: FIRST_REQUEST, FIRST_REQUEST),
        (lambda: SECOND_REQUEST, SECOND_REQUEST),
    ],
    ids=["first, models", "second, models", "first, mappings", "second, mappings"],
)
def test_the_docs_requests_come_out_equal(arguments: Callable[[], dict[str, Any]], body: dict[str, Any]) -> None:
    assert body_of(links().create(**arguments())) == body


def test_every_parameter_is_sent() -> None:
    others: dict[str, Any] = {
        "event_creation": "default",
        "minimum_notice": timedelta(hours=4),
        "formatting": Formatting(hour_format="H"),
        "tzid": ZoneInfo("Europe/Berlin"),
        "callback_url": "https://x",
    }
    assert body_of(links().create(**first_from_models(), **others)) == FIRST_REQUEST | {
        "event_creation": "default",
        "minimum_notice": {"minutes": 240},
        "formatting": {"hour_format": "H"},
        "tzid": "Europe/Berlin",
        "callback_url": "https://x",
    }


def test_mappings_are_sent_as_they_are() -> None:
    free = copy.deepcopy(FIRST_REQUEST)
    free["event"]["brand_new"] = {"a": [None]}
    free["availability"]["brand_new"] = 1
    assert body_of(links().create(**free)) == free


async def test_the_docs_answers_are_read_whole() -> None:
    cronofy, transport = answering(CREATED)
    created = await cronofy.real_time_scheduling.create(**FIRST_REQUEST)
    assert created == CreatedLink(
        real_time_scheduling_id="sch_64b1859e8090ea21640c915f", url="{REAL_TIME_SCHEDULING_URL}"
    )
    assert not created.extra
    sent = transport.requests[0]
    assert (sent.method, sent.url) == ("POST", "https://api.cronofy.com/v1/real_time_scheduling")
    assert sent.headers["Authorization"] == "Bearer s3cret"
    assert sent.headers["Content-Type"] == "application/json; charset=utf-8"

    cronofy, transport = answering(STATUS)
    link = await cronofy.real_time_scheduling.status(created)
    assert (link.id, link.url, link.status, link.is_terminal) == (created.id, created.url, "completed", True)
    assert link.event is not None
    assert link.event.event_id == "qTtZdczOccgaPncGJaCiLg"
    assert (link.event.start, link.event.end) == (EventTime("2026-04-28T10:00:00Z"), EventTime("2026-04-28T11:00:00Z"))
    assert not link.extra
    assert not link.event.extra
    sent = transport.requests[0]
    assert (sent.method, sent.body) == ("GET", None)
    assert sent.url == "https://api.cronofy.com/v1/real_time_scheduling/sch_64b1859e8090ea21640c915f"


async def test_what_the_docs_do_not_know_is_kept() -> None:
    answer = copy.deepcopy(STATUS)
    answer["real_time_scheduling"] |= {"hold": {"a": 1}, "status": "paused"}
    answer["real_time_scheduling"]["event"]["geo"] = None
    link = await links(answer=answer).status("sch_1")
    assert (link.status, link.is_terminal, link.extra) == ("paused", False, {"hold": {"a": 1}})
    assert link.event is not None
    assert link.event.extra == {"geo": None}


async def test_an_answer_without_its_envelope_is_read() -> None:
    assert (await links(answer=STATUS["real_time_scheduling"]).status("sch_1")).status == "completed"


NAIVE: Any = AvailabilityQuery(
    participants=[
        ParticipantGroup([Member("a", available_periods=[(START, START), (START, END.replace(tzinfo=None))])])
    ],
    required_duration=timedelta(minutes=5),
)
Make: TypeAlias = Callable[[RealTimeScheduling], Call[Any]]

CALLS: list[tuple[Make, str, str, Any]] = [
        (lambda rts: rts.status("sch_1"), "GET", "/sch_1", None),
        (lambda rts: rts.status(OPEN), "GET", "/sch_1", None),
        (lambda rts: rts.status(CreatedLink(real_time_scheduling_id="sch_2", url="x")), "GET", "/sch_2", None),
        (lambda rts: rts.status("a/b?c#d%e f@é"), "GET", "/a%2Fb%3Fc%23d%25e%20f%40%C3%A9", None),
        (lambda rts: rts.status_by_token("AbC123"), "GET", "?token=AbC123", None),
        (lambda rts: rts.status_by_token(OPEN.token), "GET", "?token=AbC123", None),
        (lambda rts: rts.status_by_token("a&b=c/d é"), "GET", "?token=a%26b%3Dc%2Fd%20%C3%A9", None),
        (
            lambda rts: rts.disable("sch_1", display_message="Gone.\nThanks é"),
            "POST",
            "/sch_1/disable",
            {"display_message": "Gone.\nThanks é"},
        ),
        (lambda rts: rts.disable(OPEN, display_message="x" * 500), "POST", "/sch_1/disable", {"display_message": "x" * 500}),
]  # fmt: skip


@pytest.mark.parametrize(("make", "method", "target", "body"), CALLS)
def test_calls_go_where_the_docs_say(make: Make, method: str, target: str, body: Any) -> None:
    request: Request = make(links()).request
    assert (request.method, request.target) == (method, f"/v1/real_time_scheduling{target}")
    assert request.credential == ApiKey()
    assert (None if request.body is None else json.loads(request.body)) == body


@pytest.mark.parametrize(
    ("endpoint", "name", "idempotent"),
    [
        (resource.CREATE, "real_time_scheduling.create", False),
        (resource.STATUS, "real_time_scheduling.status", True),
        (resource.STATUS_BY_TOKEN, "real_time_scheduling.status_by_token", True),
        (resource.DISABLE, "real_time_scheduling.disable", True),
        (oauth.REFRESH, "oauth.refresh", False),
    ],
)
def test_only_what_does_no_harm_is_repeated(endpoint: Any, name: str, idempotent: bool) -> None:
    assert (endpoint.name, endpoint.idempotent) == (name, idempotent)


MISTAKES: list[tuple[Make, str]] = [
        (lambda rts: rts.status(""), "^id: "),
        (lambda rts: rts.status(".."), "^id: "),
        (lambda rts: rts.disable(".", display_message="x"), "^id: "),
        (lambda rts: rts.status_by_token(""), "^token: must not be empty$"),
        (lambda rts: rts.disable("sch_1", display_message=""), "^display_message: .* has 0$"),
        (lambda rts: rts.disable("sch_1", display_message="x" * 501), "^display_message: .* has 501$"),
        (lambda rts: rts.create(**changed(FIRST_REQUEST, event={})), "^event.event_id: is required$"),
        (lambda rts: rts.create(**changed(SECOND_REQUEST, event_creation="default")), "^event.attendees: needs event_creation"),
        (
            lambda rts: rts.create(**changed(FIRST_REQUEST, availability=NAIVE)),
            r"^availability\.participants\[0\]\.members\[0\]\.available_periods\[1\]\.end: .* has no time zone",
        ),
]  # fmt: skip


@pytest.mark.parametrize(("make", "message"), MISTAKES)
def test_mistakes_are_told_before_anything_is_sent(make: Make, message: str) -> None:
    cronofy, transport = answering()
    with pytest.raises(ValueError, match=message):
        make(cronofy.real_time_scheduling).close()
    assert transport.requests == []


def test_checking_can_be_switched_off() -> None:
    free = links(validate=False)
    assert body_of(free.create(oauth={}, event={"start": "x"}, availability={})) == {
        "oauth": {},
        "event": {"start": "x"},
        "availability": {},
    }
    assert body_of(free.disable("sch_1", display_message="")) == {"display_message": ""}


@pytest.mark.parametrize(
    ("answer", "path"),
    [
        ({"real_time_scheduling": {"real_time_scheduling_id": "sch_1", "url": "s3cret"}}, "$.real_time_scheduling.status"),
        ({"real_time_scheduling": None}, "$.real_time_scheduling"),
        ({}, "$.real_time_scheduling_id"),
        (b"", "$"),
        (b'{"real_time_scheduling": {"url": "s3cr', "$"),
    ],
)  # fmt: skip
async def test_an_answer_that_does_not_fit_is_told(answer: object, path: str) -> None:
    with pytest.raises(DecodeError, match=r"^GET /v1/real_time_scheduling/\{id\}: ") as caught:
        await links(answer=answer).status("sch_1")
    assert caught.value.path == path
    assert caught.value.response is not None
    assert b"s3cr" not in caught.value.response.body


async def test_an_unknown_link_is_an_error_with_the_template() -> None:
    with pytest.raises(NotFound, match=r"GET /v1/real_time_scheduling/\{id\} \(status 404\)"):
        await links(answer=b"", status=404).status("sch_1")


async def test_a_disabled_link_comes_back() -> None:
    answer = {
        "real_time_scheduling": attrs.asdict(OPEN, filter=lambda a, _: a.name != "extra") | {"status": "disabled"}
    }
    disabled = await links(answer=answer).disable(OPEN, display_message="We filled this role.")
    assert disabled == attrs.evolve(OPEN, status="disabled")


# The token endpoint, as the client itself uses it.


def _token_endpoint(cronofy: CronofyClient) -> oauth.OAuth:
    return oauth.OAuth(cronofy._engine, ClientInBody())  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    "answer", [{"access_token": "a"}, {"access_token": "a", "refresh_token": "b", "expires_in": 10800, "scope": ""}]
)
async def test_a_refresh_gives_what_the_server_sent(answer: dict[str, Any]) -> None:
    cronofy, transport = answering(answer, client_id="cid")
    refreshed = await _token_endpoint(cronofy).refresh("old")
    assert refreshed == answer
    body = transport.requests[0].body
    assert body is not None
    assert json.loads(body) == {
        "client_id": "cid",
        "client_secret": "s3cret",
        "grant_type": "refresh_token",
        "refresh_token": "old",
    }


@pytest.mark.parametrize("answer", [[], {}, {"access_token": None}, {"access_token": 3}])
async def test_a_refresh_without_a_token_is_told(answer: object) -> None:
    cronofy, _ = answering(answer, client_id="cid")
    with pytest.raises(DecodeError, match=r"\$\.access_token") as caught:
        await _token_endpoint(cronofy).refresh("old")
    assert caught.value.path == "$.access_token"
