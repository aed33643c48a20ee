"""Meeting agents: they join on time, call their webhooks, and have files once a test completes them.

Docs: https://docs.cronofy.com/developers/api/meeting-agents/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from ..kernel.area import (
    AreaActions,
    Context,
    Json,
    Runtime,
    SandboxError,
    SandboxResponse,
    State,
    UnknownRecord,
    accepted,
    action,
    assumption,
    effect,
    not_found,
    ok,
    operation,
    plain,
    stored,
)
from ..kernel.times import parse_time

__all__ = ["DASHBOARD", "MeetingAgent", "MeetingAgents"]

#: The path of the dashboards of agents.
DASHBOARD: Final = "/meeting_agents/"

EXPIRE: Final = assumption(
    "storage_urls_expire",
    "The URL in the storage, which the download of a resource of a meeting agent redirects to, expires after 5 minutes. "
    "Otherwise it does not expire.",
)
LIFETIME: Final = timedelta(minutes=5)
#: The files of a completed agent: category, type, media type, and content.
FILES: Final = (
    ("transcript", "cronofy", "application/json", '{"segments": []}'),
    ("audio", "voice", "audio/mp4", "the audio of the sandbox"),
    ("video", "conference", "video/mp4", "the video of the sandbox"),
)


@attrs.define(eq=False, kw_only=True)
class StoredFile:
    """A file of an agent."""

    category: str
    type: str
    media_type: str
    content: str = attrs.field(repr=False)


@stored
@attrs.define(eq=False, kw_only=True)
class MeetingAgent:
    """A meeting agent.

    Attributes:
        sub: Its ID.
        scheduling_key: The application's key, if it was scheduled.
        state: ``waiting``, ``cancelled``, ``created`` (it has joined), ``complete``, or ``failed``.
        base_url: The URL that the client used for the sandbox.
        resources: Its files, by ID.
    """

    sub: str
    join_url: str
    scheduling_key: str | None
    join_time: datetime
    subscriptions: Sequence[Json]
    state: str
    base_url: str
    resources: dict[str, StoredFile]


@stored
@attrs.frozen(kw_only=True)
class StorageUrl:
    """A URL of a stored file, kept under its token."""

    file: StoredFile
    signed: datetime


@operation("meeting_agents.schedule")
def schedule(context: Context) -> SandboxResponse:
    """Send an agent now or schedule it."""
    body = context.body
    key = body.get("scheduling_key")
    waiting = _scheduled(context.state, key)
    if waiting is not None:
        waiting.state = "cancelled"
    agent = MeetingAgent(
        sub=context.state.new_id("agt"),
        join_url=body["join_url"],
        scheduling_key=key,
        join_time=parse_time(body["join_time"]) if "join_time" in body else context.now,
        subscriptions=list(body.get("subscriptions", ())),
        state="waiting",
        base_url=context.request.base_url,
        resources={},
    )
    context.state.table(MeetingAgent)[agent.sub] = agent
    if key is None:
        join(context.runtime, agent.sub)
        return ok(_render(agent))
    context.runtime.at(agent.join_time, join, sub=agent.sub)
    return accepted()


@effect("meeting_agents.join")
def join(runtime: Runtime, sub: str) -> None:
    """Make an agent join its conference, unless it was canceled."""
    agent = runtime.state.table(MeetingAgent)[sub]
    if agent.state == "waiting":
        agent.state = "created"
        _notify(runtime, agent, "meeting_agent_activated")


@operation("meeting_agents.cancel")
def cancel(context: Context) -> SandboxResponse:
    """Cancel a scheduled agent after the response, unless it has joined by then."""
    key = context.body["scheduling_key"]
    if not any(agent.scheduling_key == key for agent in context.state.table(MeetingAgent).values()):
        return not_found("scheduling_key: there is no such meeting agent")
    context.later(end, key=key)
    return accepted()


@effect("meeting_agents.end")
def end(runtime: Runtime, key: str) -> None:
    """Cancel the waiting agent with a key, if there is one."""
    agent = _scheduled(runtime.state, key)
    if agent is not None:
        agent.state = "cancelled"


@operation("meeting_agents.download_resource")
def download_resource(context: Context) -> SandboxResponse:
    """Redirect to the stored file."""
    files = (agent.resources for agent in context.state.table(MeetingAgent).values())
    file = next(
        (resources[context.path["resource_id"]] for resources in files if context.path["resource_id"] in resources),
        None,
    )
    if file is None:
        return not_found()
    token = context.state.new_token()
    context.state.table(StorageUrl)[token] = StorageUrl(file=file, signed=context.now)
    url = context.url(f"/storage/{token}")
    return SandboxResponse.of(302, {"resource": {"download_url": url}}, {"Location": url})


@operation("meeting_agents.stored_file")
def stored_file(context: Context) -> SandboxResponse:
    """Return a stored file."""
    signed = context.state.table(StorageUrl).get(context.path["file_token"])
    if signed is None:
        return not_found()
    if context.request.headers.get("authorization") is not None:
        return plain(403, "The URL is signed: send no Authorization header.")
    if context.now - signed.signed > LIFETIME and context.assumes(EXPIRE):
        return plain(403, "The URL has expired.")
    return SandboxResponse(
        status=200, headers={"Content-Type": signed.file.media_type}, body=signed.file.content.encode()
    )


def _scheduled(state: State, key: str | None) -> MeetingAgent | None:
    """Return the waiting agent with a key."""
    waiting = (agent for agent in state.table(MeetingAgent).values() if agent.state == "waiting")
    return next((agent for agent in waiting if key is not None and agent.scheduling_key == key), None)


def _render(agent: MeetingAgent) -> dict[str, Any]:
    return {"sub": agent.sub, "state": agent.state, "resources": list(_resources(agent))}


def _resources(agent: MeetingAgent) -> Iterator[dict[str, str]]:
    yield {"category": "cronofy", "type": "dashboard", "url": f"{agent.base_url}{DASHBOARD}{agent.sub}"}
    for ident, file in agent.resources.items():
        url = f"{agent.base_url}/v1/meeting_agents/resources/{ident}"
        yield {"category": file.category, "type": file.type, "url": url}


def _notify(runtime: Runtime, agent: MeetingAgent, interaction_type: str) -> None:
    for subscription in agent.subscriptions:
        interactions = [
            interaction
            for interaction in subscription.get("interactions", ())
            if interaction["type"] == interaction_type
        ]
        if interactions:
            message = {"notification": {"type": "event_subscription", "interactions": interactions}}
            runtime.notify(subscription["uri"], {**message, "meeting_agent": _render(agent)})


class MeetingAgents(AreaActions):
    """Actions for tests: ``sandbox.meeting_agents``."""

    @action
    def all(self) -> list[MeetingAgent]:
        """Return all agents, oldest first."""
        return list(self.state.table(MeetingAgent).values())

    @action
    def find(self, agent: object) -> MeetingAgent:
        """Return an agent by its ID or scheduling key, or by the object that the SDK returned.

        Raises:
            SandboxError: There is no such agent.
        """
        ident = getattr(agent, "sub", agent)
        matches = [
            candidate
            for candidate in self.all()
            if ident is not None and ident in {candidate.sub, candidate.scheduling_key}
        ]
        if not matches:
            raise UnknownRecord("the sandbox has no such meeting agent")
        return matches[-1]

    @action
    def complete(self, agent: object, *, transcript: str | None = None) -> MeetingAgent:
        """Complete an agent that has joined, with a transcript, an audio file, and a video, and call its webhooks.

        Args:
            agent: The agent; see ``find``.
            transcript: The text of the file with the transcript, whose format is not documented.

        Raises:
            SandboxError: There is no such agent, or it is not in its conference.
        """
        record = self._find_joined(agent)
        for category, type_, media_type, content in FILES:
            text = transcript if transcript is not None and category == "transcript" else content
            file = StoredFile(category=category, type=type_, media_type=media_type, content=text)
            record.resources[self.state.new_id("mar")] = file
        return self._finish(record, "complete")

    @action
    def fail(self, agent: object) -> MeetingAgent:
        """Make an agent that has joined fail, and call its webhooks.

        Args:
            agent: The agent; see ``find``.

        Raises:
            SandboxError: There is no such agent, or it is not in its conference.
        """
        return self._finish(self._find_joined(agent), "failed")

    def _find_joined(self, agent: object) -> MeetingAgent:
        record = self.find(agent)
        if record.state != "created":
            raise SandboxError(f"the meeting agent is {record.state}")
        return record

    def _finish(self, agent: MeetingAgent, state: str) -> MeetingAgent:
        agent.state = state
        _notify(self.runtime, agent, f"meeting_agent_{state}")
        return agent
