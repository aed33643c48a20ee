"""Examples of scheduling requests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cronofy_async import Duration
from cronofy_async.models import (
    GroupMember,
    Host,
    Location,
    NewRecipient,
    RecipientOperations,
    RequestedEvent,
    SchedulingGroup,
    SchedulingRecipient,
    SchedulingRequest,
    SchedulingRequestItem,
    SchedulingRequestList,
    SchedulingTemplate,
)

from .example import EXTRA, Example, ModelExample, answering, sent

PAGE = "https://app.cronofy.com/rts/234ebnd"
KIM = NewRecipient("kim@example.org", display_name="Kim", slot_selector=True)
KIM_JSON = {"email": "kim@example.org", "display_name": "Kim", "slot_selector": True}
REQUEST_JSON: dict[str, Any] = {
    "scheduling_request_id": "srq_1",
    "slot_selection": "pending",
    "primary_select_url": PAGE,
    "dashboard_url": "https://app.cronofy.com/scheduler/requests/650b",
    "summary": "Demo",
    "duration": {"minutes": 30},
    "recipient_operations": {"view_url": PAGE},
    "recipients": [KIM_JSON | {"select_url": PAGE}],
    "event": {"summary": "Demo"},
}
REQUEST = SchedulingRequest(
    scheduling_request_id="srq_1",
    slot_selection="pending",
    primary_select_url=PAGE,
    dashboard_url="https://app.cronofy.com/scheduler/requests/650b",
    summary="Demo",
    duration=Duration(minutes=30),
    recipient_operations=RecipientOperations(view_url=PAGE),
    recipients=(SchedulingRecipient(email="kim@example.org", display_name="Kim", slot_selector=True, select_url=PAGE),),
    event={"summary": "Demo"},
)
GROUP = SchedulingGroup(name="Experts", members=[GroupMember("acc_2"), GroupMember("acc_3")], required=1)
GROUP_JSON = {"name": "Experts", "members": [{"sub": "acc_2"}, {"sub": "acc_3"}], "required": 1}
EVENT = RequestedEvent(
    summary="Demo", description="Bring a camera", location=Location(description="H"), duration=timedelta(minutes=30)
)
EVENT_JSON = {
    "summary": "Demo",
    "description": "Bring a camera",
    "location": {"description": "H"},
    "duration": {"minutes": 30},
}
FOUND = SchedulingRequestList(scheduling_requests=(SchedulingRequestItem(scheduling_request=REQUEST),))

EXAMPLES = [
    Example(
        endpoint="scheduling_requests.create",
        call=lambda client: client.scheduling_requests.create(
            host=Host("acc_1"), recipients=[KIM], collaborator_groups=[GROUP], event=EVENT
        ),
        request="POST /v1/scheduling_requests",
        json={
            "host": {"sub": "acc_1"},
            "recipients": [KIM_JSON],
            "collaborator_groups": [GROUP_JSON],
            "event": EVENT_JSON,
        },
        response={"scheduling_request": REQUEST_JSON},
        result=REQUEST,
    ),
    Example(
        endpoint="scheduling_requests.create",
        title="a group",
        call=lambda client: client.scheduling_requests.create(
            host_group=SchedulingGroup(sub="sel_1"),
            recipients=[KIM_JSON],
            event=RequestedEvent(summary="Demo"),
            availability_mode="any",
        ),
        request="POST /v1/scheduling_requests",
        json={
            "host_group": {"sub": "sel_1"},
            "recipients": [KIM_JSON],
            "event": {"summary": "Demo"},
            "availability_mode": "any",
        },
        response={"scheduling_request": REQUEST_JSON},
        result=REQUEST,
    ),
    Example(
        endpoint="scheduling_requests.create",
        title="a template, by an organizational unit",
        call=lambda client: client.account(access_token="token").scheduling_requests.create(
            template=SchedulingTemplate("sgr_1"), recipients=[KIM]
        ),
        request="POST /v1/scheduling_requests",
        json={"template": {"sub": "sgr_1"}, "recipients": [KIM_JSON]},
        response={"scheduling_request": REQUEST_JSON},
        result=REQUEST,
    ),
    Example(
        endpoint="scheduling_requests.query",
        call=lambda client: client.scheduling_requests.query(["srq_1", "srq_unknown"]),
        request="POST /v1/scheduling_requests/query",
        json={"scheduling_request_ids": ["srq_1", "srq_unknown"]},
        response={"scheduling_requests": [{"scheduling_request": REQUEST_JSON}]},
        result=FOUND,
    ),
    Example(
        endpoint="scheduling_requests.cancel",
        call=lambda client: client.account(access_token="token").scheduling_requests.cancel("srq_1"),
        request="POST /v1/scheduling_requests/cancel",
        json={"scheduling_request_id": "srq_1"},
        status=202,
        response=None,
        result=None,
    ),
]

MODELS: list[ModelExample] = [
    (KIM, KIM_JSON),
    (EVENT, EVENT_JSON),
    (
        SchedulingGroup(name="Experts", members=(GroupMember("acc_2"),), required=1, sub="sel_1"),
        {"name": "Experts", "members": [{"sub": "acc_2"}], "required": 1, "sub": "sel_1"},
    ),
    (GroupMember("acc_1"), {"sub": "acc_1"}),
    (Host("acc_1"), {"sub": "acc_1"}),
    (SchedulingTemplate("sgr_1"), {"sub": "sgr_1"}),
    (
        SchedulingRequestItem(scheduling_request=REQUEST, extra=EXTRA),
        {"scheduling_request": REQUEST_JSON, **EXTRA},
    ),
    (
        SchedulingRequestList(scheduling_requests=FOUND.scheduling_requests, extra=EXTRA),
        {"scheduling_requests": [{"scheduling_request": REQUEST_JSON}], **EXTRA},
    ),
]


def test_requests_are_found_by_id() -> None:
    assert list(FOUND) == [REQUEST]
    assert len(FOUND) == 1
    assert FOUND.get("srq_1") is REQUEST
    assert FOUND.get("srq_unknown") is None


def test_pages_of_recipients_are_hidden() -> None:
    text = repr(REQUEST) + repr(RecipientOperations(view_url=PAGE, reschedule_url=PAGE, decline_url=PAGE))

    assert "234ebnd" not in text


async def test_an_account_acts_for_a_member() -> None:
    client, transport = answering({"scheduling_request": REQUEST_JSON})
    unit = client.account(access_token="token", impersonate="acc_7")

    _, request = await sent(unit.scheduling_requests.create(recipients=[KIM], event=EVENT), transport)

    assert request.headers["Cronofy-Impersonate"] == "acc_7"


def test_a_string_of_ids_is_rejected() -> None:
    client, transport = answering({})
    request_id: Any = "srq_1"

    with pytest.raises(ValueError, match="scheduling_request_ids: expected an array, got a string"):
        _ = client.scheduling_requests.query(request_id)

    assert transport.requests == []
