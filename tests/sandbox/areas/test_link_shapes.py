"""Schemas of links: documented examples, requests of official SDKs, and the errors for invalid values."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from typing import Any

import pytest

from cronofy_async.sandbox import Sandbox, UnknownParameterWarning
from cronofy_async.sandbox.kernel.contract.contract import contract

from ..support import LINKS, NOW, call, link_body, put
from .link_examples import CREATED, ERRORS, ON_THE_WIRE, PANEL, REQUEST, STATUS

CREATE = contract().operations["real_time_scheduling.create"]
DISABLE = contract().operations["real_time_scheduling.disable"]


@pytest.mark.parametrize("example", [REQUEST, PANEL], ids=["request", "panel"])
def test_documented_requests_match_the_contract(example: str) -> None:
    assert CREATE.check_body(json.loads(example)) == ([], {})


@pytest.mark.parametrize(
    ("operation", "status", "example"),
    [
        ("create", 200, CREATED),
        ("status", 200, STATUS),
        ("status_by_token", 200, STATUS),
        ("disable", 200, STATUS.replace("completed", "disabled")),
        ("create", 422, ERRORS),
    ],
)
def test_documented_responses_match_the_contract(operation: str, status: int, example: str) -> None:
    contract().operations[f"real_time_scheduling.{operation}"].check_response(status, example.encode())


@pytest.mark.parametrize("sdk", ON_THE_WIRE)
def test_requests_of_official_sdks_match_the_contract(sdk: str) -> None:
    assert CREATE.check_body(ON_THE_WIRE[sdk]) == ([], {})


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b'{"real_time_scheduling": {"real_time_scheduling_id": "sch_1"}}'),
        (422, b'{"errors": {}}'),
        (422, b'{"errors": {"a": []}}'),
        (422, b'{"errors": {"a": [{"key": "k"}]}}'),
    ],
)
def test_a_response_that_breaks_the_contract_is_detected(status: int, body: bytes) -> None:
    with pytest.raises(ValueError, match=r"required|propert|item|non-empty"):
        CREATE.check_response(status, body)


def test_a_status_outside_the_contract_is_detected() -> None:
    with pytest.raises(LookupError, match=r"real_time_scheduling\.create: 418 is not in the contract"):
        CREATE.check_response(418, b"")


LONG = "x" * 1025

# Invalid values, and the field and key of the error.
WRONG: list[tuple[str, Any, str, str]] = [
    ("oauth", ..., "oauth", "errors.required"),
    ("oauth.redirect_uri", ..., "oauth.redirect_uri", "errors.required"),
    ("oauth.redirect_uri", "app.example.com", "oauth.redirect_uri", "errors.invalid"),
    ("oauth.redirect_uri", "myapp://done", "oauth.redirect_uri", "errors.invalid"),
    ("event", ..., "event", "errors.required"),
    ("event", [], "event", "errors.invalid_type"),
    ("event.event_id", ..., "event.event_id", "errors.required"),
    ("event.event_id", None, "event.event_id", "errors.invalid_type"),
    ("event.summary", ..., "event.summary", "errors.required"),
    ("event.summary", LONG, "event.summary", "errors.invalid"),
    ("event.description", LONG * 4, "event.description", "errors.invalid"),
    ("event.tzid", 1, "event.tzid", "errors.invalid_type"),
    ("event.url", 1, "event.url", "errors.invalid_type"),
    ("event.location", {"lat": 51.5}, "event.location.lat", "errors.invalid_type"),
    ("event.reminders", [{"minutes": 1}] * 6, "event.reminders", "errors.invalid"),
    ("event.reminders", [{}], "event.reminders[0].minutes", "errors.required"),
    ("event.transparency", "glass", "event.transparency", "errors.not_included"),
    ("event.color", "red", "event.color", "errors.invalid"),
    ("event.conferencing", {}, "event.conferencing.profile_id", "errors.required"),
    (
        "event.conferencing",
        {"profile_id": "explicit", "provider_description": "x"},
        "event.conferencing.join_url",
        "errors.required",
    ),
    ("event.attendees", {"invite": [{"display_name": "x"}]}, "event.attendees.invite[0].email", "errors.required"),
    (
        "event.subscriptions",
        [{"type": "mail", "uri": "https://a.example", "interactions": []}],
        "event.subscriptions[0].type",
        "errors.invalid",
    ),
    (
        "event.subscriptions",
        [{"type": "webhook", "uri": "https://a.example", "transitions": [{"offset": {"minutes": 5}}]}],
        "event.subscriptions[0].transitions[0]",
        "errors.invalid",
    ),
    ("availability", ..., "availability", "errors.required"),
    ("availability.participants", ..., "availability.participants", "errors.required"),
    ("availability.participants", [], "availability.participants", "errors.invalid"),
    ("availability.participants[0].members", ..., "availability.participants[0].members", "errors.required"),
    ("availability.participants[0].members", [], "availability.participants[0].members", "errors.invalid"),
    (
        "availability.participants[0].members[0].sub",
        ...,
        "availability.participants[0].members[0].sub",
        "errors.required",
    ),
    ("availability.participants[0].required", 0, "availability.participants[0].required", "errors.invalid"),
    ("availability.participants[0].required", "some", "availability.participants[0].required", "errors.invalid"),
    ("availability.required_duration", ..., "availability.required_duration", "errors.required"),
    ("availability.required_duration", 60, "availability.required_duration", "errors.invalid_type"),
    ("availability.required_duration", {}, "availability.required_duration", "errors.invalid"),
    ("availability.required_duration", {"minutes": -1}, "availability.required_duration.minutes", "errors.invalid"),
    (
        "availability.required_duration",
        {"minutes": 1.5},
        "availability.required_duration.minutes",
        "errors.invalid_type",
    ),
    (
        "availability.required_duration",
        {"hours": 1, "minutes": 60},
        "availability.required_duration.minutes",
        "errors.invalid",
    ),
    ("availability.required_duration", {"hours": 2**31}, "availability.required_duration.hours", "errors.invalid"),
    (
        "availability.buffer",
        {"before": {"hours": 1, "minutes": 60}},
        "availability.buffer.before.minutes",
        "errors.invalid",
    ),
    (
        "availability.query_periods",
        [{"start": "2031-03-03T09:00:00Z"}],
        "availability.query_periods[0].end",
        "errors.required",
    ),
    (
        "availability.query_periods[0].start",
        "2031-03-03T09:00:00",
        "availability.query_periods[0].start",
        "errors.invalid",
    ),
    (
        "availability.query_periods[0].start",
        "2031-03-03T09:00:00+01:00",
        "availability.query_periods[0].start",
        "errors.invalid",
    ),
    (
        "availability.query_periods[0].start",
        "2031-03-03T09:00:00.5Z",
        "availability.query_periods[0].start",
        "errors.invalid",
    ),
    (
        "availability.query_periods[0].start",
        "2031-02-30T09:00:00Z",
        "availability.query_periods[0].start",
        "errors.invalid",
    ),
    (
        "availability.query_periods[0].start",
        "2031-03-03T25:00:00Z",
        "availability.query_periods[0].start",
        "errors.invalid",
    ),
    (
        "availability.query_periods[0].start",
        "0000-03-03T09:00:00Z",
        "availability.query_periods[0].start",
        "errors.invalid",
    ),
    ("availability.query_slots", [{}], "availability.query_slots[0].start", "errors.required"),
    ("availability.start_interval", {"minutes": "30"}, "availability.start_interval.minutes", "errors.invalid_type"),
    ("availability.response_format", "periods", "availability.response_format", "errors.not_included"),
    ("availability.max_results", 0, "availability.max_results", "errors.invalid"),
    ("availability.max_results", 513, "availability.max_results", "errors.invalid"),
    ("target_calendars", {}, "target_calendars", "errors.invalid_type"),
    ("target_calendars", [{"sub": "acc_1"}], "target_calendars[0].calendar_id", "errors.required"),
    ("target_calendars", [{"calendar_id": "cal_1"}], "target_calendars[0].sub", "errors.required"),
    (
        "target_calendars",
        [{"sub": "a", "calendar_id": "c", "attendee": {}}],
        "target_calendars[0].attendee.email",
        "errors.required",
    ),
    ("event_creation", "double", "event_creation", "errors.not_included"),
    ("minimum_notice", {"hours": 1, "minutes": 60}, "minimum_notice.minutes", "errors.invalid"),
    ("formatting", {"hour_format": "24"}, "formatting.hour_format", "errors.not_included"),
    ("callback_url", "example.com", "callback_url", "errors.invalid"),
    ("callback_urls", {"completed_url": 1}, "callback_urls.completed_url", "errors.invalid_type"),
    ("redirect_urls", {"completed_url": "//example.com"}, "redirect_urls.completed_url", "errors.invalid"),
    ("selection_mode", "auto", "selection_mode", "errors.not_included"),
]


@pytest.mark.parametrize(("path", "value", "field", "key"), WRONG, ids=[f"{path} {key}" for path, _, _, key in WRONG])
async def test_a_schema_violation_is_a_422_that_names_the_field(path: str, value: Any, field: str, key: str) -> None:
    sandbox = Sandbox(now=NOW)
    body = put(link_body(sandbox.add_account("ada@example.com")), path, value)
    assert (await call(sandbox, "POST", LINKS, body)).errors == {field: key}
    assert sandbox.links == []


async def test_a_422_describes_the_problem_without_the_value() -> None:
    sandbox = Sandbox(now=NOW)
    body = put(link_body(sandbox.add_account("ada@example.com")), "event.summary", LONG)
    body["selection_mode"] = "auto"
    reply = await call(sandbox, "POST", LINKS, body)
    assert reply.json["errors"] == {
        "event.summary": [
            {"key": "errors.invalid", "description": "event.summary must be at most 1024 characters long"}
        ],
        "selection_mode": [
            {"key": "errors.not_included", "description": "selection_mode must be one of no_confirm, confirm"}
        ],
    }


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'"x"', b"null", b'{"a": NaN}', b'{"a": "\\ud800"}', b"\xff", b"[" * 100_000]
)
async def test_a_body_that_is_not_a_json_object_is_a_422(body: bytes) -> None:
    reply = await call(Sandbox(now=NOW), "POST", LINKS, body)
    assert reply.errors == {"body": "errors.invalid_type"}


async def test_a_missing_body_reports_required_members() -> None:
    reply = await call(Sandbox(now=NOW), "POST", f"{LINKS}/sch_1/disable")
    assert reply.errors == {"display_message": "errors.required"}


@pytest.mark.parametrize("query", ["", "?token="])
async def test_a_missing_query_parameter_is_a_422(query: str) -> None:
    assert (await call(Sandbox(now=NOW), "GET", f"{LINKS}{query}")).errors == {"token": "errors.required"}


async def test_a_misspelled_query_parameter_is_missing_and_reported() -> None:
    with pytest.warns(UnknownParameterWarning, match="tokn is not known; did you mean token"):
        reply = await call(Sandbox(now=NOW), "GET", f"{LINKS}?tokn=x")
    assert reply.errors == {"token": "errors.required"}


UNKNOWN: list[tuple[str, str, str | None]] = [
    ("selection_mod", "selection_mod", "selection_mode"),
    ("event.sumary", "event.sumary", "summary"),
    (
        "availability.participants[0].members[0].calendar_id",
        "availability.participants[0].members[0].calendar_id",
        "calendar_ids",
    ),
    ("availability.start_interval.minuts", "availability.start_interval.minuts", "minutes"),
    ("quite_new", "quite_new", None),
]


@pytest.mark.parametrize(("path", "field", "near"), UNKNOWN)
@pytest.mark.parametrize("strict", [False, True])
async def test_unknown_members_are_reported_or_rejected(path: str, field: str, near: str | None, strict: bool) -> None:
    sandbox = Sandbox(now=NOW, strict=strict)
    body = link_body(sandbox.add_account("ada@example.com"))
    body["availability"]["start_interval"] = {"minutes": 30}
    hint = f"{field} is not known" + (f"; did you mean {near}?" if near else "")
    with nullcontext() if strict else pytest.warns(UnknownParameterWarning, match=re.escape(hint)):
        reply = await call(sandbox, "POST", LINKS, put(body, path, 5))
    assert sandbox.unknown_parameters == [f"real_time_scheduling.create: {hint}"]
    assert sandbox.requests[-1].unknown == (hint,)
    if strict:
        assert reply.errors == {field: "errors.unknown"}
    else:
        assert reply.status == 200


async def test_unknown_query_parameters_are_reported_or_rejected() -> None:
    sandbox = Sandbox(now=NOW)
    with pytest.warns(UnknownParameterWarning, match="tokens is not known"):
        assert (await call(sandbox, "GET", f"{LINKS}?token=x&tokens=y")).status == 404
    assert sandbox.unknown_parameters == [
        "real_time_scheduling.status_by_token: tokens is not known; did you mean token?"
    ]
    strict = Sandbox(now=NOW, strict=True)
    assert (await call(strict, "GET", f"{LINKS}?token=x&page=2")).errors == {"page": "errors.unknown"}


def test_a_display_message_has_at_most_500_characters() -> None:
    assert DISABLE.check_body({"display_message": "ä" * 500}) == ([], {})
    problems, _ = DISABLE.check_body({"display_message": "ä" * 501})
    assert [str(problem.field) for problem in problems] == ["display_message"]
