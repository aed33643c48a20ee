"""Scheduling conversations, as the sandbox keeps them: who takes part, and whose turn it is.

Assumed, as the docs do not say: those who are asked choose one after the other, a later one from what the earlier ones
chose; what the last one chooses is the time. Availability decides for the others, and where nobody is asked, at once.

Docs: https://docs.cronofy.com/developers/api-alpha/scheduling-conversations/
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import attrs

__all__ = ["Conversation", "ConversationSlot", "Participant"]

ParticipantStatus: TypeAlias = Literal["waiting", "needs_action", "complete"]


@attrs.frozen(kw_only=True)
class ConversationSlot:
    """A time that can be chosen."""

    slot_id: str
    start: datetime
    end: datetime


@attrs.define(eq=False, kw_only=True)
class Participant:
    """Somebody who takes part in a conversation.

    Args:
        participant_id: the application's own id of them.
        sub: their account.
        email: their address. One of these three is needed.
        common_name: their name.
        selection_method: ``manual`` if they are asked for a slot, ``auto`` if their availability decides.

    Attributes:
        selected: what they chose.

    Raises:
        ValueError: nothing says who they are.
    """

    participant_id: str | None = None
    sub: str | None = None
    email: str | None = None
    common_name: str | None = None
    selection_method: Literal["auto", "manual"] = "manual"
    selected: list[ConversationSlot] = attrs.field(factory=list[ConversationSlot], init=False)
    list_token: str = attrs.field(default="", init=False, repr=False)
    select_token: str = attrs.field(default="", init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if not (self.participant_id or self.sub or self.email):
            raise ValueError("participants: each needs a participant_id, sub or email")


@attrs.define(eq=False, kw_only=True)
class Conversation:
    """A scheduling conversation.

    Attributes:
        participants: who takes part, the organizer first.
        made_by: the ``sub`` of the account that made it.
        chosen_slot: the time, once it is complete.
    """

    id: str
    participants: list[Participant]
    periods: list[tuple[datetime, datetime]]
    duration: timedelta
    tzid: str
    subject: str
    made_by: str
    chosen_slot: ConversationSlot | None = None
    slot_ids: dict[datetime, str] = attrs.field(factory=dict[datetime, str], repr=False)

    @property
    def status(self) -> Literal["in_progress", "complete"]:
        return "complete" if self.chosen_slot else "in_progress"

    @property
    def asked(self) -> Participant | None:
        """Whose turn it is to choose a slot."""
        waiting = (one for one in self.participants if one.selection_method == "manual" and not one.selected)
        return next(waiting, None)

    @property
    def subs(self) -> set[str]:
        """The accounts it is about."""
        return {self.made_by, *(one.sub for one in self.participants if one.sub)}

    def status_of(self, participant: Participant) -> ParticipantStatus:
        """The status of a participant that Cronofy would report."""
        if self.chosen_slot:
            return "complete"
        return "needs_action" if participant is self.asked else "waiting"

    @property
    def query(self) -> dict[str, Any]:
        """When it could be, as an availability query."""
        members = [{"sub": one.sub} for one in self.participants if one.selection_method == "auto" and one.sub]
        return {
            "participants": [{"members": members}] if members else [],
            "required_duration": {"minutes": self.duration // timedelta(minutes=1)},
            "query_periods": [{"start": start.isoformat(), "end": end.isoformat()} for start, end in self.periods],
        }
