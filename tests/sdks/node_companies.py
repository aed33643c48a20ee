"""The changes that exercise the methods of the SDK for Node for companies, permissions, and UI elements."""

from __future__ import annotations

from typing import Any

from ..sandbox.support import Json
from .change import APP, Change, Setup, each, of
from .node_changes import CALENDARS, details, do, members
from .pycronofy_changes import OAUTH

HOOK = f"{APP}/authorized"
KIM, ROOM = "kim@corp.example", "room-1@corp.example"
PERSON = {"email": KIM, "callback_url": HOOK, "scope": "read_write", "state": "s"}
ACCOUNT = do("accountInformation")
EMAIL = of("account", "email")


def add_company(it: Setup) -> None:
    """Add a service account, and keep its access token."""
    it.made = it.sandbox.add_account("admin@corp.example", kind="service_account").access_token


def by_company(it: Setup) -> Json:
    return {"access_token": it.made}


def let_ada_delegate(it: Setup) -> None:
    it.ada.delegated_scope = "free_busy read_account"


def delegation(it: Setup) -> Json:
    return {"profile_id": it.ada.profile_id}


def permissions(it: Setup) -> Json:
    return {"permissions": [{"calendar_id": it.ada.calendar_id, "permission_level": "unrestricted"}]}


def exchange_the_code(it: Setup, _: Any) -> None:
    """Use the tokens of the account whose code was sent to the callback URL."""
    it.sandbox.wait_for_callbacks()
    authorization = it.sandbox.deliveries[-1].json["authorization"]
    assert authorization["state"] == "s"
    it.client.requestAccessToken(code=authorization["code"], redirect_uri=HOOK)


CHANGES = [
    Change(
        name="authorize a user of a company",
        prepare=add_company,
        write=do("authorizeWithServiceAccount", by_company, **PERSON),
        then=exchange_the_code,
        read=ACCOUNT,
        sees=EMAIL,
        before="ada@example.com",
        after=KIM,
    ),
    Change(
        name="authorize users of a company",
        prepare=add_company,
        write=do("authorizeWithServiceAccount", by_company, service_account_authorizations=[PERSON]),
        then=exchange_the_code,
        read=ACCOUNT,
        sees=EMAIL,
        before="ada@example.com",
        after=KIM,
    ),
    Change(
        name="pass access on",
        prepare=let_ada_delegate,
        write=do("delegatedAuthorizations", delegation, **{**PERSON, "email": ROOM, "scope": "read_account"}),
        then=exchange_the_code,
        read=ACCOUNT,
        sees=EMAIL,
        before="ada@example.com",
        after=ROOM,
    ),
    Change(
        name="get access to a calendar",
        write=lambda it: it.sandbox.run(lambda sandbox: sandbox.accessible_calendars.add(it.ada, ROOM)),
        read=do("listAccessibleCalendars", delegation),
        sees=members("accessible_calendars", of_each="email"),
        before=[],
        after=[ROOM],
    ),
    Change(
        name="request permissions, which are granted",
        write=do("elevatedPermissions", permissions, redirect_uri=f"{APP}/permitted"),
        then=lambda it, answer: it.sandbox.run(
            lambda sandbox: sandbox.permissions.accept(answer["permissions_request"]["url"])
        ),
        read=CALENDARS,
        sees=members("calendars", of_each="permission_level"),
        before=["sandbox", "sandbox"],
        after=["unrestricted", "sandbox"],
    ),
    Change(
        name="connect a conferencing service",
        write=do("conferencingServiceAuthorizations", redirect_uri=f"{APP}/conferencing", provider_name="zoom"),
        then=lambda it, answer: it.sandbox.run(
            lambda sandbox: sandbox.conferencing_services.connect(answer["authorization_request"]["url"])
        ),
        read=do("userInfo"),
        sees=lambda found: each("provider_name")(found["cronofy.data"]["conferencing_profiles"]),
        before=[],
        after=["zoom"],
    ),
    Change(
        name="create a token for an element",
        write=do("requestElementToken", lambda it: {"subs": [it.ada.sub]}, permissions=["agenda"], origin=APP),
        read=lambda it: it.sandbox.kept_records("element_tokens.create"),
        sees=len,
        before=0,
        after=1,
    ),
    Change(
        name="offer an event to add to a calendar",
        write=do("addToCalendar", oauth=OAUTH, event={"event_id": "e0", **details()}),
        read=lambda it: it.sandbox.kept_records("add_to_calendar.create"),
        sees=len,
        before=0,
        after=1,
    ),
]
