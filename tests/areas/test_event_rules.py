"""Each documented rule for events is broken once, which raises before a request is sent."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from cronofy_async.http import Endpoint
from cronofy_async.models import Conferencing, RecurrenceDay
from cronofy_async.resources import events as declared

from .example import END, START, answering

EVENT: dict[str, Any] = {"event_id": "e", "summary": "s", "start": START, "end": END}
HOOK = "https://example.com/hook"


def subscription(**members: Any) -> dict[str, Any]:
    return {"subscriptions": [{"type": "webhook", "uri": HOOK, **members}]}


def rule(**members: Any) -> dict[str, Any]:
    return {"recurrence": {"rules": [members]}}


TRANSITION = {"offset": {"minutes": 5}}
BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"summary": "x" * 1025}, "summary: must have at most 1024 characters, has 1025"),
    ({"description": "x" * 4097}, "description: must have at most 4096 characters, has 4097"),
    ({"reminders": [{"minutes": 1}] * 6}, "reminders: at most 5 are allowed, got 6"),
    ({"color": "49BED8"}, "color: must have the form #rrggbb, got '49BED8'"),
    ({"start": date(2030, 2, 1)}, "end: must be a date if start is a date"),
    ({"end": {"time": "2030-02-01", "tzid": "Europe/Paris"}}, "end: must be a date if start is a date"),
    ({"conferencing": {"profile_id": "explicit"}}, r"conferencing\.provider_description: is required if profile_id"),
    (
        {"conferencing": Conferencing(profile_id="explicit", provider_description="Ours")},
        r"conferencing\.join_url: is required if profile_id is explicit",
    ),
    (rule(frequency="daily", interval=0), r"recurrence\.rules\[0\]\.interval: must be greater than zero, got 0"),
    (rule(frequency="monthly", by_day=["friday"]), r"recurrence\.rules\[0\]\.by_day: names of days are only allowed"),
    (subscription(type="email", interactions=[]), r"subscriptions\[0\]\.type: must be webhook, got 'email'"),
    (subscription(), r"subscriptions\[0\]\.interactions: either interactions or transitions are required"),
    (subscription(transitions=[TRANSITION]), r"subscriptions\[0\]\.transitions\[0\]: must have either before or after"),
    (
        subscription(transitions=[{**TRANSITION, "before": "event_start", "after": "event_end"}]),
        r"subscriptions\[0\]\.transitions\[0\]: must have either before or after",
    ),
    ({"start": datetime(2030, 2, 1)}, "start: .* has no time zone"),  # noqa: DTZ001 - that is the mistake
]
ALLOWED: list[dict[str, Any]] = [
    {"conferencing": {"profile_id": "explicit", "provider_description": "Ours", "join_url": "https://example.com/1"}},
    {"summary": "x" * 1024, "description": "x" * 4096, "reminders": [{"minutes": 1}] * 5},
    {"start": date(2030, 2, 1), "end": date(2030, 2, 2)},
    {"start": {"time": START, "tzid": "Europe/Paris"}},
    rule(frequency="weekly", by_day=["friday"]),
    rule(frequency="monthly", by_day=[RecurrenceDay("friday", nth_of_period=1)]),
    {"recurrence": {"rules": []}},
    {"subscriptions": ["odd"]},  # a value that is not an object is not checked
    subscription(interactions=[{"type": "conferencing_assigned"}]),
    subscription(transitions=[{**TRANSITION, "after": "event_end"}]),
]


@pytest.mark.parametrize(("changes", "message"), BROKEN)
def test_an_event_that_breaks_a_rule_is_rejected(changes: dict[str, Any], message: str) -> None:
    events: Any = answering(None)[0].account(access_token="token").events
    arguments: dict[str, Any] = EVENT | changes

    with pytest.raises(ValueError, match=f"^{message}"):
        _ = events.upsert("cal_1", **arguments)
    del arguments["event_id"]
    with pytest.raises(ValueError, match=f"^{message}"):
        _ = events.edit_external("cal_1", event_uid="evt_external_1", **arguments)


@pytest.mark.parametrize("changes", ALLOWED)
async def test_a_valid_event_is_sent(changes: dict[str, Any]) -> None:
    client, transport = answering(None)

    events: Any = client.account(access_token="token").events
    await events.upsert("cal_1", **(EVENT | changes))

    assert len(transport.requests) == 1


async def test_rules_are_not_checked_without_validation() -> None:
    client, transport = answering(None, validate=False)

    events: Any = client.account(access_token="token").events
    await events.upsert("cal_1", **(EVENT | {"summary": "x" * 1025}))

    assert len(transport.requests) == 1


@pytest.mark.parametrize(
    "arguments", [{}, {"delete_all": True, "calendar_ids": ["cal_1"]}, {"calendar_ids": []}, {"delete_all": False}]
)
def test_bulk_delete_requires_exactly_one_of_two_arguments(arguments: dict[str, Any]) -> None:
    events = answering(None)[0].account(access_token="token").events

    with pytest.raises(ValueError, match=r"^delete_all: pass either delete_all=True or calendar_ids"):
        _ = events.bulk_delete(**arguments)


def test_a_participation_status_has_three_values() -> None:
    events = answering(None)[0].account(access_token="token").events
    status: Any = "needs_action"

    with pytest.raises(ValueError, match=r"^status: must be accepted, tentative, or declined, got 'needs_action'$"):
        _ = events.change_participation_status("cal_1", "evt_external_1", status=status)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"from_": datetime(2030, 2, 1)}, "from_: must have a time zone"),  # noqa: DTZ001 - that is the mistake
        ({"to": datetime(2030, 2, 1)}, "to: must have a time zone"),  # noqa: DTZ001
        ({"calendar_ids": "cal_1"}, "calendar_ids: expected an array"),
        ({"last_modified": datetime(2030, 2, 1)}, "last_modified: .* has no time zone"),  # noqa: DTZ001
    ],
)
def test_a_read_names_the_invalid_parameter(arguments: dict[str, Any], message: str) -> None:
    account = answering(None)[0].account(access_token="token")

    for read in (account.events.read, account.free_busy.read):
        with pytest.raises(ValueError, match=f"^{message}"):
            read(**arguments)


def test_changes_validates_its_arguments_before_iteration() -> None:
    events = answering(None)[0].account(access_token="token").events

    with pytest.raises(ValueError, match=r"^last_modified: .* has no time zone"):
        events.changes(since=datetime(2030, 2, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match=r"^overlap: must not be negative, got -1 day"):
        events.changes(overlap=timedelta(days=-1))


def test_only_writes_of_single_events_are_batchable() -> None:
    endpoints: list[Endpoint[Any]] = [value for value in vars(declared).values() if isinstance(value, Endpoint)]

    assert {endpoint.name for endpoint in endpoints if endpoint.batchable} == {
        "events.upsert",
        "events.delete",
        "events.edit_external",
        "events.delete_external",
    }
    assert [endpoint.name for endpoint in endpoints if not endpoint.idempotent] == []
