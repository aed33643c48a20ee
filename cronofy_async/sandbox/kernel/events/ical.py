"""Write an invitation to an event as iCalendar (RFC 5545), for clients that follow iTIP (RFC 5546)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

import attrs

__all__ = ["Address", "event_time", "invitation"]

Json: TypeAlias = Mapping[str, Any]

PRODUCT: Final = "-//cronofy_async//sandbox//EN"


@attrs.frozen(kw_only=True)
class Address:
    """An organizer or attendee. ``reply`` is the participation status, such as ``NEEDS-ACTION``."""

    email: str
    name: str | None = None
    reply: str | None = None


def event_time(value: str | Json, tzid: str = "Etc/UTC") -> datetime | date:
    """Read the start or end of an event, which is a time in its zone, or a date if it lasts all day.

    Args:
        value: A Time, a Date, or an object with ``time`` and ``tzid``.
        tzid: The zone of a value that has none of its own.
    """
    text, tzid = (value, tzid) if isinstance(value, str) else (value["time"], value.get("tzid") or tzid)
    if len(text) == len("2030-02-01"):
        return date.fromisoformat(text)
    zone = UTC if tzid in {"Etc/UTC", "UTC"} else ZoneInfo(tzid)
    moment = datetime.fromisoformat(text)
    try:
        local = moment.astimezone(zone)
    except OverflowError:  # in the zone, the year is 0 or 10000
        return moment
    return local.astimezone(UTC) if local.fold else local  # iCalendar has no name for the second of two equal times


def invitation(
    event: Json,
    *,
    method: Literal["REQUEST", "CANCEL", "PUBLISH"],
    uid: str,
    sequence: int,
    stamp: datetime,
    organizer: Address | None,
    attendees: Sequence[Address],
) -> str:
    """Return the text of an invitation, or of its cancellation.

    Args:
        event: The event, with the members of an upserted event.
        method: The iTIP method: ``PUBLISH`` for an event without replies.
        uid: The ID of the event; the same for each version of it.
        sequence: The number of the version.
        stamp: The current time.
        organizer: The organizer.
        attendees: The attendees.
    """
    from icalendar import Alarm, Calendar, Event, vCalAddress  # noqa: PLC0415 - it takes a while; few tests need it

    tzid = event.get("tzid") or "Etc/UTC"
    start, end = event_time(event["start"], tzid), event_time(event["end"], tzid)
    component: Any = Event()  # the type of `add` is incomplete
    component.add("uid", uid)
    component.add("sequence", sequence)
    component.add("dtstamp", stamp)
    component.add("dtstart", start)
    component.add("dtend", end)
    component.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    if organizer is not None:
        component.add("organizer", vCalAddress.new(organizer.email, cn=organizer.name))
    for attendee in attendees:
        component.add("attendee", vCalAddress.new(attendee.email, cn=attendee.name, partstat=attendee.reply, rsvp=True))
    location: Json = event.get("location") or {}
    texts: dict[str, str | None] = {
        "summary": event["summary"],
        "description": event.get("description"),
        "location": location.get("description"),
        "url": event.get("url"),
        "transp": str(event.get("transparency") or "").upper(),
    }
    for name, text in texts.items():
        if text:
            component.add(name, text)
    if "lat" in location and "long" in location:
        component.add("geo", (location["lat"], location["long"]))
    for reminder in event.get("reminders", ()):
        alarm: Any = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", event["summary"])
        alarm.add("trigger", -timedelta(minutes=reminder["minutes"]))
        component.add_component(alarm)
    calendar = Calendar.new(method=method, prodid=PRODUCT)
    del calendar["uid"]  # a random one of the calendar itself
    calendar.add_component(component)
    first, last = (min(_day(moment), _LAST_DAY) for moment in (start, end))
    calendar.add_missing_timezones(first_date=first, last_date=last + timedelta(days=1))
    return str(calendar.to_ical(), "utf-8")


#: The library cannot describe time zones up to the last day that Python has.
_LAST_DAY: Final = date(9990, 1, 1)


def _day(moment: datetime | date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
