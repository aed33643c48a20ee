"""Rules for events, wherever they occur in a request, and for reads.

Docs: https://docs.cronofy.com/developers/api/events/upsert-event/
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from ...._json import is_object
from ...kernel.area import Context, Field, Json, Problem, Problems, assumption, rule
from ...kernel.events.reading import ReadWindow, day_of, synchronized_window
from ...kernel.times import event_span, is_zone

__all__: list[str] = []

UPSERT: Final = "https://docs.cronofy.com/developers/api/events/upsert-event/"
RECURRING: Final = "https://docs.cronofy.com/developers/api-alpha/recurring-events/"
CONFERENCING: Final = "https://docs.cronofy.com/developers/api/conferencing-services/create/"
BULK_DELETE: Final = "https://docs.cronofy.com/developers/api/events/bulk-delete-events/"
READ: Final = "https://docs.cronofy.com/developers/api/events/read-events/"


FREQUENCIES: Final = ("daily", "weekly", "monthly", "yearly")
PROFILES: Final = ("default", "integrated", "explicit", "none")

WINDOWS_ARE_CUT: Final = assumption(
    "large_windows_are_cut",
    "``from`` and ``to`` beyond the documented minimum and maximum count as these. Otherwise they get a 422.",
)


# Events.


@rule("NewEvent", "EditedEvent", docs=UPSERT)
def start_and_end_of_one_kind(event: Json, field: Field, context: Context) -> Problems:
    """``start`` and ``end`` are both dates, or both times."""
    if _has_times(event) and _is_date(event["start"]) != _is_date(event["end"]):
        yield Problem(field / "end", "errors.invalid", f"must be a {'date' if _is_date(event['start']) else 'time'}")


@rule("NewEvent", "EditedEvent", docs=UPSERT, fidelity="assumed")
def end_after_start(event: Json, field: Field, context: Context) -> Problems:
    """An event does not end before it starts. An all-day event, whose end is exclusive, lasts at least a day."""
    if not _has_times(event) or _is_date(event["start"]) != _is_date(event["end"]):
        return
    span = event_span(event["start"], event["end"], "Etc/UTC")
    if span.end < span.start or (span.all_day and span.end == span.start):
        yield Problem(field / "end", "errors.invalid_time_pair", "must be after start")


@rule("NewEvent", docs=UPSERT)
def no_attendees_in_application_calendars(event: Json, field: Field, context: Context) -> Problems:
    """An application calendar has no organizer who could invite people."""
    account = context.account_or_none
    if "attendees" in event and account is not None and account.kind == "application_calendar":
        yield Problem(field / "attendees", "errors.event.cannot_set_attendees", "cannot be set")


@rule("Invitee", docs=UPSERT, fidelity="assumed")
def invitees_have_an_address(invitee: Json, field: Field, context: Context) -> Problems:
    """People are invited by their email address."""
    local, _, domain = invitee["email"].partition("@")
    if not local or not domain:
        yield Problem(field / "email", "errors.invalid_email", "must be an email address")


@rule("Conferencing", docs=CONFERENCING, fidelity="assumed")
def known_conferencing(conferencing: Json, field: Field, context: Context) -> Problems:
    """A conferencing profile is one of the documented words, or has an ID that begins with ``pro_`` or ``int_``."""
    if conferencing["profile_id"] not in PROFILES and not conferencing["profile_id"].startswith(("pro_", "int_")):
        yield Problem(field / "profile_id", "errors.not_recognized", "is not recognized")


def _has_times(event: Json) -> bool:
    return "start" in event and "end" in event


def _is_date(value: Any) -> bool:
    return len(str(value["time"] if is_object(value) else value)) == len("2030-02-01")


# Recurrence.


@rule("Recurrence", docs=RECURRING, fidelity="assumed")
def one_recurrence_rule(recurrence: Json | None, field: Field, context: Context) -> Problems:
    """A series has one rule at most."""
    if recurrence and len(recurrence["rules"]) > 1:
        yield Problem(field / "rules", "errors.max_recurrence_rules_exceeded", "must have at most 1 item")


@rule("RecurrenceRule", docs=RECURRING)
def known_frequencies(recurrence_rule: Json, field: Field, context: Context) -> Problems:
    """The frequency is ``daily``, ``weekly``, ``monthly``, or ``yearly``."""
    if recurrence_rule["frequency"] not in FREQUENCIES:
        yield Problem(field / "frequency", "errors.not_recognized", f"must be one of {', '.join(FREQUENCIES)}")


@rule("RecurrenceRule", docs=RECURRING)
def interval_above_zero(recurrence_rule: Json, field: Field, context: Context) -> Problems:
    """The interval is greater than zero."""
    if (recurrence_rule.get("interval") or 1) < 1 or recurrence_rule.get("interval") == 0:
        key = "errors.must_be_integer_greater_than_zero"
        yield Problem(field / "interval", key, "must be an integer greater than zero")


@rule("RecurrenceRule", docs=RECURRING)
def days_of_weekly_rules(recurrence_rule: Json, field: Field, context: Context) -> Problems:
    """``by_day`` is only supported when the frequency is ``weekly``."""
    if recurrence_rule["frequency"] != "weekly" and any(
        isinstance(day, str) for day in recurrence_rule.get("by_day") or ()
    ):
        yield Problem(field / "by_day", "errors.not_supported", "is only supported when frequency is weekly")


@rule("RecurrenceRule", docs=RECURRING, fidelity="assumed")
def nth_days_of_monthly_rules(recurrence_rule: Json, field: Field, context: Context) -> Problems:
    """``nth_of_period`` is only supported when the frequency is ``monthly`` or ``yearly``."""
    for index, day in enumerate(recurrence_rule.get("by_day") or ()):
        if is_object(day) and day.get("nth_of_period") and recurrence_rule["frequency"] not in {"monthly", "yearly"}:
            message = "is only supported when frequency is monthly or yearly"
            yield Problem(field / "by_day" / index / "nth_of_period", "errors.not_supported", message)


@rule("RecurrenceRule", docs=RECURRING, fidelity="assumed")
def count_or_until(recurrence_rule: Json, field: Field, context: Context) -> Problems:
    """A series ends after a number of occurrences or on a day, not both."""
    if recurrence_rule.get("count") is not None and recurrence_rule.get("until") is not None:
        key = "errors.not_supported_count_until_combination"
        yield Problem(field / "until", key, "cannot be combined with count")


@rule("RecurrenceRule", docs=RECURRING, fidelity="assumed")
def until_is_a_date(recurrence_rule: Json, field: Field, context: Context) -> Problems:
    """``until`` is a date."""
    until = recurrence_rule.get("until")
    if until is not None and not _is_day(until):
        yield Problem(field / "until", "errors.must_be_date", "must be a date such as 2030-02-01")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


# Bulk deletion.


@rule("events.bulk_delete", docs=BULK_DELETE)
def all_or_some_calendars(body: Json, field: Field, context: Context) -> Problems:
    """There is either ``delete_all``, which is true, or ``calendar_ids`` with at least one ID."""
    delete_all, calendar_ids = (body.get(name, context.query.get(name)) for name in ("delete_all", "calendar_ids"))
    if delete_all is not None and not isinstance(delete_all, bool):
        message = "must be a boolean value, either true or false"
        yield Problem(field / "delete_all", "errors.must_be_boolean", message, is_whole=True)
    elif bool(delete_all) == bool(calendar_ids):
        message = "cannot be combined with calendar_ids"
        key = "errors.invalid" if delete_all else "errors.required"
        yield Problem(field / "delete_all", key, message if delete_all else "must be specified")


@rule("events.bulk_delete", docs=BULK_DELETE)
def known_calendars(body: Json, field: Field, context: Context) -> Problems:
    """The account has the calendars."""
    calendar_ids = body.get("calendar_ids") or context.query.get("calendar_ids") or ()
    if not {*calendar_ids} <= {*context.account.calendar_ids}:
        message = "One or more of the calendar IDs provided was invalid"
        yield Problem(field / "calendar_ids", "errors.invalid_calendar_ids", message, is_whole=True)


# Reading.


@rule("events.read", "free_busy.read", docs=READ, fidelity="assumed")
def to_after_from(query: Json, field: Field, context: Context) -> Problems:
    """The window has at least one day."""
    window = _window(query)
    if window is not None and window.since is not None and window.to is not None and window.to <= window.since:
        yield Problem(field / "to", "errors.invalid_time_pair", "must be after from")


@rule("events.read", "free_busy.read", docs=READ)
def windows_within_limits(query: Json, field: Field, context: Context) -> Problems:
    """``from`` is at least 42 days in the past, and ``to`` at most 201 days in the future; see the assumption."""
    window = _window(query)
    if window is None or context.assumes(WINDOWS_ARE_CUT):
        return
    limit = synchronized_window(query["tzid"], context.now)
    if window.since is not None and limit.since is not None and window.since < limit.since:
        yield Problem(field / "from", "errors.invalid", f"must be {limit.since} at the earliest")
    if window.to is not None and limit.to is not None and window.to > limit.to:
        yield Problem(field / "to", "errors.invalid", f"must be {limit.to} at the latest")


def _window(query: Json) -> ReadWindow | None:
    """Return the window of a read, unless its time zone is unknown, which another rule reports."""
    if not is_zone(query["tzid"]):
        return None
    return ReadWindow(day_of(query, "from"), day_of(query, "to"), query["tzid"])
