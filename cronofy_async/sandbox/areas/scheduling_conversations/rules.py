"""The rules of new scheduling conversations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from ...kernel.area import Context, Field, Json, Problem, Problems, rule
from ...kernel.times import format_time, parse_duration, parse_time

__all__: list[str] = []

DOCS: Final = "https://docs.cronofy.com/developers/api-alpha/scheduling-conversations/create/"


@rule("NewConversationParticipant", docs=DOCS)
def participants_can_be_identified(participant: Json, field: Field, context: Context) -> Problems:
    """Each participant of a conversation has a ``participant_id``, ``sub`` or ``email``."""
    if not any(participant.get(name) for name in ("participant_id", "sub", "email")):
        yield Problem(field / "participant_id", "errors.required", "must be specified, or sub, or email")


@rule("NewConversationParticipant", docs=DOCS, fidelity="assumed")
def accounts_of_participants_are_known(participant: Json, field: Field, context: Context) -> Problems:
    """Accounts that take part in a new conversation have authorized the application."""
    if "sub" in participant and participant["sub"] not in context.state.accounts:
        yield Problem(field / "sub", "errors.unknown", "is not an account of this application")


@rule("NewConversation", docs=DOCS)
def conversation_duration_above_zero(conversation: Json, field: Field, context: Context) -> Problems:
    """``required_duration`` of a conversation is greater than zero."""
    if not parse_duration(conversation["required_duration"]):
        yield Problem(field / "required_duration", "errors.invalid", "must be greater than zero")


@rule("NewConversation", docs=DOCS)
def conversation_periods_start_in_the_future(conversation: Json, field: Field, context: Context) -> Problems:
    """A period of a conversation starts in the future."""
    for period, start, _ in _periods(conversation, field):
        if start <= context.now:
            yield Problem(
                period / "start",
                "errors.invalid",
                f"must be in the future; in the sandbox it is {format_time(context.now)}",
            )


@rule("NewConversation", docs=DOCS)
def conversation_periods_last_a_minute(conversation: Json, field: Field, context: Context) -> Problems:
    """A period of a conversation lasts at least a minute."""
    for period, start, end in _periods(conversation, field):
        if end - start < timedelta(minutes=1):
            yield Problem(period / "end", "errors.invalid", "must be at least 1 minute after the start")


@rule("NewConversation", docs=DOCS)
def conversation_periods_within_35_days(conversation: Json, field: Field, context: Context) -> Problems:
    """A period of a conversation ends within 35 days of the earliest start."""
    periods = list(_periods(conversation, field))
    earliest = min(start for _, start, _ in periods)
    for period, _, end in periods:
        if end - earliest > timedelta(days=35):
            yield Problem(period / "end", "errors.invalid", "must be within 35 days of the earliest start")


def _periods(conversation: Json, field: Field) -> Iterator[tuple[Field, datetime, datetime]]:
    for index, period in enumerate(conversation["available_periods"]):
        yield field / "available_periods" / index, parse_time(period["start"]), parse_time(period["end"])
