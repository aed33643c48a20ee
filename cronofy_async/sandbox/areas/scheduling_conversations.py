"""Scheduling conversations (alpha).

Assumed, as the docs do not specify it: participants with manual selection choose one after the other, each among the slots
that the previous one chose; the last choice is the time of the event. For all others, availability decides. If nobody
selects manually, the first suitable slot is chosen immediately.

Docs: https://docs.cronofy.com/developers/api-alpha/scheduling-conversations/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias

import attrs

from ..kernel.area import (
    Account,
    AreaActions,
    Context,
    Field,
    Json,
    Problem,
    SandboxError,
    SandboxResponse,
    State,
    action,
    assumption,
    errors_of,
    invalid,
    not_found,
    ok,
    operation,
)
from ..kernel.times import span, utc, written

__all__ = ["Conversation", "ConversationSlot", "Participant", "SchedulingConversations"]

ParticipantStatus: TypeAlias = Literal["waiting", "needs_action", "complete"]

#: Where the possible actions of participants are. Clients know it from the conversation only.
ACTIONS: Final = "/v1/scheduling_actions/"

ARE_BARE: Final = assumption(
    "conversations_are_bare",
    "A conversation is returned bare, as in the docs. Otherwise, as an official SDK expects, in the envelope "
    "``scheduling_conversation``.",
)
ARE_PRIVATE: Final = assumption(
    "conversations_are_private",
    "Only the accounts of its participants and the account that created it can access a conversation; "
    "others get a 404. Otherwise any account can read it and act in it.",
)
METHOD_IN_SLOTS: Final = assumption(
    "selection_method_is_in_slots",
    "Each participant has ``slots.selection_method``. Otherwise those after the first have "
    "``slot_choice.method``, as in an example in the docs.",
)


@attrs.frozen(kw_only=True)
class ConversationSlot:
    """A time that can be chosen."""

    slot_id: str
    start: datetime
    end: datetime


@attrs.define(eq=False, kw_only=True)
class Participant:
    """A participant of a conversation. One of ``participant_id``, ``sub`` and ``email`` is required.

    Attributes:
        participant_id: The application's ID of the participant.
        sub: Their account.
        selection_method: ``manual`` if they select a slot, ``auto`` if their availability decides.
        selected: The slots that they selected.

    Raises:
        ValueError: All of ``participant_id``, ``sub`` and ``email`` are missing.
    """

    participant_id: str | None = None
    sub: str | None = None
    email: str | None = None
    common_name: str | None = None
    selection_method: Literal["auto", "manual"] = "manual"
    selected: list[ConversationSlot] = attrs.field(factory=list[ConversationSlot])
    list_token: str = attrs.field(default="", repr=False)
    select_token: str = attrs.field(default="", repr=False)

    def __attrs_post_init__(self) -> None:
        if not (self.participant_id or self.sub or self.email):
            raise ValueError("participants: each needs a participant_id, sub or email")


@attrs.define(eq=False, kw_only=True)
class Conversation:
    """A stored scheduling conversation.

    Attributes:
        participants: The participants, the organizer first.
        made_by: The ``sub`` of the account that created it.
        chosen_slot: The agreed slot; ``None`` until it is complete.
        slot_ids: The IDs of slots that were offered, by their start.
    """

    id: str
    participants: list[Participant]
    periods: list[tuple[datetime, datetime]]
    duration: timedelta
    tzid: str
    subject: str
    made_by: str
    chosen_slot: ConversationSlot | None = None
    slot_ids: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)

    @property
    def status(self) -> Literal["in_progress", "complete"]:
        return "complete" if self.chosen_slot else "in_progress"

    @property
    def asked(self) -> Participant | None:
        """The participant whose turn it is to choose a slot."""
        waiting = (one for one in self.participants if one.selection_method == "manual" and not one.selected)
        return next(waiting, None)

    @property
    def subs(self) -> set[str]:
        """The accounts that take part in it or created it."""
        return {self.made_by, *(one.sub for one in self.participants if one.sub)}

    def status_of(self, participant: Participant) -> ParticipantStatus:
        """Return the status of a participant that Cronofy would report."""
        if self.chosen_slot:
            return "complete"
        return "needs_action" if participant is self.asked else "waiting"

    @property
    def query(self) -> dict[str, Any]:
        """Its times as an availability query."""
        members = [{"sub": one.sub} for one in self.participants if one.selection_method == "auto" and one.sub]
        return {
            "participants": [{"members": members}] if members else [],
            "required_duration": {"minutes": self.duration // timedelta(minutes=1)},
            "query_periods": [{"start": start.isoformat(), "end": end.isoformat()} for start, end in self.periods],
        }


# Operations.


@operation("scheduling_conversations.read")
def read(context: Context) -> SandboxResponse:
    """Return the state of a conversation."""
    conversation = context.state.table(Conversation).get(context.path["scheduling_conversation_id"])
    if conversation is None or not _may_see(context, conversation):
        return not_found()
    return _answer(conversation, context)


@operation("scheduling_conversations.list_slots")
def list_slots(context: Context) -> SandboxResponse:
    """Return the slots that a participant can choose."""
    for conversation, participant in _asked(context):
        if participant.list_token == context.path["token"]:
            return ok({"slots": [_slot(one) for one in _selectable(context.state, conversation)]})
    return not_found()


@operation("scheduling_conversations.select_slots")
def select_slots(context: Context) -> SandboxResponse:
    """Choose a slot for a participant."""
    for conversation, participant in _asked(context):
        if participant.select_token == context.path["token"]:
            wanted = context.body["selected_slots"][0]["slot_id"]
            slots = _selectable(context.state, conversation)
            slot = next((one for one in slots if one.slot_id == wanted), None)
            if slot is None:
                field = Field("selected_slots") / 0 / "slot_id"
                return invalid(errors_of([Problem(field, "errors.invalid", "cannot be selected")]))
            _select(context.state, conversation, slot)
            return _answer(conversation, context)
    return not_found()


def _asked(context: Context) -> list[tuple[Conversation, Participant]]:
    """Return those whose turn it is, and about whom the caller may know."""
    return [
        (conversation, conversation.asked)
        for conversation in context.state.table(Conversation).values()
        if conversation.asked is not None and _may_see(context, conversation)
    ]


def _may_see(context: Context, conversation: Conversation) -> bool:
    return context.account.sub in conversation.subs or not context.assumes(ARE_PRIVATE)


def _answer(conversation: Conversation, context: Context) -> SandboxResponse:
    shown: dict[str, Any] = {
        "scheduling_conversation_id": conversation.id,
        "participants": [_participant(conversation, one, context) for one in conversation.participants],
        "tzid": conversation.tzid,
        "required_duration": {"minutes": conversation.duration // timedelta(minutes=1)},
        "available_periods": [{"start": written(start), "end": written(end)} for start, end in conversation.periods],
        "status": conversation.status,
    }
    if slot := conversation.chosen_slot:
        shown["chosen_slot"] = {
            "available_slot_id": slot.slot_id,
            "start": written(slot.start),
            "end": written(slot.end),
        }
    return ok(shown if context.assumes(ARE_BARE) else {"scheduling_conversation": shown})


def _participant(conversation: Conversation, participant: Participant, context: Context) -> Mapping[str, Any]:
    known = {
        "participant_id": participant.participant_id,
        "sub": participant.sub,
        "email": participant.email,
        "common_name": participant.common_name,
    }
    shown: dict[str, Any] = {name: value for name, value in known.items() if value is not None}
    organizes = participant is conversation.participants[0]
    if organizes or context.assumes(METHOD_IN_SLOTS):
        shown["slots"] = {"selection_method": participant.selection_method}
    else:
        shown["slot_choice"] = {"method": participant.selection_method}
    if participant.selected:
        shown["slots"] = shown.get("slots", {}) | {"selected": [_slot(one) for one in participant.selected]}
    shown["status"] = conversation.status_of(participant)
    shown["possible_actions"] = {}
    if participant is conversation.asked:
        tokens = {"slots_list": participant.list_token, "slots_select": participant.select_token}
        shown["possible_actions"] = {name: {"url": context.url(f"{ACTIONS}{token}")} for name, token in tokens.items()}
    return shown


def _slot(slot: ConversationSlot) -> dict[str, str]:
    return {"slot_id": slot.slot_id, "start": written(slot.start), "end": written(slot.end)}


# The progress of a conversation.


def _start(state: State, conversation: Conversation) -> None:
    """Start a conversation. If nobody selects manually, choose the first suitable slot immediately."""
    state.table(Conversation)[conversation.id] = conversation
    for participant in conversation.participants:
        participant.list_token, participant.select_token = state.new_token(), state.new_token()
    if conversation.asked is None and (slots := _selectable(state, conversation)):
        _complete(state, conversation, slots[0])


def _selectable(state: State, conversation: Conversation) -> list[ConversationSlot]:
    """Return the slots that earlier choices left. A slot keeps its ID."""
    slots = [
        ConversationSlot(
            slot_id=conversation.slot_ids.setdefault(
                written(one.start), f"slt_{conversation.id[4:]}{len(conversation.slot_ids)}"
            ),
            start=one.start,
            end=one.end,
        )
        for one in state.suitable(conversation.query)
    ]
    chosen = [set(one.selected) for one in conversation.participants if one.selected]
    return [slot for slot in slots if all(slot in few for few in chosen)]


def _select(state: State, conversation: Conversation, slot: ConversationSlot) -> None:
    """Choose a slot for the participant whose turn it is."""
    asked = conversation.asked
    assert asked is not None  # the caller has checked this
    asked.selected = [slot]
    if conversation.asked is None:
        _complete(state, conversation, slot)


def _complete(state: State, conversation: Conversation, slot: ConversationSlot) -> None:
    """Write the event. Assumed: into the first calendar of each participant's account."""
    conversation.chosen_slot = slot
    details = {"summary": conversation.subject, "tzid": conversation.tzid}
    for participant in conversation.participants:
        account = state.accounts.get(participant.sub or "")
        if account is not None:
            state.write_event(account.sub, account.calendar_id, details, slot.start, slot.end)


