"""The OpenAPI document, and that the sandbox keeps to it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from cronofy_async._json import is_array, is_object
from cronofy_async.sandbox import Sandbox
from cronofy_async.sandbox.contract import Operation, contract
from cronofy_async.sandbox.handlers import HANDLERS

from .support import LINKS, NOW, Json, call, link_body, put

CREATE = contract().operations["real_time_scheduling.create"]
DISABLE = contract().operations["real_time_scheduling.disable"]

# The examples of the documentation, with its placeholders filled in and its trailing commas left out.
REQUEST = """
{
  "oauth": {
    "redirect_uri": "https://www.example.com/oauth"
  },
  "event": {
    "event_id": "qTtZdczOccgaPncGJaCiLg",
    "summary": "Product Manager Interview at Globex",
    "tzid": "Europe/London"
  },
  "availability": {
    "participants": [
      {
        "members": [
          {
            "sub": "acc_5ba21743f408617d1269ea1e",
            "calendar_ids": ["cal_n23kjnwrw2_jsdfjksn234"]
          }
        ],
        "required": "all"
      }
    ],
    "required_duration": { "minutes": 60 },
    "query_periods": [
      { "start": "2026-04-28T09:00:00Z", "end": "2026-04-28T18:00:00Z" }
    ]
  },
  "target_calendars": [
    {
      "sub": "acc_5ba21743f408617d1269ea1e",
      "calendar_id": "cal_n23kjnwrw2_jsdfjksn234"
    }
  ],
  "callback_urls": {
    "completed_url": "http://www.example.com/callback",
    "no_times_suitable_url": "http://www.example.com/callback"
  },
  "redirect_urls": {
    "completed_url": "http://www.example.com/success"
  },
  "selection_mode": "no_confirm"
}
"""
PANEL = """
{
  "oauth": {"redirect_uri": "https://www.example.com/oauth"},
  "event_creation": "single",
  "event": {
    "event_id": "ri4vch-45fsd",
    "summary": "Interview panel stage",
    "tzid": "Europe/London",
    "attendees": {"invite": [{"email": "candidate@example.com", "display_name": "Jim Candidate"}]}
  },
  "availability": {
    "participants": [
      {
        "members": [
          {"sub": "acc_5e591ae2815c14f86ea55caf"},
          {"sub": "acc_61092b71f5aa93c71280b010"},
          {"sub": "acc_61115004f5aa93bb48fc5dd3"}
        ],
        "required": 2
      }
    ],
    "required_duration": {"minutes": 60},
    "available_periods": [{"start": "2026-04-28T09:00:00Z", "end": "2026-04-28T18:00:00Z"}]
  },
  "target_calendars": [
    {
      "sub": "acc_5e591ae2815c14f86ea55caf",
      "calendar_id": "cal_Xlka34FcFPhupVxZ_K@fbCQqIXfoVEHSVR06mpg",
      "event": {"conferencing": {"profile_id": "pro_YABpIfWqk4wjcW5t"}},
      "attendee": {"email": "marty@evenitron.com", "display_name": "Marty McFly"}
    },
    {
      "sub": "acc_61092b71f5aa93c71280b010",
      "calendar_id": "cal_YQkrbPWqk8cSgLAG_o@ZiqDLP1-zjzDl6zhXwFg",
      "event": {"conferencing": {"profile_id": "integrated"}},
      "attendee": {"email": "doc@evenitron.com", "display_name": "Doc Brown"}
    },
    {
      "sub": "acc_61115004f5aa93bb48fc5dd3",
      "calendar_id": "cal_YRFQA@Wqk7tI@F3J_3X4Nll-hxnkdz-wlOTkhIw",
      "event": {"conferencing": {"profile_id": "integrated"}},
      "attendee": {"email": "sarah@evenitron.com", "display_name": "Sarah Connor"}
    }
  ],
  "redirect_urls": {"completed_url": "https://www.example.com/success"}
}
"""
CREATED = """
{
  "real_time_scheduling": {
    "real_time_scheduling_id": "sch_64b1859e8090ea21640c915f",
    "url": "https://app.cronofy.com/add_to_calendar/scheduling/p6Ht4P6_4svo1nrjpIY738bdfk"
  }
}
"""
STATUS = """
{
  "real_time_scheduling": {
    "real_time_scheduling_id": "sch_64b1859e8090ea21640c915f",
    "url": "https://app.cronofy.com/add_to_calendar/scheduling/p6Ht4P6_4svo1nrjpIY738bdfk",
    "event": {"event_id": "qTtZdczOccgaPncGJaCiLg", "summary": "Product Manager Interview at Globex"},
    "status": "completed"
  }
}
"""
ERRORS = """
{"errors": {"summary": [{"key": "errors.required", "description": "summary must be specified"}],
            "start": [{"key": "errors.required", "description": "start must be specified"}]}}
