"""Links, sequences, conversations, bookable events, Smart Invites, and attachments."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cronofy_async import ValidationFailed
from cronofy_async.models import (
    Attachment,
    AvailabilityQuery,
    CreatedLink,
    EventTemplate,
    InviteEvent,
    Member,
    NewParticipant,
    OAuth,
    ParticipantGroup,
    Recipient,
    RegistrationLimit,
    SequencingAvailability,
    SequencingStep,
    SlotSelection,
    TargetCalendar,
)
from cronofy_async.sandbox import SandboxError

from ..support import at
from .exercise import Site, exercise

HOUR = timedelta(hours=1)
DONE = OAuth("https://app.example.com/done")
PAT, LEE = Recipient("pat@example.com"), Recipient("lee@example.com")
FITTING = InviteEvent(summary="Fitting", start=at(9), end=at(10), tzid="Europe/Paris")


async def create_link(site: Site) -> CreatedLink:
    return await site.cronofy.real_time_scheduling.create(
        oauth=DONE,
        event=EventTemplate(event_id="intro-1", summary="Intro", tzid="Europe/London"),
        availability=AvailabilityQuery(
            participants=[ParticipantGroup([Member(site.ada.sub)])],
            required_duration=HOUR,
            query_periods=[(at(9), at(12))],
        ),
        target_calendars=[TargetCalendar(sub=site.ada.sub, calendar_id=site.ada.calendar_id)],
    )


@exercise("real_time_scheduling.create", "real_time_scheduling.status", "real_time_scheduling.status_by_token")
async def a_link_is_booked(site: Site) -> None:
    links = site.cronofy.real_time_scheduling
    link = await create_link(site)
    assert (await links.status(link)).status == "open"

    await site.sandbox.book(link)

    assert (await links.status(link)).status == "completed"
    assert (await links.status_by_token(link.token)).start == at(9)
    assert [event.event_id for event in await site.events()] == ["intro-1"]


@exercise("real_time_scheduling.disable")
async def a_link_is_disabled(site: Site) -> None:
    link = await create_link(site)
    await site.cronofy.real_time_scheduling.disable(link, display_message="Gone.")

    assert (await site.cronofy.real_time_scheduling.status(link)).status == "disabled"
    with pytest.raises(SandboxError):
        await site.sandbox.book(link)


@exercise("real_time_sequencing.create", "real_time_sequencing.disable")
async def a_sequence_is_offered_until_it_is_disabled(site: Site) -> None:
    step = SequencingStep(
        sequence_id="one",
        participants=[ParticipantGroup([Member(site.ada.sub)])],
        required_duration=HOUR,
        event=EventTemplate(event_id="loop-1", summary="Interview"),
    )
    link = await site.cronofy.real_time_sequencing.create(
        oauth=DONE,
        event=EventTemplate(event_id="loop", summary="Interviews", tzid="Europe/London"),
        availability=SequencingAvailability(sequence=[step], query_periods=[(at(9), at(12))]),
    )
    stored = site.sandbox.real_time_sequencing.find(link.real_time_sequencing_id)
    assert len(site.sandbox.real_time_sequencing.sequences(stored)) == 3

    disabled = await site.cronofy.real_time_sequencing.disable(link, display_message="Gone.")

    assert disabled.status == "disabled"
    with pytest.raises(SandboxError):
        site.sandbox.real_time_sequencing.book(stored)


@exercise(
    "scheduling_conversations.create",
    "scheduling_conversations.lookup",
    "scheduling_conversations.read",
    "scheduling_conversations.list_slots",
    "scheduling_conversations.select_slots",
)
async def two_people_agree_on_a_time(site: Site) -> None:
    created = await site.account.scheduling_conversations.create(
        participants=[
            NewParticipant(sub=site.ada.sub, slots=SlotSelection("auto")),
            NewParticipant(participant_id="kim", slots=SlotSelection("manual")),
        ],
        required_duration=HOUR,
        available_periods=[(at(9), at(12))],
    )
    bob = site.sandbox.add_account("bob@example.com")
    token = site.sandbox.scheduling_conversations.join(created, bob)
    conversations = site.of(bob).scheduling_conversations

    result = await conversations.lookup(token)
    kim = (await conversations.read(created)).participant("kim")
    assert kim is not None
    slots = await conversations.list_slots(kim)
    await conversations.select_slots(kim, selected_slots=[slots.slots[0]])

    assert result.participant.participant_id == "kim"
    seen = await site.account.scheduling_conversations.read(created)
    assert (seen.is_complete, seen.chosen_slot and seen.chosen_slot.start) == (True, at(9))


@exercise(
    "bookable_events.create",
    "bookable_events.read",
    "bookable_events.registrations_page",
    "bookable_events.upsert_registration",
    "bookable_events.remove_registration",
)
async def people_register_for_an_event(site: Site) -> None:
    events = site.cronofy.bookable_events
    await events.create("yoga", start=at(9), end=at(10), registration=RegistrationLimit(3))
    for name in ("ada", "bob", "kim"):
        await events.upsert_registration("yoga", registration_id=name, status="accepted")
    with pytest.raises(ValidationFailed):
        await events.upsert_registration("yoga", registration_id="lee", status="accepted")

    await events.remove_registration("yoga", "bob")

    yoga = await events.read("yoga")
    assert yoga.registration.seats_left == 1
    assert yoga.registration.next_page is not None
    page = await events.registrations_page("yoga", yoga.registration.next_page.rpartition("/")[2])
    statuses = {item.registration_id: item.status for item in (*yoga.registration.items, *page.items)}
    assert statuses == {"ada": "accepted", "bob": "removed", "kim": "accepted"}


@exercise("smart_invites.upsert", "smart_invites.status", "smart_invites.cancel")
async def an_invite_is_answered_and_cancelled(site: Site) -> None:
    invites = site.cronofy.smart_invites
    invite = await invites.upsert("order-77", recipient=PAT, event=FITTING)
    assert "METHOD:REQUEST" in (invite.icalendar or "")

    await site.sandbox.smart_invites.reply("order-77", "accepted")
    seen = await invites.status("order-77", recipient_email=PAT.email)
    assert seen.recipient is not None
    assert seen.recipient.status == "accepted"

    cancelled = await invites.cancel("order-77", recipient=PAT)
    assert "METHOD:CANCEL" in (cancelled.icalendar or "")
    with pytest.raises(SandboxError, match="is cancelled"):
        await site.sandbox.smart_invites.reply("order-77", "declined")


@exercise("smart_invites.upsert_multiple", "smart_invites.remove_recipient")
async def several_people_are_invited_and_one_is_removed(site: Site) -> None:
    invites = site.cronofy.smart_invites
    await invites.upsert_multiple("team-1", recipients=[PAT, LEE], event=FITTING)
    assert len((await invites.status("team-1")).recipients) == 2

    await invites.remove_recipient("team-1", recipient=LEE)

    assert [recipient.email for recipient in (await invites.status("team-1")).recipients] == [PAT.email]


@exercise("attachments.create")
async def a_file_is_uploaded(site: Site) -> None:
    file = Attachment.of(b"offer", file_name="offer.pdf", content_type="application/pdf")
    uploaded = await site.cronofy.attachments.create(attachment=file)

    assert site.sandbox.attachments.find(uploaded).content == b"offer"  # the API has no way to read it
