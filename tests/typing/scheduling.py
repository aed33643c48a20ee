"""Sequences, registrations, conversations, invites and attachments as a user writes them. It is never run."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, assert_type
from zoneinfo import ZoneInfo

from cronofy_async import CronofyAccount, CronofyClient
from cronofy_async.models import (
    Attachment,
    AttachmentRef,
    BookableEvent,
    ConversationChanged,
    CreatedSequencingLink,
    EventTemplate,
    InviteEvent,
    InviteRecipient,
    Member,
    NewParticipant,
    Notification,
    OAuth,
    ParticipantGroup,
    Recipient,
    RegistrationLimit,
    SchedulingConversation,
    SequencingAvailability,
    SequencingLink,
    SequencingStep,
    SlotSelection,
    SmartInvite,
    SmartInviteReplied,
)

START = datetime(2030, 2, 1, 9, 30, tzinfo=UTC)
END = START + timedelta(hours=1)


async def register(client: CronofyClient) -> None:
    event = await client.bookable_events.create("a", start=START, end=END, registration=RegistrationLimit(12))
    assert_type(event, BookableEvent)
    event = await client.bookable_events.upsert_registration(event.id, registration_id="b", status="a new one")
    event = await client.bookable_events.remove_registration(event.id, "b")
    await client.bookable_events.create("a", start=START, end=END, registration={"capacity": 1}, status=7)  # type: ignore[arg-type]


async def follow(client: CronofyClient) -> None:
    step = SequencingStep(
        sequence_id="a",
        participants=[ParticipantGroup([Member("acc_1")])],
        required_duration=timedelta(minutes=30),
        event=EventTemplate(event_id="b", summary="c"),
    )
    link = await client.real_time_sequencing.create(
        oauth=OAuth("https://x"),
        event=EventTemplate(event_id="d", summary="e", tzid=ZoneInfo("Europe/Berlin")),
        availability=SequencingAvailability(sequence=[step, {}], query_periods=[(START, END)]),
    )
    assert_type(link, CreatedSequencingLink)
    assert_type(link.token, str)
    assert_type(await client.real_time_sequencing.disable(link, display_message="f"), SequencingLink)


async def agree(account: CronofyAccount, client: CronofyClient) -> None:
    conversation = await account.scheduling_conversations.create(
        participants=[NewParticipant(sub="acc_1", slots=SlotSelection("auto")), {"email": "b"}],
        required_duration=timedelta(minutes=30),
        available_periods=[(START, END), {"start": "c", "end": "d"}],
    )
    assert_type(conversation, SchedulingConversation)
    found = await account.scheduling_conversations.lookup("token")
    assert_type(found.participant.participant_id, str | None)
    assert_type(found.scheduling_conversation, SchedulingConversation)
    await client.scheduling_conversations.lookup("token")  # type: ignore[attr-defined]


async def invite(client: CronofyClient) -> None:
    event = InviteEvent(summary="a", start=date(2030, 2, 1), end={"time": "2030-02-02", "tzid": "Etc/UTC"})
    single_invite = await client.smart_invites.upsert("b", recipient=Recipient("c"), event=event)
    assert_type(single_invite, SmartInvite)
    assert_type(single_invite.icalendar, str | None)
    several = await client.smart_invites.upsert_multiple("d", recipients=[Recipient("e")], event=event)
    assert_type(several.recipients, tuple[InviteRecipient, ...])
    assert_type((await client.smart_invites.cancel("b")).removed, Any)
    file = Attachment.of(b"f", file_name="g.pdf", content_type="application/pdf")
    assert_type((await client.attachments.create(attachment=file)).ref, AttachmentRef)


def receive(notification: Notification) -> str | None:
    match notification:
        case SmartInviteReplied(reply=reply):
            assert_type(reply, InviteRecipient)
            return reply.status
        case ConversationChanged():
            return notification.scheduling_conversation_id
        case _:
            return None