"""


def of_sdk(event: Json, availability: Json, **more: Any) -> Json:
    """What an official SDK sends, less the part that they all share."""
    members = [{"sub": "acc_567236000909002", "calendar_ids": ["cal_n23kjnwrw2_jsdfjksn234"]}]
    return {
        "oauth": {"redirect_uri": "http://example.com/redirect", "scope": "read_events delete_events", "state": "s"},
        "event": {"event_id": "qTtZ", "summary": "Board meeting"} | event,
        "availability": {"participants": [{"members": members}], "required_duration": {"minutes": 60}} | availability,
        "target_calendars": [{"sub": "acc_567236000909002", "calendar_id": "cal_n23kjnwrw2_jsdfjksn234"}],
    } | more


ON_THE_WIRE = {
    "python": of_sdk(
        {"tzid": "Etc/UTC"},
        {
            "start_interval": None,
            "buffer": {},
            "available_periods": [{"start": "2017-01-03T09:00:00Z", "end": "2017-01-03T18:00:00Z"}],
            "max_results": 20,
        },
        target_calendars=[],
        minimum_notice={"hours": 4},
        callback_url="http://www.example.com/callback",
    ),
    "python, written by hand": of_sdk(
        {"tzid": "Etc/UTC"},
        {"available_periods": [{"start": "2017-01-03T09:00:00+00:00", "end": "2017-01-03T18:00:00.000Z"}]},
    ),
    "csharp": of_sdk(
        {},
        {"available_periods": [{"start": "2014-08-05 15:30:00Z", "end": "2014-08-05 16:30:00Z"}]},
        client_id="abcdef123456",
        client_secret="s3cr3t1v3",
        formatting={"hour_format": "H"},
        tzid="Etc/UTC",
    ),
    "ruby": of_sdk(
        {
            "tzid": "Etc/UTC",
            "description": "Discuss plans for the next quarter.",
            "url": "https://example.com",
            "location": {"description": "Board room"},
            "transparency": None,
            "reminders": [{"minutes": 60}, {"minutes": 0}, {"minutes": 10}],
        },
        {
            "query_slots": [{"start": "2017-01-01T09:00:00Z"}],
            "start_interval": {"minutes": 60},
            "buffer": {"before": {"minutes": 30, "minimum": {"minutes": 30}, "maximum": {"minutes": 45}}, "after": {}}
            | {"after": {"minutes": 45}},
        },
        client_id="example_id",
        client_secret="example_secret",
    ),
    "php": of_sdk(
        {"tzid": "Etc/UTC", "event_classes": "x"},
        {"query_periods": [{"start": "2017-01-03T09:00:00Z", "end": "2017-01-03T18:00:00Z"}]},
        client_id="example_id",
        client_secret="example_secret",
        target_calendars=None,
        tzid=None,
        callback_urls={"completed_url": "http://www.example.com/callback"},
        event_creation="default",
    ),
}


def test_it_is_openapi_3_1() -> None:
    document: Any = contract().document
    assert document["openapi"].startswith("3.1")
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_the_json_is_the_yaml() -> None:
    """The package carries both: one to be read by people, one without a library."""
    written = files("cronofy_async.sandbox").joinpath("openapi.yaml")
    assert yaml.safe_load(written.read_text("utf-8")) == contract().document


def test_every_operation_has_a_handler_and_the_other_way_round() -> None:
    assert set(contract().operations) == set(HANDLERS)


def test_every_operation_says_where_it_is_from() -> None:
    for operation in contract().operations.values():
        assert operation.docs.startswith(
            ("https://docs.cronofy.com/developers/api/", "https://docs.cronofy.com/developers/api-alpha/")
        )
        assert operation.fidelity in {"documented", "assumed"}


FOUND: list[tuple[str, str, tuple[str, dict[str, str]] | None]] = [
    ("POST", "/v1/real_time_scheduling", ("real_time_scheduling.create", {})),
    ("GET", "/v1/real_time_scheduling", ("real_time_scheduling.status_by_token", {})),
    ("GET", "/v1/real_time_scheduling/a%2Fb%20c", ("real_time_scheduling.status", {"id": "a/b c"})),
    ("POST", "/v1/real_time_scheduling/x/disable", ("real_time_scheduling.disable", {"id": "x"})),
    ("GET", "/v1/real_time_scheduling/", None),
    ("GET", "/v1/real_time_scheduling/a/b", None),
    ("DELETE", "/v1/real_time_scheduling/a", None),
    ("GET", "/v1xreal_time_scheduling", None),
]


@pytest.mark.parametrize(("method", "path", "expected"), FOUND)
def test_find(method: str, path: str, expected: tuple[str, dict[str, str]] | None) -> None:
    found = contract().find(method, path)
    assert (found and (found[0].id, found[1])) == expected


@pytest.mark.parametrize("example", [REQUEST, PANEL], ids=["request", "panel"])
def test_documented_requests_fit(example: str) -> None:
    assert CREATE.check_body(json.loads(example)) == ({}, {})


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
def test_documented_answers_fit(operation: str, status: int, example: str) -> None:
    contract().operations[f"real_time_scheduling.{operation}"].check_answer(status, example.encode())


@pytest.mark.parametrize("sdk", ON_THE_WIRE)
def test_what_official_sdks_send_fits(sdk: str) -> None:
    assert CREATE.check_body(ON_THE_WIRE[sdk]) == ({}, {})


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b'{"real_time_scheduling": {"real_time_scheduling_id": "sch_1"}}'),
        (422, b'{"errors": {}}'),
        (422, b'{"errors": {"a": []}}'),
        (422, b'{"errors": {"a": [{"key": "k"}]}}'),
    ],
)
def test_an_answer_that_breaks_the_contract_is_noticed(status: int, body: bytes) -> None:
    with pytest.raises(ValueError, match=r"required|properties|items|non-empty"):
        CREATE.check_answer(status, body)


def test_so_is_a_status_that_is_not_in_it() -> None:
    with pytest.raises(LookupError, match=r"real_time_scheduling\.create: 418 is not in the contract"):
        CREATE.check_answer(418, b"")


LONG = "x" * 1025

# What is wrong, and the field and key that name it.
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
        [{"type": "mail", "uri": "https://a.example"}],
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


@pytest.mark.parametrize(
    ("path", "value", "field", "key"), WRONG, ids=[f"{path}={value!s:.30}" for path, value, *_ in WRONG]
)
async def test_a_wrong_shape_is_a_422_that_names_the_field(path: str, value: Any, field: str, key: str) -> None:
    sandbox = Sandbox(now=NOW)
    body = put(link_body(sandbox.add_account("ada@example.com")), path, value)
    assert (await call(sandbox, "POST", LINKS, body)).errors == {field: key}
    assert sandbox.links == []


async def test_a_422_says_what_is_wrong_without_the_value() -> None:
    sandbox = Sandbox(now=NOW)
    body = put(link_body(sandbox.add_account("ada@example.com")), "event.summary", LONG)
    body["selection_mode"] = "auto"
    reply = await call(sandbox, "POST", LINKS, body)
    assert reply.json["errors"] == {
        "event.summary": [
            {"key": "errors.invalid", "description": 'event.summary is not valid: maxLength {"limit": 1024}'}
        ],
        "selection_mode": [
            {"key": "errors.not_included", "description": "selection_mode must be one of no_confirm, confirm"}
        ],
    }


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'"x"', b"null", b'{"a": NaN}', b'{"a": "\\ud800"}', b"\xff", b"[" * 100_000]
)
async def test_a_body_that_is_no_json_object_is_a_422(body: bytes) -> None:
    reply = await call(Sandbox(now=NOW), "POST", LINKS, body)
    assert reply.errors == {"body": "errors.invalid_type"}


async def test_no_body_lacks_its_members() -> None:
    reply = await call(Sandbox(now=NOW), "POST", f"{LINKS}/sch_1/disable")
    assert reply.errors == {"display_message": "errors.required"}


@pytest.mark.parametrize("query", ["", "?token=", "?tokn=x"])
async def test_a_missing_query_parameter_is_a_422(query: str) -> None:
    assert (await call(Sandbox(now=NOW), "GET", f"{LINKS}{query}")).errors == {"token": "errors.required"}


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
async def test_unknown_members_are_reported_or_refused(path: str, field: str, near: str | None, strict: bool) -> None:
    sandbox = Sandbox(now=NOW, strict=strict)
    body = link_body(sandbox.add_account("ada@example.com"))
    body["availability"]["start_interval"] = {"minutes": 30}
    reply = await call(sandbox, "POST", LINKS, put(body, path, 5))
    hint = f"{field} is not known" + (f"; did you mean {near}?" if near else "")
    assert sandbox.unknown_parameters == [f"real_time_scheduling.create: {hint}"]
    assert sandbox.requests[-1].unknown == (hint,)
    if strict:
        assert reply.errors == {field: "errors.unknown"}
    else:
        assert reply.status == 200


async def test_unknown_query_parameters_are_too() -> None:
    sandbox = Sandbox(now=NOW)
    assert (await call(sandbox, "GET", f"{LINKS}?token=x&tokens=y")).status == 404
    assert sandbox.unknown_parameters == [
        "real_time_scheduling.status_by_token: tokens is not known; did you mean token?"
    ]
    strict = Sandbox(now=NOW, strict=True)
    assert (await call(strict, "GET", f"{LINKS}?token=x&page=2")).errors == {"page": "errors.unknown"}


def test_a_display_message_has_500_characters_at_most() -> None:
    assert DISABLE.check_body({"display_message": "ä" * 500}) == ({}, {})
    errors, _ = DISABLE.check_body({"display_message": "ä" * 501})
    assert list(errors) == ["display_message"]


def every_object(schema: Any, path: str = "") -> list[tuple[str, Mapping[str, Any]]]:
    if is_array(schema):
        return [found for index, one in enumerate(schema) for found in every_object(one, f"{path}[{index}]")]
    if not is_object(schema):
        return []
    own: list[tuple[str, Mapping[str, Any]]] = (
        [(path, schema)] if isinstance(schema.get("properties"), dict) and "type" in schema else []
    )
    return own + [found for name, one in schema.items() for found in every_object(one, f"{path}.{name}")]


def parts(schema: Any) -> dict[str, Any]:
    """The components that a schema is made of."""
    schemas: Any = contract().document["components"]["schemas"]
    found: dict[str, Any] = {}
    left = [schema]
    while left:
        for name in re.findall(r"#/components/schemas/(\w+)", json.dumps(left.pop())):
            if name not in found:
                found[name] = schemas[name]
                left.append(schemas[name])
    return found


@pytest.mark.parametrize("operation", contract().operations.values(), ids=lambda one: one.id)
def test_requests_are_closed_so_that_slips_are_noticed(operation: Operation) -> None:
    schema = {name: one for name, one in operation.body_schema.items() if name != "components"}
    for path, one in every_object([schema, parts(schema)]):
        assert one.get("additionalProperties") is False, path
