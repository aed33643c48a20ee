"""Meeting agents, which join a conference and record it (beta).

Docs: https://docs.cronofy.com/developers/api/meeting-agents/
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, overload

from .._json import Json
from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..downloads import Download
from ..http import Endpoint
from ..models.event_parts import Subscription
from ..models.meeting_agents import MeetingAgent, MeetingAgentResource
from .base import Resource, StabilityOptions, delete, post

__all__ = ["MeetingAgents"]

_AGENTS: Final = "/v1/meeting_agents"
_BETA: Final[StabilityOptions] = {"stability": "beta"}

SCHEDULE: Final = post("meeting_agents.schedule", _AGENTS, None, auth={"api_key"}, **_BETA)
#: The same without a time: the agent joins immediately, and the response describes it.
SEND: Final = post(SCHEDULE.name, _AGENTS, MeetingAgent, auth={"api_key"}, **_BETA)
CANCEL: Final = delete("meeting_agents.cancel", _AGENTS, auth={"api_key"}, **_BETA)
# Its path is not documented: clients get the URL from a resource.
DOWNLOAD_RESOURCE: Final[Endpoint[None]] = Endpoint(
    name="meeting_agents.download_resource",
    method="GET",
    path="{meeting_agent.resources[].url}",
    response_model=None,
    auth={"api_key"},
    accept={301, 302, 303, 307, 308},
    **_BETA,
)


class MeetingAgents(Resource):
    """Send meeting agents to conferences, and download what they recorded.

    An agent of an event is sent with ``account.events.upsert(..., meeting_agent=EventMeetingAgent("cronofy"))`` instead.
    """

    __slots__ = ()

    @overload
    def schedule(
        self, *, join_url: str, subscriptions: Sequence[Subscription | Json] | Unset = UNSET
    ) -> Call[MeetingAgent]: ...

    @overload
    def schedule(
        self,
        *,
        join_url: str,
        scheduling_key: str,
        join_time: datetime,
        subscriptions: Sequence[Subscription | Json] | Unset = UNSET,
    ) -> Call[None]: ...

    @returns_call
    def schedule(
        self,
        *,
        join_url: str,
        scheduling_key: str | Unset = UNSET,
        join_time: datetime | Unset = UNSET,
        subscriptions: Sequence[Subscription | Json] | Unset = UNSET,
    ) -> Call[Any]:
        """Send a meeting agent to a conference, immediately or at a given time (beta).

        If the response is lost, the request is not retried, since the docs do not say whether another agent would join.

        Args:
            join_url: The URL of the conference.
            scheduling_key: Your unique key of the agent, to cancel it with; only with ``join_time``.
            join_time: When it joins; only with ``scheduling_key``. Without both, it joins immediately.
            subscriptions: Webhooks for ``meeting_agent_activated``, ``meeting_agent_complete``, and
                ``meeting_agent_failed``. They are the only way to learn the resources of an agent that joins later.

        Returns:
            A call for the agent if it joins immediately; otherwise Cronofy returns nothing.

        Raises:
            ValueError: ``join_time`` is naive.
            ValidationFailed: Cronofy rejected a member.

        Example::

            hook = Subscription(uri="https://app.example.com/agents", interactions=[Interaction("meeting_agent_complete")])
            await client.meeting_agents.schedule(
                join_url="https://meet.example.com/x", scheduling_key="interview-7", join_time=start, subscriptions=[hook]
            )

        Docs: https://docs.cronofy.com/developers/api/meeting-agents/schedule/
        """
        return self._call(SEND if scheduling_key is UNSET and join_time is UNSET else SCHEDULE, locals())

    @returns_call
    def cancel(self, scheduling_key: str) -> Call[None]:
        """Cancel a scheduled meeting agent (beta). This takes effect later; an agent that is already joining stays.

        Args:
            scheduling_key: Your key of the agent.

        Raises:
            NotFound: There is no such agent. (Cronofy does not document the status.)

        Example::

            await client.meeting_agents.cancel("interview-7")

        Docs: https://docs.cronofy.com/developers/api/meeting-agents/cancel-scheduled/
        """
        return self._call(CANCEL, locals())

    def download_resource(self, resource: MeetingAgentResource | str) -> Download:
        """Return the download of a resource, such as a transcript or a recording, to be used with ``async with`` (beta).

        Cronofy redirects to a storage host. The file is streamed from there without the application's secret, and may
        be of any size. No other call follows redirects.

        Args:
            resource: The resource of a meeting agent, or its URL, from ``schedule`` or a callback.

        Returns:
            A ``Download``. Its ``content_type`` and ``size`` are known within the block, and ``async for`` yields the
            file in parts of bytes.

        Raises:
            ValueError: The resource has no URL.
            DecodeError: The URL is not on the client's API host. (The URL of the ``dashboard`` is for browsers.)
                Or, when it is entered: the redirect does not lead to an ``https`` URL.
            DownloadFailed: When it is entered: the storage host returned an error.
            NotFound: When it is entered: there is no such resource.

        Example::

            async with client.meeting_agents.download_resource(resource) as download:
                with open("recording.mp4", "wb") as file:
                    async for part in download:
                        file.write(part)

        Docs: https://docs.cronofy.com/developers/api/meeting-agents/resource-download/
        """
        return Download(
            self._follow(DOWNLOAD_RESOURCE, _url(resource), found_at="$.meeting_agent.resources[].url"), self._sender
        )


def _url(resource: MeetingAgentResource | str) -> str:
    url = resource if isinstance(resource, str) else resource.url
    if not url:
        raise ValueError(
            "resource: expected a resource with a URL, got none. Cronofy sends the URL when the meeting agent is done."
        )
    return url
