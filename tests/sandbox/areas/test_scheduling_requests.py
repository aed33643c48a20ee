"""Scheduling requests and other requests that the sandbox keeps: they are returned as they were sent."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async.sandbox import Account, Sandbox, SandboxError

from ..support import NOW, Json, call, put

PATH = "/v1/scheduling_requests"
KIM: Json = {"email": "kim@example.com", "display_name": "Kim", "slot_selector": True}
LEE: Json = {"email": "lee@example.com"}


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


def body(ada: Account, **changes: Any) -> Json:
    return {"host": {"sub": ada.sub}, "recipients": [KIM, LEE], "event": {"summary": "Demo"}} | changes


async def create(sandbox: Sandbox, sent: Json, **options: Any) -> Json:
    reply = await call(sandbox, "POST", PATH, sent, **options)
    assert reply.status == 200, reply
    body: Json = reply.json["scheduling_request"]
    return body


async def found(sandbox: Sandbox, ident: str) -> Json:
    reply = await call(sandbox, "POST", f"{PATH}/query", {"scheduling_request_ids": [ident]})
    (found_request,) = reply.json["scheduling_requests"]
    request: Json = found_request["scheduling_request"]
    return request


async def test_a_request_is_kept_and_found(sandbox: Sandbox, ada: Account) -> None:
    request = await create(sandbox, body(ada))

    page = request["primary_select_url"]
    assert request == {
        "scheduling_request_id": request["scheduling_request_id"],
        "slot_selection": "pending",
        "primary_select_url": page,
        "dashboard_url": request["dashboard_url"],
        "summary": "Demo",
        "duration": {"minutes": 30},
        "recipient_operations": {"view_url": page},
        "recipients": [{**KIM, "select_url": page}, {**LEE, "slot_selector": False}],
        "event": {"summary": "Demo"},
    }
    assert request["scheduling_request_id"].startswith("srq_")
    assert await found(sandbox, request["scheduling_request_id"]) == request


async def test_a_template_needs_no_event(sandbox: Sandbox) -> None:
    request = await create(sandbox, {"template": {"sub": "sgr_1"}, "recipients": [KIM]})

    assert request["summary"] == "Meeting"


async def test_a_request_is_completed(sandbox: Sandbox, ada: Account) -> None:
    request = await create(sandbox, body(ada))

    sandbox.scheduling_requests.complete(request["scheduling_request_id"], metadata={"utm_source": "mail"})

    complete = await found(sandbox, request["scheduling_request_id"])
    page = request["primary_select_url"]
    assert complete["slot_selection"] == "complete"
    assert complete["recipient_operations"]["reschedule_url"] == f"{page}?reschedule=true"
    assert complete["event"]["metadata"] == {"scheduler": {"utm_source": "mail"}}
    with pytest.raises(SandboxError, match="the scheduling request is complete"):
        sandbox.scheduling_requests.complete(request["scheduling_request_id"])


async def test_a_request_is_canceled_after_the_response(ada: Account) -> None:
    sandbox = Sandbox(now=NOW, strict=True, write_delay=10)
    ada = sandbox.add_account("ada@example.com")
    ident = (await create(sandbox, body(ada)))["scheduling_request_id"]

    reply = await call(sandbox, "POST", f"{PATH}/cancel", {"scheduling_request_id": ident})
    assert (reply.status, reply.json) == (202, None)
    assert (await found(sandbox, ident))["slot_selection"] == "pending"
    sandbox.clock.advance(seconds=10)

    assert (await found(sandbox, ident))["slot_selection"] == "cancelled"
    with pytest.raises(SandboxError, match="the scheduling request is cancelled"):
        sandbox.scheduling_requests.complete(ident)


async def test_unknown_requests_are_not_found(sandbox: Sandbox, ada: Account) -> None:
    token = await call(sandbox, "POST", "/v1/element_tokens", TOKEN)
    (record,) = sandbox.kept_records("element_tokens")
    for unknown in ("srq_0", record.id):
        reply = await call(sandbox, "POST", f"{PATH}/query", {"scheduling_request_ids": [unknown]})
        assert reply.json == {"scheduling_requests": []}
        assert (await call(sandbox, "POST", f"{PATH}/cancel", {"scheduling_request_id": unknown})).status == 404
        with pytest.raises(SandboxError, match="no such scheduling request"):
            sandbox.scheduling_requests.complete(unknown)
    assert token.status == 200


#: A rule, the value that breaks it, and the field of the error.
BROKEN: list[tuple[str, str, Any, str]] = [
    ("a_recipient_selects_the_slot", "recipients", [LEE], "recipients"),
    ("scheduling_request_has_a_host", "host", ..., "host"),
    ("scheduling_request_has_an_event", "event", ..., "event"),
    ("hosts_are_accounts", "host.sub", "acc_0", "host.sub"),
    ("hosts_are_accounts", "host_group", {"members": [{"sub": "acc_0"}]}, "host_group.members[0].sub"),
    (
        "hosts_are_accounts",
        "collaborator_groups",
        [{"members": [{"sub": "acc_0"}]}],
        "collaborator_groups[0].members[0].sub",
    ),
]
INVALID: list[tuple[str, Any, str]] = [
    ("recipients", ..., "recipients"),
    ("recipients", [], "recipients"),
    ("recipients[0].email", ..., "recipients[0].email"),
    ("event.summary", ..., "event.summary"),
    ("event.duration", {}, "event.duration"),
]


def changed(ada: Account, path: str, value: Any) -> Json:
    return put(body(ada, recipients=[dict(KIM), LEE], event={"summary": "Demo"}), path, value)


@pytest.mark.parametrize(("path", "value", "field"), INVALID + [case[1:] for case in BROKEN])
async def test_invalid_requests_are_rejected(sandbox: Sandbox, ada: Account, path: str, value: Any, field: str) -> None:
    assert list((await call(sandbox, "POST", PATH, changed(ada, path, value))).errors) == [field]


@pytest.mark.parametrize(("name", "path", "value", "field"), BROKEN)
async def test_an_assumed_rule_can_be_switched_off(name: str, path: str, value: Any, field: str) -> None:
    sandbox = Sandbox(now=NOW, strict=True, assume={name: False})
    ada = sandbox.add_account("ada@example.com")

    assert (await call(sandbox, "POST", PATH, changed(ada, path, value))).status == 200


async def test_a_member_is_impersonated_as_the_host(sandbox: Sandbox, ada: Account) -> None:
    unit = sandbox.add_account("unit@example.com", kind="organizational_unit")
    sent = body(ada)
    del sent["host"]

    for token in (unit.access_token, sandbox.client_secret):
        await create(sandbox, sent, token=token, headers={"cronofy-impersonate": ada.sub})
    foreign = await call(sandbox, "POST", PATH, sent, headers={"cronofy-impersonate": "acc_0"})

    assert [record.members["host"] for record in sandbox.kept_records("scheduling_requests")] == [{"sub": ada.sub}] * 2
    assert foreign.status == 403


@pytest.mark.parametrize("path", [PATH, f"{PATH}/query", f"{PATH}/cancel"])
async def test_the_account_must_be_an_organizational_unit(sandbox: Sandbox, ada: Account, path: str) -> None:
    sent: dict[str, Json] = {
        PATH: body(ada),
        f"{PATH}/query": {"scheduling_request_ids": []},
        f"{PATH}/cancel": {"scheduling_request_id": "srq_0"},
    }

    assert (await call(sandbox, "POST", path, sent[path], token=ada.access_token)).status == 403


# Tokens, and the application.

TOKEN: Json = {"version": "1", "permissions": ["agenda"], "origin": "https://app.example.com"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"version": "2"}, "version"),
        ({"permissions": []}, "permissions"),
        ({"origin": "https://app.example.com/page"}, "origin"),
        ({"origin": "app.example.com"}, "origin"),
        ({"subs": ["acc_0"]}, "subs[0]"),
    ],
)
async def test_an_invalid_request_for_an_element_token_is_rejected(sandbox: Sandbox, change: Json, field: str) -> None:
    assert list((await call(sandbox, "POST", "/v1/element_tokens", TOKEN | change)).errors) == [field]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"redirect_uris": ["app.example.com"]}, "redirect_uris[0]"),
        ({"contact": {}}, "contact.email"),
        ({"contact": ...}, "contact"),
    ],
)
async def test_an_invalid_request_for_verification_is_rejected(sandbox: Sandbox, change: Json, field: str) -> None:
    sent: Json = {"redirect_uris": ["https://app.example.com"], "contact": {"email": "dev@example.com"}} | change
    sent = {name: value for name, value in sent.items() if value is not ...}

    assert list((await call(sandbox, "POST", "/v1/application_verification", sent)).errors) == [field]


async def test_an_application_is_provisioned_with_the_admin_key_only(sandbox: Sandbox, ada: Account) -> None:
    sent = {"name": "Shop", "url": "https://shop.example.com"}

    reply = await call(sandbox, "POST", "/v1/applications", sent, token=sandbox.admin_key)

    created = reply.json["oauth_client"]
    assert sandbox.kept_records("applications")[0].id == created["client_id"]
    for token in (sandbox.client_secret, ada.access_token):
        assert (await call(sandbox, "POST", "/v1/applications", sent, token=token)).status == 403
    listing = "/v1/organizational_unit_members"
    assert (await call(sandbox, "GET", listing, token=created["client_secret"])).status == 401


async def test_members_are_users(sandbox: Sandbox, ada: Account) -> None:
    sandbox.add_account("unit@example.com", kind="organizational_unit")

    reply = await call(sandbox, "GET", "/v1/organizational_unit_members")

    assert reply.json == {
        "organizational_unit_members": [
            {
                "sub": ada.sub,
                "email": "ada@example.com",
                "roles": ["owner"],
                "scheduler": {"enabled": True, "public_url": None},
            }
        ],
        "pages": {"current": 1, "total": 1},
    }


@pytest.mark.parametrize("kind", ["members", "resources"])
async def test_an_unknown_page_of_an_organizational_unit_is_not_found(sandbox: Sandbox, kind: str) -> None:
    assert (await call(sandbox, "GET", f"/v1/organizational_unit_{kind}/pages/unknown")).status == 404


# Retired endpoints, as official SDKs call them.

EVENT: Json = {"event_id": "talk-1", "summary": "Talk", "start": "2031-03-03T09:00:00Z", "end": "2031-03-03T10:00:00Z"}


@pytest.mark.parametrize("token", [None, "undefined", "of an account"], ids=["csharp", "node", "ruby and php"])
async def test_add_to_calendar_accepts_the_form_of_official_sdks(
    sandbox: Sandbox, ada: Account, token: str | None
) -> None:
    sent = {
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "oauth": {"redirect_uri": "https://app.example.com/done", "scope": "create_event", "state": "7"},
        "event": EVENT,
    }
    token = ada.access_token if token == "of an account" else token

    reply = await call(sandbox, "POST", "/v1/add_to_calendar", sent, token=token)

    assert reply.status == 200
    assert reply.json["url"].startswith("http://sandbox.test/add_to_calendar/")
    (record,) = sandbox.kept_records("add_to_calendar")
    assert record.members == {"oauth": sent["oauth"], "event": EVENT}


async def test_add_to_calendar_needs_the_credentials_in_the_body(sandbox: Sandbox) -> None:
    sent = {"oauth": {"redirect_uri": "https://app.example.com/done"}, "event": EVENT}

    assert (await call(sandbox, "POST", "/v1/add_to_calendar", sent)).status == 403
    assert (await call(sandbox, "POST", "/v1/add_to_calendar", sent, token=None)).status == 401


async def test_a_scheduler_request_is_kept(sandbox: Sandbox, ada: Account) -> None:
    sent = {"host": {"sub": ada.sub}, "recipients": [LEE], "event": {"summary": "Demo"}}

    reply = await call(sandbox, "POST", "/v1/scheduler_requests", sent)

    (record,) = sandbox.kept_records("scheduler_requests")
    page = record.members["primary_select_url"]
    assert reply.json == {
        "scheduler_request": {
            "scheduler_request_id": record.id,
            "primary_select_url": page,
            "recipients": [{**LEE, "select_url": page}],
        }
    }
