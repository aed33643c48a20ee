from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cronofy_async.sandbox import Sandbox
from cronofy_async.sandbox.kernel.registry import REGISTRY

from ..support import LINKS, NOW, Json, at, call, link_body, period, put

SINGLE = "errors.not_allowed"
LATE = at(9) + timedelta(days=35)

# A rule, the values that break it, and the fields and key of the error. "ADA" stands for the account.
BROKEN: list[tuple[str, dict[str, Any], list[str], str]] = [
    ("event_has_a_zone", {"event.tzid": ...}, ["event.tzid"], "errors.required"),
    ("known_time_zones", {"event.tzid": "Mars/Olympus"}, ["event.tzid"], "errors.tzid_unrecognized"),
    ("known_time_zones", {"event.tzid": "Europe"}, ["event.tzid"], "errors.tzid_unrecognized"),
    ("known_time_zones", {"event.tzid": "../etc/passwd"}, ["event.tzid"], "errors.tzid_unrecognized"),
    ("known_time_zones", {"tzid": "W. Europe Standard Time"}, ["tzid"], "errors.tzid_unrecognized"),
    (
        "targets_of_single_only",
        {"target_calendars[0].attendee": {"email": "a@b.example"}},
        ["target_calendars[0].attendee"],
        SINGLE,
    ),
    (
        "targets_of_single_only",
        {
            "event_creation": "default",
            "target_calendars[0].event": {},
            "target_calendars[0].attendee": {"email": "a@b.example"},
        },
        ["target_calendars[0].attendee", "target_calendars[0].event"],
        SINGLE,
    ),
    ("attendees_of_single_only", {"event.attendees": {"invite": []}}, ["event.attendees"], SINGLE),
    ("no_start_or_end", {"event.start": "2031-03-03T09:00:00Z"}, ["event.start"], SINGLE),
    ("no_start_or_end", {"event.start": {"time": "x"}, "event.end": None}, ["event.start", "event.end"], SINGLE),
    (
        "built_in_conferencing_only",
        {"event.conferencing": {"profile_id": "pro_1"}},
        ["event.conferencing.profile_id"],
        "errors.invalid",
    ),
    ("something_to_search", {"availability.query_periods": ...}, ["availability.query_periods"], "errors.required"),
    ("something_to_search", {"availability.query_periods": []}, ["availability.query_periods"], "errors.required"),
    (
        "periods_or_slots",
        {"availability.query_slots": [{"start": "2031-03-03T09:00:00Z"}]},
        ["availability.query_slots"],
        SINGLE,
    ),
    (
        "start_interval_in_steps",
        {"availability.start_interval": {"minutes": 7}},
        ["availability.start_interval"],
        "errors.invalid",
    ),
    (
        "start_interval_in_steps",
        {"availability.start_interval": {"minutes": 0}},
        ["availability.start_interval"],
        "errors.invalid",
    ),
    (
        "required_duration_above_zero",
        {"availability.required_duration": {"minutes": 0}},
        ["availability.required_duration"],
        "errors.invalid",
    ),
    (
        "periods_up_to_50",
        {"availability.query_periods": [period(at(9), at(12))] * 51},
        ["availability.query_periods"],
        "errors.invalid",
    ),
    (
        "periods_up_to_50",
        {"availability.available_periods": [period(at(9), at(12))] * 51},
        ["availability.available_periods"],
        "errors.invalid",
    ),
    (
        "periods_last_a_minute",
        {"availability.query_periods[0]": period(at(9), at(9))},
        ["availability.query_periods[0].end"],
        "errors.invalid",
    ),
    (
        "periods_last_a_minute",
        {"availability.available_periods": [period(at(9), at(8))]},
        ["availability.available_periods[0].end"],
        "errors.invalid",
    ),
    (
        "periods_end_in_the_future",
        {"availability.query_periods[0]": period(at(5), at(7))},
        ["availability.query_periods[0].end"],
        "errors.invalid",
    ),
    (
        "periods_within_35_days",
        {"availability.query_periods": [period(at(12), LATE + timedelta(minutes=1)), period(at(9), at(12))]},
        ["availability.query_periods[0].end"],
        "errors.invalid",
    ),
    (
        "known_accounts",
        {"availability.participants[0].members[0].sub": "acc_0"},
        ["availability.participants[0].members[0].sub"],
        "errors.unknown",
    ),
]

#: Rules that do not concern links, which are tested with their areas.
ELSEWHERE = {
    "element_tokens_are_for_known_accounts",
    "dates_have_a_zone",
    "one_period_or_all",
    "periods_end_after_they_start",
    "steps_have_ids_of_their_own",
}

