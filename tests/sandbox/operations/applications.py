"""Scheduling requests, organizational units, meeting agents, and the application itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cronofy_async import NotFound
from cronofy_async.models import (
    Host,
    Interaction,
    NewRecipient,
    RequestedEvent,
    SchedulingTemplate,
    Subscription,
    VerificationContact,
)

from ..support import at
from .exercise import Site, exercise

APP = "https://app.example.com"
KIM = NewRecipient("kim@example.com", display_name="Kim", slot_selector=True)
JOIN = "https://meet.example.com/x"


@exercise("scheduling_requests.create", "scheduling_requests.query", "scheduling_requests.cancel")
async def a_scheduling_request_is_completed_and_another_canceled(site: Site) -> None:
    requests = site.cronofy.scheduling_requests
    first = await requests.create(
        host=Host(site.ada.sub),
        recipients=[KIM],
        event=RequestedEvent(summary="Interview", duration=timedelta(hours=1)),
    )
    unit = site.of(site.sandbox.add_account("unit@example.com", kind="organizational_unit"))
    second = await unit.scheduling_requests.create(template=SchedulingTemplate("sgr_1"), recipients=[KIM])

    site.sandbox.scheduling_requests.complete(first, metadata={"correlation_id": "7"})
    await unit.scheduling_requests.cancel(second.id)

    result = await requests.query([second.id, "srq_unknown", first.id])
    assert [request.id for request in result] == [second.id, first.id]
    assert [request.slot_selection for request in result] == ["cancelled", "complete"]
    complete = result.get(first.id)
    assert complete is not None
    assert complete.duration is not None
    assert complete.duration.length == timedelta(hours=1)
    assert complete.event == {"summary": "Interview", "metadata": {"scheduler": {"correlation_id": "7"}}}


@exercise("organizational_units.members", "organizational_units.members_page")
async def members_are_listed_across_pages(site: Site) -> None:
    for name in ("bob", "kim"):
        site.sandbox.add_account(f"{name}@example.com")

    members = [member async for member in site.cronofy.organizational_units.members()]

    assert [member.email for member in members] == ["ada@example.com", "bob@example.com", "kim@example.com"]
    assert [member.roles for member in members] == [("owner",), ("member",), ("member",)]
    assert members[0].sub == site.ada.sub


@exercise("organizational_units.resources", "organizational_units.resources_page")
async def resources_are_listed_across_pages(site: Site) -> None:
    rooms = [site.sandbox.organizational_units.add_resource(f"Room {n}", f"room{n}@example.com") for n in range(3)]

    result = [room async for room in site.cronofy.organizational_units.resources()]

    assert [(room.sub, room.name) for room in result] == [(room.id, room.members["name"]) for room in rooms]


@exercise("meeting_agents.schedule", "meeting_agents.download_resource", "meeting_agents.stored_file")
async def a_meeting_agent_records_a_conference(site: Site) -> None:
    hook = Subscription(uri=f"{APP}/agents", interactions=[Interaction("meeting_agent_complete")])
    sent: list[str] = []
    site.sandbox.mount(APP, lambda delivery: sent.append(delivery.url))
    agent = await site.cronofy.meeting_agents.schedule(join_url=JOIN, subscriptions=[hook])

    site.sandbox.meeting_agents.complete(agent, transcript="Hello, Kim.")
    await site.sandbox.wait_for_callbacks()

    (callback,) = site.sandbox.deliveries
    (url,) = [
        resource["url"]
        for resource in callback.json["meeting_agent"]["resources"]
        if resource["category"] == "transcript"
    ]
    async with site.cronofy.meeting_agents.download_resource(url) as download:
        assert b"".join([part async for part in download]) == b"Hello, Kim."
        assert (download.content_type, download.size) == ("application/json", 11)
    assert sent == [f"{APP}/agents"]


@exercise("meeting_agents.schedule", "meeting_agents.cancel")
async def a_scheduled_meeting_agent_is_canceled(site: Site) -> None:
    agents = site.cronofy.meeting_agents
    for key in ("one", "two"):
        await agents.schedule(join_url=JOIN, scheduling_key=key, join_time=at(9))

    await agents.cancel("one")
    site.sandbox.clock.advance(timedelta(hours=3))

    assert [agent.state for agent in site.sandbox.meeting_agents.all()] == ["cancelled", "created"]
    with pytest.raises(NotFound):
        await agents.cancel("three")


@exercise("element_tokens.create")
async def a_token_for_ui_elements_is_created(site: Site) -> None:
    token = await site.cronofy.element_tokens.create(permissions=["agenda"], origin=APP, subs=[site.ada.sub])

    assert (token.origin, token.permissions, token.expires_in) == (APP, ("agenda",), 64_800)
    (record,) = site.sandbox.kept_records("element_tokens")
    assert record.members["subs"] == [site.ada.sub]


@exercise("application_verification.submit")
async def the_verification_of_the_application_is_requested(site: Site) -> None:
    await site.cronofy.application_verification.submit(
        redirect_uris=[f"{APP}/connected"], contact=VerificationContact("dev@example.com")
    )

    (record,) = site.sandbox.kept_records("application_verification")
    assert record.members == {"redirect_uris": [f"{APP}/connected"], "contact": {"email": "dev@example.com"}}


@exercise("applications.provision")
async def an_application_is_provisioned(site: Site) -> None:
    admin = site.cronofy.admin(api_key=site.sandbox.admin_key)

    created = await admin.applications.provision(name="Shop", url="https://shop.example.com")

    (record,) = site.sandbox.kept_records("applications")
    assert (record.id, record.members["name"]) == (created.client_id, "Shop")


@exercise("add_to_calendar.create", "scheduler_requests.create")
async def retired_endpoints_are_called_by_request(site: Site) -> None:
    event = {"event_id": "talk-1", "summary": "Talk", "start": "2031-03-03T09:00:00Z", "end": "2031-03-03T10:00:00Z"}
    link = await site.cronofy.request(
        "POST",
        "/v1/add_to_calendar",
        json={"oauth": {"redirect_uri": APP, "scope": "create_event"}, "event": event},
        credential="body",
    )
    request = await site.cronofy.request(
        "POST",
        "/v1/scheduler_requests",
        json={"host": {"sub": site.ada.sub}, "recipients": [{"email": "kim@example.com"}]},
    )

    assert link["url"].startswith(f"{site.url}/add_to_calendar/")
    assert site.sandbox.kept_records("add_to_calendar")[0].members["event"] == event
    (recipient,) = request["scheduler_request"]["recipients"]
    assert recipient["select_url"] == request["scheduler_request"]["primary_select_url"]
