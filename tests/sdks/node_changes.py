"""The changes that exercise the official SDK for Node: a call that changes something, and one that shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..sandbox.support import Json, at, period, text
from .change import APP, Change, Setup, Step, each, of
from .pycronofy_changes import add_external_event


def do(method: str, options: Callable[[Setup], Mapping[str, Any]] | None = None, /, **fixed: Any) -> Step:
    """Return a call with fixed options, and with those that depend on the setup."""
    return Step(method, options=lambda it: fixed | dict(options(it) if options else {}))


def members(*names: str, of_each: str) -> Callable[[Any], list[Any]]:
    return lambda found: each(of_each)(of(*names)(found))


def details(number: int = 0) -> Json:
    return {"summary": f"Event {number}", "tzid": "Etc/UTC", **period(at(9 + number), at(10 + number))}


def event(number: int = 0) -> Json:
    return {"event_id": f"e{number}", **details(number)}


def in_calendar(**members: Any) -> Callable[[Setup], Json]:
    return lambda it: {"calendar_id": it.ada.calendar_id, **members}


def external(**members: Any) -> Callable[[Setup], Json]:
    return lambda it: {"calendar_id": it.ada.calendar_id, "event_uid": it.made, **members}


def write_events(it: Setup) -> None:
    for number, calendar in enumerate((it.ada.calendar_id, it.ada.calendar_id, it.ada.calendar_ids[1])):
        it.client.createEvent(calendar_id=calendar, **event(number))


def authorize(it: Setup) -> None:
    page = f"{it.sandbox.url}/oauth/authorize?response_type=code&client_id={it.sandbox.client_id}"
    page += f"&redirect_uri={APP}/done&scope=read_write"
    back = it.sandbox.run(lambda sandbox: sandbox.oauth.authorize(page, "kim@example.org"))
    it.made = back.rpartition("code=")[2].partition("&")[0]


def create_channel(it: Setup) -> None:
    made = it.client.createNotificationChannel(callback_url=f"{APP}/changes")
    it.made = made["channel"]["channel_id"]


def pages(method: str) -> Callable[[Setup], Any]:
    """Return the items of all pages, each of which is read by its URL."""

    def read(it: Setup) -> Any:
        name = {"freeBusy": "free_busy", "readEvents": "events", "listAvailablePeriods": "available_periods"}[method]
        call = getattr(it.client, method)
        found = call(tzid="Etc/UTC", **({} if name == "available_periods" else {"include_managed": True}))
        items = found[name]
        while following := found["pages"].get("next_page"):
            found = call(next_page=following)
            items += found[name]
        return items

    return read


def batch(it: Setup) -> Json:
    url = f"/v1/calendars/{it.ada.calendar_id}/events"
    return {
        "batch": [
            {"method": "POST", "relative_url": url, "data": event(3)},
            {"method": "DELETE", "relative_url": url, "data": {"event_id": "e0"}},
        ]
    }


EVENTS = do("readEvents", tzid="Etc/UTC", include_managed=True)
CALENDARS = do("listCalendars")
CHANNELS = do("listNotificationChannels")

CHANGES = [
    Change(
        name="write an event",
        write=do("createEvent", in_calendar(**event())),
        read=EVENTS,
        sees=members("events", of_each="summary"),
        before=[],
        after=["Event 0"],
    ),
    Change(
        name="edit an external event",
        prepare=add_external_event,
        write=do("updateExternalEvent", external(**details())),
        read=EVENTS,
        sees=members("events", of_each="summary"),
        before=["Old"],
        after=["Event 0"],
    ),
    Change(
        name="delete an event",
        prepare=write_events,
        write=do("deleteEvent", in_calendar(event_id="e0")),
        read=pages("readEvents"),
        also=("readEvents",),
        sees=each("event_id"),
        before=["e0", "e1", "e2"],
        after=["e1", "e2"],
    ),
    Change(
        name="delete an external event",
        prepare=add_external_event,
        write=do("deleteExternalEvent", external()),
        read=EVENTS,
        sees=members("events", of_each="summary"),
        before=["Old"],
        after=[],
    ),
    Change(
        name="delete all events",
        prepare=write_events,
        write=do("bulkDeleteEvents", delete_all=True),
        read=pages("freeBusy"),
        also=("freeBusy",),
        sees=each("start"),
        before=[text(at(hour)) for hour in (9, 10, 11)],
        after=[],
    ),
    Change(
        name="delete all events of a calendar",
        prepare=write_events,
        write=do("bulkDeleteEvents", lambda it: {"calendar_ids": [it.ada.calendar_id]}),
        read=EVENTS,
        sees=members("events", of_each="event_id"),
        before=["e0", "e1"],
        after=["e2"],
    ),
    Change(
        name="be busy in a calendar",
        write=do("createEvent", in_calendar(**event())),
        read=do("freeBusy", lambda it: {"tzid": "Etc/UTC", "calendar_ids": [it.ada.calendar_id]}, include_managed=True),
        sees=members("free_busy", of_each="free_busy_status"),
        before=[],
        after=["busy"],
    ),
    Change(
        name="send a batch",
        prepare=write_events,
        write=do("batch", batch),
        read=pages("readEvents"),
        sees=each("event_id"),
        before=["e0", "e1", "e2"],
        after=["e1", "e2", "e3"],
    ),
    Change(
        name="create a calendar",
        write=do("createCalendar", lambda it: {"profile_id": it.ada.profile_id, "name": "New"}),
        read=CALENDARS,
        sees=lambda found: "New" in each("calendar_name")(found["calendars"]),
        before=False,
        after=True,
    ),
    Change(
        name="connect a person",
        prepare=authorize,
        write=do("requestAccessToken", lambda it: {"code": it.made, "redirect_uri": f"{APP}/done"}),
        read=do("accountInformation"),
        sees=of("account", "email"),
        before="ada@example.com",
        after="kim@example.org",
    ),
    Change(
        name="refresh",
        prepare=lambda it: it.sandbox.clock.advance(hours=2),
        write=do("refreshAccessToken"),
        read=CALENDARS,
        sees=lambda found: len(found["calendars"]),
        before=401,
        after=2,
    ),
    Change(
        name="end an authorization",
        write=do("revokeAuthorization"),
        read=do("listCalendars", lambda it: {"access_token": it.ada.access_token}),  # which the client forgot
        sees=lambda found: len(found["calendars"]),
        before=2,
        after=401,
    ),
    Change(
        name="disconnect a profile",
        write=do("revokeProfileAuthorization", lambda it: {"profile_id": it.ada.profile_id}),
        read=do("profileInformation"),
        sees=members("profiles", of_each="profile_name"),
        before=["ada@example.com"],
        after=[],
    ),
    Change(
        name="create an application calendar",
        write=do("applicationCalendar", application_calendar_id="room-7"),
        read=do("userInfo"),
        sees=of("application_calendar_id"),
        before=None,
        after="room-7",
    ),
    Change(
        name="create a channel",
        write=do(
            "createNotificationChannel",
            lambda it: {"filters": {"calendar_ids": [it.ada.calendar_id]}},
            callback_url=f"{APP}/changes",
        ),
        read=CHANNELS,
        sees=members("channels", of_each="callback_url"),
        before=[],
        after=[f"{APP}/changes"],
    ),
    Change(
        name="close a channel",
        prepare=create_channel,
        write=do("deleteNotificationChannel", lambda it: {"channel_id": it.made}),
        read=CHANNELS,
        sees=members("channels", of_each="callback_url"),
        before=[f"{APP}/changes"],
        after=[],
    ),
]
