"""Pairs for calendars, events, channels, and batches."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

from .pair import APP, END, START, TIMES, Clients, Pair
from .support import BatchBuilder

__all__ = ["CALENDAR_PAIRS"]

HOUR = timedelta(hours=1)
IN_PARIS = datetime(2030, 2, 1, 10, tzinfo=timezone(HOUR))
LOCATION = {"description": "Shop", "lat": "48.85", "long": "2.35"}
CALENDARS = ["cal_1", "cal_2"]
FLAGS: dict[str, Any] = {"include_deleted": True, "include_moved": False, "only_managed": True, "include_geo": True}
READ: dict[str, Any] = {"tzid": "Europe/Paris", "include_managed": True, "localized_times": True}


async def read_all(clients: Clients) -> None:
    async for _ in clients.account.events.read(**FLAGS, **READ):
        pass


async def read_all_free_busy(clients: Clients) -> None:
    async for _ in clients.account.free_busy.read(**READ):
        pass


async def batch(clients: Clients) -> None:
    async with clients.account.batch() as batch:
        batch.add(clients.account.events.upsert("cal_1", event_id="e1", summary="Lunch", start=START, end=END))
        batch.add(clients.account.events.delete("cal_1", event_id="e2"))
        batch.add(clients.account.events.delete_external("cal_1", event_uid="evt_1"))


def builder() -> Any:
    event = {"event_id": "e1", "summary": "Lunch", "start": START, "end": END}
    entries = BatchBuilder().upsert_event("cal_1", event)
    return entries.delete_event("cal_1", "e2").delete_external_event("cal_1", "evt_1")


CALENDAR_PAIRS = [
    Pair(
        method="batch",
        arguments=(builder(),),
        operation="batch.execute",
        ours=batch,
    ),
    Pair(
        method="change_participation_status",
        arguments=("cal_1", "evt_1", "accepted"),
        operation="events.change_participation_status",
        ours=lambda clients: clients.account.events.change_participation_status("cal_1", "evt_1", status="accepted"),
    ),
    Pair(
        title="with a slash in an ID",
        method="change_participation_status",
        arguments=("cal_1", "evt/1", "accepted"),
        operation="events.change_participation_status",
        ours=lambda clients: clients.account.events.change_participation_status("cal_1", "evt/1", status="accepted"),
    ),
    Pair(
        method="close_notification_channel",
        arguments=("chn_1",),
        operation="channels.close",
        ours=lambda clients: clients.account.channels.close("chn_1"),
    ),
    Pair(
        method="create_calendar",
        arguments=("pro_1", "New"),
        operation="calendars.create",
        ours=lambda clients: clients.account.calendars.create(profile_id="pro_1", name="New"),
    ),
    Pair(
        method="create_notification_channel",
        arguments=(f"{APP}/changes", CALENDARS, True),
        operation="channels.create",
        ours=lambda clients: clients.account.channels.create(
            f"{APP}/changes", filters={"calendar_ids": CALENDARS, "only_managed": True}
        ),
    ),
    Pair(
        method="delete_all_events",
        operation="events.bulk_delete",
        ours=lambda clients: clients.account.events.bulk_delete(delete_all=True),
    ),
    Pair(
        title="of calendars",
        method="delete_all_events",
        arguments=(CALENDARS,),
        operation="events.bulk_delete",
        ours=lambda clients: clients.account.events.bulk_delete(calendar_ids=CALENDARS),
    ),
    Pair(
        method="delete_event",
        arguments=("cal_1", "e1"),
        operation="events.delete",
        ours=lambda clients: clients.account.events.delete("cal_1", event_id="e1"),
    ),
    Pair(
        method="delete_external_event",
        arguments=("cal_1", "evt_1"),
        operation="events.delete_external",
        ours=lambda clients: clients.account.events.delete_external("cal_1", event_uid="evt_1"),
    ),
    Pair(
        method="list_calendars",
        operation="calendars.list",
        ours=lambda clients: clients.account.calendars.list(),
    ),
    Pair(
        method="list_notification_channels",
        operation="channels.list",
        ours=lambda clients: clients.account.channels.list(),
    ),
    Pair(
        method="read_events",
        arguments=(CALENDARS, date(2030, 2, 1), date(2030, 2, 8), START),
        options={**READ, **FLAGS},
        operation="events.read",
        ours=lambda clients: clients.account.events.read(
            calendar_ids=CALENDARS,
            from_=date(2030, 2, 1),
            to=date(2030, 2, 8),
            last_modified=START,
            **READ,
            **FLAGS,
        ),
    ),
    Pair(
        title="all pages",
        method="read_events",
        options={**READ, **FLAGS},
        finish=list,
        operation="events.read_page",
        ours=read_all,
    ),
    Pair(
        method="read_free_busy",
        arguments=(CALENDARS, date(2030, 2, 1), date(2030, 2, 8)),
        options=READ,
        operation="free_busy.read",
        ours=lambda clients: clients.account.free_busy.read(
            calendar_ids=CALENDARS,
            from_=date(2030, 2, 1),
            to=date(2030, 2, 8),
            **READ,
        ),
    ),
    Pair(
        title="of what changed",
        method="read_free_busy",
        options={**READ, "last_modified": START},
        operation="free_busy.read",
        ours=lambda clients: clients.account.free_busy.read(last_modified=START, **READ),
    ),
    Pair(
        title="all pages",
        method="read_free_busy",
        options=READ,
        finish=list,
        operation="free_busy.read_page",
        ours=read_all_free_busy,
    ),
    Pair(
        method="upsert_event",
        arguments=("cal_1", {"event_id": "e1", "summary": "Lunch", "location": LOCATION, **TIMES}),
        operation="events.upsert",
        ours=lambda clients: clients.account.events.upsert(
            "cal_1", event_id="e1", summary="Lunch", location=LOCATION, start=START, end=END, tzid="Etc/UTC"
        ),
    ),
    Pair(
        title="of a whole day",
        method="upsert_event",
        arguments=(
            "cal_1",
            {"event_id": "e1", "summary": "Trip", "start": date(2030, 2, 1), "end": date(2030, 2, 2)},
        ),
        operation="events.upsert",
        ours=lambda clients: clients.account.events.upsert(
            "cal_1", event_id="e1", summary="Trip", start=date(2030, 2, 1), end=date(2030, 2, 2)
        ),
    ),
    Pair(
        title="in another time zone",
        method="upsert_event",
        arguments=("cal_1", {"event_id": "e1", "summary": "Lunch", "start": IN_PARIS, "end": IN_PARIS + HOUR}),
        operation="events.upsert",
        ours=lambda clients: clients.account.events.upsert(
            "cal_1", event_id="e1", summary="Lunch", start=IN_PARIS, end=IN_PARIS + HOUR
        ),
    ),
    Pair(
        method="upsert_event",
        arguments=("cal_1", {"event_uid": "evt_1", "summary": "Lunch", **TIMES}),
        operation="events.edit_external",
        ours=lambda clients: clients.account.events.edit_external(
            "cal_1", event_uid="evt_1", summary="Lunch", start=START, end=END, tzid="Etc/UTC"
        ),
    ),
]
