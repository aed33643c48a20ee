"""Calendars and events as a user writes them. Type checkers read this; it is never run.

Lines that end in ``type: ignore`` are mistakes: mypy reports an ignore that is not needed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import assert_type
from zoneinfo import ZoneInfo

from cronofy_async import Call, Changes, CronofyAccount, EventTime, Paginated
from cronofy_async.models import (
    Attendees,
    Calendar,
    CalendarList,
    Conferencing,
    Event,
    EventsPage,
    FreeBusyPage,
    FreeBusyPeriod,
    Invitee,
    Recurrence,
    RecurrenceDay,
    RecurrenceRule,
    Reminder,
    Subscription,
    Transition,
    UserInfo,
)

START = datetime(2030, 2, 1, 9, 30, tzinfo=UTC)
END = START + timedelta(hours=1)


async def calendars(account: CronofyAccount) -> None:
    _ = assert_type(account.calendars.list(), Call[CalendarList])
    names: list[str] = [calendar.calendar_name for calendar in await account.calendars.list() if calendar.is_writable]
    assert_type(await account.calendars.create(profile_id="pro_1", name=names[0], color="#49BED8"), Calendar)
    await account.calendars.create("pro_1", name="New")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


async def reading(account: CronofyAccount) -> None:
    pages: Paginated[Event] = account.events.read(
        from_=date(2030, 2, 1), to=END, tzid=ZoneInfo("Europe/Paris"), calendar_ids={"cal_1"}
    )
    _ = assert_type(pages, Paginated[Event])
    async for event in pages:
        assert_type(event.start, EventTime)
        uid: str = event.event_uid
        emails: list[str] = [person.email for person in event.attendees]
        assert_type(event.updated, EventTime | None)
        _ = (uid, emails, event.start.utc, event.is_managed)
    assert_type(await account.events.read_page("08a07b03"), EventsPage)
    async for period in account.free_busy.read(include_managed=True):
        assert_type(period, FreeBusyPeriod)
    assert_type(await account.free_busy.read_page("08a07b03"), FreeBusyPage)
    _ = account.events.read(include_managed="yes")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


async def following(account: CronofyAccount, stored: datetime | None) -> datetime:
    changes = account.events.changes(since=stored, overlap=timedelta(minutes=5))
    assert_type(changes, Changes[Event])
    async for event in changes:
        deleted: bool = event.deleted
        _ = deleted
    return changes.next_since


async def writing(account: CronofyAccount) -> None:
    _ = assert_type(account.events.upsert("cal_1", event_id="e", summary="s", start=START, end=END), Call[None])
    _ = assert_type(
        account.events.upsert("cal_1", event_id="e", summary="s", start=START, end=END, include_userinfo=True),
        Call[UserInfo],
    )
    await account.events.upsert(
        "cal_1",
        event_id="e",
        summary="s",
        start=date(2030, 2, 1),
        end={"time": "2030-02-02", "tzid": "Europe/Paris"},
        url=None,
        attendees=Attendees(invite=[Invitee("pat@example.org"), {"email": "kim@example.org"}]),
        conferencing=Conferencing(profile_id="none"),
        reminders=[Reminder(5), {"minutes": 10}],
        recurrence=Recurrence(
            [RecurrenceRule(frequency="monthly", by_day=[RecurrenceDay("friday", nth_of_period=-1)])]
        ),
        subscriptions=[
            Subscription(uri="https://x", transitions=[Transition(before="event_start", offset=timedelta(minutes=5))])
        ],
    )
    _ = assert_type(account.events.delete("cal_1", event_id="e"), Call[None])
    _ = assert_type(account.events.delete("cal_1", event_id="e", include_userinfo=True), Call[UserInfo])
    await account.events.bulk_delete(calendar_ids=["cal_1"])
    await account.events.edit_external("cal_1", event_uid="evt_external_1", summary="s")
    await account.events.delete_external("cal_1", event_uid="evt_external_1")
    await account.events.change_participation_status("cal_1", "evt_external_1", status="declined")
    await account.events.change_participation_status("cal_1", "u", status="no")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    await account.events.bulk_delete(delete_all=False)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    await account.events.delete("cal_1", event_uid="u")  # type: ignore[call-overload] # pyright: ignore[reportCallIssue]
