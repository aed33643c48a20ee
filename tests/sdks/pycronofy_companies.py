"""The changes that exercise the methods of pycronofy for companies, permissions, and conferencing services."""

from __future__ import annotations

from typing import Any

from .change import APP, Change, Setup, Step, each, of
from .pycronofy_changes import CALENDARS

HOOK = f"{APP}/authorized"
PEOPLE = [{"email": f"{name}@corp.example", "callback_url": HOOK, "scope": "read_write"} for name in ("kim", "lee")]


def become_a_company(it: Setup) -> None:
    """Use the tokens of a service account."""
    company = it.sandbox.add_account("admin@corp.example", kind="service_account")
    it.client.auth.update(access_token=company.access_token, refresh_token=company.refresh_token)


def exchange_the_code(it: Setup, _: Any) -> None:
    """Use the tokens of the account whose code was sent to the callback URL."""
    it.sandbox.wait_for_callbacks()
    code = it.sandbox.deliveries[-1].json["authorization"]["code"]
    it.client.get_authorization_from_code(code, HOOK)


def permissions(it: Setup) -> tuple[Any, ...]:
    return [{"calendar_id": it.ada.calendar_id, "permission_level": "unrestricted"}], f"{APP}/permitted"


CHANGES = [
    Change(
        name="authorize a user of a company",
        prepare=become_a_company,
        write=Step("authorize_with_service_account", lambda _: ("kim@corp.example", "read_write", HOOK, "s")),
        then=exchange_the_code,
        read=Step("account"),
        sees=of("email"),
        before="admin@corp.example",
        after="kim@corp.example",
    ),
    Change(
        name="authorize users of a company",
        prepare=become_a_company,
        write=Step("authorize_multiple_accounts_via_service_account", lambda _: (PEOPLE, "s")),
        then=exchange_the_code,
        read=Step("account"),
        sees=of("email"),
        before="admin@corp.example",
        after="lee@corp.example",
    ),
    Change(
        name="list the rooms of a company",
        prepare=become_a_company,
        write=Step("resources"),
        then=lambda it, _: it.sandbox.run(lambda sandbox: sandbox.resources.add("room-1@corp.example")),
        read=Step("resources"),
        sees=each("email"),
        before=[],
        after=["room-1@corp.example"],
    ),
    Change(
        name="request permissions, which are granted",
        write=Step("elevated_permissions", permissions),
        then=lambda it, answer: it.sandbox.run(lambda sandbox: sandbox.permissions.accept(answer["url"])),
        read=CALENDARS,
        sees=each("permission_level"),
        before=["sandbox", "sandbox"],
        after=["unrestricted", "sandbox"],
    ),
    Change(
        name="connect a conferencing service",
        write=Step("get_conferencing_services_auth_link", lambda _: (f"{APP}/conferencing", "zoom")),
        then=lambda it, url: it.sandbox.run(lambda sandbox: sandbox.conferencing_services.connect(url)),
        read=Step("userinfo"),
        sees=lambda found: each("provider_name")(found["cronofy.data"]["conferencing_profiles"]),
        before=[],
        after=["zoom"],
    ),
    Change(
        name="create a token for an element",
        write=Step("get_ui_element_token", lambda it: (["agenda"], [it.ada.sub], APP)),
        read=lambda it: it.sandbox.kept_records("element_tokens.create"),
        sees=len,
        before=0,
        after=1,
    ),
]
