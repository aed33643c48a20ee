"""Meeting agents, which join a conference and record it (beta).

Docs: https://docs.cronofy.com/developers/api/meeting-agents/
"""

from __future__ import annotations

from typing import Literal

import attrs

from .base import ResponseModel

__all__ = ["MeetingAgent", "MeetingAgentResource"]


@attrs.frozen(kw_only=True)
class MeetingAgentResource(ResponseModel):
    """Something that a meeting agent made, such as a transcript.

    Attributes:
        category: ``cronofy``, ``transcript``, ``audio``, ``video``, or a category added later.
        type: The kind within the category, such as ``dashboard``.
        url: Where it is. The ``dashboard`` is for browsers.
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
