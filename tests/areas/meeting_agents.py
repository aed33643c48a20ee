"""Examples of meeting agents. Downloads are tested in ``../unit/test_downloads.py``."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async.models import (
    EventMeetingAgent,
    Interaction,
    MeetingAgent,
    MeetingAgentResource,
    Subscription,
)

from .example import END, START, Example, ModelExample, answering

JOIN = "https://meet.example.com/x"
HOOK = Subscription(
    uri="https://app.example.com/agents",
    interactions=[
        Interaction("meeting_agent_activated"),
        Interaction("meeting_agent_complete"),
        Interaction("meeting_agent_failed"),
    ],
)
HOOK_JSON: dict[str, Any] = {
    "type": "webhook",
    "uri": "https://app.example.com/agents",
    "interactions": [
        {"type": "meeting_agent_activated"},
        {"type": "meeting_agent_complete"},
        {"type": "meeting_agent_failed"},
    ],
}
DASHBOARD = MeetingAgentResource(category="cronofy", type="dashboard", url="https://app.cronofy.com/x")
VIDEO = MeetingAgentResource(category="video", type="conference", url="https://api.cronofy.com/v1/x")
AGENT = MeetingAgent(sub="agt_1", state="created", resources=(DASHBOARD,))
AGENT_JSON: dict[str, Any] = {
    "sub": "agt_1",
    "state": "created",
    "resources": [{"category": "cronofy", "type": "dashboard", "url": "https://app.cronofy.com/x"}],
}

EXAMPLES = [
    Example(
        endpoint="meeting_agents.schedule",
        title="immediately",
        call=lambda client: client.meeting_agents.schedule(join_url=JOIN, subscriptions=[HOOK]),
        request="POST /v1/meeting_agents",
        json={"join_url": JOIN, "subscriptions": [HOOK_JSON]},
        response=AGENT_JSON,
        result=AGENT,
    ),
    Example(
        endpoint="meeting_agents.schedule",
        title="at a given time",
        call=lambda client: client.meeting_agents.schedule(
            join_url=JOIN, scheduling_key="interview-7", join_time=START, subscriptions=[HOOK]
        ),
        request="POST /v1/meeting_agents",
        json={
            "join_url": JOIN,
            "scheduling_key": "interview-7",
            "join_time": "2030-02-01T09:30:00Z",
            "subscriptions": [HOOK_JSON],
        },
        status=202,
        response=None,
        result=None,
    ),
    Example(
        endpoint="meeting_agents.cancel",
        call=lambda client: client.meeting_agents.cancel("interview-7"),
        request="DELETE /v1/meeting_agents",
        json={"scheduling_key": "interview-7"},
        status=202,
        response=None,
        result=None,
    ),
    Example(
        endpoint="events.upsert",
        title="a meeting agent",
        call=lambda client: client.account(access_token="token").events.upsert(
            "cal_1",
            event_id="e-1",
            summary="Interview",
            start=START,
            end=END,
            meeting_agent=EventMeetingAgent("cronofy", display_name="Notes"),
        ),
        request="POST /v1/calendars/cal_1/events",
        json={
            "event_id": "e-1",
            "summary": "Interview",
            "start": "2030-02-01T09:30:00Z",
            "end": "2030-02-01T10:30:00Z",
            "meeting_agent": {"profile_id": "cronofy", "display_name": "Notes"},
        },
        status=202,
        response=None,
        result=None,
    ),
]

MODELS: list[ModelExample] = [
    (EventMeetingAgent("cronofy", display_name="Notes"), {"profile_id": "cronofy", "display_name": "Notes"}),
]


def test_a_resource_is_found_by_its_category() -> None:
    agent = MeetingAgent(sub="agt_1", resources=(DASHBOARD, VIDEO))

    assert agent.resource("video") is VIDEO
    assert agent.resource("audio") is None


def test_an_agent_joins_at_a_time_with_a_time_zone() -> None:
    client, transport = answering({})

    with pytest.raises(ValueError, match="has no time zone"):
        _ = client.meeting_agents.schedule(
            join_url=JOIN, scheduling_key="interview-7", join_time=START.replace(tzinfo=None)
        )

    assert transport.requests == []