ALLOWED: list[dict[str, Any]] = [
    {"event.tzid": ..., "tzid": "Europe/Paris"},
    {"event.tzid": "Etc/UTC"},
    {"event.tzid": "America/Argentina/ComodRivadavia"},
    {"tzid": None},
    {"event_creation": "single", "event.attendees": {"invite": [{"email": "c@d.example", "display_name": None}]}},
    {"event_creation": "single", "target_calendars[0].event": {"conferencing": {"profile_id": "pro_1"}}},
    {"target_calendars": None},
    {"target_calendars": []},
    {"event.conferencing": {"profile_id": "integrated"}},
    {
        "event.conferencing": {
            "profile_id": "explicit",
            "provider_description": "Ours",
            "join_url": "https://meet.example",
        }
    },
    {"availability.query_periods": ..., "availability.available_periods": [period(at(9), at(12))]},
    {"availability.query_periods": ..., "availability.query_slots": [{"start": "2031-03-03T09:00:00Z"}]},
    {"availability.query_periods[0]": period(at(5), at(12))},  # has begun
    {"availability.query_periods[0]": period(at(9), at(9) + timedelta(minutes=1))},
    {"availability.query_periods[0]": period(at(9), at(9) + timedelta(days=35))},
    {"availability.query_periods": [period(at(9), at(12))] * 50},
    {"availability.start_interval": {"minutes": 90}},
    {"availability.start_interval": {"hours": 1}},
    {"availability.start_interval": None},
    {"availability.required_duration": {"hours": 1, "minutes": 59}},
    {"availability.required_duration": {"minutes": 90}},
    {"minimum_notice": {"minutes": 0}},
    {"availability.participants[0].members[0].sub": "res_1"},
]


def changed(sandbox: Sandbox, changes: dict[str, Any]) -> Json:
    ada = sandbox.add_account("ada@example.com")
    body = link_body(ada, target_calendars=[ada.target_calendar])
    for path, value in changes.items():
        put(body, path, value)
    return body


@pytest.mark.parametrize(("name", "changes", "fields", "key"), BROKEN)
async def test_a_broken_rule_is_a_422_that_names_the_fields(
    name: str, changes: dict[str, Any], fields: list[str], key: str
) -> None:
    sandbox = Sandbox(now=NOW, strict=True)
    reply = await call(sandbox, "POST", LINKS, changed(sandbox, changes))
    assert reply.errors == dict.fromkeys(fields, key)
    for field, problems in reply.json["errors"].items():
        (problem,) = problems
        assert problem["description"].startswith(f"{field} ") or problem["description"] == "TZID not recognized"
    assert sandbox.links == []


@pytest.mark.parametrize(
    ("name", "changes", "fields", "key"), [case for case in BROKEN if case[0] in REGISTRY.assumptions]
)
async def test_an_assumed_rule_can_be_switched_off(
    name: str, changes: dict[str, Any], fields: list[str], key: str
) -> None:
    sandbox = Sandbox(now=NOW, strict=True, assume={name: False})
    reply = await call(sandbox, "POST", LINKS, changed(sandbox, changes))
    assert reply.status == 200
    sandbox.slots(reply.json["real_time_scheduling"]["real_time_scheduling_id"])  # and the page can be opened


@pytest.mark.parametrize("changes", ALLOWED)
async def test_documented_values_are_accepted(changes: dict[str, Any]) -> None:
    sandbox = Sandbox(now=NOW, strict=True)
    reply = await call(sandbox, "POST", LINKS, changed(sandbox, changes))
    assert reply.status == 200, reply.json


async def test_several_broken_rules_are_all_named() -> None:
    sandbox = Sandbox(now=NOW)
    body = changed(
        sandbox, {"event.start": "x", "event.tzid": "Nowhere", "availability.start_interval": {"minutes": 1}}
    )
    assert set((await call(sandbox, "POST", LINKS, body)).errors) == {
        "event.start",
        "event.tzid",
        "availability.start_interval",
    }


async def test_the_error_for_a_past_period_has_the_sandbox_time() -> None:
    sandbox = Sandbox(now=NOW)
    sandbox.clock.advance(days=1)
    reply = await call(sandbox, "POST", LINKS, link_body(sandbox.add_account("ada@example.com")))
    assert reply.errors["availability.query_periods[0].end"]
    assert "must be in the future; in the sandbox it is 2031-03-04T07:00:00Z" in str(reply.json)


def _modules() -> Iterator[ModuleType]:
    """Return the test modules of areas. ``BROKEN`` in a module lists rules, each with a request that breaks it."""
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        yield importlib.import_module(f"{__package__}.{path.stem}")


def test_every_rule_is_tested_and_names_its_docs() -> None:
    tested = {name for module in _modules() for name, *_ in getattr(module, "BROKEN", ())}
    assert tested | ELSEWHERE == {rule.name for rule in REGISTRY.rules}
    for rule in REGISTRY.rules:
        assert rule.description
        assert rule.docs.startswith("https://docs.cronofy.com/developers/")


def test_assumptions_have_names() -> None:
    assert {rule.name for rule in REGISTRY.rules if rule.fidelity == "assumed"} < set(Sandbox.assumptions)
    assert all(Sandbox.assumptions.values())
    with pytest.raises(ValueError, match=r"no assumption 'known_acounts'\. Did you mean known_accounts"):
        Sandbox(assume={"known_acounts": False})
