"""Availability queries, and the rules for them wherever they occur in a request.

The search is in ``kernel/availability/search.py``. This module has its assumptions, operations, and rules.

Docs: https://docs.cronofy.com/developers/api/scheduling/availability/
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from ..kernel.area import (
    Context,
    Field,
    Json,
    Problem,
    Problems,
    SandboxResponse,
    Slot,
    assumption,
    ok,
    operation,
    rule,
)
from ..kernel.availability.schedules import (
    ANY_TAG_COUNTS,
    EMPTY_HOURS,
    EMPTY_RULE_IDS,
    PERIODS_EXTEND_RULES,
    UNMANAGED_IS_UNAVAILABLE,
    WEEKS_BEGIN_ON_MONDAY,
)
from ..kernel.availability.search import ALIGNED_TO_MIDNIGHT, INDEPENDENT_SLOTS
from ..kernel.times import format_time, parse_duration, parse_time

__all__ = ["known_accounts", "something_to_search"]

DOCS: Final = "https://docs.cronofy.com/developers/api/scheduling/availability/"
SEQUENCED: Final = "https://docs.cronofy.com/developers/api/scheduling/sequenced-availability/"
LINKS: Final = "https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/"

#: The schemas that have periods.
QUERIES: Final = ("AvailabilityQuery", "SequencedAvailabilityQuery")
STEPS: Final = ("AvailabilityQuery", "SequenceStep")

RESULTS_ARE_LIMITED: Final = assumption(
    "512_results_by_default",
    "An availability query without ``max_results`` returns up to 512 periods or slots, and a sequenced one up to 512 "
    "sequences. Otherwise it returns all.",
)
assumption(
    ALIGNED_TO_MIDNIGHT,
    "Slots start at multiples of ``start_interval`` (by default ``required_duration``) since midnight UTC, counted from "
    "1970. Otherwise the intervals are counted from the start of each query period.",
)
assumption(
    INDEPENDENT_SLOTS,
    "Each of the ``query_slots`` is answered on its own, even if they overlap. Otherwise a slot that overlaps an earlier "
    "one in the response is left out.",
)
assumption(
    EMPTY_HOURS,
    "An empty ``available_periods`` of a member counts as absent. Otherwise the member is never available.",
)
assumption(
    EMPTY_RULE_IDS,
    "An empty ``availability_rule_ids`` counts as absent, so that all rules apply. Otherwise none does.",
)
assumption(
    UNMANAGED_IS_UNAVAILABLE,
    "A member with ``managed_availability`` for whom neither rules nor available periods are stored is never available. "
    "Otherwise nothing restricts them.",
)
assumption(
    PERIODS_EXTEND_RULES,
    "With ``managed_availability``, time inside a rule or inside an available period can be offered. Otherwise, it must "
    "be inside both, if there are both.",
)
assumption(
    ANY_TAG_COUNTS,
    "An event counts for a constraint if it has any of its tags. Otherwise it must have all of them.",
)
assumption(
    WEEKS_BEGIN_ON_MONDAY,
    "The weeks of constraints begin on Monday. Otherwise they begin on Sunday.",
)


@operation("availability.query")
def query(context: Context) -> SandboxResponse:
    """Return the periods or slots in which enough members are free."""
    query_body: Json = {"response_format": "periods", "max_results": _max_results(context)} | context.body
    name = "available_periods" if query_body["response_format"] == "periods" else "available_slots"
    body: dict[str, Any] = {name: [_render(slot) for slot in context.state.available_slots(query_body)]}
    if query_body.get("include_member_statuses"):
        subs = dict.fromkeys(member["sub"] for group in query_body["participants"] for member in group["members"])
        body["member_statuses"] = [_status(context, sub) for sub in subs if sub in context.state.accounts]
    return ok(body)


@operation("availability.query_sequence")
def query_sequence(context: Context) -> SandboxResponse:
    """Return the sequences of slots in which enough members of each step are free."""
    sequences = islice(context.state.sequences(context.body), _max_results(context))
    return ok(
        {
            "sequences": [
                {"sequence": [{"sequence_id": step.sequence_id, **_render(step.slot)} for step in steps]}
                for steps in sequences
            ]
        }
    )


def _max_results(context: Context) -> int | None:
    return 512 if context.assumes(RESULTS_ARE_LIMITED) else None


def _render(slot: Slot) -> dict[str, Any]:
    return {
        "start": format_time(slot.start),
        "end": format_time(slot.end),
        "participants": [{"sub": sub} for sub in slot.free],
    }


def _status(context: Context, sub: str) -> dict[str, str]:
    connected = bool(context.state.accounts[sub].access_tokens)
    return {"sub": sub, "sync_status": "active" if connected else "disconnected"}


@rule(*QUERIES, docs=DOCS)
def something_to_search(query: Json, field: Field, context: Context) -> Problems:
    """A query has periods or slots."""
    if not any(query.get(name) for name in ("query_periods", "available_periods", "query_slots")):
        yield Problem(field / "query_periods", "errors.required", "must be specified")


@rule("AvailabilityQuery", docs=DOCS, fidelity="assumed")
def periods_or_slots(query: Json, field: Field, context: Context) -> Problems:
    """A query has either periods or slots, not both."""
    if query.get("query_slots") and (query.get("query_periods") or query.get("available_periods")):
        yield Problem(field / "query_slots", "errors.not_allowed", "must not be combined with query_periods")


@rule("SequencedAvailabilityQuery", docs=SEQUENCED)
def steps_have_ids_of_their_own(query: Json, field: Field, context: Context) -> Problems:
    """The ``sequence_id`` of a step is unique in the query."""
    seen: set[str] = set()
    for index, step in enumerate(query["sequence"]):
        if str(step["sequence_id"]) in seen:
            yield Problem(field / "sequence" / index / "sequence_id", "errors.invalid", "must be unique in the query")
        seen.add(str(step["sequence_id"]))


@rule(*STEPS, docs=LINKS)
def start_interval_in_steps(query: Json, field: Field, context: Context) -> Problems:
    """The start interval is 5, 10, 15, 20, 30 or 60 minutes, or a multiple of one."""
    interval = query.get("start_interval")
    if interval is not None and (not parse_duration(interval) or parse_duration(interval) % timedelta(minutes=5)):
        message = "must be an increment of one of 5, 10, 15, 20, 30 or 60 minutes"
        yield Problem(field / "start_interval", "errors.invalid", message)


# The docs state the following rules for the same members of a scheduling conversation. Assumed: they hold here as well.


@rule(*STEPS, docs=DOCS, fidelity="assumed")
def required_duration_above_zero(query: Json, field: Field, context: Context) -> Problems:
    """``required_duration`` is greater than zero."""
    if not parse_duration(query["required_duration"]):
        yield Problem(field / "required_duration", "errors.invalid", "must be greater than zero")


@rule(*QUERIES, docs=DOCS, fidelity="assumed")
def periods_up_to_50(query: Json, field: Field, context: Context) -> Problems:
    """There are at most 50 periods."""
    for name in ("query_periods", "available_periods"):
        if len(query.get(name, ())) > 50:
            yield Problem(field / name, "errors.invalid", "must be 50 at most")


@rule(*QUERIES, docs=DOCS, fidelity="assumed")
def periods_last_a_minute(query: Json, field: Field, context: Context) -> Problems:
    """A period lasts at least a minute."""
    for period, start, end in _periods(query, field):
        if end - start < timedelta(minutes=1):
            yield Problem(period / "end", "errors.invalid", "must be at least 1 minute after the start")


@rule(*QUERIES, docs=DOCS, fidelity="assumed")
def periods_end_in_the_future(query: Json, field: Field, context: Context) -> Problems:
    """A period ends in the future. (It may have begun, unlike in a scheduling conversation.)"""
    for period, _, end in _periods(query, field):
        if end <= context.now:
            yield Problem(
                period / "end",
                "errors.invalid",
                f"must be in the future; in the sandbox it is {format_time(context.now)}",
            )


@rule(*QUERIES, docs=DOCS, fidelity="assumed")
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
        for index, period in enumerate(query.get(name, ())):
            yield field / name / index, parse_time(period["start"]), parse_time(period["end"])
