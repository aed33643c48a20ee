"""Calendars, events, free/busy periods, and batches."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cronofy_async import Call
from cronofy_async.models import BatchRequest, Page

from ..support import at
from .exercise import Site, exercise


def write(site: Site, number: int = 0, summary: str = "Fitting") -> Call[None]:
    start = at(9) + timedelta(hours=number)
    return site.account.events.upsert(
        site.ada.calendar_id, event_id=f"e{number}", summary=summary, start=start, end=start + timedelta(hours=1)
    )


async def write_three(site: Site) -> None:
    for number in range(3):
        await write(site, number)


def token_of(page: Page[Any]) -> str:
    assert page.next_page is not None
    return page.next_page.rpartition("/")[2]


@exercise("calendars.create", "calendars.list")
async def a_calendar_is_created_and_listed(site: Site) -> None:
    created = await site.account.calendars.create(profile_id=site.ada.profile_id, name="Shop")

    listing = await site.account.calendars.list()
    assert [item.calendar_id for item in listing] == [site.ada.calendar_ids[0], created.calendar_id]
    assert listing.calendars[1].calendar_name == created.calendar_name == "Shop"


@exercise("events.upsert", "events.read", "events.read_page", "events.delete")
async def events_are_written_read_and_deleted(site: Site) -> None:
    await write_three(site)
    await write(site, 1, "Moved")

    first = await site.account.events.read(include_managed=True)
    second = await site.account.events.read_page(token_of(first))
    assert [event.summary for event in (*first.items, *second.items)] == ["Fitting", "Moved", "Fitting"]

    await site.account.events.delete(site.ada.calendar_id, event_id="e1")
    assert [event.event_id for event in await site.events()] == ["e0", "e2"]
    assert [event.deleted for event in await site.events(include_deleted=True)] == [False, True, False]


@exercise("events.bulk_delete")
async def all_events_are_deleted(site: Site) -> None:
    await write_three(site)
    await site.account.events.bulk_delete(delete_all=True)

    assert await site.events() == []


@exercise("events.edit_external", "events.delete_external", "events.change_participation_status")
async def events_of_other_people_are_changed(site: Site) -> None:
    site.sandbox.calendars.change(site.ada.calendar_id, permission_level="unrestricted")
    review = site.sandbox.events.add(site.ada, at(9), participation_status="needs_action").event_uid
    lunch = site.sandbox.events.add(site.ada, at(12)).event_uid
    calendar_id, events = site.ada.calendar_id, site.account.events

    await events.edit_external(calendar_id, event_uid=review, summary="Moved")
    await events.change_participation_status(calendar_id, review, status="accepted")
    await events.delete_external(calendar_id, event_uid=lunch)

    (result,) = await site.events()
    assert (result.event_uid, result.summary, result.participation_status) == (review, "Moved", "accepted")


@exercise("free_busy.read", "free_busy.read_page")
async def an_event_makes_its_account_busy(site: Site) -> None:
    assert [period async for period in site.account.free_busy.read(include_managed=True)] == []
    await write_three(site)

    first = await site.account.free_busy.read(include_managed=True)
    second = await site.account.free_busy.read_page(token_of(first))
    starts = [period.start.utc for period in (*first.items, *second.items)]
    assert starts == [at(9), at(10), at(11)]


@exercise("batch.execute")
async def a_batch_writes_and_deletes(site: Site) -> None:
    async with site.account.batch() as batch:
        written = [batch.add(write(site, number)) for number in range(2)]
    assert [item.error for item in written] == [None, None]
    assert len(await site.events()) == 2

    path = f"/v1/calendars/{site.ada.calendar_id}/events"
    result = await site.account.batch.execute(
        [BatchRequest("DELETE", path, {"event_id": "e0"}), BatchRequest("POST", path, {"event_id": "e9"})]
    )
    assert [item.status for item in result] == [202, 422]
    assert [event.event_id for event in await site.events()] == ["e1"]
