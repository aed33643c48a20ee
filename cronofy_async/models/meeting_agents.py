"""Meeting agents, which join a conference and record it (beta).

Docs: https://docs.cronofy.com/developers/api/meeting-agents/
"""

from __future__ import annotations

from typing import Literal

import attrs

from .._unset import UNSET, Unset
from .base import RequestModel, ResponseModel

__all__ = ["EventMeetingAgent", "MeetingAgent", "MeetingAgentResource"]


@attrs.frozen
class EventMeetingAgent(RequestModel):
    """The meeting agent of an event.

    Args:
        profile_id: ``cronofy`` sends an agent to the conference of the event, ``none`` removes it.
        display_name: The name that the agent shows in the conference.
    """

    profile_id: Literal["cronofy", "none"] | str
    display_name: str | Unset = attrs.field(default=UNSET, kw_only=True)


@attrs.frozen(kw_only=True)
class MeetingAgentResource(ResponseModel):
    """A file or page of a meeting agent, such as a transcript.

    Attributes:
        category: ``cronofy``, ``transcript``, ``audio``, ``video``, or a category added later.
        type: The kind within the category, such as ``dashboard``.
        url: The URL; see ``meeting_agents.download_resource``. That of the ``dashboard`` is for browsers.
    """

    category: str | None = None
    type: str | None = None
    url: str | None = None


@attrs.frozen(kw_only=True)
class MeetingAgent(ResponseModel):
    """The state of a meeting agent.

    Attributes:
        sub: Its ID (``agt_…``).
        state: ``created``, ``complete``, or a state added later.
        resources: What it made.
    """

    sub: str | None = None
    state: Literal["created", "complete"] | str | None = None
    resources: tuple[MeetingAgentResource, ...] = ()

    def resource(self, category: str) -> MeetingAgentResource | None:
        """Return the first resource of a category, such as ``transcript``; ``None`` if there is none."""
        return next((resource for resource in self.resources if resource.category == category), None)
