"""Every rule on the docs page about links, and who checks it: the client before sending, the sandbox, or both.

Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/
"""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any, Literal

import pytest

from cronofy_async import CronofyClient, ValidationFailed
from cronofy_async.sandbox import Sandbox

NOW = datetime(2030, 1, 7, 8, tzinfo=UTC)
DELETE = object()

Path = tuple[str | int, ...]
CheckedBy = Literal["client", "sandbox", "both"]

ATTENDEE = {"email": "ada@example.com"}
SINGLE: list[tuple[Path, Any]] = [(("event_creation",), "single")]

#: The text of the rule, a value that breaks it, the field that is named, and who checks it.
RULES: list[tuple[str, list[tuple[Path, Any]], str, CheckedBy]] = [
    ("oauth is required", [(("oauth",), DELETE)], "oauth", "both"),
    ("oauth.redirect_uri is required", [(("oauth", "redirect_uri"), DELETE)], "oauth.redirect_uri", "both"),
    ("it is an HTTP or HTTPS URI", [(("oauth", "redirect_uri"), "myapp://done")], "oauth.redirect_uri", "sandbox"),
    ("event is required", [(("event",), DELETE)], "event", "both"),
    ("event.event_id is required", [(("event", "event_id"), DELETE)], "event.event_id", "both"),
    ("event.summary is required", [(("event", "summary"), DELETE)], "event.summary", "both"),
    ("event.tzid is required", [(("event", "tzid"), DELETE)], "event.tzid", "both"),
    ("event.tzid is a time zone", [(("event", "tzid"), "Mars/Olympus")], "event.tzid", "sandbox"),
    ("event.start is left out", [(("event", "start"), "2030-01-07T09:00:00Z")], "event.start", "both"),
    ("event.end is left out", [(("event", "end"), "2030-01-07T10:00:00Z")], "event.end", "both"),
    ("attendees only with single", [(("event", "attendees"), {"invite": [ATTENDEE]})], "event.attendees", "both"),
    (
        "only built-in conferencing in event",
        [(("event", "conferencing"), {"profile_id": "pro_1"})],
        "event.conferencing.profile_id",
        "both",
    ),
    (
        "explicit conferencing has a URL",
        [(("event", "conferencing"), {"profile_id": "explicit", "provider_description": "Ours"})],
        "event.conferencing.join_url",
        "both",
    ),
    ("event.summary has its length", [(("event", "summary"), "x" * 1025)], "event.summary", "both"),
    ("there are at most five reminders", [(("event", "reminders"), [{"minutes": 1}] * 6)], "event.reminders", "both"),
    (
        "a subscription is a webhook",
        [(("event", "subscriptions"), [{"type": "email", "uri": "https://a.example.com", "interactions": []}])],
        "event.subscriptions[0].type",
        "both",
    ),
    (
        "the duration is not zero",
        [(("availability", "required_duration"), {"minutes": 0})],
        "availability.required_duration",
        "both",
    ),
    (
        "a group has members",
        [(("availability", "participants", 0, "members"), [])],
        "availability.participants[0].members",
        "both",
    ),
    ("availability is required", [(("availability",), DELETE)], "availability", "both"),
    ("it has participants", [(("availability", "participants"), DELETE)], "availability.participants", "both"),
    (
        "it has a duration",
        [(("availability", "required_duration"), DELETE)],
        "availability.required_duration",
        "both",
    ),
    (
        "start_interval is an increment of 5, 10, 15, 20, 30 or 60 minutes",
        [(("availability", "start_interval"), {"minutes": 7})],
        "availability.start_interval",
        "both",
    ),
    (
        "response_format is slots or overlapping_slots",
        [(("availability", "response_format"), "piles")],
        "availability.response_format",
        "sandbox",
    ),
    ("minimum_notice is a duration", [(("minimum_notice",), {"minutes": "60"})], "minimum_notice.minutes", "sandbox"),
    ("event_creation is default or single", [(("event_creation",), "double")], "event_creation", "sandbox"),
    ("a target has a sub", [(("target_calendars", 0, "sub"), DELETE)], "target_calendars[0].sub", "both"),
    (
        "a target has a calendar",
        [(("target_calendars", 0, "calendar_id"), DELETE)],
        "target_calendars[0].calendar_id",
        "both",
    ),
    (
        "attendee of a target only with single",
        [(("target_calendars", 0, "attendee"), ATTENDEE)],
        "target_calendars[0].attendee",
        "both",
    ),
    (
        "event of a target only with single",
        [(("target_calendars", 0, "event"), {"conferencing": {"profile_id": "integrated"}})],
        "target_calendars[0].event",
        "both",
    ),
    (
        "an attendee has an email",
        [*SINGLE, (("target_calendars", 0, "attendee"), {"display_name": "Ada"})],
        "target_calendars[0].attendee.email",
        "both",
    ),
    ("hour_format is h or H", [(("formatting", "hour_format"), "k")], "formatting.hour_format", "sandbox"),
    ("selection_mode is no_confirm or confirm", [(("selection_mode",), "perhaps")], "selection_mode", "sandbox"),
    (
        "callback URLs are URLs",
        [(("callback_urls", "completed_url"), "hook")],
        "callback_urls.completed_url",
        "sandbox",
    ),
    ("redirect URLs are URLs", [(("redirect_urls", "completed_url"), "ok")], "redirect_urls.completed_url", "sandbox"),
]
each_rule = pytest.mark.parametrize(
    ("breach", "field", "checked_by"), [rule[1:] for rule in RULES], ids=[r[0] for r in RULES]
)


