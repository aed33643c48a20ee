"""Elevated permissions: how they are granted, and what they allow."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async.sandbox import Account, Sandbox, SandboxError

from ..callbacks import Receiver
from ..support import NOW, ORIGIN, Json, Reply, at, call, text
from .companies import APP, authorize_person

BACK = "https://app.example.com/permitted"
UNRESTRICTED = "service_account/accounts/manage service_account/{}/unrestricted_access"


@pytest.fixture
def sandbox() -> Sandbox:
    sandbox = Sandbox(now=NOW, strict=True)
    sandbox.mount(APP, Receiver())
    return sandbox


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com", calendars=2)


def permission(account: Account, level: str = "unrestricted", calendar: int = 0) -> Json:
    return {"calendar_id": account.calendar_ids[calendar], "permission_level": level}


async def request(sandbox: Sandbox, account: Account, *permissions: Json, **members: Any) -> Reply:
    body = {"permissions": list(permissions), **members}
    return await call(sandbox, "POST", "/v1/permissions", body, token=account.access_token)


async def page(sandbox: Sandbox, account: Account, *permissions: Json, **members: Any) -> str:
    """Request permissions, and return the URL of the page."""
    reply = await request(sandbox, account, *permissions, **({"redirect_uri": BACK} | members))
    assert reply.status == 200
    assert reply.json["permissions_request"].keys() == {"url"}
    url: str = reply.json["permissions_request"]["url"]
    return url


async def test_a_user_decides_on_a_page(sandbox: Sandbox, ada: Account) -> None:
    url = await page(sandbox, ada, permission(ada))

    assert url.startswith(f"{ORIGIN}/permissions_requests/")
    assert ada.calendars[0].permission_level == "sandbox"
    assert sandbox.permissions.accept(url) == BACK
    assert [calendar.permission_level for calendar in ada.calendars] == ["unrestricted", "sandbox"]


async def test_a_granted_permission_allows_changes_of_external_events(sandbox: Sandbox, ada: Account) -> None:
    event = sandbox.events.add(ada, at(9), at(10), summary="Old")
    target = f"/v1/calendars/{ada.calendar_id}/events"
    edit = {"event_uid": event.event_uid, "summary": "New", "start": text(at(9)), "end": text(at(10))}

    await call(sandbox, "POST", target, edit, token=ada.access_token)
    assert ada.events[0].details["summary"] == "Old"
    sandbox.permissions.accept(await page(sandbox, ada, permission(ada)))
    await call(sandbox, "POST", target, edit, token=ada.access_token)
    assert ada.events[0].details["summary"] == "New"


async def test_a_denial_changes_nothing(sandbox: Sandbox, ada: Account) -> None:
    url = await page(sandbox, ada, permission(ada), redirect_uri=f"{BACK}?tenant=7")

    assert sandbox.permissions.deny(url) == f"{BACK}?tenant=7&error=access_denied"
    assert ada.calendars[0].permission_level == "sandbox"


async def test_a_permission_can_be_lowered(sandbox: Sandbox, ada: Account) -> None:
    sandbox.permissions.accept(await page(sandbox, ada, permission(ada), permission(ada, calendar=1)))

    sandbox.permissions.accept(await page(sandbox, ada, permission(ada, "sandbox")))

    assert [calendar.permission_level for calendar in ada.calendars] == ["sandbox", "unrestricted"]


async def test_each_page_is_used_once(sandbox: Sandbox, ada: Account) -> None:
    first, second = [await page(sandbox, ada, permission(ada)) for _ in range(2)]
    sandbox.permissions.deny(first)

    assert first != second
    for decide in (sandbox.permissions.accept, sandbox.permissions.deny):
        with pytest.raises(SandboxError, match="url: the user has already decided"):
            decide(first)
        with pytest.raises(SandboxError, match=r"url: the sandbox has no page of permissions\.request there"):
            decide(f"{ORIGIN}/permissions_requests/x")
    assert sandbox.permissions.accept(second) == BACK


async def test_a_calendar_that_was_removed_meanwhile_is_ignored(sandbox: Sandbox, ada: Account) -> None:
    url = await page(sandbox, ada, permission(ada), permission(ada, calendar=1))
    del ada.calendars[0]

    sandbox.permissions.accept(url)

    assert ada.calendars[0].permission_level == "unrestricted"


# Accounts that a service account authorized.


@pytest.mark.parametrize(("kind", "expected"), [("accounts", True), ("resources", False)])
async def test_a_service_account_may_grant_immediately(sandbox: Sandbox, kind: str, *, expected: bool) -> None:
    company = sandbox.add_account("admin@corp.example", kind="service_account")
    company.scope = UNRESTRICTED.format(kind)
    kim = await authorize_person(sandbox, company)

    granted = (await request(sandbox, kim, permission(kim))).json["permissions_request"]

    assert granted.get("accepted", False) is expected
    assert ("url" in granted) is not expected
    assert kim.calendars[0].permission_level == ("unrestricted" if expected else "sandbox")


async def test_a_resource_needs_the_scope_for_resources(sandbox: Sandbox) -> None:
    sandbox.resources.add("room-1@corp.example")
    company = sandbox.add_account("admin@corp.example", kind="service_account")
    room = await authorize_person(sandbox, company, "room-1@corp.example")
    answers: list[Json] = []

    for kind in ("accounts", "resources"):
        company.scope = UNRESTRICTED.format(kind)
        answers.append((await request(sandbox, room, permission(room))).json["permissions_request"])

    assert "url" in answers[0]
    assert answers[1] == {"accepted": True}
    assert sandbox.permissions.accept(answers[0]["url"]) is None
    company.scope = UNRESTRICTED.format("accounts")
    url = (await request(sandbox, room, permission(room))).json["permissions_request"]["url"]
    assert sandbox.permissions.deny(url) is None


# Invalid requests.

BROKEN: list[tuple[str, Json, str, str]] = [
    ("users_return_from_the_page", {}, "redirect_uri", "errors.required"),
    (
        "calendars_of_permissions_are_known",
        {"redirect_uri": BACK, "permissions": [{"calendar_id": "cal_0", "permission_level": "unrestricted"}]},
        "permissions[0].calendar_id",
        "errors.invalid_calendar_ids",
    ),
]


@pytest.mark.parametrize(("_rule", "changes", "field", "key"), BROKEN)
async def test_a_request_that_breaks_a_rule_gets_a_422(
    sandbox: Sandbox, ada: Account, _rule: str, changes: Json, field: str, key: str
) -> None:
    body = {"permissions": [permission(ada)]} | changes

    assert (await call(sandbox, "POST", "/v1/permissions", body, token=ada.access_token)).errors == {field: key}


async def test_an_assumed_rule_can_be_switched_off() -> None:
    sandbox = Sandbox(now=NOW, assume={"calendars_of_permissions_are_known": False})
    ada = sandbox.add_account("ada@example.com")

    assert (
        await request(sandbox, ada, {"calendar_id": "cal_0", "permission_level": "sandbox"}, redirect_uri=BACK)
    ).status == 200


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"redirect_uri": BACK}, {"permissions": "errors.required"}),
        ({"redirect_uri": BACK, "permissions": []}, {"permissions": "errors.invalid"}),
        (
            {"redirect_uri": BACK, "permissions": [{"calendar_id": "cal_0", "permission_level": "all"}]},
            {"permissions[0].permission_level": "errors.not_included"},
        ),
    ],
)
async def test_an_invalid_request_names_the_member(
    sandbox: Sandbox, ada: Account, body: Json, errors: dict[str, str]
) -> None:
    assert (await call(sandbox, "POST", "/v1/permissions", body, token=ada.access_token)).errors == errors


async def test_permissions_require_an_account_token(sandbox: Sandbox) -> None:
    for token, expected in ((sandbox.client_secret, 403), ("unknown", 401), (None, 401)):
        assert (await call(sandbox, "POST", "/v1/permissions", {}, token=token)).status == expected
