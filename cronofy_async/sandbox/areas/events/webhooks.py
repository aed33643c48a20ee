"""Conferencing of events, and the webhooks of events: interactions and transitions.

The sandbox assigns a conference after ``write_delay``; until then, it is pending. Event triggers are sent on the sandbox's
clock. Assumed, as the docs do not specify it: the bodies of both webhooks, based on the documented one of meeting agents;
that a transition of a series is that of its first occurrence; and that a moment in the past sends nothing.

Docs: https://docs.cronofy.com/developers/api/event-triggers/
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from ...kernel.area import Event, EventChange, Json, Runtime, effect, on_event_change, stored
from ...kernel.events.details import nested_member
from ...kernel.events.occurrences import Occurrence
from ...kernel.events.reading import render_times
from ...kernel.times import parse_duration

__all__ = ["Conference", "FailingProfile", "conferencing"]

#: Assumed: the time after which Cronofy tries a provider again.
RETRY_AFTER: Final = timedelta(minutes=1)
PROVIDERS: Final = {"default": "cronofy", "integrated": "google"}
_EVENT_MEMBERS: Final = ("summary", "description", "location")


@stored
@attrs.frozen(kw_only=True)
class Conference:
    """The conference that a provider assigned to an event; it has no URL if the provider failed."""

    profile_id: str
    provider_name: str
    join_url: str | None


@stored
@attrs.define(kw_only=True)
class FailingProfile:
    """The number of attempts to assign a conference that will fail, for one conferencing profile."""

    times: int


@stored
@attrs.frozen(kw_only=True)
class Trigger:
    """A scheduled transition of an event."""

    due: datetime


def conferencing(runtime: Runtime, event: Event) -> dict[str, Any] | None:
    """Return the conferencing of an event as responses show it."""
    requested = event.details.get("conferencing")
    if requested is None:
        return None
    if requested["profile_id"] == "explicit":
        return {"provider_name": requested["provider_description"], "join_url": requested["join_url"]}
    conference = runtime.state.table(Conference).get(event.event_uid)
    if conference is None or conference.profile_id != requested["profile_id"]:
        return {"pending": True}
    if conference.join_url is None:
        return None
    return {"provider_name": conference.provider_name, "join_url": conference.join_url}


@on_event_change
def assign_later(runtime: Runtime, change: EventChange) -> None:
    """Assign a conference to an event that the application wrote with one."""
    if not change.event.deleted and (conferencing(runtime, change.event) or {}).get("pending"):
        runtime.later(assign, sub=change.sub, calendar_id=change.calendar_id, event_uid=change.event.event_uid)


@effect("events.assign_conference")
def assign(runtime: Runtime, sub: str, calendar_id: str, event_uid: str) -> None:
    """Assign a conference, which changes the event, and call the webhooks that are subscribed to it.

    If the provider fails, the event has no conference until a later attempt succeeds.
    """
    state = runtime.state
    event = state.event(sub, calendar_id, event_uid=event_uid)
    if event is None or (conferencing(runtime, event) or {}).get("join_url"):
        return
    profile_id: str | None = nested_member(event.details, "conferencing", "profile_id")
    if profile_id is None:
        return
    failing = state.table(FailingProfile).get(profile_id)
    fails = failing is not None and failing.times > 0
    if failing is not None and fails:
        failing.times -= 1
        runtime.at(runtime.now + RETRY_AFTER, assign, sub=sub, calendar_id=calendar_id, event_uid=event_uid)
    state.table(Conference)[event_uid] = Conference(
        profile_id=profile_id,
        provider_name=PROVIDERS.get(profile_id, "zoom"),
        join_url=None if fails else f"https://meetings.invalid/{state.keyed_token(event_uid + profile_id)}",
    )
    changed = state.touch_event(sub, calendar_id, event)
    interaction_type = "conferencing_failing" if fails else "conferencing_assigned"
    for subscription in changed.details.get("subscriptions", ()):
        interactions = [
            interaction
            for interaction in subscription.get("interactions", ())
            if interaction["type"] == interaction_type
        ]
        if interactions:
            _notify(runtime, calendar_id, changed, subscription["uri"], {"interactions": interactions})


@on_event_change
def schedule(runtime: Runtime, change: EventChange) -> None:
    """Schedule the transitions of an event. They move with it."""
    if change.event.deleted:
        return
    waiting = runtime.state.table(Trigger)
    for number, _, due in _transitions(change.event):
        key = f"{change.event.event_uid} {number} {due.isoformat()}"
        if due > runtime.now and key not in waiting:
            waiting[key] = Trigger(due=due)
            runtime.at(due, trigger, sub=change.sub, calendar_id=change.calendar_id, key=key)


@effect("events.trigger")
def trigger(runtime: Runtime, sub: str, calendar_id: str, key: str) -> None:
    """Call the webhook of a transition, if the event still has it at this time."""
    waiting = runtime.state.table(Trigger).pop(key)
    event_uid, trigger_number, _ = key.split(" ")
    event = runtime.state.event(sub, calendar_id, event_uid=event_uid)
    if event is None:
        return
    for number, (uri, transition), due in _transitions(event):
        if due == waiting.due and number == trigger_number:
            _notify(runtime, calendar_id, event, uri, {"transitions": [transition]})


def _transitions(event: Event) -> Iterator[tuple[str, tuple[str, Json], datetime]]:
    """Yield each transition of an event: its number, its URL and definition, and its time."""
    for index, subscription in enumerate(event.details.get("subscriptions", ())):
        for position, transition in enumerate(subscription.get("transitions", ())):
            before = "before" in transition
            anchor = event.start if transition["before" if before else "after"] == "event_start" else event.end
            offset = parse_duration(transition["offset"])
            yield f"{index}.{position}", (subscription["uri"], transition), anchor + (-offset if before else offset)


def _notify(runtime: Runtime, calendar_id: str, event: Event, uri: str, members: dict[str, Any]) -> None:
    details = {name: event.details[name] for name in _EVENT_MEMBERS if name in event.details}
    message = {
        "notification": {"type": "event_subscription", **members},
        "event": {
            "calendar_id": calendar_id,
            "event_uid": event.event_uid,
            **({"event_id": event.event_id} if event.event_id is not None else {}),
            **details,
            **render_times(Occurrence(event, event.start, event.end), localized=False),
            "tzid": event.tzid,
        },
    }
    conference = conferencing(runtime, event)
    if conference is not None:
        message["event"]["conferencing"] = conference
    runtime.notify(uri, message)