def link(sandbox: Sandbox) -> dict[str, Any]:
    account = sandbox.add_account("ada@example.com")
    return {
        "oauth": {"redirect_uri": "https://app.example.com/done"},
        "event": {"event_id": "1", "summary": "Intro", "tzid": "Europe/London"},
        "availability": {
            "participants": [{"members": [account.member], "required": "all"}],
            "required_duration": {"minutes": 60},
            "query_periods": [{"start": "2030-01-07T09:00:00Z", "end": "2030-01-07T18:00:00Z"}],
        },
        "target_calendars": [account.target_calendar],
        "callback_urls": {},
        "redirect_urls": {},
        "formatting": {},
    }


def break_rule(body: dict[str, Any], breach: list[tuple[Path, Any]]) -> dict[str, Any]:
    result = deepcopy(body)
    for path, value in breach:
        parent: Any = result
        for step in path[:-1]:
            parent = parent[step]
        if value is DELETE:
            del parent[path[-1]]
        else:
            parent[path[-1]] = value
    return result


async def create(cronofy: CronofyClient, body: dict[str, Any]) -> object:
    parts: dict[str, Any] = {"oauth": None, "event": None, "availability": None} | body
    return await cronofy.real_time_scheduling.create(**parts)


@each_rule
async def test_each_documented_rule(breach: list[tuple[Path, Any]], field: str, checked_by: CheckedBy) -> None:
    async with Sandbox(now=NOW, strict=True) as sandbox, sandbox.client() as cronofy:
        body = break_rule(link(sandbox), breach)
        if checked_by == "sandbox":
            with pytest.raises(ValidationFailed):
                await create(cronofy, body)
        else:
            with pytest.raises(ValueError, match=f"^{re.escape(field)}:"):
                await create(cronofy, body)
            assert not sandbox.requests
        with pytest.raises(ValidationFailed) as caught:
            await cronofy.request("POST", "/v1/real_time_scheduling", json=body)
        assert field in caught.value.errors
        assert field in str(caught.value)


async def test_a_valid_link_is_accepted() -> None:
    """By both; with ``single``, including every member that requires it."""
    async with Sandbox(now=NOW, strict=True) as sandbox, sandbox.client() as cronofy:
        body = link(sandbox)
        await create(cronofy, body)
        allowed: list[tuple[Path, Any]] = [
            *SINGLE,
            (("event", "attendees"), {"invite": [ATTENDEE]}),
            (("event", "conferencing"), {"profile_id": "default"}),
            (("target_calendars", 0, "attendee"), ATTENDEE | {"display_name": None}),
            (("target_calendars", 0, "event"), {"conferencing": {"profile_id": "pro_1"}}),
            (("availability", "start_interval"), {"minutes": 30}),
            (("availability", "response_format"), "overlapping_slots"),
            (("minimum_notice",), {"hours": 1}),
            (("formatting", "hour_format"), "H"),
            (("selection_mode",), "confirm"),
        ]
        await create(cronofy, break_rule(body, allowed))
        assert len(sandbox.links) == 2
