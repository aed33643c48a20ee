"""The rules for events, each broken once."""

from __future__ import annotations

from typing import Any, cast

import pytest

from cronofy_async.sandbox import Account, Sandbox
from cronofy_async.sandbox.kernel.registry import REGISTRY

from ..support import NOW, Json, Reply, call, put
from .events import body, path, upsert

RULE = "recurrence.rules[0]"
READ = "/v1/events?tzid=Etc/UTC"
HOOK: Json = {"type": "webhook", "uri": "https://app.example.com/hook"}
TRANSITION = "subscriptions[0].transitions[0]"

#: A rule, a request that breaks it, and the fields and key of the error.
BROKEN: list[tuple[str, Any, str, str]] = [
    ("start_and_end_of_one_kind", {"start": "2031-03-03"}, "end", "errors.invalid"),
    ("start_and_end_of_one_kind", {"end": {"time": "2031-03-03"}}, "end", "errors.invalid"),
    ("end_after_start", {"end": "2031-03-03T08:59:59Z"}, "end", "errors.invalid_time_pair"),
    ("end_after_start", {"start": "2031-03-03", "end": "2031-03-03"}, "end", "errors.invalid_time_pair"),
    (
        "no_attendees_in_application_calendars",
        {"attendees": {"invite": []}},
        "attendees",
        "errors.event.cannot_set_attendees",
    ),
    (
        "invitees_have_an_address",
        {"attendees": {"invite": [{"email": "kim"}]}},
        "attendees.invite[0].email",
        "errors.invalid_email",
    ),
    (
        "known_conferencing",
        {"conferencing": {"profile_id": "zoom"}},
        "conferencing.profile_id",
        "errors.not_recognized",
    ),
    (
        "one_recurrence_rule",
        {"recurrence": {"rules": [{"frequency": "daily"}] * 2}},
        "recurrence.rules",
        "errors.max_recurrence_rules_exceeded",
    ),
    ("known_frequencies", {RULE: {"frequency": "hourly"}}, f"{RULE}.frequency", "errors.not_recognized"),
    (
        "interval_above_zero",
        {RULE: {"frequency": "daily", "interval": 0}},
        f"{RULE}.interval",
        "errors.must_be_integer_greater_than_zero",
    ),
    (
        "days_of_weekly_rules",
        {RULE: {"frequency": "monthly", "by_day": ["friday"]}},
        f"{RULE}.by_day",
        "errors.not_supported",
    ),
    (
        "nth_days_of_monthly_rules",
        {RULE: {"frequency": "weekly", "by_day": [{"day": "friday", "nth_of_period": 1}]}},
        f"{RULE}.by_day[0].nth_of_period",
        "errors.not_supported",
    ),
    (
        "count_or_until",
        {RULE: {"frequency": "daily", "count": 2, "until": "2031-04-01"}},
        f"{RULE}.until",
        "errors.not_supported_count_until_combination",
    ),
    (
        "until_is_a_date",
        {RULE: {"frequency": "daily", "until": "2031-04-01T00:00:00Z"}},
        f"{RULE}.until",
        "errors.must_be_date",
    ),
    ("all_or_some_calendars", ("DELETE", "/v1/events", {}), "delete_all", "errors.required"),
    ("all_or_some_calendars", ("DELETE", "/v1/events", {"delete_all": False}), "delete_all", "errors.required"),
    ("all_or_some_calendars", ("DELETE", "/v1/events", {"delete_all": "yes"}), "delete_all", "errors.must_be_boolean"),
    (
        "all_or_some_calendars",
        ("DELETE", "/v1/events", {"delete_all": True, "calendar_ids": ["CALENDAR"]}),
        "delete_all",
        "errors.invalid",
    ),
    (
        "known_calendars",
        ("DELETE", "/v1/events", {"calendar_ids": ["CALENDAR", "cal_0"]}),
        "calendar_ids",
        "errors.invalid_calendar_ids",
    ),
    ("to_after_from", ("GET", f"{READ}&from=2031-03-03&to=2031-03-03", None), "to", "errors.invalid_time_pair"),
    ("windows_within_limits", ("GET", f"{READ}&from=2031-01-19", None), "from", "errors.invalid"),
    ("windows_within_limits", ("GET", f"{READ}&to=2031-09-21", None), "to", "errors.invalid"),
]
#: Schema violations: a request, and the field and key of the error.
INVALID: list[tuple[Any, str, str]] = [
    ({"summary": ...}, "summary", "errors.required"),
    ({"start": ...}, "start", "errors.required"),
    ({"event_id": ...}, "event_id", "errors.required"),
    ({"summary": "x" * 1025}, "summary", "errors.invalid"),
    ({"description": "x" * 4097}, "description", "errors.invalid"),
    ({"reminders": [{"minutes": 1}] * 6}, "reminders", "errors.invalid"),
    ({"color": "49BED8"}, "color", "errors.invalid"),
    ({"tzid": "Mars/Olympus"}, "tzid", "errors.tzid_unrecognized"),
    ({"start": {"time": "2031-03-03T09:00:00Z", "tzid": "x"}}, "start.tzid", "errors.tzid_unrecognized"),
    ({"start": "2031-03-03T09:00:00.5Z"}, "start", "errors.invalid"),
    ({"start": "2031-02-30"}, "start", "errors.invalid"),
    ({"location": {"lat": 1.5}}, "location.lat", "errors.invalid_type"),
    ({"attendees": {"invite": [{}]}}, "attendees.invite[0].email", "errors.required"),
    ({"url": "nowhere"}, "url", "errors.invalid"),
    (
        {"conferencing": {"profile_id": "explicit", "provider_description": "Ours"}},
        "conferencing.join_url",
        "errors.required",
    ),
    ({"subscriptions": [HOOK]}, "subscriptions[0]", "errors.invalid"),
    ({"subscriptions": [HOOK | {"type": "email", "interactions": []}]}, "subscriptions[0].type", "errors.invalid"),
    ({"subscriptions": [HOOK | {"transitions": [{"offset": {"minutes": 5}}]}]}, TRANSITION, "errors.invalid"),
    ({RULE: {"frequency": "weekly", "by_day": ["mon"]}}, f"{RULE}.by_day[0]", "errors.invalid"),
    (("GET", "/v1/events", None), "tzid", "errors.required"),
    (("GET", "/v1/events?tzid=Nowhere&from=2031-03-03T00:00:00Z", None), "tzid", "errors.tzid_unrecognized"),
    (("GET", f"{READ}&from=03/03/2031", None), "from", "errors.invalid"),
    (("GET", f"{READ}&include_managed=maybe", None), "include_managed", "errors.invalid_type"),
    (("GET", f"{READ}&calendar_ids=cal_1", None), "calendar_ids", "errors.invalid_type"),
    (("GET", "/v1/free_busy", None), "tzid", "errors.required"),
    (("GET", "/v1/free_busy?tzid=Nowhere", None), "tzid", "errors.tzid_unrecognized"),
]


