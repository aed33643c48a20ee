"""The scopes that calendars, events, and free/busy periods need, and the userinfo that writes return."""

from __future__ import annotations

import pytest

from cronofy_async.sandbox import Account, Sandbox

from ..support import NOW, Json, at, call
from .events import body

EVENTS = "/v1/calendars/{calendar_id}/events"
BY_UID: Json = {"event_uid": "{event_uid}"}
ANSWER = f"{EVENTS}/{{event_uid}}/participation_status"

#: The request, its body, a scope that it needs, the status with it, and a scope that does not do.
REQUESTS = [
    ("GET", "/v1/events?tzid=Etc/UTC", None, "read_events", 200, "read_free_busy"),
    ("GET", "/v1/events?tzid=Etc/UTC&only_managed=false", None, "read_events", 200, "create_event"),
    ("GET", "/v1/free_busy?tzid=Etc/UTC", None, "read_free_busy", 200, "create_event"),
    ("GET", "/v1/free_busy?tzid=Etc/UTC", None, "read_events", 200, "delete_event"),
    ("POST", "/v1/calendars", {"profile_id": "{profile_id}", "name": "New"}, "create_calendar", 200, "create_event"),
    ("POST", EVENTS, body(), "create_event", 202, "delete_event read_events"),
    ("POST", EVENTS, {**BY_UID, "summary": "Other"}, "create_event", 202, "delete_event"),
    ("DELETE", EVENTS, {"event_id": "e"}, "delete_event", 202, "create_event"),
    ("DELETE", EVENTS, BY_UID, "delete_event", 202, "create_event"),
    ("DELETE", "/v1/events", {"delete_all": True}, "delete_event", 202, "create_event"),
    ("POST", ANSWER, {"status": "accepted"}, "change_participation_status", 202, "create_event"),
]


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


@pytest.mark.parametrize("request_", REQUESTS, ids=[f"{case[0]} {case[1]} {case[3]}" for case in REQUESTS])
async def test_an_operation_needs_its_scope(
    sandbox: Sandbox, ada: Account, request_: tuple[str, str, Json | None, str, int, str]
) -> None:
    method, target, json, scope, status, other = request_
    event = sandbox.events.add(ada, participation_status="needs_action")
    ids = {"calendar_id": ada.calendar_id, "event_uid": event.event_uid, "profile_id": ada.profile_id}
    target = target.format_map(ids)
    filled = {name: value.format_map(ids) if isinstance(value, str) else value for name, value in (json or {}).items()}

    for granted, expected in [(other, 403), (scope, status), ("read_write", status)]:
        ada.scope = granted
        sent = filled | {"name": granted} if "name" in filled else filled
        reply = await call(sandbox, method, target, sent if json else None, token=ada.access_token)
        assert reply.status == expected, granted


@pytest.mark.parametrize("value", ["true", "True"])
async def test_reading_managed_events_needs_no_scope(sandbox: Sandbox, ada: Account, value: str) -> None:
    for name in "abc":
        await call(
            sandbox, "POST", EVENTS.format(calendar_id=ada.calendar_id), body(event_id=name), token=ada.access_token
        )
    ada.scope = "create_event"

    first = await call(sandbox, "GET", f"/v1/events?tzid=Etc/UTC&only_managed={value}", token=ada.access_token)

    assert [event["summary"] for event in first.json["events"]] == ["Fitting", "Fitting"]
    further = first.json["pages"]["next_page"].partition("sandbox.test")[2]
    assert (await call(sandbox, "GET", further, token=ada.access_token)).status == 200


async def test_any_scope_is_sufficient_without_the_assumption() -> None:
    sandbox = Sandbox(assume={"scopes_are_checked": False})
    ada = sandbox.add_account("ada@example.com")
    ada.scope = ""
    assert (await call(sandbox, "GET", "/v1/events?tzid=Etc/UTC", token=ada.access_token)).status == 200


@pytest.mark.parametrize(
    ("method", "json"),
    [
        ("POST", body(include_userinfo=True)),
        ("DELETE", {"event_id": "e", "include_userinfo": True}),
    ],
)
async def test_writes_return_the_userinfo(sandbox: Sandbox, ada: Account, method: str, json: Json) -> None:
    sandbox.calendars.change(ada.calendar_id, permission_level="unrestricted")
    target = EVENTS.format(calendar_id=ada.calendar_id)

    written = await call(sandbox, method, target, json, token=ada.access_token)

    userinfo = (await call(sandbox, "GET", "/v1/userinfo", token=ada.access_token)).json
    assert (written.status, written.json) == (202, {"userinfo": userinfo})
    (calendar,) = userinfo["cronofy.data"]["profiles"][0]["profile_calendars"]
    assert calendar["permission_level"] == "unrestricted"


async def test_writes_return_the_userinfo_as_a_model(sandbox: Sandbox, ada: Account) -> None:
    account = sandbox.client().account(access_token=ada.access_token)

    for info in (
        await account.events.upsert(
            ada.calendar_id, event_id="e", summary="s", start=at(9), end=at(10), include_userinfo=True
        ),
        await account.events.delete(ada.calendar_id, event_id="e", include_userinfo=True),
    ):
        assert info == await account.identity.userinfo()
