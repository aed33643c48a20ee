"""Write and delete events. A request is accepted with 202 and takes effect later.

Docs: https://docs.cronofy.com/developers/api/events/upsert-event/
"""

from __future__ import annotations

from typing import Any, Final

from ...kernel.area import (
    Context,
    Event,
    Field,
    Problem,
    Runtime,
    SandboxResponse,
    accepted,
    assumption,
    effect,
    errors_of,
    invalid,
    not_found,
    operation,
)
from ...kernel.events.details import people
from ...kernel.times import EventSpan, event_span
from .reading import may_be_changed

__all__ = ["answer_invitation"]

#: Calendar services that delete an event when its invitation is declined.
DELETING: Final = frozenset({"exchange", "office365"})
#: The members of a body that identify the event or set its times.
_NOT_DETAILS: Final = frozenset({"event_uid", "start", "end", "tzid", "include_userinfo"})

IGNORED: Final = assumption(
    "external_writes_are_ignored",
    "Editing or deleting an external event that the application may not change is accepted and has no effect, as users "
    "of an official SDK observed. Otherwise it gets a 403.",
)


@operation("events.upsert")
def upsert(context: Context) -> SandboxResponse:
    """Create or update an event that the application manages."""
    body = {name: value for name, value in context.body.items() if name != "event_uid"}
    return _reject(context) or _later(context, write, body=body)


@operation("events.edit_external")
def edit_external(context: Context) -> SandboxResponse:
    """Edit an external event. With an ``event_id`` as well, it is an upsert."""
    if "event_id" in context.body:
        return upsert(context)
    return _reject(context) or _reject_external(context) or _later(context, write, body=context.body)


@operation("events.delete")
def delete(context: Context) -> SandboxResponse:
    """Delete an event that the application manages, if there is one."""
    return _reject(context) or _later(context, remove, event_id=context.body["event_id"])


@operation("events.delete_external")
def delete_external(context: Context) -> SandboxResponse:
    """Delete an external event."""
    return _reject(context) or _reject_external(context) or _later(context, remove, event_uid=context.body["event_uid"])


@operation("events.bulk_delete")
def bulk_delete(context: Context) -> SandboxResponse:
    """Delete all events that the application manages, in all calendars or in some."""
    account = context.account
    calendar_ids = context.body.get("calendar_ids") or context.query.get("calendar_ids") or account.calendar_ids
    context.later(remove_all, sub=account.sub, calendar_ids=calendar_ids)
    return accepted()


@operation("events.change_participation_status")
def change_participation_status(context: Context) -> SandboxResponse:
    """Answer an invitation."""
    calendar = context.account.calendar(context.path["calendar_id"])
    event = calendar.event(event_uid=context.path["event_uid"]) if calendar else None
    if calendar is None or event is None:
        return not_found()
    if not calendar.is_writable or "participation_status" not in event.details:
        return SandboxResponse.of(403)
    return _later(context, answer, event_uid=event.event_uid, status=context.body["status"])


def _reject(context: Context) -> SandboxResponse | None:
    calendar = context.account.calendar(context.path["calendar_id"])
    if calendar is None:
        return not_found()
    return None if calendar.is_writable else SandboxResponse.of(403)


def _reject_external(context: Context) -> SandboxResponse | None:
    """Return the response to a request that has no effect on an external event."""
    calendar = context.account.calendar(context.path["calendar_id"])
    event = calendar.event(event_uid=context.body["event_uid"]) if calendar else None
    if calendar is None or event is None or event.is_managed:
        message = "event uid must be a valid external event uid"
        problem = Problem(Field("event_uid"), "errors.must_be_external_event_uid", message, is_whole=True)
        return invalid(errors_of([problem]))
    if may_be_changed(calendar, event):
        return None
    return _accepted(context) if context.assumes(IGNORED) else SandboxResponse.of(403)


def _later(context: Context, effect_function: Any, **arguments: Any) -> SandboxResponse:
    context.later(effect_function, sub=context.account.sub, calendar_id=context.path["calendar_id"], **arguments)
    return _accepted(context)


def _accepted(context: Context) -> SandboxResponse:
    """Return 202, with the account's userinfo if the request asks for it."""
    if not context.body.get("include_userinfo"):
        return accepted()
    return accepted({"userinfo": context.perform("GET", "/v1/userinfo").json})


# Effects. They ignore records that no longer exist.


@effect("events.write")
def write(runtime: Runtime, sub: str, calendar_id: str, body: dict[str, Any]) -> None:
    """Write an event: the one with the ``event_uid`` of the body, or a managed one."""
    ids = {name: body.get(name) for name in ("event_id", "event_uid")}
    old = runtime.state.event(sub, calendar_id, **ids)
    if old is None and "event_uid" in body:
        return
    details = {name: value for name, value in body.items() if name not in _NOT_DETAILS}
    if old is not None and details.get("reminders_create_only"):
        details.pop("reminders", None)
    span = _span(body, old)
    runtime.state.write_event(
        sub,
        calendar_id,
        details,
        span.start,
        span.end,
        all_day=span.all_day,
        tzid=span.tzid,
        event_uid=body.get("event_uid"),
    )


def _span(body: dict[str, Any], old: Event | None) -> EventSpan:
    if "start" in body and "end" in body:
        return event_span(body["start"], body["end"], body.get("tzid"))
    assert old is not None  # only an external event can be written without its times
    return EventSpan(old.start, old.end, old.all_day, body.get("tzid") or old.tzid)


@effect("events.remove")
def remove(
    runtime: Runtime, sub: str, calendar_id: str, event_id: str | None = None, event_uid: str | None = None
) -> None:
    """Delete an event."""
    event = runtime.state.event(sub, calendar_id, event_id=event_id, event_uid=event_uid)
    if event is not None:
        runtime.state.delete_event(sub, calendar_id, event)


@effect("events.remove_all")
def remove_all(runtime: Runtime, sub: str, calendar_ids: list[str]) -> None:
    """Delete the managed events of calendars."""
    for calendar_id in calendar_ids:
        calendar = runtime.state.calendar(sub, calendar_id)
        for event in list(calendar.events) if calendar and calendar.is_writable else ():
            if event.is_managed:
                runtime.state.delete_event(sub, calendar_id, event)


@effect("events.answer")
def answer(runtime: Runtime, sub: str, calendar_id: str, event_uid: str, status: str) -> None:
    """Answer an invitation for an account."""
    answer_invitation(runtime, sub, calendar_id, event_uid, status)


def answer_invitation(
    runtime: Runtime, sub: str, calendar_id: str, event_uid: str, status: str, *, by_application: bool = True
) -> None:
    """Set the participation status of an account, or delete the event where the calendar service does."""
    account, calendar = runtime.state.accounts[sub], runtime.state.calendar(sub, calendar_id)
    event = calendar.event(event_uid=event_uid) if calendar else None
    if calendar is None or event is None:
        return
    profile = account.profile(calendar.profile_id)
    if status == "declined" and profile is not None and profile.provider_name in DELETING:
        runtime.state.delete_event(sub, calendar_id, event, by_application=by_application)
        return
    details: dict[str, Any] = {"participation_status": status}
    if account.email.casefold() in {person["email"].casefold() for person in people(event.details)}:
        details["attendees"] = {"invite": [{"email": account.email, "status": status}]}
    runtime.state.write_event(
        sub,
        calendar_id,
        details,
        event.start,
        event.end,
        all_day=event.all_day,
        tzid=event.tzid,
        event_uid=event_uid,
        by_application=by_application,
    )
