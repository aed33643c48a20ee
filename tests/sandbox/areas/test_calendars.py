"""Calendars: listing and creating them, and the actions of their users."""

from __future__ import annotations

import pytest

from cronofy_async.sandbox import Account, Sandbox, SandboxError

from ..support import NOW, Json, call

PATH = "/v1/calendars"
#: A rule, the values that break it, and the field and key of the error.
BROKEN = [("calendar_names_are_unique", {"name": "Calendar"}, "name", "errors.duplicate_calendar_name")]


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com", calendars=2)


async def listed(sandbox: Sandbox, account: Account) -> list[Json]:
    reply = await call(sandbox, "GET", PATH, token=account.access_token)
    assert (reply.status, reply.json["sub"]) == (200, account.sub)
    calendars: list[Json] = reply.json["calendars"]
    return calendars


async def test_the_calendars_of_all_profiles_are_listed(sandbox: Sandbox, ada: Account) -> None:
    work = sandbox.runtime.state.add_profile(ada, "ada@work.example", "office365")
    office = sandbox.calendars.add(ada, "Office", profile_id=work.profile_id, permission_level="unrestricted")
    sandbox.calendars.change(ada.calendars[1], readonly=True, deleted=True, name="Old")

    first, second, third = await listed(sandbox, ada)

    assert first == {
        "provider_name": "google",
        "profile_id": ada.profile_id,
        "profile_name": "ada@example.com",
        "calendar_id": ada.calendar_id,
        "calendar_name": "Calendar",
        "calendar_readonly": False,
        "calendar_deleted": False,
        "calendar_primary": True,
        "calendar_integrated_conferencing_available": True,
        "calendar_attachments_available": True,
        "permission_level": "sandbox",
    }
    assert (second["calendar_name"], second["calendar_readonly"], second["calendar_deleted"]) == ("Old", True, True)
    assert (third["calendar_id"], third["provider_name"], third["profile_name"], third["permission_level"]) == (
        office.calendar_id,
        "office365",
        "ada@work.example",
        "unrestricted",
    )
    assert [item["calendar_primary"] for item in (first, second, third)] == [True, False, True]


async def test_a_calendar_is_created_in_a_profile(sandbox: Sandbox, ada: Account) -> None:
    body = {"profile_id": ada.profile_id, "name": "New Calendar", "color": "#49BED8"}

    reply = await call(sandbox, "POST", PATH, body, token=ada.access_token)

    assert reply.status == 200
    assert reply.json == {
        "calendar": {
            "provider_name": "google",
            "profile_id": ada.profile_id,
            "profile_name": "ada@example.com",
            "calendar_id": ada.calendar_ids[-1],
            "calendar_name": "New Calendar",
            "calendar_readonly": False,
            "calendar_deleted": False,
        }
    }
    assert (await listed(sandbox, ada))[-1]["calendar_name"] == "New Calendar"


@pytest.mark.parametrize(("rule", "changes", "field", "key"), BROKEN)
async def test_a_duplicate_calendar_name_is_rejected(rule: str, changes: Json, field: str, key: str) -> None:
    for is_assumed in (True, False):
        sandbox = Sandbox(now=NOW, assume={rule: is_assumed})
        ada = sandbox.add_account("ada@example.com")
        other = sandbox.runtime.state.add_profile(ada, "ada@work.example", "office365")

        reply = await call(sandbox, "POST", PATH, {"profile_id": ada.profile_id, **changes}, token=ada.access_token)
        assert reply.status == (422 if is_assumed else 200)
        if is_assumed:
            assert reply.errors == {field: key}
        elsewhere = {"profile_id": other.profile_id, **changes}
        assert (await call(sandbox, "POST", PATH, elsewhere, token=ada.access_token)).status == 200


async def test_invalid_calendars_are_not_created(sandbox: Sandbox, ada: Account) -> None:
    body = {"profile_id": ada.profile_id, "name": "New"}
    bob = sandbox.add_account("bob@example.com")
    for changes, field, key in (
        ({"name": ...}, "name", "errors.required"),
        ({"profile_id": ...}, "profile_id", "errors.required"),
        ({"color": "red"}, "color", "errors.invalid"),
    ):
        wrong = {name: value for name, value in (body | changes).items() if value is not ...}
        assert (await call(sandbox, "POST", PATH, wrong, token=ada.access_token)).errors == {field: key}
    assert (await call(sandbox, "POST", PATH, body, token=bob.access_token)).status == 404
    assert (await call(sandbox, "POST", PATH, body)).status == 403
    ada.profiles[0].connected = False
    assert (await call(sandbox, "POST", PATH, body, token=ada.access_token)).status == 423
    assert len(ada.calendars) == 2


def test_calendars_are_added_changed_and_found(sandbox: Sandbox, ada: Account) -> None:
    calendar = sandbox.calendars.add(ada.sub, "Team", readonly=True)

    assert ada.calendars[-1] is calendar is sandbox.calendars.find(calendar.calendar_id)
    assert (calendar.readonly, calendar.is_writable) == (True, False)
    assert sandbox.calendars.change(calendar.calendar_id, readonly=False).is_writable
    with pytest.raises(SandboxError, match="the sandbox has no calendar cal_0"):
        sandbox.calendars.find("cal_0")
    with pytest.raises(SandboxError, match=r"ada@example\.com has no profile pro_0"):
        sandbox.calendars.add(ada, profile_id="pro_0")
    with pytest.raises(SandboxError, match="the sandbox has no account acc_0"):
        sandbox.calendars.add("acc_0")
