"""The changes that exercise the official SDK for Node: a call that changes something, and one that shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..sandbox.support import Json, at, period, text
from .change import APP, Change, Setup, Step, value_at, values_of
from .pycronofy_changes import add_external_event


def do(method: str, options: Callable[[Setup], Mapping[str, Any]] | None = None, /, **fixed: Any) -> Step:
    """Return a call with fixed options, and with those that depend on the setup."""
    return Step(method, options=lambda setup: fixed | dict(options(setup) if options else {}))


def members(*names: str, of_each: str) -> Callable[[Any], list[Any]]:
    return lambda result: values_of(of_each)(value_at(*names)(result))


def details(number: int = 0) -> Json:
    return {"summary": f"Event {number}", "tzid": "Etc/UTC", **period(at(9 + number), at(10 + number))}


def event(number: int = 0) -> Json:
    return {"event_id": f"e{number}", **details(number)}


def in_calendar(**members: Any) -> Callable[[Setup], Json]:
    return lambda setup: {"calendar_id": setup.ada.calendar_id, **members}


def external(**members: Any) -> Callable[[Setup], Json]:
    return lambda setup: {"calendar_id": setup.ada.calendar_id, "event_uid": setup.created, **members}


def write_events(setup: Setup) -> None:
    for number, calendar in enumerate((setup.ada.calendar_id, setup.ada.calendar_id, setup.ada.calendar_ids[1])):
        setup.client.createEvent(calendar_id=calendar, **event(number))


def authorize(setup: Setup) -> None:
    page = f"{setup.sandbox.url}/oauth/authorize?response_type=code&client_id={setup.sandbox.client_id}"
    page += f"&redirect_uri={APP}/done&scope=read_write"
    back = setup.sandbox.run(lambda sandbox: sandbox.oauth.authorize(page, "kim@example.org"))
    setup.created = back.rpartition("code=")[2].partition("&")[0]


def create_channel(setup: Setup) -> None:
    channel = setup.client.createNotificationChannel(callback_url=f"{APP}/changes")
    setup.created = channel["channel"]["channel_id"]


def pages(method: str) -> Callable[[Setup], Any]:
    """Return the items of all pages, values_of of which is read by its URL."""

    def read(setup: Setup) -> Any:
        name = {"freeBusy": "free_busy", "readEvents": "events", "listAvailablePeriods": "available_periods"}[method]
        call = getattr(setup.client, method)
        result = call(tzid="Etc/UTC", **({} if name == "available_periods" else {"include_managed": True}))
        items = result[name]
        while next_url := result["pages"].get("next_page"):
            result = call(next_page=next_url)
            items += result[name]
        return items

    return read


def batch(setup: Setup) -> Json:
    url = f"/v1/calendars/{setup.ada.calendar_id}/events"
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
        extract=members("events", of_each="summary"),
        before=[],
        after=["Event 0"],
    ),
    Change(
        name="edit an external event",
        prepare=add_external_event,
        write=do("updateExternalEvent", external(**details())),
        read=EVENTS,
        extract=members("events", of_each="summary"),
        before=["Old"],
        after=["Event 0"],
    ),
    Change(
        name="delete an event",
        prepare=write_events,
        write=do("deleteEvent", in_calendar(event_id="e0")),
        read=pages("readEvents"),
        other_methods=("readEvents",),
        extract=values_of("event_id"),
        before=["e0", "e1", "e2"],
        after=["e1", "e2"],
    ),
    Change(
        name="delete an external event",
        prepare=add_external_event,
        write=do("deleteExternalEvent", external()),
        read=EVENTS,
        extract=members("events", of_each="summary"),
        before=["Old"],
        after=[],
    ),
    Change(
        name="delete all events",
        prepare=write_events,
        write=do("bulkDeleteEvents", delete_all=True),
        read=pages("freeBusy"),
        other_methods=("freeBusy",),
        extract=values_of("start"),
        before=[text(at(hour)) for hour in (9, 10, 11)],
        after=[],
    ),
    Change(
        name="delete all events of a calendar",
        prepare=write_events,
        write=do("bulkDeleteEvents", lambda setup: {"calendar_ids": [setup.ada.calendar_id]}),
        read=EVENTS,
        extract=members("events", of_each="event_id"),
        before=["e0", "e1"],
        after=["e2"],
    ),
    Change(
        name="be busy in a calendar",
        write=do("createEvent", in_calendar(**event())),
        read=do(
            "freeBusy", lambda setup: {"tzid": "Etc/UTC", "calendar_ids": [setup.ada.calendar_id]}, include_managed=True
        ),
        extract=members("free_busy", of_each="free_busy_status"),
        before=[],
        after=["busy"],
    ),
    Change(
        name="send a batch",
        prepare=write_events,
        write=do("batch", batch),
        read=pages("readEvents"),
        extract=values_of("event_id"),
        before=["e0", "e1", "e2"],
        after=["e1", "e2", "e3"],
    ),
    Change(
        name="create a calendar",
        write=do("createCalendar", lambda setup: {"profile_id": setup.ada.profile_id, "name": "New"}),
        read=CALENDARS,
        extract=lambda result: "New" in values_of("calendar_name")(result["calendars"]),
        before=False,
        after=True,
    ),
    Change(
        name="connect a person",
        prepare=authorize,
        write=do("requestAccessToken", lambda setup: {"code": setup.created, "redirect_uri": f"{APP}/done"}),
        read=do("accountInformation"),
        extract=value_at("account", "email"),
        before="ada@example.com",
        after="kim@example.org",
    ),
    Change(
        name="refresh",
        prepare=lambda setup: setup.sandbox.clock.advance(hours=2),
        write=do("refreshAccessToken"),
        read=CALENDARS,
        extract=lambda result: len(result["calendars"]),
        before=401,
        after=2,
    ),
    Change(
        name="end an authorization",
        write=do("revokeAuthorization"),
        read=do("listCalendars", lambda setup: {"access_token": setup.ada.access_token}),  # which the client forgot
        extract=lambda result: len(result["calendars"]),
        before=2,
        after=401,
    ),
    Change(
        name="disconnect a profile",
        write=do("revokeProfileAuthorization", lambda setup: {"profile_id": setup.ada.profile_id}),
        read=do("profileInformation"),
        extract=members("profiles", of_each="profile_name"),
        before=["ada@example.com"],
        after=[],
    ),
    Change(
        name="create an application calendar",
        write=do("applicationCalendar", application_calendar_id="room-7"),
        read=do("userInfo"),
        extract=value_at("application_calendar_id"),
        before=None,
        after="room-7",
    ),
    Change(
        name="create a channel",
        write=do(
            "createNotificationChannel",
            lambda setup: {"filters": {"calendar_ids": [setup.ada.calendar_id]}},
            callback_url=f"{APP}/changes",
        ),
        read=CHANNELS,
        extract=members("channels", of_each="callback_url"),
        before=[],
        after=[f"{APP}/changes"],
    ),
    Change(
        name="close a channel",
        prepare=create_channel,
        write=do("deleteNotificationChannel", lambda setup: {"channel_id": setup.created}),
        read=CHANNELS,
        extract=members("channels", of_each="callback_url"),
        before=[f"{APP}/changes"],
        after=[],
    ),
]