def sandbox_of(**options: Any) -> tuple[Sandbox, Account]:
    sandbox = Sandbox(now=NOW, strict=True, **options)
    return sandbox, sandbox.add_account("ada@example.com")


async def send(sandbox: Sandbox, account: Account, request: Any) -> Reply:
    """Send a request, or write an event with changes whose names may be paths."""
    if isinstance(request, tuple):
        method, target, sent = cast("tuple[str, str, Json | None]", request)
        if sent and "calendar_ids" in sent:
            sent = sent | {"calendar_ids": [account.calendar_id, *sent["calendar_ids"][1:]]}
        return await call(sandbox, method, target, sent, token=account.access_token)
    written: Json = body()
    for name, value in request.items():
        if name == RULE:
            written["recurrence"] = {"rules": [value]}
        else:
            put(written, name, value)
    return await call(sandbox, "POST", path(account), written, token=account.access_token)


@pytest.mark.parametrize(("name", "request_", "field", "key"), BROKEN)
async def test_a_broken_rule_is_a_422_that_names_the_field(name: str, request_: Any, field: str, key: str) -> None:
    sandbox, ada = sandbox_of(assume={"large_windows_are_cut": False})
    if name == "no_attendees_in_application_calendars":
        ada.kind = "application_calendar"

    reply = await send(sandbox, ada, request_)

    assert reply.errors == {field: key}
    assert ada.events == []


