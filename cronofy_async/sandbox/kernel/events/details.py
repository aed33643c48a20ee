"""The details of stored events: how a write changes them, and how they affect availability.

Assumed, as the docs do not specify it: a write keeps every member that it omits.

Docs: https://docs.cronofy.com/developers/api/events/upsert-event/
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from ...._json import is_object
from ..records import Event, Json

__all__ = ["FreeBusyStatus", "free_busy_status", "merge_details", "nested_member", "people", "transparency"]

FreeBusyStatus: TypeAlias = Literal["busy", "free", "tentative"]


def merge_details(old: Json, new: Json) -> dict[str, Any]:
    """Return the details of an event after a write.

    A member that is left out is kept, and ``null`` removes one. ``attendees`` changes the existing list: ``invite`` adds
    people, ``remove`` (or ``reject``) removes them and takes precedence. An empty ``recurrence``, the conferencing ``none``, and the
    meeting agent ``none`` remove the existing one.
    """
    details = {name: value for name, value in {**old, **new}.items() if value is not None}
    if "attendees" in new:
        details["attendees"] = {"invite": _invited(people(old), new["attendees"] or {})}
    if not nested_member(details, "recurrence", "rules"):
        details.pop("recurrence", None)
    for name in ("conferencing", "meeting_agent"):
        if nested_member(details, name, "profile_id") == "none":
            del details[name]
    return details


def nested_member(details: Json, name: str, inner: str) -> Any:
    """Return a nested member, if it exists."""
    value = details.get(name)
    return value.get(inner) if is_object(value) else None


def _invited(before: list[Json], change: Json) -> list[Json]:
    by_address = {person["email"].casefold(): person for person in before}
    for person in change.get("invite", ()):
        address = person["email"].casefold()
        by_address[address] = {**by_address.get(address, {}), **person}
    for person in (*change.get("remove", ()), *change.get("reject", ())):
        by_address.pop(person["email"].casefold(), None)
    return list(by_address.values())


def people(details: Json) -> list[Json]:
    """Return the people who are invited to an event."""
    invited: list[Json] = nested_member(details, "attendees", "invite") or []
    return invited


def transparency(event: Event) -> str:
    """Return the transparency of an event. As documented, all-day events are transparent by default."""
    return event.details.get("transparency") or ("transparent" if event.all_day else "opaque")


def free_busy_status(event: Event) -> FreeBusyStatus | None:
    """Return whether an account is busy during an event; ``None`` if it does not take part.

    Assumed: ``extended_transparency`` takes precedence over ``transparency``, and a person who works elsewhere is free.
    """
    if event.details.get("participation_status") == "declined" or event.details.get("status") == "cancelled":
        return None
    status = event.details.get("extended_transparency") or transparency(event)
    if status in {"transparent", "working_elsewhere"}:
        return "free"
    if status == "tentative" or event.details.get("status") == "tentative":
        return "tentative"
    return "busy"
