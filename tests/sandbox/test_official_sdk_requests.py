"""Requests for availability, channels, companies, and permissions, as official SDKs send them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import pytest

from cronofy_async._json import is_array, is_object
from cronofy_async.sandbox import Account, Sandbox

from .support import NOW, Json, at, call, group, period

APP = "https://app.example.com"
QUERY: Json = {"required_duration": {"minutes": 60}, "available_periods": [period(at(9), at(12))]}
DAYS = [{"day": "monday", "start_time": "09:00", "end_time": "12:00"}]
RULE: Json = {"availability_rule_id": "r", "tzid": "Etc/UTC", "weekly_periods": DAYS}
HOURS: Json = {"available_period_id": "p", **period(at(9), at(10))}
CHANNEL: Json = {"callback_url": f"{APP}/changes"}
HOOK = f"{APP}/authorized"
CALENDAR, PROFILE, SUB = "the calendar", "the profile", "the sub"
CLIENT_ID, CLIENT_SECRET = "the client ID", "the client secret"
USER: Json = {"email": "kim@corp.example", "callback_url": HOOK, "scope": "read_events create_event"}
PERMISSIONS: Json = {"permissions": [{"calendar_id": CALENDAR, "permission_level": "unrestricted"}]}
ELEMENTS: Json = {"version": "1", "permissions": ["agenda"], "subs": [SUB], "origin": APP}
DELEGATION: Json = {"profile_id": PROFILE, "email": "room-1@corp.example", "callback_url": HOOK, "scope": "free_busy"}
APPLICATION: Json = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
FITTING: Json = {"summary": "Fitting", "tzid": "Etc/UTC", **period(at(9), at(10))}
PEOPLE: Json = {"invite": [{"email": "pat@example.com"}], "reject": [{"email": "lee@example.com"}]}
LUNCH: Json = {"event_id": "e0", "summary": "Lunch", **period(at(9), at(10)), "attendees": PEOPLE}
TO_ADD: Json = {**APPLICATION, "oauth": {"redirect_uri": APP, "scope": "create_event", "state": "s"}, "event": LUNCH}


@attrs.frozen
class Case:
    """A request of an official SDK.

    Attributes:
        target: Its path and query; ``{id}`` is the ID of the created record, ``{profile}`` that of a profile.
        body: Its body; ``CALENDAR`` and such in it are replaced.
        made: The record to create first, by a POST to the listing.
        by: The owner of its credential: ada, the application, the admin, or a service account.
    """

    sdk: str
    operation: str
    method: str
    target: str
    body: Any = None
    made: Json | None = None
    by: str | None = "ada"

    def __str__(self) -> str:
        return f"{self.sdk} {self.operation}"


CASES = [
    Case("ruby without a token, and php", "availability.query", "POST", "/v1/availability", QUERY, by="application"),
    Case("node, python, and csharp", "availability.query", "POST", "/v1/availability", QUERY),
    Case("csharp", "availability_rules.upsert", "POST", "/v1/availability_rules", RULE),
    Case(
        "php without calendars",
        "availability_rules.upsert",
        "POST",
        "/v1/availability_rules",
        {**RULE, "calendar_ids": None},
    ),
    Case(
        "php without a callback",
        "smart_invites.upsert",
        "POST",
        "/v1/smart_invites",
        {"smart_invite_id": "i", "callback_url": None, "recipient": {"email": "pat@example.com"}, "event": FITTING},
        by="application",
    ),
    Case("python", "availability_rules.list", "GET", "/v1/availability_rules", {}),
    Case("php", "availability_rules.delete", "DELETE", "/v1/availability_rules/r", [], RULE),
    Case("python", "availability_rules.delete", "DELETE", "/v1/availability_rules/r", {}, RULE),
    Case(
        "node", "availability_rules.delete", "DELETE", "/v1/availability_rules/r", {"availability_rule_id": "r"}, RULE
    ),
    Case("php", "available_periods.upsert", "POST", "/v1/available_periods", HOURS),
    Case("ruby", "available_periods.list", "GET", "/v1/available_periods?tzid=Etc/UTC"),
    Case("php", "available_periods.delete", "DELETE", "/v1/available_periods/", {"available_period_id": "p"}, HOURS),
    Case("php", "available_periods.bulk_delete", "DELETE", "/v1/available_periods", {"delete_all": True}, HOURS),
    Case("node", "channels.create", "POST", "/v1/channels", CHANNEL),
    Case("python", "channels.list", "GET", "/v1/channels", {}),
    Case("php", "channels.close", "DELETE", "/v1/channels/{id}", [], CHANNEL),
    Case("python and node", "channels.close", "DELETE", "/v1/channels/{id}", {}, CHANNEL),
    Case(
        "ruby without a state",
        "service_accounts.authorize",
        "POST",
        "/v1/service_account_authorizations",
        {**USER, "state": None},
        by="company",
    ),
    Case(
        "csharp, php, and node",
        "service_accounts.authorize",
        "POST",
        "/v1/service_account_authorizations",
        USER,
        by="company",
    ),
    Case(
        "csharp",
        "service_accounts.authorize_many",
        "POST",
        "/v1/service_account_authorizations",
        {"service_account_authorizations": [USER, {**USER, "state": "s"}]},
        by="company",
    ),
    Case(
        "python",
        "service_accounts.authorize_many",
        "POST",
        "/v1/service_account_authorizations",
        {"service_account_authorizations": [USER], "state": "s"},
        by="company",
    ),
    Case("ruby, php, and csharp", "resources.list", "GET", "/v1/resources", by="company"),
    Case("python", "resources.list", "GET", "/v1/resources", {}, by="company"),
    Case(
        "ruby, csharp, and node", "permissions.request", "POST", "/v1/permissions", {**PERMISSIONS, "redirect_uri": APP}
    ),
    Case(
        "ruby, csharp, and python",
        "conferencing_services.authorize",
        "POST",
        "/v1/conferencing_service_authorizations",
        {"redirect_uri": APP},
    ),
    Case(
        "php and node",
        "conferencing_services.authorize",
        "POST",
        "/v1/conferencing_service_authorizations",
        {"redirect_uri": APP, "provider_name": "zoom"},
    ),
    Case("php and node", "delegated_authorizations.create", "POST", "/v1/delegated_authorizations", DELEGATION),
    Case("php", "accessible_calendars.list", "GET", "/v1/accessible_calendars?profile_id={profile}"),
    Case("node", "accessible_calendars.list", "GET", "/v1/accessible_calendars"),
    Case("all", "element_tokens.create", "POST", "/v1/element_tokens", ELEMENTS, by="application"),
    Case("ruby and php", "add_to_calendar.create", "POST", "/v1/add_to_calendar", TO_ADD),
    Case(
        "ruby, with availability",
        "add_to_calendar.create",
        "POST",
        "/v1/add_to_calendar",
        {
            **TO_ADD,
            "oauth": {"redirect_uri": APP, "scopes": "read_events delete_events", "state": "s"},
            "availability": QUERY,
            "target_calendars": [{"sub": SUB, "calendar_id": CALENDAR}],
        },
    ),
    Case("node", "add_to_calendar.create", "POST", "/v1/add_to_calendar", TO_ADD, by="undefined"),
    Case(
        "csharp",
        "add_to_calendar.create",
        "POST",
        "/v1/add_to_calendar",
        {**TO_ADD, "formatting": {"hour_format": "H"}},
        by=None,
    ),
    Case(
        "csharp",
        "application_verification.submit",
        "POST",
        "/v1/application_verification",
        {"redirect_uris": [APP], "contact": {"email": "kim@corp.example", "display_name": "Kim"}},
        by="application",
    ),
    Case("csharp", "applications.provision", "POST", "/v1/applications", {"name": "App", "url": APP}, by="admin"),
]


@pytest.fixture
def sandbox(strict: bool) -> Sandbox:
    sandbox = Sandbox(now=NOW, strict=strict)
    sandbox.mount(APP, lambda _: None)
    return sandbox


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    ada = sandbox.add_account("ada@example.com")
    ada.delegated_scope = "free_busy"
    return ada


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """Return a body with the IDs that its placeholders stand for."""
    if is_object(value):
        return {name: filled(inner, names) for name, inner in value.items()}
    if is_array(value):
        return [filled(inner, names) for inner in value]
    return names.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("strict", [True, False], ids=["strict", "lenient"])
@pytest.mark.parametrize("case", CASES, ids=str)
async def test_requests_of_official_sdks(ada: Account, sandbox: Sandbox, case: Case) -> None:
    company = sandbox.add_account("admin@corp.example", kind="service_account")
    tokens = {
        "ada": ada.access_token,
        "application": sandbox.client_secret,
        "admin": sandbox.admin_key,
        "company": company.access_token,
        "undefined": "undefined",
    }
    names = {
        CALENDAR: ada.calendar_id,
        PROFILE: ada.profile_id,
        SUB: ada.sub,
        CLIENT_ID: sandbox.client_id,
        CLIENT_SECRET: sandbox.client_secret,
    }
    token = tokens[case.by] if case.by else None
    body, ident = filled(case.body, names), "none"
    if case.body is QUERY:
        body |= {"participants": [group(ada)]}
    if case.made:
        listing = "/".join(case.target.split("/")[:3])
        created = await call(sandbox, "POST", listing, case.made, token=token)
        assert created.status < 300
        if "{id}" in case.target:
            ident = created.json["channel"]["channel_id"]

    reply = await call(sandbox, case.method, case.target.format(id=ident, profile=ada.profile_id), body, token=token)

    assert reply.status < 300, reply
    assert sandbox.requests[-1].operation == case.operation
    assert sandbox.unknown_parameters == []