@pytest.mark.parametrize(("name", "request_"), [case[:2] for case in BROKEN if case[0] in REGISTRY.assumptions])
async def test_an_assumed_rule_can_be_switched_off(name: str, request_: Any) -> None:
    sandbox, ada = sandbox_of(assume={name: False})

    assert (await send(sandbox, ada, request_)).status in {200, 202}


@pytest.mark.parametrize(("request_", "field", "key"), INVALID)
async def test_a_schema_violation_is_a_422_that_names_the_field(request_: Any, field: str, key: str) -> None:
    sandbox, ada = sandbox_of()

    assert (await send(sandbox, ada, request_)).errors == {field: key}


async def test_descriptions_match_the_docs() -> None:
    sandbox, ada = sandbox_of()

    zone = await upsert(sandbox, ada, tzid="Nowhere")
    assert zone.json == {
        "errors": {"tzid": [{"key": "errors.tzid_unrecognized", "description": "TZID not recognized"}]}
    }
    pair = await upsert(sandbox, ada, end="2031-03-03T08:00:00Z")
    assert pair.json == {
        "errors": {"end": [{"key": "errors.invalid_time_pair", "description": "end must be after start"}]}
    }
    missing = await upsert(sandbox, ada, summary=...)
    assert missing.json["errors"]["summary"][0]["description"] == "summary must be specified"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"transparency": "busy"}, "transparency must be one of opaque, transparent, null"),
        ({"subscriptions": [HOOK]}, "subscriptions[0] must have interactions or transitions"),
        ({"subscriptions": [HOOK | {"transitions": [{"offset": {"minutes": 5}}]}]}, f"{TRANSITION} must have either"),
        ({RULE: {"frequency": "weekly", "by_day": ["mon"]}}, f"{RULE}.by_day[0] must be a day such as monday"),
        (("DELETE", "/v1/available_periods", {"delete_all": False}), "delete_all must be true"),
    ],
)
async def test_the_words_say_what_to_send(request_: Any, message: str) -> None:
    sandbox, ada = sandbox_of()

    ((problem,),) = (await send(sandbox, ada, request_)).json["errors"].values()
    assert problem["description"].startswith(message)


@pytest.mark.parametrize(
    "changes",
    [
        {"start": "2031-03-03T09:00:00Z", "end": "2031-03-03T09:00:00Z"},
        {"start": "2031-03-03", "end": "2031-03-04"},
        {"start": {"time": "2031-03-03", "tzid": "Europe/Paris"}, "end": {"time": "2031-03-04"}},
        {"conferencing": {"profile_id": "none"}},
        {"conferencing": {"profile_id": "int_1"}},
        {"recurrence": None},
        {"recurrence": {"rules": []}},
        {RULE: {"frequency": "weekly", "by_day": ["friday", {"day": "monday"}], "interval": None}},
        {RULE: {"frequency": "monthly", "by_day": [{"day": "friday", "nth_of_period": -1}], "until": "2031-04-01"}},
        {"transparency": None, "url": None},
        {"summary": "x" * 1024, "description": "x" * 4096, "reminders": [{"minutes": 0}] * 5},
    ],
)
async def test_documented_values_are_accepted(changes: Json) -> None:
    sandbox, ada = sandbox_of()

    assert (await send(sandbox, ada, changes)).status == 202
    assert len(ada.events) == 1
