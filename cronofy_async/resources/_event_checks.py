"""The rules for events and calendars that the docs state clearly, checked before a request is sent.

Docs: https://docs.cronofy.com/developers/api/events/upsert-event/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from .._json import Json, is_array, is_object
from .._unset import UNSET

__all__ = [
    "check_bulk_delete",
    "check_event",
    "check_event_details",
    "check_new_calendar",
    "check_participation_status",
    "whole_days",
]

_COLOR: Final = re.compile(r"#[0-9A-Fa-f]{6}")
_LENGTHS: Final = {"summary": 1024, "description": 4096}
_MAX_REMINDERS: Final = 5
_STATUSES: Final = ("accepted", "tentative", "declined")


def check_new_calendar(body: Json) -> None:
    """Check the request that creates a calendar.

    Raises:
        ValueError: A rule is broken. The message starts with the member.
    """
    _check_color(body)


def check_event(body: Json) -> None:
    """Check the request that writes an event.

    Raises:
        ValueError: A rule is broken. The message starts with the member.
    """
    check_event_details(body)
    _check_times(body)


def check_event_details(event: Json, *, within: str = "") -> None:
    """Check the members that are the same in all requests with an event.

    Args:
        event: The event, as plain JSON values.
        within: The path of the event in the request, for the message.

    Raises:
        ValueError: A rule is broken. The message starts with the member.
    """
    for name, maximum in _LENGTHS.items():
        text = event.get(name)
        if isinstance(text, str) and len(text) > maximum:
            raise ValueError(f"{within}{name}: must have at most {maximum} characters, has {len(text)}")
    reminders = len(_items(event, "reminders"))
    if reminders > _MAX_REMINDERS:
        raise ValueError(f"{within}reminders: at most {_MAX_REMINDERS} are allowed, got {reminders}")
    _check_color(event, within)
    _check_conferencing(event, within)
    recurrence = event.get("recurrence")
    if is_object(recurrence):
        for field, rule in _objects(recurrence, "rules", f"{within}recurrence."):
            _check_rule(field, rule)
    for field, subscription in _objects(event, "subscriptions", within):
        _check_subscription(field, subscription)


def check_bulk_delete(body: Json) -> None:
    """Check the request that deletes many events.

    Raises:
        ValueError: It does not have exactly one member.
    """
    options = [bool(body.get("delete_all")), bool(body.get("calendar_ids"))]
    if sum(options) != 1:
        raise ValueError("delete_all: pass either delete_all=True or calendar_ids with at least one ID")


def check_participation_status(body: Json) -> None:
    """Check the request that changes a participation status.

    Raises:
        ValueError: The status is not allowed.
    """
    if body["status"] not in _STATUSES:
        raise ValueError(f"status: must be accepted, tentative, or declined, got {body['status']!r}")


def whole_days(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a read with ``from_`` and ``to`` as dates, as Cronofy expects them.

    A datetime becomes its date in the time zone of the read or, for ``to``, which is exclusive, the day after.

    Raises:
        ValueError: A datetime is naive.
    """
    return {
        **arguments,
        "from_": _day(arguments, "from_"),
        "to": _day(arguments, "to", after=timedelta(microseconds=-1)),
    }


def _day(arguments: Mapping[str, Any], name: str, after: timedelta | None = None) -> Any:
    value = arguments[name]
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise ValueError(f"{name}: must have a time zone, for example datetime(..., tzinfo=UTC). Or pass a date.")
    zone = arguments["tzid"] if isinstance(arguments["tzid"], ZoneInfo) else ZoneInfo(arguments["tzid"])
    if after is None:
        return value.astimezone(zone).date()
    return (value.astimezone(UTC) + after).astimezone(zone).date() + timedelta(days=1)


def _check_color(body: Json, within: str = "") -> None:
    color = body.get("color", UNSET)
    if isinstance(color, str) and not _COLOR.fullmatch(color):
        raise ValueError(f"{within}color: must have the form #rrggbb, got {color!r}")


def _check_conferencing(event: Json, within: str) -> None:
    conferencing = event.get("conferencing")
    if not is_object(conferencing) or conferencing.get("profile_id") != "explicit":
        return
    for name in ("provider_description", "join_url"):
        if not conferencing.get(name):
            raise ValueError(f"{within}conferencing.{name}: is required if profile_id is explicit")


def _check_times(body: Json) -> None:
    are_dates = {name: _is_date(body[name]) for name in ("start", "end") if name in body}
    if len(set(are_dates.values())) > 1:
        raise ValueError(
            "end: must be a date if start is a date, otherwise a time. The end of an all-day event is exclusive."
        )


def _is_date(value: object) -> bool:
    text = value.get("time") if is_object(value) else value
    try:
        return bool(date.fromisoformat(str(text)))
    except ValueError:
        return False


def _check_rule(field: str, rule: Json) -> None:
    interval = rule.get("interval")
    if isinstance(interval, int) and interval < 1:
        raise ValueError(f"{field}.interval: must be greater than zero, got {interval}")
    days = [day for day in _items(rule, "by_day") if isinstance(day, str)]
    if days and rule.get("frequency") != "weekly":
        raise ValueError(f"{field}.by_day: names of days are only allowed when frequency is weekly")


def _check_subscription(field: str, subscription: Json) -> None:
    if subscription.get("type") != "webhook":
        raise ValueError(f"{field}.type: must be webhook, got {subscription.get('type')!r}")
    if not any(name in subscription for name in ("interactions", "transitions")):
        raise ValueError(f"{field}.interactions: either interactions or transitions are required")
    for path, transition in _objects(subscription, "transitions", f"{field}."):
        if ("before" in transition) == ("after" in transition):
            raise ValueError(f"{path}: must have either before or after")


def _items(body: Json, name: str) -> list[Any]:
    items = body.get(name)
    return items if is_array(items) else []


def _objects(body: Json, name: str, within: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for index, item in enumerate(_items(body, name)):
        if is_object(item):
            yield f"{within}{name}[{index}]", item
