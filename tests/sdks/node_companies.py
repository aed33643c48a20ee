"""The changes that exercise the methods of the SDK for Node for companies, permissions, and UI elements."""

from __future__ import annotations

from typing import Any

from ..sandbox.support import Json
from .change import APP, Change, Setup, value_at, values_of
from .node_changes import CALENDARS, details, do, members
from .pycronofy_changes import OAUTH

HOOK = f"{APP}/authorized"
KIM, ROOM = "kim@corp.example", "room-1@corp.example"
PERSON = {"email": KIM, "callback_url": HOOK, "scope": "read_write", "state": "s"}
ACCOUNT = do("accountInformation")
EMAIL = value_at("account", "email")


def add_company(setup: Setup) -> None:
    """Add a service account, and keep its access token."""
    setup.created = setup.sandbox.add_account("admin@corp.example", kind="service_account").access_token


def service_account_token(setup: Setup) -> Json:
    return {"access_token": setup.created}


def allow_delegation(setup: Setup) -> None:
    setup.ada.delegated_scope = "free_busy read_account"


def delegation(setup: Setup) -> Json:
    return {"profile_id": setup.ada.profile_id}


def permissions(setup: Setup) -> Json:
    return {"permissions": [{"calendar_id": setup.ada.calendar_id, "permission_level": "unrestricted"}]}


def exchange_code(setup: Setup, _: Any) -> None:
    """Use the tokens of the account whose code was sent to the callback URL."""
    setup.sandbox.wait_for_callbacks()
    authorization = setup.sandbox.deliveries[-1].json["authorization"]
    assert authorization["state"] == "s"
    setup.client.requestAccessToken(code=authorization["code"], redirect_uri=HOOK)


CHANGES = [
    Change(
        name="authorize a user of a company",
        prepare=add_company,
        write=do("authorizeWithServiceAccount", service_account_token, **PERSON),
        after_write=exchange_code,
        read=ACCOUNT,
        extract=EMAIL,
        before="ada@example.com",
        after=KIM,
    ),
    Change(
        name="authorize users of a company",
        prepare=add_company,
        write=do("authorizeWithServiceAccount", service_account_token, service_account_authorizations=[PERSON]),
        after_write=exchange_code,
        read=ACCOUNT,
        extract=EMAIL,
        before="ada@example.com",
        after=KIM,
    ),
    Change(
        name="delegate access",
        prepare=allow_delegation,
        write=do("delegatedAuthorizations", delegation, **{**PERSON, "email": ROOM, "scope": "read_account"}),
        after_write=exchange_code,
        read=ACCOUNT,
        extract=EMAIL,
        before="ada@example.com",
        after=ROOM,
    ),
    Change(
        name="get access to a calendar",
        write=lambda setup: setup.sandbox.run(lambda sandbox: sandbox.accessible_calendars.add(setup.ada, ROOM)),
        read=do("listAccessibleCalendars", delegation),
        extract=members("accessible_calendars", of_each="email"),
        before=[],
        after=[ROOM],
    ),
    Change(
        name="request permissions, which are granted",
        write=do("elevatedPermissions", permissions, redirect_uri=f"{APP}/permitted"),
        after_write=lambda setup, result: setup.sandbox.run(
            lambda sandbox: sandbox.permissions.accept(result["permissions_request"]["url"])
        ),
        read=CALENDARS,
        extract=members("calendars", of_each="permission_level"),
        before=["sandbox", "sandbox"],
        after=["unrestricted", "sandbox"],
    ),
    Change(
        name="connect a conferencing service",
        write=do("conferencingServiceAuthorizations", redirect_uri=f"{APP}/conferencing", provider_name="zoom"),
        after_write=lambda setup, result: setup.sandbox.run(
            lambda sandbox: sandbox.conferencing_services.connect(result["authorization_request"]["url"])
        ),
        read=do("userInfo"),
        extract=lambda result: values_of("provider_name")(result["cronofy.data"]["conferencing_profiles"]),
        before=[],
        after=["zoom"],
    ),
    Change(
        name="create a token for an element",
        write=do("requestElementToken", lambda setup: {"subs": [setup.ada.sub]}, permissions=["agenda"], origin=APP),
        read=lambda setup: setup.sandbox.kept_records("element_tokens.create"),
        extract=len,
        before=0,
        after=1,
    ),
    Change(
        name="offer an event to add to a calendar",
        write=do("addToCalendar", oauth=OAUTH, event={"event_id": "e0", **details()}),
        read=lambda setup: setup.sandbox.kept_records("add_to_calendar.create"),
        extract=len,
        before=0,
        after=1,
    ),
]
