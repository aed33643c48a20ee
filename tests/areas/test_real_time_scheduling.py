from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import pytest

from cronofy_async import Call, DecodeError, NotFound, Request
from cronofy_async.http import ApiKey
from cronofy_async.models import AvailabilityQuery, Member, ParticipantGroup
from cronofy_async.resources import oauth
from cronofy_async.resources import real_time_scheduling as resource
from cronofy_async.resources.real_time_scheduling import RealTimeScheduling

from .example import answering
from .real_time_scheduling import DOCS_REQUEST, LINK_JSON, PANEL_REQUEST

STATUS = {"real_time_scheduling": LINK_JSON}
START = datetime(2026, 4, 28, 9, tzinfo=UTC)


def links(response: object = STATUS, status: int = 200, **options: Any) -> RealTimeScheduling:
    return answering(response, status, **options)[0].real_time_scheduling


def changed(arguments: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return arguments | changes


def body_of(call: Call[Any]) -> Any:
    body = call.request.body
    assert body is not None
    return json.loads(body)


def test_mappings_are_sent_unchanged() -> None:
    free = copy.deepcopy(DOCS_REQUEST)
    free["event"]["brand_new"] = {"a": [None]}
    free["availability"]["brand_new"] = 1
    assert body_of(links().create(**free)) == free


async def test_undocumented_members_are_kept() -> None:
    response: Any = copy.deepcopy(STATUS)
    response["real_time_scheduling"] |= {"hold": {"a": 1}, "status": "paused"}
    response["real_time_scheduling"]["event"]["geo"] = None
    link = await links(response).status("sch_1")
    assert (link.status, link.is_terminal, link.extra) == ("paused", False, {"hold": {"a": 1}})
    assert link.event is not None
    assert link.event.extra == {"geo": None}


NAIVE: Any = AvailabilityQuery(
    participants=[
        ParticipantGroup([Member("a", available_periods=[(START, START), (START, START.replace(tzinfo=None))])])
    ],
    required_duration=timedelta(minutes=5),
)
Make: TypeAlias = Callable[[RealTimeScheduling], Call[Any]]

IDS = [("a/b?c#d%e f@é", "a%2Fb%3Fc%23d%25e%20f%40%C3%A9"), ("sch_1", "sch_1")]


@pytest.mark.parametrize(("link", "segment"), IDS, ids=["odd", "plain"])
def test_an_id_is_encoded_as_one_path_segment(link: str, segment: str) -> None:
    request: Request = links().status(link).request

    assert request.target == f"/v1/real_time_scheduling/{segment}"
    assert request.credential == ApiKey()


def test_a_token_is_percent_encoded() -> None:
    request: Request = links().status_by_token("a&b=c/d é").request

    assert request.target == "/v1/real_time_scheduling?token=a%26b%3Dc%2Fd%20%C3%A9"


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
def test_only_idempotent_endpoints_are_retried(endpoint: Any, name: str, idempotent: bool) -> None:
    assert (endpoint.name, endpoint.idempotent) == (name, idempotent)


MISTAKES: list[tuple[Make, str]] = [
        (lambda rts: rts.status(""), "^link: "),
        (lambda rts: rts.status(".."), "^link: "),
        (lambda rts: rts.disable(".", display_message="x"), "^link: "),
        (lambda rts: rts.status_by_token(""), "^token: must not be empty$"),
        (lambda rts: rts.disable("sch_1", display_message=""), "^display_message: .* has 0$"),
        (lambda rts: rts.disable("sch_1", display_message="x" * 501), "^display_message: .* has 501$"),
        (lambda rts: rts.create(**changed(DOCS_REQUEST, event={})), "^event.event_id: is required$"),
        (lambda rts: rts.create(**changed(PANEL_REQUEST, event_creation="default")), "^event.attendees: needs event_creation"),
        (
            lambda rts: rts.create(**changed(DOCS_REQUEST, availability=NAIVE)),
            r"^availability\.participants\[0\]\.members\[0\]\.available_periods\[1\]\.end: .* has no time zone",
        ),
]  # fmt: skip


@pytest.mark.parametrize(("make", "message"), MISTAKES)
def test_invalid_arguments_raise_before_a_request_is_sent(make: Make, message: str) -> None:
    cronofy, transport = answering(STATUS)
    with pytest.raises(ValueError, match=message):
        make(cronofy.real_time_scheduling).close()
    assert transport.requests == []


def test_validation_can_be_switched_off() -> None:
    free = links(validate=False)
    assert body_of(free.create(oauth={}, event={"start": "x"}, availability={})) == {
        "oauth": {},
        "event": {"start": "x"},
        "availability": {},
    }
    assert body_of(free.disable("sch_1", display_message="")) == {"display_message": ""}


@pytest.mark.parametrize(
    ("response", "path"),
    [
        ({"real_time_scheduling": {"real_time_scheduling_id": "sch_1", "url": "s3cret"}}, "$.real_time_scheduling.status"),
        ({"real_time_scheduling": None}, "$.real_time_scheduling"),
        ({}, "$.url"),
        (b"", "$"),
        (b'{"real_time_scheduling": {"url": "s3cr', "$"),
    ],
)  # fmt: skip
async def test_an_invalid_response_is_a_decode_error(response: object, path: str) -> None:
    with pytest.raises(DecodeError, match=r"^GET /v1/real_time_scheduling/\{real_time_scheduling_id\}: ") as caught:
        await links(response).status("sch_1")
    assert caught.value.path == path
    assert caught.value.response is not None
    assert b"s3cr" not in caught.value.response.body


async def test_an_unknown_link_is_an_error_with_the_template() -> None:
    with pytest.raises(NotFound, match=r"GET /v1/real_time_scheduling/\{real_time_scheduling_id\} \(status 404\)"):
        await links(b"", 404).status("sch_1")
