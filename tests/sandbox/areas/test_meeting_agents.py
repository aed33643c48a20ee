"""Meeting agents: they join, call their webhooks, and have files to download."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import attrs
import pytest

from cronofy_async import DownloadFailed
from cronofy_async.sandbox import Delivery, Sandbox, SandboxError

from ..support import NOW, Json, at, call, raw, text

PATH = "/v1/meeting_agents"
APP = "https://app.example.com"
JOIN = "https://meet.example.com/x"
KINDS = ["meeting_agent_activated", "meeting_agent_complete", "meeting_agent_failed"]
HOOK: Json = {"type": "webhook", "uri": f"{APP}/agents", "interactions": [{"type": kind} for kind in KINDS]}
NOW_FORM: Json = {"join_url": JOIN, "subscriptions": [HOOK]}
LATER: Json = {"join_url": JOIN, "scheduling_key": "one", "join_time": text(at(9)), "subscriptions": [HOOK]}


@attrs.define
class Received:
    """The callbacks of the application."""

    bodies: list[Json] = attrs.field(factory=list[Json])

    def __call__(self, delivery: Delivery) -> None:
        self.bodies.append(delivery.json)

    @property
    def kinds(self) -> list[str]:
        return [interaction["type"] for body in self.bodies for interaction in body["notification"]["interactions"]]


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


@pytest.fixture
def received(sandbox: Sandbox) -> Received:
    received = Received()
    sandbox.mount(APP, received)
    return received


async def test_an_agent_joins_immediately(sandbox: Sandbox, received: Received) -> None:
    reply = await call(sandbox, "POST", PATH, NOW_FORM)
    await sandbox.wait_for_callbacks()

    (agent,) = sandbox.meeting_agents.all()
    assert reply.status == 200
    assert reply.json == {
        "sub": agent.sub,
        "state": "created",
        "resources": [
            {"category": "cronofy", "type": "dashboard", "url": f"http://sandbox.test/meeting_agents/{agent.sub}"}
        ],
    }
    assert agent.sub.startswith("agt_")
    assert received.bodies == [
        {
            "notification": {"type": "event_subscription", "interactions": [{"type": "meeting_agent_activated"}]},
            "meeting_agent": reply.json,
        }
    ]


async def test_a_scheduled_agent_joins_at_its_time(sandbox: Sandbox, received: Received) -> None:
    reply = await raw(sandbox, "POST", PATH, LATER)
    assert (reply.status, reply.body) == (202, b"")
    await sandbox.wait_for_callbacks()
    assert received.kinds == []

    sandbox.clock.advance(at(9) - NOW)
    await sandbox.wait_for_callbacks()

    assert received.kinds == ["meeting_agent_activated"]
    assert sandbox.meeting_agents.find("one").state == "created"


async def test_a_canceled_agent_does_not_join(sandbox: Sandbox, received: Received) -> None:
    await call(sandbox, "POST", PATH, LATER)

    reply = await raw(sandbox, "DELETE", PATH, {"scheduling_key": "one"})
    sandbox.clock.advance(at(9) - NOW)
    await sandbox.wait_for_callbacks()

    assert (reply.status, reply.body) == (202, b"")
    assert received.kinds == []
    assert sandbox.meeting_agents.find("one").state == "cancelled"


async def test_canceling_an_agent_that_has_joined_has_no_effect(sandbox: Sandbox) -> None:
    await call(sandbox, "POST", PATH, {**LATER, "subscriptions": []})
    sandbox.clock.advance(at(9) - NOW)

    assert (await call(sandbox, "DELETE", PATH, {"scheduling_key": "one"})).status == 202

    assert sandbox.meeting_agents.find("one").state == "created"


async def test_a_second_request_with_the_same_key_replaces_the_first(sandbox: Sandbox, received: Received) -> None:
    await call(sandbox, "POST", PATH, LATER)
    await call(sandbox, "POST", PATH, {**LATER, "join_time": text(at(10))})

    sandbox.clock.advance(at(11) - NOW)
    await sandbox.wait_for_callbacks()

    assert [agent.state for agent in sandbox.meeting_agents.all()] == ["cancelled", "created"]
    assert received.kinds == ["meeting_agent_activated"]


async def test_an_agent_completes_or_fails(sandbox: Sandbox, received: Received) -> None:
    first = (await call(sandbox, "POST", PATH, NOW_FORM)).json["sub"]
    second = (await call(sandbox, "POST", PATH, NOW_FORM)).json["sub"]

    sandbox.meeting_agents.complete(first)
    sandbox.meeting_agents.fail(second)
    await sandbox.wait_for_callbacks()

    assert received.kinds[-2:] == KINDS[1:]
    agent = received.bodies[-2]["meeting_agent"]
    assert (agent["sub"], agent["state"]) == (first, "complete")
    assert [resource["category"] for resource in agent["resources"]] == ["cronofy", "transcript", "audio", "video"]
    assert received.bodies[-1]["meeting_agent"]["state"] == "failed"


async def test_only_subscribed_webhooks_are_called(sandbox: Sandbox, received: Received) -> None:
    hook = {**HOOK, "interactions": [{"type": "meeting_agent_failed"}]}
    agent = (await call(sandbox, "POST", PATH, {"join_url": JOIN, "subscriptions": [hook]})).json["sub"]
    sandbox.meeting_agents.complete(agent)
    await sandbox.wait_for_callbacks()

    assert received.kinds == []


async def test_actions_require_an_agent_that_has_joined(sandbox: Sandbox) -> None:
    await call(sandbox, "POST", PATH, LATER)

    with pytest.raises(SandboxError, match="the meeting agent is waiting"):
        sandbox.meeting_agents.complete("one")
    with pytest.raises(SandboxError, match="the meeting agent is waiting"):
        sandbox.meeting_agents.fail("one")
    for nothing in ("two", None):
        with pytest.raises(SandboxError, match="no such meeting agent"):
            sandbox.meeting_agents.find(nothing)


@pytest.mark.parametrize(
    ("method", "body", "field"),
    [
        ("POST", {}, "join_url"),
        ("POST", {"join_url": "x"}, "join_url"),
        ("POST", {"join_url": JOIN, "join_time": text(at(9))}, "scheduling_key"),
        ("POST", {"join_url": JOIN, "scheduling_key": ""}, "scheduling_key"),
        ("POST", {"join_url": JOIN, "subscriptions": [{"type": "webhook"}]}, "subscriptions[0].uri"),
        ("DELETE", {}, "scheduling_key"),
    ],
)
async def test_invalid_requests_are_rejected(sandbox: Sandbox, method: str, body: Json, field: str) -> None:
    assert list((await call(sandbox, method, PATH, body)).errors) == [field]


async def test_an_unknown_agent_cannot_be_canceled(sandbox: Sandbox) -> None:
    assert (await call(sandbox, "DELETE", PATH, {"scheduling_key": "one"})).status == 404


# Stored files.


async def resource(sandbox: Sandbox) -> str:
    """Return the path of the transcript of a completed agent."""
    agent = (await call(sandbox, "POST", PATH, {"join_url": JOIN})).json["sub"]
    result = sandbox.meeting_agents.complete(agent, transcript="Hello.")
    return f"{PATH}/resources/{next(iter(result.resources))}"


async def test_a_download_redirects_to_a_signed_url(sandbox: Sandbox) -> None:
    reply = await call(sandbox, "GET", await resource(sandbox))

    assert reply.status == 302
    url: str = reply.json["resource"]["download_url"]
    assert reply.headers["Location"] == url
    path = urlsplit(url).path
    file = await raw(sandbox, "GET", path, token=None)
    assert (file.status, file.body, file.headers["Content-Type"]) == (200, b"Hello.", "application/json")
    refused = await raw(sandbox, "GET", path)
    assert (refused.status, refused.body) == (403, b"The URL is signed: send no Authorization header.")


async def test_a_download_needs_the_client_secret(sandbox: Sandbox) -> None:
    path = await resource(sandbox)

    assert (await call(sandbox, "GET", path, token=None)).status == 401
    assert (await call(sandbox, "GET", f"{PATH}/resources/mar_0")).status == 404
    assert (await call(sandbox, "GET", "/storage/unknown", token=None)).status == 404


@pytest.mark.parametrize(("assumed", "status"), [(True, 403), (False, 200)])
async def test_a_signed_url_expires(*, assumed: bool, status: int) -> None:
    sandbox = Sandbox(now=NOW, strict=True, assume={"storage_urls_expire": assumed})
    reply = await call(sandbox, "GET", await resource(sandbox))
    path = urlsplit(reply.headers["Location"]).path

    sandbox.clock.advance(minutes=5)
    assert (await raw(sandbox, "GET", path, token=None)).status == 200
    sandbox.clock.advance(seconds=1)

    assert (await raw(sandbox, "GET", path, token=None)).status == status


async def test_the_sdk_downloads_in_process_and_reports_an_expired_url(sandbox: Sandbox) -> None:
    path = await resource(sandbox)
    async with sandbox.client() as cronofy:
        url = f"http://sandbox.invalid{path}"
        async with cronofy.meeting_agents.download_resource(url) as download:
            assert [part async for part in download] == [b"Hello."]

        sandbox.faults.add("meeting_agents.stored_file", status=403)
        with pytest.raises(DownloadFailed, match="may have expired"):
            await cronofy.meeting_agents.download_resource(url).__aenter__()


async def test_agents_survive_a_snapshot(sandbox: Sandbox) -> None:
    await call(sandbox, "POST", PATH, LATER)
    path = await resource(sandbox)
    document: Any = json.loads(json.dumps(sandbox.snapshot()))

    other = Sandbox(now=NOW, strict=True)
    other.restore(document)
    other.clock.advance(at(9) - NOW)
    other.runtime.effects.run_due()

    assert other.meeting_agents.find("one").state == "created"
    assert (await call(other, "GET", path)).status == 302


# Agents of events.


async def test_an_event_stores_its_agent_until_it_is_removed(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada@example.com")
    event = {"event_id": "e-1", "summary": "Lunch", "start": text(at(9)), "end": text(at(10))}

    async def agent(**changes: Any) -> Any:
        body = event | changes
        path = f"/v1/calendars/{ada.calendar_id}/events"
        assert (await call(sandbox, "POST", path, body, token=ada.access_token)).status == 202
        return ada.events[0].details.get("meeting_agent")

    sent = {"profile_id": "cronofy", "display_name": "Notes"}
    assert await agent(meeting_agent=sent) == sent
    assert await agent(summary="Dinner") == sent
    assert await agent(meeting_agent={"profile_id": "none"}) is None