class SchedulingConversations(AreaActions):
    """Actions for tests: ``sandbox.scheduling_conversations``."""

    @action
    def add(
        self,
        participants: Iterable[Account | Participant | Json],
        *,
        periods: Iterable[tuple[datetime, datetime]] = (),
        duration: timedelta = timedelta(hours=1),
        tzid: str = "Etc/UTC",
        subject: str = "Meeting",
        made_by: Account | str | None = None,
    ) -> Conversation:
        """Start a scheduling conversation.

        Args:
            participants: The participants, the organizer first: accounts, ``Participant`` objects, or mappings with the
                attributes of ``Participant``. For accounts, the organizer's selection method is ``auto``, and that of
                all others ``manual``.
            periods: The periods to search, as pairs of times with a time zone. Defaults to tomorrow, 9:00 to 18:00 UTC.
            duration: The length of the event, in whole minutes, at least one minute.
            tzid: The time zone of the event.
            subject: The summary of the event.
            made_by: The account that created it, or its ``sub``. Defaults to the first participant with an account.

        Raises:
            ValueError: No participant has an account and ``made_by`` is missing, so that nobody could read it; a period
                is invalid; or ``duration`` is less than a minute.
        """
        joined = [_joined(one, organizes=index == 0) for index, one in enumerate(participants)]
        maker = made_by.sub if isinstance(made_by, Account) else made_by
        accounts = [sub for sub in (maker, *(one.sub for one in joined)) if sub in self.state.accounts]
        if not joined or not accounts:
            raise ValueError("participants: at least one must be an account. Otherwise pass made_by.")
        if duration < timedelta(minutes=1):
            raise ValueError(f"duration: must be at least one minute, got {duration}")
        tomorrow = self.runtime.now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        conversation = Conversation(
            id=self.state.new_id("scv"),
            participants=joined,
            periods=[span(*one) for one in periods]
            or [(tomorrow + timedelta(hours=9), tomorrow + timedelta(hours=18))],
            duration=duration,
            tzid=tzid,
            subject=subject,
            made_by=accounts[0],
        )
        _start(self.state, conversation)
        return conversation

    @action
    def all(self) -> list[Conversation]:
        """Return all conversations, oldest first."""
        return list(self.state.table(Conversation).values())

    @action
    def find(self, conversation: object) -> Conversation:
        """Return a conversation by its ID, or by the object that the SDK returned.

        Raises:
            SandboxError: There is no such conversation.
        """
        name = getattr(conversation, "scheduling_conversation_id", conversation)
        if isinstance(name, Conversation):
            return name
        found = self.state.table(Conversation).get(name) if isinstance(name, str) else None
        if found is None:
            raise SandboxError("the sandbox has no such conversation")
        return found

    @action
    def slots(self, conversation: object) -> list[ConversationSlot]:
        """Return the slots that the participant whose turn it is can select; an empty list if it is nobody's turn."""
        found = self.find(conversation)
        return _selectable(self.state, found) if found.asked else []

    @action
    def select(self, conversation: object, start: datetime | None = None) -> ConversationSlot:
        """Select a slot for the participant whose turn it is. The last selection completes the conversation.

        Args:
            conversation: The conversation, or its ID.
            start: The start of the slot, with a time zone. Defaults to the first slot.

        Raises:
            ValueError: The start is naive.
            SandboxError: It is nobody's turn, or there is no such slot.
        """
        start = start and utc("start", start)
        found = self.find(conversation)
        if found.asked is None:
            raise SandboxError(f"{found.id} is {found.status}, and no participant is waiting to select a slot")
        offered = self.slots(found)
        slot = next((one for one in offered if start is None or one.start == start), None)
        if slot is None:
            raise SandboxError(
                f"{found.id} offers no slot"
                + (f" that starts at {start}" if start else "")
                + f". It offers {len(offered)} slots: see slots()."
            )
        _select(self.state, found, slot)
        return slot


def _joined(one: Account | Participant | Json, *, organizes: bool) -> Participant:
    if isinstance(one, Participant):
        return attrs.evolve(one, selected=[])  # it may be in another conversation too
    if isinstance(one, Account):
        method: Literal["auto", "manual"] = "auto" if organizes else "manual"
        return Participant(sub=one.sub, email=one.email, common_name=one.name, selection_method=method)
    return Participant(**one)
