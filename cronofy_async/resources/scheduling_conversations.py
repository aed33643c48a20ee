"""Scheduling conversations (alpha).

Docs: https://docs.cronofy.com/developers/api-alpha/scheduling-conversations/
"""

from __future__ import annotations

from typing import Final

from ..call import Call, returns_call
from ..http import Endpoint
from ..models.scheduling_conversations import SchedulingConversation
from .base import Resource, read_as

__all__ = ["SchedulingConversations"]

READ: Final = Endpoint(
    name="scheduling_conversations.read",
    method="GET",
    path="/v1/scheduling_conversations/{scheduling_conversation_id}",
    credential="account",
    idempotent=True,
    stability="alpha",
)

ENVELOPE: Final = "scheduling_conversation"


class SchedulingConversations(Resource):
    """``account.scheduling_conversations``"""

    __slots__ = ()

    @returns_call
    def read(self, scheduling_conversation_id: str) -> Call[SchedulingConversation]:
        """Read a conversation.

        Args:
            scheduling_conversation_id: its id (``scv_…``).

        Raises:
            ValueError: the id is empty.
            NotFound, ApiError, TransportError: when it is awaited.

        Docs: https://docs.cronofy.com/developers/api-alpha/scheduling-conversations/read/
        """
        path = {"scheduling_conversation_id": scheduling_conversation_id}
        return self._call(READ, read_as(SchedulingConversation, ENVELOPE), path=path)
