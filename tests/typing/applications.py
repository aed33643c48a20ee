"""Scheduling requests, meeting agents, and downloads as a user writes them. Type checkers read this; it is never run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import assert_type

from cronofy_async import Call, CronofyAccount, CronofyClient, Download, RawResponse, Request, ResponseStream, Transport
from cronofy_async.models import (
    ElementToken,
    EventMeetingAgent,
    Host,
    MeetingAgent,
    NewRecipient,
    OrganizationalUnitMember,
    OrganizationalUnitResource,
    ProvisionedApplication,
    RequestedEvent,
    SchedulingRequest,
    SchedulingRequestList,
    SchedulingTemplate,
)
from cronofy_async.transports import StreamingTransport

START = datetime(2030, 2, 1, 9, 30, tzinfo=UTC)
JOIN = "https://meet.example.com/x"


class Streaming:
    async def send(self, request: Request) -> RawResponse:
        return RawResponse(status=200)

    async def stream(self, request: Request) -> ResponseStream:
        raise NotImplementedError

    async def aclose(self) -> None: ...


TRANSPORT: Transport = Streaming()
STREAMING: StreamingTransport = Streaming()


async def scheduling(cronofy: CronofyClient, unit: CronofyAccount) -> None:
    kim = NewRecipient("kim@example.com", slot_selector=True)
    request = await cronofy.scheduling_requests.create(
        host=Host("acc_1"), recipients=[kim, {"email": "lee@example.com"}], event=RequestedEvent(summary="s")
    )
    assert_type(request, SchedulingRequest)
    await unit.scheduling_requests.create(template=SchedulingTemplate("sgr_1"), recipients=[kim])
    requests = await cronofy.scheduling_requests.query([request.id])
    assert_type(requests, SchedulingRequestList)
    for item in requests:
        assert_type(item, SchedulingRequest)
    assert_type(requests.get("srq_1"), SchedulingRequest | None)
    _ = assert_type(unit.scheduling_requests.cancel(request.id), Call[None])
    async for member in cronofy.organizational_units.members():
        assert_type(member, OrganizationalUnitMember)
    async for resource in cronofy.organizational_units.resources():
        assert_type(resource, OrganizationalUnitResource)


async def agents(cronofy: CronofyClient, account: CronofyAccount) -> int:
    _ = assert_type(cronofy.meeting_agents.schedule(join_url=JOIN), Call[MeetingAgent])
    _ = assert_type(cronofy.meeting_agents.schedule(join_url=JOIN, scheduling_key="k", join_time=START), Call[None])
    cronofy.meeting_agents.schedule(join_url=JOIN, join_time=START)  # type: ignore[call-overload] # pyright: ignore[reportCallIssue]
    await account.events.upsert(
        "cal_1", event_id="e", summary="s", start=START, end=START, meeting_agent=EventMeetingAgent("none")
    )
    size = 0
    async with cronofy.meeting_agents.download_resource("https://api.cronofy.com/v1/r") as download:
        assert_type(download, Download)
        assert_type(download.content_type, str | None)
        async for part in download:
            assert_type(part, bytes)
            size += len(part)
    return size


async def applications(cronofy: CronofyClient) -> str:
    token = await cronofy.element_tokens.create(permissions=["agenda", "new_one"], origin="https://app.example.com")
    assert_type(token, ElementToken)
    created = await cronofy.admin(api_key="a").applications.provision(name="Shop", url="https://shop.example.com")
    assert_type(created, ProvisionedApplication)
    cronofy.applications  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue] # noqa: B018
    return token.token
