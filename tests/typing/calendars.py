"""Calendars, events, free/busy periods, changes, and batches as a user writes them. It is never run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, assert_type
from zoneinfo import ZoneInfo

from cronofy_async import BatchedCall, Call, CallBatch, Changes, CronofyAccount, CronofyClient, Paginated, Request
from cronofy_async.models import (
    Attendees,
    BatchRequest,
    BatchResponse,
    BatchResult,
    Calendar,
    CalendarList,
    Conferencing,
    Event,
    EventsPage,
    FreeBusyPage,
    FreeBusyPeriod,
    Invitee,
    Location,
    Page,
    Recurrence,
    RecurrenceDay,
    RecurrenceRule,
    Reminder,
    UserInfo,
)

START = datetime(2030, 2, 1, 9, 30, tzinfo=UTC)
END = START + timedelta(hours=1)


async def calendars(account: CronofyAccount) -> None:
    listed = await account.calendars.list()
    assert_type(listed, CalendarList)
    assert_type([calendar.is_writable for calendar in listed], list[bool])
    assert_type(await account.calendars.create(profile_id="pro_1", name="a", color="#ffffff"), Calendar)
    await account.calendars.create(profile_id="pro_1")  # type: ignore[call-arg]
    await account.calendars.create("pro_1", "a")  # type: ignore[call-arg]
    await account.calendars.create(profile_id="pro_1", name="a", color=0xFFFFFF)  # type: ignore[arg-type]


async def read(account: CronofyAccount) -> None:
    events = account.events.read(
        from_=date(2030, 2, 1), to=END, tzid=ZoneInfo("Europe/Paris"), calendar_ids={"cal_1"}, include_managed=True
    )
    _ = assert_type(events, Paginated[Event])
    async for event in events:
        assert_type(event, Event)
        assert_type(event.start.utc, datetime | None)
        event.options.delete  # type: ignore[union-attr] # noqa: B018
    assert_type(await account.events.read(), Page[Event])
    assert_type(await account.events.read_page("token"), EventsPage)
    await account.events.read("2030-02-01")  # type: ignore[call-arg]
    await account.events.read(from_="2030-02-01")  # type: ignore[arg-type]
    await account.events.read(last_modified=date(2030, 2, 1))  # type: ignore[arg-type]
    await account.events.read(tzid=UTC)  # type: ignore[arg-type]
    await account.events.read(from_date=START)  # type: ignore[call-arg]

    changes = account.events.changes(since=START, overlap=timedelta(minutes=5))
    assert_type(changes, Changes[Event])
    assert_type([event async for event in changes], list[Event])
    assert_type(changes.next_since, datetime)
    await changes  # type: ignore[misc]
    account.events.changes(since="2030-02-01T09:30:00Z")  # type: ignore[arg-type]

    _ = assert_type(account.free_busy.read(include_free=False), Paginated[FreeBusyPeriod])
    assert_type(await account.free_busy.read_page("token"), FreeBusyPage)
    await account.free_busy.read(include_geo=True)  # type: ignore[call-arg]


async def write(account: CronofyAccount) -> None:
    events = account.events
    call = events.upsert(
        "cal_1",
        event_id="a",
        summary="b",
        start=START,
        end={"time": "2030-02-01", "tzid": "Etc/UTC"},
        tzid="Europe/Paris",
        location=Location(description="c"),
        attendees=Attendees(invite=[Invitee(email="d")]),
        conferencing=Conferencing(profile_id="none"),
        reminders=[Reminder(minutes=5), {"minutes": 10}],
        recurrence=Recurrence([RecurrenceRule(frequency="weekly", by_day=["monday", RecurrenceDay(day="friday")])]),
        transparency="opaque",
        url=None,
    )
    _ = assert_type(call, Call[None])
    assert_type(
        await events.upsert("cal_1", event_id="a", summary="b", start=START, end=END, include_userinfo=True),
        UserInfo,
    )
    assert_type(
        await events.upsert("cal_1", event_id="a", summary="b", start=START, end=END, include_userinfo=False), None
    )
    assert_type(await events.delete("cal_1", event_id="a"), None)
    assert_type(await events.delete("cal_1", event_id="a", include_userinfo=True), UserInfo)
    assert_type(await events.bulk_delete(calendar_ids=["cal_1"]), None)
    assert_type(await events.edit_external("cal_1", event_uid="evt_1", summary="b"), None)
    assert_type(await events.delete_external("cal_1", event_uid="evt_1"), None)
    await events.change_participation_status("cal_1", "evt_1", status="accepted")

    await events.upsert("cal_1", event_id="a", summary="b", start=START)  # type: ignore[call-overload]
    await events.upsert("cal_1", event_id="a", start=START, end=END)  # type: ignore[call-overload]
    await events.upsert("cal_1", event_id="a", summary="b", start=1, end=END)  # type: ignore[call-overload]
    await events.delete("cal_1")  # type: ignore[call-overload]
    await events.delete("cal_1", "a")  # type: ignore[call-overload]
    await events.delete("cal_1", event_uid="evt_1")  # type: ignore[call-overload]
    await events.delete_external("cal_1", event_id="a")  # type: ignore[call-arg]
    await events.edit_external("cal_1", summary="b")  # type: ignore[call-arg]
    await events.change_participation_status("cal_1", "evt_1", status="maybe")  # type: ignore[arg-type]
    await events.change_participation_status("cal_1", "evt_1")  # type: ignore[call-arg]
    Conferencing()  # type: ignore[call-arg]
    Reminder()  # type: ignore[call-arg]
    Attendees(invite=["d"])  # type: ignore[list-item]
    events.delete("cal_1", event_id="a")  # type: ignore[unused-awaitable]


async def batches(account: CronofyAccount, bare: Request) -> None:
    async with account.batch() as batch:
        assert_type(batch, CallBatch)
        written = batch.add(account.events.upsert("cal_1", event_id="a", summary="b", start=START, end=END))
        deleted = batch.add(account.events.delete("cal_1", event_id="a", include_userinfo=True))
        assert_type(written, BatchedCall[None])
        batch.add(bare)  # type: ignore[arg-type]
        batch.add(account.events.read())  # type: ignore[arg-type]
        batch.add(account.events.delete)  # type: ignore[arg-type]
        batch.add(await account.calendars.list())  # type: ignore[arg-type]
    assert_type(deleted, BatchedCall[UserInfo])
    assert_type(deleted.result(), UserInfo)
    assert_type(deleted.error, Exception | None)
    assert_type(deleted.done, bool)
    assert_type(deleted.request, Request)
    assert_type(batch.failed, tuple[BatchedCall[Any], ...])
    everything: Sequence[BatchedCall[object]] = [written, deleted]
    assert_type([handle.error for handle in everything], list[Exception | None])
    await deleted  # type: ignore[misc]

    requests = [BatchRequest("DELETE", "/v1/calendars/cal_1/events", {"event_id": "a"})]
    result = await account.batch.execute([*requests, {"method": "POST", "relative_url": "/v1/available_periods"}])
    assert_type(result, BatchResult)
    assert_type(list(result), list[BatchResponse])
    assert_type([response.status for response in result if not response.is_success], list[int])
    await account.batch.execute("/v1/calendars/cal_1/events")  # type: ignore[arg-type]
    await account.batch.execute([account.events.delete("cal_1", event_id="a")])  # type: ignore[list-item]
    await account.batch  # type: ignore[misc]
    BatchRequest("DELETE", "/v1/x")  # type: ignore[call-arg]
    BatchRequest("DELETE", "/v1/x", [])  # type: ignore[arg-type]


def areas_of_others(client: CronofyClient, account: CronofyAccount) -> None:
    client.calendars  # type: ignore[attr-defined] # noqa: B018
    client.events  # type: ignore[attr-defined] # noqa: B018
    client.free_busy  # type: ignore[attr-defined] # noqa: B018
    client.batch  # type: ignore[attr-defined] # noqa: B018
    client.profiles  # type: ignore[attr-defined] # noqa: B018
    client.identity  # type: ignore[attr-defined] # noqa: B018
    client.link_tokens  # type: ignore[attr-defined] # noqa: B018
    account.application_calendars  # type: ignore[attr-defined] # noqa: B018
    account.attachments  # type: ignore[attr-defined] # noqa: B018
    account.bookable_events  # type: ignore[attr-defined] # noqa: B018
    account.real_time_sequencing  # type: ignore[attr-defined] # noqa: B018
    account.smart_invites  # type: ignore[attr-defined] # noqa: B018
