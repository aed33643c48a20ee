"""Rules for availability queries, wherever they occur in a request.

Docs: https://docs.cronofy.com/developers/api/scheduling/availability/
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from ..kernel.area import Context, Field, Json, Problem, Problems, rule
from ..kernel.times import length, moment

__all__ = ["known_accounts", "something_to_search"]

DOCS: Final = "https://docs.cronofy.com/developers/api/scheduling/availability/"
LINKS: Final = "https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/"


@rule("AvailabilityQuery", docs=DOCS)
def something_to_search(query: Json, field: Field, context: Context) -> Problems:
    """A query has periods or slots."""
    if not any(query.get(name) for name in ("query_periods", "available_periods", "query_slots")):
        yield Problem(field / "query_periods", "errors.required", "must be specified")


@rule("AvailabilityQuery", docs=LINKS)
def start_interval_in_steps(query: Json, field: Field, context: Context) -> Problems:
    """The start interval is 5, 10, 15, 20, 30 or 60 minutes, or a multiple of one."""
    interval = query.get("start_interval")
    if interval is not None and (not length(interval) or length(interval) % timedelta(minutes=5)):
        words = "must be an increment of one of 5, 10, 15, 20, 30 or 60 minutes"
        yield Problem(field / "start_interval", "errors.invalid", words)


# The docs state the following rules for the same members of a scheduling conversation. Assumed: they hold here as well.


@rule("AvailabilityQuery", docs=DOCS, fidelity="assumed")
def required_duration_above_zero(query: Json, field: Field, context: Context) -> Problems:
    """``required_duration`` is greater than zero."""
    if not length(query["required_duration"]):
        yield Problem(field / "required_duration", "errors.invalid", "must be greater than zero")


@rule("AvailabilityQuery", docs=DOCS, fidelity="assumed")
def periods_up_to_50(query: Json, field: Field, context: Context) -> Problems:
    """There are at most 50 periods."""
    for name in ("query_periods", "available_periods"):
        if len(query.get(name, ())) > 50:
            yield Problem(field / name, "errors.invalid", "must be 50 at most")


@rule("AvailabilityQuery", docs=DOCS, fidelity="assumed")
def periods_last_a_minute(query: Json, field: Field, context: Context) -> Problems:
    """A period lasts a minute or more."""
    for period, start, end in _periods(query, field):
        if end - start < timedelta(minutes=1):
            yield Problem(period / "end", "errors.invalid", "must be at least 1 minute after the start")


@rule("AvailabilityQuery", docs=DOCS, fidelity="assumed")
def periods_end_in_the_future(query: Json, field: Field, context: Context) -> Problems:
    """A period ends in the future. (It may have begun, unlike in a scheduling conversation.)"""
    for period, _, end in _periods(query, field):
        if end <= context.now:
            yield Problem(period / "end", "errors.invalid", "must be in the future")


@rule("AvailabilityQuery", docs=DOCS, fidelity="assumed")
def periods_within_35_days(query: Json, field: Field, context: Context) -> Problems:
    """A period ends within 35 days of the earliest start."""
    periods = list(_periods(query, field))
    earliest = min((start for _, start, _ in periods), default=context.now)
    for period, _, end in periods:
        if end - earliest > timedelta(days=35):
            yield Problem(period / "end", "errors.invalid", "must be within 35 days of the earliest start")


@rule("Member", docs=DOCS, fidelity="assumed")
def known_accounts(member: Json, field: Field, context: Context) -> Problems:
    """Members have authorized the application, or are resources. Cronofy's response to others is not documented."""
    if member["sub"] not in context.state.accounts and not member["sub"].startswith("res_"):
        yield Problem(field / "sub", "errors.unknown", "is not an account of this application")


def _periods(query: Json, field: Field) -> Iterator[tuple[Field, datetime, datetime]]:
    for name in ("query_periods", "available_periods"):
        for index, one in enumerate(query.get(name, ())):
            yield field / name / index, moment(one["start"]), moment(one["end"])
