"""Scheduling conversations (alpha).

Assumed, as the docs do not specify it: participants with manual selection choose one after the other, each from the slots
that the previous one chose; the last choice is the time of the event. For all others, availability decides. If no one
selects manually, the first suitable slot is chosen immediately.

Docs: https://docs.cronofy.com/developers/api-alpha/scheduling-conversations/
"""

from __future__ import annotations

from . import operations as operations
from . import rules as rules
from .actions import SchedulingConversations
from .records import Conversation, ConversationSlot, Participant

__all__ = ["Conversation", "ConversationSlot", "Participant", "SchedulingConversations"]
